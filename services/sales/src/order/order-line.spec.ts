// What an order keeps of the product, whatever becomes of it later.
import { fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import { productFor, ticketType } from '../product/product.fixture.ts';
import type { QuotedLine } from '../quote/quote.ts';
import { soldLine } from './order-line.ts';

const quoted = (kind: 'admission' | 'trip'): QuotedLine => ({
  productId: 'prd_1',
  product: productFor({ kind }),
  ticketType: ticketType('tty_adult'),
  session: {
    sessionId: 'ses_1',
    productId: 'prd_1',
    siteId: 'sit_1',
    date: '2026-12-02',
    slot: '06:00',
    startsAt: '2026-12-02T06:00:00+08:00',
    endsAt: '2026-12-02T18:00:00+08:00',
    status: 'open',
  },
  quantity: 1,
  unitAmount: fen(5_000),
  amount: fen(5_000),
  validFrom: '2026-12-01T22:00:00.000Z',
  validUntil: '2026-12-02T10:00:00.000Z',
  showAtGate: [],
});

describe('a sold line', () => {
  it('REI-22 says that it is a ride, and nothing of an admission', () => {
    expect(soldLine(quoted('trip'), 'l1')).to.include({ productKind: 'trip' });
    expect(soldLine(quoted('admission'), 'l1')).to.not.have.property('productKind');
  });
});
