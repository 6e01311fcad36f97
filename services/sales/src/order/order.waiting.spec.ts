// Standing in line at length (SAL-26): when the time to pay begins, what becomes of what was prepaid, and whoever leaves is not served.
import { fen } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { orderDecider } from './order.decider.ts';
import {
  cancelled,
  capture,
  close,
  closed,
  closing,
  expire,
  expireAt,
  expired,
  EXPIRES,
  factsOf,
  fail,
  failed,
  fulfil,
  fulfilled,
  grant,
  granted,
  LATE,
  opened,
  paidBy,
  placed,
  prepaid,
  prepaymentBack,
  queue,
  queued,
  refundAsked,
  reject,
  request,
  requested,
  sentHome,
  served,
  TOTAL,
  waitingFor,
  WAITS_UNTIL,
} from './order.fixture.ts';
import type { OrderEvent } from './order.ts';

const given = specify(orderDecider);
const inLine = [waitingFor(), queued];
const paying = [...inLine, requested('pay_1'), opened('pay_1')];
const havePrepaid = [...paying, prepaid('pay_1')];
const letGo: OrderEvent = { type: 'HoldLetGo' };

describe('SAL-26 an order that stands in line', () => {
  describe('is served', () => {
    it('unpaid: its time to pay begins with its places, and not with its order', () => {
      given(waitingFor({ prepaid: false, payWithinMinutes: 30 }), queued)
        .when(grant)
        .then({ type: 'HoldGranted', payBy: '2026-12-01T02:30:00.000Z', fromLine: true });
      given(waitingFor({ prepaid: false }), queued)
        .when(grant)
        .thenState((state) => {
          expect(state).to.include({ status: 'awaiting_payment', expiresAt: EXPIRES });
        });
    });
    it('a session that ends sooner ends the time to pay', () => {
      given(waitingFor({ payWithinMinutes: 100_000 }), queued)
        .when(grant)
        .then({ type: 'HoldGranted', payBy: '2026-12-02T03:00:00.000Z', fromLine: true });
    });
    it('prepaid: it is paid by its places, and gets its tickets like any other', () => {
      given(...havePrepaid)
        .when(grant)
        .then(served, paidBy('pay_1'));
      given(...havePrepaid, served, paidBy('pay_1'))
        .when(fulfil)
        .then(fulfilled);
    });
    it('prepaid and not paid yet: a payment that is open may still come, in the new time', () => {
      given(...paying, served)
        .when(capture('pay_1'))
        .then(paidBy('pay_1'));
      given(...paying, served)
        .when(request('pay_2', EXPIRES))
        .thenRefused('sales.order-ended');
    });
    it('at once, when there is room: nobody stands in line, and the time to pay begins', () => {
      given(waitingFor()).when(grant).then({ type: 'HoldGranted', payBy: EXPIRES });
      given(waitingFor(), granted).when(queue).thenNothing();
    });
    it('nothing to pay: paid by its places', () => {
      const free = { type: 'OrderPlaced', facts: { ...factsOf({ total: fen(0) }), waiting: waitingOf() } } as const;
      given(free, queued).when(grant).then(served, paidBy(undefined));
    });
    it('an order that does not wait keeps the time that it had', () => {
      given(placed).when(grant).then(granted);
    });
    it('a second grant changes nothing', () => {
      given(...paying, served)
        .when(grant)
        .thenNothing();
      given(...havePrepaid, served, paidBy('pay_1'))
        .when(grant)
        .thenNothing();
    });
  });

  describe('when its time is over', () => {
    const theirTime = expireAt(LATE);
    it('SAL-26 the timer of the line, on its way when places came, does not end it; its own is set anew, in case this was it', () => {
      given(...inLine, served)
        .when(expire)
        .then({ type: 'ReminderRenewed', what: 'expire', due: '2026-12-01T02:16:00.000Z' });
      given(...inLine, served, { type: 'ReminderRenewed', what: 'expire', due: EXPIRES })
        .when(theirTime)
        .then(expired);
      given(...inLine, served)
        .when(theirTime)
        .then(expired);
      // Clocks of two instances may differ: a timer that is a little early is the one that counts.
      given(...inLine, served)
        .when(expireAt('2026-12-01T02:14:55.000Z'))
        .then(expired);
    });
    it('an order that was being closed when the timer rings is asked for again, however early', () => {
      given(...paying, served, closing('cancelled'))
        .when(expire)
        .then(closing('cancelled'));
    });
    it('it says that it was the time in line that ended, not the time to pay', () => {
      given(...inLine)
        .when(expire)
        .thenState((state) => {
          expect(state).to.include({ status: 'expired', reason: 'waiting-over' });
        });
      given(...inLine, served)
        .when(theirTime)
        .thenState((state) => {
          expect(state).to.include({ status: 'expired', reason: 'unpaid' });
        });
    });
    it('what was prepaid goes back', () => {
      given(...havePrepaid)
        .when(expireAt(WAITS_UNTIL))
        .then(expired, prepaymentBack('pay_1'));
    });
  });

  describe('whoever leaves is not served', () => {
    const leaving = [...paying, closing('cancelled')];
    it('places that come while its payment is being closed are let go, and it still leaves', () => {
      given(...leaving)
        .when(grant)
        .then(letGo);
      given(...leaving, letGo)
        .when(close('pay_1'))
        .then(closed('pay_1'), cancelled);
      given(...leaving, letGo)
        .when(fail('pay_1'))
        .then(failed('pay_1'), cancelled);
    });
    it('money that comes while it leaves goes back', () => {
      given(...leaving)
        .when(capture('pay_1'))
        .then(refundAsked('pay_1', 'late-payment'), cancelled);
      given(...leaving, requested('pay_2'))
        .when(capture('pay_1'))
        .then(refundAsked('pay_1', 'late-payment'));
    });
    it('after it has left, places are let go, and a place in line is given up', () => {
      for (const command of [grant, queue])
        given(...inLine, cancelled)
          .when(command)
          .then(letGo);
    });
    it('prepaid, with a second payment open: both go back', () => {
      const both = [...havePrepaid, requested('pay_2'), closing('cancelled')];
      given(...both)
        .when(close('pay_2'))
        .then(closed('pay_2'), cancelled, prepaymentBack('pay_1'));
      given(...both)
        .when(grant)
        .then(letGo);
    });
  });

  describe('prepaid', () => {
    it('FIN-03 twice: the second goes back, once', () => {
      const back = refundAsked('pay_2', 'double-payment');
      given(...havePrepaid, requested('pay_2'))
        .when(capture('pay_2'))
        .then(back);
      given(...havePrepaid, requested('pay_2'), back)
        .when(capture('pay_2'))
        .thenNothing();
      given(...havePrepaid)
        .when(capture('pay_1'))
        .thenNothing();
    });
    it('another amount goes back, and it still stands in line', () => {
      given(...paying)
        .when(capture('pay_1', TOTAL - 1))
        .then(refundAsked('pay_1', 'late-payment', TOTAL - 1));
    });
    it('sent home by inventory: it goes back, and it is told that there was no place', () => {
      given(...havePrepaid)
        .when(reject)
        .then(sentHome, prepaymentBack('pay_1'));
      given(...havePrepaid, sentHome, prepaymentBack('pay_1'))
        .when(reject)
        .thenNothing();
    });
    it('a payment that was open when it was sent home ends quietly, or goes back', () => {
      given(...paying, sentHome)
        .when(close('pay_1'))
        .then(closed('pay_1'));
      given(...paying, sentHome)
        .when(fail('pay_1'))
        .then(failed('pay_1'));
      given(...paying, sentHome)
        .when(capture('pay_1'))
        .then(refundAsked('pay_1', 'late-payment'));
    });
    it('the refund is confirmed', () => {
      given(...havePrepaid, cancelled, prepaymentBack('pay_1'))
        .when({ type: 'ConfirmRefund', refundId: 'rfd_line' })
        .then({ type: 'RefundDone', refundId: 'rfd_line' });
    });
  });

  it('standing in line is told once', () => {
    given(...inLine)
      .when(queue)
      .thenNothing();
  });
});

function waitingOf() {
  const event = waitingFor();
  return event.type === 'OrderPlaced' ? event.facts.waiting : undefined;
}
