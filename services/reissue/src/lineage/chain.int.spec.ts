// REI-34 on real servers: a ticket that was reissued twice, whose dead numbers somebody tries at a gate.
import { formerTicketShown } from '@tongpiao/contracts';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import {
  credentialsOf,
  openReissueHouse,
  seenOf,
  ZHANG,
  type ReissueHouse,
  type Seen,
  type Sold,
} from '../reissue-house.fixture.ts';
import { chainView, type ChainView } from './chain-view.ts';

const document = { idType: ZHANG.idType, idNumber: ZHANG.idNumber };
const GATE = 'gat_of_this_spec';

describe('chain of tickets', function () {
  this.timeout(60_000);
  let house: ReissueHouse;
  let ticket: Sold;
  let first: Seen;
  let second: Seen;
  before(async () => {
    house = await openReissueHouse();
    ticket = await house.sold(ZHANG);
    first = await reissued(ticket.number);
    second = await reissued(first.newNumber ?? '');
  });
  after(() => house.stop());

  async function reissued(number: string): Promise<Seen> {
    const seen = seenOf(await house.apply({ ticket: { number }, proof: { document } }));
    await eventually('on a desk', async () => {
      const { status } = await house.look(seen);
      return ['deciding', 'reviewing'].includes(status);
    });
    await house.review(seen.id, house.keys.manager, { action: 'decide', verdict: 'approve', reason: '核对无误' });
    return { ...(await house.becomes(seen, 'reissued')), accessToken: seen.accessToken };
  }
  const pathOf = (id: string, more = ''): string => `/api/v1/reissue-applications/${id}/ticket-chain${more}`;
  const look = async (id: string, apiKey = house.keys.reviewer): Promise<ChainView> =>
    chainView.parse((await house.call(pathOf(id), { apiKey })).body);
  const shown = (shownNumber: string, decided: 'admitted' | 'refused') =>
    house.tellSales(formerTicketShown, {
      ...{ rightId: ticket.rightId, ticketNumber: second.newNumber ?? '', orderId: ticket.orderId, productId: 'prd_1' },
      ...{ shownNumber, became: 'superseded', gateId: GATE, decided, shownAt: new Date().toISOString() },
    });

  it('is one picture from what was sold to what is good, the same from each of its cases', async () => {
    const view = await look(first.id);
    expect(view).to.deep.equal(await look(second.id));
    expect(view.tickets.map(({ number, status }) => [number, status])).to.deep.equal([
      [ticket.number, 'superseded'],
      [first.newNumber, 'superseded'],
      [second.newNumber, 'living'],
    ]);
    expect(view.tickets.map(({ begun }) => begun.applicationId)).to.deep.equal([undefined, first.id, second.id]);
    expect(view.tickets.map(({ applications }) => applications.map(({ id }) => id))).to.deep.equal([
      [first.id],
      [second.id],
      [],
    ]);
  });

  it('has every attempt to use a dead one, with what the gate did', async () => {
    await shown(ticket.number, 'refused');
    await shown(first.newNumber ?? '', 'admitted');
    const view = await eventually('both attempts', async () => {
      const seen = await look(first.id);
      return seen.tickets.flatMap((one) => one.shown).length === 2 ? seen : undefined;
    });
    expect(view.tickets.map((one) => one.shown.map(({ decided }) => decided))).to.deep.equal([
      ['refused'],
      ['admitted'],
      [],
    ]);
  });

  it('can be looked at, by staff and auditors; nobody else can tell that it is there', async () => {
    const answer = await fetch(house.url(pathOf(first.id, '.svg')), { headers: credentialsOf(house.keys.auditor) });
    expect(answer.headers.get('content-type')).to.equal('image/svg+xml');
    const svg = await answer.text();
    for (const text of [ticket.number, first.newNumber ?? '', '已补发作废', '脱机放行', GATE])
      expect(svg).to.contain(text);
    expect((await house.call(pathOf(first.id), { token: first.accessToken })).status).to.equal(403);
    expect((await house.call(pathOf(first.id), { apiKey: house.keys.clerk })).status).to.equal(404);
  });
});
