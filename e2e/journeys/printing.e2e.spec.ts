// From a purchase to paper (SAL-32): the page through the gateway, the same page in the mail, a print at the counter; and the print
// that must not happen twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { extractText, getDocumentProxy } from 'unpdf';
import { createClient, type Client } from '../support/client.ts';
import { makeWorld, type Offer, type World } from '../support/world.ts';

type Order = { id: string; status: string; accessToken: string; tickets: { number: string }[] };
type Mail = { text: string; attachments: { filename: string; mimeType: string; path: string; contentId?: string }[] };
type Print = { serial: string; pdf: string };

const ZHANG = { name: '张三丰', idType: 'id_card', idNumber: '11010519491231002X' };
const LI = { name: '李四', idType: 'id_card', idNumber: '440524188001010014' };
const EMAIL = 'printing@example.cn';

describe('SAL-32 from a purchase to paper', function () {
  this.timeout(120_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-printing-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let offer: Offer;

  before(async () => {
    platform = await startPlatform({
      stateDirectory,
      report: () => undefined,
      preferredPort: 18_680,
      addresses: {},
      instances: { sales: 2 },
    });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
    offer = await world.addProduct({ name: 'printing', capacity: 50 });
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  async function bought(): Promise<Order> {
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      wait: 15,
      json: {
        contact: { name: '张三丰', phone: '13700000005', email: EMAIL },
        lines: [{ sessionId: offer.sessionIds[0], ticketTypeId: offer.ticketTypes['named'], travellers: [ZHANG, LI] }],
      },
    });
    const { accessToken: token } = order;
    await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, {
      token,
      wait: 15,
      json: { method: 'sandbox' },
    });
    return eventually('tickets', async () => {
      const now = await client.expect<Order>(200, `/api/v1/orders/${order.id}`, { token });
      return now.status === 'fulfilled' ? { ...now, accessToken: token } : undefined;
    });
  }
  /** The text of each page, without blanks. */
  async function pagesAt(address: string, token?: string): Promise<readonly string[]> {
    const answer = await fetch(address, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
    expect([answer.status, answer.headers.get('content-type')]).to.deep.equal([200, 'application/pdf']);
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(await answer.arrayBuffer())));
    return text.map((page) => page.replaceAll(/\s+/g, ''));
  }
  const printed = (number: string): string => number.replace(/(.{4})(?=.)/g, '$1-');
  const print = (number: string, serial: string) =>
    client.call<Print & { code: string }>(`/api/v1/tickets/${number}/prints`, {
      token: world.clerkToken,
      json: { serial },
    });

  it('the page, the mail with all pages, one print on one sheet', async () => {
    const order = await bought();
    const numbers = order.tickets.map(({ number }) => number);
    const [first = '', second = ''] = numbers;

    const [page = ''] = await pagesAt(`${client.baseUrl}/api/v1/tickets/${first}/ticket.pdf`, order.accessToken);
    expect(page).to.contain(printed(first)).and.to.contain('电子票').and.to.contain('主景区');
    expect(page)
      .to.match(/张\*|李\*/)
      .and.not.to.match(/张三|李四|11010519491231002X/);

    const mail = await eventually('the mail', async () => {
      const answer = await fetch(`${platform.sandboxUrl}/mail?to=${encodeURIComponent(EMAIL)}&limit=5`);
      const mails = (await answer.json()) as Mail[];
      return mails.find(({ text }) => text.includes(first));
    });
    const files = mail.attachments.filter(({ contentId }) => contentId === undefined);
    expect(files.map(({ filename }) => filename)).to.deep.equal([`tickets-${order.id}.pdf`]);
    const pages = await pagesAt(`${platform.sandboxUrl}${files[0]?.path ?? ''}`);
    expect(pages.length).to.equal(2);
    expect(pages[numbers.indexOf(first)]).to.equal(page);
    expect(pages.map((text) => /张\*|李\*/.exec(text)?.[0]).sort()).to.deep.equal(['张*', '李*']);

    const paper = await print(first, 'A00000001');
    expect(paper.status).to.equal(201);
    const [sheet = ''] = await pagesAt(`${client.baseUrl}${paper.body.pdf}`, world.clerkToken);
    expect(sheet).to.contain('纸质票').and.to.contain('A00000001').and.to.contain(printed(first));

    const again = await print(first, 'A00000002');
    expect([again.status, again.body.code]).to.deep.equal([409, 'sales.ticket-printed-already']);
    const used = await print(second, 'A00000001');
    expect([used.status, used.body.code]).to.deep.equal([409, 'sales.serial-used']);
    expect((await print(second, 'A00000002')).status).to.equal(201);
  });
});
