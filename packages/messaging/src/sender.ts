// Sends bytes with confirm over one channel: at most a window of them on the way, a bounded line behind it, each with a
// deadline. The broker returns an unroutable message and then confirms it all the same, so both are joined here.
import { ContractBreach, TransientError } from '@tongpiao/kernel';
import type { ChannelModel, ConfirmChannel, Message, Options } from 'amqplib';
import type { Logger } from 'pino';
import { Fifo } from './fifo.ts';
import type { Link } from './link.ts';
import { assertTopology, type Topology } from './topology.ts';
import { CONTENT_TYPE } from './wire.ts';

export type Parcel = {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly messageId: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string | number>>;
};

export type Sent = 'routed' | 'unrouted';

export type Sender = {
  /**
   * @throws TransientError `messaging.unconfirmed` | `messaging.backlog-full` | `messaging.closed`
   * @throws ContractBreach `messaging.not-sendable` when the parcel cannot be written in AMQP.
   */
  send(parcel: Parcel): Promise<Sent>;
  pending(): number;
  ready(): boolean;
  /** Waits for what is on the way, at most until its deadlines, and takes nothing new. */
  close(): Promise<void>;
};

export type SenderLimits = {
  /** Confirms outstanding at once. Beyond some hundreds it brings no more throughput, only more to repeat after a crash. */
  readonly window: number;
  /** Messages that wait for a place in the window; above it the caller's outbox is the buffer, on disk. */
  readonly backlog: number;
  /** From `send` to the answer, waiting included. */
  readonly confirmMs: number;
};

export const SENDER_LIMITS: SenderLimits = { window: 1_000, backlog: 10_000, confirmMs: 10_000 };

/** Confirms that came too late are kept by amqplib until the channel goes; after this many the channel is replaced. */
const ABANDONED_MAX = 10_000;
const REOPEN_MS = 200;

type Entry = {
  parcel: Parcel;
  readonly resolve: (sent: Sent) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: number;
  state: 'waiting' | 'sent' | 'settled';
  returned: boolean;
  /** The one before with the same message id: the same message may be on the way twice. */
  sameId: Entry | undefined;
};

/** Settled entries stay in line until their turn to expire comes; they must not hold the bytes that long. */
const NOTHING: Parcel = { exchange: '', routingKey: '', content: Buffer.alloc(0), messageId: '', type: '' };

function unconfirmed(detail: string, cause?: unknown): TransientError {
  return new TransientError('messaging.unconfirmed', detail, { cause });
}

export function createSender(options: {
  link: Link;
  /** What has to exist before anything is sent, asserted whenever a channel opens. */
  topology: () => Topology;
  limits: SenderLimits;
  logger: Logger;
}): Sender {
  const { link, limits, logger } = options;
  const waiting = new Fifo<Entry>();
  /** Everything not answered yet, in the order of its deadlines. */
  const line = new Fifo<Entry>();
  const byMessageId = new Map<string, Entry>();
  let channel: ConfirmChannel | undefined;
  let opening = false;
  let reopenTimer: NodeJS.Timeout | undefined;
  let expireTimer: NodeJS.Timeout | undefined;
  let outstanding = 0;
  let queued = 0;
  let abandoned = 0;
  let closed = false;

  function remember(entry: Entry): void {
    const { messageId } = entry.parcel;
    entry.sameId = byMessageId.get(messageId);
    byMessageId.set(messageId, entry);
  }

  function forget(entry: Entry): void {
    const { messageId } = entry.parcel;
    let newer = byMessageId.get(messageId);
    if (newer === entry) {
      if (entry.sameId === undefined) byMessageId.delete(messageId);
      else byMessageId.set(messageId, entry.sameId);
      return;
    }
    while (newer !== undefined && newer.sameId !== entry) newer = newer.sameId;
    if (newer !== undefined) newer.sameId = entry.sameId;
  }

  /** Marks the oldest of the same messages on the way: returns come in the order of sending, each before its confirm. */
  function onReturn(message: Message): void {
    const messageId: unknown = message.properties.messageId;
    if (typeof messageId !== 'string') return;
    let oldest: Entry | undefined;
    for (let entry = byMessageId.get(messageId); entry !== undefined; entry = entry.sameId) {
      const { exchange, routingKey } = entry.parcel;
      if (!entry.returned && exchange === message.fields.exchange && routingKey === message.fields.routingKey)
        oldest = entry;
    }
    if (oldest !== undefined) oldest.returned = true;
  }

  function settle(entry: Entry): void {
    if (entry.state === 'sent') {
      outstanding -= 1;
      forget(entry);
    } else {
      queued -= 1;
    }
    entry.state = 'settled';
    entry.parcel = NOTHING;
    for (let first = line.peek(); first?.state === 'settled'; first = line.peek()) line.shift();
    for (let first = waiting.peek(); first?.state === 'settled'; first = waiting.peek()) waiting.shift();
  }

  function onConfirm(entry: Entry, error: unknown): void {
    if (entry.state === 'settled') {
      abandoned -= 1;
      return;
    }
    const { returned } = entry;
    settle(entry);
    if (error !== null && error !== undefined)
      entry.reject(unconfirmed('the broker did not confirm the message', error));
    else entry.resolve(returned ? 'unrouted' : 'routed');
    if (queued > 0) pump();
  }

  function write(target: ConfirmChannel, entry: Entry): boolean {
    const { exchange, routingKey, content, messageId, type, headers } = entry.parcel;
    const properties: Options.Publish = {
      persistent: true,
      mandatory: true,
      contentType: CONTENT_TYPE,
      messageId,
      type,
    };
    if (headers !== undefined) properties.headers = headers;
    try {
      target.publish(exchange, routingKey, content, properties, (error: unknown) => onConfirm(entry, error));
    } catch (error) {
      if (error instanceof Error && error.name === 'IllegalOperationError') return false;
      settle(entry);
      entry.reject(
        new ContractBreach('messaging.not-sendable', 'the message cannot be written in AMQP', { cause: error }),
      );
      return true;
    }
    entry.state = 'sent';
    queued -= 1;
    outstanding += 1;
    remember(entry);
    return true;
  }

  function pump(): void {
    while (channel !== undefined && !link.blocked() && outstanding < limits.window) {
      const entry = waiting.peek();
      if (entry === undefined) return;
      // A channel that died under the pen keeps its place in line for the next one.
      if (entry.state === 'waiting' && !write(channel, entry)) {
        channel = undefined;
        return;
      }
      if (waiting.peek() === entry) waiting.shift();
    }
  }

  function expire(): void {
    expireTimer = undefined;
    const now = performance.now();
    for (
      let entry = line.peek();
      entry !== undefined && (entry.state === 'settled' || entry.deadline <= now);
      entry = line.peek()
    ) {
      if (entry.state === 'settled') {
        line.shift();
        continue;
      }
      if (entry.state === 'sent') abandoned += 1;
      settle(entry);
      entry.reject(unconfirmed(`no confirm within ${limits.confirmMs} ms`));
    }
    if (abandoned > ABANDONED_MAX) replaceChannel();
    arm();
    pump();
  }

  function arm(): void {
    const first = line.peek();
    if (first === undefined || expireTimer !== undefined) return;
    expireTimer = setTimeout(expire, Math.max(1, first.deadline - performance.now() + 1));
  }

  function replaceChannel(): void {
    const old = channel;
    channel = undefined;
    logger.warn({ abandoned }, 'too many messages without a confirm; opening a new channel');
    old?.close().catch((error: unknown) => logger.debug({ err: error }, 'channel was closed already'));
  }

  function reopenSoon(): void {
    if (closed || reopenTimer !== undefined) return;
    reopenTimer = setTimeout(() => {
      reopenTimer = undefined;
      const model = link.model();
      if (model !== undefined) void open(model);
    }, REOPEN_MS);
  }

  async function open(model: ChannelModel): Promise<void> {
    if (opening || closed) return;
    opening = true;
    try {
      const fresh = await model.createConfirmChannel();
      const life = { alive: true };
      fresh.on('error', (error) => logger.warn({ err: error }, 'publishing channel failed'));
      fresh.on('handler-error', (error) => logger.error({ err: error }, 'a listener of the publishing channel threw'));
      fresh.on('return', onReturn);
      fresh.on('close', () => {
        life.alive = false;
        if (channel === fresh) channel = undefined;
        reopenSoon();
      });
      await assertTopology(fresh, options.topology());
      if (life.alive) {
        abandoned = 0;
        channel = fresh;
      }
    } catch (error) {
      logger.warn({ err: error }, 'publishing channel did not open; trying again');
      reopenSoon();
    } finally {
      opening = false;
    }
    pump();
  }

  const stopListening = link.onUp((model) => void open(model));
  link.onUnblocked(pump);

  return {
    send(parcel) {
      if (closed) return Promise.reject(new TransientError('messaging.closed', 'this instance is stopping'));
      if (queued >= limits.backlog) {
        return Promise.reject(new TransientError('messaging.backlog-full', `${queued} messages wait already`));
      }
      return new Promise((resolve, reject) => {
        const deadline = performance.now() + limits.confirmMs;
        const entry: Entry = {
          parcel,
          resolve,
          reject,
          deadline,
          state: 'waiting',
          returned: false,
          sameId: undefined,
        };
        queued += 1;
        waiting.push(entry);
        line.push(entry);
        arm();
        pump();
      });
    },
    pending: () => outstanding + queued,
    ready: () => channel !== undefined,
    async close() {
      closed = true;
      // Bounded by the deadlines of what is on the way.
      while (outstanding + queued > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stopListening();
      clearTimeout(reopenTimer);
      clearTimeout(expireTimer);
      // The connection closes next and takes the channel along; a broker that takes nothing would not answer its farewell.
      channel = undefined;
    },
  };
}
