// What a wish costs and whether it may be sold: concessions by age on the day of use, times of sale, choice of price, limits.
import { addDays, CONCESSION_PRESETS, DomainError, fen, localDate, type LocalDate } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { productFor, ticketType } from '../product/product.fixture.ts';
import type { Price, Product, TicketType } from '../product/product.ts';
import {
  priceFor,
  priceFrom,
  quote,
  type Quote,
  type QuoteFacts,
  type SessionFacts,
  type WishedLine,
} from './quote.ts';

const session: SessionFacts = {
  sessionId: 'ses_1',
  productId: 'prd_1',
  siteId: 'sit_1',
  date: '2026-12-02',
  slot: '09:00',
  startsAt: '2026-12-02T09:00:00+08:00',
  endsAt: '2026-12-02T11:00:00+08:00',
  status: 'open',
};
const NOW = new Date('2026-12-01T02:00:00Z');

function ask(
  wishes: readonly Partial<WishedLine>[],
  change: Partial<Omit<QuoteFacts, 'session' | 'product'>> & {
    product?: Product | undefined;
    session?: SessionFacts | undefined;
    /** Ids of the products that there are. */
    catalogue?: readonly string[];
  } = {},
): Quote {
  const { product = productFor(), session: at = session, catalogue = [at.productId], ...facts } = change;
  return quote(
    wishes.map((wish) => ({
      sessionId: 'ses_1',
      ticketTypeId: 'tty_adult',
      quantity: 1,
      travellers: undefined,
      ...wish,
    })),
    {
      now: NOW,
      today: localDate('2026-12-01'),
      channel: 'web',
      namesRequired: true,
      session: (id) => (id === at.sessionId ? at : undefined),
      product: (id) => (catalogue.includes(id) ? product : undefined),
      ...facts,
    },
  );
}
function refusal(work: () => unknown): DomainError {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
const withType = (type: TicketType, more: Partial<Product> = {}): Product =>
  productFor({ ticketTypes: [type], prices: [{ ticketTypeId: type.id, amount: fen(6_000) }], ...more });
const rules = (change: Partial<Product['rules']>): Product =>
  productFor({ rules: { ...productFor().rules, ...change } });
const person = (birthDate?: LocalDate): NonNullable<WishedLine['travellers']>[number] => ({
  idType: 'id_card',
  birthDate,
});

describe('quote', () => {
  it('SAL-22 adds up the lines and explains each', () => {
    const { total, steps, lines } = ask([{ quantity: 2 }, { ticketTypeId: 'tty_child' }]);
    expect(total).to.equal(24_000);
    expect(steps.map(({ line, amount }) => [line, amount])).to.deep.equal([
      [0, 24_000],
      [1, 0],
    ]);
    expect(steps[0]?.text).to.deep.equal({
      zh: '门票 票种 tty_adult 2026-12-02 09:00 ×2',
      en: 'Admission, Type tty_adult, 2026-12-02 09:00, ×2',
    });
    expect(lines[0]).to.include({
      validFrom: '2026-12-02T00:30:00.000Z',
      validUntil: '2026-12-02T03:15:00.000Z',
    });
  });

  it('SAL-22 the total is the sum of unit prices times quantities, whatever is wished', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), (quantities) => {
        const { total } = ask(quantities.map((quantity) => ({ quantity })));
        expect(total).to.equal(12_000 * quantities.reduce((sum, quantity) => sum + quantity, 0));
      }),
    );
  });

  describe('what is not there', () => {
    it('a session', () => {
      const error = refusal(() => ask([{}, { sessionId: 'ses_9' }]));
      expect(error).to.include({ code: 'sales.unknown-session' });
      expect(error.data).to.deep.equal({ line: 1, lineNumber: 2, sessionId: 'ses_9' });
    });
    it('a product', () => {
      expect(refusal(() => ask([{}], { catalogue: [] })).code).to.equal('sales.unknown-product');
    });
    it('a ticket type', () => {
      expect(refusal(() => ask([{ ticketTypeId: 'tty_9' }])).code).to.equal('sales.unknown-ticket-type');
    });
    it('SAL-10 a price for the day and channel', () => {
      const product = productFor({ prices: [{ ticketTypeId: 'tty_adult', amount: fen(1), channels: ['counter'] }] });
      expect(refusal(() => ask([{}], { product })).code).to.equal('sales.no-price');
      expect(ask([{}], { product, channel: 'counter' }).total).to.equal(1);
    });
  });

  describe('SAL-04 when it is sold', () => {
    for (const status of ['draft', 'paused', 'retired'] as const) {
      it(`not while it is ${status}`, () => {
        const error = refusal(() => ask([{}], { product: productFor({ status }) }));
        expect(error).to.include({ code: 'sales.not-on-sale' });
        expect(error.data).to.include({ status });
      });
    }
    it('not in a closed session', () => {
      expect(refusal(() => ask([{}], { session: { ...session, status: 'closed' } })).code).to.equal(
        'sales.session-closed',
      );
    });
    it('from the moment the sale begins', () => {
      const product = rules({ onSaleFrom: '2026-12-01T10:00:00+08:00' });
      expect(ask([{}], { product, now: NOW }).total).to.equal(12_000);
      const before = new Date(NOW.getTime() - 1);
      expect(refusal(() => ask([{}], { product, now: before })).code).to.equal('sales.not-on-sale-yet');
    });
    it('until the moment the sale ends', () => {
      const product = rules({ onSaleUntil: '2026-12-01T10:00:00+08:00' });
      expect(refusal(() => ask([{}], { product, now: NOW })).code).to.equal('sales.sale-over');
      expect(ask([{}], { product, now: new Date(NOW.getTime() - 1) }).total).to.equal(12_000);
    });
    it('SAL-52 a holder who was offered another session takes it also when nobody else can buy it any more', () => {
      const over = { ...rules({ onSaleUntil: '2026-12-01T10:00:00+08:00' }).rules };
      for (const status of ['paused', 'retired'] as const)
        expect(ask([{}], { product: productFor({ status, rules: over }), offered: 'prd_1' }).total).to.equal(12_000);
      const other = refusal(() => ask([{}], { product: productFor({ status: 'paused' }), offered: 'prd_2' }));
      expect(other.code).to.equal('sales.not-on-sale');
      const closed = { ...session, status: 'closed' } as const;
      expect(refusal(() => ask([{}], { session: closed, offered: 'prd_1' })).code).to.equal('sales.session-closed');
      const past = refusal(() => ask([{}], { now: new Date(session.endsAt), offered: 'prd_1' }));
      expect(past.code).to.equal('sales.session-past');
    });
    it('until the cut-off before the session ends', () => {
      const cutOff = new Date('2026-12-02T10:30:00+08:00');
      const today = localDate('2026-12-02');
      expect(refusal(() => ask([{}], { now: cutOff, today })).code).to.equal('sales.session-past');
      expect(ask([{}], { now: new Date(cutOff.getTime() - 1), today }).total).to.equal(12_000);
    });
    it('SAL-13 as many days ahead as the presale allows, the last one included', () => {
      const product = rules({ presaleDays: 1 });
      expect(ask([{}], { product }).total).to.equal(12_000);
      const error = refusal(() => ask([{}], { product: rules({ presaleDays: 0 }) }));
      expect(error).to.include({ code: 'sales.presale-not-open' });
      expect(error.data).to.include({ lastDay: '2026-12-01' });
    });
    it('the presale counts calendar days across the end of a year', () => {
      const newYear = {
        ...session,
        date: '2027-01-01',
        startsAt: '2027-01-01T09:00:00+08:00',
        endsAt: '2027-01-01T11:00:00+08:00',
      };
      const product = rules({ presaleDays: 31 });
      expect(ask([{}], { product, session: newYear }).total).to.equal(12_000);
      expect(refusal(() => ask([{}], { product: rules({ presaleDays: 30 }), session: newYear })).code).to.equal(
        'sales.presale-not-open',
      );
    });
  });

  describe('SAL-10 choice of price', () => {
    const prices: readonly Price[] = [
      { ticketTypeId: 'a', amount: fen(1), from: '2026-10-01', until: '2026-10-07' },
      { ticketTypeId: 'a', amount: fen(2), weekdays: [6, 7], slots: ['09:00'] },
      { ticketTypeId: 'a', amount: fen(3), weekdays: [6, 7] },
      { ticketTypeId: 'a', amount: fen(4), channels: ['ota', 'app'] },
      { ticketTypeId: 'b', amount: fen(9) },
      { ticketTypeId: 'a', amount: fen(5) },
    ];
    const at = (date: string, slot = '13:00', channel: 'web' | 'app' | 'ota' = 'web'): number | undefined =>
      priceFor(prices, 'a', { date, slot }, channel)?.amount;
    for (const [rule, date, slot, channel, amount] of [
      ['a span of days begins with its first', '2026-10-01', '13:00', 'web', 1],
      ['and ends with its last', '2026-10-07', '13:00', 'web', 1],
      ['the day before is not in it', '2026-09-30', '13:00', 'web', 5],
      ['the day after is not in it', '2026-10-08', '13:00', 'web', 5],
      ['weekday and slot both have to fit', '2026-12-05', '09:00', 'web', 2],
      ['another slot of that weekday', '2026-12-05', '13:00', 'web', 3],
      ['Sunday is 7', '2026-12-06', '13:00', 'web', 3],
      ['a channel of its own', '2026-12-02', '13:00', 'ota', 4],
      ['what is named first wins over what fits as well', '2026-12-05', '13:00', 'ota', 3],
      ['what names nothing fits always', '2026-12-02', '13:00', 'web', 5],
    ] as const) {
      it(rule, () => expect(at(date, slot, channel)).to.equal(amount));
    }
    it('the price of another ticket type is none', () => {
      expect(priceFor(prices, 'c', session, 'web')).to.equal(undefined);
    });
    it('lists show the lowest', () => {
      expect(priceFrom(productFor())).to.equal(0);
    });
  });

  describe('SAL-02 concessions by age count on the day of use', () => {
    const preset = (code: string): TicketType =>
      ticketType('tty_x', {
        eligibility: CONCESSION_PRESETS.find((entry) => entry.code === code)?.rules ?? [],
        realName: true,
      });
    const judged = (code: string, birth: string): string => {
      const product = withType(preset(code));
      try {
        const { lines } = ask([{ ticketTypeId: 'tty_x', travellers: [person(localDate(birth))] }], { product });
        return lines[0]?.showAtGate.join(' ') ?? '';
      } catch (error) {
        if (error instanceof DomainError) return `${error.code} ${String(error.data['reason'])}`;
        throw error;
      }
    };
    const day = localDate('2026-12-02');
    for (const [rule, code, birth, says] of [
      ['a child is free until the day before the seventh birthday', 'scenic-child-free', '2019-12-03', ''],
      [
        'from then on it may still be small enough, which the gate sees',
        'scenic-child-free',
        '2019-12-02',
        'height≤120cm',
      ],
      ['half price until the day before the nineteenth birthday', 'scenic-youth-half', '2007-12-03', ''],
      ['and not on it', 'scenic-youth-half', '2007-12-02', 'sales.not-eligible too-old'],
      ['a senior from the 65th birthday', 'scenic-senior-free', '1961-12-02', ''],
      ['and not the day before', 'scenic-senior-free', '1961-12-03', 'sales.not-eligible too-young'],
      ['60 to 64: from the 60th birthday', 'scenic-senior-half', '1966-12-02', ''],
      ['60 to 64: until the day before the 65th', 'scenic-senior-half', '1961-12-03', ''],
      ['60 to 64: not at 65', 'scenic-senior-half', '1961-12-02', 'sales.not-eligible too-old'],
      ['60 to 64: not at 59', 'scenic-senior-half', '1966-12-03', 'sales.not-eligible too-young'],
      ['born on 29 February: a year older on 1 March', 'scenic-youth-half', '2008-02-29', ''],
      ['a student shows the card', 'scenic-student-half', '2000-01-01', 'student'],
      [
        'a serviceman any of three',
        'scenic-serviceman-free',
        '1990-01-01',
        'serviceman disabled_serviceman fire_rescue',
      ],
      ['a disabled person shows the certificate', 'scenic-disabled-free', '1990-01-01', 'disabled'],
      ['a child on the road', 'road-child-free', '2019-12-03', ''],
      ['half fare until the day before the fifteenth birthday', 'road-child-half', '2011-12-03', ''],
      ['then by height', 'road-child-half', '2011-12-02', 'height≤150cm'],
    ] as const) {
      it(`${code}: ${rule}`, () => expect(judged(code, birth)).to.equal(says));
    }
    it('the day that counts is that of the visit, not of the sale', () => {
      const birthday = addDays(day, -1);
      const product = withType(preset('scenic-child-free'));
      const turnedSeven = localDate(`2019${birthday.slice(4)}`);
      const { lines } = ask([{ ticketTypeId: 'tty_x', travellers: [person(turnedSeven)] }], { product });
      expect(lines[0]?.showAtGate).to.deep.equal(['height≤120cm']);
    });
    it('without a birth date the gate sees the age', () => {
      const product = withType(preset('scenic-senior-free'));
      const { lines } = ask([{ ticketTypeId: 'tty_x', travellers: [{ idType: 'passport' }] }], { product });
      expect(lines[0]?.showAtGate).to.deep.equal(['age']);
    });
    it('the refusal names line and traveller', () => {
      const product = withType(preset('scenic-senior-free'));
      const travellers = [person(localDate('1950-01-01')), person(localDate('2000-01-01'))];
      expect(refusal(() => ask([{ ticketTypeId: 'tty_x', quantity: 2, travellers }], { product })).data).to.deep.equal({
        line: 0,
        lineNumber: 1,
        traveller: 1,
        travellerNumber: 2,
        reason: 'too-young',
      });
    });
  });

  describe('SAL-02 names', () => {
    it('are needed for an order of a ticket with names', () => {
      expect(refusal(() => ask([{ ticketTypeId: 'tty_named' }])).code).to.equal('sales.names-required');
    });
    it('are not needed for a quote', () => {
      expect(ask([{ ticketTypeId: 'tty_named' }], { namesRequired: false }).total).to.equal(10_000);
    });
    it('may be given for a ticket without names', () => {
      expect(ask([{ travellers: [person()] }]).total).to.equal(12_000);
    });
  });

  describe('SAL-02 limits', () => {
    it('tickets of an order, over all lines', () => {
      expect(ask([{ quantity: 5 }, { quantity: 5 }]).total).to.equal(120_000);
      const error = refusal(() => ask([{ quantity: 5 }, { quantity: 6 }]));
      expect(error).to.include({ code: 'sales.too-many-tickets' });
      expect(error.data).to.deep.equal({ limit: 10 });
    });
    it('tickets of one type, over all lines', () => {
      const product = withType(ticketType('tty_adult', { limits: { perOrder: 2 } }));
      expect(ask([{ quantity: 1 }, { quantity: 1 }], { product }).total).to.equal(12_000);
      expect(refusal(() => ask([{ quantity: 2 }, { quantity: 1 }], { product })).code).to.equal(
        'sales.too-many-of-type',
      );
    });
    it('a child goes with a grown-up of the same order', () => {
      expect(refusal(() => ask([{ ticketTypeId: 'tty_child' }])).code).to.equal('sales.must-be-accompanied');
      expect(ask([{ ticketTypeId: 'tty_child' }, {}]).total).to.equal(12_000);
    });
  });
});
