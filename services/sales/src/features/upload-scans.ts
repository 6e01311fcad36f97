// POST /api/v1/gates/{id}/uploads: a gate that was without network hands in what it decided (SAL-41). Each scan has its answer; sending
// the same again is harmless, since a scan is known by its id. What the hand-in shows of the gate's clock is on record too.
import { route, type Foundation, type GateFacts, type Route } from '@tongpiao/service-shell';
import type { Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import { CLOCK_SKEW_MAX_MS, CLOCK_WELL_MS, SCANS_PER_UPLOAD_MAX } from '../gate/gate-policy.ts';
import { handIn, type HandInParts } from '../gate/hand-in.ts';
import { ownGate } from '../gate/own-gate.ts';
import type { GateClocks } from '../gate-clock/gate-clock.store.ts';
import { REFUSAL_REASONS } from '../right/right.store.ts';

const instant = z.iso.datetime({ offset: true });
const documentTag = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}:[\w-]{4}$/)
  .describe('Of a document that was shown: the date of the key, and the tag. With the ticket that it found, or alone.');
const scanSchema = z.strictObject({
  scanId: z
    .string()
    .regex(/^[\w-]{8,64}$/)
    .describe('The gate’s own, different for each scan.'),
  at: instant.describe('As the gate’s clock said.'),
  credential: z.union([
    z.strictObject({ qr: z.string().min(1).max(600), documentTag: documentTag.optional() }),
    z.strictObject({ ticketNumber: z.string().min(1).max(40), documentTag: documentTag.optional() }),
    z.strictObject({ documentTag }),
  ]),
  people: z.int().min(1).max(1_000).optional(),
  decided: z.enum(['admitted', 'refused']),
  reason: z.enum(REFUSAL_REASONS).optional(),
});

const answerSchema = z.object({
  receivedAt: z.string(),
  clock: z.object({
    skewSeconds: z.number().describe('How far the gate’s clock is ahead of ours; negative: behind.'),
    wrong: z.boolean().describe('It is off by more than the policy allows, or was and is not well yet.'),
  }),
  scans: z.array(
    z.object({
      scanId: z.string(),
      outcome: z.enum(['recorded', 'duplicate', 'incident', 'rejected']),
      truth: z
        .enum(['admissible', ...REFUSAL_REASONS])
        .optional()
        .describe('What the platform would have said.'),
      incidentId: z.string().optional(),
      code: z.string().optional().describe('Of a rejected scan.'),
    }),
  ),
});

/** 500 codes of 311 characters, with what stands around them. */
const BODY_MAX_BYTES = 1_048_576;

export function uploadScans(foundation: Foundation, parts: HandInParts & { readonly clocks: GateClocks }): Route {
  const { tenants } = foundation;

  /** SAL-41: a wrong clock is an incident, once per spell. */
  async function hearClock(scope: Scope, gate: GateFacts, sentAt: string, now: Date): Promise<number | undefined> {
    const skewMs = Date.parse(sentAt) - now.getTime();
    const bounds = { wrongAboveMs: CLOCK_SKEW_MAX_MS, wellBelowMs: CLOCK_WELL_MS };
    const command = { type: 'HearClock' as const, skewMs, ...bounds, at: now.toISOString() };
    const { state } = await parts.clocks.handle(scope, gate.gateId, command);
    if (state.status !== 'wrong') return undefined;
    const skewSeconds = Math.round(state.skewMs / 1_000);
    const { siteId, gateId } = gate;
    const incidentId = parts.incidentIds(scope.tenantId, `${gateId}:clock:${state.since}`);
    const facts = { kind: 'clock-skew' as const, siteId, gateId, foundAt: state.since, skewSeconds };
    await parts.incidents.handle(scope, incidentId, { type: 'FindIncident', facts });
    return Math.round(skewMs / 1_000);
  }

  return route({
    method: 'post',
    path: '/api/v1/gates/:id/uploads',
    summary: 'Hands in what a gate decided without network.',
    description:
      'Repeating it is harmless: a scan is known by its scanId. Times are recorded as the gate told them; how far its clock was off stands beside them.',
    tags: ['gates'],
    access: { permission: 'sales:scans:upload' },
    idempotent: false,
    maxBodyBytes: BODY_MAX_BYTES,
    body: z.strictObject({ sentAt: instant, scans: z.array(scanSchema).max(SCANS_PER_UPLOAD_MAX) }),
    problems: ['sales.scan-in-future', 'sales.too-many-scans'],
    responses: { 200: answerSchema },
    async handler(context) {
      const scope = context.scope();
      const gate = ownGate(context, tenants);
      const now = foundation.clock();
      const { sentAt, scans } = context.body;
      const { timeZone } = tenants.require(scope.tenantId);
      const wrongBySeconds = await hearClock(scope, gate, sentAt, now);
      const answers = await handIn(parts, { scope, gate, timeZone, now, skewSeconds: wrongBySeconds }, scans);
      const skewSeconds = Math.round((Date.parse(sentAt) - now.getTime()) / 1_000);
      return {
        status: 200,
        body: {
          receivedAt: now.toISOString(),
          clock: { skewSeconds, wrong: wrongBySeconds !== undefined },
          scans: answers,
        },
      };
    },
  });
}
