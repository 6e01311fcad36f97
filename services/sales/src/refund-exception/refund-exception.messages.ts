// An approval is carried out by a message to ourselves: it is said in the write that approves, so a crash in between loses nothing. What
// comes of it at the ticket is told by the right and the order.
import { carryOutRefundException } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { ExceptionEvent } from './refund-exception.ts';

export function exceptionMessages(event: ExceptionEvent, { id }: { id: string }): readonly Said[] {
  return event.type === 'ExceptionApproved' ? [say(carryOutRefundException, { exceptionId: id })] : [];
}
