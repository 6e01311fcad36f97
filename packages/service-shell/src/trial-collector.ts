// A collector for specs: takes OTLP over HTTP in protobuf, as a real one does, and reads the few fields that specs ask for. It
// reads the wire format itself, so that what our exporter sends is judged by another reader than the one that wrote it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ToldSpan = {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 0 unset, 2 error. */
  readonly status: number;
};

export type TrialCollector = {
  readonly endpoint: string;
  /** Headers of the exports, newest last. */
  readonly headers: readonly Readonly<Record<string, unknown>>[];
  spans(): readonly ToldSpan[];
  stop(): Promise<void>;
};

type Field = { readonly number: number; readonly value: bigint | Buffer };

function varint(bytes: Buffer, from: number): { value: bigint; next: number } {
  let value = 0n;
  for (let index = from, shift = 0n; ; index += 1, shift += 7n) {
    const byte = bytes.readUInt8(index);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: index + 1 };
  }
}

function fields(bytes: Buffer): Field[] {
  const found: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = varint(bytes, at);
    const number = Number(tag.value >> 3n);
    const wire = Number(tag.value & 7n);
    if (wire === 0) {
      const { value, next } = varint(bytes, tag.next);
      found.push({ number, value });
      at = next;
    } else {
      const length = wire === 2 ? varint(bytes, tag.next) : { value: wire === 1 ? 8n : 4n, next: tag.next };
      at = length.next + Number(length.value);
      found.push({ number, value: bytes.subarray(length.next, at) });
    }
  }
  return found;
}

const NOTHING = Buffer.alloc(0);

function messages(bytes: Buffer, number: number): Buffer[] {
  return fields(bytes).flatMap((field) =>
    field.number === number && Buffer.isBuffer(field.value) ? [field.value] : [],
  );
}
const message = (bytes: Buffer, number: number): Buffer => messages(bytes, number)[0] ?? NOTHING;
const hex = (bytes: Buffer, number: number): string => message(bytes, number).toString('hex');

function whole(bytes: Buffer, number: number): number {
  const value = fields(bytes).find((field) => field.number === number)?.value;
  return typeof value === 'bigint' ? Number(value) : 0;
}

/** `KeyValue { key = 1; AnyValue value = 2 }` with `AnyValue { string_value = 1; int_value = 3 }`. */
function attributes(bytes: Buffer, number: number): Record<string, string | number> {
  return Object.fromEntries(
    messages(bytes, number).map((pair) => {
      const value = message(pair, 2);
      const isText = fields(value)[0]?.number === 1;
      return [message(pair, 1).toString(), isText ? message(value, 1).toString() : whole(value, 3)];
    }),
  );
}

/** `TracesData → ResourceSpans { resource = 1; scope_spans = 2 } → ScopeSpans { spans = 2 } → Span`. */
function spansIn(body: Buffer): ToldSpan[] {
  return messages(body, 1).flatMap((resourceSpans) => {
    const service = String(attributes(message(resourceSpans, 1), 1)['service.name']);
    const spans = messages(resourceSpans, 2).flatMap((scopeSpans) => messages(scopeSpans, 2));
    return spans.map((span) => ({
      service,
      traceId: hex(span, 1),
      spanId: hex(span, 2),
      parentSpanId: hex(span, 4),
      name: message(span, 5).toString(),
      kind: whole(span, 6),
      attributes: attributes(span, 9),
      links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
      status: whole(message(span, 15), 3),
    }));
  });
}

export async function startTrialCollector(): Promise<TrialCollector> {
  const told: ToldSpan[] = [];
  const headers: Readonly<Record<string, unknown>>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers.push({ ...request.headers, path: request.url });
      told.push(...spansIn(Buffer.concat(chunks)));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    headers,
    spans: () => told,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
