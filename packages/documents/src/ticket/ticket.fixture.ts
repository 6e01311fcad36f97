// A ticket for the specs: a grown-up's morning at one site.
import { fen } from '@tongpiao/kernel';
import type { PrintableTicket } from './printable-ticket.ts';

export function printableTicket(change: Partial<PrintableTicket> = {}): PrintableTicket {
  return {
    issuer: { zh: '云台山景区', en: 'Yuntai Mountain' },
    site: { zh: '主入口', en: 'Main entrance' },
    product: { zh: '分时入园门票', en: 'Timed entry' },
    ticketType: { zh: '成人票', en: 'Adult' },
    printedNumber: '0A7F-3K9Q-2M5X-8C4',
    qr: `TP1.K2026A.${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'.repeat(8)}`,
    date: '2026-12-01',
    startsAt: '2026-12-01T09:00:00+08:00',
    endsAt: '2026-12-01T11:00:00+08:00',
    validFrom: '2026-12-01T00:30:00.000Z',
    validUntil: '2026-12-01T03:00:00.000Z',
    timeZone: 'Asia/Shanghai',
    amount: fen(12_000),
    entries: 1,
    admits: 1,
    realName: true,
    traveller: { name: '张*', idType: 'id_card', idNumber: '1101**********002X' },
    showAtGate: [],
    orderId: 'ord_0a5d8k2m7q9x3c6v1b4n',
    ...change,
  };
}
