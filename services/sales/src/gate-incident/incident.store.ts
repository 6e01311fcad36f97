// Incidents on disk, with the ids by which the same scan finds the same incident.
import { formatId, type TenantId } from '@tongpiao/kernel';
import { mac, type AggregateSpec, type AggregateStore, type SecretKey } from '@tongpiao/persistence';
import { z } from 'zod';
import { REFUSAL_REASONS } from '../right/right.store.ts';
import { incidentDecider } from './incident.decider.ts';
import { incidentMessages } from './incident.messages.ts';
import { INCIDENT_KINDS, type IncidentCommand, type IncidentEvent, type IncidentState } from './incident.ts';

export type Incidents = AggregateStore<IncidentState, IncidentCommand, IncidentEvent>;

const facts = {
  kind: z.enum(INCIDENT_KINDS),
  siteId: z.string(),
  gateId: z.string(),
  foundAt: z.string(),
  scan: z
    .object({
      scanId: z.string(),
      at: z.string(),
      people: z.number().int(),
      decided: z.enum(['admitted', 'refused']),
      truth: z.enum(['admissible', ...REFUSAL_REASONS]),
    })
    .optional(),
  rightId: z.string().optional(),
  ticketNumber: z.string().optional(),
  firstUse: z.object({ at: z.string(), gateId: z.string() }).optional(),
  shown: z.string().optional(),
  skewSeconds: z.number().optional(),
};

const incidentState: z.ZodType<IncidentState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ ...facts, status: z.enum(['open', 'noted']) }),
  z.object({
    ...facts,
    status: z.literal('closed'),
    closure: z.object({ finding: z.string(), by: z.string(), at: z.string() }),
  }),
]);

export const incidentSpec: AggregateSpec<IncidentState, IncidentCommand, IncidentEvent> = {
  service: 'sales',
  collection: 'gate_incidents',
  decider: incidentDecider,
  state: incidentState,
  messages: incidentMessages,
  indexes: [
    { fields: { 'state.foundAt': -1, _id: -1 } },
    { fields: { 'state.status': 1, 'state.foundAt': -1, _id: -1 } },
    { fields: { 'state.gateId': 1, 'state.foundAt': -1, _id: -1 } },
    // Who came into a site on a ticket that was not good (SAL-43).
    { fields: { 'state.siteId': 1, 'state.foundAt': 1 } },
  ],
};

/** @param cause what the incident follows from: a gate with its scan, or with a spell of its clock */
export type IncidentIds = (tenantId: TenantId, cause: string) => string;
export function createIncidentIds(key: SecretKey): IncidentIds {
  return (tenantId, cause) => formatId('inc', tenantId, mac(key, `${tenantId}|${cause}`).subarray(0, 15));
}
