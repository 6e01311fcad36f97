// Given events, when a command comes, then events or a refusal: the grammar of every decider's spec.
import { DomainError, fold, type Decider } from '@tongpiao/kernel';
import { expect } from 'chai';

export type Then<State, Event> = {
  /** Exactly these events. */
  then(...events: readonly Event[]): void;
  /** "Already so." */
  thenNothing(): void;
  /** A DomainError (or NotYet) with this code. */
  thenRefused(code: string): DomainError;
  thenState(check: (state: State) => void): void;
};

export function specify<State, Command, Event>(
  decider: Decider<State, Command, Event>,
): (...given: readonly Event[]) => { when(command: Command): Then<State, Event> } {
  return (...given) => {
    const state = fold(decider, decider.initial, given);
    return {
      when: (command) => ({
        then: (...events) => {
          expect(decider.decide(state, command)).to.deep.equal(events);
        },
        thenNothing: () => {
          expect(decider.decide(state, command)).to.deep.equal([]);
        },
        thenRefused: (code) => {
          try {
            const events = decider.decide(state, command);
            throw new Error(`expected ${code}, but it was decided: ${JSON.stringify(events)}`);
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
            expect(error.code).to.equal(code);
            return error;
          }
        },
        thenState: (check) => {
          check(fold(decider, state, decider.decide(state, command)));
        },
      }),
    };
  };
}
