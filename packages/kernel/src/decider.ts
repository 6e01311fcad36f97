// The shape of every aggregate's core: a pure decision over state and command, and a total fold over events.

export type Decider<State, Command, Event> = {
  /** The state before anything happened. */
  readonly initial: State;
  /**
   * Says what happens. `[]` means "already so", which makes a second delivery harmless.
   * Throws `DomainError` for a caller's mistake and `NotYet` for a true message that came too early.
   */
  decide(state: State, command: Command): readonly Event[];
  /** Folds one event into the state. Total: never throws, ignores what does not apply. */
  evolve(state: State, event: Event): State;
};

export function fold<State, Event>(
  decider: Pick<Decider<State, never, Event>, 'evolve'>,
  state: State,
  events: readonly Event[],
): State {
  return events.reduce((current, event) => decider.evolve(current, event), state);
}
