// How the work on a disrupted session goes on (SAL-52, INV-20, INV-21). Every step is finished by one command that names it, so that a
// message which comes twice, late or after a crash finds its step done and does nothing.
//
// input ↓ \ status →  none      telling                      open                        returning                    done
// BeginDisruption     begun¹    -                            -                           -                            -
// TakeTickets         -         taken | -²                   -                           -                            -
// FinishTelling³      -         told | given up⁴             -                           -                            -
// FindNobody³         -         opened | returning⁵ | -²     looked | returning⁵         -                            looked⁶
// FindLate³           -         -                            telling                     telling                      telling⁶
// FinishReturning³    -         -                            -                           returned                     -
// EndReturning³       -         -                            -                           done | paused⁷               -
// RestorePlaces       early     restored | -⁹                restored, looks | -⁹        restored | -⁹                restored, looks | -⁶ ⁹
// FinishKeeping³      -         -                            kept                        -                            kept⁶
// ResumeWork³         -         resumed | -⁸                 resumed | -⁸                resumed | -⁸                 resumed | -⁸
// Supersede           -         superseded                   superseded                  superseded                   -
//
// ¹ and superseded at once, when the session's cancellation was heard of first   ² something is in hand already   ³ of another step: -
// ⁴ after several tries without anybody told   ⁵ at the deadline or later   ⁶ not when it was superseded   ⁷ while exchanges of its
// tickets are under way   ⁸ nothing is due, or has not been for long   ⁹ known by its id. Where it does not look at once, its own steps
// count anew, or are followed by a look
import { NotYet, standsStill, unreachable, type Decider } from '@tongpiao/kernel';
import type { Disruption, DisruptionCommand, DisruptionEvent, DisruptionState } from './disruption.ts';
import { lookAgainAt, lookOrDecideAt, tryAgainAt, watchAt } from './look-again.policy.ts';

type Of<Type extends DisruptionCommand['type']> = Extract<DisruptionCommand, { type: Type }>;

function decide(state: DisruptionState, command: DisruptionCommand): readonly DisruptionEvent[] {
  if (state.status === 'none') return beforeAll(command);
  if ('step' in command && command.step !== state.step) return [];
  switch (command.type) {
    case 'BeginDisruption':
      return [];
    case 'TakeTickets':
      return state.status === 'telling' && state.inHand.length === 0
        ? [{ type: 'TicketsTaken', rightIds: command.rightIds, cursor: command.cursor }]
        : [];
    case 'FinishTelling':
      return state.status === 'telling' ? finishTelling(state, command) : [];
    case 'FindNobody':
      return findNobody(state, command.at);
    case 'FindLate':
      return state.status === 'telling' || state.supersededBy !== undefined
        ? []
        : [{ type: 'LateTicketsFound', nextAt: command.at }];
    case 'FinishReturning':
      return state.status === 'returning'
        ? [{ type: 'TicketsReturned', returnedTo: command.returnedTo, nextAt: command.at }]
        : [];
    case 'EndReturning':
      return state.status === 'returning' ? endReturning(state, command) : [];
    case 'RestorePlaces':
      return restore(state, command);
    case 'FinishKeeping':
      return looks(state) ? [{ type: 'TicketsKept', nextAt: command.at }] : [];
    case 'ResumeWork':
      return standsStill(state.nextAt, command.at) ? [{ type: 'WorkResumed', nextAt: command.at }] : [];
    case 'Supersede':
      return state.status === 'done' ? [] : [{ type: 'DisruptionSuperseded', by: command.by, at: command.at }];
    default:
      return unreachable(command, 'disruption command');
  }
}

function beforeAll(command: DisruptionCommand): readonly DisruptionEvent[] {
  if (command.type === 'RestorePlaces')
    throw new NotYet('sales.unknown-reduction', 'The reduction that was taken back has not been heard of yet.');
  return command.type === 'BeginDisruption' ? begin(command) : [];
}

function begin({ facts, supersededBy }: Of<'BeginDisruption'>): readonly DisruptionEvent[] {
  const begun: DisruptionEvent = { type: 'DisruptionBegun', facts };
  if (supersededBy === undefined) return [begun];
  return [begun, { type: 'DisruptionSuperseded', by: supersededBy, at: facts.begunAt }];
}

function finishTelling(state: Disruption, { told, at }: Of<'FinishTelling'>): readonly DisruptionEvent[] {
  if (told.left.length === 0 || told.left.length < state.inHand.length)
    return [{ type: 'TicketsTold', told, nextAt: at }];
  const nextAt = tryAgainAt(at, state.stuck + 1);
  return nextAt === undefined
    ? [{ type: 'TicketsGivenUp', rightIds: told.left, nextAt: at }]
    : [{ type: 'TicketsTold', told, nextAt }];
}

function findNobody(state: Disruption, at: string): readonly DisruptionEvent[] {
  const { begunAt, decideBy } = state;
  switch (state.status) {
    case 'telling':
    case 'open': {
      if (state.inHand.length > 0) return [];
      if (Date.parse(at) >= Date.parse(decideBy)) return [{ type: 'ReturningBegun', nextAt: at }];
      const nextAt = lookOrDecideAt(begunAt, at, decideBy);
      return [{ type: state.status === 'telling' ? 'ChoiceOpened' : 'LookedInVain', nextAt }];
    }
    case 'returning':
      return [];
    case 'done':
      return state.supersededBy !== undefined ? [] : [{ type: 'LookedInVain', nextAt: watchAt(begunAt, at) }];
  }
}

function endReturning({ begunAt }: Disruption, { waiting, at }: Of<'EndReturning'>): readonly DisruptionEvent[] {
  if (waiting > 0) return [{ type: 'ReturningPaused', waiting, nextAt: lookAgainAt(begunAt, at) }];
  return [{ type: 'DisruptionDone', at, nextAt: watchAt(begunAt, at) }];
}

function restore(state: Disruption, command: Of<'RestorePlaces'>): readonly DisruptionEvent[] {
  if (state.supersededBy !== undefined) return [];
  if (state.restored?.some(({ restoreId }) => restoreId === command.restoreId) === true) return [];
  return [{ ...command, type: 'PlacesRestored', ...(looks(state) ? { nextAt: command.at } : {}) }];
}

/** All are told, or were, and nobody is being sent home: its work is to look who came late, or may stay. */
function looks({ status, supersededBy }: Disruption): boolean {
  return status === 'open' || (status === 'done' && supersededBy === undefined);
}

function evolve(state: DisruptionState, event: DisruptionEvent): DisruptionState {
  if (state.status === 'none') return event.type === 'DisruptionBegun' ? born(event.facts) : state;
  const next = { ...state, step: state.step + 1, cursor: undefined, returnedTo: undefined };
  switch (event.type) {
    case 'DisruptionBegun':
      return state;
    // The step is the same until it is finished: whoever takes it up again finds in hand what was taken.
    case 'TicketsTaken':
      return { ...state, inHand: event.rightIds, cursor: event.cursor };
    case 'TicketsTold': {
      const { tickets, people, orders, left } = event.told;
      return {
        ...next,
        cursor: state.cursor,
        inHand: left,
        stuck: left.length > 0 && left.length === state.inHand.length ? state.stuck + 1 : 0,
        tickets: state.tickets + tickets,
        people: state.people + people,
        orders: state.orders + orders,
        nextAt: event.nextAt,
      };
    }
    case 'TicketsGivenUp': {
      const { rightIds, nextAt } = event;
      const untold = state.untold + rightIds.length;
      return { ...next, cursor: state.cursor, inHand: [], stuck: 0, untold, nextAt };
    }
    case 'ChoiceOpened':
      return { ...next, status: 'open', nextAt: event.nextAt };
    case 'LookedInVain':
      return { ...next, nextAt: event.nextAt };
    case 'LateTicketsFound':
      return { ...next, status: 'telling', untold: 0, finishedAt: undefined, nextAt: event.nextAt };
    case 'ReturningBegun':
      return { ...next, status: 'returning', nextAt: event.nextAt };
    case 'TicketsReturned':
      return { ...next, returnedTo: event.returnedTo, nextAt: event.nextAt };
    case 'ReturningPaused':
      return { ...next, nextAt: event.nextAt };
    case 'DisruptionDone':
      return { ...next, status: 'done', finishedAt: event.at, nextAt: event.nextAt };
    case 'PlacesRestored': {
      const { type: _type, nextAt, ...restoration } = event;
      const restored = [...(state.restored ?? []), restoration];
      return nextAt === undefined ? { ...state, restored } : { ...next, restored, nextAt };
    }
    case 'TicketsKept':
      return { ...next, nextAt: event.nextAt };
    // As it was, under a new number: the message that was parked must do nothing any more.
    case 'WorkResumed':
      return { ...state, step: next.step, nextAt: event.nextAt };
    case 'DisruptionSuperseded':
      return {
        ...next,
        status: 'done',
        inHand: [],
        finishedAt: event.at,
        supersededBy: event.by,
        nextAt: undefined,
      };
  }
}

function born(facts: Extract<DisruptionEvent, { type: 'DisruptionBegun' }>['facts']): Disruption {
  const counters = { tickets: 0, people: 0, orders: 0, untold: 0 };
  return { ...facts, ...counters, status: 'telling', step: 0, inHand: [], stuck: 0, nextAt: facts.begunAt };
}

export const disruptionDecider: Decider<DisruptionState, DisruptionCommand, DisruptionEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
