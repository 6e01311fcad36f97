// POST /api/v1/reissue-applications/phone-codes: whoever knows only the telephone of a purchase and a day shows first that it is theirs
// (REI-02). The answer is the same whether that telephone has bought something or not, and comes as fast: only whoever holds it learns
// more, by the code that is sent where there is something. The code follows from telephone, site and time, so nothing is kept of it.
import { timingSafeEqual } from 'node:crypto';
import { envelopeOf, sendCode } from '@tongpiao/contracts';
import { DomainError, parsePhone, type TenantId } from '@tongpiao/kernel';
import { mac, newId, Scope } from '@tongpiao/persistence';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { CodeTries } from '../views/code-tries.store.ts';
import type { TicketFinder } from './find-ticket.ts';

const SPAN_MS = 10 * 60_000;
/** A code is good for the rest of its span and the next one. */
const VALID_MINUTES = 10;
const DAY_MS = 24 * 3_600_000;
/** Of a million, and two are right at any time. Whoever is kept out by a stranger's guesses has the other ways to name a ticket. */
const TRIES_PER_SPAN = 5;
const TRIES_PER_DAY = 15;

export type PhoneCodes = {
  /** @throws DomainError `reissue.code-over`, `reissue.proof-wrong` */
  check(scope: Scope, phone: string, code: string): Promise<void>;
  codeFor(scope: Scope, phone: string): Promise<string>;
};

export function createPhoneCodes(foundation: Foundation, tries: CodeTries): PhoneCodes {
  const { vault, clock } = foundation;
  const key = vault.serviceKey('phone-codes');
  const spanNow = (): number => Math.floor(clock().getTime() / SPAN_MS);
  const codeOf = (index: string, span: number): string => {
    const digits = mac(key, `${index}|${span}`).readUIntBE(0, 6) % 1_000_000;
    return String(digits).padStart(6, '0');
  };
  const indexOf = (scope: Scope, phone: string): Promise<string> => vault.blindIndex(scope, 'phone', phone);

  return {
    codeFor: async (scope, phone) => codeOf(await indexOf(scope, phone), spanNow()),
    async check(scope, phone, code) {
      const index = await indexOf(scope, phone);
      const span = spanNow();
      const day = Math.floor(clock().getTime() / DAY_MS);
      const counted = [
        await tries.count(scope, `${index}:${span}`, TRIES_PER_SPAN, new Date((span + 2) * SPAN_MS)),
        await tries.count(scope, `${index}:day:${day}`, TRIES_PER_DAY, new Date((day + 2) * DAY_MS)),
      ];
      if (counted.includes(false))
        throw new DomainError('reissue.code-over', 'Too many codes were tried for this telephone.');
      const fits = [span, span - 1].some((of) => timingSafeEqual(Buffer.from(codeOf(index, of)), Buffer.from(code)));
      if (!fits) throw new DomainError('reissue.proof-wrong', 'That is not the code.');
    },
  };
}

const body = z.strictObject({
  tenantId: z.string().max(60).describe('Whose ticket.'),
  phone: z.string().min(5).max(30).describe('Given at the purchase.'),
  date: z.iso.date().optional().describe('Day of travel.'),
  purchasedOn: z.iso.date().optional().describe('Day of the purchase.'),
});

export function sendPhoneCode(
  foundation: Foundation,
  { finder, phoneCodes }: { readonly finder: TicketFinder; readonly phoneCodes: PhoneCodes },
): Route {
  const { broker, bus, clock, logger } = foundation;

  async function tell(scope: Scope, phone: string, language: 'zh-CN' | 'en'): Promise<void> {
    const id = newId<'Message'>('msg', scope.tenantId);
    const seal = (plain: string): string => bus.sealFor('notification', scope.tenantId, id, plain);
    const data = {
      ...{ channel: 'sms' as const, to: seal(phone), code: seal(await phoneCodes.codeFor(scope, phone)) },
      ...{ minutesValid: VALID_MINUTES, language },
    };
    const facts = { id, source: 'reissue', subject: id, time: clock(), tenantId: scope.tenantId };
    await broker.publisher.publish({ kind: 'command', envelope: envelopeOf(sendCode.type, facts, data) });
  }

  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/phone-codes',
    summary:
      'Sends a code to a telephone if it has bought a ticket for that day; the answer does not say whether it has.',
    tags: ['reissue'],
    access: 'public',
    body: body.refine(
      ({ date, purchasedOn }) => date !== undefined || purchasedOn !== undefined,
      'date or purchasedOn',
    ),
    // Sending is limited by notification, per telephone; asking is limited at the gateway.
    idempotent: false,
    responses: { 202: z.object({ minutesValid: z.int() }) },
    handler(context) {
      const { tenantId, phone: given, date, purchasedOn } = context.body;
      foundation.tenants.require(tenantId);
      const phone = parsePhone(given);
      const scope = Scope.ofTenant(tenantId as TenantId, context.origin());
      const { language } = context;
      if (phone.ok) {
        // Not waited for: how long it takes would tell.
        finder
          .mayFind(scope, { phone: phone.phone, date, purchasedOn })
          .then((found) => (found ? tell(scope, phone.phone, language) : undefined))
          .catch((error: unknown) => {
            logger.warn({ err: error }, 'a code to a telephone was not sent; it can be asked for again');
          });
      }
      return { status: 202 as const, body: { minutesValid: VALID_MINUTES } };
    },
  });
}
