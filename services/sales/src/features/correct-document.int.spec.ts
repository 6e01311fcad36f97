// SAL-02, SAL-25 on real servers: a correction brings another document to a place, and the limits of that document hold for it as for
// whoever buys (REI-31).
import { freezeTicket, reissueTicket } from '@tongpiao/contracts';
import { decodeTicketPayload, idCheckCharacter } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { openSalesHouse, orderOf, TENANT, type Offer, type SalesHouse } from '../sales-house.fixture.ts';

const documentOf = (sequence: number): string => {
  const number = `11010519800101${String(sequence).padStart(3, '0')}`;
  return number + idCheckCharacter(number);
};

describe('SAL-25 sales: a corrected document', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let people = 0;
  const somebody = (): string => documentOf((people += 1));

  before(async () => {
    house = await openSalesHouse();
    await house.start();
    offer = await house.offer();
  });
  after(async () => house.stop());

  const line = (sessionId: string, idNumber: string, of = offer) => ({
    ...{ sessionId, ticketTypeId: of.types['named'] ?? '' },
    travellers: [{ name: '张三', idType: 'id_card', idNumber }],
  });
  async function bought(...lines: ReturnType<typeof line>[]) {
    const order = await house.placed(lines);
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    const rightIds = tickets.map(({ qr }) => decodeTicketPayload(qr.split('.')[2] ?? '')?.rightId ?? '');
    return { order, rightIds };
  }
  type Bought = Awaited<ReturnType<typeof bought>>;

  function correction(rightId: string, idNumber: string) {
    const id = newId<'Message'>('msg', TENANT);
    const applicationId = newId('rei', TENANT);
    const data = {
      ...{ rightId, applicationId, kind: 'correction', reissueCode: `RC-${applicationId.slice(-20).toUpperCase()}` },
      traveller: { name: house.sealed(id, '张三'), idType: 'id_card', idNumber: house.sealed(id, idNumber) },
    };
    return { send: (): Promise<void> => house.send(reissueTicket, data, id) };
  }
  const refusalOf = (rightId: string): Promise<unknown> =>
    eventually('the refusal', () => (house.heardOfRight(rightId)[0]?.data as { reason?: string } | undefined)?.reason);
  const numbersOf = async ({ order }: Bought): Promise<readonly string[]> =>
    (await house.look(order)).tickets.map(({ number }) => number);
  async function replaced(of: Bought, work: () => Promise<void>): Promise<void> {
    const before = await numbersOf(of);
    await work();
    await eventually('the new ticket', async () => String(await numbersOf(of)) !== String(before));
  }
  const reasonFor = async (sessionId: string, idNumber: string): Promise<string | undefined> =>
    orderOf(await house.place([line(sessionId, idNumber)])).reason;

  it('that has a ticket for the session gets no second one, in another order or in the same', async () => {
    const session = await house.session(offer.productId);
    const [holder, wrong, third] = [somebody(), somebody(), somebody()];
    await bought(line(session, holder));
    const other = await bought(line(session, wrong));
    const same = await bought(line(session, third), line(session, somebody()));
    const before = [await numbersOf(other), await numbersOf(same)];
    const [wrongs = ''] = other.rightIds;
    const [, fourths = ''] = same.rightIds;
    await correction(wrongs, holder).send();
    await correction(fourths, third).send();
    expect(await refusalOf(wrongs)).to.equal('sales.document-has-ticket');
    expect(await refusalOf(fourths)).to.equal('sales.document-has-ticket');
    expect([await numbersOf(other), await numbersOf(same)]).to.deep.equal(before);
  });

  it('that has its ticket by a correction buys no other, however often the command comes; the one before it may again', async () => {
    const session = await house.session(offer.productId);
    const [wrong, right] = [somebody(), somebody()];
    const one = await bought(line(session, wrong));
    const corrected = correction(one.rightIds[0] ?? '', right);
    await replaced(one, async () => {
      await Promise.all([corrected.send(), corrected.send()]);
    });
    await corrected.send();
    await settled('the ticket', async () => String(await numbersOf(one)));
    expect(await reasonFor(session, right)).to.equal('sales.document-has-ticket');
    expect(await reasonFor(session, wrong)).to.equal(undefined);
  });

  it('that could not have the ticket is free for a purchase', async () => {
    const session = await house.session(offer.productId);
    const [right, wrong] = [somebody(), somebody()];
    const one = await bought(line(session, wrong));
    const [rightId = ''] = one.rightIds;
    await house.send(freezeTicket, { rightId, applicationId: newId('rei', TENANT) });
    await eventually('frozen', async () => (await house.look(one.order)).tickets[0]?.status === 'frozen');
    await correction(rightId, right).send();
    expect(await refusalOf(rightId)).to.equal('sales.ticket-frozen');
    expect(await reasonFor(session, right)).to.equal(undefined);
  });

  it('SAL-02 that has as many tickets of the day as it may gets no more', async () => {
    const limited = await house.offer({}, 1, {
      ticketTypes: [
        {
          ...{ code: 'named', name: { zh: '实名', en: 'Named' }, realName: true, entries: 1 },
          ...{ eligibility: [], limits: { perDocumentAndDay: 1 }, accompanied: false },
        },
      ],
      prices: [{ ticketType: 'named', amount: 10_000 }],
    });
    const sessions = [await house.session(limited.productId), await house.session(limited.productId)];
    const [holder, wrong] = [somebody(), somebody()];
    await bought(line(sessions[0] ?? '', holder, limited));
    const other = await bought(line(sessions[1] ?? '', wrong, limited));
    const [rightId = ''] = other.rightIds;
    await correction(rightId, holder).send();
    expect(await refusalOf(rightId)).to.equal('sales.document-limit');
  });
});
