// Server-sent events: what a record's GET would say, said again at each change (PLA-33). Event ids are journal sequences, so a
// client that reconnects with Last-Event-ID misses nothing and hears nothing twice.
import type { ServerResponse } from 'node:http';

/** Below the idle time-outs of usual proxies. */
export const HEARTBEAT_EVERY_MS = 15_000;
/** Clients reconnect after this long. */
const RETRY_MS = 1_000;
/** A reader that lets this much pile up is cut off; it reconnects and continues with Last-Event-ID. */
const BUFFERED_MAX_BYTES = 1_000_000;

export type EventSink = {
  /** Aborted when the reader leaves or the server stops. */
  readonly signal: AbortSignal;
  /** What the reader has already: undefined at first, the last `id` after a reconnect. */
  readonly lastEventId: string | undefined;
  /** @param event `id` without line breaks; `data` becomes JSON */
  send(event: { id?: string | number; event?: string; data: unknown }): void;
};

/** Runs as long as there is something to say; when it returns, the stream ends. */
export type EventStream = (sink: EventSink) => Promise<void>;

export function formatEvent(event: { id?: string | number; event?: string; data: unknown }): string {
  const id = event.id === undefined ? '' : `id: ${String(event.id).replaceAll(/[\r\n\0]/g, '')}\n`;
  const name = event.event === undefined ? '' : `event: ${event.event.replaceAll(/[\r\n]/g, '')}\n`;
  return `${id}${name}data: ${JSON.stringify(event.data)}\n\n`;
}

/** Headers of every stream; `X-Accel-Buffering` keeps nginx from holding events back. */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'X-Accel-Buffering': 'no',
};

/** Writes a stream to an answer whose head was sent. Never throws: what fails ends the stream, and the client reconnects. */
export async function pipeEvents(
  outgoing: ServerResponse,
  stream: EventStream,
  options: {
    lastEventId: string | undefined;
    stopping: AbortSignal;
    onError: (error: unknown) => void;
    heartbeatEveryMs?: number;
  },
): Promise<void> {
  const gone = new AbortController();
  const end = (): void => {
    gone.abort();
  };
  outgoing.once('close', end);
  options.stopping.addEventListener('abort', end, { once: true });
  if (outgoing.destroyed || options.stopping.aborted) end();
  const write = (text: string): void => {
    if (gone.signal.aborted) return;
    outgoing.write(text);
    if (outgoing.writableLength > BUFFERED_MAX_BYTES) end();
  };
  write(`retry: ${RETRY_MS}\n\n`);
  const heartbeat = setInterval(() => {
    write(': still here\n\n');
  }, options.heartbeatEveryMs ?? HEARTBEAT_EVERY_MS);
  try {
    await stream({
      signal: gone.signal,
      lastEventId: options.lastEventId,
      send: (event) => {
        write(formatEvent(event));
      },
    });
  } catch (error) {
    if (!gone.signal.aborted) options.onError(error);
  } finally {
    clearInterval(heartbeat);
    outgoing.off('close', end);
    options.stopping.removeEventListener('abort', end);
    outgoing.end();
  }
}
