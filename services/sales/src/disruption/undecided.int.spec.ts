// SAL-52: the queries that find tickets of a disrupted session say the same as the policy that lets them be offered and given back. A
// ticket that one finds and the other leaves alone would be looked at for ever.
import { ticketStatusSchema } from '@tongpiao/contracts';
import { forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import mongoose, { type Connection } from 'mongoose';
import { awaitsChoice, endedInVain } from '../right/disrupted.policy.ts';
import { soldRight } from '../right/right.fixture.ts';
import type { Offer, SoldRight, Use } from '../right/right.ts';
import type { Disruption } from './disruption.ts';
import { undecidedFilter } from './undecided.ts';
import { untoldFilter } from './untold.ts';

const DECIDED_AT = '2026-12-02T02:00:00.000Z';
const offer: Offer = {
  ...{ disruptionId: 'dis_1', kind: 'cancelled', decideBy: DECIDED_AT },
  ...{ offeredAt: DECIDED_AT, cancelledAt: DECIDED_AT },
};
const disruption: Disruption = {
  ...{ kind: 'cancelled', sessionId: 'ses_1', productId: 'prd_1', siteId: 'sit_1', date: '2026-12-02' },
  ...{ startsAt: soldRight().startsAt, endsAt: soldRight().endsAt, reason: '大风停园', decideBy: DECIDED_AT },
  ...{ begunAt: '2026-12-02T04:00:00.000Z', decidedAt: DECIDED_AT },
  ...{ status: 'telling', step: 0, inHand: [], stuck: 0, tickets: 0, people: 0, orders: 0, untold: 0 },
};
/** The session begins at 01:00 of universal time; the third is after it, though it reads as the day before. */
const TIMES = [
  ...['2026-12-02T00:59:59.999Z', '2026-12-02T09:00:00+08:00', '2026-12-01T15:30:00-10:00', '2026-12-02T14:20+14:00'],
  ...['2026-12-02T08:59:59.123456+08:00', 'nonsense'],
];
const usedAt = (at: string): Use => ({ at, gateId: 'gat_1', people: 1 });
const HISTORIES: readonly (readonly Use[])[] = [
  ...[[], ...TIMES.map((at) => [usedAt(at)])],
  ['2026-12-02T02:30:00.000Z', '2026-12-02T00:30:00.000Z'].map(usedAt),
];

describe('SAL-52 tickets of a disrupted session: what is found is what is owed', function () {
  this.timeout(30_000);
  const servers = testServers();
  const dbName = servers.database('undecided');
  let connection: Connection;

  const rights: readonly SoldRight[] = ticketStatusSchema.options.flatMap((status) =>
    HISTORIES.flatMap((uses) =>
      [DECIDED_AT, '2026-12-02T02:00:00.001Z', '2026-12-02T01:59:59.999Z'].flatMap((validUntil) =>
        ([undefined, offer, { ...offer, disruptionId: 'dis_0' }, { ...offer, kind: 'reduced' }] as const).map(
          (offered) => soldRight({ status, uses, validUntil, ...(offered === undefined ? {} : { offer: offered }) }),
        ),
      ),
    ),
  );
  before(async () => {
    connection = await mongoose.createConnection(servers.mongodbUri, { dbName }).asPromise();
    await connection
      .collection<{ _id: number; state: SoldRight }>('rights')
      .insertMany(rights.map((state, _id) => ({ _id, state })));
  });
  after(async () => {
    await connection.close();
    await forget(servers, { databases: ['undecided'] });
  });
  async function found(filter: Readonly<Record<string, unknown>>): Promise<readonly number[]> {
    const ids = await connection.collection<{ _id: number }>('rights').find(filter).project({ _id: 1 }).toArray();
    return ids.map(({ _id }) => Number(_id)).sort((a, b) => a - b);
  }
  const those = (which: (right: SoldRight) => boolean): readonly number[] =>
    rights.flatMap((right, index) => (which(right) ? [index] : []));

  it('not told of a cancellation', async () => {
    const wanted = those(
      (right) =>
        right.offer?.disruptionId !== 'dis_1' &&
        (['issued', 'checked_in', 'frozen'].includes(right.status) || endedInVain(right, offer)),
    );
    expect(wanted.length).to.be.greaterThan(100);
    expect(await found(untoldFilter('dis_1', disruption))).to.deep.equal(wanted);
  });
  it('told, and to be given back', async () => {
    for (const kind of ['cancelled', 'reduced'] as const) {
      const offered = { 'state.offer.kind': kind };
      const ours = (right: SoldRight): boolean =>
        right.offer?.disruptionId === 'dis_1' && right.offer.kind === kind && awaitsChoice(right);
      // Nobody is offered anything for a ticket that had expired before; the query need not ask again.
      const late = { 'state.validUntil': { $gt: DECIDED_AT } };
      const open = those((right) => ours(right) && right.validUntil > DECIDED_AT);
      expect(open.length).to.be.greaterThan(5);
      expect(await found({ $and: [undecidedFilter('dis_1', kind, ['frozen']), offered, late] })).to.deep.equal(open);
      const thawed = open.filter((index) => rights[index]?.status !== 'frozen');
      expect(await found({ $and: [undecidedFilter('dis_1', kind, []), offered, late] })).to.deep.equal(thawed);
    }
  });
});
