// One request on its way through: handed to an upstream instance, its answer written straight to the caller as it comes, nothing
// kept but what a second try needs. It is undici's handler itself, so that a request costs one object and no stream in between.
import { IncomingMessage, ServerResponse, type IncomingHttpHeaders } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import { DomainError } from '@tongpiao/kernel';
import type { Dispatcher } from 'undici';
import type { Match } from '../routing/route-table.ts';
import { BadAnswer, CallerLeft, failureOf, problemOf } from './failures.ts';
import { returnedHeaders } from './headers.ts';
import type { Recorder } from './shared-answers.ts';
import type { Attempt, Instance, Upstream } from './upstream.ts';

/** Knows its exchange, so that one listener serves all answers. */
export class GatewayResponse extends ServerResponse<GatewayRequest> {
  exchange: Exchange | undefined;
}
export class GatewayRequest extends IncomingMessage {
  exchange: Exchange | undefined;
}

export type ExchangeOptions = {
  readonly incoming: GatewayRequest;
  readonly outgoing: GatewayResponse;
  readonly match: Match;
  readonly upstream: Upstream;
  readonly method: string;
  readonly requestId: string;
  readonly traceId: string;
  /** For the upstream: name, value, … */
  readonly headers: string[];
  /** For the caller, in front of the upstream’s: name, value, … */
  readonly ownHeaders: readonly string[];
  readonly headersTimeoutMs: number;
  /** Asking twice does no harm. */
  readonly repeatable: boolean;
  readonly onStream: (exchange: Exchange) => void;
  readonly onEnd: (exchange: Exchange) => void;
  readonly isDraining: () => boolean;
  /** Watches answers that may be shared with others. */
  readonly recorder: Recorder | undefined;
};

const LINE_FEED = 10;
/** Copying less than this is cheaper than a second buffer in the write. */
const WHOLE_MAX_BYTES = 16_384;

/** Counts what passes; ends the passage with a refusal when it is too much. */
class Bounded extends Transform {
  readonly #maxBytes: number;
  #bytes = 0;
  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) done(tooLarge(this.#maxBytes));
    else done(null, chunk);
  }
}

export function tooLarge(maxBytes: number): DomainError {
  return new DomainError('platform.body-too-large', `The body is larger than ${maxBytes} bytes.`, { maxBytes });
}

function onDrain(this: GatewayResponse): void {
  this.exchange?.resume();
}
function onClose(this: GatewayResponse): void {
  this.exchange?.left();
}

export class Exchange implements Attempt, Dispatcher.DispatchHandler {
  readonly incoming: GatewayRequest;
  readonly outgoing: GatewayResponse;
  readonly match: Match;
  readonly upstream: Upstream;
  readonly method: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly startedAtMs = performance.now();
  /** Kept whole when it is small; streamed otherwise. */
  body: Buffer | null = null;
  streamedLength: string | undefined;
  isStreamed = false;
  isEventStream = false;
  ended = false;
  status = 0;
  readonly #options: ExchangeOptions;
  #instance: Instance | undefined;
  #tries = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #gone = false;
  #tail = 0;
  #length = -1;
  #resolve: (() => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.incoming = options.incoming;
    this.outgoing = options.outgoing;
    this.match = options.match;
    this.upstream = options.upstream;
    this.method = options.method;
    this.requestId = options.requestId;
    this.traceId = options.traceId;
    this.outgoing.exchange = this;
    this.outgoing.on('close', onClose);
  }

  /** Fired by the breaker: resolves when the answer has begun, rejects when there will be none. */
  begin(): Promise<void> {
    this.upstream.inFlight += 1;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#dispatch(this.upstream.pick());
    });
  }

  #dispatch(instance: Instance | undefined): void {
    if (instance === undefined || this.#gone) {
      this.#fail(this.#gone ? new CallerLeft('the caller left') : problemOf('unreached'));
      return;
    }
    this.#instance = instance;
    this.#tries += 1;
    const { headers, headersTimeoutMs } = this.#options;
    const options: Dispatcher.DispatchOptions = {
      path: this.incoming.url ?? '/',
      method: this.method,
      headers,
      body: this.isStreamed ? this.#stream() : this.body,
      headersTimeout: headersTimeoutMs,
    };
    try {
      instance.pool.dispatch(options, this);
    } catch (error) {
      this.#fail(error);
    }
  }

  #stream(): IncomingMessage | Transform {
    if (this.streamedLength !== undefined) {
      // The parser holds the caller to the length that was declared and found acceptable.
      this.#options.headers.push('content-length', this.streamedLength);
      return this.incoming;
    }
    const bounded = new Bounded(this.match.maxBodyBytes);
    this.incoming.once('error', (error) => bounded.destroy(error));
    return this.incoming.pipe(bounded);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#gone) controller.abort(new CallerLeft('the caller left'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim answers are between neighbours.
    if (status < 200) return;
    const { outgoing } = this;
    this.#controller = controller;
    this.status = status;
    const instance = this.#instance;
    // It will close: perhaps because it is about to stop.
    if (headers.connection === 'close' && instance !== undefined) this.upstream.probe(instance);
    const head = returnedHeaders(headers);
    this.#options.recorder?.start(status, headers, head);
    for (const text of this.#options.ownHeaders) head.push(text);
    if (this.#options.isDraining()) head.push('Connection', 'close');
    outgoing.writeHead(status, head);
    const length = headers['content-length'];
    this.#length = length === undefined ? -1 : Number(length);
    if (headers['content-type']?.startsWith('text/event-stream') === true) {
      this.isEventStream = true;
      // Streams are open for hours; they have a bound of their own.
      this.upstream.inFlight -= 1;
      this.#options.onStream(this);
      outgoing.flushHeaders();
    } else if (length === undefined) outgoing.flushHeaders();
    if (status === 502 || status === 504) this.#reject?.(new BadAnswer(`the upstream answered ${status}`));
    else this.#resolve?.();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#options.recorder?.data(chunk);
    if (chunk.length === this.#length && chunk.length <= WHOLE_MAX_BYTES) {
      // As text that node joins with the head: one write to the socket instead of two buffers. Latin-1 keeps every byte.
      this.outgoing.end(chunk.toString('latin1'), 'latin1');
      return;
    }
    if (this.isEventStream) this.#remember(chunk);
    if (this.outgoing.write(chunk)) return;
    controller.pause();
    this.outgoing.once('drain', onDrain);
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    if (!this.outgoing.writableEnded) this.outgoing.end();
    this.#options.recorder?.end(true);
    this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined;
    const instance = this.#instance;
    if (this.#gone || error instanceof CallerLeft) {
      this.#fail(new CallerLeft('the caller left'));
      return;
    }
    if (this.outgoing.headersSent) {
      // A reader of events comes back by itself; everybody else must see that the answer is not whole.
      if (this.isEventStream) this.closeStream();
      else this.outgoing.destroy();
      this.#end();
      return;
    }
    if (error instanceof DomainError) {
      this.#fail(error);
      return;
    }
    if (this.isStreamed && !this.incoming.complete && this.incoming.destroyed) {
      this.#fail(new CallerLeft('the caller left'));
      return;
    }
    const failure = failureOf(error);
    if (instance !== undefined) {
      if (failure === 'unreached') this.upstream.mark(instance, 'away');
      this.upstream.probe(instance);
    }
    const untouched = failure === 'unreached' && !this.isStreamed;
    if (this.#tries < 2 && (untouched || (failure === 'broken' && this.#options.repeatable && !this.isStreamed))) {
      this.#dispatch(this.upstream.pick(instance));
      return;
    }
    this.#fail(problemOf(failure));
  }

  #fail(error: unknown): void {
    if (this.#reject === undefined) throw error;
    this.#end();
    this.#reject(error);
  }

  /** Once, however it ends. */
  #end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#options.recorder?.end(false);
    if (!this.isEventStream) this.upstream.inFlight -= 1;
    this.#options.onEnd(this);
  }

  resume(): void {
    this.#controller?.resume();
  }

  /** The connection to the caller is closed: after the answer, or instead of it. */
  left(): void {
    if (this.outgoing.writableFinished) return;
    this.#gone = true;
    this.#controller?.abort(new CallerLeft('the caller left'));
  }

  get callerLeft(): boolean {
    return this.#gone;
  }

  /** Events end with an empty line; only there something of our own may be said. */
  #remember(chunk: Buffer): void {
    const last = chunk[chunk.length - 1];
    const before = chunk.length > 1 ? chunk[chunk.length - 2] : this.#tail;
    this.#tail = last === LINE_FEED && before === LINE_FEED ? -1 : (last ?? 0);
  }

  /** At a stop: tells the reader when to come back, and ends the stream. */
  closeStream(): void {
    if (this.outgoing.writableEnded) return;
    if (this.#tail === -1) this.outgoing.write('retry: 1000\n\n');
    this.outgoing.end();
    this.#controller?.abort(new CallerLeft('the gateway stops'));
  }
}
