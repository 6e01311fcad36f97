import type { SiteCapacity, SiteLight } from '@tongpiao/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { HYSTERESIS_POINTS, lightOf, LIGHTS, sharesOf } from './light.policy.ts';

const HUNDRED: SiteCapacity = { insideMax: 100 };
const at = (inside: number, before: SiteLight = 'green', capacity = HUNDRED): SiteLight =>
  lightOf(before, { inside, entered: 0 }, capacity);

describe('SAL-43 light of a site', () => {
  const table: readonly (readonly [percent: number, ...lights: SiteLight[]])[] = [
    // before:  green     yellow    orange    red
    [0, 'green', 'green', 'green', 'green'],
    [76, 'green', 'green', 'green', 'green'],
    [77, 'green', 'yellow', 'yellow', 'yellow'],
    [79, 'green', 'yellow', 'yellow', 'yellow'],
    [80, 'yellow', 'yellow', 'yellow', 'yellow'],
    [86, 'yellow', 'yellow', 'yellow', 'yellow'],
    [87, 'yellow', 'yellow', 'orange', 'orange'],
    [89, 'yellow', 'yellow', 'orange', 'orange'],
    [90, 'orange', 'orange', 'orange', 'orange'],
    [91, 'orange', 'orange', 'orange', 'orange'],
    [92, 'orange', 'orange', 'orange', 'red'],
    [94, 'orange', 'orange', 'orange', 'red'],
    [95, 'red', 'red', 'red', 'red'],
    [100, 'red', 'red', 'red', 'red'],
    [130, 'red', 'red', 'red', 'red'],
  ];
  for (const [percent, ...expected] of table) {
    it(`${percent} %: ${LIGHTS.map((before, index) => `${before} → ${expected[index] ?? '?'}`).join(', ')}`, () => {
      expect(LIGHTS.map((before) => at(percent, before))).to.deep.equal(expected);
    });
  }

  it('goes by the fuller of moment and day', () => {
    const both: SiteCapacity = { insideMax: 100, dayMax: 1_000 };
    expect(lightOf('green', { inside: 10, entered: 950 }, both)).to.equal('red');
    expect(lightOf('green', { inside: 91, entered: 100 }, both)).to.equal('orange');
    expect(lightOf('green', { inside: 0, entered: 800 }, { dayMax: 1_000 })).to.equal('yellow');
    expect(sharesOf({ inside: 50, entered: 200 }, both)).to.deep.equal({ inside: 50, day: 20 });
  });

  it('a site without limits is green, also one whose limits were lifted', () => {
    for (const before of LIGHTS) {
      expect(lightOf(before, { inside: 1_000_000, entered: 1 }, undefined)).to.equal('green');
      expect(at(1_000_000, before, { lightPercents: [1, 2, 3] })).to.equal('green');
    }
  });

  it('the bounds are the site’s own', () => {
    const own: SiteCapacity = { insideMax: 100, lightPercents: [50, 60, 100] };
    expect([49, 50, 60, 99, 100].map((inside) => at(inside, 'green', own))).to.deep.equal([
      'green',
      'yellow',
      'orange',
      'orange',
      'red',
    ]);
  });

  it('more people out than in is nobody inside', () => {
    expect(at(-500)).to.equal('green');
  });

  const somePercents = fc
    .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 3, maxLength: 3 })
    .map((percents) => percents.sort((a, b) => a - b));

  it('does not flicker: while the count moves by less than the hysteresis, the light only rises', () => {
    fc.assert(
      fc.property(
        somePercents,
        fc.integer({ min: 0, max: 12_000 }),
        fc.array(fc.integer({ min: 0, max: HYSTERESIS_POINTS * 100 - 1 }), { minLength: 2, maxLength: 40 }),
        (lightPercents, base, steps) => {
          const capacity = { insideMax: 10_000, lightPercents };
          let before: SiteLight = 'green';
          let last = -1;
          for (const step of steps) {
            before = lightOf(before, { inside: base + step, entered: 0 }, capacity);
            expect(LIGHTS.indexOf(before)).to.be.at.least(last);
            last = LIGHTS.indexOf(before);
          }
        },
      ),
    );
  });

  it('never shows less than the count says, and never more than it said within the hysteresis', () => {
    fc.assert(
      fc.property(
        somePercents,
        fc.constantFrom(...LIGHTS),
        fc.integer({ min: 0, max: 15_000 }),
        (lightPercents, before, inside) => {
          const capacity = { insideMax: 10_000, lightPercents };
          const shown = LIGHTS.indexOf(lightOf(before, { inside, entered: 0 }, capacity));
          const least = lightPercents.filter((percent) => inside / 100 >= percent).length;
          const most = lightPercents.filter((percent) => inside / 100 + HYSTERESIS_POINTS >= percent).length;
          expect(shown).to.be.within(least, most);
        },
      ),
    );
  });
});
