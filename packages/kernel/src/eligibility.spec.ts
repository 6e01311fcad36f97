import { expect } from 'chai';
import fc from 'fast-check';
import {
  CERTIFICATES,
  checkEligibility,
  CONCESSION_PRESETS,
  type EligibilityRules,
  type Traveller,
} from './eligibility.ts';
import { addDays, localDate } from './local-dates.ts';

const dayOfUse = localDate('2026-11-21');
const born = (text: string): Traveller => ({ idType: 'id_card', birthDate: localDate(text), dayOfUse });
const rulesOf = (code: string): EligibilityRules => {
  const preset = CONCESSION_PRESETS.find((candidate) => candidate.code === code);
  if (preset === undefined) throw new Error(`no preset ${code}`);
  return preset.rules;
};

describe('eligibility', () => {
  it('SAL-02 lets everybody hold a ticket type without rules', () => {
    expect(checkEligibility([], { dayOfUse })).to.deep.equal({ status: 'ok' });
  });

  it('SAL-02 counts age on the day of use, bounds included', () => {
    const rules = [{ minAge: 60, maxAge: 64 }];
    expect(checkEligibility(rules, born('1966-11-21'))).to.deep.equal({ status: 'ok' });
    expect(checkEligibility(rules, born('1966-11-22'))).to.deep.equal({ status: 'refused', reason: 'too-young' });
    expect(checkEligibility(rules, born('1961-11-22'))).to.deep.equal({ status: 'ok' });
    expect(checkEligibility(rules, born('1961-11-21'))).to.deep.equal({ status: 'refused', reason: 'too-old' });
  });

  it('SAL-02 leaves an unknown age to the gate', () => {
    expect(checkEligibility([{ maxAge: 18 }], { idType: 'passport', dayOfUse })).to.deep.equal({
      status: 'show-at-gate',
      anyOf: [[{ kind: 'age', maxAge: 18 }]],
    });
    expect(checkEligibility([{ minAge: 65 }], { dayOfUse })).to.deep.equal({
      status: 'show-at-gate',
      anyOf: [[{ kind: 'age', minAge: 65 }]],
    });
  });

  it('SAL-02 wants everything that a ground names', () => {
    const rules: EligibilityRules = [{ idTypes: ['id_card'], maxAge: 25, certificate: 'student' }];
    expect(checkEligibility(rules, born('2006-01-01'))).to.deep.equal({
      status: 'show-at-gate',
      anyOf: [[{ kind: 'certificate', certificate: 'student' }]],
    });
    expect(checkEligibility(rules, born('1990-01-01'))).to.deep.equal({ status: 'refused', reason: 'too-old' });
    expect(checkEligibility(rules, { idType: 'passport', dayOfUse })).to.deep.equal({
      status: 'refused',
      reason: 'id-type',
    });
    expect(checkEligibility(rules, { dayOfUse })).to.deep.equal({ status: 'refused', reason: 'id-type' });
  });

  it('SAL-02 lets a child in free by age at once, and by height at the gate', () => {
    const rules = rulesOf('scenic-child-free');
    expect(checkEligibility(rules, born('2019-11-22'))).to.deep.equal({ status: 'ok' });
    expect(checkEligibility(rules, born('2019-11-21'))).to.deep.equal({
      status: 'show-at-gate',
      anyOf: [[{ kind: 'height', maxCm: 120 }]],
    });
  });

  it('SAL-02 gives half fare on the road up to 14 years or 1.5 m, small vehicles excepted', () => {
    expect(checkEligibility(rulesOf('road-child-half'), born('2011-11-22'))).to.deep.equal({ status: 'ok' });
    expect(checkEligibility(rulesOf('road-child-half'), born('2011-11-21'))).to.have.property('status', 'show-at-gate');
    expect(CONCESSION_PRESETS.find(({ code }) => code === 'road-child-free')).to.include({
      perAdult: 1,
      seat: 'none',
      exceptVehiclesUpToSeats: 9,
    });
  });

  it('SAL-02 asks students for the card and gives minors half price by age', () => {
    expect(checkEligibility(rulesOf('scenic-youth-half'), born('2007-11-22'))).to.deep.equal({ status: 'ok' });
    expect(checkEligibility(rulesOf('scenic-youth-half'), born('2007-11-21'))).to.deep.equal({
      status: 'refused',
      reason: 'too-old',
    });
    expect(checkEligibility(rulesOf('scenic-student-half'), born('2005-01-01'))).to.have.property(
      'status',
      'show-at-gate',
    );
  });

  it('SAL-02 names every preset once, with its source and day', () => {
    const codes = CONCESSION_PRESETS.map(({ code }) => code);
    expect(new Set(codes).size).to.equal(codes.length);
    for (const preset of CONCESSION_PRESETS) {
      expect(preset.source).to.not.equal('');
      expect(preset.payableBasisPoints).to.be.within(0, 10_000);
      expect(preset.rules).to.not.be.empty;
    }
  });

  it('SAL-02 never refuses more when a ground is added', () => {
    const ground = fc.record(
      {
        minAge: fc.integer({ min: 0, max: 90 }),
        maxAge: fc.integer({ min: 0, max: 90 }),
        certificate: fc.constantFrom(...CERTIFICATES),
        heightMaxCm: fc.integer({ min: 80, max: 150 }),
      },
      { requiredKeys: [] },
    );
    const rank = { refused: 0, 'show-at-gate': 1, ok: 2 };
    const age = fc.option(fc.integer({ min: 0, max: 35_000 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(ground, { minLength: 1, maxLength: 4 }), ground, age, (rules, more, days) => {
        const traveller: Traveller = { dayOfUse, birthDate: days === undefined ? undefined : addDays(dayOfUse, -days) };
        const [before, after] = [checkEligibility(rules, traveller), checkEligibility([...rules, more], traveller)];
        expect(rank[after.status]).to.be.at.least(rank[before.status]);
      }),
    );
  });
});
