// How right a gate's clock is, as its hand-ins show. A wrong clock is a spell with a beginning and an end, so that it is told once and
// not with every hand-in.

export type GateClockState =
  | { readonly status: 'unheard' }
  | { readonly status: 'well'; readonly since: string }
  | { readonly status: 'wrong'; readonly since: string; readonly skewMs: number };

/** `skewMs`: how far it is ahead of ours; negative: behind. The bounds are policy and come with the command. */
export type GateClockCommand = {
  readonly type: 'HearClock';
  readonly skewMs: number;
  readonly wrongAboveMs: number;
  readonly wellBelowMs: number;
  readonly at: string;
};

export type GateClockEvent =
  | { readonly type: 'ClockFoundWrong'; readonly skewMs: number; readonly at: string }
  | { readonly type: 'ClockFoundWell'; readonly at: string };
