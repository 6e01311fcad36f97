// How a case is judged: each risk factor, each escalation, each fee.
import { fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import { caseFacts, correction, policy, quiet } from './application.fixture.ts';
import { assess, type Evidence } from './application.policy.ts';
import type { CaseFacts } from './application.ts';

const calm: Evidence = { identity: 'match', history: quiet, misses: 0 };
const judged = (facts: CaseFacts = caseFacts(), change: Partial<Evidence> = {}, rules = policy()) =>
  assess(rules, facts, { ...calm, ...change });
const ofTicket = (change: Partial<CaseFacts['ticket']>): CaseFacts =>
  caseFacts({ ticket: { ...caseFacts().ticket, ...change } });

describe('policy of reissuing', () => {
  it('REI-20 an ordinary case is an operator’s, and free', () => {
    expect(judged()).to.deep.include({ desk: 'operator', escalatedFor: [], findings: [], suspended: false, fee: 0 });
  });
  it('REI-54 every factor that counts is named with what was counted and its points', () => {
    const history = {
      ...{ sameDay: 1, refused: 2, sameTicket: 1, sharedAddress: 5, sharedDevice: 3 },
      ...{ failedChecks: 0, scansAdmitted: 1, scansRefused: 1 },
    };
    const { findings, score } = judged(ofTicket({ reissues: 1 }), { history, misses: 3 });
    expect(findings).to.deep.equal([
      { factor: 'same-day', value: 1, points: 20 },
      { factor: 'refused-before', value: 2, points: 40 },
      { factor: 'same-ticket', value: 1, points: 10 },
      { factor: 'shared-address', value: 2, points: 30 },
      { factor: 'shared-device', value: 1, points: 20 },
      { factor: 'failed-proofs', value: 2, points: 20 },
      { factor: 'reissued-before', value: 1, points: 15 },
      { factor: 'scanned-since', value: 2, points: 100 },
    ]);
    expect(score).to.equal(255);
  });
  it('REI-11 proofs and checks of the same person that failed in other cases count with those of this one', () => {
    const failed = (misses: number, failedChecks: number) =>
      judged(caseFacts(), { misses, history: { ...quiet, failedChecks } }).findings;
    expect(failed(0, 1)).to.deep.equal([]);
    expect(failed(1, 1)).to.deep.equal([{ factor: 'failed-proofs', value: 1, points: 10 }]);
    expect(failed(0, 3)).to.deep.equal([{ factor: 'failed-proofs', value: 2, points: 20 }]);
  });
  it('REI-11 a ticket that was held up at a gate since it was sold suspends, unless the policy counts it for nothing', () => {
    const { risk } = policy();
    const weighing = (points: number) =>
      policy({ risk: { ...risk, suspendFrom: 1_000, points: { ...risk.points, 'scanned-since': points } } });
    const scanned = { history: { ...quiet, scansAdmitted: 1 } };
    const found = judged(caseFacts(), scanned, weighing(5));
    expect(found).to.deep.include({ suspended: true, desk: 'reviewer', score: 5 });
    expect(found.findings).to.deep.equal([{ factor: 'scanned-since', value: 1, points: 5 }]);
    expect(judged(caseFacts(), scanned, weighing(0))).to.deep.include({ suspended: false, findings: [] });
  });
  it('REI-11 that a gate refused it is no sign where this is why they apply', () => {
    const refused = { history: { ...quiet, scansRefused: 2 } };
    for (const reason of ['lost', 'not-received', 'other'] as const)
      expect(judged(caseFacts({ reason }), refused), reason).to.include({ suspended: true });
    for (const reason of ['damaged', 'wrong-data', 'system-fault'] as const) {
      expect(judged(caseFacts({ reason }), refused), reason).to.include({ suspended: false });
      const used = { history: { ...quiet, scansAdmitted: 1 } };
      expect(judged(caseFacts({ reason }), used), `${reason}, let in`).to.include({ suspended: true });
    }
  });
  it('one slip and a household’s address are no risk, and a factor without points is switched off', () => {
    const household = { ...quiet, sharedAddress: 3, sharedDevice: 2 };
    expect(judged(caseFacts(), { misses: 1, history: household }).findings).to.deep.equal([]);
    const { risk } = policy();
    const off = policy({ risk: { ...risk, points: { ...risk.points, 'same-day': 0 } } });
    expect(judged(caseFacts(), { history: { ...quiet, sameDay: 4 } }, off).findings).to.deep.equal([]);
  });
  it('REI-11 a document that is not this person’s suspends, whatever the points say', () => {
    const { risk } = policy();
    const lenient = policy({
      risk: { ...risk, suspendFrom: 1_000, points: { ...risk.points, 'identity-mismatch': 0 } },
    });
    expect(judged(caseFacts(), { identity: 'mismatch' }, lenient)).to.include({ suspended: true });
    expect(judged(caseFacts(), { history: { ...quiet, sameDay: 3 } })).to.include({ suspended: true, score: 60 });
  });
  it('REI-20 who decides what', () => {
    const desks: readonly (readonly [string, CaseFacts, Partial<Evidence>, string])[] = [
      ['amount', ofTicket({ amount: fen(50_000) }), {}, 'reviewer'],
      ['amount-manager', ofTicket({ amount: fen(200_000) }), {}, 'manager'],
      ['second-today', caseFacts(), { history: { ...quiet, sameDay: 1 } }, 'reviewer'],
      ['history', caseFacts(), { history: { ...quiet, refused: 1 } }, 'reviewer'],
      ['correction', correction(), {}, 'reviewer'],
      ['risk', ofTicket({ reissues: 1 }), {}, 'reviewer'],
    ];
    for (const [rule, facts, change, desk] of desks) {
      const found = judged(facts, change);
      expect(found.desk, rule).to.equal(desk);
      expect(found.escalatedFor, rule).to.include(rule);
    }
    const { escalation } = policy();
    const vip = policy({ escalation: { ...escalation, classes: ['tty_1'] } });
    expect(judged(caseFacts(), {}, vip)).to.deep.include({ desk: 'reviewer', escalatedFor: ['class'] });
  });
  it('REI-22 the first line that fits charges; our own fault and the law waive', () => {
    const fees = [
      { productId: 'prd_2', kind: 'replacement' as const, amount: fen(900) },
      { kind: 'replacement' as const, amount: fen(300) },
    ];
    const charging = policy({ fees });
    expect(judged(caseFacts(), {}, charging)).to.include({ fee: 300 });
    expect(judged(ofTicket({ productId: 'prd_2' }), {}, charging)).to.include({ fee: 900 });
    for (const reason of ['system-fault', 'not-received'] as const) {
      for (const channel of ['counter', 'hotline', 'batch'] as const)
        expect(judged(caseFacts({ reason, channel }), {}, charging)).to.include({ fee: 0, waivedFor: reason });
      // An applicant may say so, at whatever machine, and whoever decides may believe it.
      for (const channel of ['web', 'app', 'kiosk', 'ota'] as const)
        expect(judged(caseFacts({ reason, channel, enteredBy: 'kio_hall' }), {}, charging), channel).to.include({
          fee: 300,
        });
    }
    expect(judged(ofTicket({ road: true }), {}, charging)).to.include({ fee: 0, waivedFor: 'real-name-road-ticket' });
    expect(judged(ofTicket({ road: true, realName: false }), {}, charging)).to.include({ fee: 300 });
  });
  it('REI-43 self-service: only where it is on, and only what nobody has to look at', () => {
    const open = policy({ selfService: { on: true, sampleShare: 0 } });
    expect(judged(caseFacts(), {}, open)).to.include({ selfService: true });
    expect(judged()).to.include({ selfService: false });
    expect(judged(correction(), {}, open)).to.include({ selfService: false });
    expect(judged(ofTicket({ realName: false }), { identity: 'not-needed' }, open)).to.include({ selfService: false });
    expect(judged(ofTicket({ reissues: 1 }), {}, open)).to.include({ selfService: false });
  });
});
