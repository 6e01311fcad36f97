import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { occupancyDecider } from './occupancy.decider.ts';
import { occupancyMessages } from './occupancy.messages.ts';
import type { OccupancyCommand, OccupancyEvent } from './occupancy.ts';
import { differences } from './sweep.ts';

const given = specify(occupancyDecider);
const day = { siteId: 'sit_1', date: '2026-12-02', at: '2026-12-02T02:00:00.000Z' };
const capacity = { insideMax: 100, dayMax: 1_000 };
const observe = (inside: number, revision = 10): OccupancyCommand => ({
  type: 'Observe',
  ...day,
  revision,
  inside,
  entered: inside,
  capacity,
});
const changed = (light: 'green' | 'yellow' | 'orange' | 'red', inside: number, revision = 10): OccupancyEvent => ({
  type: 'LightChanged',
  ...day,
  light,
  revision,
  inside,
  entered: inside,
  capacity,
});
const correct = (inside: number, counted = 80): OccupancyCommand => ({
  type: 'Correct',
  ...day,
  counted,
  inside,
  reason: '清点',
  by: 'usr_1',
});

describe('SAL-43 light and corrections of a site’s day', () => {
  it('none × Observe: green → -, else light changed', () => {
    given().when(observe(50)).thenNothing();
    given().when(observe(85)).then(changed('yellow', 85));
  });
  it('counted × Observe: same light → -, another → light changed, of older counters → -', () => {
    given(changed('yellow', 85)).when(observe(86, 11)).thenNothing();
    given(changed('yellow', 85))
      .when(observe(96, 11))
      .then(changed('red', 96, 11));
    given(changed('red', 96))
      .when(observe(10, 11))
      .then(changed('green', 10, 11));
    given(changed('red', 96)).when(observe(10, 9)).thenNothing();
  });
  it('none and counted × Correct: corrected, from what is counted with all corrections so far', () => {
    const first: OccupancyEvent = {
      type: 'OccupancyCorrected',
      ...day,
      correction: { from: 80, to: 70, reason: '清点', by: 'usr_1', at: day.at },
    };
    given().when(correct(70)).then(first);
    given(first)
      .when(correct(75, 82))
      .then({ ...first, correction: { ...first.correction, from: 72, to: 75 } });
    given(first)
      .when(correct(75, 82))
      .thenState((state) => {
        expect(state).to.deep.include({ corrected: -7, light: 'green' });
      });
    // Counted, and found right.
    given()
      .when(correct(80))
      .then({ ...first, correction: { ...first.correction, to: 80 } });
  });
  it('remembers the last corrections, and the sum of all', () => {
    const one: OccupancyEvent = {
      type: 'OccupancyCorrected',
      ...day,
      correction: { from: 10, to: 11, reason: '清点', by: 'usr_1', at: day.at },
    };
    given(...Array.from({ length: 60 }, () => one))
      .when(correct(80))
      .thenState((state) => {
        if (state.status === 'none') throw new Error('not counted');
        expect(state.corrections).to.have.length(50);
        expect(state.corrected).to.equal(60 + (80 - 140));
      });
  });
  it('a change of the light is told with figures and limits; a correction is not', () => {
    const [told] = occupancyMessages(changed('red', -4));
    if (told === undefined || !('definition' in told)) throw new Error('not told');
    expect(told.data).to.deep.equal({
      siteId: 'sit_1',
      date: '2026-12-02',
      light: 'red',
      inside: 0,
      entered: 0,
      insideMax: 100,
      dayMax: 1_000,
      changedAt: day.at,
    });
    expect(
      occupancyMessages({
        type: 'OccupancyCorrected',
        ...day,
        correction: { from: 1, to: 2, reason: 'x', by: 'y', at: 'z' },
      }),
    ).to.deep.equal([]);
  });
});

describe('SAL-43 what a sweep mends', () => {
  const isFinal = (slot: string): boolean => Number(slot) < 5;

  it('slots that are over and differ, in both directions; open ones are let alone', () => {
    const truth = new Map([
      ['1', 3],
      ['2', 7],
      ['4', 1],
      ['5', 9],
    ]);
    expect(differences('entries', { 1: 3, 2: 9, 3: 2, 5: 1 }, truth, isFinal)).to.deep.equal([
      { of: 'entries', slot: '2', by: -2 },
      { of: 'entries', slot: '3', by: -2 },
      { of: 'entries', slot: '4', by: 1 },
    ]);
  });
});
