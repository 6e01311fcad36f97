import { ContractBreach, DomainError, NotYet, TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { BUG_RUNGS, failureOf, retryClasses, rungMs, verdictOn, type FailureKind, type Rung } from './retry.ts';

const retry = retryClasses.standard;

describe('where a failed message goes', () => {
  for (const kind of ['transient', 'not-yet'] as const) {
    it(`PLA-42 ${kind}: one rung per attempt, then the dead queue`, () => {
      const way = [1, 2, 3, 4, 5, 6, 7].map((attempt) => verdictOn(kind, attempt, retry));
      expect(way).to.deep.equal([
        { to: 'retry', rung: '1s' },
        { to: 'retry', rung: '5s' },
        { to: 'retry', rung: '30s' },
        { to: 'retry', rung: '2m' },
        { to: 'retry', rung: '10m' },
        { to: 'dead' },
        { to: 'dead' },
      ]);
    });
  }

  it('PLA-42 a bug gets the first three rungs only', () => {
    const way = [1, 2, 3, 4, 5].map((attempt) => verdictOn('bug', attempt, retry).to);
    expect(way).to.deep.equal(['retry', 'retry', 'retry', 'dead', 'dead']);
  });

  it('a bug gets no more rungs than its class has', () => {
    expect(verdictOn('bug', 2, { rungs: ['1s'] })).to.deep.equal({ to: 'dead' });
  });

  for (const kind of ['breach', 'refused'] as const) {
    it(`PLA-42 ${kind}: the dead queue at once`, () => {
      expect(verdictOn(kind, 1, retry)).to.deep.equal({ to: 'dead' });
    });
  }

  it('every way ends in the dead queue', () => {
    const kinds = fc.constantFrom<FailureKind>('breach', 'refused', 'not-yet', 'transient', 'bug');
    const rungs = fc.array(fc.constantFrom<Rung>('1s', '5s', '2m', '1h'), { maxLength: 12 });
    fc.assert(
      fc.property(kinds, rungs, (kind, list) => {
        let attempt = 1;
        while (verdictOn(kind, attempt, { rungs: list }).to === 'retry') attempt += 1;
        expect(attempt).to.be.at.most(list.length + 1);
        if (kind === 'bug') expect(attempt).to.be.at.most(BUG_RUNGS + 1);
      }),
    );
  });
});

describe('what a failure is called', () => {
  const cells: [string, unknown, FailureKind, string][] = [
    ['a breach of contract', new ContractBreach('a.breach', 'x'), 'breach', 'a.breach'],
    ['too early', new NotYet('a.not-yet', 'x'), 'not-yet', 'a.not-yet'],
    ['transient', new TransientError('a.transient', 'x'), 'transient', 'a.transient'],
    ['a refusal that should have been an event', new DomainError('a.refused', 'x'), 'refused', 'a.refused'],
    ['a bug', new TypeError('x'), 'bug', 'messaging.unexpected-error'],
    ['something thrown that is no error', 'x', 'bug', 'messaging.unexpected-error'],
  ];
  for (const [title, error, kind, code] of cells) {
    it(title, () => {
      expect(failureOf(error)).to.include({ kind, code });
    });
  }

  it('PLA-42 the detail is bounded and shows no numbers or addresses of people', () => {
    const error = new Error(`no room for 110101199003078515 or wang@example.org ${'x'.repeat(1_000)}`);
    const { detail } = failureOf(error);
    expect(detail).to.have.lengthOf(500);
    expect(detail).to.match(/^Error: no room for \*\*\* or \*\*\*@\*\*\* xxx/);
  });
});

describe('rungs', () => {
  it('are named by their waiting time', () => {
    expect((['50ms', '1s', '30s', '2m', '1h'] as const).map(rungMs)).to.deep.equal([
      50, 1_000, 30_000, 120_000, 3_600_000,
    ]);
  });

  for (const wrong of ['0s', '1.5s', '-1s', '1e3ms'] as const) {
    it(`refuses ${wrong}`, () => {
      expect(() => rungMs(wrong)).to.throw('is not a whole number');
    });
  }
});
