// Commands of the reissue service that come twice or too late, on real servers: whatever comes again after the case has gone on must not
// take the new ticket away from its holder (REI-04, REI-32).
import { freezeTicket, reissueTicket, thawTicket } from '@tongpiao/contracts';
import { decodeTicketPayload } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { openSalesHouse, TENANT, type Offer, type SalesHouse } from '../sales-house.fixture.ts';

describe('REI-32 sales: commands of the reissue service that come again', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let session: string;

  before(async () => {
    house = await openSalesHouse();
    await house.start();
    offer = await house.offer();
    session = await house.session(offer.productId);
  });
  after(async () => house.stop());

  async function bought() {
    const order = await house.placed([{ sessionId: session, ticketTypeId: offer.types['adult'] ?? '', quantity: 1 }]);
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    const [, , payload = ''] = tickets[0]?.qr.split('.') ?? [];
    const rightId = decodeTicketPayload(payload)?.rightId ?? '';
    return { order, rightId };
  }
  const statuses = async (order: Awaited<ReturnType<typeof bought>>['order']): Promise<readonly string[]> =>
    (await house.look(order)).tickets.map(({ status }) => status);
  const becomes = (order: Awaited<ReturnType<typeof bought>>['order'], status: string): Promise<true> =>
    eventually(`the ticket is ${status}`, async () => (await statuses(order)).includes(status) && (true as const), {
      withinMs: 30_000,
    });

  it('a freeze that comes again after the ticket was replaced leaves the new one open', async () => {
    const { order, rightId } = await bought();
    const applicationId = newId('rei', TENANT);
    const again = newId<'Message'>('msg', TENANT);
    await house.send(freezeTicket, { rightId, applicationId }, again);
    await becomes(order, 'frozen');
    const code = `RC-${applicationId.slice(-20).toUpperCase()}`;
    await house.send(reissueTicket, { rightId, applicationId, reissueCode: code, kind: 'replacement' });
    await becomes(order, 'issued');
    const now = await house.look(order);
    for (let time = 0; time < 2; time += 1) await house.send(freezeTicket, { rightId, applicationId }, again);
    await settled('the ticket', async () => JSON.stringify((await house.look(order)).tickets));
    expect((await house.look(order)).tickets).to.deep.equal(now.tickets);
  });

  it('a freeze that comes again after the thaw leaves the ticket open', async () => {
    const { order, rightId } = await bought();
    const about = { rightId, applicationId: newId('rei', TENANT) };
    const again = newId<'Message'>('msg', TENANT);
    await house.send(freezeTicket, about, again);
    await becomes(order, 'frozen');
    await house.send(thawTicket, about);
    await becomes(order, 'issued');
    await house.send(freezeTicket, about, again);
    await settled('the ticket', async () => JSON.stringify(await statuses(order)));
    expect(await statuses(order)).to.deep.equal(['issued']);
  });

  it('REI-05 a reissue of a ticket that another case has replaced meanwhile is refused, and the new one stays', async () => {
    const { order, rightId } = await bought();
    const [first] = (await house.look(order)).tickets;
    const ask = (applicationId: string): Promise<void> =>
      house.send(reissueTicket, {
        ...{ rightId, applicationId, number: first?.number, kind: 'replacement' },
        reissueCode: `RC-${applicationId.slice(-20).toUpperCase()}`,
      });
    await ask(newId('rei', TENANT));
    const replaced = await eventually('the new ticket', async () => {
      const { tickets } = await house.look(order);
      return tickets.some(({ status, number }) => status === 'issued' && number !== first?.number) && tickets;
    });
    await ask(newId('rei', TENANT));
    await settled('the ticket', async () => JSON.stringify((await house.look(order)).tickets));
    expect((await house.look(order)).tickets).to.deep.equal(replaced);
  });

  it('REI-23 a reissue that was refused stays refused when its command comes again: its case is over', async () => {
    const { order, rightId } = await bought();
    const [holder, late] = [newId('rei', TENANT), newId('rei', TENANT)];
    await house.send(freezeTicket, { rightId, applicationId: holder });
    await becomes(order, 'frozen');
    const reissueCode = `RC-${late.slice(-20).toUpperCase()}`;
    const again = newId<'Message'>('msg', TENANT);
    const command = { rightId, applicationId: late, reissueCode, kind: 'replacement' } as const;
    await house.send(reissueTicket, command, again);
    const refusal = await eventually('the refusal', () => house.heardOfRight(rightId)[0]);
    expect(refusal.data).to.deep.equal({ rightId, applicationId: late, reissueCode, reason: 'sales.ticket-frozen' });
    await house.send(thawTicket, { rightId, applicationId: holder });
    await becomes(order, 'issued');
    const now = await house.look(order);
    await house.send(reissueTicket, command, again);
    await house.send(reissueTicket, command);
    await settled('the ticket', async () => JSON.stringify((await house.look(order)).tickets));
    expect((await house.look(order)).tickets).to.deep.equal(now.tickets);
  });

  it('a freeze that overtakes the thaw of the case before waits for it', async () => {
    const { order, rightId } = await bought();
    const [before, after] = [newId('rei', TENANT), newId('rei', TENANT)];
    await house.send(freezeTicket, { rightId, applicationId: before });
    await becomes(order, 'frozen');
    await house.send(freezeTicket, { rightId, applicationId: after });
    await house.send(thawTicket, { rightId, applicationId: before });
    await becomes(order, 'issued');
    await becomes(order, 'frozen');
  });

  it('REI-41 an appeal that overtakes the thaw of its own refusal waits for it, and then freezes', async () => {
    const { order, rightId } = await bought();
    const about = { rightId, applicationId: newId('rei', TENANT) };
    await house.send(freezeTicket, about);
    await becomes(order, 'frozen');
    await house.send(freezeTicket, { ...about, again: true });
    await house.send(thawTicket, about);
    await becomes(order, 'issued');
    await becomes(order, 'frozen');
  });
});
