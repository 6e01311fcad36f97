// Hold decisions per second, straight at inventory's queue: how fast one session is decided when nothing else is in the way.
import { holdGranted, holdRejected, placeHold, type Envelope } from '@tongpiao/contracts';
import { connectBroker } from '@tongpiao/messaging';
import { pino } from 'pino';
import { randomBytes } from 'node:crypto';

export async function measureHoldDecisions(
  rabbitmqUrl: string,
  options: { tenantId: string; sessionId: string; requests: number },
): Promise<{ perSecond: number; granted: number }> {
  const prefix = randomBytes(4).toString('hex');
  const broker = await connectBroker({
    url: rabbitmqUrl,
    service: `bench-${prefix}`,
    instance: `bench-${prefix}`,
    prefix: '',
    logger: pino({ level: 'silent' }),
  });
  const waiting = new Set<string>();
  let granted = 0;
  const { promise: done, resolve } = Promise.withResolvers<undefined>();
  await broker.broadcast({
    name: 'hold-answers',
    definitions: [holdGranted, holdRejected],
    handle: async ({ envelope, definition }) => {
      const { holdId } = envelope.data as { holdId: string };
      if (!waiting.delete(holdId)) return;
      if (definition.type === holdGranted.type) granted += 1;
      if (waiting.size === 0) resolve(undefined);
    },
  });
  const requests = Array.from({ length: options.requests }, (_, index): { kind: 'command'; envelope: Envelope } => {
    const id = `${prefix}${String(index).padStart(16, '0')}`;
    waiting.add(`hld_${id}`);
    return {
      kind: 'command',
      envelope: {
        specversion: '1.0',
        id: `${id}:1:0`,
        type: placeHold.type,
        source: 'sales',
        subject: `ord_${id}`,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        tenantid: options.tenantId,
        correlationid: id,
        causationid: id,
        sequence: 1,
        data: {
          holdId: `hld_${id}`,
          orderId: `ord_${id}`,
          lines: [{ sessionId: options.sessionId, quantity: 1 }],
          channel: 'web',
          expiresAt: new Date(Date.now() + 900_000).toISOString(),
        },
      },
    };
  });
  const begun = performance.now();
  for (const result of await broker.publisher.publishMany(requests))
    if (result.status === 'rejected') throw new Error('a request was not published');
  await done;
  const perSecond = options.requests / ((performance.now() - begun) / 1_000);
  await broker.close();
  return { perSecond, granted };
}
