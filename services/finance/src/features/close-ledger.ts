// Closing balances, so that a balance of long ago is one document and an hour's entries (FIN-11). Under a lease only to save work:
// a closing computed twice is the same closing.
import type { Foundation } from '@tongpiao/service-shell';
import type { Ledger } from '../ledger/ledger.store.ts';

/** Closings lie an hour apart; a minute later is soon enough. */
const EVERY_MS = 60_000;

export function closeLedger(foundation: Foundation, ledger: Ledger): void {
  const { logger, metrics } = foundation;
  const late = metrics.gauge('ledger_changed_closings', 'Closings whose entries changed afterwards; must be 0.');
  foundation.every(
    'close-ledger',
    EVERY_MS,
    async () => {
      const everywhere = foundation.acrossTenants('closing balances of every book');
      const changed = await ledger.close(everywhere, everywhere.origin);
      late.set(changed.length);
      for (const closing of changed) logger.error({ closing: closing._id }, 'entries of a closed hour have changed');
    },
    { lease: true },
  );
}
