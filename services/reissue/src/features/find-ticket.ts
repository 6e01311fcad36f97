// REI-02: which ticket is meant, by its number or by what was given when it was bought; and whether it can be reissued at all (REI-04).
import {
  addDays,
  DomainError,
  instantOf,
  localDate,
  localTime,
  parsePhone,
  parseTicketNumber,
  type IdType,
  type LocalDate,
  type TenantId,
} from '@tongpiao/kernel';
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
   * @param channel for somebody who may name tickets of these sales only
   * @throws DomainError not found, several found
   */
  find(looking: Scope, facts: TicketFacts, tenantId: TenantId | undefined, channel?: string): Promise<FoundTicket>;
  /** Whether there is anything at all; said to nobody. */
  mayFind(scope: Scope, facts: TicketFacts): Promise<boolean>;
};

const notFound = (): DomainError => new DomainError('reissue.ticket-not-found', 'No ticket fits what was given.');

const isOf =
  (channel: string | undefined) =>
  ({ sold }: KnownTicket): boolean =>
    channel === undefined || sold.channel === channel;

export function createTicketFinder(foundation: Foundation, tickets: Tickets): TicketFinder {
  const ofTenant = (looking: Scope, tenantId: string): Scope => Scope.ofTenant(tenantId as TenantId, looking.origin);

  async function byNumber(looking: Scope, text: string, channel: string | undefined): Promise<FoundTicket> {
    const parsed = parseTicketNumber(text);
    const known = parsed.ok ? await tickets.byNumber(looking, parsed.number) : undefined;
    const ticket = known === undefined ? undefined : await tickets.byRight(looking, known.rightId);
    if (known === undefined || ticket === undefined || !isOf(channel)(ticket)) throw notFound();
    return { ticket, scope: ofTenant(looking, ticket.tenantId), asked: known._id };
  }

  /** Everything that was given is asked of the database: one telephone may have bought more than anybody wants to read. */
  async function candidates(
    looking: Scope,
    facts: TicketFacts,
    tenantId: TenantId | undefined,
  ): Promise<readonly KnownTicket[]> {
    const { orderId, document, date, purchasedOn } = facts;
    const whose = orderId === undefined ? tenantId : await tickets.tenantOf(looking, orderId);
    if (whose === undefined && orderId !== undefined) return [];
    if (whose === undefined) throw new DomainError('reissue.tenant-required', 'Say whose ticket it is.');
    const { timeZone } = foundation.tenants.require(whose);
    const scope = ofTenant(looking, whose);
    const phone = facts.phone === undefined ? undefined : parsePhone(facts.phone);
    if (phone?.ok === false) return [];
    const index = (purpose: string, value: string): Promise<string> =>
      foundation.vault.blindIndex(scope, purpose, value);
    return tickets.find(scope, {
      ...(orderId === undefined ? {} : { orderId }),
      ...(phone === undefined ? {} : { phoneIndex: await index('phone', phone.phone) }),
      ...(document === undefined
        ? {}
        : { documentIndex: await index('document', `${document.idType}:${document.idNumber.toUpperCase()}`) }),
      ...(date === undefined ? {} : { date }),
      ...(purchasedOn === undefined ? {} : { placed: dayOf(localDate(purchasedOn), timeZone) }),
    });
  }

  return {
    mayFind: async (scope, facts) => (await candidates(scope, facts, scope.tenantId)).length > 0,
    async find(looking, facts, tenantId, channel) {
      if (facts.number !== undefined) return byNumber(looking, facts.number, channel);
      const { document } = facts;
      const found = (await candidates(looking, facts, tenantId)).filter(isOf(channel));
      const matching = await fitting(foundation, looking, found, document);
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

/** A ticket whose document was put right is the right one's only. */
async function fitting(
  foundation: Foundation,
  looking: Scope,
  found: readonly KnownTicket[],
  document: TicketFacts['document'],
): Promise<readonly KnownTicket[]> {
  if (document === undefined) return found;
  const fits = await Promise.all(
    found.map(async ({ tenantId, sold, corrected }) => {
      const scope = Scope.ofTenant(tenantId as TenantId, looking.origin);
      const number = `${document.idType}:${document.idNumber.toUpperCase()}`;
      const index = await foundation.vault.blindIndex(scope, 'document', number);
      return index === travellerNow({ sold, corrected })?.idNumber.index;
    }),
  );
  return found.filter((_ticket, index) => fits[index] === true);
}

/** @returns when the day begins at the site, and when it is over */
function dayOf(date: LocalDate, timeZone: string): { readonly from: string; readonly before: string } {
  const midnight = (day: LocalDate): string => instantOf(day, localTime('00:00'), timeZone).toISOString();
  return { from: midnight(date), before: midnight(addDays(date, 1)) };
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
