// What finance has been told of a tenant's SMS in one minute (NOT-07). The figures come from the message records themselves; this
// aggregate remembers how much of them was told. Telling is always "all that there is minus what was told", under the version guard:
// a crash before it tells later, a crash after it tells nothing twice, and an SMS whose record is written late is told late.
//
// state ↓ \ command →  TellCharges, more than told   as much or less
// none                 ChargesTold                   -
// told                 ChargesTold (the difference)  -
import { smsCharged } from '@tongpiao/contracts';
import type { Decider } from '@tongpiao/kernel';
import { say, type AggregateSpec, type Said } from '@tongpiao/persistence';
import { z } from 'zod';

export type ChargeState =
  | { readonly status: 'none' }
  | { readonly status: 'told'; readonly provider: string; readonly messages: number; readonly segments: number };

export type ChargeCommand = {
  readonly type: 'TellCharges';
  readonly provider: string;
  readonly messages: number;
  readonly segments: number;
};

export type ChargeEvent = {
  readonly type: 'ChargesTold';
  readonly provider: string;
  /** More than was told before. */
  readonly messages: number;
  readonly segments: number;
};

export const chargeDecider: Decider<ChargeState, ChargeCommand, ChargeEvent> = {
  initial: { status: 'none' },
  decide(state, { provider, messages, segments }) {
    const told = state.status === 'none' ? { messages: 0, segments: 0 } : state;
    // A reader that was overtaken sees less than what was told meanwhile.
    if (messages <= told.messages || segments <= told.segments) return [];
    return [{ type: 'ChargesTold', provider, messages: messages - told.messages, segments: segments - told.segments }];
  },
  evolve(state, { provider, messages, segments }) {
    const told = state.status === 'none' ? { messages: 0, segments: 0 } : state;
    return { status: 'told', provider, messages: told.messages + messages, segments: told.segments + segments };
  },
};

function chargeMessages({ provider, messages, segments }: ChargeEvent): readonly Said[] {
  return [say(smsCharged, { provider, messages, segments })];
}

const chargeState: z.ZodType<ChargeState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.literal('told'),
    provider: z.string(),
    messages: z.number().int().positive(),
    segments: z.number().int().positive(),
  }),
]);

export const chargeSpec: AggregateSpec<ChargeState, ChargeCommand, ChargeEvent> = {
  service: 'notification',
  collection: 'charges',
  decider: chargeDecider,
  state: chargeState,
  messages: chargeMessages,
};
