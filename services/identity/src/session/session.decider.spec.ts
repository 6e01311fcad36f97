import { secretKey } from '@tongpiao/persistence';
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { createRefreshTokens } from './refresh-token.ts';
import { sessionDecider } from './session.decider.ts';
import { sessionMessages } from './session.messages.ts';
import type { SessionCommand, SessionEvent } from './session.ts';

const given = specify(sessionDecider);
const at = '2026-11-21T08:00:00.000Z';
const expiresAt = '2026-11-22T08:00:00.000Z';
const open = { userId: 'usr_1', method: 'password', at, expiresAt } as const;
const opened: SessionEvent = { type: 'SessionOpened', ...open };
const refreshed: SessionEvent = { type: 'SessionRefreshed', generation: 2, at };
const ended: SessionEvent = { type: 'SessionEnded', reason: 'signed-out', at };
const refresh = (generation: number, when = at): SessionCommand => ({ type: 'RefreshSession', generation, at: when });
const end: SessionCommand = { type: 'EndSession', reason: 'signed-out', at };

describe('session', () => {
  it('PLA-06 none × OpenSession → SessionOpened at generation 1', () => {
    given()
      .when({ type: 'OpenSession', ...open })
      .then(opened);
  });
  it('PLA-06 none × RefreshSession → over', () => {
    given().when(refresh(1)).thenRefused('identity.session-over');
  });
  it('PLA-06 none × EndSession → -', () => {
    given().when(end).thenNothing();
  });
  it('PLA-06 open × OpenSession → -', () => {
    given(opened)
      .when({ type: 'OpenSession', ...open })
      .thenNothing();
  });
  it('PLA-06 open × RefreshSession with the current generation → SessionRefreshed', () => {
    given(opened).when(refresh(1)).then(refreshed);
    given(opened, refreshed).when(refresh(2)).then({ type: 'SessionRefreshed', generation: 3, at });
  });
  it('PLA-06 open × RefreshSession with a used generation → SessionEnded', () => {
    given(opened, refreshed).when(refresh(1)).then({ type: 'SessionEnded', reason: 'token-reused', at });
  });
  it('PLA-06 open × RefreshSession with a generation yet to come → over, and the session lives on', () => {
    given(opened).when(refresh(2)).thenRefused('identity.session-over');
  });
  it('PLA-06 open × RefreshSession after its end → over', () => {
    given(opened).when(refresh(1, expiresAt)).thenRefused('identity.session-over');
  });
  it('PLA-06 open × EndSession → SessionEnded', () => {
    given(opened).when(end).then(ended);
  });
  it('PLA-06 ended × OpenSession or EndSession → -; RefreshSession → over', () => {
    given(opened, ended)
      .when({ type: 'OpenSession', ...open })
      .thenNothing();
    given(opened, ended).when(end).thenNothing();
    given(opened, ended).when(refresh(1)).thenRefused('identity.session-over');
  });

  it('PLA-06 tells trust of an ended session until its last access token has expired', () => {
    const [said] = sessionMessages(ended, { id: 'fam_1' });
    expect(said).to.deep.include({ data: { revokedFamily: { id: 'fam_1', until: '2026-11-21T08:16:00.000Z' } } });
    expect(sessionMessages(opened, { id: 'fam_1' })).to.deep.equal([]);
    expect(sessionMessages(refreshed, { id: 'fam_1' })).to.deep.equal([]);
  });

  it('PLA-06 lets each generation through once, in whatever order tokens come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 }), (generations) => {
        let state = sessionDecider.evolve(sessionDecider.initial, opened);
        const passed: number[] = [];
        for (const generation of generations) {
          try {
            const events = sessionDecider.decide(state, refresh(generation));
            if (events[0]?.type === 'SessionRefreshed') passed.push(generation);
            state = events.reduce((current, event) => sessionDecider.evolve(current, event), state);
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
          }
        }
        expect(passed).to.deep.equal(passed.map((_, index) => index + 1));
      }),
    );
  });
});

describe('refresh token', () => {
  const tokens = createRefreshTokens(secretKey(Buffer.alloc(32, 7)));
  const facts = { familyId: 'fam_00abc', tenantId: 'ten_00xyz' as TenantId, generation: 12 };

  it('PLA-06 names its session and generation', () => {
    expect(tokens.read(tokens.issue(facts))).to.deep.equal(facts);
  });
  it('PLA-06 is known by our own seal: changed in any character, or sealed elsewhere, it is none', () => {
    const token = tokens.issue(facts);
    for (let index = 0; index < token.length; index += 1) {
      const other = token.charAt(index) === 'B' ? 'C' : 'B';
      const changed = tokens.read(`${token.slice(0, index)}${other}${token.slice(index + 1)}`);
      // The last character carries two bits that base64url does not use.
      if (index < token.length - 1) expect(changed, `character ${index}`).to.equal(undefined);
    }
    expect(createRefreshTokens(secretKey(Buffer.alloc(32, 8))).read(token)).to.equal(undefined);
    expect(tokens.read('tpr_nothing')).to.equal(undefined);
  });
});
