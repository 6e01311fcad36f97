// A product for the specs: one admission with an adult, a child that must be accompanied, and a ticket with names.
import { fen } from '@tongpiao/kernel';
import type { Product, TicketType } from './product.ts';

export function ticketType(id: string, change: Partial<TicketType> = {}): TicketType {
  return {
    id,
    name: { zh: `票种 ${id}`, en: `Type ${id}` },
    realName: false,
    entries: 1,
    eligibility: [],
    limits: {},
    accompanied: false,
    ...change,
  };
}

export function productFor(change: Partial<Product> = {}): Product {
  return {
    status: 'on_sale',
    siteId: 'sit_1',
    kind: 'admission',
    name: { zh: '门票', en: 'Admission' },
    description: { zh: '说明', en: 'Words' },
    ticketTypes: [
      ticketType('tty_adult'),
      ticketType('tty_child', { accompanied: true, eligibility: [{ maxAge: 6 }, { heightMaxCm: 120 }] }),
      ticketType('tty_named', { realName: true }),
    ],
    prices: [
      { ticketTypeId: 'tty_adult', amount: fen(12_000) },
      { ticketTypeId: 'tty_child', amount: fen(0) },
      { ticketTypeId: 'tty_named', amount: fen(10_000) },
    ],
    rules: {
      presaleDays: 30,
      cutOffMinutesBeforeEnd: 30,
      payWithinMinutes: 15,
      ticketsPerOrder: 10,
      unpaidPerPhone: 3,
      unpaidPerAddress: 20,
    },
    validity: { opensMinutesBefore: 30, closesMinutesAfter: 15 },
    ...change,
  };
}
