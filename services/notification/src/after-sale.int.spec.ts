// What customers are told after the sale, on real servers: each once and in the right words, whatever is repeated, comes late or dies in
// between; and a cancelled session with many holders, beside everything else.
import { randomBytes } from 'node:crypto';
import {
  applicationProgressed,
  applicationReissued,
  applicationShipped,
  exchangeCompleted,
  exchangeFailed,
  holderKeepsTickets,
  holderToldOfDisruption,
  ticketsRefunded,
  waitingJoined,
  waitingServed,
  type Envelope,
  type MessageDefinition,
} from '@tongpiao/contracts';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { codeRequest, fulfilledOrder, phone, startWorld, toldAfterSale, type World } from './notification.fixture.ts';

const SLICE_OF: readonly (readonly [MessageDefinition, string])[] = [
  [ticketsRefunded, 'on-tickets-refunded'],
  [exchangeCompleted, 'on-exchange-told'],
  [exchangeFailed, 'on-exchange-told'],
  [waitingJoined, 'on-waiting-told'],
  [waitingServed, 'on-waiting-told'],
  [holderToldOfDisruption, 'on-session-disrupted'],
  [holderKeepsTickets, 'on-session-disrupted'],
  [applicationProgressed, 'on-reissue-told'],
  [applicationReissued, 'on-reissue-told'],
  [applicationShipped, 'on-reissue-told'],
];
const mailbox = (): string => `buyer-${randomBytes(5).toString('hex')}@example.cn`;
/** The examples lie in the past by now or will some day; what is told has to be of use still. */
const tomorrow = (hour: string): string => {
  const day = new Date(Date.now() + 86_400_000 + 28_800_000).toISOString().slice(0, 10);
  return `${day}T${hour}:00+08:00`;
};
const dayOf = (instant: string): string => `${Number(instant.slice(5, 7))}月${Number(instant.slice(8, 10))}日`;

describe('after the sale', () => {
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
    world.sandboxes.control({ mailSlowMs: 3_000, smsPerSecond: 0 });
  });

  type Told = { readonly envelope: Envelope<{ orderId: string }>; readonly to: string; readonly email: string };
  const told = (definition: MessageDefinition, change: Readonly<Record<string, unknown>> = {}): Told => {
    const [to, email] = [phone(), mailbox()];
    return { envelope: toldAfterSale(world, definition, change, { phone: to, email }), to, email };
  };
  const arrived = async ({ to, email }: Told): Promise<{ sms: string; subject: string; html: string }> => {
    await eventually('both', () => world.sandboxes.sms(to).length + world.sandboxes.mail(email).length >= 2);
    const { subject, html } = world.sandboxes.mail(email)[0] ?? { subject: '', html: '' };
    return { sms: world.sandboxes.sms(to)[0]?.text ?? '', subject, html };
  };
  const say = async (definition: MessageDefinition, change: Readonly<Record<string, unknown>> = {}) => {
    const one = told(definition, change);
    await world.publish(one.envelope);
    return arrived(one);
  };
  const once = ({ to, email }: Told): void => {
    expect(world.sandboxes.sms(to, 10), to).to.have.length(1);
    expect(world.sandboxes.mail(email, 10), email).to.have.length(1);
  };

  it('SAL-50 a ticket that was given back: number, fee, and what comes back', async () => {
    await start();
    const { sms, subject, html } = await say(ticketsRefunded);
    expect(sms).to.equal('【云台山】票0A7F3K9Q2M5X8C4已退，手续费¥12.00，¥108.00将原路退回。');
    expect(subject).to.equal('已退票：分时入园门票');
    expect(html).to.contain('手续费¥12.00，¥108.00将原路退回').and.contain('0A7F3K9Q2M5X8C4').and.contain('张三丰');
    const cash = await say(ticketsRefunded, { inCash: true });
    expect(cash.sms).to.equal('【云台山】票0A7F3K9Q2M5X8C4已退，手续费¥12.00，¥108.00请到窗口领取。');
    expect(cash.html).to.contain('请携带订单号到售票窗口领取');
    const english = await say(ticketsRefunded, { language: 'en', ticketNumbers: ['A1', 'A2', 'A3'] });
    expect(english.sms).to.contain('Given back: ticket A1 and 2 more. Fee ¥12.00; ¥108.00 goes back');
    expect(english.html).to.contain('tickets A1, A2, A3');
  });

  it('SAL-50 where the tenant cancelled, it says so and that there is no fee; where nothing comes back, that too', async () => {
    await start();
    const free = { fee: 0, returned: 12_000 };
    const cancelled = await say(ticketsRefunded, { ...free, reason: 'session-cancelled' });
    expect(cancelled.sms).to.equal('【云台山】因场次取消，票0A7F3K9Q2M5X8C4免费退票，¥120.00将原路退回。');
    expect(cancelled.html).to.contain('不收手续费');
    expect((await say(ticketsRefunded, { ...free, reason: 'session-reduced' })).sms).to.contain('因名额缩减');
    const nothing = await say(ticketsRefunded, { fee: 12_000, returned: 0 });
    expect(nothing.sms).to.equal('【云台山】票0A7F3K9Q2M5X8C4已退，手续费¥120.00，无退款。');
  });

  it('FIN-02 what an exchange gives back of cash is to be fetched', async () => {
    await start();
    const { html } = await say(exchangeCompleted, { returned: 2_000, inCash: true });
    expect(html).to.contain('差额¥20.00请到售票窗口领取').and.not.contain('原路');
  });

  it('SAL-53 an exchange: the new time and number, and the new ticket in the mail', async () => {
    await start();
    const { sms, subject, html } = await say(exchangeCompleted, { returned: 2_000 });
    expect(sms).to.equal('【云台山】分时入园门票已改签：12月2日09:00-11:00，新票号0A8G4M1R3N6Y9D5。');
    expect(subject).to.equal('改签成功：分时入园门票');
    expect(html).to.contain('原票0A7F3K9Q2M5X8C4作废').and.contain('差额¥20.00将原路退回');
    expect(html).to.contain('src="cid:qr-1.').and.contain('0A8G4M1R3N6Y9D5');
    const english = await say(exchangeCompleted, { language: 'en' });
    expect(english.sms).to.contain('Timed entry: exchanged. Dec 2 09:00-11:00, new ticket 0A8G4M1R3N6Y9D5');
  });

  it('SAL-53 an exchange that came to nothing: the old ticket stays valid, and the money comes back', async () => {
    await start();
    const { sms, html } = await say(exchangeFailed);
    expect(sms).to.equal('【云台山】分时入园门票改签未成功，原票0A7F3K9Q2M5X8C4仍然有效。');
    expect(html).not.to.contain('退回');
    const paid = await say(exchangeFailed, { returned: 3_500 });
    expect(paid.sms).to.equal('【云台山】分时入园门票改签失败，原票0A7F3K9Q2M5X8C4仍有效，已付¥35.00将退回。');
    expect(paid.html).to.contain('¥35.00将原路全额退回');
  });

  it('SAL-26 in line: which place, until when; and when there is room, until when to pay', async () => {
    await start();
    const [startsAt, until, payBy] = [tomorrow('09:00'), tomorrow('08:00'), tomorrow('07:30')];
    const day = dayOf(startsAt);
    const joined = await say(waitingJoined, { startsAt, until });
    expect(joined.sms).to.equal(`【云台山】分时入园门票${day}09:00候补已登记，当前第3位，截止${day}08:00。`);
    const served = await say(waitingServed, { startsAt, payBy });
    expect(served.sms).to.equal(
      `【云台山】分时入园门票${day}09:00候补到位，请于${Number(payBy.slice(8, 10))}日07:30前支付¥240.00。`,
    );
    expect(served.html).to.contain(`请于${day}07:30前支付¥240.00`);
  });

  it('SAL-26 room that is gone again is not told', async () => {
    await start();
    const { envelope, to } = told(waitingServed, { payBy: new Date(Date.now() - 1_000).toISOString() });
    await world.publish(envelope);
    const messages = await eventually('both', async () => {
      const found = await world.messages({ 'state.about': envelope.data.orderId });
      return found.length === 2 ? found : undefined;
    });
    for (const { state } of messages) expect(state).to.include({ status: 'suppressed', reason: 'expired' });
    expect(world.sandboxes.sms(to)).to.deep.equal([]);
  });

  it('SAL-52 a session that does not take place: why, what to choose, until when, and what happens else', async () => {
    await start();
    const { sms, subject, html } = await say(holderToldOfDisruption, { ticketNumbers: ['A1', 'A2'] });
    expect(sms).to.equal('【云台山】12月1日09:00场次因大风停园取消，11月30日20:00前可选退票或改签，逾期自动退款。');
    expect(subject).to.equal('场次取消，请选择退票或改签：分时入园门票 12月1日09:00');
    expect(html).to.contain('票号A1、A2').and.contain('自动全额退回，不收手续费');
    const reduced = await say(holderToldOfDisruption, { kind: 'reduced', reason: '栈道'.repeat(250) });
    expect(reduced.sms).to.match(/^【云台山】因栈道栈道栈道栈道栈…，12月1日09:00场次名额缩减，/);
    expect(reduced.html).to.contain('栈道'.repeat(250));
  });

  it('INV-20 a ticket that stays good after all: that it does, and that no money comes', async () => {
    await start();
    const { sms, subject, html } = await say(holderKeepsTickets, { ticketNumbers: ['A1', 'A2'] });
    expect(sms).to.equal('【云台山】12月1日09:00场次已有足够余位，票A1等2张仍然有效，不再自动退款。');
    expect(subject).to.equal('您的票仍然有效：分时入园门票 12月1日09:00');
    expect(html).to.contain('票号A1、A2').and.contain('不再自动退款');
  });

  it('NOT-03 every event three times to two instances: one SMS and one mail each', async () => {
    await Promise.all([start(), start()]);
    const until = { until: tomorrow('08:00'), payBy: tomorrow('07:30') };
    const all = SLICE_OF.flatMap(([definition]) => Array.from({ length: 12 }, () => told(definition, until)));
    await Promise.all([...all, ...all, ...all].map(({ envelope }) => world.publish(envelope)));
    for (const one of all) await arrived(one);
    await settled('SMS', () => world.sandboxes.sms(undefined, 10_000).length);
    for (const one of all) once(one);
  });

  for (const [definition, slice] of SLICE_OF) {
    it(`NOT-03 a crash before ${definition.type} is acknowledged leads to the same message`, async () => {
      let crashes = 0;
      await start({
        messagingFaults: {
          at(point, { queue }) {
            if (point !== 'beforeAck' || queue?.endsWith(slice) !== true || crashes >= 2) return;
            crashes += 1;
            throw new Error('the process is gone');
          },
        },
      });
      const one = told(definition, { until: tomorrow('08:00'), payBy: tomorrow('07:30') });
      await world.publish(one.envelope);
      await arrived(one);
      await eventually('it came again', () => crashes === 2);
      await settled('SMS', () => world.sandboxes.sms(one.to, 10).length);
      once(one);
    });
  }

  it('NOT-03 a value that was not sealed for its message is parked, its neighbours in the batch are told', async () => {
    await start();
    const until = { until: tomorrow('08:00'), payBy: tomorrow('07:30') };
    for (const [definition] of SLICE_OF) {
      const [good, forged] = [told(definition, until), told(definition, until)];
      const copied = { ...forged.envelope, data: { ...forged.envelope.data, contact: contactOf(good.envelope) } };
      await Promise.all([world.publish(copied), world.publish(good.envelope)]);
      await arrived(good);
      const parked = await eventually(
        'parked',
        async () => (await world.collection('parked_messages').findOne({ messageId: copied.id })) ?? undefined,
      );
      expect(parked['reason']).to.equal('notification.seal-invalid');
      expect(await world.messages({ 'state.about': copied.data.orderId })).to.deep.equal([]);
    }
  });

  it('NOT-03 what overtakes what it follows is told all the same', async () => {
    await start();
    const served = told(waitingServed, { payBy: tomorrow('07:30') });
    const joined = toldAfterSale(
      world,
      waitingJoined,
      { orderId: served.envelope.data.orderId, until: tomorrow('08:00') },
      { phone: served.to, email: served.email },
    );
    await world.publish(served.envelope);
    await arrived(served);
    await world.publish(joined);
    await eventually('both', () => world.sandboxes.sms(served.to).length === 2);
  });

  it('NOT-08 a cancelled session with many holders delays neither codes nor new tickets, and keeps its pace', async () => {
    const perSecond = 60;
    const holders = 300;
    await start({}, { BULK_PER_SECOND: perSecond });
    const first = world.sandboxes.sms(undefined, 10_000).length;
    const all = Array.from({ length: holders }, () => told(holderToldOfDisruption));
    await Promise.all(all.map(({ envelope }) => world.publish(envelope)));
    const begun = Date.now();
    await eventually('it has begun', () => world.sandboxes.sms(undefined, 10_000).length > first + perSecond);
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const [code, order] = [phone(), fulfilledOrder(world, { phone: phone(), tickets: 1 })];
      const asked = Date.now();
      await Promise.all([world.publish(codeRequest(world, code), 'command'), world.publish(order)]);
      await eventually('the code', () => world.sandboxes.sms(code).length === 1);
      waits.push(Date.now() - asked);
      await eventually(
        'the tickets',
        async () =>
          (await world.messages({ 'state.about': order.data.orderId, 'state.status': 'delivered' })).length === 1,
      );
      waits.push(Date.now() - asked);
    }
    const sent = (): number =>
      all.filter(
        ({ to, email }) => world.sandboxes.sms(to, 10).length > 0 && world.sandboxes.mail(email, 10).length > 0,
      ).length;
    expect(sent(), 'the mass send is not over').to.be.lessThan(holders);
    // The middle one: a machine that is busy with other things stalls a single one now and then.
    expect([...waits].sort((a, b) => a - b)[8], `ms: ${waits.join(', ')}`).to.be.lessThan(1_000);
    await eventually('all holders', () => sent() === holders, { withinMs: 20_000 });
    const seconds = (Date.now() - begun) / 1_000;
    // What a rest had saved goes at once.
    expect(holders / seconds, 'per second').to.be.lessThan(perSecond * 1.2);
    await settled('SMS', () => world.sandboxes.sms(undefined, 10_000).length);
    for (const one of all) once(one);
    const lanes = await world.messages({
      'state.lane': { $in: ['bulk-sms', 'bulk-email'] },
      'state.template': 'session-cancelled',
    });
    expect(lanes.length).to.be.at.least(2 * holders);
  }).timeout(60_000);

  it('PLA-51 a stop in the middle of a mass send loses nothing and repeats nothing', async () => {
    const first = await start({}, { BULK_PER_SECOND: 100 });
    const all = Array.from({ length: 120 }, () => told(holderToldOfDisruption));
    await Promise.all(all.map(({ envelope }) => world.publish(envelope)));
    await eventually('some', () => all.filter(({ to }) => world.sandboxes.sms(to).length > 0).length > 30);
    await first.stop();
    await start();
    for (const one of all) await arrived(one);
    await settled('SMS', () => world.sandboxes.sms(undefined, 10_000).length);
    for (const one of all) once(one);
  }).timeout(40_000);
});

function contactOf(envelope: Envelope): unknown {
  const { data } = envelope;
  if (typeof data !== 'object' || data === null || !('contact' in data)) throw new Error('nobody to tell');
  return data.contact;
}
