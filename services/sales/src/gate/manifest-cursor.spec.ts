// A gate that follows the cursors is told of every change, also of those that were on their way while it read.
import { DomainError } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { heldOf, nextCursor, readCursor, writeCursor, type ManifestCursor } from './manifest-cursor.ts';

const DATE = '2026-12-02';

describe('SAL-41 cursor of a manifest', () => {
  it('is read as it was written', () => {
    const cursors: readonly ManifestCursor[] = [
      { date: DATE, sinceMs: 1_790_000_000_000 },
      { date: DATE, sinceMs: 0, under: { safeMs: 5, position: { stream: 2, after: undefined } } },
      { date: DATE, sinceMs: 0, under: { safeMs: 5, position: { stream: 1, after: { changedAtMs: 7, id: 'rgt_1' } } } },
    ];
    for (const cursor of cursors) expect(readCursor(writeCursor(cursor))).to.deep.equal(cursor);
  });

  it('PLA-31 anything else is refused by its name', () => {
    const wrong = [
      '',
      'x',
      '%%%',
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('["2026-12-02",-1]').toString('base64url'),
    ];
    for (const text of wrong) {
      expect(() => readCursor(text), text)
        .to.throw(DomainError)
        .with.property('code', 'sales.cursor-invalid');
    }
  });

  it('REI-35 whoever comes with the end of a reading holds what was true when it began', () => {
    const now = new Date('2026-12-02T01:00:00.000Z');
    const first = nextCursor(DATE, undefined, { stream: 0 }, now);
    expect(heldOf(first)).to.equal(undefined);
    const whole = nextCursor(DATE, first, undefined, new Date(now.getTime() + 5_000));
    expect(heldOf(whole)).to.deep.equal(now);
    const next = nextCursor(DATE, whole, { stream: 1 }, new Date(now.getTime() + 30_000));
    expect(heldOf(next)).to.equal(undefined);
  });

  it('misses no change that was stamped up to a minute before it could be read', () => {
    const someChange = fc.record({
      stampedMs: fc.integer({ min: 0, max: 300_000 }),
      delayMs: fc.integer({ min: 0, max: 59_999 }),
    });
    fc.assert(
      fc.property(
        fc.array(someChange, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 5, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (changes, pauses, limit) => {
          const base = 1_790_000_000_000;
          const all = changes.map(({ stampedMs, delayMs }, index) => ({
            changedAtMs: base + stampedMs,
            visibleMs: base + stampedMs + delayMs,
            id: `r${index}`,
          }));
          const told = new Set<string>();
          let cursor: ManifestCursor | undefined;
          let nowMs = base;
          const ask = (): boolean => {
            const from = cursor;
            const after = from?.under?.position.after;
            const page = all
              .filter(({ visibleMs }) => visibleMs <= nowMs)
              .filter(({ changedAtMs, id }) =>
                after === undefined
                  ? changedAtMs >= (from?.sinceMs ?? 0)
                  : changedAtMs > after.changedAtMs || (changedAtMs === after.changedAtMs && id > after.id),
              )
              .sort((a, b) => a.changedAtMs - b.changedAtMs || (a.id < b.id ? -1 : 1))
              .slice(0, limit);
            for (const { id } of page) told.add(id);
            const last = page[page.length - 1];
            const reached = page.length < limit || last === undefined ? undefined : { stream: 0, after: last };
            cursor = readCursor(writeCursor(nextCursor(DATE, from, reached, new Date(nowMs))));
            return reached !== undefined;
          };
          for (const pauseMs of pauses) {
            ask();
            nowMs += pauseMs;
          }
          nowMs = base + 1_000_000;
          // Twice around: a reading that was under way ends, and one that begins afterwards sees what came meanwhile.
          for (let round = 0; round < 2; round += 1) for (let more = true; more;) more = ask();
          expect(told.size).to.equal(all.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
