// Clocks of gates on disk: a record under the gate's id, written only when a spell begins or ends.
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { gateClockDecider } from './gate-clock.decider.ts';
import type { GateClockCommand, GateClockEvent, GateClockState } from './gate-clock.ts';

export type GateClocks = AggregateStore<GateClockState, GateClockCommand, GateClockEvent>;

const gateClockState: z.ZodType<GateClockState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('unheard') }),
  z.object({ status: z.literal('well'), since: z.string() }),
  z.object({ status: z.literal('wrong'), since: z.string(), skewMs: z.number() }),
]);

export const gateClockSpec: AggregateSpec<GateClockState, GateClockCommand, GateClockEvent> = {
  service: 'sales',
  collection: 'gate_clocks',
  decider: gateClockDecider,
  state: gateClockState,
  messages: () => [],
};
