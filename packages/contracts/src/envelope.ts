// The envelope of every message: CloudEvents 1.0 in structured JSON, with the extensions that let one order be followed
// through all services (PLA-44).
import { z } from 'zod';

export const envelopeSchema = z.object({
  specversion: z.literal('1.0'),
  /** `<aggregate id>:<version>:<index>`: publishing again says the same message again, not a second one. */
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(120),
  source: z.string().min(1).max(60),
  subject: z.string().min(1).max(120),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  tenantid: z.string().min(1).max(60),
  correlationid: z.string().min(1).max(200),
  causationid: z.string().min(1).max(200),
  traceparent: z.string().max(60).optional(),
  /** Nobody waits for what follows: of thousands that are worked through, say. It yields to what somebody waits for. */
  background: z.literal(true).optional(),
  /** Version of the aggregate behind the message: views drop what is older than what they have. */
  sequence: z.number().int().nonnegative(),
  data: z.unknown(),
});

export type Envelope<Data = unknown> = Omit<z.infer<typeof envelopeSchema>, 'data'> & { data: Data };

/** What a message that is not said by an aggregate has to tell about itself; the outbox writes its own envelopes. */
export type EnvelopeFacts = {
  readonly id: string;
  /** The service that says it. */
  readonly source: string;
  readonly subject: string;
  readonly time: Date;
  readonly tenantId: string;
  /** The message that this one answers; without it the message begins a story of its own. */
  readonly cause?: Envelope | undefined;
  /** Default 0: no view is guarded by it. */
  readonly sequence?: number;
};

/** @param type routing key of the message's definition */
export function envelopeOf<Data>(type: string, facts: EnvelopeFacts, data: Data): Envelope<Data> {
  const { id, source, subject, time, tenantId, cause, sequence } = facts;
  return {
    specversion: '1.0',
    id,
    type,
    source,
    subject,
    time: time.toISOString(),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    correlationid: cause?.correlationid ?? id,
    causationid: cause?.id ?? id,
    ...(cause?.traceparent === undefined ? {} : { traceparent: cause.traceparent }),
    ...(cause?.background === undefined ? {} : { background: cause.background }),
    sequence: sequence ?? 0,
    data,
  };
}
