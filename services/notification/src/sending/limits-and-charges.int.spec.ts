// Codes and their limits, what finance is told, what staff see, what is told again: on real servers.
import { randomBytes } from 'node:crypto';
import { messageReported, republishMessages, type DataOf } from '@tongpiao/contracts';
import { isMessage } from '@tongpiao/messaging';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeRequest,
  envelopeOf,
  fulfilledOrder,
  newMessageId,
  phone,
  startWorld,
  TENANT,
  type World,
} from '../notification.fixture.ts';

const problemShape = z.looseObject({ title: z.string(), status: z.int(), detail: z.string(), code: z.string() });
const mailbox = (): string => `buyer-${randomBytes(5).toString('hex')}@example.cn`;

describe('codes, charges and staff', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(async () => {
    await world.stop();
  });
  const stops: (() => Promise<void>)[] = [];
  const start: World['start'] = async (...given) => {
    const running = await world.start(...given);
    stops.push(() => running.stop());
    return running;
  };
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    world.sandboxes.control({ smsPerSecond: 0 });
  });
  const ends = (about: string): Promise<{ status: string; reason?: string }> =>
    eventually(`${about} ends`, async () => {
      const [message] = await world.messages({ 'state.about': about });
      const { status, reason } = message?.state ?? {};
      if (status === undefined || status === 'queued' || status === 'sending') return undefined;
      return { status, ...(reason === undefined ? {} : { reason }) };
    });

  describe('NOT-06 codes', () => {
    it('NOT-06 a code is sent at once, by SMS or mail', async () => {
      await start();
      const [to, email] = [phone(), mailbox()];
      await world.publish(codeRequest(world, to, { code: '135790' }), 'command');
      await world.publish(codeRequest(world, email, { channel: 'email', code: '246801' }), 'command');
      await eventually('both', () => world.sandboxes.sms(to).length + world.sandboxes.mail(email).length === 2);
      expect(world.sandboxes.sms(to)[0]?.text).to.equal('【云台山】验证码135790，5分钟内有效。请勿告诉他人。');
      expect(world.sandboxes.mail(email)[0]?.text).to.contain('246801');
    });

    it('NOT-06 a second code within a minute is suppressed with its reason, however the number is written', async () => {
      await start();
      const to = phone();
      const [first, second] = [codeRequest(world, to), codeRequest(world, `+86 ${to}`)];
      await world.publish(first, 'command');
      await ends(first.id);
      await world.publish(second, 'command');
      expect(await ends(second.id)).to.deep.equal({ status: 'suppressed', reason: 'limit-per-minute' });
      expect(world.sandboxes.sms(to)).to.have.length(1);
    });

    it('NOT-06 of ten requests at once to two instances one is sent', async () => {
      await Promise.all([start(), start()]);
      const to = phone();
      const requests = Array.from({ length: 10 }, () => codeRequest(world, to));
      await Promise.all(requests.map((request) => world.publish(request, 'command')));
      const outcomes = await Promise.all(requests.map(({ id }) => ends(id)));
      expect(outcomes.filter(({ status }) => status === 'suppressed')).to.have.length(9);
      expect(world.sandboxes.sms(to, 20)).to.have.length(1);
    });

    it('NOT-06 the same request delivered again counts once and sends once', async () => {
      await start();
      const to = phone();
      const request = codeRequest(world, to);
      await Promise.all([1, 2, 3].map(() => world.publish(request, 'command')));
      await ends(request.id);
      expect(await settled('SMS', () => world.sandboxes.sms(to, 20).length)).to.equal(1);
      expect((await world.messages({ 'state.about': request.id })).map(({ state }) => state.status)).not.to.include(
        'suppressed',
      );
    });

    it('NOT-06 LIMITS=off lifts the limit for load tests', async () => {
      await start({}, { LIMITS: 'off' });
      const to = phone();
      const requests = [codeRequest(world, to), codeRequest(world, to), codeRequest(world, to)];
      await Promise.all(requests.map((request) => world.publish(request, 'command')));
      await eventually('three', () => world.sandboxes.sms(to).length === 3);
    });

    it('NOT-06 a code that is past its time is not sent', async () => {
      await start();
      const to = phone();
      const request = codeRequest(world, to, { time: new Date(Date.now() - 400_000).toISOString() });
      await world.publish(request, 'command');
      expect(await ends(request.id)).to.deep.equal({ status: 'suppressed', reason: 'expired' });
      expect(world.sandboxes.sms(to)).to.deep.equal([]);
    });

    it('NOT-08 a code does not stand behind a backlog of receipts', async () => {
      // Slow enough that the backlog takes seconds.
      world.sandboxes.control({ mailSlowMs: 400 });
      await start();
      const slow = (): string => `slow@${randomBytes(4).toString('hex')}.cn`;
      const orders = Array.from({ length: 100 }, () => fulfilledOrder(world, { email: slow() }));
      await Promise.all(orders.map((order) => world.publish(order)));
      await eventually('a backlog', async () => (await world.messages({ 'state.status': 'sending' })).length > 50);
      const email = mailbox();
      await world.publish(codeRequest(world, email, { channel: 'email' }), 'command');
      await eventually('the code', () => world.sandboxes.mail(email).length === 1);
      const behind = (await world.messages({ 'state.status': { $in: ['queued', 'sending'] } })).length;
      expect(behind, 'the backlog is still there').to.be.greaterThan(20);
      await eventually(
        'the backlog is gone',
        async () => (await world.messages({ 'state.status': { $in: ['queued', 'sending'] } })).length === 0,
        { withinMs: 15_000 },
      );
    }).timeout(30_000);
  });

  describe('NOT-07 charges', () => {
    const timings = { chargeEveryMs: 100, settleEveryMs: 250 };
    const sumOf = (charged: World['charged']): { messages: number; segments: number } =>
      [...charged.values()].reduce(
        (sum, { messages, segments }) => ({ messages: sum.messages + messages, segments: sum.segments + segments }),
        { messages: 0, segments: 0 },
      );
    const accepted = async (): Promise<{ messages: number; segments: number }> => {
      const sent = (await world.messages({ 'state.channel': 'sms' })).flatMap(({ state }) => state.submission ?? []);
      return { messages: sent.length, segments: sent.reduce((sum, { segments }) => sum + segments, 0) };
    };

    it('NOT-07 finance hears every accepted segment once, with two instances and crashes in between', async () => {
      const crashes = { afterCommit: 0, afterPublish: 0 };
      const faults = {
        at: (point: keyof typeof crashes, { collection }: { collection: string }) => {
          if (collection !== 'charges' || crashes[point] >= 2) return;
          crashes[point] += 1;
          throw new Error('the process is gone');
        },
      };
      await Promise.all([start({ timings, faults }), start({ timings, faults })]);
      const send = async (count: number): Promise<void> => {
        const orders = Array.from({ length: count }, () => fulfilledOrder(world, { phone: phone(), language: 'en' }));
        await Promise.all([...orders, ...orders].map((order) => world.publish(order)));
        for (const { data } of orders) await ends(data.orderId);
      };
      await send(30);
      await send(20);
      await eventually('all told', async () => {
        const [told, real] = [sumOf(world.charged), await accepted()];
        if (told.messages === real.messages && told.segments === real.segments) return true;
        throw new Error(JSON.stringify({ told, real }));
      });
      const told = await settled('told', () => sumOf(world.charged));
      expect(told).to.deep.equal(await accepted());
      expect(told.segments).to.be.greaterThan(told.messages);
      expect(crashes.afterCommit, 'crashes after the commit').to.be.greaterThan(0);
      expect(crashes.afterPublish, 'crashes after the publishing').to.be.greaterThan(0);
    });

    it('NOT-07 what was accepted before an outage is told afterwards', async () => {
      const first = await start({ timings: { chargeEveryMs: 60_000, settleEveryMs: 60_000 } });
      const order = fulfilledOrder(world);
      await world.publish(order);
      await ends(order.data.orderId);
      await first.stop();
      // As if the outage had lasted: the minute is not among the newest any more.
      await world
        .collection('messages')
        .updateOne({ 'state.about': order.data.orderId }, { $inc: { 'charge.minute': -5 } });
      await start({ timings });
      await eventually('told', async () => sumOf(world.charged).messages === (await accepted()).messages);
    });
  });

  describe('NOT-09 what staff see', () => {
    const body = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })), next: z.string().optional() });

    it('NOT-09 messages about an order, masked, with the reason of a failure; one with its text and journal', async () => {
      const { httpPort } = await start();
      const to = phone('0000');
      const order = fulfilledOrder(world, { phone: to, email: mailbox() });
      await world.publish(order);
      await eventually(
        'failed',
        async () =>
          (await world.messages({ 'state.about': order.data.orderId, 'state.status': 'failed' })).length === 1,
      );
      const token = world.trust.token({ tid: TENANT, roles: ['manager'] });
      const read = async (path: string, bearer = token): Promise<{ status: number; text: string }> => {
        const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
          headers: { authorization: `Bearer ${bearer}` },
        });
        return { status: answer.status, text: await answer.text() };
      };
      const list = await read(`/api/v1/messages?about=${order.data.orderId}`);
      expect(list.status).to.equal(200);
      const { items } = body.parse(JSON.parse(list.text));
      expect(items).to.have.length(2);
      const sms = items.find(({ ['channel']: channel }) => channel === 'sms');
      expect(sms).to.include({
        status: 'failed',
        reason: 'UNDELIV 001',
        receiver: `${to.slice(0, 3)}****0000`,
        segments: 1,
        tries: 1,
      });
      const one = await read(`/api/v1/messages/${sms?.id ?? ''}`);
      expect(JSON.parse(one.text)).to.have.property('text').that.contains('【云台山】分时入园门票已出票');
      expect(one.text).to.contain('MessageQueued').and.contain('SendingBegun').and.contain('MessageFailed');
      const mail = items.find(({ ['channel']: channel }) => channel === 'email');
      const shown = await read(`/api/v1/messages/${mail?.id ?? ''}`);
      for (const { text } of [list, one, shown]) {
        expect(text).not.to.contain(to);
        expect(text).not.to.contain('张三丰');
        expect(text).not.to.contain('TP1.K2026A');
      }
      const auditor = world.trust.token({ tid: TENANT, roles: ['auditor'] });
      const trail = await read(`/api/v1/operations/notification/audit-trail?what=read`, auditor);
      for (const subject of [order.data.orderId, sms?.id ?? ''])
        expect(trail.text).to.contain(`"subject":"${subject}"`);
      const clerk = world.trust.token({ tid: TENANT, roles: ['sales_clerk'] });
      expect((await read(`/api/v1/messages?about=${order.data.orderId}`, clerk)).status).to.equal(403);
      const stranger = world.trust.token({ tid: 'ten_0000000000000000000x', roles: ['manager'] });
      expect(
        body.parse(JSON.parse((await read(`/api/v1/messages?about=${order.data.orderId}`, stranger)).text)).items,
      ).to.deep.equal([]);
    });

    it('PLA-31 a message that there is not, or of another tenant, and a page that nobody gave', async () => {
      const { httpPort } = await start();
      const order = fulfilledOrder(world);
      await world.publish(order);
      await ends(order.data.orderId);
      const [sms] = await world.messages({ 'state.about': order.data.orderId });
      const cursor = (text: string): string => Buffer.from(text).toString('base64url');
      const page = `/api/v1/messages?about=${order.data.orderId}&cursor=`;
      for (const [path, tid, status, code] of [
        ['/api/v1/messages/msg_nobodysentthis', TENANT, 404, 'notification.message-unknown'],
        [`/api/v1/messages/${sms?._id ?? ''}`, 'ten_0000000000000000000x', 404, 'notification.message-unknown'],
        [`${page}nonsense`, TENANT, 400, 'notification.cursor-invalid'],
        [`${page}${cursor('|msg_1')}`, TENANT, 400, 'notification.cursor-invalid'],
        [`${page}${cursor('someday|msg_1')}`, TENANT, 400, 'notification.cursor-invalid'],
      ] as const)
        for (const [language, words] of [
          ['zh-CN', /[一-鿿]/],
          ['en', /^[ -~]+$/],
        ] as const) {
          const authorization = `Bearer ${world.trust.token({ tid, roles: ['manager'] })}`;
          const headers = { authorization, 'accept-language': language };
          const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`, { headers });
          const problem = problemShape.parse(await answer.json());
          expect([answer.status, problem.status, problem.code], path).to.deep.equal([status, status, code]);
          expect(`${problem.title} ${problem.detail}`).to.match(words);
        }
    });
  });

  it('tells the state of every message to the queue that asks', async () => {
    await start();
    const order = fulfilledOrder(world);
    await world.publish(order);
    await ends(order.data.orderId);
    const heard = new Map<string, DataOf<typeof messageReported>>();
    const listener = await world.broker.consume({
      slice: 'reports',
      definitions: [messageReported],
      handle: async (message) => {
        if (isMessage(message, messageReported)) heard.set(message.envelope.data.messageId, message.envelope.data);
      },
    });
    const command = envelopeOf(republishMessages.type, newMessageId(), { replyQueue: listener.queue });
    await world.publish(command, 'command');
    const all = (await world.messages()).length;
    await eventually('all told', () => heard.size === all);
    const [stored] = await world.messages({ 'state.about': order.data.orderId });
    expect(heard.get(stored?._id ?? '')).to.include({ about: order.data.orderId, channel: 'sms' });
    heard.clear();
    await world.publish(
      envelopeOf(republishMessages.type, newMessageId(), {
        replyQueue: listener.queue,
        since: new Date(Date.now() + 60_000).toISOString(),
      }),
      'command',
    );
    expect(await settled('nothing changed since', () => heard.size)).to.equal(0);
    await listener.cancel();
  });
});
