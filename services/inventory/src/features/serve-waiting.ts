// Once a second: lines that nobody serves otherwise are served, and what changed in lines is told, the whole line of a session at once
// (SAL-26). A batch serves the line of its own site-day; this covers raised capacity, reopened sessions and crashes. The note of what
// is untold goes only after the telling, so a crash tells twice and never not at all.
import { envelopeOf, waitingLineChanged, type DataOf } from '@tongpiao/contracts';
import { TransientError, type TenantId } from '@tongpiao/kernel';
import type { Publisher } from '@tongpiao/messaging';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { CompletingParts } from '../hold/complete-decided.ts';
import { serveLine } from '../hold/serve-line.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import { sessionOf } from '../site-day/waiting-line.policy.ts';

const EVERY_MS = 1_000;
/** Site-days with a line at one time: a month of a hundred sites, all sold out. */
const SITE_DAYS_MAX = 3_000;

type Parts = CompletingParts & { readonly publisher: Pick<Publisher, 'publishMany'> };

export function serveWaiting(foundation: Pick<Foundation, 'logger' | 'every' | 'acrossTenants'>, parts: Parts): void {
  const everywhere = foundation.acrossTenants('lines of those who wait for places');
  /** Revisions at which nothing was left to do: looking again would find the same. */
  let seen = new Map<string, number>();
  foundation.every(
    'serve-waiting',
    EVERY_MS,
    async () => {
      const looked = new Map<string, number>();
      for (const { id, tenantId, revision, untold } of await parts.siteDays.withLine(everywhere, SITE_DAYS_MAX)) {
        const key = `${tenantId}/${id}`;
        if (!untold && seen.get(key) === revision) {
          looked.set(key, revision);
          continue;
        }
        try {
          const scope = Scope.ofTenant(tenantId as TenantId, everywhere.origin);
          const siteDay = await serveLine(parts, scope, id);
          if (siteDay === undefined) continue;
          await tellLines(parts, scope, siteDay);
          looked.set(key, siteDay.revision);
        } catch (error) {
          foundation.logger.warn({ err: error, siteDay: id }, 'a line was not served; the next round follows');
        }
      }
      seen = looked;
    },
    { lease: true },
  );
}

async function tellLines(parts: Parts, scope: Scope, siteDay: SiteDay): Promise<void> {
  const { lineMoved, revision, waiting = [] } = siteDay;
  if (lineMoved === undefined) return;
  const lines = Map.groupBy(waiting, sessionOf);
  const messages = lineMoved.sessions.map((sessionId) => {
    const orderIds = (lines.get(sessionId) ?? []).map(({ hold }) => hold.orderId);
    const data: DataOf<typeof waitingLineChanged> = { sessionId, orderIds };
    const { tenantId } = scope;
    const facts = { id: `${sessionId}:line:${revision}`, source: 'inventory', subject: sessionId, time: parts.clock() };
    const envelope = envelopeOf(waitingLineChanged.type, { ...facts, tenantId, sequence: revision }, data);
    return { kind: 'event' as const, envelope };
  });
  for (const result of await parts.publisher.publishMany(messages))
    if (result.status === 'rejected')
      throw new TransientError('inventory.answer-unpublished', 'a line was not told', { cause: result.reason });
  await parts.siteDays.lineTold(scope, siteDay.id, lineMoved.revision);
}
