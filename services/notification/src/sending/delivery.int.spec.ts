// From an event to a phone and a mailbox, on real servers: once, whatever is repeated or dies in between.
import { randomBytes } from 'node:crypto';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { fulfilledOrder, phone, startWorld, type World } from '../notification.fixture.ts';

const mailbox = (): string => `buyer-${randomBytes(5).toString('hex')}@example.cn`;

describe('delivery of messages', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(async () => {
    await world.stop();
  });

  const statusOf = async (about: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await world.messages({ 'state.about': about })).map(({ state }) => [state.channel, state.status]),
    );

  it('NOT-03 a fulfilled order gives one SMS and one mail, with receipts', async () => {
    const service = await world.start();
    const [to, email] = [phone(), mailbox()];
    const order = fulfilledOrder(world, { phone: to, email });
    await world.publish(order);
    await eventually('delivered and sent', async () => {
      const status = await statusOf(order.data.orderId);
      return status['sms'] === 'delivered' && status['email'] === 'sent';
    });
    const [sms] = world.sandboxes.sms(to);
    expect(sms?.text).to.match(
      /^【云台山】分时入园门票已出票：12月1日09:00-11:00，票号0A7F3K9Q2M5X8C0等2张。详情http:\/\/localhost:8080\/o\/ord_/,
    );
    const [mail] = world.sandboxes.mail(email);
    expect(mail?.subject).to.equal('已出票：分时入园门票（2张）');
    expect(mail?.html).to.contain('0A7F3K9Q2M5X8C1').and.to.contain('data:image/png;base64,');
    await service.stop();
  });
});
