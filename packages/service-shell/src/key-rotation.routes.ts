// An operator's way to rotate a tenant's key in this service, and to see how far it is (PLA-10).
import { idSchema } from '@tongpiao/contracts';
import { DomainError, PLATFORM_TENANT } from '@tongpiao/kernel';
import { Scope, type Database, type Rewrappable, type Vault } from '@tongpiao/persistence';
import { z } from 'zod';
import { createKeyRotation, rotatedTenant } from './key-rotation.ts';
import { openRotations, type Rotation } from './key-rotation.store.ts';
import { problem, type ProblemCatalogue } from './problem-catalogue.ts';
import type { RequestContext } from './request-context.ts';
import { route, type Route } from './routes.ts';

const rotationView = z.object({
  id: z.string().describe('The new key.'),
  tenantId: z.string(),
  status: z.enum(['running', 'done']),
  by: z.string(),
  reason: z.string(),
  startedAt: z.string(),
  doneAt: z.string().optional(),
  pass: z.int(),
  collection: z.string().optional().describe('What is being looked through.'),
  looked: z.int().describe('Records that were looked at, of all passes.'),
  rewrapped: z.int().describe('Records whose data key lies under the new key since.'),
});

const STEP_EVERY_MS = 5_000;
const PAGE = 100;

export async function openKeyRotation(options: {
  database: Database;
  vault: Vault;
  service: string;
  stores: readonly Rewrappable[];
  clock: () => Date;
  every: (name: string, everyMs: number, task: () => Promise<void>, options: { lease: boolean }) => void;
  acrossTenants: (reason: string) => Scope;
}): Promise<{ routes: readonly Route[]; problems: ProblemCatalogue }> {
  const { vault, stores, clock } = options;
  const records = await openRotations(options.database);
  const rotation = createKeyRotation({ records, vault, stores, clock });
  options.every('rotate-keys', STEP_EVERY_MS, () => rotation.step(options.acrossTenants('keys are rotated')), {
    lease: true,
  });

  const view = ({ _id: id, startedAt, doneAt, ...facts }: Rotation): z.input<typeof rotationView> => {
    const { tenantId, status, by, reason, pass, collection, looked, rewrapped } = facts;
    return {
      ...{ id, tenantId, status, by, reason, pass, looked, rewrapped, startedAt: startedAt.toISOString() },
      ...(doneAt === undefined ? {} : { doneAt: doneAt.toISOString() }),
      ...(collection === undefined ? {} : { collection }),
    };
  };
  const scopeOf = (context: Pick<RequestContext, 'principal' | 'scope' | 'scopeAcrossTenants'>): Scope =>
    'tenantId' in context.principal && context.principal.tenantId === PLATFORM_TENANT
      ? context.scopeAcrossTenants('operations: rotations of keys')
      : context.scope();

  const base = `/api/v1/operations/${options.service}/key-rotations`;
  const access = { permission: 'operations:keys:rotate' } as const;
  return {
    routes: [
      route({
        method: 'post',
        path: base as '/key-rotations',
        summary: 'Gives a tenant a new wrapping key and puts its records under it, in the background.',
        tags: ['operations'],
        access,
        body: z.strictObject({ tenantId: idSchema, reason: z.string().min(1).max(500) }),
        problems: ['operations.rotation-running'],
        responses: { 202: rotationView },
        async handler(context) {
          const { principal, body } = context;
          const own = 'tenantId' in principal ? principal.tenantId : undefined;
          if (own === undefined) throw new DomainError('platform.forbidden', 'Whose key is not said.');
          const origin = context.origin();
          const begun = await rotation.begin(Scope.ofTenant(rotatedTenant(own, body.tenantId), origin), origin, {
            reason: body.reason,
            key: `${context.callerKey}:${context.idempotencyKey}`,
            fingerprint: context.fingerprint,
          });
          return {
            status: 202,
            body: view(begun),
            headers: { Location: `${base}/${encodeURIComponent(begun._id)}` },
          };
        },
      }),
      route({
        method: 'get',
        path: base as '/key-rotations',
        summary: 'Rotations of keys, newest first.',
        tags: ['operations'],
        access,
        responses: { 200: z.object({ items: z.array(rotationView) }) },
        async handler(context) {
          const found = await records.find(scopeOf(context), {}, { sort: { startedAt: -1 }, limit: PAGE });
          return { status: 200, body: { items: found.map(view) } };
        },
      }),
      route({
        method: 'get',
        path: `${base}/:id` as '/key-rotations/:id',
        summary: 'How far a rotation is.',
        tags: ['operations'],
        access,
        responses: { 200: rotationView },
        async handler(context) {
          const found = await records.findOne(scopeOf(context), { _id: context.params.id });
          if (found === undefined) throw new DomainError('platform.not-found', 'There is no such rotation.');
          return { status: 200, body: view(found) };
        },
      }),
    ],
    problems: {
      'operations.rotation-running': problem(
        409,
        ['密钥轮换进行中', 'A rotation is under way'],
        ['该租户的密钥轮换（{id}）尚未完成。', 'The rotation {id} of this tenant’s key has not ended yet.'],
      ),
    },
  };
}
