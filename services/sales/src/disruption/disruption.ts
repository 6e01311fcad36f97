// The words of a disruption (SAL-52): the work that begins when inventory cancels a session or takes places from it. It walks through
// all who hold tickets, tells them, waits for their choice and sends the money back to the rest. No logic.

type DisruptionKind = 'cancelled' | 'reduced';

/** What inventory said. */
export type DisruptionFacts = {
  readonly kind: DisruptionKind;
  readonly sessionId: string;
  readonly productId: string;
  readonly siteId: string;
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly reason: string;
  readonly decideBy: string;
  /** People for whom there is no room any more, besides those of earlier reductions; only for a reduced session. */
  readonly places?: number | undefined;
  readonly begunAt: string;
  /** When inventory decided it; the news may have been long on its way. */
  readonly decidedAt?: string | undefined;
  /** In the session's journal; decisions on it are counted in this order, whichever is heard of first. */
  readonly sequence?: number | undefined;
};

/** Inventory took reductions of the session back, by so many of the people that sales was to look after. */
type Restoration = {
  readonly restoreId: string;
  readonly places: number;
  readonly sequence: number;
  readonly at: string;
};

/** Where a walk through the tickets is: behind the last one that was taken. */
export type Cursor = { readonly soldAt: string; readonly id: string };

type Work = {
  /** Counts what was finished: a work message names the step that it is for, so a repeated one does nothing. */
  readonly step: number;
  /** Tickets that are being told. They stay here until it is done, so that a crash in between leaves nobody half told. */
  readonly inHand: readonly string[];
  /** Steps in a row in which nobody in hand could be told. */
  readonly stuck: number;
  readonly cursor?: Cursor | undefined;
  /** The last right that the walk of returning has passed. */
  readonly returnedTo?: string | undefined;
  /** When the work is taken up again; none: it is over. */
  readonly nextAt?: string | undefined;
  readonly tickets: number;
  readonly people: number;
  readonly orders: number;
  /** Tickets whose holder could not be told this time, however often it was tried. */
  readonly untold: number;
  readonly finishedAt?: string | undefined;
  /** That were told of with this one as the latest reduction; they may be of earlier ones as well. */
  readonly restored?: readonly Restoration[] | undefined;
  /** A later disruption that took all of it over. */
  readonly supersededBy?: string | undefined;
};

type DisruptionStatus = 'telling' | 'open' | 'returning' | 'done';
export type DisruptionState =
  { readonly status: 'none' } | (DisruptionFacts & Work & { readonly status: DisruptionStatus });
export type Disruption = Exclude<DisruptionState, { status: 'none' }>;

/** `step` in a command: the step that it was worked for. */
type OfStep = { readonly step: number; readonly at: string };

/** What became of tickets in hand. */
export type Told = {
  readonly tickets: number;
  readonly people: number;
  /** Orders that heard of this disruption for the first time. */
  readonly orders: number;
  /** Not told yet: the order is just being fulfilled, or something failed. */
  readonly left: readonly string[];
};

export type DisruptionCommand =
  | {
      readonly type: 'BeginDisruption';
      readonly facts: DisruptionFacts;
      /** A cancellation of the same session that was heard of before. */
      readonly supersededBy?: string | undefined;
    }
  | ({ readonly type: 'TakeTickets'; readonly rightIds: readonly string[]; readonly cursor: Cursor } & OfStep)
  | ({ readonly type: 'FinishTelling'; readonly told: Told } & OfStep)
  /** Nobody holds a ticket for the session who was not told. */
  | ({ readonly type: 'FindNobody' } & OfStep)
  /** Somebody does who was not there before: the order was paid, or a ticket exchanged, meanwhile. */
  | ({ readonly type: 'FindLate' } & OfStep)
  | ({ readonly type: 'FinishReturning'; readonly returnedTo: string } & OfStep)
  /** The walk of returning is through. `waiting`: tickets that were left alone, since an exchange of theirs is under way. */
  | ({ readonly type: 'EndReturning'; readonly waiting: number } & OfStep)
  | ({ readonly type: 'RestorePlaces' } & Restoration)
  /** There was room for tickets after all, and their holders were told. */
  | ({ readonly type: 'FinishKeeping' } & OfStep)
  /** Its message did not come, or was parked: somebody looks for work that stands still. */
  | ({ readonly type: 'ResumeWork' } & OfStep)
  | { readonly type: 'Supersede'; readonly by: string; readonly at: string };

/** `nextAt` in an event: when the work is taken up again. */
export type DisruptionEvent =
  | { readonly type: 'DisruptionBegun'; readonly facts: DisruptionFacts }
  | { readonly type: 'TicketsTaken'; readonly rightIds: readonly string[]; readonly cursor: Cursor }
  | { readonly type: 'TicketsTold'; readonly told: Told; readonly nextAt: string }
  | { readonly type: 'TicketsGivenUp'; readonly rightIds: readonly string[]; readonly nextAt: string }
  | { readonly type: 'ChoiceOpened'; readonly nextAt: string }
  | { readonly type: 'LookedInVain'; readonly nextAt?: string | undefined }
  | { readonly type: 'LateTicketsFound'; readonly nextAt: string }
  | { readonly type: 'ReturningBegun'; readonly nextAt: string }
  | { readonly type: 'TicketsReturned'; readonly returnedTo: string; readonly nextAt: string }
  | { readonly type: 'ReturningPaused'; readonly waiting: number; readonly nextAt: string }
  | { readonly type: 'DisruptionDone'; readonly at: string; readonly nextAt?: string | undefined }
  | ({ readonly type: 'PlacesRestored'; readonly nextAt?: string | undefined } & Restoration)
  | { readonly type: 'TicketsKept'; readonly nextAt: string }
  | { readonly type: 'WorkResumed'; readonly nextAt: string }
  | { readonly type: 'DisruptionSuperseded'; readonly by: string; readonly at: string };
