import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { challengeDecider, CODE_TRIES } from './challenge.decider.ts';
import { challengeMessages } from './challenge.messages.ts';
import type { ChallengeCommand, ChallengeEvent } from './challenge.ts';
import { CODE_LIMITS, secondsUntilNextCode } from './code-limits.policy.ts';

const given = specify(challengeDecider);
const start = Date.parse('2026-11-21T08:00:00.000Z');
const after = (seconds: number): string => new Date(start + seconds * 1_000).toISOString();
const value = { sealed: 'p1.x', masked: '138****8000' };
const told = { channel: 'sms', to: value, code: value, hash: 'h', language: 'zh-CN' } as const;
const send = (seconds: number, limited = true): ChallengeCommand => ({
  type: 'SendCode',
  ...told,
  at: after(seconds),
  limited,
});
const sent = (seconds: number): ChallengeEvent => ({
  type: 'CodeSent',
  ...told,
  at: after(seconds),
  expiresAt: after(seconds + 300),
});
const attempt = (seconds: number, hash = 'h'): ChallengeCommand => ({ type: 'TryCode', hash, at: after(seconds) });
const missed: ChallengeEvent = { type: 'CodeMissed', at: after(1) };
const accepted: ChallengeEvent = { type: 'CodeAccepted', at: after(1) };

describe('sign-in code', () => {
  it('PLA-05 none × SendCode → CodeSent, good for five minutes', () => {
    given().when(send(0)).then(sent(0));
  });
  it('PLA-05 none × TryCode → refused', () => {
    given().when(attempt(0)).thenRefused('identity.sign-in-refused');
  });
  it('NOT-06 known × SendCode within a minute → too many, with the seconds to wait; after it → CodeSent', () => {
    const refusal = given(sent(0)).when(send(20)).thenRefused('identity.too-many-codes');
    expect(refusal.data).to.deep.equal({ retryAfterSeconds: 40 });
    given(sent(0)).when(send(60)).then(sent(60));
  });
  it('NOT-06 known × SendCode without limits → CodeSent', () => {
    given(sent(0)).when(send(1, false)).then(sent(1));
  });
  it('PLA-05 pending × SendCode → the new code replaces the old one', () => {
    const next: ChallengeEvent = { ...sent(60), hash: 'other' } as ChallengeEvent;
    given(sent(0), next)
      .when(attempt(61))
      .then({ type: 'CodeMissed', at: after(61) });
    given(sent(0), next)
      .when(attempt(61, 'other'))
      .then({ type: 'CodeAccepted', at: after(61) });
  });
  it('PLA-05 pending × TryCode → CodeAccepted or CodeMissed', () => {
    given(sent(0)).when(attempt(1)).then(accepted);
    given(sent(0)).when(attempt(1, 'wrong')).then(missed);
  });
  it('PLA-05 expired × TryCode → refused', () => {
    given(sent(0)).when(attempt(300)).thenRefused('identity.sign-in-refused');
  });
  it('PLA-05 tried out × TryCode → refused, even with the right code', () => {
    const misses = Array.from({ length: CODE_TRIES }, () => missed);
    given(sent(0), ...misses.slice(1))
      .when(attempt(1))
      .then(accepted);
    given(sent(0), ...misses)
      .when(attempt(1))
      .thenRefused('identity.sign-in-refused');
  });
  it('PLA-05 used up × TryCode → refused', () => {
    given(sent(0), accepted).when(attempt(2)).thenRefused('identity.sign-in-refused');
  });
  it('NOT-06 a used code counts against the limits all the same', () => {
    given(sent(0), accepted).when(send(30)).thenRefused('identity.too-many-codes');
  });
  it('PLA-10 tells notification and nobody else', () => {
    expect(challengeMessages(sent(0))).to.have.length(1);
    expect([...challengeMessages(accepted), ...challengeMessages(missed)]).to.deep.equal([]);
  });
});

describe('limits of codes', () => {
  it('NOT-06 five an hour and ten a day', () => {
    const fiveInAnHour = [0, 600, 1_200, 1_800, 2_400].map(after);
    expect(secondsUntilNextCode(fiveInAnHour, after(3_000))).to.equal(600);
    expect(secondsUntilNextCode(fiveInAnHour, after(3_600))).to.equal(0);
    const tenInADay = Array.from({ length: 10 }, (_, index) => after(index * 7_200));
    expect(secondsUntilNextCode(tenInADay, after(80_000))).to.equal(6_400);
    expect(secondsUntilNextCode(tenInADay, after(86_400))).to.equal(0);
    expect(secondsUntilNextCode([], after(0))).to.equal(0);
  });

  it('NOT-06 never lets more through in any window, however requests come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 120 }), (gaps) => {
        const times: number[] = [];
        let state = challengeDecider.initial;
        let seconds = 0;
        for (const gap of gaps) {
          seconds += gap;
          const wait = state.status === 'known' ? secondsUntilNextCode(state.sentAt, after(seconds)) : 0;
          if (wait > 0) continue;
          state = challengeDecider.evolve(state, sent(seconds));
          times.push(seconds * 1_000);
        }
        for (const { windowMs, codes } of CODE_LIMITS) {
          times.forEach((time, index) => {
            const earlier = times[index - codes];
            if (earlier !== undefined) expect(time - earlier).to.be.at.least(windowMs);
          });
        }
      }),
    );
  });
});
