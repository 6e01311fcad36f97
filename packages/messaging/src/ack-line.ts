// The deliveries of one channel that the broker still waits for. Answers are gathered for one turn of the event loop, so that
// a run of finished messages costs one `ack` up to the last of them, and a quorum queue one entry in its log.
import type { Channel, ConsumeMessage } from 'amqplib';
import { Fifo } from './fifo.ts';

export class Delivery {
  readonly message: ConsumeMessage;
  readonly #line: AckLine;
  state: 'held' | 'done' | 'answered' = 'held';

  constructor(line: AckLine, message: ConsumeMessage) {
    this.#line = line;
    this.message = message;
  }

  ack(): void {
    this.#line.ack(this);
  }

  /** Back to its queue, for whoever is next. Not the message's fault: RabbitMQ 4.3 and later do not count it. */
  giveBack(): void {
    this.#line.requeue(this, 'given back');
  }

  /** Back to its queue as after a crash: counts towards the delivery limit on every version. */
  fail(): void {
    this.#line.requeue(this, 'failed');
  }
}

export class AckLine {
  readonly #channel: Channel;
  readonly #held = new Fifo<Delivery>();
  #done: Delivery[] = [];
  #scheduled = false;
  #ended = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  receive(message: ConsumeMessage): Delivery {
    const delivery = new Delivery(this, message);
    this.#held.push(delivery);
    return delivery;
  }

  ack(delivery: Delivery): void {
    if (this.#ended || delivery.state !== 'held') return;
    delivery.state = 'done';
    this.#done.push(delivery);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  requeue(delivery: Delivery, why: 'given back' | 'failed'): void {
    if (this.#ended || delivery.state !== 'held') return;
    delivery.state = 'answered';
    this.#send(() => {
      if (why === 'failed') this.#channel.reject(delivery.message, true);
      else this.#channel.nack(delivery.message, false, true);
    });
    this.#skipAnswered();
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#ended || this.#done.length === 0) return;
    let last: Delivery | undefined;
    // Whatever stands before the first held delivery is done or answered: one ack covers it all.
    for (let first = this.#held.peek(); first !== undefined && first.state !== 'held'; first = this.#held.peek()) {
      if (first.state === 'done') last = first;
      first.state = 'answered';
      this.#held.shift();
    }
    const upTo = last;
    if (upTo !== undefined) this.#send(() => this.#channel.ack(upTo.message, true));
    // What finished behind a slower one is not kept waiting for it.
    for (const delivery of this.#done) {
      if (delivery.state !== 'done') continue;
      delivery.state = 'answered';
      this.#send(() => this.#channel.ack(delivery.message, false));
    }
    this.#done = [];
  }

  /** The channel is gone: the broker hands everything out again, and no answer would reach it. */
  end(): void {
    this.#ended = true;
    this.#held.drain();
    this.#done = [];
  }

  #skipAnswered(): void {
    for (let first = this.#held.peek(); first?.state === 'answered'; first = this.#held.peek()) this.#held.shift();
  }

  #send(write: () => void): void {
    try {
      write();
    } catch {
      // The channel closed between the answer and its sending: the message comes again, and that is what at-least-once means.
      this.end();
    }
  }
}
