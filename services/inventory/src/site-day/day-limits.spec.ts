// INV-05: every cell of the table in day-limits.policy.ts, and what the decision makes of a day that is over its limit.
import { expect } from 'chai';
import { applyChange, balanced } from './counters.policy.ts';
import { bounding, overOf, roomOfDay, SITE_LIMIT } from './day-limits.policy.ts';
import { decideBatch } from './site-day.decider.ts';
import { hold, place, release, siteDay } from './site-day.fixture.ts';
import type { SiteDay } from './site-day.ts';

/** 2 held and 2 sold in its session. */
const bounded = (limits: Readonly<Record<string, number>>, day?: number): SiteDay => ({
  ...siteDay({ capacity: 100, ...(day === undefined ? {} : { day }) }),
  limits,
});

const CASES: readonly [title: string, before: SiteDay, said: Record<string, number | undefined>, after: unknown][] = [
  ['nothing said, not bounded: stays so', bounded({}), { cal_1: undefined }, undefined],
  ['not bounded, room enough: bounded', bounded({}), { cal_1: 10 }, { capacity: 10, available: 6, held: 2, sold: 2 }],
  ['not bounded, too much taken: full', bounded({}), { cal_1: 3 }, { capacity: 4, available: 0, held: 2, sold: 2 }],
  ['bounded, taken back: bounded no more', bounded({ cal_1: 10 }, 10), { cal_1: undefined }, 'none'],
  [
    'bounded, a second calendar says less: it counts',
    bounded({ cal_1: 10 }, 10),
    { cal_2: 7 },
    { capacity: 7, available: 3, held: 2, sold: 2 },
  ],
  ['bounded, a second calendar says more: nothing moves', bounded({ cal_1: 10 }, 10), { cal_2: 70 }, 10],
  ['bounded, the site carries less', bounded({ cal_1: 10 }, 10), { [SITE_LIMIT]: 5 }, 5],
  ['bounded, less than what is taken: full', bounded({ cal_1: 10 }, 10), { cal_2: 1 }, 4],
  ['over its limit, raised: free again', bounded({ cal_1: 1 }, 4), { cal_1: 9 }, 9],
  ['over its limit, taken back: bounded no more', bounded({ cal_1: 1 }, 4), { cal_1: undefined }, 'none'],
  ['over its limit, still too little: full', bounded({ cal_1: 1 }, 4), { cal_1: 2 }, 4],
  ['the tightest goes, the next one counts', bounded({ cal_1: 5, cal_2: 8 }, 5), { cal_1: undefined }, 8],
];

describe('limits of a day', () => {
  for (const [title, before, said, after] of CASES)
    it(`INV-05 ${title}`, () => {
      const change = bounding(before, said);
      if (after === undefined) expect(change).to.equal(undefined);
      else if (after === 'none') expect(change).to.deep.include({ day: undefined });
      else if (typeof after === 'number') expect(change?.day?.capacity).to.equal(after);
      else expect(change?.day).to.deep.equal(after);
      if (change?.day !== undefined) expect(balanced(change.day)).to.equal(true);
    });

  it('INV-20 says how much more was given out than a limit that was lowered allows', () => {
    const overs = [
      bounded({}),
      bounded({ cal_1: 10 }, 10),
      bounded({ cal_1: 4 }, 4),
      bounded({ cal_1: 9, cal_2: 1 }, 4),
    ];
    expect(overs.map(overOf)).to.deep.equal([0, 0, 0, 3]);
  });
  it('said twice is said once', () => {
    expect(bounding(bounded({ cal_1: 10 }, 10), { cal_1: 10 })).to.equal(undefined);
  });
  it('a day from before limits were written down keeps its own', () => {
    const { limits: _limits, ...earlier } = bounded({}, 10);
    expect(bounding(earlier, { cal_2: 70 })?.day?.capacity).to.equal(10);
  });

  it('INV-11 over its limit, what comes back is not free until the day is within it', () => {
    const before = bounded({ cal_1: 3 }, 4);
    const record = { status: 'held' as const, returns: [] };
    const held = hold();
    const { change } = decideBatch(before, () => record, [release(held)]);
    if (change === undefined) throw new Error('the release moves counters');
    const after = applyChange(before, change);
    expect(after.day).to.deep.equal({ capacity: 4, available: 2, held: 0, sold: 2 });
    expect(roomOfDay(after)).to.equal(1);
    const { outcomes } = decideBatch(after, () => undefined, [place({ ...held, holdId: 'hld_9' })]);
    expect(outcomes).to.deep.include({
      kind: 'rejected',
      hold: { ...held, holdId: 'hld_9' },
      reason: 'day-full',
      sessionId: 'ses_1',
      available: 1,
    });
  });
});
