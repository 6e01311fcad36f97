// REI-53 on real servers: two instances, and deaths behind every write, message and answer. A list ends with each ticket replaced once.
import { workBatch } from '@tongpiao/contracts';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { openReissueHouse, type ReissueHouse, type Sold } from '../reissue-house.fixture.ts';
import { batchOf, listsIn, numbersOf, PATIENT } from './lists.fixture.ts';

type Point = { readonly at: string; readonly of: string };

describe('REI-53 reissue: lists and deaths', function () {
  this.timeout(240_000);
  let house: ReissueHouse;
  let point: Point | undefined;
  let deaths = 0;
  let deathsMax = 4;
  const { enter, approve, look, becomes, linesOf, tickets, codesOf } = listsIn(() => house);

  function dieAt(at: string, of: string | undefined): void {
    if (point?.at !== at || of?.endsWith(point.of) !== true || deaths >= deathsMax) return;
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
    deathsMax = 4;
  });

  async function expectOnce(id: string, sold: readonly Sold[]): Promise<void> {
    const done = await becomes(id, 'done', 90_000);
    expect(done.counts).to.include({ lines: sold.length, reissued: sold.length, refused: 0, failed: 0, executing: 0 });
    expect(codesOf(sold)).to.deep.equal(sold.map(() => 1));
    const lines = await linesOf(id);
    expect(lines.map(({ newNumber }) => newNumber)).to.deep.equal(
      sold.map(({ rightId }) => house.rights.get(rightId)?.number),
    );
    // One notice each, however often it was said.
    const told = (): readonly string[] => [
      ...new Set(house.said.filter(({ data }) => JSON.stringify(data).includes(id)).map((envelope) => envelope.id)),
    ];
    await eventually('all are told', () => told().length >= sold.length, PATIENT);
    expect(told().length).to.equal(sold.length);
  }

  for (const [at, of] of [
    ['afterCommit', 'batches'],
    ['afterPublish', 'batches'],
    ['afterCommit', 'applications'],
    ['afterPublish', 'applications'],
    ['beforeAck', 'on-batch-work'],
    ['beforeAck', 'on-ticket-changed'],
  ] as const)
    it(`dies ${at} of ${of} again and again: each ticket is replaced once, and its holder told once`, async () => {
      const sold = await tickets(30);
      const { id } = batchOf(await enter(numbersOf(sold)));
      await becomes(id, 'waiting');
      deaths = 0;
      point = { at, of };
      // The answer may be what is lost; the approval is not.
      await approve(id);
      await expectOnce(id, sold);
      expect(deaths).to.be.at.least(2);
    });

  it('dies between the record and its lines: the retry completes the list; without one it is given up', async () => {
    const sold = await tickets(3);
    const key = freshKey();
    deathsMax = 1;
    point = { at: 'afterCommit', of: 'batches' };
    expect((await enter(numbersOf(sold), { key })).status).to.equal(500);
    const retried = await enter(numbersOf(sold), { key });
    expect(batchOf(retried)).to.include({ status: 'waiting' });
    expect(batchOf(retried).counts).to.include({ lines: 3, ready: 3 });

    deaths = 0;
    const lost = freshKey();
    expect((await enter(numbersOf(sold), { key: lost })).status).to.equal(500);
    const { items } = (await house.call('/api/v1/reissue-batches?status=entering', { apiKey: house.keys.reviewer }))
      .body as { items: { id: string }[] };
    const id = items[0]?.id ?? '';
    // What its timer says a quarter of an hour later.
    await house.tellSales(workBatch, { batchId: id, step: 0 });
    await becomes(id, 'cancelled');
    expect(batchOf(await enter(numbersOf(sold), { key: lost })).status).to.equal('cancelled');
  });

  it('a message that comes twice, late, or for a list that is not there moves nothing', async () => {
    const sold = await tickets(5);
    const { id } = batchOf(await enter(numbersOf(sold)));
    await approve(id);
    await becomes(id, 'done');
    const before = JSON.stringify(await look(id));
    for (let step = 0; step < 8; step += 1) await house.tellSales(workBatch, { batchId: id, step });
    await house.tellSales(workBatch, { batchId: `${id.slice(0, -3)}xyz`, step: 0 });
    expect(await settled('the list', async () => JSON.stringify(await look(id)))).to.equal(before);
    expect(codesOf(sold)).to.deep.equal(sold.map(() => 1));
  });

  it('two instances at once, and the one that works goes away in the middle', async () => {
    await house.another();
    const sold = await tickets(300);
    const { id } = batchOf(await enter(numbersOf(sold)));
    await approve(id);
    await eventually('it has begun', async () => ((await look(id)).counts['reissued'] ?? 0) > 20, PATIENT);
    // The queue has one consumer at a time, the one that came first.
    await house.instances.shift()?.stop();
    await expectOnce(id, sold);
  });

  it('a message that is lost is found missing, and the work goes on', async () => {
    const sold = await tickets(4);
    const { id } = batchOf(await enter(numbersOf(sold)));
    for (const instance of house.instances.splice(0)) await instance.stop();
    const thief = await house.connect('reissue');
    let stolen = 0;
    const slice = { slice: 'on-batch-work', definitions: [workBatch], singleActive: true };
    await thief.consume({ ...slice, handle: () => Promise.resolve(void (stolen += 1)) });
    await house.another();
    await approve(id);
    await eventually('the message is gone', () => stolen > 0, PATIENT);
    await thief.close();
    await settled('the list', async () => JSON.stringify(await look(id)));
    expect((await look(id)).counts).to.include({ ready: 4, reissued: 0 });
    await house.another({ clock: () => new Date(Date.now() + 30 * 60_000), resumeEveryMs: 100 });
    await expectOnce(id, sold);
  });
});
