// SAL-52 at the order: its holder is told of a cancelled or reduced session once for each ticket, and only when there are tickets.
import { fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { orderDecider } from './order.decider.ts';
import { cancelled, expired, fulfilled, granted, paidBy, placed, rejected } from './order.fixture.ts';
import { orderMessages } from './order.messages.ts';
import type { OrderCommand, OrderEvent, ToldDisruption } from './order.ts';

const given = specify(orderDecider);
const withTickets = [placed, granted, paidBy('pay_1'), fulfilled];
const told = (disruptionId: string, ...ticketNumbers: string[]): ToldDisruption => ({
  disruptionId,
  kind: 'cancelled',
  ticketNumbers,
  startsAt: '2026-12-02T09:00:00+08:00',
  reason: '大风停园',
  decideBy: '2026-12-01T12:00:00.000Z',
});
const tell = (...of: Parameters<typeof told>): OrderCommand => ({ type: 'TellDisruption', told: told(...of) });
const wasTold = (...of: Parameters<typeof told>): OrderEvent => ({ type: 'DisruptionTold', told: told(...of) });

describe('SAL-52 an order of a disrupted session', () => {
  it('is told of all its tickets in one', () => {
    given(...withTickets)
      .when(tell('dis_1', 'N1', 'N2'))
      .then(wasTold('dis_1', 'N1', 'N2'));
  });
  it('is told once, however often the work is done again', () => {
    given(...withTickets, wasTold('dis_1', 'N1', 'N2'))
      .when(tell('dis_1', 'N2', 'N1'))
      .thenNothing();
  });
  it('is told again of a ticket that came to the session later, and of another disruption', () => {
    const before = [...withTickets, wasTold('dis_1', 'N1')];
    given(...before)
      .when(tell('dis_1', 'N1', 'N2'))
      .then(wasTold('dis_1', 'N2'));
    given(...before)
      .when(tell('dis_2', 'N1'))
      .then(wasTold('dis_2', 'N1'));
  });
  it('INV-20 is told, once, that tickets stay good after all, and is told so in other words', () => {
    const kept = { ...told('dis_1', 'N1'), kind: 'reduced', kept: true } as const;
    const before = [...withTickets, wasTold('dis_1', 'N1', 'N2')];
    given(...before)
      .when({ type: 'TellDisruption', told: kept })
      .then({ type: 'DisruptionTold', told: kept });
    given(...before, { type: 'DisruptionTold', told: kept })
      .when({ type: 'TellDisruption', told: kept })
      .thenNothing();
    const state = fold(orderDecider, orderDecider.initial, before);
    const [said] = orderMessages({ type: 'DisruptionTold', told: kept }, { id: 'ord_1', state });
    expect(said).to.have.nested.property('definition.type', 'sales.order.session-kept.v1');
    expect(said)
      .to.have.property('data')
      .that.deep.includes({ disruptionId: 'dis_1', ticketNumbers: ['N1'] });
  });
  it('waits until a paid order has its tickets', () => {
    given(placed, granted, paidBy('pay_1')).when(tell('dis_1', 'N1')).thenRefused('sales.order-without-tickets');
  });
  it('tells nobody without tickets', () => {
    for (const history of [[], [placed], [placed, granted], [placed, rejected], [placed, expired], [placed, cancelled]])
      given(...history)
        .when(tell('dis_1', 'N1'))
        .thenNothing();
  });
  it('says what to choose from, and until when', () => {
    const state = fold(orderDecider, orderDecider.initial, withTickets);
    const [said] = orderMessages(wasTold('dis_1', 'N1'), { id: 'ord_1', state });
    expect(said).to.have.nested.property('definition.type', 'sales.order.session-disrupted.v1');
    expect(said)
      .to.have.property('data')
      .that.includes({ disruptionId: 'dis_1', kind: 'cancelled', decideBy: '2026-12-01T12:00:00.000Z' });
  });
});
