// Claims and concurrent changes on a real database: of two instances one gets each message, and nobody's change is lost.
import { PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import { openDatabase, Scope, Vault, type Database, type Origin } from '@tongpiao/persistence';
import { forget, testServers, type TestServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { sealContent } from './content.ts';
import type { MessageFacts } from './message.ts';
import { openMessages, type Held, type MessageStore, type NewMessage } from './message.store.ts';

const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
const logger = pino({ level: 'silent' });
const origin: Origin = { by: 'service:test', channel: 'test', cause: 'test', correlationId: 'test' };

describe('message store', () => {
  let servers: TestServers;
  let database: Database;
  let vault: Vault;
  let one: MessageStore;
  let other: MessageStore;
  const scope = Scope.ofTenant(TENANT, origin);
  let count = 0;

  before(async () => {
    servers = testServers();
    const everyTenant = Scope.acrossTenants('test', origin, logger);
    const open = (): Promise<Database> =>
      openDatabase({ uri: servers.mongodbUri, name: servers.database('messages'), logger });
    database = await open();
    vault = await Vault.open(database.connection, servers.key());
    one = await openMessages(database, { everyTenant, answerWithinMs: 60_000, holdsKeys: () => undefined });
    other = await openMessages(database, { everyTenant, answerWithinMs: 60_000, holdsKeys: () => undefined });
  });
  after(async () => {
    await database.close();
    await forget(servers, { databases: ['messages'] });
  });

  async function newMessage(about = 'ord_1'): Promise<NewMessage> {
    count += 1;
    const number = count;
    const content = { to: '+8613800005678', signature: '通票', values: {} };
    const { sealed, contentHash } = sealContent(await vault.newRecordKey(scope), content);
    const facts: MessageFacts = {
      channel: 'sms',
      lane: 'sms',
      about,
      template: 'order-fulfilled',
      templateVersion: 1,
      language: 'zh-CN',
      receiver: '138****5678',
      receiverIndex: 'index',
      contentHash,
      createdAt: new Date(Date.UTC(2026, 10, 1, 0, 0, number)).toISOString(),
    };
    return { id: `msg_${String(number).padStart(6, '0')}`, scope, command: { type: 'QueueMessage', facts }, sealed };
  }
  const many = (length: number, about?: string): Promise<NewMessage[]> =>
    Promise.all(Array.from({ length }, () => newMessage(about)));
  const now = (): string => new Date().toISOString();

  it('NOT-03 of two instances that claim at once, one gets each message', async () => {
    const messages = await many(300);
    await one.create(messages, new Date());
    // Both see all of them as due: without the guard both would send them.
    const claims = await Promise.all([
      one.claimDue('sms', { id: 'one', at: now() }, 300, origin),
      other.claimDue('sms', { id: 'other', at: now() }, 300, origin),
      one.claimDue('sms', { id: 'third', at: now() }, 300, origin),
    ]);
    const ids = claims.flat().map(({ held }) => held.id);
    expect(ids).to.have.length(300);
    expect(new Set(ids).size).to.equal(300);
    expect(await one.claimDue('sms', { id: 'late', at: now() }, 300, origin)).to.deep.equal([]);
    for (const { sealed } of claims.flat()) expect(sealed).not.to.equal(undefined);
  });

  it('NOT-03 a message that is there already stays as it is', async () => {
    const messages = await many(3);
    const [first, second] = messages;
    if (first === undefined || second === undefined) throw new Error('no messages');
    await one.create([second], new Date());
    const created = await other.create([...messages, first], new Date());
    expect(created.map((held) => held !== undefined)).to.deep.equal([true, false, true, false]);
  });

  it('NOT-05 a result and the sweep at the same moment end in one of the two orders, with a whole journal', async () => {
    const messages = await many(40);
    const attempt = { id: 'attempt', at: now() };
    const begun = messages.map((message): NewMessage =>
      message.command.type === 'QueueMessage' ? { ...message, command: { ...message.command, attempt } } : message,
    );
    const held = (await one.create(begun, new Date())).filter((item): item is Held => item !== undefined);
    const at = now();
    await Promise.all([
      one.advance(
        held.map((item) => ({
          held: item,
          command: {
            type: 'AcceptMessage',
            attemptId: 'attempt',
            submission: { provider: 'smpp', reference: `ref-${item.id}`, segments: 2, sentAt: at },
          },
        })),
        new Date(),
        origin,
      ),
      other.advance(
        held.map((item) => ({
          held: item,
          command: { type: 'GiveUpWaiting', begunBefore: '2100-01-01T00:00:00.000Z', at },
        })),
        new Date(),
        origin,
      ),
    ]);
    for (const { id } of held) {
      // Accepted first: the sweep changes nothing. Swept first: the answer still tells.
      expect((await one.load(scope, id))?.state.status).to.equal('sent');
      expect(await one.verify(scope, id)).to.include({ intact: true });
    }
    const found = await one.byReferences(held.map(({ id }) => `ref-${id}`));
    expect(found).to.have.length(40);
    const sums = await one.charges(0);
    expect(sums.reduce((sum, { segments }) => sum + segments, 0)).to.equal(80);
    expect(sums.reduce((sum, { messages: number }) => sum + number, 0)).to.equal(40);
  });

  it('NOT-05 lists as lost only what was begun long enough ago', async () => {
    const [message] = await many(1);
    if (message?.command.type !== 'QueueMessage') throw new Error('no message');
    const begunAt = Date.now() - 59_000;
    const attempt = { id: 'attempt', at: new Date(begunAt).toISOString() };
    await one.create([{ ...message, command: { ...message.command, attempt } }], new Date());
    const lost = async (at: number): Promise<readonly string[]> =>
      (await one.lost(new Date(at), 100)).map(({ id }) => id);
    expect(await lost(begunAt + 59_999)).not.to.include(message.id);
    expect(await lost(begunAt + 60_000)).to.include(message.id);
  });

  it('PLA-34 lists a page at a time, newest first, of its own tenant only', async () => {
    const messages = await many(7, 'ord_paged');
    await one.create(messages, new Date());
    const seen: string[] = [];
    let before: { at: string; id: string } | undefined;
    for (let page = 0; page < 10; page += 1) {
      const found = await one.listAbout(scope, 'ord_paged', before, 3);
      const last = found[found.length - 1];
      if (last === undefined) break;
      seen.push(...found.map(({ id }) => id));
      before = { at: last.state.createdAt, id: last.id };
    }
    expect(seen).to.deep.equal(messages.map(({ id }) => id).reverse());
    const stranger = Scope.ofTenant(PLATFORM_TENANT, origin);
    expect(await one.listAbout(stranger, 'ord_paged', undefined, 10)).to.deep.equal([]);
    expect(await one.view(stranger, messages[0]?.id ?? '')).to.equal(undefined);
  });

  it('PLA-20 a journal entry that was changed is found', async () => {
    const [message] = await many(1);
    if (message === undefined) throw new Error('no message');
    await one.create([message], new Date());
    expect(await one.verify(scope, message.id)).to.include({ intact: true });
    await database.connection
      .collection<{ _id: string }>('messages')
      .updateOne({ _id: message.id }, { $set: { 'journal.0.data.facts.receiver': '139****0000' } });
    expect(await one.verify(scope, message.id)).to.deep.equal({ intact: false, seq: 1, reason: 'changed' });
  });
});
