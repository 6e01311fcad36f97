import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { keyRingDecider } from './key-ring.decider.ts';
import type { KeyRingCommand, KeyRingEvent } from './key-ring.ts';

const given = specify(keyRingDecider);
const at = '2026-11-21T08:00:00.000Z';
const ring = { kind: 'gate', subject: 'gat_1' } as const;
const key = (id: string) => ({ id, hash: `hash of ${id}`, label: 'gate 1' });
const issue = (id: string): KeyRingCommand => ({ type: 'IssueKey', ...ring, key: key(id), at });
const issued = (id: string): KeyRingEvent => ({ type: 'KeyIssued', ...ring, key: key(id), at });
const revoke = (keyId: string): KeyRingCommand => ({ type: 'RevokeKey', keyId, reason: 'lost', at });
const revoked = (keyId: string): KeyRingEvent => ({ type: 'KeyRevoked', keyId, reason: 'lost', at });

describe('API keys of a machine', () => {
  it('PLA-05 none × IssueKey → KeyIssued', () => {
    given().when(issue('a')).then(issued('a'));
  });
  it('PLA-05 none × RevokeKey → not found', () => {
    given().when(revoke('a')).thenRefused('platform.not-found');
  });
  it('PLA-05 one active × IssueKey → KeyIssued: two are valid at a time', () => {
    given(issued('a')).when(issue('b')).then(issued('b'));
  });
  it('PLA-05 two active × IssueKey → refused', () => {
    given(issued('a'), issued('b')).when(issue('c')).thenRefused('identity.two-keys-already');
  });
  it('PLA-05 one revoked of two × IssueKey → KeyIssued', () => {
    given(issued('a'), issued('b'), revoked('a')).when(issue('c')).then(issued('c'));
  });
  it('PLA-32 a key that is there × IssueKey → -, even with two active', () => {
    given(issued('a'), issued('b')).when(issue('b')).thenNothing();
  });
  it('PLA-05 active × RevokeKey → KeyRevoked; revoked → -; unknown → not found', () => {
    given(issued('a')).when(revoke('a')).then(revoked('a'));
    given(issued('a'), revoked('a')).when(revoke('a')).thenNothing();
    given(issued('a')).when(revoke('z')).thenRefused('platform.not-found');
  });
  it('PLA-05 keeps the list of revoked keys short and loses no active one', () => {
    const events = Array.from({ length: 60 }, (_, index) => [issued(`k${index}`), revoked(`k${index}`)]).flat();
    given(...events, issued('x'))
      .when(issue('y'))
      .thenState((state) => {
        if (state.status === 'none') throw new Error('no ring');
        expect(state.keys.length).to.be.at.most(22);
        expect(state.keys.filter(({ status }) => status === 'active').map(({ id }) => id)).to.deep.equal(['x', 'y']);
      });
  });
});
