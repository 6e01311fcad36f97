// The chain of tickets in words of both languages, with the names of gates: what the picture and the dossier are drawn from.
import { bilingualSchema, type Bilingual } from '@tongpiao/contracts';
import type { Foundation } from '@tongpiao/service-shell';
import type { TenantId } from '@tongpiao/kernel';
import { z } from 'zod';
import { STATUS_TEXT } from '../application/application-view.ts';
import type { ChainedTicket, TicketChain } from './ticket-chain.ts';

const happening = z.object({ at: z.string(), applicationId: z.string().optional() });
const ticketView = z.object({
  number: z.string(),
  status: z.enum(['living', 'used', 'refunded', 'expired', 'exchanged', 'superseded']),
  statusText: bilingualSchema,
  begun: happening.extend({ how: z.enum(['sold', 'exchanged', 'superseded']), text: bilingualSchema }),
  ended: happening.extend({ successor: z.string(), text: bilingualSchema }).optional(),
  applications: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      statusText: bilingualSchema,
      submittedAt: z.string(),
      carriedOutMs: z.int().optional().describe('From the decision until we have heard that the old ticket is dead.'),
    }),
  ),
  shown: z
    .array(
      z.object({
        at: z.string(),
        gateId: z.string(),
        gate: bilingualSchema.optional(),
        decided: z.enum(['admitted', 'refused']).describe('`admitted`: by a gate without network.'),
        text: bilingualSchema,
      }),
    )
    .describe('Attempts to use it when it was dead.'),
});
export const chainView = z.object({
  rightId: z.string(),
  product: bilingualSchema,
  ticketType: bilingualSchema,
  tickets: z.array(ticketView).describe('Oldest first.'),
});
export type ChainView = z.output<typeof chainView>;

const STATUS: Readonly<Record<ChainedTicket['status'], Bilingual>> = {
  living: { zh: '有效', en: 'Good' },
  used: { zh: '已使用', en: 'Used' },
  refunded: { zh: '已退票', en: 'Given back' },
  expired: { zh: '已过期', en: 'Expired' },
  exchanged: { zh: '已改签作废', en: 'Void: exchanged' },
  superseded: { zh: '已补发作废', en: 'Void: reissued' },
};
const BEGUN: Readonly<Record<ChainedTicket['begun']['how'], Bilingual>> = {
  sold: { zh: '售出', en: 'Sold' },
  exchanged: { zh: '改签所得', en: 'Came of an exchange' },
  superseded: { zh: '补发所得', en: 'Came of a reissue' },
};
const ENDED: Readonly<Record<'exchanged' | 'superseded', Bilingual>> = {
  exchanged: { zh: '改签为下一张票', en: 'Exchanged for the next one' },
  superseded: { zh: '由下一张票取代', en: 'Superseded by the next one' },
};
const SHOWN: Readonly<Record<'admitted' | 'refused', Bilingual>> = {
  admitted: { zh: '脱机放行', en: 'Let in by a gate without network' },
  refused: { zh: '拒绝入园', en: 'Refused' },
};

export function viewChain(
  chain: TicketChain,
  sold: { readonly product: Bilingual; readonly ticketType: Bilingual },
  gateName: (gateId: string) => Bilingual | undefined,
): ChainView {
  return {
    rightId: chain.rightId,
    product: sold.product,
    ticketType: sold.ticketType,
    tickets: chain.tickets.map(({ begun, ended, status, applications, shown, number }) => ({
      ...{ number, status, statusText: STATUS[status] },
      begun: { ...begun, text: BEGUN[begun.how] },
      ...(ended === undefined
        ? {}
        : { ended: { ...ended, text: ENDED[status === 'exchanged' ? status : 'superseded'] } }),
      applications: applications.map((application) => ({
        ...application,
        statusText: application.status === 'none' ? STATUS_TEXT.submitted : STATUS_TEXT[application.status],
      })),
      shown: shown.map((attempt) => {
        const gate = gateName(attempt.gateId);
        return { ...attempt, ...(gate === undefined ? {} : { gate }), text: SHOWN[attempt.decided] };
      }),
    })),
  };
}

/** What gates of a tenant are called. */
export function gateNames(
  { tenants }: Pick<Foundation, 'tenants'>,
  tenantId: TenantId,
): (id: string) => Bilingual | undefined {
  const gates = tenants.get(tenantId)?.sites.flatMap((site) => site.gates) ?? [];
  return (id) => gates.find((gate) => gate.id === id)?.name;
}
