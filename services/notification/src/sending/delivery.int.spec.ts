// From an event to a phone and a mailbox, on real servers: once, whatever is repeated or dies in between.
import { randomBytes } from 'node:crypto';
import { orderClosed, paymentReturned, type DataOf } from '@tongpiao/contracts';
import { verifyChain, journalEntrySchema } from '@tongpiao/persistence';
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
  type World,
} from '../notification.fixture.ts';

const mailbox = (name = 'buyer'): string => `${name}-${randomBytes(5).toString('hex')}@example.cn`;
/** A crash: whatever was about to happen does not. */
const crash = (): void => {
  throw new Error('the process is gone');
};

describe('delivery of messages', () => {
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
    world.sandboxes.control({ smsReceiptDelayMs: 10, smsPerSecond: 0 });
  });

  const statusOf = async (about: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await world.messages({ 'state.about': about })).map(({ state }) => [state.channel, state.status]),
    );
  const becomes = (about: string, wanted: Readonly<Record<string, string>>): Promise<unknown> =>
    eventually(`${about} becomes ${JSON.stringify(wanted)}`, async () => {
      const status = await statusOf(about);
      if (Object.entries(wanted).every(([channel, word]) => status[channel] === word)) return true;
      throw new Error(JSON.stringify(status));
    });
  /** Nothing more comes. */
  const countsOf = (to: string, email: string): Promise<{ sms: number; mail: number }> =>
    settled('what arrived', () => ({
      sms: world.sandboxes.sms(to, 100).length,
      mail: world.sandboxes.mail(email, 100).length,
    }));

  /** The PDF that the newest mail to this address brought. */
  async function pdfOf(email: string): Promise<{ filename: string; pages: number }> {
    const attached = world.sandboxes
      .mail(email)[0]
      ?.attachments.filter(({ mimeType }) => mimeType === 'application/pdf');
    const [pdf] = attached ?? [];
    if (pdf === undefined || attached?.length !== 1) throw new Error('not one PDF');
    const bytes = await (await fetch(`${world.sandboxes.httpUrl}${pdf.path}`)).text();
    expect(bytes).to.match(/^%PDF-1\.7/);
    return { filename: pdf.filename, pages: Number(/\/Type \/Pages \/Count (\d+)/.exec(bytes)?.[1]) };
  }

  it('NOT-03 a fulfilled order gives one SMS and one mail, with receipts', async () => {
    await start();
    const [to, email] = [phone(), mailbox()];
    const order = fulfilledOrder(world, { phone: to, email });
    await world.publish(order);
    await becomes(order.data.orderId, { sms: 'delivered', email: 'sent' });
    const [sms] = world.sandboxes.sms(to);
    expect(sms?.text).to.equal('【云台山】分时入园门票已出票：12月1日09:00-11:00，票号0A7F3K9Q2M5X8C0等2张。');
    expect(sms?.segments).to.equal(1);
    const [mail] = world.sandboxes.mail(email);
    expect(mail?.subject).to.equal('已出票：分时入园门票（2张）');
    expect(mail?.html).to.contain('0A7F3K9Q2M5X8C1').and.to.contain('张三丰').and.to.contain(order.data.orderId);
    expect(mail?.html).to.contain('票面见附件PDF');
  });

  it('SAL-32 a mail shows each code as a picture of its own, and brings the tickets as one PDF', async () => {
    await start();
    const email = mailbox();
    const order = fulfilledOrder(world, { email });
    await world.publish(order);
    await becomes(order.data.orderId, { email: 'sent' });
    const [mail] = world.sandboxes.mail(email);
    const pictures = mail?.attachments.filter(({ contentId }) => contentId !== undefined) ?? [];
    expect(pictures.map(({ mimeType }) => mimeType)).to.deep.equal(['image/png', 'image/png']);
    for (const { contentId = '' } of pictures) expect(mail?.html).to.contain(`src="cid:${contentId}"`);
    expect(await pdfOf(email)).to.deep.include({ filename: `tickets-${order.data.orderId}.pdf`, pages: 2 });
  });

  it('SAL-32 what sales told before it told of pages has none, and its codes all the same', async () => {
    await start();
    const email = mailbox();
    const { data, ...order } = fulfilledOrder(world, { email, tickets: 22 });
    const tickets = data.tickets.map(({ page: _page, ...ticket }) => ticket);
    await world.publish({ ...order, data: { ...data, tickets } });
    await becomes(data.orderId, { email: 'sent' });
    const [mail] = world.sandboxes.mail(email);
    expect(mail?.attachments.map(({ mimeType }) => mimeType)).to.deep.equal(Array(20).fill('image/png'));
    expect(mail?.html).to.contain('另有2张').and.not.to.contain('PDF');
  });

  it('NOT-03 the text follows the language of the order', async () => {
    await start();
    const [to, email] = [phone(), mailbox()];
    const order = fulfilledOrder(world, { phone: to, email, language: 'en', tickets: 1 });
    await world.publish(order);
    await becomes(order.data.orderId, { sms: 'delivered', email: 'sent' });
    expect(world.sandboxes.sms(to)[0]?.text).to.contain('Timed entry: your tickets are ready. Dec 1 09:00-11:00');
    expect(world.sandboxes.mail(email)[0]?.subject).to.equal('Your tickets: Timed entry (1)');
  });

  for (const [tickets, pages, words] of [
    [33, 33, '票面见附件PDF，可保存或打印。<'],
    [60, 50, '前50张票面见附件PDF，可保存或打印。另有10张未在此列出，请在订单中查看。'],
  ] as const)
    it(`NOT-03 a mail about ${tickets} tickets shows twenty, brings ${pages} as pages, and says how many more there are`, async () => {
      await start();
      const email = mailbox();
      const order = fulfilledOrder(world, { email, tickets });
      await world.publish(order);
      await becomes(order.data.orderId, { email: 'sent' });
      const [mail] = world.sandboxes.mail(email);
      expect(mail?.html.match(/<img /g)).to.have.length(20);
      expect(mail?.html).to.contain(words);
      expect((await pdfOf(email)).pages).to.equal(pages);
    });

  it('NOT-03 an order that closes or money that goes back is told, where it is to be told', async () => {
    await start();
    const ids = [newMessageId(), newMessageId(), newMessageId()];
    const [closedTo, silentTo, returnedTo] = [phone(), phone(), phone()];
    const contact = (id: string, to: string) => ({ name: world.sealed(id, '李四'), phone: world.sealed(id, to) });
    const closed = (id: string, to: string, notify: boolean): DataOf<typeof orderClosed> => ({
      ...orderClosed.example,
      orderId: `ord_${id}`,
      contact: contact(id, to),
      notify,
    });
    const [a = '', b = '', c = ''] = ids;
    await world.publish(envelopeOf(orderClosed.type, a, closed(a, closedTo, true)));
    await world.publish(envelopeOf(orderClosed.type, b, closed(b, silentTo, false)));
    await world.publish(
      envelopeOf(paymentReturned.type, c, {
        ...paymentReturned.example,
        orderId: `ord_${c}`,
        contact: contact(c, returnedTo),
      }),
    );
    await becomes(`ord_${a}`, { sms: 'delivered' });
    await becomes(`ord_${c}`, { sms: 'delivered' });
    expect(world.sandboxes.sms(closedTo)[0]?.text).to.contain('未在限时内支付');
    expect(world.sandboxes.sms(returnedTo)[0]?.text).to.contain('支付的¥240.00已原路全额退回');
    expect(await world.messages({ 'state.about': `ord_${b}` })).to.deep.equal([]);
    expect(world.sandboxes.sms(silentTo)).to.deep.equal([]);
  });

  it('NOT-03 two instances and every event three times: one SMS and one mail each', async () => {
    await Promise.all([start(), start()]);
    const orders = Array.from({ length: 60 }, () => ({ to: phone(), email: mailbox() })).map((buyer) => ({
      ...buyer,
      envelope: fulfilledOrder(world, { phone: buyer.to, email: buyer.email }),
    }));
    await Promise.all([...orders, ...orders, ...orders].map(({ envelope }) => world.publish(envelope)));
    for (const { envelope } of orders) await becomes(envelope.data.orderId, { sms: 'delivered', email: 'sent' });
    const last = orders[orders.length - 1];
    await countsOf(last?.to ?? '', last?.email ?? '');
    for (const { to, email } of orders) {
      expect(world.sandboxes.sms(to, 10), to).to.have.length(1);
      expect(world.sandboxes.mail(email, 10), email).to.have.length(1);
    }
  });

  it('NOT-03 a crash before the event is acknowledged leads to the same message', async () => {
    let crashes = 0;
    await start({
      messagingFaults: {
        at: (point, { queue }) => {
          if (point !== 'beforeAck' || queue?.endsWith('on-order-fulfilled') !== true || crashes >= 3) return;
          crashes += 1;
          crash();
        },
      },
    });
    const [to, email] = [phone(), mailbox()];
    const order = fulfilledOrder(world, { phone: to, email });
    await world.publish(order);
    await becomes(order.data.orderId, { sms: 'delivered', email: 'sent' });
    expect(await countsOf(to, email)).to.deep.equal({ sms: 1, mail: 1 });
    expect(crashes).to.equal(3);
  });

  const shortTimings = { answerWithinMs: 1_200, sweepEveryMs: 200, resumeEveryMs: 50 };

  it('NOT-05 a crash between claim and submission leaves the message unknown, and it is not sent later', async () => {
    let crashes = 0;
    const running = await start({
      timings: shortTimings,
      sendingFaults: {
        at(point) {
          if (point !== 'afterClaim') return;
          crashes += 1;
          crash();
        },
      },
    });
    const [to, email] = [phone(), mailbox()];
    const order = fulfilledOrder(world, { phone: to, email });
    await world.publish(order);
    // Before that, an instance that stops gives back what it has claimed.
    await eventually('both have died', () => crashes === 2);
    await running.stop();
    await start({ timings: shortTimings });
    await becomes(order.data.orderId, { sms: 'unknown', email: 'unknown' });
    await world.publish(order);
    expect(await countsOf(to, email)).to.deep.equal({ sms: 0, mail: 0 });
    const [message] = await world.messages({ 'state.about': order.data.orderId });
    expect(message?.state.reason).to.equal('sender-lost');
  });

  it('NOT-05 a crash between submission and result leaves the message unknown, and it is not sent twice', async () => {
    const running = await start({
      timings: shortTimings,
      sendingFaults: { at: (point) => (point === 'afterSubmit' ? crash() : undefined) },
    });
    const [to, email] = [phone(), mailbox()];
    const order = fulfilledOrder(world, { phone: to, email });
    await world.publish(order);
    await eventually('both arrived', () => world.sandboxes.sms(to).length + world.sandboxes.mail(email).length === 2);
    await running.stop();
    await start({ timings: shortTimings });
    await becomes(order.data.orderId, { sms: 'unknown', email: 'unknown' });
    await world.publish(order);
    expect(await countsOf(to, email)).to.deep.equal({ sms: 1, mail: 1 });
  });

  it('NOT-05 providers that are down are waited for, and then everything is sent once', async () => {
    await world.stopSandboxes();
    await start({ timings: { resumeEveryMs: 50 } });
    const orders = Array.from({ length: 20 }, () => ({ to: phone(), email: mailbox() })).map((buyer) => ({
      ...buyer,
      envelope: fulfilledOrder(world, { phone: buyer.to, email: buyer.email }),
    }));
    await Promise.all(orders.map(({ envelope }) => world.publish(envelope)));
    await eventually('all are waiting', async () => {
      const waiting = await world.messages({
        'state.about': { $in: orders.map(({ envelope }) => envelope.data.orderId) },
        'state.status': { $in: ['queued', 'sending'] },
      });
      return waiting.length === 40;
    });
    await world.restartSandboxes();
    for (const { envelope } of orders) await becomes(envelope.data.orderId, { sms: 'delivered', email: 'sent' });
    for (const { to, email } of orders) {
      expect(world.sandboxes.sms(to, 10), to).to.have.length(1);
      expect(world.sandboxes.mail(email, 10), email).to.have.length(1);
    }
  }).timeout(40_000);

  it('NOT-05 a message centre that throttles gets everything in the end, once', async () => {
    world.sandboxes.control({ smsPerSecond: 20 });
    await start({ timings: { resumeEveryMs: 50 } });
    const orders = Array.from({ length: 50 }, () => phone()).map((to) => ({
      to,
      envelope: fulfilledOrder(world, { phone: to, tickets: 1 }),
    }));
    await Promise.all(orders.map(({ envelope }) => world.publish(envelope)));
    await eventually(
      'all delivered',
      async () => {
        const delivered = await world.messages({
          'state.about': { $in: orders.map(({ envelope }) => envelope.data.orderId) },
          'state.status': 'delivered',
        });
        if (delivered.length === orders.length) return true;
        throw new Error(`${delivered.length} of ${orders.length}`);
      },
      { withinMs: 50_000 },
    );
  }).timeout(60_000);

  it('NOT-05 an answer that never comes leaves the message unknown and listed, and it is not repeated', async () => {
    await start({ timings: { smsAnswerMs: 300 } });
    const to = phone('0002');
    const request = codeRequest(world, to);
    await world.publish(request, 'command');
    await becomes(request.id, { sms: 'unknown' });
    await world.publish(request, 'command');
    expect(await countsOf(to, mailbox())).to.deep.equal({ sms: 1, mail: 0 });
    const [message] = await world.messages({ 'state.about': request.id });
    expect(message?.state).to.include({ reason: 'timeout', tries: 1 });
  });

  it('NOT-03 what is not delivered, or refused for good, fails with the provider’s reason', async () => {
    await start();
    const undelivered = fulfilledOrder(world, {
      phone: phone('0000'),
      email: `bounce@${randomBytes(4).toString('hex')}.cn`,
    });
    const refused = fulfilledOrder(world, { phone: phone('0001') });
    await world.publish(undelivered);
    await world.publish(refused);
    await becomes(undelivered.data.orderId, { sms: 'failed', email: 'failed' });
    await becomes(refused.data.orderId, { sms: 'failed' });
    const reasons = (await world.messages({ 'state.about': { $in: [undelivered.data.orderId, refused.data.orderId] } }))
      .map(({ state }) => state.reason)
      .sort();
    expect(reasons).to.deep.equal(['0x0000000b', '550', 'UNDELIV 001']);
  });

  it('NOT-03 a phone that is none is not sent to, and says so', async () => {
    await start();
    const order = fulfilledOrder(world, { phone: '12345' });
    await world.publish(order);
    await becomes(order.data.orderId, { sms: 'suppressed' });
    expect((await world.messages({ 'state.about': order.data.orderId }))[0]?.state.reason).to.equal('invalid-receiver');
  });

  it('NOT-05 receipts that come before the result is written are matched', async () => {
    world.sandboxes.control({ smsReceiptDelayMs: 0 });
    await start();
    const requests = Array.from({ length: 40 }, () => codeRequest(world, phone()));
    await Promise.all(requests.map((request) => world.publish(request, 'command')));
    for (const { id } of requests) await becomes(id, { sms: 'delivered' });
  });

  it('NOT-05 receipts of long messages are matched, though they come between the parts', async () => {
    await start();
    const orders = Array.from({ length: 60 }, () => fulfilledOrder(world, { language: 'en' }));
    await Promise.all(orders.map((order) => world.publish(order)));
    for (const { data } of orders) await becomes(data.orderId, { sms: 'delivered' });
    const sent = await world.messages({ 'state.about': { $in: orders.map(({ data }) => data.orderId) } });
    for (const { state } of sent) expect(state.submission?.segments).to.be.at.least(2);
  });

  it('NOT-05 receipts that come to another instance are matched', async () => {
    world.sandboxes.control({ smsReceiptDelayMs: 1_500 });
    const first = await start();
    const order = fulfilledOrder(world, { tickets: 1 });
    await world.publish(order);
    await becomes(order.data.orderId, { sms: 'sent' });
    await first.stop();
    await start();
    await becomes(order.data.orderId, { sms: 'delivered' });
  });

  it('NOT-03 a personal value that was not sealed for this message is parked, its neighbours are sent', async () => {
    await start();
    const good = fulfilledOrder(world);
    const forged = fulfilledOrder(world);
    const copied = { ...forged, data: { ...forged.data, contact: good.data.contact } };
    await Promise.all([world.publish(copied), world.publish(good)]);
    await becomes(good.data.orderId, { sms: 'delivered' });
    const parked = await eventually('parked', async () => {
      const found = await world.collection('parked_messages').findOne({ messageId: copied.id });
      return found ?? undefined;
    });
    expect(parked['reason']).to.equal('notification.seal-invalid');
    expect(await world.messages({ 'state.about': copied.data.orderId })).to.deep.equal([]);
  });

  it('PLA-51 a stop in the middle of the work loses nothing and repeats nothing', async () => {
    const first = await start();
    const orders = Array.from({ length: 150 }, () => ({ to: phone(), email: mailbox() })).map((buyer) => ({
      ...buyer,
      envelope: fulfilledOrder(world, { phone: buyer.to, email: buyer.email }),
    }));
    await Promise.all(orders.map(({ envelope }) => world.publish(envelope)));
    await eventually('some are under way', () => world.sandboxes.mail(undefined, 10_000).length > 20);
    await first.stop();
    await start();
    for (const { envelope } of orders) await becomes(envelope.data.orderId, { sms: 'delivered', email: 'sent' });
    for (const { to, email } of orders) {
      expect(world.sandboxes.sms(to, 10), to).to.have.length(1);
      expect(world.sandboxes.mail(email, 10), email).to.have.length(1);
    }
  }).timeout(40_000);

  it('PLA-20 every journal is whole, and PLA-10 nothing personal is stored in the clear', async () => {
    await start();
    const [to, email] = [phone(), mailbox()];
    const order = fulfilledOrder(world, { phone: to, email });
    await world.publish(order);
    await becomes(order.data.orderId, { sms: 'delivered', email: 'sent' });
    const stored = await world.collection('messages').find({ 'state.about': order.data.orderId }).toArray();
    expect(stored).to.have.length(2);
    const text = JSON.stringify(stored);
    for (const secret of [to, email, '张三丰', 'TP1.K2026A']) expect(text).not.to.contain(secret);
    expect(text).to.contain(`${to.slice(0, 3)}****${to.slice(7)}`);
    for (const document of await world.collection('messages').find({}).toArray()) {
      const journal = z.array(journalEntrySchema).parse(document['journal']);
      expect(verifyChain(journal, z.string().parse(document['head']))).to.include({ intact: true });
    }
  });
});
