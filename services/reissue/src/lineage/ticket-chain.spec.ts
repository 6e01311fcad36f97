// REI-34: the chain, from whatever order sales has told it in.
import { fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import { cases } from '../application/application.fixture.ts';
import type { KnownTicket, TicketNumberView } from '../views/tickets.store.ts';
import { ticketChain, type ChainFacts } from './ticket-chain.ts';

const sealed = { sealed: 'p1.x', masked: '*' };
const ticket: KnownTicket = {
  ...{ _id: 'rgt_1', tenantId: 'ten_1', sequence: 3, status: 'living', number: 'N3', revision: 3 },
  key: { kid: 'k', wrapped: 'w' },
  sold: {
    ...{
      orderId: 'ord_1',
      number: 'N1',
      siteId: 'sit_1',
      productId: 'prd_1',
      product: { zh: '门票', en: 'Admission' },
    },
    ...{ ticketTypeId: 'tty_1', ticketType: { zh: '成人票', en: 'Adult' }, date: '2026-12-01', channel: 'web' },
    ...{ startsAt: '2026-12-01T01:00:00.000Z', validUntil: '2026-12-01T09:00:00.000Z', amount: fen(12_000) },
    ...{
      realName: false,
      language: 'zh-CN',
      placedAt: '2026-11-20T02:00:00.000Z',
      contact: { name: sealed, phone: sealed },
    },
  },
};
const numberOf = (_id: string, ended?: TicketNumberView['ended']): TicketNumberView => ({
  ...{ _id, tenantId: 'ten_1', rightId: 'rgt_1' },
  ...(ended === undefined ? {} : { ended }),
});
const facts: ChainFacts = {
  ticket,
  numbers: [
    numberOf('N3'),
    numberOf('N2', { how: 'superseded', successor: 'N3', at: '2026-11-30T03:00:00.000Z', applicationId: 'rei_2' }),
    numberOf('N1', { how: 'exchanged', successor: 'N2', at: '2026-11-25T03:00:00.000Z' }),
  ],
  applications: [
    { id: 'rei_0', state: cases.refused },
    { id: 'rei_1', state: { ...cases.withdrawn, ticket: { ...cases.withdrawn.ticket, number: 'N2' } } },
    { id: 'rei_2', state: { ...cases.reissued, ticket: { ...cases.reissued.ticket, number: 'N2' } } },
  ],
  shown: [
    { rightId: 'rgt_1', number: 'N2', gateId: 'gat_1', decided: 'refused', at: '2026-12-01T01:05:00.000Z' },
    { rightId: 'rgt_1', number: 'N1', gateId: 'gat_2', decided: 'admitted', at: '2026-12-01T01:06:00.000Z' },
  ],
};

describe('REI-34 the chain of tickets', () => {
  it('goes from what was sold to what is good today; each knows its neighbours, its cases and its attempts', () => {
    const { tickets } = ticketChain(facts);
    expect(tickets.map(({ number, status }) => [number, status])).to.deep.equal([
      ['N1', 'exchanged'],
      ['N2', 'superseded'],
      ['N3', 'living'],
    ]);
    expect(tickets.map(({ begun }) => begun.how)).to.deep.equal(['sold', 'exchanged', 'superseded']);
    expect(tickets[2]?.begun).to.include({ at: '2026-11-30T03:00:00.000Z', applicationId: 'rei_2' });
    expect(tickets[1]?.applications.map(({ id, status }) => `${id} ${status}`)).to.deep.equal([
      'rei_1 withdrawn',
      'rei_2 reissued',
    ]);
    expect(tickets[1]?.applications[1]).to.have.property('carriedOutMs');
    expect(tickets.map(({ shown }) => shown.map(({ gateId }) => gateId))).to.deep.equal([['gat_2'], ['gat_1'], []]);
  });
  it('of a ticket that nothing has happened to there is one', () => {
    const { number: _number, ...unmoved } = ticket;
    const { tickets } = ticketChain({ ...facts, ticket: unmoved, numbers: [numberOf('N1')], shown: [] });
    expect(tickets).to.have.length(1);
    expect(tickets[0]).to.include({ number: 'N1', status: 'living' }).and.not.have.property('ended');
  });
  it('a chain that names itself ends', () => {
    const ended = { how: 'superseded', successor: 'N1', at: '2026-11-30T03:00:00.000Z' } as const;
    expect(ticketChain({ ...facts, numbers: [numberOf('N1', ended)] }).tickets).to.have.length(1);
  });
});
