// Which payment carries a compensation (REI-52): chosen once, so that a command which comes again pays nothing twice. It goes back the
// way the customer has paid, which is the only account of theirs that is known here; what became of it is told by the refund itself.
//
// input ↓ \ status →  none              placed  refused
// PlaceCompensation   placed | refused¹ -       -
//
// ¹ no payment of the order was captured, or none has so much left
import type { Decider, Fen } from '@tongpiao/kernel';

type CompensationFacts = {
  readonly orderId: string;
  readonly amount: Fen;
  /** Whose promise it is. */
  readonly about: string;
  readonly approvedBy: string;
};
type Problem = 'no-payment' | 'exceeds-payment';
/** A captured payment of the order, and what of it may still go back. */
export type Carrier = { readonly paymentId: string; readonly left: Fen };

export type CompensationState =
  | { readonly status: 'none' }
  | (CompensationFacts & { readonly status: 'placed'; readonly paymentId: string })
  | (CompensationFacts & { readonly status: 'refused'; readonly problem: Problem });
export type CompensationCommand = {
  readonly type: 'PlaceCompensation';
  readonly facts: CompensationFacts;
  readonly carriers: readonly Carrier[];
};
export type CompensationEvent =
  | { readonly type: 'CompensationPlaced'; readonly facts: CompensationFacts; readonly paymentId: string }
  | { readonly type: 'CompensationRefused'; readonly facts: CompensationFacts; readonly problem: Problem };

export const compensationDecider: Decider<CompensationState, CompensationCommand, CompensationEvent> = {
  initial: { status: 'none' },
  decide(state, { facts, carriers }) {
    if (state.status !== 'none') return [];
    // The one with the most left is least likely to be needed for something else.
    const [best] = [...carriers].sort((a, b) => b.left - a.left || (a.paymentId < b.paymentId ? -1 : 1));
    if (best === undefined) return [{ type: 'CompensationRefused', facts, problem: 'no-payment' }];
    if (best.left < facts.amount) return [{ type: 'CompensationRefused', facts, problem: 'exceeds-payment' }];
    return [{ type: 'CompensationPlaced', facts, paymentId: best.paymentId }];
  },
  evolve(state, event) {
    if (state.status !== 'none') return state;
    return event.type === 'CompensationPlaced'
      ? { ...event.facts, status: 'placed', paymentId: event.paymentId }
      : { ...event.facts, status: 'refused', problem: event.problem };
  },
};
