// Tickets as pages and on paper, on real servers: who may fetch one, one print per ticket and one ticket per sheet, two counters at once.
import { reissueTicket } from '@tongpiao/contracts';
import { decodeTicketPayload } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeOf,
  inDays,
  openSalesHouse,
  TENANT,
  type Offer,
  type Placed,
  type Reply,
  type SalesHouse,
} from './sales-house.fixture.ts';

const printShape = z.object({
  ticketNumber: z.string(),
  serial: z.string(),
  printedBy: z.string(),
  printedAt: z.string(),
  pdf: z.string(),
});
const printOf = (reply: Reply): z.output<typeof printShape> => printShape.parse(reply.body);

describe('SAL-32 sales: printing', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let sessionId: string;
  let serials = 0;

  before(async () => {
    house = await openSalesHouse();
    await house.start();
    await house.start();
    offer = await house.offer();
    sessionId = await house.session(offer.productId, 1_000);
  });
  after(async () => house.stop());

  const freshSerial = (): string => `A${String((serials += 1)).padStart(8, '0')}`;
  async function ticket(session = sessionId): Promise<{ number: string; order: Placed }> {
    const order = await house.placed([{ sessionId: session, ticketTypeId: offer.types['adult'] ?? '', quantity: 1 }]);
    await house.pay(order);
    const [issued] = (await house.becomes(order, 'fulfilled')).tickets;
    return { number: issued?.number ?? '', order };
  }
  const print = (number: string, serial: string, ask: Parameters<SalesHouse['call']>[1] = {}): Promise<Reply> =>
    house.call(`/api/v1/tickets/${number}/prints`, { apiKey: house.keys.clerk, json: { serial }, ...ask });

  describe('the page', () => {
    it('opens for the holder of the order’s token and for staff, and is kept by nobody in between', async () => {
      const { number, order } = await ticket();
      const path = `/api/v1/tickets/${number}/ticket.pdf`;
      for (const ask of [{ token: order.token }, { apiKey: house.keys.clerk }]) {
        const page = await house.call(path, ask);
        expect(page.status).to.equal(200);
        expect(page.headers.get('content-type')).to.equal('application/pdf');
        expect(page.headers.get('cache-control')).to.equal('private, no-store');
        expect(page.headers.get('content-disposition')).to.contain(`${number}.pdf`);
        expect(page.text)
          .to.match(/^%PDF-1\.7/)
          .and.to.contain('%%EOF');
      }
    });

    it('PLA-02 nobody else learns that there is such a ticket', async () => {
      const [mine, theirs] = [await ticket(), await ticket()];
      const path = `/api/v1/tickets/${mine.number}/ticket.pdf`;
      expect((await house.call(path, { token: theirs.order.token })).status).to.equal(404);
      expect((await house.call(path, { apiKey: house.keys.foreign })).status).to.equal(404);
      expect((await house.call(path)).status).to.equal(401);
    });

    it('a ticket that was given back has none any more', async () => {
      const { number, order } = await ticket(await house.session(offer.productId, 10, { date: inDays(3) }));
      const refunded = await house.call(`/api/v1/tickets/${number}/refunds`, {
        token: order.token,
        method: 'POST',
        wait: 10,
      });
      expect(refunded.status, refunded.text).to.equal(201);
      const page = await house.call(`/api/v1/tickets/${number}/ticket.pdf`, { token: order.token });
      expect([page.status, codeOf(page)]).to.deep.equal([409, 'sales.ticket-not-living']);
      const paper = await print(number, freshSerial());
      expect([paper.status, codeOf(paper)]).to.deep.equal([409, 'sales.ticket-not-living']);
    });
  });

  describe('paper', () => {
    it('a print is on record, with who, when and which sheet, and has a page', async () => {
      const { number } = await ticket();
      const serial = freshSerial();
      const reply = await print(number, serial.toLowerCase());
      expect(reply.status).to.equal(201);
      const entry = printOf(reply);
      expect(entry).to.include({ ticketNumber: number, serial });
      expect(entry.printedBy).to.match(/^key_/);
      expect(reply.headers.get('location')).to.equal(entry.pdf);
      const page = await house.call(entry.pdf, { apiKey: house.keys.clerk });
      expect([page.status, page.headers.get('content-type')]).to.deep.equal([200, 'application/pdf']);
      expect(page.headers.get('content-disposition')).to.contain(serial);
    });

    it('a second print is a reissue; the page of the first can be fetched for ten minutes', async () => {
      const { number } = await ticket();
      const { pdf } = printOf(await print(number, freshSerial()));
      const again = await print(number, freshSerial());
      expect([again.status, codeOf(again)]).to.deep.equal([409, 'sales.ticket-printed-already']);
      expect(again.text).to.contain('补票');
      const afterwards = await house.start({ clock: () => new Date(Date.now() + 10 * 60_000 + 1_000) });
      const late = await house.call(pdf, { apiKey: house.keys.clerk, instance: afterwards });
      expect([late.status, codeOf(late)]).to.deep.equal([409, 'sales.ticket-printed-already']);
    });

    it('a sheet is for one ticket', async () => {
      const [one, two] = [await ticket(), await ticket()];
      const serial = freshSerial();
      expect((await print(one.number, serial)).status).to.equal(201);
      const used = await print(two.number, serial);
      expect([used.status, codeOf(used)]).to.deep.equal([409, 'sales.serial-used']);
      expect((await print(two.number, freshSerial())).status).to.equal(201);
    });

    it('REI-30 a reissued ticket goes onto a sheet of its own, once; the old sheet is void with its number', async () => {
      const { number, order } = await ticket();
      const [oldSheet, newSheet] = [freshSerial(), freshSerial()];
      const before = printOf(await print(number, oldSheet));
      const [, , payload = ''] = (await house.look(order)).tickets[0]?.qr.split('.') ?? [];
      const rightId = decodeTicketPayload(payload)?.rightId ?? '';
      const applicationId = newId('rei', TENANT);
      await house.send(reissueTicket, { rightId, applicationId, reissueCode: `RC-${rightId}`, kind: 'replacement' });
      const fresh = await eventually('the new ticket', async () => {
        const { tickets } = await house.look(order);
        return (
          tickets.find((each) => each.number !== number)?.number ?? Promise.reject(new Error(JSON.stringify(tickets)))
        );
      });
      const dead = await print(number, freshSerial());
      expect([dead.status, codeOf(dead)]).to.deep.equal([409, 'sales.ticket-not-living']);
      const page = await house.call(before.pdf, { apiKey: house.keys.clerk });
      expect([page.status, codeOf(page)]).to.deep.equal([409, 'sales.ticket-not-living']);
      const used = await print(fresh, oldSheet);
      expect([used.status, codeOf(used)]).to.deep.equal([409, 'sales.serial-used']);
      expect((await print(fresh, newSheet)).status).to.equal(201);
      const again = await print(fresh, freshSerial());
      expect([again.status, codeOf(again)]).to.deep.equal([409, 'sales.ticket-printed-already']);
    });

    it('PLA-32 a retry is the same print, on either instance; another sheet under the same key is refused', async () => {
      const { number } = await ticket();
      const [key, serial] = [freshKey(), freshSerial()];
      const [first, second] = await Promise.all([
        print(number, serial, { key }),
        print(number, serial, { key, ...instance(1) }),
      ]);
      expect([first.status, second.status]).to.deep.equal([201, 201]);
      expect(printOf(second)).to.deep.equal(printOf(first));
      const other = freshSerial();
      expect((await print(number, other, { key })).status).to.equal(422);
      expect((await print((await ticket()).number, other)).status).to.equal(201);
    });

    it('two counters take the same sheet for two tickets: one gets it', async () => {
      const [one, two] = [await ticket(), await ticket()];
      const serial = freshSerial();
      const replies = await Promise.all([print(one.number, serial), print(two.number, serial, instance(1))]);
      expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 409]);
      const refused = replies.find(({ status }) => status === 409);
      expect(refused === undefined ? '' : codeOf(refused)).to.equal('sales.serial-used');
    });

    it('two counters print one ticket on two sheets: one does, and the other’s sheet is still blank', async () => {
      const { number } = await ticket();
      const sheets = [freshSerial(), freshSerial()];
      const replies = await Promise.all(sheets.map((serial, index) => print(number, serial, instance(index))));
      expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 409]);
      const blank = sheets[replies.findIndex(({ status }) => status === 409)] ?? '';
      expect((await print((await ticket()).number, blank)).status).to.equal(201);
    });

    it('needs its own permission, and a serial that can be one', async () => {
      const { number, order } = await ticket();
      expect((await print(number, freshSerial(), { apiKey: house.keys.gates[0] ?? '' })).status).to.equal(403);
      expect((await print(number, freshSerial(), { apiKey: house.keys.director })).status).to.equal(403);
      const { token } = order;
      const json = { serial: freshSerial() };
      expect((await house.call(`/api/v1/tickets/${number}/prints`, { token, json })).status).to.equal(403);
      for (const serial of ['', 'A1', '票00001', 'A 0001', 'A'.repeat(21)])
        expect((await print(number, serial)).status, serial).to.equal(400);
      expect((await print(number, freshSerial(), { apiKey: house.keys.manager })).status).to.equal(201);
    });
  });

  function instance(index: number): { instance?: SalesHouse['instances'][number] } {
    const running = house.instances[index];
    return running === undefined ? {} : { instance: running };
  }
});
