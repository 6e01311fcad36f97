// An envelope for what is said again on request and therefore needs no outbox: whoever misses it asks once more.
import type { Envelope, MessageDefinition } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import type { z } from 'zod';

/** @throws ContractBreach when the data do not fit the definition */
export function envelopeOfPlatform<Data extends z.ZodType>(
  definition: MessageDefinition<Data>,
  facts: { id: string; subject: string; tenantId: string; sequence: number; time: Date; causationId: string },
  data: z.input<Data>,
): Envelope {
  const parsed = definition.data.safeParse(data);
  if (!parsed.success)
    throw new ContractBreach('identity.message-breaks-contract', `${definition.type}: ${parsed.error.message}`);
  return {
    specversion: '1.0',
    id: facts.id,
    type: definition.type,
    source: 'identity',
    subject: facts.subject,
    time: facts.time.toISOString(),
    datacontenttype: 'application/json',
    tenantid: facts.tenantId,
    correlationid: facts.causationId,
    causationid: facts.causationId,
    sequence: facts.sequence,
    data: parsed.data,
  };
}
