// The demo's promises: it is made through the public API alone, a second run makes nothing, and passwords stay with their owner.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { seedDemoData } from './demo-data.ts';

type Seen = { readonly at: string; readonly key: string; readonly body: string };

const textOf = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

const productBody = z.object({ ticketTypes: z.array(z.object({ code: z.string() })) });

/** A platform that answers as the real one does: the same for the same key, and not yet at first. */
const startPlatform = async (): Promise<{
  server: Server;
  baseUrl: string;
  seen: Seen[];
  lost: { answers: number };
}> => {
  const seen: Seen[] = [];
  const answers = new Map<string, string>();
  const tenants: string[] = [];
  const lost = { answers: 0 };
  let early = 2;
  const answerTo = (at: string, body: string): string => {
    const id = `id_${answers.size}`;
    if (at === '/api/v1/tenants') tenants.push(id);
    if (at === '/api/v1/products') {
      const { ticketTypes } = productBody.parse(JSON.parse(body));
      return JSON.stringify({ id, ticketTypes: ticketTypes.map(({ code }) => ({ id: `tty_${code}`, code })) });
    }
    return JSON.stringify({ id, accessToken: 'token', apiKey: `tpk_${id}_secret` });
  };
  const reply = (at: string, key: string, body: string): { status: number; text: string } | 'lost' => {
    seen.push({ at, key, body });
    if (at === '/api/v1/products' && early > 0) {
      early -= 1;
      return { status: 422, text: JSON.stringify({ code: 'sales.unknown-site' }) };
    }
    const text = answers.get(`${at} ${key}`) ?? answerTo(at, body);
    answers.set(`${at} ${key}`, text);
    if (lost.answers === 0 || seen.length % 5 !== 0) return { status: 201, text };
    lost.answers -= 1;
    return 'lost';
  };
  const server = createServer((incoming, outgoing) => {
    void textOf(incoming).then((body) => {
      const key = String(incoming.headers['idempotency-key'] ?? '');
      const listed = { status: 200, text: JSON.stringify({ items: tenants.map((id) => ({ id })) }) };
      const answer = incoming.method === 'GET' ? listed : reply(incoming.url ?? '', key, body);
      if (answer === 'lost') outgoing.destroy();
      else outgoing.writeHead(answer.status).end(answer.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { server, baseUrl: `http://127.0.0.1:${port}`, seen, lost };
};

describe('demo data', () => {
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'demo-'));
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  const options = () => ({
    baseUrl: platform.baseUrl,
    adminPassword: 'the password of this installation',
    stateDirectory,
    sandboxUrl: 'http://127.0.0.1:8090',
    report: () => undefined,
  });

  before(async () => {
    platform = await startPlatform();
  });
  after(() => {
    platform.server.closeAllConnections();
    platform.server.close();
    rmSync(stateDirectory, { recursive: true, force: true });
  });

  it('has a scenic area and a station, each with gates, people and products, and waits until the platform knows them', async () => {
    platform.lost.answers = 4;
    const demo = await seedDemoData(options());
    expect(demo.tenants.map(({ kind }) => kind)).to.deep.equal(['scenic', 'station']);
    for (const tenant of demo.tenants) {
      expect(tenant.gates.length).to.be.at.least(2);
      expect(tenant.products.length).to.be.at.least(1);
      for (const product of tenant.products) expect(product.ticketTypes.length).to.be.at.least(2);
    }
    const roles = new Set(demo.users.flatMap((user) => user.roles));
    expect(roles.size).to.equal(19);
    expect(new Set(demo.users.map(({ password }) => password)).size).to.equal(demo.users.length);
    for (const { password } of demo.users) expect(password.length).to.be.at.least(12);
  });

  it('is readable by its owner alone', () => {
    expect(statSync(path.join(stateDirectory, 'demo.json')).mode & 0o777).to.equal(0o600);
  });

  it('makes nothing on a second run', async () => {
    const before = platform.seen.length;
    await seedDemoData(options());
    expect(platform.seen.length).to.equal(before);
  });

  it('asks for the same again when its file is lost, and ends with the same demo', async () => {
    const demo = await seedDemoData(options());
    const requests = new Set(platform.seen.map(({ at, key, body }) => `${at} ${key} ${body}`)).size;
    rmSync(path.join(stateDirectory, 'demo.json'));
    expect(await seedDemoData(options())).to.deep.equal(demo);
    expect(new Set(platform.seen.map(({ at, key, body }) => `${at} ${key} ${body}`)).size).to.equal(requests);
  });

  it('sends a different key with every request that creates something', () => {
    const byKey = Map.groupBy(platform.seen, ({ at, key }) => `${at} ${key}`);
    for (const [name, requests] of byKey)
      expect(new Set(requests.map(({ body }) => body)).size, name).to.equal(at(name));
  });
});

/** Sign-ins are no creation: their key says nothing. */
const at = (name: string): number => (name.startsWith('/api/v1/auth/sessions') ? 3 : 1);
