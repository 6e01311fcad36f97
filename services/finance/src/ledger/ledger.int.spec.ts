// The books on a real database: insert-only, booked once, past balances that stay, closings that add up.
import { fen, ZERO_FEN, type TenantId } from '@tongpiao/kernel';
import { openDatabase, Scope, type Database, type Origin } from '@tongpiao/persistence';
import { forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Posting } from './entry.ts';
import { openLedger, SETTLED_AFTER_MS, type Ledger } from './ledger.store.ts';

const HOUR_MS = 3_600_000;
const origin: Origin = { by: 'service:finance', channel: 'message', cause: 'spec', correlationId: 'spec' };
const one = Scope.ofTenant('ten_one' as TenantId, origin);
const two = Scope.ofTenant('ten_two' as TenantId, origin);

const posting = (id: string, amount: number, debit = 'wechat-clearing', credit = 'deferred-takings'): Posting => ({
  source: { id, type: 'spec', subject: 'spec', time: '2026-12-01T00:00:00.000Z' },
  rule: 'spec',
  rulesVersion: 1,
  chartVersion: 0,
  lines: [
    { account: debit, debit: fen(amount), credit: ZERO_FEN },
    { account: credit, debit: ZERO_FEN, credit: fen(amount) },
  ],
});

describe('the ledger', () => {
  const servers = testServers();
  const logger = pino({ level: 'silent' });
  let database: Database;
  let ledger: Ledger;
  let now = Date.parse('2026-12-01T00:10:00.000Z');
  const everywhere = (): Scope => Scope.acrossTenants('spec', origin, logger);
  const open = (): Promise<Ledger> => openLedger({ database, clock: () => new Date(now) });

  before(async () => {
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('ledger'), logger });
    ledger = await open();
  });
  after(async () => {
    await database.close();
    await forget(servers, { databases: ['ledger'] });
  });

  it('FIN-10 the same event is booked once, by whichever instance and however often', async () => {
    const other = await open();
    await Promise.all([
      ledger.post(one, [posting('a', 100), posting('b', 200)]),
      other.post(one, [posting('b', 200), posting('c', 300)]),
      ledger.post(one, [posting('c', 300), posting('a', 100)]),
    ]);
    const found = await ledger.entries(one, { limit: 100 });
    expect(found.map(({ _id }) => _id).sort()).to.deep.equal(['a', 'b', 'c']);
    expect(await ledger.totalsAt(one, new Date(now))).to.deep.equal([
      { account: 'deferred-takings', debit: 0, credit: 600 },
      { account: 'wechat-clearing', debit: 600, credit: 0 },
    ]);
  });

  it('FIN-10 every tenant has a book of its own', async () => {
    await ledger.post(two, [posting('z', 7)]);
    expect((await ledger.entries(two, { limit: 100 })).map(({ _id }) => _id)).to.deep.equal(['z']);
    expect(await ledger.totalsAt(two, new Date(now))).to.deep.equal([
      { account: 'deferred-takings', debit: 0, credit: 7 },
      { account: 'wechat-clearing', debit: 7, credit: 0 },
    ]);
  });

  it('FIN-11 an unbalanced posting is refused with everything beside it', async () => {
    const bad: Posting = { ...posting('bad', 1), lines: [{ account: 'x', debit: fen(1), credit: ZERO_FEN }] };
    const outcome = await ledger.post(one, [posting('good', 1), bad]).then(
      () => 'booked',
      (error: unknown) => String(error),
    );
    expect(outcome).to.match(/not balanced: bad/);
    expect(await ledger.entries(one, { limit: 100 })).to.have.length(3);
  });

  it('FIN-11 what is told late is booked late: a past balance stays as it was, before and after closing', async () => {
    const moments: Date[] = [];
    const remembered: unknown[] = [];
    const remember = async (): Promise<void> => {
      const moment = new Date(now);
      moments.push(moment);
      remembered.push(await ledger.totalsAt(one, moment));
    };
    for (let round = 0; round < 6; round += 1) {
      now += 25 * 60_000;
      await ledger.post(one, [
        posting(`r${round}`, 10 + round),
        posting(`u${round}`, 5, 'deferred-takings', 'admission-revenue'),
      ]);
      await remember();
      now += 1;
    }
    now += SETTLED_AFTER_MS + HOUR_MS;
    expect(await ledger.close(everywhere(), origin)).to.deep.equal([]);
    await ledger.post(one, [posting('late', 1_000)]);
    for (const [index, moment] of moments.entries()) {
      expect(await ledger.totalsAt(one, moment), moment.toISOString()).to.deep.equal(remembered[index]);
    }
    const before = moments[0];
    if (before === undefined) throw new Error('nothing was remembered');
    expect(await ledger.totalsAt(one, new Date(before.getTime() - 24 * HOUR_MS))).to.deep.equal([]);
  });

  it('FIN-11 closing twice, or by two instances at once, gives the same closings', async () => {
    const other = await open();
    const closings = database.connection.collection('ledger_closings');
    const before = await closings.find().sort({ _id: 1 }).toArray();
    expect(before.length).to.be.above(2);
    await Promise.all([ledger.close(everywhere(), origin), other.close(everywhere(), origin)]);
    expect(await closings.find().sort({ _id: 1 }).toArray()).to.deep.equal(before);
    now += HOUR_MS + SETTLED_AFTER_MS;
    await Promise.all([ledger.close(everywhere(), origin), other.close(everywhere(), origin)]);
    expect(await ledger.totalsAt(one, new Date(now))).to.deep.equal(await (await open()).totalsAt(one, new Date(now)));
  });

  it('FIN-11 a moment that is not settled is not closed', async () => {
    now = Math.ceil(now / HOUR_MS) * HOUR_MS - 1_000;
    await ledger.post(one, [posting('edge', 1)]);
    const closings = database.connection.collection('ledger_closings');
    const before = await closings.countDocuments();
    now += SETTLED_AFTER_MS - 1_000;
    await ledger.close(everywhere(), origin);
    expect(await closings.countDocuments()).to.equal(before);
    now += 3_000;
    await ledger.close(everywhere(), origin);
    expect(await closings.countDocuments()).to.equal(before + 1);
  });

  it('FIN-11 an entry of several legs counts as one', async () => {
    const [first, second] = [posting('legs', 7), posting('legs', 5, 'deferred-takings', 'refunds-payable')];
    await ledger.post(one, [{ ...first, lines: [...first.lines, ...second.lines] }]);
    now += HOUR_MS + SETTLED_AFTER_MS;
    expect(await ledger.close(everywhere(), origin)).to.deep.equal([]);
    expect(await ledger.close(everywhere(), origin)).to.deep.equal([]);
    const held = (await ledger.totalsAt(one, new Date(now))).find(({ account }) => account === 'refunds-payable');
    expect(held).to.deep.equal({ account: 'refunds-payable', debit: 0, credit: 5 });
  });

  it('FIN-11 an entry that finds its way into a closed hour is noticed', async () => {
    const entries = database.connection.collection<{ _id: string }>('ledger_entries');
    const [last] = await database.connection
      .collection('ledger_closings')
      .find({ tenantId: 'ten_one' })
      .sort({ through: -1 })
      .limit(1)
      .toArray();
    if (last === undefined) throw new Error('nothing was closed');
    const { _id: closingId, through } = last as unknown as { _id: string; through: Date };
    await entries.insertOne({
      ...posting('smuggled', 1),
      _id: 'smuggled',
      tenantId: 'ten_one',
      bookedAt: new Date(through.getTime() - 1),
    } as never);
    expect((await ledger.close(everywhere(), origin)).map(({ _id }) => _id)).to.deep.equal([closingId]);
    await entries.deleteOne({ _id: 'smuggled' });
    expect(await ledger.close(everywhere(), origin)).to.deep.equal([]);
  });

  it('PLA-34 entries are paged in order of booking, by account and time', async () => {
    const all = await ledger.entries(one, { limit: 1_000 });
    const seen: string[] = [];
    let after: { bookedAt: Date; id: string } | undefined;
    for (;;) {
      const page = await ledger.entries(one, { after, limit: 4 });
      seen.push(...page.map(({ _id }) => _id));
      const last = page.at(-1);
      if (last === undefined) break;
      after = { bookedAt: last.bookedAt, id: last._id };
    }
    expect(seen).to.deep.equal(all.map(({ _id }) => _id));
    const revenue = await ledger.entries(one, { account: 'admission-revenue', limit: 1_000 });
    expect(revenue.map(({ _id }) => _id)).to.deep.equal(['u0', 'u1', 'u2', 'u3', 'u4', 'u5']);
    const third = revenue[2];
    if (third === undefined) throw new Error('no third entry');
    const between = {
      account: 'admission-revenue',
      from: third.bookedAt,
      to: new Date(third.bookedAt.getTime() + 1),
      limit: 10,
    };
    expect((await ledger.entries(one, between)).map(({ _id }) => _id)).to.deep.equal(['u2']);
  });
});
