// What must be true when the platform has settled, read from the stores as an outside auditor would: orders against payments against
// provider against ledger against tickets against counters, nothing unpublished, nothing parked, nobody told twice.
import mongoose, { type Connection } from 'mongoose';
import { afterSale, afterSaleCounts, worthOf } from './audit-after-sale.ts';
import { gateCounts, gatesAgainstTickets } from './audit-gates.ts';
import { peopleAgainstRecords } from './audit-people.ts';
import { caseCounts, casesAgainstTickets } from './audit-reissues.ts';
import { takingsAgainstTickets } from './audit-takings.ts';
import { at, list, number, text, WITH_TICKETS, type Document } from './documents.ts';
import type { Decided } from './gates.ts';

export type Findings = {
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly unknownMessages: readonly string[];
};

const SERVICES = ['identity', 'sales', 'inventory', 'finance', 'notification', 'reissue'] as const;
const LINES_SHOWN = 100;

export async function connect(mongodbUri: string): Promise<Connection> {
  // As the services do, for the same reason; and nobody waits half a minute for a server that is being killed.
  const options = {
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 2_000,
    serverSelectionTimeoutMS: 5_000,
  } as const;
  return mongoose.createConnection(mongodbUri, options).asPromise();
}

async function all(connection: Connection, database: string, collection: string): Promise<Document[]> {
  return connection.getClient().db(database).collection<Document>(collection).find({}).toArray();
}

/** What still moves, in words; empty when the platform has settled. */
export async function unsettled(connection: Connection): Promise<readonly string[]> {
  const open: string[] = [];
  const client = connection.getClient();
  for (const database of SERVICES) {
    for (const { name } of await client.db(database).listCollections({}, { nameOnly: true }).toArray()) {
      const waiting = await client
        .db(database)
        .collection(name)
        .countDocuments({ 'outbox.0': { $exists: true } });
      if (waiting > 0) open.push(`${waiting} records of ${database}.${name} have unpublished messages`);
    }
  }
  const count = async (database: string, collection: string, filter: object, what: string): Promise<void> => {
    const found = await client.db(database).collection(collection).countDocuments(filter);
    if (found > 0) open.push(`${found} ${what}`);
  };
  await count(
    'sales',
    'orders',
    { 'state.status': { $in: ['placed', 'holding', 'awaiting_payment', 'paid'] } },
    'orders are under way',
  );
  await count('sales', 'orders', { 'state.refunds.status': 'requested' }, 'orders wait for a refund');
  await count(
    'sales',
    'orders',
    { 'state.exchanges.status': { $in: ['holding', 'awaiting_payment', 'replacing'] } },
    'orders have an exchange under way',
  );
  await count('sales', 'disruptions', { 'state.status': { $nin: ['done'] } }, 'disrupted sessions are being worked on');
  const vanished = await cancelledSessions(connection);
  await count(
    'sales',
    'rights',
    { 'state.sessionId': { $in: vanished }, 'state.status': { $in: ['issued', 'checked_in'] } },
    'tickets are for a session that was cancelled',
  );
  await count(
    'sales',
    'rights',
    { 'state.sessionId': { $in: vanished }, 'state.status': 'used', $expr: { $anyElementTrue: [BEFORE_THE_START] } },
    'tickets were used before the start of a session that was cancelled',
  );
  await count('inventory', 'site_days', { 'waiting.0': { $exists: true } }, 'site-days have somebody in line');
  await count('finance', 'payments', { 'state.status': { $in: ['requested', 'opened'] } }, 'payments are under way');
  await count('inventory', 'holds', { status: 'held' }, 'holds are open');
  await count('inventory', 'site_days', { 'pending.0': { $exists: true } }, 'site-days have pending decisions');
  await count(
    'reissue',
    'applications',
    { 'state.status': { $in: ['verifying', 'waiting_identity', 'executing'] } },
    'cases are being worked on',
  );
  await count(
    'reissue',
    'applications',
    { $or: [{ 'state.refunds.status': 'requested' }, { 'state.payments.status': { $in: ['requested', 'opened'] } }] },
    'cases have money under way',
  );
  await count(
    'notification',
    'messages',
    { 'state.status': { $in: ['queued', 'sending'] } },
    'messages are being sent',
  );
  // Read last, and only when nobody moves: these are all tickets.
  return open.length > 0 ? open : peopleAgainstRecords(connection);
}

/** Of each use of a ticket, whether it was; gates write times with the offset of their clock. */
const BEFORE_THE_START = {
  $map: {
    input: '$state.uses',
    as: 'use',
    in: { $lt: [{ $toDate: '$$use.at' }, { $toDate: '$state.startsAt' }] },
  },
};

async function cancelledSessions(connection: Connection): Promise<readonly string[]> {
  return (await all(connection, 'inventory', 'site_days')).flatMap((siteDay) =>
    Object.entries((at(siteDay, 'sessions') ?? {}) as Record<string, unknown>)
      .filter(([, counters]) => text(counters, 'status') === 'cancelled')
      .map(([sessionId]) => sessionId),
  );
}

export async function audit(
  connection: Connection,
  sandbox: {
    sms: readonly { text: string }[];
    mail: readonly { subject: string; text: string }[];
    payments: readonly ProviderPayment[];
  },
  decided: readonly Decided[],
): Promise<Findings> {
  const violations: string[] = [];
  const orders = await all(connection, 'sales', 'orders');
  const rights = await all(connection, 'sales', 'rights');
  const holds = await all(connection, 'inventory', 'holds');
  const siteDays = await all(connection, 'inventory', 'site_days');
  const payments = await all(connection, 'finance', 'payments');
  const entries = await all(connection, 'finance', 'ledger_entries');
  const messages = await all(connection, 'notification', 'messages');
  const incidents = await all(connection, 'sales', 'gate_incidents');
  const counters = await all(connection, 'sales', 'site_counters');
  const applications = await all(connection, 'reissue', 'applications');

  ticketsAgainstOrders(orders, rights, violations);
  moneyAgainstOrders(orders, rights, payments, sandbox.payments, violations);
  ledgerAgainstPayments(payments, entries, violations);
  takingsAgainstTickets({ orders, rights, payments, entries }, violations);
  stockAgainstTickets(orders, rights, holds, siteDays, violations);
  await leftovers(connection, violations);
  toldTwice(orders, messages, applications, sandbox, violations);
  afterSale(orders, rights, payments, violations);
  gatesAgainstTickets(rights, incidents, decided, violations);
  casesAgainstTickets(rights, { applications, payments }, violations);

  const byStatus = Map.groupBy(orders, (order) => text(order, 'state.status'));
  const counts: Record<string, number> = {
    orders: orders.length,
    tickets: rights.length,
    payments: payments.length,
    'ledger entries': entries.length,
    messages: messages.length,
  };
  for (const [status, group] of byStatus) counts[`orders ${status}`] = group.length;
  Object.assign(
    counts,
    afterSaleCounts(orders, rights),
    gateCounts(rights, incidents, counters),
    caseCounts(applications),
  );
  const unknownMessages = messages
    .filter((message) => text(message, 'state.status') === 'unknown')
    .map(({ _id }) => _id);
  return { violations, counts, unknownMessages };
}

function ticketsAgainstOrders(orders: readonly Document[], rights: readonly Document[], violations: string[]): void {
  const byOrder = Map.groupBy(rights, (right) => text(right, 'state.orderId'));
  const known = new Map(orders.map((order) => [order._id, order]));
  for (const order of orders) {
    const status = text(order, 'state.status');
    const wanted = list(order, 'state.lines').reduce<number>((sum, line) => sum + number(line, 'quantity'), 0);
    const issued = byOrder.get(order._id)?.length ?? 0;
    if (WITH_TICKETS.has(status) && issued !== wanted)
      violations.push(`order ${order._id} is ${status} with ${issued} of ${wanted} tickets`);
    if (!WITH_TICKETS.has(status) && status !== 'paid' && issued > 0)
      violations.push(`order ${order._id} is ${status} and has ${issued} tickets`);
    if (status === 'paid') violations.push(`order ${order._id} is paid and has not been fulfilled`);
  }
  for (const right of rights)
    if (!known.has(text(right, 'state.orderId'))) violations.push(`ticket ${text(right, 'state.number')} has no order`);
  const numbers = new Set(rights.map((right) => text(right, 'state.number')));
  if (numbers.size !== rights.length) violations.push('two tickets share a number');
}

/** As the payment sandbox's own list shows it. */
export type ProviderPayment = {
  readonly outTradeNo: string;
  readonly status: string;
  readonly amountFen: number;
  readonly refunds: readonly { readonly amountFen: number; readonly status: string }[];
};

function moneyAgainstOrders(
  orders: readonly Document[],
  rights: readonly Document[],
  payments: readonly Document[],
  provider: readonly ProviderPayment[],
  violations: string[],
): void {
  const refundedOf = (payment: unknown): number =>
    list(payment, 'state.refunds')
      .filter((refund) => text(refund, 'status') === 'done')
      .reduce<number>((sum, refund) => sum + number(refund, 'amount'), 0);
  const byId = new Map(payments.map((payment) => [payment._id, payment]));
  for (const theirs of provider) {
    const ours = byId.get(theirs.outTradeNo);
    const captured =
      ours !== undefined && text(ours, 'state.status') === 'captured' ? number(ours, 'state.capture.amount') : 0;
    const returned = theirs.refunds
      .filter(({ status }) => status === 'succeeded')
      .reduce((sum, { amountFen }) => sum + amountFen, 0);
    const taken = theirs.status === 'paid' ? theirs.amountFen : 0;
    if (taken !== captured)
      violations.push(`payment ${theirs.outTradeNo}: the provider took ${taken}, finance knows of ${captured}`);
    if (ours !== undefined && returned !== refundedOf(ours))
      violations.push(
        `payment ${theirs.outTradeNo}: the provider returned ${returned}, finance knows of ${refundedOf(ours)}`,
      );
  }
  const byOrder = Map.groupBy(payments, (payment) => text(payment, 'state.orderId'));
  const rightsByOrder = Map.groupBy(rights, (right) => text(right, 'state.orderId'));
  for (const order of orders) {
    const own = byOrder.get(order._id) ?? [];
    const kept = own
      .filter((payment) => text(payment, 'state.status') === 'captured')
      .reduce((sum, payment) => sum + number(payment, 'state.capture.amount') - refundedOf(payment), 0);
    const status = text(order, 'state.status');
    const owed = WITH_TICKETS.has(status)
      ? worthOf(order, rightsByOrder.get(order._id) ?? [])
      : status === 'paid'
        ? number(order, 'state.total')
        : 0;
    if (kept !== owed)
      violations.push(`order ${order._id} (${text(order, 'state.status')}): ${kept} fen kept, ${owed} owed`);
  }
}

function ledgerAgainstPayments(
  payments: readonly Document[],
  entries: readonly Document[],
  violations: string[],
): void {
  let debits = 0;
  let credits = 0;
  for (const entry of entries) {
    const debit = list(entry, 'lines').reduce<number>((sum, line) => sum + number(line, 'debit'), 0);
    const credit = list(entry, 'lines').reduce<number>((sum, line) => sum + number(line, 'credit'), 0);
    if (debit !== credit) violations.push(`ledger entry ${entry._id}: debits ${debit}, credits ${credit}`);
    debits += debit;
    credits += credit;
  }
  if (debits !== credits) violations.push(`ledger: debits ${debits}, credits ${credits}`);
  const bookedFor = new Map<string, { taken: number; returned: number }>();
  for (const entry of entries) {
    const subject = text(entry, 'source.subject');
    const amount = list(entry, 'lines').reduce<number>((sum, line) => sum + number(line, 'debit'), 0);
    const booked = bookedFor.get(subject) ?? { taken: 0, returned: 0 };
    if (text(entry, 'source.type').startsWith('finance.payment.captured')) booked.taken += amount;
    if (text(entry, 'source.type').startsWith('finance.payment.refunded')) booked.returned += amount;
    bookedFor.set(subject, booked);
  }
  for (const payment of payments) {
    const captured = text(payment, 'state.status') === 'captured' ? number(payment, 'state.capture.amount') : 0;
    const refunded = list(payment, 'state.refunds')
      .filter((refund) => text(refund, 'status') === 'done')
      .reduce<number>((sum, refund) => sum + number(refund, 'amount'), 0);
    const booked = bookedFor.get(payment._id) ?? { taken: 0, returned: 0 };
    if (booked.taken !== captured || booked.returned !== refunded) {
      violations.push(
        `payment ${payment._id}: ${captured} captured and ${refunded} refunded, ${booked.taken} and ${booked.returned} booked`,
      );
    }
  }
}

function stockAgainstTickets(
  orders: readonly Document[],
  rights: readonly Document[],
  holds: readonly Document[],
  siteDays: readonly Document[],
  violations: string[],
): void {
  const soldBySession = new Map<string, number>();
  for (const right of rights) {
    // A ticket that was given back has given its places back too, but for those of people who came in: no session of the trial is over.
    const admits = number(right, 'state.admits');
    const came = list(right, 'state.uses').reduce<number>((sum, use) => sum + number(use, 'people'), 0);
    const taken = text(right, 'state.status') === 'refunded' ? Math.min(admits, came) : admits;
    const sessionId = text(right, 'state.sessionId');
    soldBySession.set(sessionId, (soldBySession.get(sessionId) ?? 0) + taken);
  }
  for (const siteDay of siteDays) {
    const sessions = Object.entries((at(siteDay, 'sessions') ?? {}) as Record<string, unknown>);
    let daySold = 0;
    for (const [sessionId, counters] of sessions) {
      const [capacity, available, held, sold] = ['capacity', 'available', 'held', 'sold'].map((field) =>
        number(counters, field),
      );
      if ((available ?? 0) + (held ?? 0) + (sold ?? 0) !== capacity || (available ?? 0) < 0)
        violations.push(`session ${sessionId}: ${available} + ${held} + ${sold} ≠ ${capacity}`);
      if (held !== 0) violations.push(`session ${sessionId}: ${held} places are held by nobody`);
      if (sold !== (soldBySession.get(sessionId) ?? 0))
        violations.push(`session ${sessionId}: ${sold} sold, ${soldBySession.get(sessionId) ?? 0} tickets`);
      // The day counts nobody who was to come to a session that was cancelled before it began.
      if (at(counters, 'outsideDay') !== true) daySold += sold ?? 0;
    }
    const day = at(siteDay, 'day');
    if (day !== undefined && number(day, 'sold') !== daySold)
      violations.push(`site-day ${siteDay._id}: ${number(day, 'sold')} sold, its sessions ${daySold}`);
    for (const entry of list(siteDay, 'waiting'))
      violations.push(`site-day ${siteDay._id}: ${text(entry, 'hold.orderId')} stands in line still`);
    if (list(siteDay, 'pending').length > 0) violations.push(`site-day ${siteDay._id}: decisions are pending`);
  }
  const kept = new Set<string>();
  for (const order of orders) {
    if (WITH_TICKETS.has(text(order, 'state.status'))) kept.add(text(order, 'state.holdId'));
    for (const exchange of list(order, 'state.exchanges'))
      if (text(exchange, 'status') === 'done') kept.add(text(exchange, 'holdId'));
  }
  for (const hold of holds) {
    const confirmed = text(hold, 'status') === 'confirmed';
    if (confirmed !== kept.has(hold._id))
      violations.push(
        `hold ${hold._id} is ${text(hold, 'status')}, and its places were ${kept.has(hold._id) ? '' : 'not '}sold`,
      );
  }
}

async function leftovers(connection: Connection, violations: string[]): Promise<void> {
  for (const database of SERVICES) {
    for (const parked of await all(connection, database, 'parked_messages')) {
      if (text(parked, 'status') === 'parked')
        violations.push(
          `${database}: parked ${text(parked, 'type')} in ${text(parked, 'queue')}: ${text(parked, 'reason')} ${text(parked, 'detail').slice(0, 200)}`,
        );
    }
  }
  for (const open of await unsettled(connection)) violations.push(`not settled: ${open}`);
}

/** Words of a message that hands over tickets; later ones about them name their numbers too. */
const ANNOUNCES = /已出票|tickets are ready|tickets for .* are ready/;

/** How often an order's fate gives cause for a message; most of them once. */
function timesToTell(order: Document | undefined, template: string, cases: number): number {
  const ended = (status: string): number =>
    list(order, 'state.exchanges').filter((exchange) => text(exchange, 'status') === status).length;
  if (template.startsWith('tickets-')) return list(order, 'state.returned').length;
  if (template.startsWith('exchange-completed')) return ended('done');
  if (template.startsWith('exchange-failed')) return ended('failed');
  if (template.startsWith('session-')) return list(order, 'state.told').length;
  if (template.startsWith('reissue-')) return cases;
  if (template === 'payment-returned') return list(order, 'state.refunds').length;
  return 1;
}

/** One message per order, event and channel in the books, and at most one at the receivers' end. */
function toldTwice(
  orders: readonly Document[],
  messages: readonly Document[],
  applications: readonly Document[],
  sandbox: { sms: readonly { text: string }[]; mail: readonly { text: string }[] },
  violations: string[],
): void {
  const perOrder = Map.groupBy(
    messages,
    (message) => `${text(message, 'state.about')}|${text(message, 'state.template')}|${text(message, 'state.channel')}`,
  );
  const known = new Map(orders.map((order) => [order._id, order]));
  const casesOf = Map.groupBy(applications, (one) => text(one, 'state.ticket.orderId'));
  for (const [what, group] of perOrder) {
    const about = text(group[0], 'state.about');
    const most = timesToTell(known.get(about), text(group[0], 'state.template'), casesOf.get(about)?.length ?? 0);
    if (group.length > most) violations.push(`told ${group.length} times instead of ${most}: ${what}`);
  }
  const received = (texts: readonly string[], channel: string): void => {
    const counts = new Map<string, number>();
    for (const body of texts.filter((one) => ANNOUNCES.test(one)))
      for (const [, found] of body.matchAll(/([0-9A-Z]{15})(?![0-9A-Z])/g))
        if (found !== undefined) counts.set(found, (counts.get(found) ?? 0) + 1);
    for (const [found, count] of counts)
      if (count > 1) violations.push(`ticket ${found} was announced ${count} times by ${channel}`);
  };
  received(
    sandbox.sms.map((sms) => sms.text),
    'SMS',
  );
  received(
    sandbox.mail.map((mail) => mail.text),
    'mail',
  );
  const fulfilled = orders.filter((order) => WITH_TICKETS.has(text(order, 'state.status')));
  const told = new Set(messages.map((message) => text(message, 'state.about')));
  for (const order of fulfilled)
    if (!told.has(order._id)) violations.push(`order ${order._id} is fulfilled and nobody was told`);
}

export function show(findings: Findings, say: (line: string) => void): void {
  for (const [what, count] of Object.entries(findings.counts)) say(`  ${what}: ${count}`);
  say(
    `  messages whose fate nobody can know (cut off before the provider’s answer): ${findings.unknownMessages.length}`,
  );
  for (const id of findings.unknownMessages) say(`    ${id}`);
  say(`\n${findings.violations.length} violations`);
  for (const line of findings.violations.slice(0, LINES_SHOWN)) say(`  ${line}`);
  if (findings.violations.length > LINES_SHOWN) say(`  … and ${findings.violations.length - LINES_SHOWN} more`);
}
