import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { keysOf, signingKeyAt, signingKeysDecider } from './signing-keys.decider.ts';
import type { NewKey, RotationPolicy, SigningKeysCommand, SigningKeysEvent } from './signing-keys.ts';

const given = specify(signingKeysDecider);
const start = Date.parse('2026-11-21T00:00:00.000Z');
const minute = (minutes: number): string => new Date(start + minutes * 60_000).toISOString();
const policy: RotationPolicy = { useForMs: 100 * 60_000, publishAheadMs: 10 * 60_000, keepAfterMs: 20 * 60_000 };
const candidate = (kid: string): NewKey => ({ kid, publicKeyPem: `public ${kid}`, sealedPrivateKey: `sealed ${kid}` });
const tend = (kid: string, minutes: number): SigningKeysCommand => ({
  type: 'TendKeys',
  candidate: candidate(kid),
  policy,
  at: minute(minutes),
});
const rotate = (kid: string, minutes: number, compromised = false): SigningKeysCommand => ({
  type: 'RotateKeys',
  candidate: candidate(kid),
  compromised,
  policy,
  at: minute(minutes),
});
const first = (kid: string, minutes: number): SigningKeysEvent => ({
  type: 'KeyAdded',
  key: { ...candidate(kid), useFrom: minute(minutes), notAfter: minute(minutes + 220) },
});
const next = (kid: string, useFrom: number): SigningKeysEvent => ({
  type: 'KeyAdded',
  key: { ...candidate(kid), useFrom: minute(useFrom), notAfter: minute(useFrom + 220) },
  predecessorsUntil: minute(useFrom + 20),
});
const forgotten = (reason: 'run-out' | 'compromised', ...kids: string[]): SigningKeysEvent => ({
  type: 'KeysForgotten',
  kids,
  reason,
});

describe('signing keys', () => {
  it('PLA-06 none × TendKeys or RotateKeys → a key that signs at once', () => {
    given().when(tend('a', 0)).then(first('a', 0));
    given().when(rotate('a', 0)).then(first('a', 0));
  });
  it('PLA-06 a key in use, not due × TendKeys → -', () => {
    given(first('a', 0)).when(tend('b', 89)).thenNothing();
  });
  it('PLA-06 a key in use, due × TendKeys → the next one, published before it signs', () => {
    given(first('a', 0)).when(tend('b', 90)).then(next('b', 100));
  });
  it('PLA-06 the next one published × TendKeys or RotateKeys → -', () => {
    given(first('a', 0), next('b', 100)).when(tend('c', 95)).thenNothing();
    given(first('a', 0), next('b', 100)).when(rotate('c', 95)).thenNothing();
  });
  it('PLA-06 a key in use × RotateKeys → the next one, published before it signs', () => {
    given(first('a', 0)).when(rotate('b', 5)).then(next('b', 15));
  });
  it('PLA-06 run out × TendKeys → forgotten', () => {
    given(first('a', 0), next('b', 100)).when(tend('c', 120)).then(forgotten('run-out', 'a'));
  });
  it('PLA-06 all run out × TendKeys → forgotten, and a key that signs at once', () => {
    given(first('a', 0)).when(tend('b', 300)).then(forgotten('run-out', 'a'), first('b', 300));
  });
  it('PLA-06 anything × RotateKeys (compromised) → all forgotten, and a key that signs at once', () => {
    given(first('a', 0), next('b', 100))
      .when(rotate('c', 95, true))
      .then(forgotten('compromised', 'a', 'b'), first('c', 95));
  });
  it('PLA-32 a key that is there × anything → -', () => {
    given(first('a', 0)).when(rotate('a', 5)).thenNothing();
    given(first('a', 0)).when(tend('a', 95)).thenNothing();
  });

  it('PLA-06 always has a key that signs, and whatever it signed is verifiable for as long as a token lives', () => {
    const tokenLivesMinutes = 15;
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.integer({ min: 1, max: 9 }), order: fc.boolean() }), { maxLength: 150 }),
        (steps) => {
          let state = signingKeysDecider.initial;
          let minutes = 0;
          const signed: { kid: string; at: number }[] = [];
          steps.forEach(({ wait, order }, index) => {
            minutes += wait;
            for (const command of [tend(`t${index}`, minutes), ...(order ? [rotate(`r${index}`, minutes)] : [])]) {
              state = signingKeysDecider
                .decide(state, command)
                .reduce((current, event) => signingKeysDecider.evolve(current, event), state);
            }
            const key = signingKeyAt(keysOf(state), minute(minutes));
            expect(key, `a key at minute ${minutes}`).not.to.equal(undefined);
            if (key !== undefined) signed.push({ kid: key.kid, at: minutes });
            for (const { kid, at } of signed) {
              if (at + tokenLivesMinutes < minutes) continue;
              const known = keysOf(state).find((one) => one.kid === kid);
              expect(
                known !== undefined && known.notAfter > minute(minutes),
                `${kid} of minute ${at} at minute ${minutes}`,
              ).to.equal(true);
            }
          });
        },
      ),
    );
  });

  it('PLA-06 a key is published for a while before it signs, the first one excepted', () => {
    const state = [first('a', 0), next('b', 100)].reduce(
      (current, event) => signingKeysDecider.evolve(current, event),
      signingKeysDecider.initial,
    );
    expect(keysOf(state).map(({ kid }) => kid)).to.deep.equal(['a', 'b']);
    expect(signingKeyAt(keysOf(state), minute(99))?.kid).to.equal('a');
    expect(signingKeyAt(keysOf(state), minute(100))?.kid).to.equal('b');
  });
});
