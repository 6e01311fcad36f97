// News of tickets comes in crowds and is worked on together: a case that cannot be read holds up its own news, and nobody else's.
import { ticketScanned, ticketUsed } from '@tongpiao/contracts';
import { expect } from 'chai';
import { openReissueHouse, seenOf, type ReissueHouse, type Seen, type Sold } from './reissue-house.fixture.ts';

type Applied = { readonly seen: Seen; readonly ticket: Sold };

describe('a case that cannot be read', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  let first: Applied;
  let others: readonly Applied[];
  before(async () => {
    house = await openReissueHouse();
    const all: Applied[] = [];
    for (let index = 0; index < 5; index += 1) {
      const idNumber = `E5555000${index}`;
      const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
      const proof = { document: { idType: 'passport', idNumber } };
      const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof }));
      all.push({ seen: { ...(await house.becomes(seen, 'deciding')), accessToken: seen.accessToken }, ticket });
    }
    const [broken, ...rest] = all;
    if (broken === undefined) throw new Error('nobody has applied');
    [first, others] = [broken, rest];
    await house.inDatabase((connection) =>
      connection
        .collection<{ _id: string }>('applications')
        .updateOne({ _id: first.seen.id }, { $set: { 'state.reason': 'a word of tomorrow' } }),
    );
  });
  after(() => house.stop());

  const about = ({ ticket: { rightId, number: ticketNumber, orderId } }: Applied) => ({
    ...{ rightId, ticketNumber, orderId, productId: 'prd_1', gateId: 'gat_of_this_spec' },
  });
  /** Together, as a crowd at the gates. */
  const each = (tell: (one: Applied) => Promise<void>): Promise<void[]> => Promise.all([first, ...others].map(tell));
  const become = async (status: string): Promise<void> => {
    for (const { seen } of others) await house.becomes(seen, status);
  };

  it('REI-11 scans of other tickets suspend their cases', async () => {
    const scannedAt = new Date().toISOString();
    await each((one) => house.tellSales(ticketScanned, { ...about(one), scannedAt, decided: 'refused' }));
    await become('risk_check');
  });

  it('REI-04 other tickets that are used end their cases', async () => {
    const usedAt = new Date().toISOString();
    await each((one) => house.tellSales(ticketUsed, { ...about(one), amount: 12_000, usedAt }));
    await become('refused');
    expect(await house.stored('tickets', { _id: first.ticket.rightId }), 'its copy moves').to.include('"used"');
  });
});
