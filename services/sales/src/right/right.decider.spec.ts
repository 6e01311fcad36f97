// Every cell of the right's table, and what holds for any sequence of scans.
import { DomainError, fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { rightDecider } from './right.decider.ts';
import { rightFacts, scanAt, soldRight } from './right.fixture.ts';
import { rightMessages } from './right.messages.ts';
import type { RightCommand, RightEvent, RightState, Use } from './right.ts';

const given = specify(rightDecider);
const facts = rightFacts();
const issued: RightEvent = { type: 'TicketIssued', facts };
const useOf = (at: string): Use => ({ at, gateId: 'gat_1', people: 1 });
const checkedIn = (at = scanAt().at): RightEvent => ({ type: 'TicketCheckedIn', use: useOf(at) });
const issue: RightCommand = { type: 'IssueTicket', facts };
const checkIn: RightCommand = { type: 'CheckIn', scan: scanAt() };
const reveal: RightCommand = { type: 'RecordReveal', purpose: 'lost property', request: 'req_1' };
const revealed: RightEvent = { type: 'TravellerRevealed', purpose: 'lost property', request: 'req_1' };

describe('right', () => {
  describe('SAL-31 the table, every cell', () => {
    it('IssueTicket when there is none: issued, first revision, unused', () => {
      given().when(issue).then(issued);
      given()
        .when(issue)
        .thenState((state) => expect(state).to.deep.include({ status: 'issued', revision: 1, uses: [] }));
    });
    for (const [name, history] of [
      ['issued', [issued]],
      ['used', [issued, checkedIn()]],
    ] as const) {
      it(`SAL-30 IssueTicket when ${name}: nothing, so a crash makes no second ticket`, () => {
        given(...history)
          .when(issue)
          .thenNothing();
      });
    }
    it('CheckIn when there is none: refused as unknown', () => {
      expect(given().when(checkIn).thenRefused('sales.ticket-refused').data).to.include({ reason: 'unknown' });
    });
    it('CheckIn when issued: the use is recorded with gate and time', () => {
      given(issued).when(checkIn).then(checkedIn());
    });
    it('PLA-32 CheckIn of a request that has made a use: nothing, however long ago', () => {
      const asked: RightCommand = { type: 'CheckIn', scan: scanAt(), request: 'req_1' };
      const made: RightEvent = { type: 'TicketCheckedIn', use: { ...useOf(scanAt().at), request: 'req_1' } };
      given(issued).when(asked).then(made);
      given(issued, made).when(asked).thenNothing();
      given({ type: 'TicketIssued', facts: rightFacts({ entries: 2 }) }, made)
        .when(asked)
        .thenNothing();
    });
    it('CheckIn when issued and the policy refuses: its reason', () => {
      const early: RightCommand = { type: 'CheckIn', scan: scanAt({ siteId: 'sit_9' }) };
      expect(given(issued).when(early).thenRefused('sales.ticket-refused').data).to.include({ reason: 'wrong-site' });
    });
    it('SAL-40 CheckIn when used: refused with where and when', () => {
      expect(given(issued, checkedIn()).when(checkIn).thenRefused('sales.ticket-refused').data).to.deep.include({
        reason: 'already-used',
        lastUse: { at: scanAt().at, gateId: 'gat_1', people: 1 },
      });
    });
    for (const status of ['refunded', 'exchanged', 'voided', 'superseded', 'frozen', 'expired'] as const) {
      it(`CheckIn when ${status}: refused with that reason`, () => {
        const state: RightState = soldRight({ status });
        expect(() => rightDecider.decide(state, checkIn))
          .to.throw(DomainError)
          .with.nested.property('data.reason', status);
      });
    }
    it('PLA-11 RecordReveal is on record each time, and changes no ticket', () => {
      given(issued).when(reveal).then(revealed);
      given(issued, checkedIn(), revealed).when(reveal).then(revealed);
      given(issued)
        .when(reveal)
        .thenState((state) => expect(state.status).to.equal('issued'));
    });
    it('RecordReveal when there is none: not found', () => {
      given().when(reveal).thenRefused('platform.not-found');
    });
  });

  describe('SAL-42 several entries', () => {
    const three: RightEvent = { type: 'TicketIssued', facts: rightFacts({ entries: 3 }) };
    it('is checked in until the last entry uses it up', () => {
      const statuses = [1, 2, 3].map(
        (count) =>
          fold(rightDecider, rightDecider.initial, [three, ...Array.from({ length: count }, () => checkedIn())]).status,
      );
      expect(statuses).to.deep.equal(['checked_in', 'checked_in', 'used']);
    });
    it('FIN-12 tells that the price is earned with the last entry only', () => {
      const told = [1, 2, 3].map((count) => {
        const events = [three, ...Array.from({ length: count }, () => checkedIn())];
        const state = fold(rightDecider, rightDecider.initial, events);
        return rightMessages(checkedIn(), { id: 'rgt_1', state }).map((said) =>
          'definition' in said ? said.definition.type : '',
        );
      });
      const scanned = 'sales.ticket.scanned.v1';
      expect(told).to.deep.equal([[scanned], [scanned], ['sales.ticket.used.v1']]);
    });
  });

  it('FIN-12 a used ticket tells its price, place and time; issuing and looks tell nothing', () => {
    const state = fold(rightDecider, rightDecider.initial, [issued, checkedIn()]);
    const [message] = rightMessages(checkedIn(), { id: 'rgt_1', state });
    expect(message).to.have.property('data').that.deep.equals({
      rightId: 'rgt_1',
      ticketNumber: 'N1',
      orderId: 'ord_1',
      productId: 'prd_1',
      amount: 12_000,
      usedAt: scanAt().at,
      gateId: 'gat_1',
    });
    expect(rightMessages(issued, { id: 'rgt_1', state })).to.deep.equal([]);
    expect(rightMessages(revealed, { id: 'rgt_1', state })).to.deep.equal([]);
    expect(rightMessages(checkedIn(), { id: 'rgt_1', state: { status: 'none' } })).to.deep.equal([]);
  });

  it('SAL-31 never admits more often than it has entries, whatever is scanned', () => {
    const scan = fc.record({
      minutes: fc.integer({ min: -120, max: 240 }),
      siteId: fc.constantFrom('sit_1', 'sit_1', 'sit_2'),
      revision: fc.constantFrom(1, 1, 2, undefined),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(scan, { maxLength: 30 }), (entries, scans) => {
        let state: RightState = fold(rightDecider, rightDecider.initial, [
          { type: 'TicketIssued', facts: rightFacts({ entries }) },
        ]);
        let admitted = 0;
        for (const { minutes, siteId, revision } of scans) {
          const at = new Date(Date.parse('2026-12-02T01:00:00Z') + minutes * 60_000).toISOString();
          try {
            const events = rightDecider.decide(state, { type: 'CheckIn', scan: scanAt({ at, siteId, revision }) });
            admitted += events.length;
            state = fold(rightDecider, state, events);
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
          }
        }
        expect(admitted).to.be.at.most(entries);
        expect(state).to.have.property(
          'status',
          admitted === 0 ? 'issued' : admitted < entries ? 'checked_in' : 'used',
        );
      }),
    );
  });
});
