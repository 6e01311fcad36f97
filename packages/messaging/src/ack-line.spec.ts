import type { Channel, ConsumeMessage } from 'amqplib';
import { expect } from 'chai';
import fc from 'fast-check';
import { AckLine, type Delivery } from './ack-line.ts';

/** Does what a broker does with answers: who is answered twice, or not at all, is seen. */
class AnsweringChannel {
  readonly frames: string[] = [];
  readonly acked = new Set<number>();
  readonly requeued = new Set<number>();
  readonly #unacked = new Set<number>();

  deliver(tag: number): ConsumeMessage {
    this.#unacked.add(tag);
    return { fields: { deliveryTag: tag } } as unknown as ConsumeMessage;
  }

  ack(message: ConsumeMessage, allUpTo: boolean): void {
    const { deliveryTag } = message.fields;
    this.frames.push(`ack ${deliveryTag}${allUpTo ? ' and before' : ''}`);
    if (!this.#unacked.has(deliveryTag)) throw new Error(`unknown delivery tag ${deliveryTag}`);
    for (const tag of [...this.#unacked]) {
      if (tag !== deliveryTag && !(allUpTo && tag < deliveryTag)) continue;
      this.#unacked.delete(tag);
      this.acked.add(tag);
    }
  }

  reject(message: ConsumeMessage): void {
    this.nack(message);
  }

  nack(message: ConsumeMessage): void {
    const { deliveryTag } = message.fields;
    this.frames.push(`requeue ${deliveryTag}`);
    if (!this.#unacked.delete(deliveryTag)) throw new Error(`unknown delivery tag ${deliveryTag}`);
    this.requeued.add(deliveryTag);
  }
}

function lineOf(count: number): { channel: AnsweringChannel; line: AckLine; deliveries: Delivery[] } {
  const channel = new AnsweringChannel();
  const line = new AckLine(channel as unknown as Channel);
  const deliveries = Array.from({ length: count }, (_, index) => line.receive(channel.deliver(index + 1)));
  return { channel, line, deliveries };
}

describe('answers to the broker', () => {
  it('for a run of finished messages are one', () => {
    const { channel, line, deliveries } = lineOf(5);
    for (const delivery of deliveries.slice(0, 4)) delivery.ack();
    line.flush();
    expect(channel.frames).to.deep.equal(['ack 4 and before']);
  });

  it('for what finished behind a slower one do not wait for it', () => {
    const { channel, line, deliveries } = lineOf(4);
    deliveries[0]?.ack();
    deliveries[2]?.ack();
    line.flush();
    expect(channel.frames).to.deep.equal(['ack 1 and before', 'ack 3']);
  });

  it('never cover a message that goes back to its queue', () => {
    const { channel, line, deliveries } = lineOf(3);
    deliveries[0]?.ack();
    deliveries[1]?.giveBack();
    deliveries[2]?.ack();
    line.flush();
    expect([...channel.acked]).to.deep.equal([1, 3]);
    expect([...channel.requeued]).to.deep.equal([2]);
  });

  it('are not sent on a channel that is gone', () => {
    const { channel, line, deliveries } = lineOf(2);
    deliveries[0]?.ack();
    line.end();
    deliveries[1]?.ack();
    line.flush();
    expect(channel.frames).to.deep.equal([]);
  });

  it('reach every message exactly once, in whatever order they finish', () => {
    const step = fc.record({ place: fc.nat(19), how: fc.constantFrom('ack', 'give back', 'fail', 'flush') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { channel, line, deliveries } = lineOf(20);
        const wanted = new Map<number, string>();
        for (const { place, how } of steps) {
          if (how === 'flush') {
            line.flush();
            continue;
          }
          if (how === 'ack') deliveries[place]?.ack();
          else if (how === 'fail') deliveries[place]?.fail();
          else deliveries[place]?.giveBack();
          if (!wanted.has(place + 1)) wanted.set(place + 1, how === 'ack' ? 'ack' : 'requeue');
        }
        line.flush();
        for (let tag = 1; tag <= 20; tag += 1) {
          expect(channel.acked.has(tag), `ack ${tag}`).to.equal(wanted.get(tag) === 'ack');
          expect(channel.requeued.has(tag), `requeue ${tag}`).to.equal(wanted.get(tag) === 'requeue');
        }
      }),
    );
  });
});
