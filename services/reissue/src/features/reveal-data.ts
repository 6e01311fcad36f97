// POST /api/v1/reissue-applications/{id}/reveal: plain personal data of a case. Seeing them is an act of its own, with a permission, a
// purpose and an entry in the case's journal and in the audit trail, which are written before anything is opened (PLA-11, PLA-21).
import { idTypeSchema } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import type { PersonalValue, RecordKey } from '@tongpiao/persistence';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { textOf } from '../application/application-view.ts';
import type { LiveApplication, Person } from '../application/application.ts';
import type { Applications } from '../stores.ts';

const person = z.object({ name: z.string(), idType: idTypeSchema, idNumber: z.string() });
export const plainCase = z.object({
  contact: z.object({ name: z.string(), phone: z.string(), email: z.string().optional() }),
  traveller: person.optional(),
  correction: person.optional(),
  note: z.string().optional(),
  purchaseProof: z.string().optional(),
  materials: z.array(z.object({ what: z.string(), words: z.string() })),
  appeal: z.string().optional(),
});

export function revealData({ trail }: Foundation, applications: Applications): Route {
  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/:id/reveal',
    summary: 'Shows the plain personal data of an application, with a stated purpose; each look is on record.',
    tags: ['reissue'],
    access: { permission: 'reissue:personal-data:reveal' },
    // Each look is one.
    idempotent: false,
    body: z.strictObject({ purpose: z.string().trim().min(5).max(300) }),
    responses: { 200: plainCase },
    async handler(context) {
      const scope = context.scope();
      const found = await applications.load(scope, context.params.id);
      if (found === undefined || found.state.status === 'none')
        throw new DomainError('platform.not-found', 'There is no such application.');
      const key = await applications.recordKey(scope, found);
      const { purpose } = context.body;
      await applications.handle(scope, found.id, { type: 'RecordReveal', purpose, request: context.request.id });
      await trail.record(scope, 'reveal', found.id, { purpose });
      return { status: 200, body: opened(key, found.state), headers: { 'Cache-Control': 'private, no-store' } };
    },
  });
}

export function opened(key: RecordKey, state: LiveApplication): z.input<typeof plainCase> {
  const open = (value: PersonalValue): string => key.open(value.sealed);
  const named = ({ name, idType, idNumber }: Person): z.input<typeof person> => ({
    name: open(name),
    idType,
    idNumber: open(idNumber),
  });
  const { contact, traveller, correction, note, proof, materials, appeal } = state;
  const { name, phone, email } = contact;
  return {
    contact: { name: open(name), phone: open(phone), ...(email === undefined ? {} : { email: open(email) }) },
    ...(traveller === undefined ? {} : { traveller: named(traveller) }),
    ...(correction === undefined ? {} : { correction: named(correction) }),
    ...(note === undefined ? {} : { note: open(note) }),
    ...(proof?.words === undefined ? {} : { purchaseProof: open(proof.words) }),
    materials: materials.flatMap(({ what, supplied }) =>
      supplied === undefined ? [] : [{ what: textOf(what, open), words: open(supplied.note) }],
    ),
    ...(appeal === undefined ? {} : { appeal: open(appeal.words) }),
  };
}
