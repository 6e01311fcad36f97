// state ↓ \ HearClock   off by more than the bound   between   well below it
// unheard               found wrong                  -         -
// well                  found wrong                  -         -
// wrong                 - (the spell goes on)        -         found well
import type { Decider } from '@tongpiao/kernel';
import type { GateClockCommand, GateClockEvent, GateClockState } from './gate-clock.ts';

function decide(state: GateClockState, command: GateClockCommand): readonly GateClockEvent[] {
  const { skewMs, wrongAboveMs, wellBelowMs, at } = command;
  const off = Math.abs(skewMs);
  if (state.status === 'wrong') return off < wellBelowMs ? [{ type: 'ClockFoundWell', at }] : [];
  return off > wrongAboveMs ? [{ type: 'ClockFoundWrong', skewMs, at }] : [];
}

function evolve(_state: GateClockState, event: GateClockEvent): GateClockState {
  return event.type === 'ClockFoundWrong'
    ? { status: 'wrong', since: event.at, skewMs: event.skewMs }
    : { status: 'well', since: event.at };
}

export const gateClockDecider: Decider<GateClockState, GateClockCommand, GateClockEvent> = {
  initial: { status: 'unheard' },
  decide,
  evolve,
};
