// Tells finance what SMS cost (NOT-07): every few seconds, under a lease, the sums of the newest minutes; every few minutes those of
// all minutes that are not settled yet, so that what was written late or before an outage is told too. Two instances at once do no
// harm: each sum is told under the version of what was told before.
import type { TenantId } from '@tongpiao/kernel';
import { Scope, type AggregateStore, type Records } from '@tongpiao/persistence';
import type { ChargeCommand, ChargeEvent, ChargeState } from '../charge/charge.ts';
import type { SettledMinute } from '../charge/settled-minutes.store.ts';
import { minuteOf, type ChargeSum, type MessageStore } from '../message/message.store.ts';

type Parts = {
  readonly messages: Pick<MessageStore, 'charges'>;
  readonly charges: AggregateStore<ChargeState, ChargeCommand, ChargeEvent>;
  /** One document: minutes before it are told and can grow no more. */
  readonly settled: Records<SettledMinute>;
  readonly everyTenant: Scope;
  readonly clock: () => Date;
};

/** This minute and the one before. */
const NEWEST_MINUTES = 1;
/** A result is written within seconds; a minute this old grows no more. */
const SETTLED_AFTER_MINUTES = 10;
const SETTLED_ID = 'charges';
/** Told at once; each is one write. */
const TOGETHER = 10;

export type ChargeSms = {
  newest(): Promise<void>;
  unsettled(): Promise<void>;
};

export function chargeSms(parts: Parts): ChargeSms {
  const { messages, charges, settled, everyTenant, clock } = parts;
  /** What this instance knows to be told, so that nothing is read for sums that have not grown. */
  let known = new Map<string, number>();

  async function tell(sum: ChargeSum): Promise<void> {
    const id = `${sum.tenantId}:${sum.provider}:${sum.minute}`;
    if ((known.get(id) ?? 0) >= sum.messages) return;
    const scope = Scope.ofTenant(sum.tenantId as TenantId, { ...everyTenant.origin, correlationId: id });
    await charges.handle(scope, id, {
      type: 'TellCharges',
      provider: sum.provider,
      messages: sum.messages,
      segments: sum.segments,
    });
    known.set(id, sum.messages);
  }

  async function tellFrom(minute: number): Promise<void> {
    const sums = await messages.charges(minute);
    for (let from = 0; from < sums.length; from += TOGETHER)
      await Promise.all(sums.slice(from, from + TOGETHER).map(tell));
  }

  return {
    newest: () => tellFrom(minuteOf(clock()) - NEWEST_MINUTES),
    async unsettled() {
      const found = await settled.findOne(everyTenant, { _id: SETTLED_ID });
      const now = minuteOf(clock());
      await tellFrom(found?.minute ?? 0);
      const minute = now - SETTLED_AFTER_MINUTES;
      await settled.update(
        everyTenant,
        { _id: SETTLED_ID },
        { $max: { minute }, $setOnInsert: { tenantId: everyTenant.tenantId } },
        { upsert: true },
      );
      known = new Map([...known].filter(([id]) => Number(id.slice(id.lastIndexOf(':') + 1)) >= minute));
    },
  };
}
