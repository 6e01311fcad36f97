import { expect } from 'chai';
import { tenantChanged } from '@tongpiao/contracts';
import { fen, ticketNumberOf, type TenantId } from '@tongpiao/kernel';
import { printableTicket } from './printable-ticket.ts';
import type { PastTicket } from './right.ts';
import { soldRight, traveller } from './right.fixture.ts';

const tenant = tenantChanged.example;
const site = tenant.sites[0];

describe('SAL-32 a right as a ticket to draw', () => {
  it('shows the names of tenant and site, and the number in groups', () => {
    const number = ticketNumberOf(tenant.tenantId as TenantId, new Uint8Array(12));
    const drawn = printableTicket(soldRight({ number, siteId: site?.id ?? '' }), tenant);
    expect(drawn).to.deep.include({ issuer: tenant.name, site: site?.name, timeZone: 'Asia/Shanghai' });
    expect(drawn.printedNumber).to.match(/^0A00-0000-0000-00.$/);
  });

  it('PLA-11 shows the traveller masked', () => {
    const drawn = printableTicket(soldRight({ traveller }), tenant);
    expect(drawn.traveller).to.deep.equal({ name: '张*', idType: 'id_card', idNumber: '1***' });
    expect(JSON.stringify(drawn)).to.not.contain('sealed');
  });

  it('a site that is not told any more is left out, and so is a traveller who is not named', () => {
    const drawn = printableTicket(soldRight({ siteId: 'sit_gone' }), tenant);
    expect([drawn.site, drawn.traveller, drawn.serial]).to.deep.equal([undefined, undefined, undefined]);
  });

  it('REI-30 a reissued ticket bears 补发 and the day at the site; one for which it was exchanged does not', () => {
    const before = {
      number: 'A',
      revision: 1,
      sessionId: 's',
      siteId: 't',
      date: '2026-12-01',
      amount: fen(1),
      cause: 'c',
    };
    const superseded = { ...before, status: 'superseded', at: '2026-11-30T18:30:00.000Z' } as const;
    const exchanged = { ...before, status: 'exchanged', at: '2026-11-30T19:30:00.000Z' } as const;
    const markOf = (...past: readonly PastTicket[]): unknown => printableTicket(soldRight({ past }), tenant).mark;
    expect(markOf()).to.equal(undefined);
    expect(markOf(exchanged, superseded)).to.deep.equal({ zh: '补发', en: 'REISSUED', on: '2026-12-01' });
    expect(markOf(superseded, exchanged)).to.equal(undefined);
  });

  it('on paper it shows the serial', () => {
    expect(printableTicket(soldRight(), tenant, 'A00123456').serial).to.equal('A00123456');
  });
});
