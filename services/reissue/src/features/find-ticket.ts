// REI-02: which ticket is meant, by its number or by what was given when it was bought; and whether it can be reissued at all (REI-04).
import { DomainError, localDateOf, parsePhone, parseTicketNumber, type IdType, type TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import {
  numberNow,
  travellerNow,
  type KnownTicket,
  type TicketNumberView,
  type Tickets,
} from '../views/tickets.store.ts';

type TicketFacts = {
  readonly number?: string | undefined;
  readonly orderId?: string | undefined;
  readonly phone?: string | undefined;
  readonly document?: { readonly idType: IdType; readonly idNumber: string } | undefined;
  /** Day of travel. */
  readonly date?: string | undefined;
  /** Day of the purchase, at the site. */
  readonly purchasedOn?: string | undefined;
};

export type FoundTicket = {
  readonly ticket: KnownTicket;
  readonly scope: Scope;
  /** The number that was given, where one was. */ readonly asked?: string;
};

export type TicketFinder = {
  /**
   * @param tenantId whose tickets are looked at; numbers and orders name their own
   * @throws DomainError not found, several found
   */
  find(looking: Scope, facts: TicketFacts, tenantId: TenantId | undefined): Promise<FoundTicket>;
  /** Whether there is anything at all; said to nobody. */
  mayFind(scope: Scope, facts: TicketFacts): Promise<boolean>;
};

const notFound = (): DomainError => new DomainError('reissue.ticket-not-found', 'No ticket fits what was given.');

export function createTicketFinder(foundation: Foundation, tickets: Tickets): TicketFinder {
  const ofTenant = (looking: Scope, tenantId: string): Scope => Scope.ofTenant(tenantId as TenantId, looking.origin);

  async function byNumber(looking: Scope, text: string): Promise<FoundTicket> {
    const parsed = parseTicketNumber(text);
    const known = parsed.ok ? await tickets.byNumber(looking, parsed.number) : undefined;
    const ticket = known === undefined ? undefined : await tickets.byRight(looking, known.rightId);
    if (known === undefined || ticket === undefined) throw notFound();
    return { ticket, scope: ofTenant(looking, ticket.tenantId), asked: known._id };
  }

  async function candidates(
    looking: Scope,
    facts: TicketFacts,
    tenantId: TenantId | undefined,
  ): Promise<readonly KnownTicket[]> {
    if (facts.orderId !== undefined) return tickets.find(looking, { 'sold.orderId': facts.orderId });
    if (tenantId === undefined) throw new DomainError('reissue.tenant-required', 'Say whose ticket it is.');
    foundation.tenants.require(tenantId);
    const scope = ofTenant(looking, tenantId);
    const index = (purpose: string, value: string): Promise<string> =>
      foundation.vault.blindIndex(scope, purpose, value);
    const { document } = facts;
    if (document !== undefined) {
      const of = await index('document', `${document.idType}:${document.idNumber.toUpperCase()}`);
      // A ticket whose document was put right is found by the right one only; `fitting` sees to the other.
      return tickets.find(scope, {
        $or: [{ 'sold.traveller.idNumber.index': of }, { 'corrected.traveller.idNumber.index': of }],
      });
    }
    const phone = parsePhone(facts.phone ?? '');
    return phone.ok ? tickets.find(scope, { 'sold.contact.phone.index': await index('phone', phone.phone) }) : [];
  }

  function onTheDay({ date, purchasedOn }: TicketFacts): (ticket: KnownTicket) => boolean {
    return ({ tenantId, sold }) => {
      const { timeZone } = foundation.tenants.require(tenantId);
      return (
        (date === undefined || sold.date === date) &&
        (purchasedOn === undefined || localDateOf(new Date(sold.placedAt), timeZone) === purchasedOn)
      );
    };
  }

  return {
    mayFind: async (scope, facts) => (await candidates(scope, facts, scope.tenantId)).some(onTheDay(facts)),
    async find(looking, facts, tenantId) {
      if (facts.number !== undefined) return byNumber(looking, facts.number);
      const { document, phone } = facts;
      const found = (await candidates(looking, facts, tenantId)).filter(onTheDay(facts));
      const matching = await fitting(foundation, looking, found, { document, phone });
      // One that is used or given back is not what somebody has lost, as long as there is another.
      const living = matching.filter(({ status }) => status === 'living');
      const [ticket, ...more] = living.length > 0 ? living : matching;
      if (ticket === undefined) throw notFound();
      if (more.length > 0)
        throw new DomainError('reissue.ticket-ambiguous', 'Several tickets fit.', { found: more.length + 1 });
      return { ticket, scope: ofTenant(looking, ticket.tenantId) };
    },
  };
}

/** Whatever else was given has to fit, too. */
async function fitting(
  foundation: Foundation,
  looking: Scope,
  found: readonly KnownTicket[],
  { document, phone }: Pick<TicketFacts, 'document' | 'phone'>,
): Promise<readonly KnownTicket[]> {
  const fits = await Promise.all(
    found.map(async ({ tenantId, sold, corrected }) => {
      const scope = Scope.ofTenant(tenantId as TenantId, looking.origin);
      const is = async (purpose: string, plain: string, index: string | undefined): Promise<boolean> =>
        (await foundation.vault.blindIndex(scope, purpose, plain)) === index;
      const parsed = phone === undefined ? undefined : parsePhone(phone);
      if (parsed !== undefined && (!parsed.ok || !(await is('phone', parsed.phone, sold.contact.phone.index))))
        return false;
      if (document === undefined) return true;
      const number = `${document.idType}:${document.idNumber.toUpperCase()}`;
      return is('document', number, travellerNow({ sold, corrected })?.idNumber.index);
    }),
  );
  return found.filter((_ticket, index) => fits[index] === true);
}

/** @throws DomainError that says why this ticket cannot be reissued (REI-04) */
export async function mustBeReissuable(
  tickets: Tickets,
  { ticket, scope, asked }: FoundTicket,
  now: Date,
): Promise<void> {
  const isFormer = asked !== undefined && asked !== numberNow(ticket);
  const how = endedHow(ticket, isFormer ? await tickets.byNumber(scope, asked) : undefined, now);
  if (how !== undefined) throw new DomainError(refusalOf(how), `The ticket is ${how}.`, { status: how });
}

/** @param asked the number that was given, where one was @returns what has become of the ticket, undefined while it is good */
export function endedHow(ticket: KnownTicket, asked: TicketNumberView | undefined, now: Date): string | undefined {
  if (asked?.ended !== undefined && asked._id !== numberNow(ticket)) return asked.ended.how;
  if (ticket.status !== 'living') return ticket.status;
  return Date.parse(ticket.moved?.validUntil ?? ticket.sold.validUntil) < now.getTime() ? 'expired' : undefined;
}

export function refusalOf(how: string): string {
  return REFUSALS[how] ?? 'reissue.ticket-not-living';
}

const REFUSALS: Readonly<Record<string, string>> = {
  used: 'reissue.ticket-used',
  refunded: 'reissue.ticket-refunded',
  exchanged: 'reissue.ticket-exchanged',
  superseded: 'reissue.ticket-superseded',
  expired: 'reissue.ticket-expired',
};
