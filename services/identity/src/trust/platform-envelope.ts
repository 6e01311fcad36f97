// An envelope for what is said again on request and therefore needs no outbox: whoever misses it asks once more.
import { envelopeOf, type Envelope, type MessageDefinition } from '@tongpiao/contracts';
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
  const { id, subject, time, tenantId, sequence, causationId } = facts;
  const said = envelopeOf(definition.type, { id, source: 'identity', subject, time, tenantId, sequence }, parsed.data);
  return { ...said, correlationid: causationId, causationid: causationId };
}
