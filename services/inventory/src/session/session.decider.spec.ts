// Every cell of the session's table, and what it says.
import { fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { cancellationOf, disruptionOf, sessionDecider } from './session.decider.ts';
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
const plan = {
  reason: 'gale',
  decideBy: '2026-11-30T01:00:00.000Z',
  decideWithinHours: 48,
  fingerprint: 'f1',
};
const cancel = (disruptionId = 'dis_1'): SessionCommand => ({ type: 'CancelSession', disruptionId, ...plan });
const cancelled: SessionEvent = { type: 'SessionCancelled', disruptionId: 'dis_1', ...plan };
const reduce = (disruptionId = 'dis_2', places = 20): SessionCommand => ({
  type: 'ReduceSession',
  disruptionId,
  capacity: 60,
  places,
  ...plan,
});
const reduced = (disruptionId = 'dis_2', places = 20): SessionEvent => ({
  type: 'SessionReduced',
  disruptionId,
  capacity: 60,
  places,
  ...plan,
});
const proposing = { capacity: 200, reason: 'festival', by: 'usr_1' };
const propose = (proposalId = 'cpr_1'): SessionCommand => ({ type: 'ProposeCapacity', proposalId, ...proposing });
const proposed = (proposalId = 'cpr_1'): SessionEvent => ({ type: 'CapacityProposed', proposalId, ...proposing });
const approve: SessionCommand = { type: 'ApproveCapacity', proposalId: 'cpr_1', ...proposing, approvedBy: 'usr_2' };
const approved: SessionEvent = { type: 'CapacityApproved', proposalId: 'cpr_1', ...proposing, approvedBy: 'usr_2' };

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
  it('none: ReduceSession is not found', () => void given().when(reduce()).thenRefused('platform.not-found'));
  it('none: CancelSession is not found', () => void given().when(cancel()).thenRefused('platform.not-found'));
  it('open: ReduceSession', () => given(opened).when(reduce()).then(reduced()));
  it('closed: ReduceSession', () => given(opened, became('closed')).when(reduce()).then(reduced()));
  it('the same reduction again is no change, another one is', () => {
    given(opened, reduced()).when(reduce()).thenNothing();
    given(opened, reduced()).when(reduce('dis_3')).then(reduced('dis_3'));
  });
  it('open: CancelSession', () => given(opened).when(cancel()).then(cancelled));
  it('closed: CancelSession', () => given(opened, became('closed')).when(cancel()).then(cancelled));
  it('cancelled: OpenSession does not open it again', () => given(opened, cancelled).when(open).thenNothing());
  it('cancelled: ChangeCapacity is refused', () => {
    given(opened, cancelled).when(capacity(80)).thenRefused('inventory.session-cancelled');
  });
  it('cancelled: SetStatus is refused', () => {
    given(opened, cancelled).when(set('open')).thenRefused('inventory.session-cancelled');
  });
  it('cancelled: ReduceSession changes nothing, all its places go anyway', () => {
    given(opened, cancelled).when(reduce()).thenNothing();
  });
  it('cancelled: CancelSession changes nothing, whoever asks', () => {
    given(opened, cancelled).when(cancel()).thenNothing();
    given(opened, cancelled).when(cancel('dis_9')).thenNothing();
  });
  it('none: ProposeCapacity is not found', () => void given().when(propose()).thenRefused('platform.not-found'));
  it('none: ApproveCapacity is not found', () => void given().when(approve).thenRefused('platform.not-found'));
  it('open: ProposeCapacity', () => given(opened).when(propose()).then(proposed()));
  it('closed: ProposeCapacity', () => given(opened, became('closed')).when(propose()).then(proposed()));
  it('a newer proposal stands in place of the older, the same changes nothing, also when it was approved', () => {
    given(opened, proposed()).when(propose('cpr_2')).then(proposed('cpr_2'));
    given(opened, proposed()).when(propose()).thenNothing();
    given(opened, proposed(), approved).when(propose()).thenNothing();
  });
  it('open: ApproveCapacity, as it was decided on the counters', () => {
    given(opened, proposed()).when(approve).then(approved);
    given(opened, proposed(), proposed('cpr_2')).when(approve).then(approved);
  });
  it('closed: ApproveCapacity', () => given(opened, proposed(), became('closed')).when(approve).then(approved));
  it('approved: again changes nothing', () => given(opened, proposed(), approved).when(approve).thenNothing());
  it('cancelled: ProposeCapacity is refused', () => {
    given(opened, cancelled).when(propose()).thenRefused('inventory.session-cancelled');
  });
  it('cancelled: ApproveCapacity changes nothing', () =>
    given(opened, proposed(), cancelled).when(approve).thenNothing());
  it('any other change of the capacity ends a proposal, and an approval is the new measure', () => {
    const after = (...events: readonly SessionEvent[]): unknown => {
      const state = fold(sessionDecider, sessionDecider.initial, [opened, proposed(), ...events]);
      return state.status === 'none' ? undefined : [state.proposal?.id, state.capacity, state.approvedCapacity];
    };
    expect(after()).to.deep.equal(['cpr_1', 100, undefined]);
    expect(after(became('closed'))).to.deep.equal(['cpr_1', 100, undefined]);
    expect(after(changed(80))).to.deep.equal([undefined, 80, 100]);
    expect(after(changed(80), changed(75))).to.deep.equal([undefined, 75, 100]);
    expect(after(reduced())).to.deep.equal([undefined, 60, 100]);
    expect(after(cancelled)).to.deep.equal([undefined, 100, undefined]);
    expect(after(approved)).to.deep.equal([undefined, 200, 200]);
    expect(after(approved, changed(180))).to.deep.equal([undefined, 180, 200]);
  });
  it('a proposal is told to nobody, an approval as the new state', () => {
    const state = fold(sessionDecider, sessionDecider.initial, [opened, proposed(), approved]);
    expect(sessionMessages(proposed(), { id: 'ses_1', state })).to.deep.equal([]);
    expect(sessionMessages(approved, { id: 'ses_1', state })).to.have.length(1);
  });
  it('INV-20 a reduction that was proposed and approved ends the proposal and is the new measure', () => {
    const approval = { proposalId: 'cpr_1', by: 'usr_1', approvedBy: 'usr_2' };
    const large: SessionEvent = {
      type: 'SessionReduced',
      disruptionId: 'dis_2',
      capacity: 60,
      places: 20,
      ...plan,
      approval,
    };
    const asked: SessionCommand = { ...large, type: 'ReduceSession' };
    given(opened, proposed()).when(asked).then(large);
    given(opened, proposed(), large).when(asked).thenNothing();
    given(opened, proposed(), large).when(approve).thenNothing();
    const state = fold(sessionDecider, sessionDecider.initial, [opened, proposed(), large]);
    if (state.status === 'none') throw new Error('no session');
    expect([state.proposal, state.approvedCapacity, state.approved]).to.deep.equal([
      undefined,
      60,
      { proposalId: 'cpr_1', capacity: 60, by: 'usr_2' },
    ]);
    expect(disruptionOf(state, 'dis_2')).to.not.have.property('approval');
  });
  it('remembers what disrupted it, the latest fifty', () => {
    const events = Array.from({ length: 60 }, (_, index) => reduced(`dis_${index}`));
    const state = fold(sessionDecider, sessionDecider.initial, [opened, ...events, cancelled]);
    if (state.status === 'none') throw new Error('no session');
    expect(state).to.include({ status: 'cancelled', capacity: 60 });
    expect(state.disruptions).to.have.length(50);
    expect(disruptionOf(state, 'dis_59')).to.include({ kind: 'reduction', capacity: 60, places: 20 });
    expect(disruptionOf(state, 'dis_5')).to.equal(undefined);
    expect(cancellationOf(state)).to.include({ id: 'dis_1', kind: 'cancellation', capacity: 60, reason: 'gale' });
  });
  describe('INV-20 a change that takes a reduction back', () => {
    const restored = { restoreId: 'rst_1', places: 5 };
    const back: SessionCommand = { type: 'ChangeCapacity', capacity: 100, reason: 'done', restored };
    const wasBack: SessionEvent = { type: 'SessionCapacityChanged', capacity: 100, reason: 'done', restored };
    const allowed: SessionEvent = { ...approved, restored };
    const told = (event: SessionEvent, ...history: readonly SessionEvent[]): readonly unknown[] => {
      const state = fold(sessionDecider, sessionDecider.initial, [opened, ...history, event]);
      return sessionMessages(event, { id: 'ses_1', state }).flatMap((said) =>
        'definition' in said && said.definition.type === 'inventory.session.restored.v1' ? [said.data] : [],
      );
    };
    it('none: is not found', () => void given().when(back).thenRefused('platform.not-found'));
    it('open and closed: is followed once, also when the capacity is another by then', () => {
      given(opened, reduced()).when(back).then(wasBack);
      given(opened, reduced(), became('closed')).when(back).then(wasBack);
      given(opened, reduced(), wasBack).when(back).thenNothing();
      given(opened, reduced(), wasBack, changed(80)).when(back).thenNothing();
    });
    it('open, the capacity is the same: followed all the same', () => given(opened).when(back).then(wasBack));
    it('cancelled: changes nothing, all its places go anyway', () =>
      given(opened, reduced(), cancelled).when(back).thenNothing());
    it('tells sales how many, of the latest reduction that asked it for people', () => {
      const data = { ...restored, disruptionId: 'dis_2', sessionId: 'ses_1' };
      expect(told(wasBack, reduced(), reduced('dis_3', 0))).to.deep.equal([data]);
      expect(told(allowed, reduced('dis_1'), reduced())).to.deep.equal([data]);
    });
    it('tells nobody where nobody was asked for, or nothing was taken back', () => {
      expect([told(wasBack), told(wasBack, reduced('dis_2', 0)), told(changed(90), reduced())]).to.deep.equal([
        [],
        [],
        [],
      ]);
    });
    it('remembers the latest fifty', () => {
      const events = Array.from({ length: 60 }, (_, index): SessionEvent => {
        return { ...allowed, restored: { ...restored, restoreId: `rst_${index}` } };
      });
      const state = fold(sessionDecider, sessionDecider.initial, [opened, ...events]);
      if (state.status === 'none') throw new Error('no session');
      expect([state.restorations?.length, state.restorations?.[0]]).to.deep.equal([50, 'rst_10']);
    });
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
  describe('what is told of a disruption', () => {
    const told = (event: SessionEvent): readonly (readonly [string, unknown])[] => {
      const state = fold(sessionDecider, sessionDecider.initial, [opened, event]);
      return sessionMessages(event, { id: 'ses_1', state }).flatMap((said) =>
        'definition' in said ? [[said.definition.type, said.data] as const] : [],
      );
    };
    const { calendarId: _calendarId, capacity: _capacity, ...where } = settings;
    const disruption = { ...where, sessionId: 'ses_1', reason: 'gale', decideBy: plan.decideBy };
    it('INV-21 a cancellation: closed for good, and those who hold tickets are to be looked after', () => {
      expect(told(cancelled)).to.deep.equal([
        [
          'inventory.session.changed.v1',
          { sessionId: 'ses_1', ...where, capacity: 100, status: 'closed', cancelled: true },
        ],
        ['inventory.session.cancelled.v1', { ...disruption, disruptionId: 'dis_1' }],
      ]);
    });
    it('INV-20 a reduction: the capacity, and how many places are to be looked after', () => {
      expect(told(reduced())).to.deep.equal([
        ['inventory.session.changed.v1', { sessionId: 'ses_1', ...where, capacity: 60, status: 'open' }],
        ['inventory.session.reduced.v1', { ...disruption, disruptionId: 'dis_2', places: 20 }],
      ]);
    });
    it('INV-20 a reduction that held places are enough for disturbs nobody', () => {
      expect(told(reduced('dis_2', 0)).map(([type]) => type)).to.deep.equal(['inventory.session.changed.v1']);
    });
  });
});
