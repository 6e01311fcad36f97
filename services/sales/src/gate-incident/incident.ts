// Something that happened at a gate and should not have: a ticket used twice, a dead one let in, a forgery, a clock that is wrong
// (SAL-41). What the gate did and what was true stand side by side; somebody looks into it and says what was found.
import type { RefusalReason } from '../right/right.ts';

export const INCIDENT_KINDS = [
  'double-use',
  'dead-ticket-admitted',
  'wrong-ticket-admitted',
  'forged-admitted',
  'forged-refused',
  'clock-skew',
  /** Entries that a gate told of days later than it should: one incident for a gate's day. */
  'late-hand-in',
  /** More scans of one ticket than are kept: one incident for a gate and a ticket. */
  'too-many-scans',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** The scan as the gate told it. */
type IncidentScan = {
  readonly scanId: string;
  readonly at: string;
  readonly people: number;
  readonly decided: 'admitted' | 'refused';
  /** What the platform would have said. */
  readonly truth: RefusalReason | 'admissible';
};

export type IncidentFacts = {
  readonly kind: IncidentKind;
  readonly siteId: string;
  readonly gateId: string;
  readonly foundAt: string;
  /** Of several scans the first that was met. */
  readonly scan?: IncidentScan | undefined;
  readonly rightId?: string | undefined;
  readonly ticketNumber?: string | undefined;
  /** The use that was there before: where and when. */
  readonly firstUse?: { readonly at: string; readonly gateId: string } | undefined;
  /** Of a forged code: how it began, as evidence; codes of other makers are only fingerprinted. */
  readonly shown?: string | undefined;
  /** How far the gate's clock was ahead of ours when it told this; negative: behind. */
  readonly skewSeconds?: number | undefined;
};

export type Closure = { readonly finding: string; readonly by: string; readonly at: string };

/** `noted`: the gate did right, there is nothing to look into. */
export type IncidentState =
  | { readonly status: 'none' }
  | (IncidentFacts & { readonly status: 'open' | 'noted' })
  | (IncidentFacts & { readonly status: 'closed'; readonly closure: Closure });
export type Incident = Exclude<IncidentState, { status: 'none' }>;

export type IncidentCommand =
  | { readonly type: 'FindIncident'; readonly facts: IncidentFacts }
  | { readonly type: 'CloseIncident'; readonly closure: Closure };

export type IncidentEvent =
  | { readonly type: 'IncidentFound'; readonly facts: IncidentFacts }
  | { readonly type: 'IncidentClosed'; readonly closure: Closure };
