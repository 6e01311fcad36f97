// Payments of an order at length: what is asked, opened, closed before an order may end, and what goes back.
import { fen } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { orderDecider } from './order.decider.ts';
import {
  cancel,
  cancelled,
  cancelledWithSession,
  capture,
  close,
  closed,
  closing,
  expire,
  expired,
  EXPIRES,
  factsOf,
  fail,
  failed,
  fulfilled,
  grant,
  granted,
  LATE,
  open,
  opened,
  paidBy,
  placed,
  queued,
  refundAsked,
  refundConfirmed,
  refundDone,
  refundFailed,
  request,
  requested,
  sessionGone,
  waitingFor,
} from './order.fixture.ts';
import type { OrderEvent } from './order.ts';

const given = specify(orderDecider);
const waiting = [placed, granted];
const withPayment = [...waiting, requested('pay_1'), opened('pay_1')];
const withTwo = [...withPayment, requested('pay_2'), opened('pay_2')];

describe('payments of an order', () => {
  describe('one after another', () => {
    it('an order with nothing to pay is paid by being granted', () => {
      given({ type: 'OrderPlaced', facts: factsOf({ total: fen(0) }) })
        .when(grant)
        .then(granted, paidBy(undefined));
    });
    it('PLA-32 the same payment asked twice is one payment, whatever the order is by then', () => {
      const ends = [
        [paidBy('pay_1')],
        [paidBy('pay_1'), fulfilled],
        [closing('expired')],
        [closed('pay_1'), expired],
        [failed('pay_1')],
        [closed('pay_1'), cancelled],
      ];
      for (const end of [[], ...ends])
        given(...withPayment, ...end)
          .when(request('pay_1'))
          .thenNothing();
    });
    it('a payment for an exchange of an order without tickets is for nothing that there is', () => {
      for (const history of [[placed], waiting, [...withPayment, paidBy('pay_1')], [placed, cancelled]])
        given(...history)
          .when(request('pay_2', undefined, 'exc_1'))
          .thenRefused('platform.not-found');
    });
    it('the provider’s page is told once, and only for a payment that was asked', () => {
      given(...waiting, requested('pay_1'))
        .when(open('pay_1'))
        .then(opened('pay_1'));
      given(...withPayment)
        .when(open('pay_1'))
        .thenNothing();
      given(...waiting)
        .when(open('pay_7'))
        .thenNothing();
    });
    it('SAL-21 nothing can be started when the time to pay is over', () => {
      given(...waiting)
        .when(request('pay_1', EXPIRES))
        .thenRefused('sales.order-ended');
      given(...waiting)
        .when(request('pay_1', LATE))
        .thenRefused('sales.order-ended');
      given(...waiting)
        .when(request('pay_1', '2026-12-01T02:14:59.999Z'))
        .thenState((state) => expect(state).to.have.nested.property('payments[0].id', 'pay_1'));
    });
    it('a sixth payment is refused', () => {
      const five = ['a', 'b', 'c', 'd', 'e'].flatMap((id) => [requested(id), failed(id)]);
      const error = given(...waiting, ...five)
        .when(request('f'))
        .thenRefused('sales.too-many-payments');
      expect(error.data).to.deep.equal({ limit: 5 });
    });
    it('a payment that failed does not fail again, and another may be started', () => {
      given(...withPayment, failed('pay_1'))
        .when(fail('pay_1'))
        .thenNothing();
      given(...withPayment, failed('pay_1'))
        .when(request('pay_2'))
        .then(requested('pay_2'));
    });
    it('a payment that was opened after it had failed stays failed', () => {
      given(...withPayment, failed('pay_1'))
        .when(open('pay_1'))
        .thenNothing();
    });
  });

  describe('SAL-23 closing: the provider is asked first', () => {
    const closingTwo = [...withTwo, closing('expired')];
    it('the order ends with the last open payment, not with the first', () => {
      given(...closingTwo)
        .when(close('pay_1'))
        .then(closed('pay_1'));
      given(...closingTwo, closed('pay_1'))
        .when(close('pay_2'))
        .then(closed('pay_2'), expired);
      given(...closingTwo, closed('pay_1'))
        .when(fail('pay_2'))
        .then(failed('pay_2'), expired);
    });
    it('close answered by captured: the order is paid', () => {
      given(...closingTwo, closed('pay_1'))
        .when(capture('pay_2'))
        .then(paidBy('pay_2'));
    });
    it('a cancellation that was answered by its payment’s end is cancelled', () => {
      given(...withPayment, closing('cancelled'))
        .when(close('pay_1'))
        .then(closed('pay_1'), cancelled);
    });
    it('the timer asks again, and does not make an expiry of a cancellation', () => {
      given(...withPayment, closing('cancelled'))
        .when(expire)
        .then(closing('cancelled'));
    });
    it('SAL-52 an order whose session was cancelled says so in the end', () => {
      given(...withPayment, closing('session-cancelled'))
        .when(close('pay_1'))
        .then(closed('pay_1'), cancelledWithSession);
      given(...withPayment, closing('session-cancelled'), closed('pay_1'), cancelledWithSession)
        .when(sessionGone)
        .thenState((state) => expect(state).to.include({ status: 'cancelled', reason: 'session-cancelled' }));
    });
    it('a cancellation of an order that is being closed changes nothing', () => {
      given(...withPayment, closing('cancelled'))
        .when(cancel)
        .thenNothing();
    });
    it('when finance lost the answer but the payment has ended, the timer ends the order', () => {
      given(...withPayment, failed('pay_1'))
        .when(expire)
        .then(expired);
    });
    it('a second close of the same payment changes nothing', () => {
      given(...closingTwo, closed('pay_1'))
        .when(close('pay_1'))
        .thenNothing();
    });
  });

  describe('SAL-23 FIN-03 money that does not fit goes back in full, once', () => {
    it('a second payment of a paid order', () => {
      const both = [...withTwo, paidBy('pay_1')];
      given(...both)
        .when(capture('pay_2'))
        .then(refundAsked('pay_2', 'double-payment'));
      given(...both, refundAsked('pay_2', 'double-payment'))
        .when(capture('pay_2'))
        .thenNothing();
      given(...both)
        .when(capture('pay_1'))
        .thenNothing();
    });
    it('a second payment of a fulfilled order', () => {
      given(...withTwo, paidBy('pay_1'), fulfilled)
        .when(capture('pay_2'))
        .then(refundAsked('pay_2', 'double-payment'));
    });
    it('a payment after the end, once however often it is told', () => {
      given(...waiting, requested('pay_1'), closed('pay_1'), expired, refundAsked('pay_1', 'late-payment'))
        .when(capture('pay_1'))
        .thenNothing();
    });
    it('another amount than the order’s: the order goes on waiting', () => {
      given(...withPayment)
        .when(capture('pay_1', 1))
        .then(refundAsked('pay_1', 'late-payment', 1));
      given(...withPayment, refundAsked('pay_1', 'late-payment', 1))
        .when(capture('pay_1', 1))
        .thenNothing();
      given(...withTwo, refundAsked('pay_1', 'late-payment', 1))
        .when(capture('pay_2'))
        .then(paidBy('pay_2'));
    });
    it('another amount while closing: the last open payment ends the order', () => {
      given(...withPayment, closing('expired'))
        .when(capture('pay_1', 1))
        .then(refundAsked('pay_1', 'late-payment', 1), expired);
      given(...withTwo, closing('expired'))
        .when(capture('pay_1', 1))
        .then(refundAsked('pay_1', 'late-payment', 1));
    });
    it('a refund is confirmed once, in every status that can have one', () => {
      const ended = [...waiting, requested('pay_1'), closed('pay_1'), expired, refundAsked('pay_1', 'late-payment')];
      given(...ended)
        .when(refundConfirmed('pay_1'))
        .then(refundDone('pay_1'));
      given(...ended, refundDone('pay_1'))
        .when(refundConfirmed('pay_1'))
        .thenNothing();
      given(...withPayment, refundAsked('pay_1', 'late-payment', 1))
        .when(refundConfirmed('pay_1'))
        .then(refundDone('pay_1'));
      given(...withTwo, paidBy('pay_1'), refundAsked('pay_2', 'double-payment'))
        .when(refundConfirmed('pay_2'))
        .then(refundDone('pay_2'));
    });
    it('FIN-02 one that did not arrive has failed, in every status that can have one, and is done when a retry brings it', () => {
      const histories = [
        [...waiting, requested('pay_1'), closed('pay_1'), expired],
        withPayment,
        [...withTwo, paidBy('pay_1')],
        [...withTwo, paidBy('pay_1'), fulfilled],
        [waitingFor(), queued, requested('pay_1')],
      ].map((history) => [...history, refundAsked('pay_9', 'late-payment', 1)]);
      for (const history of histories) {
        const notThere: OrderEvent = { type: 'RefundFailed', refundId: 'rfd_pay_9' };
        given(...history)
          .when(refundFailed('pay_9'))
          .then(notThere);
        given(...history, notThere)
          .when(refundFailed('pay_9'))
          .thenNothing();
        given(...history, notThere)
          .when(refundConfirmed('pay_9'))
          .then(refundDone('pay_9'));
        given(...history, refundDone('pay_9'))
          .when(refundFailed('pay_9'))
          .thenNothing();
      }
    });
    it('other payments that are still open end quietly after the order was paid', () => {
      const both = [...withTwo, paidBy('pay_1')];
      given(...both)
        .when(close('pay_2'))
        .then(closed('pay_2'));
      given(...both)
        .when(fail('pay_2'))
        .then(failed('pay_2'));
    });
  });
});
