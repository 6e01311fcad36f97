// The chain of a right's tickets, old ↔ new ↔ newer, put together from what sales has told (REI-32, REI-34): where each came from, what
// became of it, which applications were made for it, and every attempt to use it when it was dead. Pure.
import type { ApplicationState } from '../application/application.ts';
import type { TicketNumberView, TicketOnFile } from '../views/tickets.store.ts';
import type { ShownTicket } from '../views/shown-tickets.store.ts';

export type ChainedTicket = {
  readonly number: string;
  readonly begun: {
    readonly how: 'sold' | 'exchanged' | 'superseded';
    readonly at: string;
    readonly applicationId?: string;
  };
  /** What it is today. */
  readonly status: 'living' | 'used' | 'refunded' | 'expired' | 'exchanged' | 'superseded';
  readonly ended?: { readonly at: string; readonly successor: string; readonly applicationId?: string };
  readonly applications: readonly ChainedApplication[];
  /** Attempts to use it when it was dead. */
  readonly shown: readonly Omit<ShownTicket, 'rightId' | 'number'>[];
};
type ChainedApplication = {
  readonly id: string;
  readonly status: ApplicationState['status'];
  readonly submittedAt: string;
  /** REI-35: from the decision until sales refused the old ticket. */
  readonly carriedOutMs?: number;
};
export type TicketChain = {
  readonly rightId: string;
  /** Oldest first. */
  readonly tickets: readonly ChainedTicket[];
};

export type ChainFacts = {
  readonly ticket: TicketOnFile;
  readonly numbers: readonly TicketNumberView[];
  readonly applications: readonly { readonly id: string; readonly state: ApplicationState }[];
  readonly shown: readonly ShownTicket[];
};

export function ticketChain({ ticket, numbers, applications, shown }: ChainFacts): TicketChain {
  const byNumber = new Map(numbers.map((known) => [known._id, known]));
  const tickets: ChainedTicket[] = [];
  const seen = new Set<string>();
  let number: string | undefined = ticket.sold.number;
  let begun: ChainedTicket['begun'] = { how: 'sold', at: ticket.sold.placedAt };
  while (number !== undefined && !seen.has(number)) {
    seen.add(number);
    const ended: Ended | undefined = byNumber.get(number)?.ended;
    const own = number;
    tickets.push({
      ...{ number, begun, status: ended?.how ?? ticket.status },
      ...(ended === undefined ? {} : { ended: endOf(ended) }),
      applications: applications.flatMap(({ id, state }) => applicationFor(own, id, state)),
      shown: shown.flatMap(({ number: held, gateId, decided, at }) => (held === own ? [{ gateId, decided, at }] : [])),
    });
    if (ended !== undefined) begun = { how: ended.how, ...withApplication(ended) };
    number = ended?.successor;
  }
  return { rightId: ticket._id, tickets };
}

type Ended = NonNullable<TicketNumberView['ended']>;

function withApplication({ at, applicationId }: Ended): { at: string; applicationId?: string } {
  return { at, ...(applicationId === undefined ? {} : { applicationId }) };
}
function endOf(ended: Ended): NonNullable<ChainedTicket['ended']> {
  return { successor: ended.successor, ...withApplication(ended) };
}

function applicationFor(number: string, id: string, state: ApplicationState): readonly ChainedApplication[] {
  if (state.status === 'none' || state.ticket.number !== number) return [];
  const { status, submittedAt } = state;
  return [{ id, status, submittedAt, ...(status === 'reissued' ? { carriedOutMs: state.carriedOutMs } : {}) }];
}
