// The words of a batch (REI-53): a list of tickets that are reissued together after a fault of ours or a migration. It is checked line by
// line, approved by somebody else, and carried out at a pace that leaves room for everybody else. No logic.
import type { Staff } from '../application/application.ts';
import type { Policy } from '../policy/policy.ts';

export type BatchFacts = {
  readonly reason: 'system-fault' | 'migration';
  /** What has happened, in the words of whoever has entered it. */
  readonly note: string;
  readonly lines: number;
  readonly enteredBy: string;
  readonly enteredAt: string;
  /** What judges it and its lines, whatever the tenant's policy becomes. */
  readonly policy: Policy;
};

type Work = {
  /** Counts what was finished: a work message names the step that it is for, so a repeated one does nothing. */
  readonly step: number;
  /** The last line that the walk through the list has passed. */
  readonly cursor: number;
  /** Steps in a row in which nothing has moved. */
  readonly stuck: number;
  /** Cases that were at sales when the work last had to wait for it. */
  readonly executing?: number | undefined;
  /** When the work goes on; none: somebody has to decide, or it is over. */
  readonly nextAt?: string | undefined;
};

type Decided = {
  readonly by: string;
  readonly desk: Staff['desk'];
  readonly reason: string;
  readonly at: string;
};

type Listed = BatchFacts & Work;
/** `ready`: lines that could be reissued when they were checked. */
type Checked = Listed & { readonly ready: number };
type Approved = Checked & { readonly approval: Decided };

export type BatchState =
  | { readonly status: 'none' }
  | (Listed & { readonly status: 'entering' })
  | (Listed & { readonly status: 'checking' })
  | (Checked & { readonly status: 'waiting' })
  | (Checked & { readonly status: 'rejected'; readonly rejection: Decided })
  | (Approved & { readonly status: 'running' })
  | (Approved & { readonly status: 'paused' })
  /** Every line has begun or is refused; some are still at sales. */
  | (Approved & { readonly status: 'finishing' })
  | (Approved & { readonly status: 'done'; readonly finishedAt: string })
  | (Listed & {
      readonly status: 'cancelled';
      readonly ready?: number | undefined;
      readonly approval?: Decided | undefined;
      readonly cancellation: { readonly by: string; readonly reason: string; readonly at: string };
    });
export type Batch = Exclude<BatchState, { status: 'none' }>;
export type BatchOf<Status extends BatchState['status']> = Extract<BatchState, { status: Status }>;
export type RunningBatch = BatchOf<'running'>;

/** `step` in a command: the step that it was worked for. */
type OfStep = { readonly step: number; readonly at: string };
type ByStaff = { readonly by: string; readonly reason: string; readonly at: string };

export type BatchCommand =
  | { readonly type: 'EnterBatch'; readonly facts: BatchFacts }
  /** All lines are stored. */
  | { readonly type: 'FinishEntering'; readonly at: string }
  /** They never were: whoever entered it went away in between. */
  | ({ readonly type: 'Abandon' } & OfStep)
  | ({ readonly type: 'FinishChecking'; readonly cursor: number } & OfStep)
  | ({ readonly type: 'EndChecking'; readonly ready: number } & OfStep)
  | {
      readonly type: 'Decide';
      readonly by: Staff;
      readonly approve: boolean;
      readonly reason: string;
      readonly at: string;
    }
  | ({ readonly type: 'Pause' } & ByStaff)
  | ({ readonly type: 'GoOn' } & ByStaff)
  | ({ readonly type: 'Cancel' } & ByStaff)
  | ({
      readonly type: 'FinishLines';
      readonly cursor: number;
      readonly begun: number;
      readonly refused: number;
    } & OfStep)
  | ({ readonly type: 'EndLines' } & OfStep)
  /** So many cases are still at sales: as many as may be, or the last ones. */
  | ({ readonly type: 'CountExecuting'; readonly executing: number } & OfStep)
  /** Its message did not come, or was parked: somebody looks for work that stands still. */
  | ({ readonly type: 'ResumeWork' } & OfStep);

/** `nextAt` in an event: when the work goes on. */
export type BatchEvent =
  | { readonly type: 'BatchEntered'; readonly facts: BatchFacts; readonly nextAt: string }
  | { readonly type: 'ListTaken'; readonly nextAt: string }
  | { readonly type: 'LinesChecked'; readonly cursor: number; readonly nextAt: string }
  | { readonly type: 'ListChecked'; readonly ready: number; readonly at: string }
  | { readonly type: 'BatchApproved'; readonly approval: Decided; readonly nextAt: string }
  | { readonly type: 'BatchRejected'; readonly rejection: Decided }
  | ({ readonly type: 'BatchPaused' } & ByStaff)
  | ({ readonly type: 'BatchWentOn'; readonly nextAt: string } & ByStaff)
  | ({ readonly type: 'BatchCancelled' } & ByStaff)
  | {
      readonly type: 'LinesBegun';
      readonly cursor: number;
      readonly begun: number;
      readonly refused: number;
      readonly nextAt: string;
    }
  | { readonly type: 'WorkWaited'; readonly executing: number; readonly nextAt: string }
  | { readonly type: 'LinesThrough'; readonly nextAt: string }
  | { readonly type: 'BatchDone'; readonly at: string }
  | { readonly type: 'WorkResumed'; readonly nextAt: string };
