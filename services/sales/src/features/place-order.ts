// POST /api/v1/orders: the order is stored with its request for places in one write, and the answer waits for inventory as long as the
// caller likes (SAL-20 … SAL-25, SAL-29, PLA-32, PLA-33). The order's id follows from caller and Idempotency-Key, so a retry finds
// the same order; its own token is derived from its id.
import {
  DomainError,
  fen,
  formatId,
  maskEmail,
  maskIdNumber,
  maskName,
  maskPhone,
  parseEmail,
  parsePhone,
  type TenantId,
} from '@tongpiao/kernel';
import { Scope, type PersonalValue, type RecordKey } from '@tongpiao/persistence';
import {
  derivedBytes,
  InvalidRequest,
  route,
  type Foundation,
  type RequestContext,
  type Route,
} from '@tongpiao/service-shell';
import { z } from 'zod';
import type { ClaimWish, Claims } from '../claim/claim.store.ts';
import { documentClaims } from '../claim/document-claims.ts';
import { unpaidKeys } from '../claim/unpaid-keys.ts';
import type { OrderAccess } from '../order-access/order-access.ts';
import { soldLine } from '../order/order-line.ts';
import { orderView, viewOrder } from '../order/order-view.ts';
import type { OrderWaiting } from '../order/order-waiting.ts';
import type { Contact, LiveOrder, OrderFacts, OrderLine, OrderState, Traveller, Waiting } from '../order/order.ts';
import { QUOTE_PROBLEMS } from '../problems.ts';
import type { Quote, QuotedLine } from '../quote/quote.ts';
import type { Quoting } from '../quote/quoting.ts';
import { linesSchema, type ReadLine } from '../quote/wish.ts';
import type { Orders } from '../stores.ts';
import { buyerOf, channelOf, sellsFor } from './channel.ts';
import { viewQuote } from './create-quote.ts';

const body = z.strictObject({
  contact: z.strictObject({
    name: z.string().trim().min(1).max(60),
    phone: z.string().min(5).max(30),
    email: z.string().min(3).max(254).optional(),
  }),
  lines: linesSchema,
  quoteId: z.string().max(200).optional(),
  waitingList: z
    .strictObject({
      until: z.iso.datetime({ offset: true }).describe('Leaves the line by itself then.'),
      prepaid: z.boolean().describe('Pays while standing in line; places make the order fulfilled by themselves.'),
    })
    .optional()
    .describe('SAL-26: stand in line if there are no places.'),
});
type Body = z.output<typeof body>;

const answer = orderView.extend({ accessToken: z.string().describe('Bearer token for this one order.') });

type Parts = {
  readonly orders: Orders;
  readonly claims: Claims;
  readonly quoting: Quoting;
  readonly access: OrderAccess;
  readonly waiting: OrderWaiting;
  /** LIMITS=off lifts the limits per phone and address, for load tests. */
  readonly limits: boolean;
};

const ORDER_ROUTE = 'POST /api/v1/orders';

export function placeOrder(foundation: Foundation, parts: Parts): Route {
  const { vault, clock } = foundation;
  const idKey = vault.serviceKey('order-ids');
  return route({
    method: 'post',
    path: '/api/v1/orders',
    summary: 'Places an order and asks for its places.',
    description:
      'With Prefer: wait=N the answer is 201 with the order as soon as inventory has answered; without it, 202 and a Location to follow.',
    tags: ['orders'],
    access: 'public',
    waits: true,
    body,
    problems: [
      ...QUOTE_PROBLEMS,
      'sales.stale-quote',
      'sales.names-required',
      'sales.waiting-list-closed',
      'sales.waiting-list-one-session',
      'sales.waiting-list-deadline',
    ],
    responses: { 201: answer, 202: answer },
    async handler(context) {
      const now = clock();
      const orderIdOf = (tenantId: TenantId): string =>
        formatId<'Order'>('ord', tenantId, derivedBytes(idKey, context.callerKey, ORDER_ROUTE, context.idempotencyKey));
      const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
      const sold = await quoted(parts, context, now).catch(async (refusal: unknown) => {
        // A retry of an order that was placed gets that order, whatever has changed since.
        const tenantId = await parts.quoting.tenantOf(context.body.lines);
        if (!(refusal instanceof DomainError) || tenantId === undefined) throw refusal;
        const scope = Scope.ofTenant(tenantId, context.origin());
        const before = (): never => {
          throw refusal;
        };
        const { id, state } = await parts.orders.handle(scope, orderIdOf(tenantId), before, { request });
        return { id, state, scope };
      });
      if ('state' in sold) return answered(parts, context, sold.scope, sold.id, sold.state);
      const { quote, lines, tenantId, waiting } = sold;
      const contact = readContact(context.body);
      const orderId = orderIdOf(tenantId);
      const scope = Scope.ofTenant(tenantId, context.origin());
      const token = parts.access.tokenOf(orderId, tenantId);
      const recordKey = await vault.newRecordKey(scope);
      const sealing = sealingOf(foundation, scope, recordKey);
      const facts: OrderFacts = {
        channel: channelOf(context, sellsFor(context, tenantId)),
        language: context.language,
        contact: await sealContact(sealing, contact),
        lines: await Promise.all(quote.lines.map((line, index) => orderLine(sealing, line, lines[index], index))),
        total: fen(quote.total),
        placedAt: now.toISOString(),
        expiresAt: waiting?.until ?? new Date(payUntilMs(quote, now)).toISOString(),
        holdId: formatId<'Hold'>('hld', tenantId, derivedBytes(idKey, orderId, 'hold', context.idempotencyKey)),
        accessHash: parts.access.hashOf(token),
        ...buyerOf(context, tenantId),
        addressIndex: await vault.blindIndex(scope, 'address', context.request.address),
        ...(waiting === undefined ? {} : { waiting }),
      };
      const claims = await parts.claims.take(scope, orderId, claimsOf(facts, quote, parts.limits), now);
      const { refusal } = claims;
      const command =
        refusal === undefined
          ? ({ type: 'PlaceOrder', facts } as const)
          : ({ type: 'RefuseOrder', facts, reason: refusal.code, reasonData: refusal.data } as const);
      const handled = await parts.orders
        .handle(scope, orderId, command, { request, recordKey, expectNew: true })
        .catch(async (error: unknown) => {
          // Refused, e.g. as another request under an old key: its documents are not this order's to occupy.
          if (error instanceof DomainError) await claims.giveBack();
          throw error;
        });
      return answered(parts, context, scope, orderId, handled.state);
    },
  });
}

type Given = { readonly body: z.input<typeof answer>; readonly headers: Readonly<Record<string, string>> };
type Answer = ({ readonly status: 201 } & Given) | ({ readonly status: 202 } & Given);

async function answered(
  parts: Parts,
  context: RequestContext,
  scope: Scope,
  orderId: string,
  placed: OrderState,
): Promise<Answer> {
  if (placed.status === 'none') throw new Error('an order was placed and is not there');
  const order = (await waitForPlaces(parts, context, scope, orderId, placed)) ?? placed;
  const accessToken = parts.access.tokenOf(orderId, scope.tenantId);
  const given = {
    body: { ...viewOrder(orderId, scope.tenantId, order, new Map()), accessToken },
    headers: { Location: `/api/v1/orders/${orderId}` },
  };
  const settled = order.status !== 'holding' && (context.waitMs > 0 || order.status === 'rejected');
  return settled ? { status: 201, ...given } : { status: 202, ...given };
}

type Quoted = Awaited<ReturnType<Quoting['compute']>> & { readonly waiting: Waiting | undefined };

async function quoted(parts: Parts, context: RequestContext<unknown, unknown, Body>, now: Date): Promise<Quoted> {
  const computed = await parts.quoting.compute(context.body.lines, {
    channel: (tenantId) => channelOf(context, sellsFor(context, tenantId)),
    namesRequired: true,
  });
  checkQuote(parts.quoting, context.body.quoteId, computed.quote, computed.fingerprint, now);
  return { ...computed, waiting: waitingOf(context.body.waitingList, computed.quote, now) };
}

async function waitForPlaces(
  parts: Parts,
  context: RequestContext,
  scope: Scope,
  orderId: string,
  placed: LiveOrder,
): Promise<LiveOrder | undefined> {
  if (placed.status !== 'holding' || context.waitMs === 0) return placed;
  return parts.waiting.until(scope, orderId, ({ status }) => status !== 'holding', context.waitMs, context.signal);
}

/** SAL-22: an order with a stale quote is refused with the new one. */
function checkQuote(quoting: Quoting, quoteId: string | undefined, quote: Quote, fingerprint: string, now: Date): void {
  if (quoteId === undefined) return;
  const verdict = quoting.tokens.check(quoteId, fingerprint, quote.total, now);
  if (verdict === 'valid') return;
  throw new DomainError('sales.stale-quote', 'The quote is not valid for this order any more.', {
    quote: viewQuote(quoting, quote, fingerprint, now),
  });
}

type PlainContact = { readonly name: string; readonly phone: string; readonly email: string | undefined };

function readContact({ contact }: Body): PlainContact {
  const phone = parsePhone(contact.phone);
  const email = contact.email === undefined ? undefined : parseEmail(contact.email);
  const problems = [
    ...(phone.ok
      ? []
      : [
          {
            in: 'body' as const,
            field: '/contact/phone',
            message: { zh: '手机号码无效', en: 'not a phone number that can receive SMS' },
          },
        ]),
    ...(email?.ok === false
      ? [{ in: 'body' as const, field: '/contact/email', message: { zh: '邮箱地址无效', en: 'not a mail address' } }]
      : []),
  ];
  if (!phone.ok || problems.length > 0) throw new InvalidRequest(problems);
  return { name: contact.name, phone: phone.phone, email: email?.ok === true ? email.email : undefined };
}

type Sealing = {
  seal(plain: string, masked: string): PersonalValue;
  sealIndexed(purpose: string, plain: string, masked: string): Promise<PersonalValue>;
};

function sealingOf(foundation: Foundation, scope: Scope, recordKey: RecordKey): Sealing {
  return {
    seal: (plain, masked) => ({ sealed: recordKey.seal(plain), masked }),
    sealIndexed: async (purpose, plain, masked) => ({
      sealed: recordKey.seal(plain),
      masked,
      index: await foundation.vault.blindIndex(scope, purpose, plain),
    }),
  };
}

async function sealContact(sealing: Sealing, { name, phone, email }: PlainContact): Promise<Contact> {
  return {
    name: sealing.seal(name, maskName(name)),
    phone: await sealing.sealIndexed('phone', phone, maskPhone(phone)),
    ...(email === undefined ? {} : { email: await sealing.sealIndexed('email', email, maskEmail(email)) }),
  };
}

async function orderLine(
  sealing: Sealing,
  quoted: QuotedLine,
  read: ReadLine | undefined,
  index: number,
): Promise<OrderLine> {
  const travellers = await Promise.all(
    (read?.people ?? []).map(async ({ name, idType, idNumber }): Promise<Traveller> => ({
      name: sealing.seal(name, maskName(name)),
      idType,
      // The type belongs to the index: the same number on two kinds of document is two documents.
      idNumber: {
        ...(await sealing.sealIndexed('document', `${idType}:${idNumber}`, maskIdNumber(idNumber))),
        sealed: sealing.seal(idNumber, '').sealed,
      },
    })),
  );
  return { ...soldLine(quoted, `l${index + 1}`), travellers };
}

/** SAL-26. @throws DomainError where the product has no line, the order is for several sessions, or the deadline does not fit */
function waitingOf(wish: Body['waitingList'], quote: Quote, now: Date): Waiting | undefined {
  if (wish === undefined) return undefined;
  const [line] = quote.lines;
  const rules = line?.product.waiting;
  if (line === undefined || rules === undefined)
    throw new DomainError('sales.waiting-list-closed', 'This product has no waiting list.');
  if (quote.lines.some(({ session }) => session.sessionId !== line.session.sessionId))
    throw new DomainError('sales.waiting-list-one-session', 'An order on the waiting list is for one session.');
  const cutOffMs = line.product.rules.cutOffMinutesBeforeEnd * 60_000;
  const latest = Date.parse(line.session.endsAt) - cutOffMs;
  const until = Date.parse(wish.until);
  if (until <= now.getTime() || until > latest)
    throw new DomainError('sales.waiting-list-deadline', 'The deadline does not fit.', {
      latest: new Date(latest).toISOString(),
    });
  const { lineMax, payWithinMinutes } = rules;
  return { until: new Date(until).toISOString(), prepaid: wish.prepaid && quote.total > 0, payWithinMinutes, lineMax };
}

/** The strictest of the order's products; a session that ends sooner ends the time to pay. */
function payUntilMs(quote: Quote, now: Date): number {
  return Math.min(
    ...quote.lines.map(({ product, session }) =>
      Math.min(now.getTime() + product.rules.payWithinMinutes * 60_000, Date.parse(session.endsAt)),
    ),
  );
}

function claimsOf(facts: OrderFacts, quote: Quote, limits: boolean): readonly ClaimWish[] {
  const wishes = facts.lines.flatMap((line, index) => {
    const perDay = quote.lines[index]?.ticketType.limits.perDocumentAndDay;
    return line.travellers.flatMap(({ idNumber }) => documentClaims(line, idNumber, perDay));
  });
  if (limits && facts.clerkId === undefined) {
    const perPhone = Math.min(...quote.lines.map(({ product }) => product.rules.unpaidPerPhone));
    const perAddress = Math.min(...quote.lines.map(({ product }) => product.rules.unpaidPerAddress));
    const keys = unpaidKeys(facts);
    wishes.push({
      key: keys.ofPhone,
      limit: perPhone,
      count: 1,
      counts: 'unpaid',
      refusal: { code: 'sales.too-many-unpaid', data: { limit: perPhone, by: 'phone' } },
    });
    wishes.push({
      key: keys.ofAddress,
      limit: perAddress,
      count: 1,
      counts: 'unpaid',
      refusal: { code: 'sales.too-many-unpaid', data: { limit: perAddress, by: 'address' } },
    });
  }
  return wishes;
}
