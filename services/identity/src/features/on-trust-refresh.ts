// Something that trust is made of has changed: publish the next revision. Many changes at once make one publication.
import { refreshTrust, type DataOf } from '@tongpiao/contracts';
import type { Received } from '@tongpiao/messaging';
import { userRevocation, type TrustPublisher } from '../trust/trust-publisher.ts';
import type { Revocation } from '../trust/trust-facts.store.ts';

function revocationsOf({ revokedFamily, revokedUser }: DataOf<typeof refreshTrust>, at: string): readonly Revocation[] {
  return [
    ...(revokedFamily === undefined
      ? []
      : [{ kind: 'family', id: revokedFamily.id, at, until: revokedFamily.until } as const]),
    ...(revokedUser === undefined ? [] : [userRevocation(revokedUser.id, revokedUser.at)]),
  ];
}

export function onTrustRefresh(publisher: TrustPublisher): (messages: readonly Received[]) => Promise<void> {
  return async (messages) => {
    await publisher.publish(
      messages.flatMap(({ envelope }) => revocationsOf(refreshTrust.data.parse(envelope.data), envelope.time)),
    );
  };
}
