// A session (场次): a product's sellable slot. This document holds its settings and their journal; its counters live in the
// site-day (INV-01).

type Settings = {
  readonly calendarId: string;
  readonly productId: string;
  readonly siteId: string;
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly capacity: number;
};

/** A decision after which sales looks after people who hold tickets (INV-20, INV-21). */
export type Disruption = {
  readonly id: string;
  readonly kind: 'cancellation' | 'reduction';
  readonly reason: string;
  /** Until then holders choose between their money and another session. */
  readonly decideBy: string;
  readonly decideWithinHours: number;
  /** Sold places that have to go; not said for a cancellation, where all of them go. */
  readonly places?: number | undefined;
  readonly capacity: number;
  /** Of the request that asked for it. */
  readonly fingerprint: string;
};

/** A change of capacity that waits for a second person (INV-20). */
export type Proposal = {
  readonly id: string;
  readonly capacity: number;
  readonly reason: string;
  readonly by: string;
  /** A reduction with its plan: so long may holders choose. Without it a plain change, never below what is taken. */
  readonly decideWithinHours?: number | undefined;
};
type Approved = { readonly proposalId: string; readonly capacity: number; readonly by: string };

type SessionStatus = 'open' | 'closed' | 'cancelled';
export type SessionState =
  | { readonly status: 'none' }
  | (Settings & {
      readonly status: SessionStatus;
      readonly disruptions?: readonly Disruption[] | undefined;
      /** What changes by one person are measured against, once there has been one: opened, or approved by a second. */
      readonly approvedCapacity?: number | undefined;
      readonly proposal?: Proposal | undefined;
      /** Ids of the changes that took reductions back: each is followed once. */
      readonly restorations?: readonly string[] | undefined;
      /** The latest. */
      readonly approved?: Approved | undefined;
    });
export type LiveSession = Exclude<SessionState, { readonly status: 'none' }>;
export type LiveSessionOfDay = LiveSession & { readonly id: string };

export type SessionCommand =
  | ({ readonly type: 'OpenSession' } & Settings)
  | ({ readonly type: 'ChangeCapacity'; readonly capacity: number; readonly reason: string } & Restoring)
  | { readonly type: 'SetStatus'; readonly status: 'open' | 'closed'; readonly reason: string }
  | ({ readonly type: 'ProposeCapacity' } & Proposing)
  /** Was decided on the counters: the proposal and who may approve it were looked at before. */
  | ({ readonly type: 'ApproveCapacity' } & Proposing & Restoring & { readonly approvedBy: string })
  | ({ readonly type: 'ReduceSession' } & Reducing)
  | ({ readonly type: 'CancelSession' } & Disrupting);

type Proposing = {
  readonly proposalId: string;
  readonly capacity: number;
  readonly reason: string;
  readonly by: string;
  readonly decideWithinHours?: number | undefined;
};

/** Was decided on the counters: so many sold places that sales was asked to look after may stay. */
type Restoring = { readonly restored?: { readonly restoreId: string; readonly places: number } | undefined };

type Disrupting = {
  readonly disruptionId: string;
  readonly reason: string;
  readonly decideBy: string;
  readonly decideWithinHours: number;
  readonly fingerprint: string;
};

type Reducing = Disrupting & {
  readonly capacity: number;
  readonly places: number;
  /** Who proposed it and who approved it, where it was more than one person may do alone. */
  readonly approval?: { readonly proposalId: string; readonly by: string; readonly approvedBy: string } | undefined;
};

export type SessionEvent =
  | ({ readonly type: 'SessionOpened' } & Settings)
  | ({ readonly type: 'SessionCapacityChanged'; readonly capacity: number; readonly reason: string } & Restoring)
  | { readonly type: 'SessionStatusChanged'; readonly status: 'open' | 'closed'; readonly reason: string }
  | ({ readonly type: 'CapacityProposed' } & Proposing)
  | ({ readonly type: 'CapacityApproved' } & Proposing & Restoring & { readonly approvedBy: string })
  | ({ readonly type: 'SessionReduced' } & Reducing)
  | ({ readonly type: 'SessionCancelled' } & Disrupting);
