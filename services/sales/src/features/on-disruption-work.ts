// Goes on with the holders of a disrupted session (SAL-52), one step per message. Each look also ends who was not to pay any more, and
// lets those stay whom inventory has taken back.
// duplicate and late: the message names a step that is finished: nothing · early: at the deadline the decider looks at the time itself ·
// crash anywhere: the message comes again and finds in hand what was taken; rights and orders know what was done to them · two instances:
// one consumes at a time; if that changes hands in the middle of a step, both work on it and one finishes it.
import { workDisruption } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import { restWhileBehind, type Foundation } from '@tongpiao/service-shell';
import type { Disruption } from '../disruption/disruption.ts';
import type { EndUnpaid } from '../disruption/end-unpaid.ts';
import { createKeepStep } from '../disruption/keep-step.ts';
import { createReturnStep } from '../disruption/return-step.ts';
import { createTellStep, type TellParts } from '../disruption/tell-step.ts';
import { someUntold } from '../disruption/untold.ts';
import type { RefundIds } from '../order/refund-ids.ts';

export function onDisruptionWork(
  foundation: Foundation,
  parts: TellParts & { readonly refundIds: RefundIds; readonly endUnpaid: EndUnpaid },
): (message: Received) => Promise<void> {
  const { relay, clock } = foundation;
  const tell = createTellStep(foundation, parts);
  const giveBack = createReturnStep(foundation, parts);
  const keepSpared = createKeepStep(foundation, parts);

  async function look(scope: Scope, id: string, disruption: Disruption): Promise<void> {
    if (disruption.kind === 'cancelled') await parts.endUnpaid(scope, disruption.sessionId);
    else if (await keepSpared(scope, disruption)) {
      const at = clock().toISOString();
      await parts.disruptions.handle(scope, id, { type: 'FinishKeeping', step: disruption.step, at });
      return;
    }
    const type = (await someUntold(parts.rights, scope, id, disruption)) ? 'FindLate' : 'FindNobody';
    await parts.disruptions.handle(scope, id, { type, step: disruption.step, at: clock().toISOString() });
  }

  return async (message) => {
    if (!isMessage(message, workDisruption))
      throw new ContractBreach('sales.unexpected-message', message.definition.type);
    const { disruptionId: id, step } = message.envelope.data;
    const scope = foundation.scopeOf(message.envelope).inBackground();
    const disruption = (await parts.disruptions.load(scope, id))?.state;
    if (disruption === undefined || disruption.status === 'none') return;
    if (step !== undefined && step !== disruption.step) return;
    await restWhileBehind(relay);
    switch (disruption.status) {
      case 'telling':
        return tell(scope, id, disruption);
      case 'open':
      case 'done':
        return look(scope, id, disruption);
      case 'returning':
        return giveBack(scope, id, disruption);
    }
  };
}
