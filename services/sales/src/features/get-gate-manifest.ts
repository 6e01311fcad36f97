// GET /api/v1/gates/{id}/manifest: what a gate needs to judge tickets without network (SAL-41): keys, the day's tickets, what was
// revoked, and the numbers to go by. In pages by the order of changes, so that asking again costs what has changed.
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { envelopeOf, gateSynced, siteLightSchema } from '@tongpiao/contracts';
import { route, type Foundation, type GateFacts, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { GateDocuments } from '../gate/gate-documents.ts';
import { GATE_POLICY } from '../gate/gate-policy.ts';
import { heldOf, nextCursor, readCursor, writeCursor } from '../gate/manifest-cursor.ts';
import { manifestDay } from '../gate/manifest-day.ts';
import { manifestRows } from '../gate/manifest-rows.ts';
import type { ManifestReader } from '../gate/manifest.store.ts';
import { ownGate } from '../gate/own-gate.ts';
import type { SiteLights } from '../occupancy/site-lights.ts';
import { REFUSAL_REASONS } from '../right/right.store.ts';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const row = [z.string(), z.int(), z.int()] as const;
const manifestSchema = z.object({
  tenantId: z.string(),
  siteId: z.string(),
  gateId: z.string(),
  date: z.iso.date(),
  timeZone: z.string(),
  serverTime: z.string(),
  begins: z.boolean().describe('The list starts anew with this page: what was known is forgotten when it is whole.'),
  more: z.boolean().describe('Ask again at once, with this cursor.'),
  cursor: z.string().describe('For `since`. Rows may come again; the last word on a number counts.'),
  light: siteLightSchema.describe('Red: nobody is let in.'),
  policy: z.object({
    scansPerUploadMax: z.int(),
    syncEverySeconds: z.int(),
    lightValidMinutes: z.int(),
    listStaleMinutes: z.int(),
    clockSkewMaxSeconds: z.int(),
    scanAgeMaxHours: z.int().describe('Scans that are older when they are handed in are an incident.'),
  }),
  keys: z.array(z.object({ kid: z.string(), algorithm: z.literal('Ed25519'), publicKeyPem: z.string() })),
  kinds: z
    .array(
      z.object({
        date: z.string(),
        validFrom: z.string(),
        validUntil: z.string(),
        entries: z.int(),
        admits: z.int(),
        gateIds: z.array(z.string()).optional(),
        minutesBetweenEntries: z.int().optional(),
        realName: z.boolean(),
        showAtGate: z.array(z.string()),
        product: bilingual,
        ticketType: bilingual,
      }),
    )
    .describe('What tickets have in common; rows name it by its index.'),
  tickets: z
    .array(z.union([z.tuple(row), z.tuple([...row, z.int(), z.int(), z.string()])]))
    .describe('Number, revision, kind; then people let in so far, when the last (epoch seconds), at which gate.'),
  revocations: z
    .array(z.tuple([z.string(), z.int(), z.enum(REFUSAL_REASONS)]))
    .describe('Number, the revision up to which it is dead, and why.'),
  documentKeys: z
    .record(z.iso.date(), z.string())
    .describe('By date of the tickets: 32 bytes in base64url, by which a document that is shown becomes a tag.'),
  documentTags: z
    .array(z.string())
    .optional()
    .describe(
      'One per ticket, empty without a traveller: the first 24 bits, in base64url, of HMAC-SHA-256 over `idType:number` with the key of its kind’s date.',
    ),
});

type Parts = {
  readonly reader: ManifestReader;
  readonly keys: TicketKeys;
  readonly lights: SiteLights;
  readonly documents: GateDocuments;
};

/** Some 60 kB; 100,000 tickets are 50 of them. */
const PAGE = 2_000;
const compressed = promisify(gzip);
/** The rows are random characters: more effort finds no more in them. */
const GZIP_LEVEL = 1;

export function getGateManifest(foundation: Foundation, { reader, keys, lights, documents }: Parts): Route {
  /** REI-35. Said and forgotten: the gate asks again in half a minute, and nothing is decided by it. */
  function tellSynced({ gateId, siteId, tenantId }: GateFacts, held: Date): void {
    const id = `${gateId}:synced:${held.getTime()}`;
    const facts = { id, source: 'sales', subject: gateId, time: foundation.clock(), tenantId };
    const envelope = envelopeOf(gateSynced.type, facts, { gateId, siteId, heldOf: held.toISOString() });
    foundation.broker.publisher.publish({ kind: 'event', envelope }).catch((error: unknown) => {
      foundation.logger.warn({ err: error, gateId }, 'nobody was told what a gate holds');
    });
  }

  return route({
    method: 'get',
    path: '/api/v1/gates/:id/manifest',
    summary: 'Keys, revocations and the tickets of the day, for a gate without network.',
    tags: ['gates'],
    access: { permission: 'sales:manifests:read' },
    query: z.strictObject({ since: z.string().min(1).max(200).optional() }),
    problems: ['sales.cursor-invalid'],
    responses: { 200: manifestSchema },
    async handler(context) {
      const scope = context.scope();
      const gate = ownGate(context, foundation.tenants);
      const now = foundation.clock();
      const { timeZone } = foundation.tenants.require(scope.tenantId);
      const day = manifestDay(gate.siteId, now, timeZone);
      const { since } = context.query;
      const asked = since === undefined ? undefined : readCursor(since);
      // A list of another day is of no use: the new day begins with a new one.
      const after = asked?.date === day.date ? asked : undefined;
      const held = after === undefined ? undefined : heldOf(after);
      if (held !== undefined) tellSynced(gate, held);
      const { rights, reached } = await reader.read(scope, day, after?.sinceMs ?? 0, after?.under?.position, PAGE);
      const body = {
        tenantId: scope.tenantId,
        siteId: gate.siteId,
        gateId: gate.gateId,
        date: day.date,
        timeZone,
        serverTime: now.toISOString(),
        begins: after === undefined,
        more: reached !== undefined,
        cursor: writeCursor(nextCursor(day.date, after, reached, now)),
        light: await lights.lightOf(gate.tenantId, gate.siteId),
        policy: GATE_POLICY,
        keys: keys.published().map(({ kid, publicKeyPem }) => ({ kid, algorithm: 'Ed25519' as const, publicKeyPem })),
        ...manifestRows(rights, day, await documents.tagsOf(scope, rights)),
        documentKeys: documents.keysOf(scope.tenantId, day),
      };
      const headers = { 'Cache-Control': 'private, no-store', Vary: 'Accept-Encoding' };
      if (!/\bgzip\b/.test(context.header('accept-encoding') ?? '')) return { status: 200, body, headers };
      const raw = await compressed(JSON.stringify(body), { level: GZIP_LEVEL });
      return {
        status: 200,
        raw,
        contentType: 'application/json; charset=utf-8',
        headers: { ...headers, 'Content-Encoding': 'gzip' },
      };
    },
  });
}
