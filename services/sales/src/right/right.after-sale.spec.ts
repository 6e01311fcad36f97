// What becomes of a ticket after the sale: every cell of refund, exchange, expiry, offer, print and of scans that are handed in later.
import { DomainError, fen, fold } from '@tongpiao/kernel';
import type { TicketStatus } from '@tongpiao/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { rightDecider } from './right.decider.ts';
import { rightFacts, scanAt, soldRight } from './right.fixture.ts';
import { rightMessages } from './right.messages.ts';
import type { Offer, Place, RightCommand, RightEvent, RightState, SoldRight, TicketRefund } from './right.ts';

const BEFORE = '2026-11-30T00:00:00.000Z';
const AFTER = '2026-12-02T04:00:00.000Z';
const use = { at: scanAt().at, gateId: 'gat_1', people: 1 };
const refundOf = (change: Partial<TicketRefund> = {}): TicketRefund => ({
  refundId: 'rfd_1',
  fee: fen(1_200),
  returned: fen(10_800),
  reason: 'customer',
  at: BEFORE,
  ...change,
});
const refund = (change: Partial<TicketRefund> = {}): RightCommand => ({
  type: 'RefundTicket',
  refund: refundOf(change),
});
const place = (change: Partial<Place> = {}): Place => {
  const { orderId: _order, lineId: _line, soldAt: _sold, ...facts } = rightFacts();
  return {
    ...facts,
    number: 'N2',
    qr: 'TP1.K1.P2.S',
    sessionId: 'ses_2',
    amount: fen(15_000),
    holdId: 'hld_2',
    ...change,
  };
};
const exchange = (change: Partial<Extract<RightCommand, { type: 'ExchangeTicket' }>> = {}): RightCommand => ({
  type: 'ExchangeTicket',
  exchangeId: 'exc_1',
  revision: 1,
  place: place(),
  fee: fen(500),
  paid: fen(3_500),
  returned: fen(0),
  at: BEFORE,
  ...change,
});
const expire = (at = AFTER): RightCommand => ({ type: 'ExpireTicket', at });
const offer = {
  type: 'OfferChoice',
  offer: { disruptionId: 'dis_1', kind: 'cancelled', decideBy: BEFORE },
} as const satisfies RightCommand;
const cancelled: Offer = { disruptionId: 'dis_1', kind: 'cancelled', decideBy: BEFORE, cancelledAt: BEFORE };
const print = (serial = 'A001', by = 'usr_1'): RightCommand => ({ type: 'PrintTicket', serial, by, at: BEFORE });
const handIn = (decided: 'admitted' | 'refused' = 'admitted', scanId = 'scn_1', at = scanAt().at) => ({
  type: 'HandInScan' as const,
  scanId,
  scan: scanAt({ at }),
  decided,
});

const states: Readonly<Record<TicketStatus, SoldRight>> = {
  issued: soldRight(),
  checked_in: soldRight({ status: 'checked_in', entries: 2, uses: [use] }),
  used: soldRight({ status: 'used', uses: [use] }),
  refunded: soldRight({ status: 'refunded', refund: refundOf() }),
  exchanged: soldRight({ status: 'exchanged' }),
  voided: soldRight({ status: 'voided' }),
  superseded: soldRight({ status: 'superseded' }),
  frozen: soldRight({ status: 'frozen' }),
  expired: soldRight({ status: 'expired' }),
};
/** Nothing was had of a session that was cancelled afterwards. */
const inVain = {
  used: soldRight({ status: 'used', uses: [{ ...use, at: '2026-12-02T08:40:00+08:00' }] }),
  expired: soldRight({ status: 'expired' }),
};
const all = Object.keys(states) as TicketStatus[];
const none: RightState = { status: 'none' };

/** The event's type, `-` for nothing, or the code of the refusal. */
function cell(state: RightState, command: RightCommand): string {
  try {
    return (
      rightDecider
        .decide(state, command)
        .map(({ type }) => type)
        .join('+') || '-'
    );
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
function row(command: RightCommand): Record<string, string> {
  return {
    none: cell(none, command),
    ...Object.fromEntries(all.map((status) => [status, cell(states[status], command)])),
  };
}
const LIVING_NOT = 'sales.ticket-not-living';

describe('right after the sale', () => {
  describe('SAL-31 the table, every cell', () => {
    it('SAL-50 RefundTicket by the rules', () => {
      expect(row(refund())).to.deep.equal({
        none: 'platform.not-found',
        issued: 'TicketRefunded',
        checked_in: 'sales.ticket-used',
        used: 'sales.ticket-used',
        refunded: '-',
        exchanged: LIVING_NOT,
        voided: LIVING_NOT,
        superseded: LIVING_NOT,
        frozen: LIVING_NOT,
        expired: LIVING_NOT,
      });
      expect(cell(states.refunded, refund({ refundId: 'rfd_2' }))).to.equal(LIVING_NOT);
    });
    it('SAL-52 beyond the rules: also after the first entry', () => {
      for (const reason of ['session-cancelled', 'session-reduced'] as const) {
        expect(cell(states.checked_in, refund({ reason })), reason).to.equal('TicketRefunded');
        expect(cell(states.used, refund({ reason })), reason).to.equal('sales.ticket-used');
        expect(cell(states.expired, refund({ reason })), reason).to.equal(LIVING_NOT);
      }
    });
    it('SAL-51 an exception: also after the first entry and after expiry; what is in the way is on record', () => {
      const notLiving = { type: 'RefundRefused', refundId: 'rfd_1', reason: LIVING_NOT };
      const exception = refund({ reason: 'exception' });
      expect(cell(none, exception)).to.equal('platform.not-found');
      for (const status of ['issued', 'checked_in', 'expired'] as const)
        expect(cell(states[status], exception), status).to.equal('TicketRefunded');
      expect(cell(states.refunded, exception), 'the same').to.equal('-');
      expect(rightDecider.decide(states.used, exception)).to.deep.equal([
        { ...notLiving, reason: 'sales.ticket-used' },
      ]);
      for (const status of ['exchanged', 'voided', 'superseded', 'frozen'] as const)
        expect(rightDecider.decide(states[status], exception), status).to.deep.equal([notLiving]);
      expect(rightDecider.decide(states.refunded, refund({ reason: 'exception', refundId: 'rfd_2' }))).to.deep.equal([
        { ...notLiving, refundId: 'rfd_2' },
      ]);
      const known: RightCommand = { type: 'RefundTicket', refund: refundOf({ reason: 'exception' }), used: true };
      expect(cell(states.used, known), 'used when it was asked for').to.equal('TicketRefunded');
      const wrong = refund({ reason: 'exception', returned: fen(10_801) });
      expect(rightDecider.decide(states.issued, wrong)).to.deep.equal([
        { ...notLiving, reason: 'sales.refund-not-the-price' },
      ]);
    });
    it('SAL-51 an exception is for the ticket that it was approved for', () => {
      const approvedFor = (revision: number): RightCommand => ({
        type: 'RefundTicket',
        refund: refundOf({ reason: 'exception' }),
        revision,
      });
      expect(cell(states.issued, approvedFor(1))).to.equal('TicketRefunded');
      expect(rightDecider.decide({ ...states.issued, revision: 2 }, approvedFor(1))).to.deep.equal([
        { type: 'RefundRefused', refundId: 'rfd_1', reason: 'sales.ticket-changed' },
      ]);
    });
    it('SAL-51 an exception that was refused stays so, whatever the ticket can do by then; another one is another', () => {
      const exception = refund({ reason: 'exception' });
      const refused = fold(rightDecider, states.frozen, rightDecider.decide(states.frozen, exception));
      for (const status of all) expect(cell({ ...(refused as SoldRight), status }, exception), status).to.equal('-');
      const thawed = { ...(refused as SoldRight), status: 'issued' } as const;
      expect(cell(thawed, refund({ reason: 'exception', refundId: 'rfd_2' }))).to.equal('TicketRefunded');
      expect(thawed.refusedRefunds).to.deep.equal([{ refundId: 'rfd_1', reason: LIVING_NOT }]);
    });
    it('SAL-52 of a cancelled session also when used up before its start, or expired while the news was on its way', () => {
      const all = { fee: fen(0), returned: fen(12_000) };
      for (const state of [inVain.used, inVain.expired])
        for (const told of [true, false]) {
          const offered = told ? { ...state, offer: cancelled } : state;
          const by = (reason: TicketRefund['reason'], money = all): RightCommand => ({
            ...{ type: 'RefundTicket' as const, refund: refundOf({ reason, ...money }) },
            ...(told ? {} : { cancellation: cancelled }),
          });
          const about = `${state.status}, ${told ? 'told' : 'not told yet'}`;
          const given = { ...all, reason: 'session-cancelled' };
          for (const command of [by('session-cancelled'), by('exception', { fee: fen(1), returned: fen(11_999) })]) {
            const [event] = rightDecider.decide(offered, command);
            expect(event, about).to.include({ type: 'TicketRefunded', earned: true });
            expect(event, about).to.have.property('refund').that.includes(given);
          }
          const part = { fee: fen(1), returned: fen(11_999) };
          expect(cell(offered, by('session-cancelled', part)), `${about}: a part`).to.equal('sales.stale-refund-quote');
          const not = state.status === 'used' ? 'sales.ticket-used' : LIVING_NOT;
          for (const reason of ['customer', 'session-reduced'] as const)
            expect(cell(offered, by(reason)), `${about}: ${reason}`).to.equal(not);
        }
      const had = soldRight({ ...states.used, offer: cancelled });
      expect(cell(had, refund({ reason: 'session-cancelled', ...all })), 'let in after the start').to.equal(
        'sales.ticket-used',
      );
      const long = soldRight({ ...states.expired, offer: { ...cancelled, cancelledAt: AFTER } });
      expect(cell(long, refund({ reason: 'session-cancelled', ...all })), 'expired before').to.equal(LIVING_NOT);
    });
    it('SAL-52 a fee that was quoted before its session was disrupted is not taken, told or not; without one nothing is lost', () => {
      for (const kind of ['cancelled', 'reduced'] as const)
        for (const reason of ['customer', `session-${kind}`] as const) {
          const offered = soldRight({ offer: { ...offer.offer, kind } });
          expect(cell(offered, refund({ reason })), reason).to.equal('sales.stale-refund-quote');
          expect(cell(offered, refund({ reason, fee: fen(0), returned: fen(12_000) })), reason).to.equal(
            'TicketRefunded',
          );
        }
      const untold: RightCommand = { type: 'RefundTicket', refund: refundOf(), cancellation: cancelled };
      expect(cell(states.issued, untold), 'not told yet').to.equal('sales.stale-refund-quote');
    });
    describe('SAL-51, SAL-52 an exception of a session that was cancelled or reduced since it was asked for', () => {
      const asked = { reason: 'exception', fee: fen(9_000), returned: fen(3_000) } as const;
      const given = (
        state: SoldRight,
        more: Partial<Extract<RightCommand, { type: 'RefundTicket' }>> = {},
      ): unknown => {
        const [event] = rightDecider.decide(state, { type: 'RefundTicket', refund: refundOf(asked), ...more });
        if (event?.type === 'RefundRefused') return event.reason;
        if (event?.type !== 'TicketRefunded') throw new Error('nothing has become of it');
        const { refundId, reason, fee, returned } = event.refund;
        return [refundId, reason, fee, returned];
      };
      const inside = { status: 'checked_in', entries: 2, uses: [use] } as const;

      it('gives all that is owed, told or not, whatever part was asked for', () => {
        const whole = ['rfd_1', 'session-cancelled', 0, 12_000];
        expect(given(soldRight({ offer: cancelled }))).to.deep.equal(whole);
        expect(given(soldRight(), { cancellation: cancelled }), 'not told yet').to.deep.equal(whole);
        const reduced = { ...cancelled, kind: 'reduced' } as const;
        expect(given(soldRight({ offer: reduced }))).to.deep.equal(['rfd_1', 'session-reduced', 0, 12_000]);
        expect(given(soldRight({ offer: reduced }), { cancellation: cancelled })).to.deep.equal(whole);
        expect(given({ ...inVain.used, offer: cancelled }), 'let in after asking').to.deep.equal(whole);
        expect(given(soldRight({ ...inside, offer: cancelled }))).to.deep.equal([
          ...['rfd_1', 'session-cancelled', 6_000, 6_000],
        ]);
      });
      it('gives what was asked for where no more is owed', () => {
        const asAsked = ['rfd_1', 'exception', 9_000, 3_000];
        const thrice = { ...inside, entries: 8, uses: Array.from({ length: 6 }, () => use) };
        expect(given(soldRight({ ...thrice, offer: cancelled })), 'as much').to.deep.equal(asAsked);
        expect(given(soldRight({ ...inside, offer: { ...cancelled, kind: 'reduced' } })), 'has come').to.deep.equal(
          asAsked,
        );
        const had = { ...states.used, offer: cancelled };
        expect([given(had), given(had, { used: true })]).to.deep.equal(['sales.ticket-used', asAsked]);
      });
      it('nothing where another ticket lives, or this one is frozen', () => {
        expect(given(soldRight({ revision: 2, offer: cancelled }), { revision: 1 })).to.equal('sales.ticket-changed');
        expect(given({ ...states.frozen, offer: cancelled })).to.equal(LIVING_NOT);
      });
    });
    it('SAL-50 fee and returned money are the price, or nothing happens', () => {
      expect(cell(states.issued, refund({ returned: fen(10_801) }))).to.equal('sales.refund-not-the-price');
    });
    it('SAL-53 ExchangeTicket: done, or refused on record with what is in the way', () => {
      expect(cell(none, exchange())).to.equal('platform.not-found');
      expect(cell(states.issued, exchange())).to.equal('TicketExchanged');
      for (const status of all.filter((one) => one !== 'issued')) {
        const reason = status === 'checked_in' || status === 'used' ? 'sales.ticket-used' : LIVING_NOT;
        expect(rightDecider.decide(states[status], exchange()), status).to.deep.equal([
          { type: 'ExchangeRefused', exchangeId: 'exc_1', reason },
        ]);
      }
    });
    it('SAL-53 an exchange that was refused stays so, whatever the ticket can do by then; another one is another', () => {
      const refused = fold(rightDecider, states.frozen, rightDecider.decide(states.frozen, exchange()));
      for (const status of all) expect(cell({ ...(refused as SoldRight), status }, exchange()), status).to.equal('-');
      const thawed = { ...(refused as SoldRight), status: 'issued' } as const;
      expect(cell(thawed, exchange({ exchangeId: 'exc_2' }))).to.equal('TicketExchanged');
      expect(thawed.refusedExchanges).to.deep.equal([{ exchangeId: 'exc_1', reason: LIVING_NOT }]);
    });
    it('SAL-51 SAL-53 whoever carries it out reads the refusal; nobody else is told', () => {
      for (const type of ['ExchangeRefused', 'RefundRefused'] as const) {
        const event = { type, exchangeId: 'exc_1', refundId: 'rfd_1', reason: LIVING_NOT };
        expect(rightMessages(event, { id: 'rgt_1', state: states.frozen }), type).to.deep.equal([]);
      }
    });
    it('SAL-53 the same exchange again: nothing, whatever has become of the new ticket; another for the old ticket: changed', () => {
      const once = fold(rightDecider, states.issued, rightDecider.decide(states.issued, exchange()));
      expect(cell(once, exchange())).to.equal('-');
      expect(cell({ ...(once as SoldRight), status: 'used' }, exchange())).to.equal('-');
      expect(rightDecider.decide(once, exchange({ exchangeId: 'exc_2' }))).to.deep.equal([
        { type: 'ExchangeRefused', exchangeId: 'exc_2', reason: 'sales.ticket-changed' },
      ]);
    });
    it('SAL-52 agreed before its session was disrupted: the fee is not taken, and what was paid too much comes back', () => {
      const offered = fold(rightDecider, states.issued, [{ type: 'ChoiceOffered', offer: offer.offer }]);
      const events = rightDecider.decide(offered, exchange());
      expect(events[0]).to.include({ fee: 0, paid: 3_500, returned: 500 });
      expect(events[0]).to.have.property('before').that.includes({ disruptionId: 'dis_1', waived: 500 });
      const cheaper = exchange({ place: place({ amount: fen(9_000) }), paid: fen(0), returned: fen(2_500) });
      expect(rightDecider.decide(offered, cheaper)[0]).to.include({ fee: 0, paid: 0, returned: 3_000 });
      const [free] = rightDecider.decide(offered, exchange({ fee: fen(0), paid: fen(3_000) }));
      expect(free).to.have.property('before').that.does.not.have.property('waived');
      expect(rightDecider.decide(states.issued, exchange())[0]).to.include({ fee: 500, paid: 3_500, returned: 0 });
    });
    it('SAL-52 replaced before it was told of the cancellation that is known: the same', () => {
      const [event] = rightDecider.decide(states.issued, exchange({ cancellation: 'dis_1' }));
      expect(event).to.include({ fee: 0, paid: 3_500, returned: 500 });
      expect(event).to.have.property('before').that.includes({ disruptionId: 'dis_1', waived: 500 });
    });
    it('SAL-50 brought to another product, it goes by that product’s rules of that day, and keeps them there', () => {
      const ruled = (from: RightState, change: Partial<Place>, at = BEFORE, id = 'exc_1'): SoldRight => {
        const revision = from.status === 'none' ? 0 : from.revision;
        const command = exchange({ exchangeId: id, revision, place: place(change), at });
        return fold(rightDecider, from, rightDecider.decide(from, command)) as SoldRight;
      };
      expect(ruled(states.issued, {})).to.not.have.property('ruledFrom');
      const other = ruled(states.issued, { productId: 'prd_2' });
      expect(other).to.include({ productId: 'prd_2', ruledFrom: BEFORE, soldAt: states.issued.soldAt });
      const later = '2026-11-30T01:00:00.000Z';
      expect(ruled(other, { productId: 'prd_2', number: 'N3' }, later, 'exc_2').ruledFrom).to.equal(BEFORE);
      expect(ruled(other, { productId: 'prd_1', number: 'N3' }, later, 'exc_2').ruledFrom).to.equal(later);
    });
    it('FIN-12 ExpireTicket: living tickets past their time, nothing else', () => {
      expect(row(expire())).to.deep.equal({
        none: '-',
        issued: 'TicketExpired',
        checked_in: 'TicketExpired',
        used: '-',
        refunded: '-',
        exchanged: '-',
        voided: '-',
        superseded: '-',
        frozen: '-',
        expired: '-',
      });
      expect(cell(states.issued, expire(scanAt().at))).to.equal('-');
    });
    it('SAL-52 OfferChoice: once to whoever can still come', () => {
      expect(row(offer)).to.deep.equal({
        none: '-',
        issued: 'ChoiceOffered',
        checked_in: 'ChoiceOffered',
        used: '-',
        refunded: '-',
        exchanged: '-',
        voided: '-',
        superseded: '-',
        frozen: 'ChoiceOffered',
        expired: '-',
      });
      const offered = fold(rightDecider, states.issued, rightDecider.decide(states.issued, offer));
      expect(cell(offered, offer)).to.equal('-');
    });
    it('SAL-52 OfferChoice of a cancelled session: also to whoever was let in before its start, or expired since the decision', () => {
      const choice = (change: Partial<Offer> = {}): RightCommand => ({
        type: 'OfferChoice',
        offer: { ...cancelled, ...change },
      });
      for (const state of [inVain.used, inVain.expired]) {
        expect(cell(state, choice()), state.status).to.equal('ChoiceOffered');
        expect(cell(state, choice({ kind: 'reduced' })), state.status).to.equal('-');
        const offered = fold(rightDecider, state, rightDecider.decide(state, choice()));
        expect(offered.status, 'nothing else has become of it').to.equal(state.status);
        expect([cell(offered, choice()), cell(offered, expire())]).to.deep.equal(['-', '-']);
        expect(rightDecider.decide(offered, exchange())[0]).to.include({
          type: 'ExchangeRefused',
          reason: state.status === 'used' ? 'sales.ticket-used' : LIVING_NOT,
        });
      }
      expect(cell(states.used, choice()), 'let in after the start').to.equal('-');
      const { validUntil } = inVain.expired;
      expect(cell(inVain.expired, choice({ cancelledAt: validUntil })), 'expired before').to.equal('-');
      expect(cell(inVain.expired, choice({ cancelledAt: undefined })), 'decided nobody knows when').to.equal('-');
    });
    it('SAL-52 who has a choice already has no part in fewer places still, but in a cancellation', () => {
      const offered = (kind: 'cancelled' | 'reduced', disruptionId: string): RightCommand => ({
        type: 'OfferChoice',
        offer: { disruptionId, kind, decideBy: BEFORE },
      });
      const reduced = fold(
        rightDecider,
        states.issued,
        rightDecider.decide(states.issued, offered('reduced', 'dis_1')),
      );
      expect(cell(reduced, offered('reduced', 'dis_2'))).to.equal('-');
      const gone = fold(rightDecider, reduced, rightDecider.decide(reduced, offered('cancelled', 'dis_2')));
      expect(gone).to.have.nested.property('offer.disruptionId', 'dis_2');
      expect(cell(gone, offered('reduced', 'dis_1'))).to.equal('-');
    });
    it('SAL-52, FIN-12 who may still choose does not expire; who went in although there were fewer places has chosen', () => {
      const { offer: all } = offer;
      const fewer = { ...all, kind: 'reduced' as const };
      expect(cell(soldRight({ offer: all }), expire())).to.equal('-');
      expect(cell(soldRight({ offer: fewer }), expire())).to.equal('-');
      const inside = { status: 'checked_in', entries: 2, uses: [use] } as const;
      expect(cell(soldRight({ ...inside, offer: all }), expire())).to.equal('-');
      expect(cell(soldRight({ ...inside, offer: fewer }), expire())).to.equal('TicketExpired');
    });
    it('INV-20 WithdrawOffer: of its own reduction, from whoever has not chosen', () => {
      const fewer = { ...offer.offer, kind: 'reduced' } as const;
      const withdraw: RightCommand = { type: 'WithdrawOffer', disruptionId: 'dis_1' };
      for (const status of all) {
        const expected = status === 'issued' || status === 'frozen' ? 'OfferWithdrawn' : '-';
        expect(cell({ ...states[status], offer: fewer }, withdraw), status).to.equal(expected);
        expect(cell(states[status], withdraw), `${status}, nothing offered`).to.equal('-');
      }
      expect(cell(none, withdraw)).to.equal('-');
      expect(cell(soldRight({ offer: offer.offer }), withdraw), 'cancelled').to.equal('-');
      expect(cell(soldRight({ offer: { ...fewer, disruptionId: 'dis_2' } }), withdraw), 'another').to.equal('-');
      const offered = soldRight({ offer: fewer });
      expect(fold(rightDecider, offered, rightDecider.decide(offered, withdraw))).to.deep.equal(soldRight());
    });
    it('SAL-32 PrintTicket: once', () => {
      expect(row(print())).to.deep.equal({
        none: 'platform.not-found',
        issued: 'TicketPrinted',
        checked_in: 'TicketPrinted',
        used: LIVING_NOT,
        refunded: LIVING_NOT,
        exchanged: LIVING_NOT,
        voided: LIVING_NOT,
        superseded: LIVING_NOT,
        frozen: LIVING_NOT,
        expired: LIVING_NOT,
      });
      const printed = fold(rightDecider, states.issued, rightDecider.decide(states.issued, print()));
      expect(cell(printed, print())).to.equal('-');
      expect(cell(printed, print('A002'))).to.equal('sales.ticket-printed-already');
      expect(cell(printed, print('A001', 'usr_2'))).to.equal('sales.ticket-printed-already');
      const exchanged = fold(rightDecider, printed, rightDecider.decide(printed, exchange()));
      expect(cell(exchanged, print('A002')), 'a new ticket has a first print of its own').to.equal('TicketPrinted');
    });
    it('SAL-41 HandInScan: on record in every status, a use only where the ticket was good', () => {
      for (const status of all) {
        const [event] = rightDecider.decide(states[status], handIn());
        const counts = status === 'issued' || status === 'checked_in' || status === 'expired';
        expect(event, status).to.include({ type: 'ScanHandedIn' });
        expect(event?.type === 'ScanHandedIn' && event.use !== undefined, status).to.equal(counts);
      }
      expect(cell(none, handIn())).to.equal('platform.not-found');
      const [refused] = rightDecider.decide(states.issued, handIn('refused'));
      expect(refused).to.not.have.property('use');
      expect(refused).to.have.nested.property('handedIn.truth', 'admissible');
    });
    it('SAL-41 HandInScan of long ago: the same, marked as late', () => {
      for (const status of all) {
        const [intime] = rightDecider.decide(states[status], handIn());
        const [late] = rightDecider.decide(states[status], { ...handIn(), late: true });
        if (intime?.type !== 'ScanHandedIn') throw new Error('not on record');
        expect(late, status).to.deep.equal({ ...intime, handedIn: { ...intime.handedIn, late: true } });
      }
    });
  });

  it('SAL-41 a double use shows in what is handed in second, and changes no ticket', () => {
    const once = fold(rightDecider, states.issued, rightDecider.decide(states.issued, handIn('admitted', 'scn_1')));
    expect(once.status).to.equal('used');
    expect(cell(once, handIn('admitted', 'scn_1')), 'the same scan again').to.equal('-');
    const [second] = rightDecider.decide(once, handIn('admitted', 'scn_2'));
    expect(second).to.have.nested.property('handedIn.truth', 'already-used');
    expect(second).to.not.have.property('use');
  });

  it('SAL-41 a broken gate cannot make a ticket grow without end', () => {
    const [event] = rightDecider.decide(states.used, handIn('admitted', 'scn_0'));
    if (event?.type !== 'ScanHandedIn') throw new Error('not on record');
    const handedIn = Array.from({ length: 1_000 }, (_, index) => ({ ...event.handedIn, scanId: `scn_${index}` }));
    const full = { ...states.used, handedIn };
    expect(cell(full, handIn('admitted', 'scn_999'))).to.equal('-');
    expect(cell(full, handIn('admitted', 'scn_1000'))).to.equal('sales.too-many-scans');
  });

  it('FIN-12 SAL-51 what goes back of a used or expired ticket is told to be earned already', () => {
    const outOf = (state: SoldRight): unknown => {
      const known = { type: 'RefundTicket', refund: refundOf({ reason: 'exception' }), used: true } as const;
      const [event] = rightDecider.decide(state, known);
      if (event === undefined) throw new Error('not refunded');
      const [said] = rightMessages(event, { id: 'rgt_1', state: fold(rightDecider, state, [event]) });
      return said !== undefined && 'data' in said && said.data;
    };
    expect(outOf(states.issued)).to.include({ outOf: 'deferred', reason: 'exception' });
    for (const status of ['expired', 'used'] as const)
      expect(outOf(states[status]), status).to.include({ outOf: 'earned', reason: 'exception' });
    expect(outOf(states.checked_in)).to.include({ outOf: 'deferred', reason: 'exception' });
  });

  it('FIN-12 what expiry has earned is not earned again by a scan that is told late; a scan after the time is no use', () => {
    const expired = fold(rightDecider, states.issued, rightDecider.decide(states.issued, expire()));
    const [late] = rightDecider.decide(expired, handIn());
    expect(late).to.include({ earned: true });
    const after = fold(rightDecider, expired, late === undefined ? [] : [late]);
    expect(after.status).to.equal('used');
    expect(late === undefined ? [] : rightMessages(late, { id: 'rgt_1', state: after })).to.deep.equal([]);
    const [tooLate] = rightDecider.decide(expired, handIn('admitted', 'scn_1', AFTER));
    expect(tooLate).to.have.nested.property('handedIn.truth', 'expired');
  });

  describe('SAL-54 places come back while the session is ahead', () => {
    const returned = (state: SoldRight, command: RightCommand): unknown => {
      const events = rightDecider.decide(state, command);
      const after = fold(rightDecider, state, events);
      return events
        .flatMap((event) => rightMessages(event, { id: 'rgt_1', state: after }))
        .flatMap((said) =>
          'definition' in said && said.definition.type === 'inventory.hold.return.v1' ? [said.data] : [],
        );
    };
    it('of a refund: of its own hold', () => {
      expect(returned(states.issued, refund())).to.deep.equal([
        { holdId: 'hld_1', orderId: 'ord_1', returnId: 'rfd_1', sessionId: 'ses_1', quantity: 1 },
      ]);
    });
    it('of a refund beyond the rules: none of people who came in, as often as they may have', () => {
      const inside = (people: readonly number[], change: Partial<SoldRight>): SoldRight =>
        soldRight({ status: 'checked_in', uses: people.map((count) => ({ ...use, people: count })), ...change });
      const places = (state: SoldRight, reason: TicketRefund['reason']): unknown[] =>
        (returned(state, refund({ reason })) as { quantity: number }[]).map(({ quantity }) => quantity);
      for (const reason of ['exception', 'session-cancelled', 'session-reduced'] as const) {
        expect(places(inside([1], { entries: 2 }), reason), reason).to.deep.equal([]);
        expect(places(inside([20], { admits: 30 }), reason), reason).to.deep.equal([10]);
        expect(places(inside([20, 20], { admits: 30, entries: 2 }), reason), reason).to.deep.equal([]);
        expect(places(soldRight({ admits: 30, entries: 2 }), reason), reason).to.deep.equal([30]);
      }
      const within = { ...inVain.used, offer: cancelled };
      const back = refund({ reason: 'session-cancelled', fee: fen(0), returned: fen(12_000) });
      expect(returned(within, back), 'whoever is inside stays inside').to.deep.equal([]);
    });
    it('of an exchange: the old place, as many as the ticket took', () => {
      expect(returned(soldRight({ admits: 30 }), exchange({ place: place({ admits: 30 }) }))).to.deep.equal([
        { holdId: 'hld_1', orderId: 'ord_1', returnId: 'exc_1', sessionId: 'ses_1', quantity: 30 },
      ]);
    });
    it('not when the session is over', () => {
      expect(returned(states.issued, refund({ at: AFTER }))).to.deep.equal([]);
      expect(returned(states.issued, exchange({ at: AFTER }))).to.deep.equal([]);
    });
  });

  it('SAL-53 the new ticket has a new number and revision, the old one stays on record, an offer is spent', () => {
    const offered = fold(rightDecider, states.issued, rightDecider.decide(states.issued, offer));
    const after = fold(rightDecider, offered, rightDecider.decide(offered, exchange()));
    expect(after).to.include({ status: 'issued', revision: 2, number: 'N2', sessionId: 'ses_2', amount: 15_000 });
    expect(after).to.not.have.property('offer');
    expect(after).to.have.nested.property('past[0].number', 'N1');
    expect(after).to.have.nested.property('past[0].disruptionId', 'dis_1');
  });

  it('SAL-31 whatever happens in whatever order: one living ticket at most, money moves once, uses never exceed places', () => {
    const anything = fc.oneof(
      fc.constantFrom(expire(), expire(BEFORE), offer, print(), print('A002')),
      fc.constantFrom('rfd_1', 'rfd_2').map((refundId) => refund({ refundId })),
      fc
        .record({ id: fc.constantFrom('exc_1', 'exc_2'), revision: fc.integer({ min: 1, max: 3 }) })
        .map(({ id, revision }) =>
          exchange({ exchangeId: id, revision, place: place({ number: `N-${id}`, amount: fen(12_000) }) }),
        ),
      fc.constantFrom('scn_1', 'scn_2', 'scn_3').map((scanId) => handIn('admitted', scanId)),
      fc.integer({ min: 0, max: 120 }).map((minutes): RightCommand => ({
        type: 'CheckIn',
        scan: scanAt({ at: new Date(Date.parse('2026-12-02T01:00:00Z') + minutes * 60_000).toISOString() }),
      })),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (commands, entries) => {
        let state: RightState = soldRight({ entries });
        const earnedOrReturned: string[] = [];
        for (const command of commands) {
          try {
            const events: readonly RightEvent[] = rightDecider.decide(state, command);
            state = fold(rightDecider, state, events);
            for (const event of events) {
              const said = rightMessages(event, { id: 'rgt_1', state }).flatMap((one) =>
                'definition' in one ? [one.definition.type] : [],
              );
              earnedOrReturned.push(
                ...said.filter((type) =>
                  ['sales.ticket.used.v1', 'sales.ticket.expired.v1', 'sales.ticket.refunded.v1'].includes(type),
                ),
              );
            }
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
          }
        }
        expect(earnedOrReturned.length, 'its price is earned or returned once at most').to.be.at.most(1);
        const people = state.status === 'none' ? 0 : state.uses.reduce((sum, { people: count }) => sum + count, 0);
        expect(people).to.be.at.most(entries);
        if (state.status === 'refunded') expect(earnedOrReturned).to.deep.equal(['sales.ticket.refunded.v1']);
      }),
      { numRuns: 500 },
    );
  });
});
