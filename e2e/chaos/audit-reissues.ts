// What must be true of cases: a reissued one has made exactly one former ticket of its right, and no other has; what was frozen is free again
// when its case is over; a fee is kept for a new ticket and goes back otherwise.
import { list, number, text, type Document } from './documents.ts';

const OVER = new Set(['reissued', 'refused', 'withdrawn', 'closed']);

export type Cases = { readonly applications: readonly Document[]; readonly payments: readonly Document[] };

export function casesAgainstTickets(
  rights: readonly Document[],
  { applications, payments }: Cases,
  violations: string[],
): void {
  const byId = new Map(applications.map((one) => [one._id, one]));
  const madeBy = new Map<string, number>();
  for (const right of rights) {
    for (const past of list(right, 'state.past'))
      if (text(past, 'status') === 'superseded')
        madeBy.set(text(past, 'cause'), (madeBy.get(text(past, 'cause')) ?? 0) + 1);
    if (text(right, 'state.status') === 'frozen') {
      const holder = byId.get(text(right, 'state.freeze.applicationId'));
      if (holder === undefined || OVER.has(text(holder, 'state.status')))
        violations.push(
          `ticket ${text(right, 'state.number')} is frozen for ${text(right, 'state.freeze.applicationId')}, which is ${text(holder, 'state.status')}`,
        );
    }
  }
  const paid = Map.groupBy(payments, (payment) => text(payment, 'state.orderId'));
  for (const one of applications) {
    const status = text(one, 'state.status');
    const code = text(one, 'state.approval.code');
    const made = madeBy.get(code) ?? 0;
    if (made !== (status === 'reissued' ? 1 : 0))
      violations.push(`case ${one._id} is ${status} and made ${made} tickets`);
    const kept = (paid.get(one._id) ?? [])
      .filter((payment) => text(payment, 'state.status') === 'captured')
      .reduce((sum, payment) => sum + number(payment, 'state.capture.amount') - returned(payment), 0);
    const owed = status === 'reissued' ? number(one, 'state.approval.fee') : 0;
    if (kept !== owed) violations.push(`case ${one._id} is ${status}: ${kept} fen kept, ${owed} owed`);
    madeBy.delete(code);
  }
  for (const cause of madeBy.keys()) violations.push(`a ticket was superseded by code ${cause}, and no case has it`);
}

const returned = (payment: Document): number =>
  list(payment, 'state.refunds')
    .filter((refund) => text(refund, 'status') === 'done')
    .reduce<number>((sum, refund) => sum + number(refund, 'amount'), 0);

export function caseCounts(applications: readonly Document[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of applications) {
    const what = `cases ${text(one, 'state.status')}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
