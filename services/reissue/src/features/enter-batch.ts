// POST /api/v1/reissue-batches: a list of tickets to be reissued together is entered, as JSON or as the CSV of a spreadsheet, and is then
// checked line by line (REI-53). The record comes first, its lines after it, the word that all are there last: a request that dies in
// between is taken up by its retry, and is given up when there is none.
import { DomainError, formatId, ID_TYPES, maskIdNumber, maskName, parseTicketNumber } from '@tongpiao/kernel';
import { sha256, type PersonalValue, type RecordKey, type Scope } from '@tongpiao/persistence';
import {
  derivedBytes,
  route,
  type Foundation,
  type RequestContext,
  type Route,
  type Waiters,
} from '@tongpiao/service-shell';
import { z } from 'zod';
import { actorOf } from '../access/acting.ts';
import { batchView, viewBatch } from '../batch/batch-view.ts';
import type { BatchLines, NewLine } from '../batch/batch-lines.store.ts';
import type { Batches } from '../batch/batch.store.ts';
import type { Batch } from '../batch/batch.ts';
import { readList, type GivenLine } from '../batch/read-list.ts';
import { currentPolicy, type Policies } from '../policy/policy.store.ts';
import { BATCH_LINES_MAX } from '../policy/policy.ts';
import type { Applications } from '../stores.ts';

const about = {
  reason: z.enum(['system-fault', 'migration']),
  note: z.string().trim().min(2).max(500).describe('What has happened.'),
};
const correction = z
  .strictObject({
    name: z.string().trim().min(1).max(60).optional(),
    idType: z.enum(ID_TYPES).optional(),
    idNumber: z.string().trim().min(3).max(30).optional(),
  })
  .describe('REI-31: what is wrong on the ticket, as it should read.');
const body = z.strictObject({
  ...about,
  lines: z.array(z.strictObject({ number: z.string().max(60), correction: correction.optional() })),
});
const query = z.strictObject(about);

/** Fifty thousand tickets with corrected data. */
const LIST_MAX_BYTES = 8 * 1_048_576;
/** As given; what is longer is no ticket number. */
const NUMBER_KEPT = 40;
const PATH = '/api/v1/reissue-batches';
const CSV_PATH = '/api/v1/reissue-batches/uploads';

type EnterParts = {
  readonly batches: Batches;
  readonly lines: BatchLines;
  readonly applications: Applications;
  readonly policies: Policies;
  readonly waiters: Waiters;
};
type Given = {
  readonly path: string;
  readonly about: z.output<typeof query>;
  readonly fingerprint: string;
  read(linesMax: number): readonly GivenLine[];
};

export function enterBatch(foundation: Foundation, parts: EnterParts): readonly Route[] {
  const { vault, clock } = foundation;
  const { batches, lines } = parts;
  const idKey = vault.serviceKey('batch-ids');

  async function enter<Params, Query, Body>(context: RequestContext<Params, Query, Body>, given: Given) {
    const scope = context.scope();
    const policy = await currentPolicy(parts.policies, scope);
    const list = given.read(policy.batches.linesMax);
    if (list.length === 0) throw new DomainError('reissue.batch-empty', 'The list is empty.');
    const { linesMax } = policy.batches;
    if (list.length > linesMax) throw new DomainError('reissue.batch-too-large', 'The list is too long.', { linesMax });
    const bytes = derivedBytes(idKey, context.callerKey, `POST ${given.path}`, context.idempotencyKey);
    const id = formatId<'Batch'>('rbt', scope.tenantId, bytes);
    const enteredBy = actorOf(context.principal);
    const facts = { ...given.about, lines: list.length, enteredBy, enteredAt: clock().toISOString(), policy };
    const request = { key: context.idempotencyKey, fingerprint: given.fingerprint };
    const recordKey = await vault.newRecordKey(scope);
    const { state } = await batches.handle(scope, id, { type: 'EnterBatch', facts }, { request, recordKey });
    if (state.status === 'entering') {
      const stored = await batches.load(scope, id);
      if (stored === undefined) throw new Error('a list was entered and is not there');
      await lines.add(scope, id, newLines(list, await batches.recordKey(scope, stored)));
      await batches.handle(scope, id, { type: 'FinishEntering', at: clock().toISOString() });
    }
    return answer(scope, id, context.waitMs, context.signal);
  }

  async function answer(scope: Scope, id: string, waitMs: number, signal: AbortSignal) {
    const look = async (): Promise<Batch> => {
      const state = (await batches.load(scope, id))?.state;
      if (state === undefined || state.status === 'none') throw new Error('a list vanished');
      return state;
    };
    const checked = async (): Promise<Batch | undefined> => {
      const batch = await look();
      return batch.status === 'entering' || batch.status === 'checking' ? undefined : batch;
    };
    const settled = waitMs === 0 ? await checked() : await parts.waiters.until(id, checked, waitMs, signal);
    const given = {
      body: await viewBatch(parts, scope, id, settled ?? (await look())),
      headers: { Location: `${PATH}/${id}` },
    };
    return settled === undefined ? { status: 202 as const, ...given } : { status: 201 as const, ...given };
  }

  const facts = {
    method: 'post',
    tags: ['reissue'],
    access: { permission: 'reissue:batches:create' },
    maxBodyBytes: LIST_MAX_BYTES,
    waits: true,
    responses: { 201: batchView, 202: batchView },
  } as const;
  return [
    route({
      ...facts,
      path: PATH,
      summary: `Enters a list of up to ${BATCH_LINES_MAX} tickets to be reissued together; it is checked, and waits for approval.`,
      body,
      problems: ['reissue.batch-empty', 'reissue.batch-too-large'],
      handler: (context) => {
        const { lines: list, ...rest } = context.body;
        return enter(context, { path: PATH, about: rest, fingerprint: context.fingerprint, read: () => list });
      },
    }),
    route({
      ...facts,
      path: CSV_PATH,
      summary:
        'Enters a list as CSV: columns 票号 (number), and 姓名 (name), 证件类型 (idType), 证件号码 (idNumber) as they should read.',
      description: 'UTF-8, UTF-16 or GBK, as spreadsheets write it; separated by commas, semicolons or tabs.',
      raw: true,
      query,
      problems: [
        ...['reissue.batch-empty', 'reissue.batch-too-large', 'reissue.batch-encoding', 'reissue.batch-not-csv'],
        ...['reissue.batch-csv-headings', 'reissue.batch-csv-malformed', 'reissue.batch-csv-id-type'],
      ],
      handler: (context) => {
        const { rawBody, query: asked } = context;
        const fingerprint = sha256(
          `${JSON.stringify([asked.reason, asked.note])}|${sha256(rawBody.toString('latin1'))}`,
        );
        return enter(context, {
          path: CSV_PATH,
          about: asked,
          fingerprint,
          read: (linesMax) => readList(rawBody, linesMax),
        });
      },
    }),
  ];
}

/** A ticket is in the list once: what comes again is refused where it stands. */
function newLines(list: readonly GivenLine[], key: RecordKey): readonly NewLine[] {
  const seen = new Set<string>();
  return list.map(({ number: typed, correction: given }, index): NewLine => {
    const parsed = parseTicketNumber(typed);
    const number = parsed.ok ? parsed.number : typed.slice(0, NUMBER_KEPT);
    const isAgain = seen.has(number);
    seen.add(number);
    return {
      line: index + 1,
      number,
      ...(given === undefined ? {} : { correction: sealedCorrection(given, key) }),
      ...(isAgain ? { state: 'refused', reason: 'reissue.batch-duplicate' } : { state: 'unchecked' }),
    };
  });
}

function sealedCorrection(
  { name, idType, idNumber }: NonNullable<GivenLine['correction']>,
  key: RecordKey,
): NewLine['correction'] {
  const seal = (plain: string, mask: (plain: string) => string): PersonalValue => ({
    sealed: key.seal(plain),
    masked: mask(plain),
  });
  return {
    ...(name === undefined ? {} : { name: seal(name, maskName) }),
    ...(idType === undefined ? {} : { idType }),
    ...(idNumber === undefined ? {} : { idNumber: seal(idNumber, maskIdNumber) }),
  };
}
