// REI-11 REI-34 on real servers: two instances, and deaths behind every write, message and answer. What gates say of a ticket is kept and
// counted once, and its case is suspended once.
import { formerTicketShown, ticketScanned } from '@tongpiao/contracts';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { chainView } from './lineage/chain-view.ts';
import { openReissueHouse, seenOf, type ReissueHouse, type Seen, type Sold } from './reissue-house.fixture.ts';

type Applied = { readonly seen: Seen; readonly ticket: Sold };
type Point = { readonly at: string; readonly of: string };

const PATIENT = { withinMs: 60_000, everyMs: 100 };
const PATH = '/api/v1/reissue-applications';
const journalShape = z.array(z.object({ journal: z.array(z.object({ type: z.string() })) }));
const assessed = z.object({
  staff: z.object({ assessment: z.object({ findings: z.array(z.object({ factor: z.string(), value: z.number() })) }) }),
});

describe('reissue: what gates say, and deaths', function () {
  this.timeout(180_000);
  let house: ReissueHouse;
  let point: Point | undefined;
  let deaths = 0;
  let people = 0;
  let messages = 0;

  function dieAt(at: string, of: string | undefined): void {
    if (point?.at !== at || of?.endsWith(point.of) !== true || deaths >= 4) return;
    deaths += 1;
    throw new Error(`killed ${at}`);
  }
  before(async () => {
    house = await openReissueHouse({
      faults: { at: (at, { collection }) => dieAt(at, collection) },
      messagingFaults: { at: (at, { queue, type }) => dieAt(at === 'beforeAck' ? at : 'published', queue ?? type) },
    });
  });
  after(() => house.stop());
  afterEach(() => {
    point = undefined;
    deaths = 0;
  });

  async function submitted(): Promise<Applied> {
    people += 1;
    const document = { idType: 'passport', idNumber: `E7777${1_000 + people}` } as const;
    const ticket = await house.sold({ name: '赵六', ...document });
    return { seen: seenOf(await house.apply({ ticket: { number: ticket.number }, proof: { document } })), ticket };
  }
  async function applied(): Promise<Applied> {
    const one = await submitted();
    await house.becomes(one.seen, 'deciding');
    return one;
  }
  const applications = async (count: number): Promise<readonly Applied[]> => {
    const all: Applied[] = [];
    for (let index = 0; index < count; index += 1) all.push(await applied());
    return all;
  };
  const gate = ({ rightId, number: ticketNumber, orderId }: Sold) => ({
    ...{ rightId, ticketNumber, orderId, productId: 'prd_1', gateId: 'gat_of_this_spec' },
  });
  const newMessage = (): string => `scan-${(messages += 1)}`;
  const scanned = (ticket: Sold, id = newMessage()): Promise<void> =>
    house.tellSales(
      ticketScanned,
      { ...gate(ticket), decided: 'refused', reason: 'frozen', scannedAt: new Date().toISOString() },
      id,
    );
  const former = (ticket: Sold, id = newMessage()): Promise<void> =>
    house.tellSales(
      formerTicketShown,
      {
        ...{ ...gate(ticket), shownNumber: ticket.number, became: 'superseded', decided: 'refused' },
        shownAt: new Date().toISOString(),
      },
      id,
    );
  const kept = ({ rightId }: Sold): Promise<number> => house.storedCount('shown_tickets', { rightId });
  async function timesCounted({ seen }: Applied): Promise<number> {
    const [record] = journalShape.parse(JSON.parse(await house.stored('applications', { _id: seen.id })));
    return record?.journal.filter(({ type }) => type === 'ScansCounted').length ?? 0;
  }
  const findingsOf = async ({ seen }: Applied) =>
    assessed.parse((await house.call(`${PATH}/${seen.id}`, { apiKey: house.keys.reviewer })).body).staff.assessment
      .findings;
  const noticesOf = ({ seen }: Applied): readonly string[] => [
    ...new Set(house.said.filter(({ data }) => JSON.stringify(data).includes(seen.id)).map(({ id }) => id)),
  ];

  /** So many records, each counted, and one suspension. */
  async function expectOnce(one: Applied, scans = 1): Promise<void> {
    await eventually('all are kept', async () => (await kept(one.ticket)) >= scans, PATIENT);
    await eventually(
      'the case is suspended',
      async () => (await house.look(one.seen)).status === 'risk_check',
      PATIENT,
    );
    await eventually('all are counted', async () => (await findingsOf(one))[0]?.value === scans, PATIENT);
    const seen = await settled('the case', () => house.stored('applications', { _id: one.seen.id }));
    expect(seen).to.include('risk_check');
    expect(await kept(one.ticket)).to.equal(scans);
    expect(await findingsOf(one)).to.deep.equal([{ factor: 'scanned-since', value: scans }]);
  }

  for (const [at, of] of [
    ['afterCommit', 'applications'],
    ['beforeAck', 'on-ticket-scanned'],
  ] as const)
    it(`REI-11 dies ${at} of ${of} again and again: each scan is kept once, and suspends its case once`, async () => {
      const all = await applications(5);
      const before = all.map(noticesOf);
      point = { at, of };
      for (const { ticket } of all) await scanned(ticket);
      for (const [index, one] of all.entries()) {
        await expectOnce(one);
        expect(await timesCounted(one)).to.equal(1);
        expect(noticesOf(one)).to.deep.equal(before[index]);
      }
      expect(deaths).to.be.at.least(2);
    });

  // Counting says nothing to anybody: what is published are the case's own words, while its ticket is held up.
  it('REI-11 dies afterPublish of applications while their tickets are scanned: each scan counts once, and nothing goes unsaid', async () => {
    const quiet = await applied();
    const told = noticesOf(quiet).length;
    point = { at: 'afterPublish', of: 'applications' };
    for (let index = 0; index < 3; index += 1) {
      const { seen, ticket } = await submitted();
      await scanned(ticket);
      const one = { seen, ticket };
      await expectOnce(one);
      await eventually('it is told', () => noticesOf(one).length >= told, PATIENT);
      expect(noticesOf(one)).to.have.length(told);
    }
    expect(deaths).to.be.at.least(2);
  });

  it('REI-11 a scan that comes again, late, or before its case: counted once, and a decided case stays as it is', async () => {
    const one = await applied();
    const id = newMessage();
    for (let times = 0; times < 5; times += 1) await scanned(one.ticket, id);
    await expectOnce(one);
    expect(await timesCounted(one)).to.equal(1);
    await house.review(one.seen.id, house.keys.reviewer, { action: 'clear-risk', reason: '本人' });
    await house.review(one.seen.id, house.keys.reviewer, { action: 'decide', verdict: 'refuse', reason: '不予补发' });
    await house.becomes(one.seen, 'refused');
    await scanned(one.ticket);
    await scanned(one.ticket, id);
    await eventually('the late one is kept', async () => (await kept(one.ticket)) === 2, PATIENT);
    await settled('the case', () => house.stored('applications', { _id: one.seen.id }));
    expect([await timesCounted(one), (await house.look(one.seen)).status]).to.deep.equal([1, 'refused']);
  });

  it('REI-34 dies beforeAck of on-former-shown again and again: each attempt is in the picture once', async () => {
    const [one] = await applications(1);
    if (one === undefined) throw new Error('nobody has applied');
    point = { at: 'beforeAck', of: 'on-former-shown' };
    const ids = Array.from({ length: 6 }, newMessage);
    for (const id of [...ids, ...ids]) await former(one.ticket, id);
    await eventually('all are kept', async () => (await kept(one.ticket)) >= 6, PATIENT);
    await eventually('it died', () => deaths === 4, PATIENT);
    expect(await settled('the records', () => kept(one.ticket))).to.equal(6);
    const chain = await house.call(`${PATH}/${one.seen.id}/ticket-chain`, { apiKey: house.keys.reviewer });
    expect(chainView.parse(chain.body).tickets.flatMap(({ shown }) => shown)).to.have.length(6);
  });

  it('two instances at once, each message twice, and one of them goes away in the middle: kept and counted once', async () => {
    await house.another();
    const all = await applications(8);
    // More of one ticket say nothing more of it.
    const scans = 3;
    const ids = all.map(({ ticket }) => ({ ticket, ids: Array.from({ length: scans }, newMessage) }));
    const tellAll = (tell: (ticket: Sold, id: string) => Promise<void>): Promise<unknown> =>
      Promise.all(ids.flatMap((one) => [...one.ids, ...one.ids].map((id) => tell(one.ticket, id))));
    const before = await house.storedCount('shown_tickets', {});
    const told = tellAll(scanned);
    await eventually('it has begun', async () => (await house.storedCount('shown_tickets', {})) > before, PATIENT);
    await house.instances.shift()?.stop();
    await told;
    for (const one of all) await expectOnce(one, scans);

    await house.another();
    await tellAll((ticket, id) => former(ticket, `former-${id}`));
    for (const { ticket } of all) {
      await eventually('all are kept', async () => (await kept(ticket)) >= 2 * scans, PATIENT);
      expect(await settled('the records', () => kept(ticket))).to.equal(2 * scans);
    }
  });
});
