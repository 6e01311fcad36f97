// Goes on with a list of tickets that are reissued together (REI-53), one step per message.
// duplicate and late: the message names a step that is finished: nothing · early: cannot be, the batch says it to itself · crash anywhere:
// the message comes again; lines and cases know what was done to them · two instances: one consumes at a time; if that changes hands in
// the middle of a step, both work on it and one finishes it.
import { workBatch } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import { restWhileBehind, type Foundation } from '@tongpiao/service-shell';
import { createCarryOutStep, type CarryOutParts } from '../batch/carry-out-step.ts';
import { createCheckStep } from '../batch/check-step.ts';

export function onBatchWork(foundation: Foundation, parts: CarryOutParts): (message: Received) => Promise<void> {
  const { relay, clock } = foundation;
  const check = createCheckStep(foundation, parts);
  const { carryOut, finish } = createCarryOutStep(foundation, parts);

  return async (message) => {
    if (!isMessage(message, workBatch)) throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { batchId: id, step } = message.envelope.data;
    const scope = foundation.scopeOf(message.envelope);
    const snapshot = await parts.batches.load(scope, id);
    if (snapshot === undefined || snapshot.state.status === 'none' || snapshot.state.step !== step) return;
    const { state } = snapshot;
    await restWhileBehind(relay);
    switch (state.status) {
      case 'entering':
        await parts.batches.handle(scope, id, { type: 'Abandon', step, at: clock().toISOString() });
        return;
      case 'checking':
        return check(scope, snapshot, state);
      case 'running':
        return carryOut(scope, snapshot, state);
      case 'finishing':
        return finish(scope, id, state);
      case 'waiting':
      case 'paused':
      case 'done':
      case 'rejected':
      case 'cancelled':
        return;
    }
  };
}
