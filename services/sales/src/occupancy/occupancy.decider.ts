// state ↓ \ command →  Observe                                        Correct
// none                 - (green) | light changed                      corrected
// counted              - (older counters, same light) | light changed corrected
//
// A correction is an event even when it changes nothing: somebody has counted.
import { unreachable, type Decider } from '@tongpiao/kernel';
import { lightOf } from './light.policy.ts';
import type { OccupancyCommand, OccupancyEvent, OccupancyState } from './occupancy.ts';

type Of<Type extends OccupancyCommand['type']> = Extract<OccupancyCommand, { type: Type }>;
const CORRECTIONS_SHOWN = 50;

function observe(state: OccupancyState, command: Of<'Observe'>): readonly OccupancyEvent[] {
  const { light: before, revision: known } = state.status === 'none' ? { light: 'green' as const, revision: 0 } : state;
  if (command.revision < known) return [];
  const light = lightOf(before, command, command.capacity);
  return light === before ? [] : [{ ...command, type: 'LightChanged', light }];
}

function correct(state: OccupancyState, command: Of<'Correct'>): readonly OccupancyEvent[] {
  const { siteId, date, at, counted, inside, reason, by } = command;
  const from = counted + (state.status === 'none' ? 0 : state.corrected);
  return [{ type: 'OccupancyCorrected', siteId, date, at, correction: { from, to: inside, reason, by, at } }];
}

function decide(state: OccupancyState, command: OccupancyCommand): readonly OccupancyEvent[] {
  switch (command.type) {
    case 'Observe':
      return observe(state, command);
    case 'Correct':
      return correct(state, command);
    default:
      return unreachable(command, 'occupancy command');
  }
}

function evolve(state: OccupancyState, event: OccupancyEvent): OccupancyState {
  const { siteId, date } = event;
  const known =
    state.status === 'none'
      ? {
          status: 'counted' as const,
          siteId,
          date,
          light: 'green' as const,
          revision: 0,
          corrected: 0,
          corrections: [],
        }
      : state;
  switch (event.type) {
    case 'LightChanged':
      return { ...known, light: event.light, revision: event.revision };
    case 'OccupancyCorrected': {
      const { from, to } = event.correction;
      return {
        ...known,
        corrected: known.corrected + to - from,
        corrections: [...known.corrections, event.correction].slice(-CORRECTIONS_SHOWN),
      };
    }
  }
}

export const occupancyDecider: Decider<OccupancyState, OccupancyCommand, OccupancyEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
