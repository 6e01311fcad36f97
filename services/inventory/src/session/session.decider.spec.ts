// Every cell of the session's table, and what it says.
import { fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { sessionDecider } from './session.decider.ts';
import { sessionMessages } from './session.messages.ts';
import type { SessionCommand, SessionEvent } from './session.ts';

const given = specify(sessionDecider);
const settings = {
  calendarId: 'cal_1',
  productId: 'prd_1',
  siteId: 'sit_1',
  date: '2026-12-01',
  startsAt: '2026-12-01T09:00:00+08:00',
  endsAt: '2026-12-01T11:00:00+08:00',
  capacity: 100,
};
const open: SessionCommand = { type: 'OpenSession', ...settings };
const opened: SessionEvent = { type: 'SessionOpened', ...settings };
const capacity = (to: number): SessionCommand => ({ type: 'ChangeCapacity', capacity: to, reason: 'works' });
const changed = (to: number): SessionEvent => ({ type: 'SessionCapacityChanged', capacity: to, reason: 'works' });
const set = (status: 'open' | 'closed'): SessionCommand => ({ type: 'SetStatus', status, reason: 'storm' });
const became = (status: 'open' | 'closed'): SessionEvent => ({ type: 'SessionStatusChanged', status, reason: 'storm' });

describe('INV-01 session', () => {
  it('none: OpenSession opens it', () => given().when(open).then(opened));
  it('none: ChangeCapacity is not found', () => void given().when(capacity(1)).thenRefused('platform.not-found'));
  it('none: SetStatus is not found', () => void given().when(set('closed')).thenRefused('platform.not-found'));
  it('open: OpenSession changes nothing, so generating twice makes one', () => given(opened).when(open).thenNothing());
  it('closed: OpenSession does not open it again', () => given(opened, became('closed')).when(open).thenNothing());
  it('open: ChangeCapacity with its reason', () => given(opened).when(capacity(80)).then(changed(80)));
  it('closed: ChangeCapacity as well', () => given(opened, became('closed')).when(capacity(80)).then(changed(80)));
  it('the same capacity is no change', () => given(opened).when(capacity(100)).thenNothing());
  it('open: SetStatus closed', () => given(opened).when(set('closed')).then(became('closed')));
  it('closed: SetStatus open', () => given(opened, became('closed')).when(set('open')).then(became('open')));
  it('the same status is no change', () => {
    given(opened).when(set('open')).thenNothing();
    given(opened, became('closed')).when(set('closed')).thenNothing();
  });
  it('evolve ignores what does not apply', () => {
    expect(fold(sessionDecider, sessionDecider.initial, [changed(1), became('closed')])).to.deep.equal({
      status: 'none',
    });
    expect(fold(sessionDecider, sessionDecider.initial, [opened, changed(80), opened])).to.include({ capacity: 80 });
  });
  it('every change is told with the whole state, the calendar left out', () => {
    const state = fold(sessionDecider, sessionDecider.initial, [opened, changed(80), became('closed')]);
    const { calendarId: _calendarId, ...told } = settings;
    expect(sessionMessages(became('closed'), { id: 'ses_1', state })[0])
      .to.have.property('data')
      .that.deep.equals({ sessionId: 'ses_1', ...told, capacity: 80, status: 'closed' });
    expect(sessionMessages(opened, { id: 'ses_1', state: { status: 'none' } })).to.deep.equal([]);
  });
});
