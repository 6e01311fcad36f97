// SAL-20: through which channel an order comes, as the credentials tell it.
import { salesChannelSchema, type SalesChannel } from '@tongpiao/contracts';
import type { RequestContext } from '@tongpiao/service-shell';

export function channelOf<Params, Query, Body>(context: RequestContext<Params, Query, Body>): SalesChannel {
  const parsed = salesChannelSchema.safeParse(context.channel);
  return parsed.success ? parsed.data : 'web';
}
