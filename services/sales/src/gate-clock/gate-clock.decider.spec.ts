import { specify } from '@tongpiao/testing';
import { gateClockDecider } from './gate-clock.decider.ts';
import type { GateClockCommand, GateClockEvent } from './gate-clock.ts';

const given = specify(gateClockDecider);
const AT = '2026-12-02T12:00:00.000Z';
const hear = (skewMs: number): GateClockCommand => ({
  type: 'HearClock',
  skewMs,
  wrongAboveMs: 60_000,
  wellBelowMs: 30_000,
  at: AT,
});
const wrong: GateClockEvent = { type: 'ClockFoundWrong', skewMs: 90_000, at: AT };
const well: GateClockEvent = { type: 'ClockFoundWell', at: AT };

describe('SAL-41 clock of a gate', () => {
  for (const [name, events] of [
    ['unheard', []],
    ['well', [wrong, well]],
  ] as const) {
    it(`${name}: off by more than the bound, ahead or behind → found wrong; else -`, () => {
      given(...events)
        .when(hear(60_001))
        .then({ type: 'ClockFoundWrong', skewMs: 60_001, at: AT });
      given(...events)
        .when(hear(-3_600_000))
        .then({ type: 'ClockFoundWrong', skewMs: -3_600_000, at: AT });
      for (const skewMs of [60_000, -60_000, 45_000, 0])
        given(...events)
          .when(hear(skewMs))
          .thenNothing();
    });
  }
  it('wrong: as wrong as before or between the bounds → -; well below → found well', () => {
    for (const skewMs of [90_000, -90_000, 60_001, 30_000, -30_000]) given(wrong).when(hear(skewMs)).thenNothing();
    given(wrong).when(hear(29_999)).then(well);
    given(wrong).when(hear(-29_999)).then(well);
  });
});
