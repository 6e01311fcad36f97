// Somebody has just started or was cut off: tell their queue whom to trust.
import { republishTrust } from '@tongpiao/contracts';
import type { Received } from '@tongpiao/messaging';
import { unlessGone } from './unless-gone.ts';
import type { TrustPublisher } from '../trust/trust-publisher.ts';

export function onTrustRepublish(publisher: TrustPublisher): (message: Received) => Promise<void> {
  return async ({ envelope }) => {
    const { replyQueue } = republishTrust.data.parse(envelope.data);
    await unlessGone(() => publisher.answer(replyQueue, envelope.id));
  };
}
