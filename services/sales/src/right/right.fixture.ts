// A right for the specs: a morning ticket at one site.
import { fen } from '@tongpiao/kernel';
import type { RightFacts, Scan, SoldRight } from './right.ts';

export function rightFacts(change: Partial<RightFacts> = {}): RightFacts {
  return {
    orderId: 'ord_1',
    lineId: 'l1',
    number: 'N1',
    qr: 'TP1.K1.P.S',
    productId: 'prd_1',
    productName: { zh: '门票', en: 'Admission' },
    ticketTypeId: 'tty_1',
    ticketTypeName: { zh: '成人票', en: 'Adult' },
    sessionId: 'ses_1',
    siteId: 'sit_1',
    date: '2026-12-02',
    startsAt: '2026-12-02T09:00:00+08:00',
    endsAt: '2026-12-02T11:00:00+08:00',
    validFrom: '2026-12-02T00:30:00.000Z',
    validUntil: '2026-12-02T03:00:00.000Z',
    amount: fen(12_000),
    entries: 1,
    admits: 1,
    holdId: 'hld_1',
    soldAt: '2026-11-20T02:00:00.000Z',
    realName: false,
    showAtGate: [],
    ...change,
  };
}

export function scanAt(change: Partial<Scan> = {}): Scan {
  return {
    at: '2026-12-02T01:30:00.000Z',
    gateId: 'gat_1',
    siteId: 'sit_1',
    date: '2026-12-02',
    revision: 1,
    ...change,
  };
}

export const traveller = {
  name: { sealed: 's', masked: '张*' },
  idType: 'id_card',
  idNumber: { sealed: 's', masked: '1***', index: 'document-1' },
};

/** A right as it is stored, in any status. */
export function soldRight(change: Partial<SoldRight> = {}): SoldRight {
  return {
    ...rightFacts(),
    status: 'issued',
    revision: 1,
    uses: [],
    past: [],
    prints: [],
    handedIn: [],
    ...change,
  };
}
