// What an applicant hears of a lost, damaged or wrong ticket, through the gateway on real processes: each step by SMS and mail, the new
// ticket with 补发 on its page and on paper, the old one refused at the gate; and how long all of that takes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { extractText, getDocumentProxy } from 'unpdf';
import { createClient, type Answer, type Client } from '../support/client.ts';
import { makeWorld, type Offer, type World } from '../support/world.ts';

type Ticket = { number: string; status: string; qr: string };
type Order = { id: string; status: string; accessToken: string; tickets: Ticket[] };
type Case = {
  id: string;
  status: string;
  accessToken: string;
  newNumber?: string;
  reissuedAt?: string;
  shipment?: { trackingNumber: string };
  staff?: { decision?: { at: string }; carriedOutMs?: number; gates?: { count: number; knowMs: number } };
};
type Sms = { text: string; segments: number; at: string };
type Mail = { subject: string; text: string; attachments: { mimeType: string; path: string }[] };
type Bought = { readonly order: Order; readonly ticket: Ticket; readonly phone: string; readonly email: string };

const PATH = '/api/v1/reissue-applications';
const NAMED = { name: '张三', idType: 'passport' } as const;
const approve = { action: 'decide', verdict: 'approve', reason: '核对无误' };
const refuse = { action: 'decide', verdict: 'refuse', reason: '所附照片与购票人不符' };

describe('REI-33 journeys of what an applicant hears', function () {
  this.timeout(180_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-reissue-notices-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let offer: Offer;
  let operator: string;
  let reviewer: string;
  let people = 0;

  before(async () => {
    platform = await startPlatform({ stateDirectory, report: () => undefined, preferredPort: 18_780, addresses: {} });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
    offer = await world.addProduct({ name: 'notices', capacity: 100, unpaidPerPhone: 2 });
    operator = await world.addStaff('operator', ['reissue_operator']);
    reviewer = await world.addStaff('reviewer', ['reviewer']);
    const token = world.managerToken;
    const { body, headers } = await client.call<{ version: number; risk: { points: object } }>(
      '/api/v1/reissue-policy',
      { token },
    );
    const { version: _version, risk, ...rules } = body;
    await client.expect(200, '/api/v1/reissue-policy', {
      method: 'PUT',
      token,
      headers: { 'if-match': String(headers['etag']) },
      json: {
        // Everybody here has one address.
        rules: {
          ...rules,
          risk: { ...risk, points: { ...risk.points, 'shared-address': 0 } },
          fees: [{ kind: 'correction', amount: 500 }],
        },
        reason: '试验',
      },
    });
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  async function buy(kind: 'named' | 'adult' = 'named'): Promise<Bought & { document: object }> {
    people += 1;
    const phone = `1360000${String(people).padStart(3, '0')}5`;
    const email = `applicant-${people}@example.cn`;
    const document = { idType: NAMED.idType, idNumber: `E5678${String(people).padStart(2, '0')}11` };
    const travellers = kind === 'named' ? { travellers: [{ name: NAMED.name, ...document }] } : { quantity: 1 };
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      wait: 15,
      json: {
        contact: { name: '张三', phone, email },
        lines: [{ sessionId: offer.sessionIds[0], ticketTypeId: offer.ticketTypes[kind], ...travellers }],
      },
    });
    const { accessToken: token } = order;
    const paying = { token, wait: 15, json: { method: 'sandbox' } };
    await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, paying);
    const ticket = await eventually('the ticket', async () => {
      const found = await client.expect<Order>(200, `/api/v1/orders/${order.id}`, { token });
      return found.tickets[0];
    });
    return { order, ticket, phone, email, document };
  }
  const apply = ({ ticket }: Bought, json: object, token?: string): Promise<Answer<Case>> =>
    eventually('the ticket is known', async () => {
      const answer = await client.call<Case>(PATH, {
        ...(token === undefined ? {} : { token }),
        json: { kind: 'replacement', reason: 'lost', ticket: { number: ticket.number }, ...json },
      });
      if (answer.status === 404) return undefined;
      expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
      return answer;
    });
  const becomes = ({ id, accessToken }: Case, status: string): Promise<Case> =>
    eventually(`case ${status}`, async () => {
      const found = await client.expect<Case>(200, `${PATH}/${id}`, { token: accessToken });
      if (found.status === status) return { ...found, accessToken };
      throw new Error(JSON.stringify(found));
    });
  const review = (of: Case, token: string, json: object): Promise<Case> =>
    client.expect<Case>(200, `${PATH}/${of.id}/review`, { token, json });
  const asStaff = ({ id }: Case): Promise<Case> => client.expect<Case>(200, `${PATH}/${id}`, { token: operator });
  const step = ({ id, accessToken: token }: Case, name: string, json: object = {}): Promise<Case> =>
    client.expect<Case>(200, `${PATH}/${id}/${name}`, { token, json });

  async function arrived<Kind extends 'sms' | 'mail'>(
    kind: Kind,
    to: string,
  ): Promise<(Kind extends 'sms' ? Sms : Mail)[]> {
    const answer = await fetch(`${platform.sandboxUrl}/${kind}?to=${encodeURIComponent(to)}&limit=50`);
    return (await answer.json()) as (Kind extends 'sms' ? Sms : Mail)[];
  }
  const heard = ({ phone }: Bought, words: string | RegExp): Promise<Sms> =>
    eventually(`an SMS: ${String(words)}`, async () => {
      const all = await arrived('sms', phone);
      const found = all.find(({ text }) => (typeof words === 'string' ? text.includes(words) : words.test(text)));
      if (found === undefined) throw new Error(all.map(({ text }) => text).join(' | '));
      expect(found.segments, found.text).to.equal(1);
      return found;
    });
  const read = ({ email }: Bought, subject: string): Promise<Mail> =>
    eventually(`a mail: ${subject}`, async () =>
      (await arrived('mail', email)).find((mail) => mail.subject.startsWith(subject)),
    );
  async function textOf(address: string, token?: string): Promise<string> {
    const answer = await fetch(address, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status, address).to.equal(200);
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(await answer.arrayBuffer())));
    return text.join('').replaceAll(/\s+/g, '');
  }
  const today = (): string => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date());
  const scan = (qr: string): Promise<{ outcome: string; reason?: string }> =>
    client.expect(200, '/api/v1/check-ins', {
      apiKey: world.gateKey,
      json: { gateId: world.gateId, credential: { qr } },
    });

  it('REI-30 REI-35 lost: received and frozen, then the new ticket, soon; the old code is refused within five seconds', async () => {
    const bought = await buy();
    const { body } = await apply(bought, { proof: { document: bought.document } });
    await becomes(body, 'deciding');
    await heard(bought, `票${bought.ticket.number}已冻结暂不能使用`);
    expect((await read(bought, '补发申请已受理，原票已冻结')).text).to.contain(body.id);

    await review(body, operator, approve);
    const refused = await eventually('the old code is superseded', async () => {
      const answer = await scan(bought.ticket.qr);
      return answer.outcome === 'refused' && answer.reason === 'superseded' ? Date.now() : undefined;
    });
    const done = await becomes(body, 'reissued');
    const sms = await heard(bought, `新票号${done.newNumber ?? ''}，请用新二维码检票，原票作废`);
    const { staff } = await asStaff(body);
    const decidedAt = Date.parse(staff?.decision?.at ?? '');
    expect(refused - decidedAt, 'ms until a gate with network refuses the old code').to.be.lessThan(5_000);
    // The mark is two seconds; a machine that is busy with other things gets five.
    expect(Date.parse(sms.at) - decidedAt, 'ms until the SMS of the new ticket').to.be.lessThan(5_000);

    const mail = await read(bought, '已补发，请使用新票');
    expect(mail.text).to.contain(`原票${bought.ticket.number}已作废`);
    const page = mail.attachments.find(({ mimeType }) => mimeType === 'application/pdf');
    const drawn = await textOf(`${platform.sandboxUrl}${page?.path ?? ''}`);
    expect(drawn).to.contain('补发').and.to.contain(today()).and.to.contain('张*');
    const own = await textOf(
      `${client.baseUrl}/api/v1/tickets/${done.newNumber ?? ''}/ticket.pdf`,
      bought.order.accessToken,
    );
    expect(own).to.equal(drawn);
  });

  it('REI-35 a gate that goes by a list: the case shows when it knew', async () => {
    let cursor = '';
    const sync = async (): Promise<void> => {
      const since = cursor === '' ? '' : `?since=${encodeURIComponent(cursor)}`;
      const list = await client.expect<{ cursor: string; more: boolean }>(
        200,
        `/api/v1/gates/${world.gateId}/manifest${since}`,
        { apiKey: world.gateKey },
      );
      cursor = list.cursor;
      if (list.more) await sync();
    };
    await sync();
    const bought = await buy();
    const { body } = await apply(bought, { proof: { document: bought.document } });
    await becomes(body, 'deciding');
    await review(body, operator, approve);
    await becomes(body, 'reissued');
    const gates = await eventually('the list knows', async () => {
      await sync();
      return (await asStaff(body)).staff?.gates;
    });
    expect(gates.count).to.equal(1);
    expect(gates.knowMs).to.be.within(1_000, 60_000);
  });

  it('REI-21 REI-41 material with its deadline, a refusal with words and a way to appeal, the appeal, the new ticket', async () => {
    const bought = await buy();
    const { body } = await apply(bought, { reason: 'damaged', proof: { document: bought.document } });
    await becomes(body, 'deciding');
    await heard(bought, `补发申请已受理，票号${bought.ticket.number}`);
    await review(body, operator, { action: 'ask-material', what: '票面照片' });
    await heard(bought, /需补充材料：票面照片，请于\d+月\d+日\d\d:\d\d前提交/);
    await step(body, 'material', { words: '照片见附件' });
    await review(body, operator, refuse);
    await heard(bought, /补发未通过：经审核不符合条件。\d+月\d+日\d\d:\d\d前可凭申请编号申诉一次/);
    const { text } = await read(bought, '补发申请未通过');
    expect(text).to.contain('所附照片与购票人不符').and.to.contain(`凭申请编号${body.id}申诉一次`);
    await step(body, 'appeal', { words: '照片是本人' });
    await heard(bought, '申诉已收到');
    await review(body, reviewer, approve);
    await heard(bought, '请用新二维码检票，原票作废');
  });

  it('REI-22 REI-31 a wrong name: the fee and its deadline, then the corrected ticket; another is withdrawn', async () => {
    const bought = await buy();
    const { document } = bought;
    const json = { kind: 'correction', reason: 'wrong-data', correction: { name: '李四' }, proof: { document } };
    const { body } = await apply(bought, json);
    await becomes(body, 'reviewing');
    await review(body, reviewer, approve);
    await heard(bought, /重开获批，请于\d+月\d+日\d\d:\d\d前支付工本费¥5\.00，随后出新票/);
    await client.expect([201, 202], `${PATH}/${body.id}/payments`, {
      token: body.accessToken,
      wait: 15,
      json: { method: 'sandbox' },
    });
    await heard(bought, '已重开：新票号');
    // REI-22: earned as a fee of reissuing, and no ticket's price.
    await eventually('the fee is booked', async () => {
      const { items } = await client.expect<{ items: { rule: string; lines: { credit: { amount: number } }[] }[] }>(
        200,
        '/api/v1/ledger/entries?account=reissue-fee-revenue',
        { token: world.financeToken },
      );
      return (
        items.some(({ rule }) => rule === 'reissue-fee-captured') || Promise.reject(new Error(JSON.stringify(items)))
      );
    });
    const mail = await read(bought, '已重开，请使用新票');
    const page = mail.attachments.find(({ mimeType }) => mimeType === 'application/pdf');
    expect(await textOf(`${platform.sandboxUrl}${page?.path ?? ''}`), 'whom it names now').to.contain('李*');

    const other = await buy();
    // REI-04: whoever holds the order's token has bought it.
    const second = await apply(other, { proof: { orderToken: other.order.accessToken } });
    expect(second.body, 'REI-02').to.include({ status: 'verifying', frozen: true });
    await heard(other, '提交购票时所用证件');
    const { id, accessToken: token } = second.body;
    await client.expect(200, `${PATH}/${id}/verification`, { token, json: { document: other.document } });
    await becomes(second.body, 'deciding');
    await step(second.body, 'withdrawal');
    await heard(other, `补发申请已撤回，原票${other.ticket.number}仍有效`);
  });

  it('REI-30 damaged paper at a counter: one sheet with 补发 on it, the old sheet is void; by post with its number', async () => {
    const bought = await buy('adult');
    const { number } = bought.ticket;
    const print = (of: string, serial: string) =>
      client.call<{ pdf: string; code: string }>(`/api/v1/tickets/${of}/prints`, {
        token: world.clerkToken,
        json: { serial },
      });
    const first = await print(number, 'B00000001');
    expect(first.status).to.equal(201);

    const { body } = await apply(bought, { reason: 'damaged', channel: 'counter' }, world.clerkToken);
    const proof = { purchaseProof: '微信支付记录与取票码' };
    await client.expect(200, `${PATH}/${body.id}/verification`, { token: world.clerkToken, json: proof });
    await becomes(body, 'deciding');
    await review(body, operator, approve);
    const fresh = (await becomes(body, 'reissued')).newNumber ?? '';

    const void1 = await print(number, 'B00000002');
    expect([void1.status, void1.body.code]).to.deep.equal([409, 'sales.ticket-not-living']);
    const old = await client.call<{ code: string }>(first.body.pdf, { token: world.clerkToken });
    expect([old.status, old.body.code]).to.deep.equal([409, 'sales.ticket-not-living']);
    const used = await print(fresh, 'B00000001');
    expect([used.status, used.body.code], 'the old sheet').to.deep.equal([409, 'sales.serial-used']);
    const paper = await print(fresh, 'B00000003');
    expect(paper.status).to.equal(201);
    const sheet = await textOf(`${client.baseUrl}${paper.body.pdf}`, world.clerkToken);
    expect(sheet).to.contain('纸质票').and.to.contain('B00000003').and.to.contain('补发').and.to.contain(today());
    const again = await print(fresh, 'B00000004');
    expect([again.status, again.body.code]).to.deep.equal([409, 'sales.ticket-printed-already']);

    await client.expect(200, `${PATH}/${body.id}/shipment`, {
      token: world.clerkToken,
      json: { carrier: '中国邮政', trackingNumber: 'EA123456789CN', serial: 'B00000003' },
    });
    await heard(bought, '新票已寄出：中国邮政单号EA123456789CN，请查收');
    const seen = await client.expect<Case>(200, `${PATH}/${body.id}`, { token: body.accessToken });
    expect(seen.shipment?.trackingNumber).to.equal('EA123456789CN');
  });
});
