// sales.gate.synced: a gate holds a newer list. Cases of its site whose new ticket all lists know now are told when the last one did
// (REI-35): until then a gate without network would still let the old code in.
// duplicate: the list is as new as it was, and a case is told once · late: an older list moves nothing · early (before the case heard of
// its new ticket): the next list tells it, half a minute later · crash between list and cases: the next list finds them.
import { gateSynced } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { BATCH_LINES_MAX } from '../policy/policy.ts';
import type { Applications } from '../stores.ts';
import type { GateList, GateLists } from '../views/gate-lists.store.ts';

/** A gate that has not asked for so long is switched off: its list was of another day anyway. */
const SILENT_MS = 24 * 3_600_000;
/** Between sales' stamp on the new ticket and its write, and between two machines' clocks. */
const STAMPED_BEFORE_MS = 1_000;
/** A site that had no such gates for so long is not told of its old cases when the first one asks: no gate waited for them. */
const WAITED_MS = 7 * 24 * 3_600_000;
/** Told side by side. */
const AT_ONCE = 100;
/** In one list: as many as the largest list of tickets reissues. What is left is told by the next. */
const PAGES_MAX = BATCH_LINES_MAX / AT_ONCE;
/** A gate asks every half minute. */
const SECONDS = [5, 15, 30, 45, 60, 90, 120, 300, 900, 3_600, 86_400];

type Parts = { readonly applications: Applications; readonly lists: GateLists };

export function onGateSynced(foundation: Foundation, parts: Parts): (message: Received) => Promise<void> {
  const { applications, lists } = parts;
  const know = foundation.metrics.histogram(
    'reissue_lists_know_seconds',
    'From the decision until the last gate that goes by a list knew of the new ticket.',
    SECONDS,
  );

  async function tell(
    scope: Scope,
    id: string,
    held: { readonly count: number; readonly lastAt: string },
  ): Promise<void> {
    const { events } = await applications.handle(scope, id, { type: 'ConfirmGates', ...held });
    for (const event of events) if (event.type === 'GatesKnow') know.observe(event.gates.knowMs / 1_000);
  }

  return async (message) => {
    if (!isMessage(message, gateSynced))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { gateId, siteId } = message.envelope.data;
    const heldOf = new Date(message.envelope.data.heldOf).toISOString();
    const scope = foundation.scopeOf(message.envelope);
    await lists.held(scope, siteId, { gateId, heldOf });
    const asking = stillAsking(await lists.ofSite(scope, siteId), heldOf);
    const before = new Date(Date.parse(oldestOf(asking, heldOf)) - STAMPED_BEFORE_MS).toISOString();
    const since = new Date(Date.parse(heldOf) - WAITED_MS).toISOString();
    const waiting = {
      'state.awaitsGates': true,
      'state.ticket.siteId': siteId,
      'state.reissuedAt': { $gte: since, $lte: before },
    };
    for (let page = 0; page < PAGES_MAX; page += 1) {
      // What was told does not wait any more, so each page begins with the oldest that does.
      const found = await applications.find(scope, waiting, { sort: { 'state.reissuedAt': 1 }, limit: AT_ONCE });
      await Promise.all(found.map(({ id }) => tell(scope, id, { count: asking.length, lastAt: heldOf })));
      if (found.length < AT_ONCE) break;
    }
  };
}

function stillAsking(lists: readonly GateList[], heldOf: string): readonly GateList[] {
  const silentBefore = Date.parse(heldOf) - SILENT_MS;
  return lists.filter((list) => Date.parse(list.heldOf) > silentBefore);
}

function oldestOf(lists: readonly GateList[], heldOf: string): string {
  return lists.reduce((oldest, list) => (list.heldOf < oldest ? list.heldOf : oldest), heldOf);
}
