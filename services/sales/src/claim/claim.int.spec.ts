// Claims on a real database (SAL-02, SAL-25): limits that hold however many ask at once, room that is made by what nobody needs any more,
// and the moment between an exchange's claim and its beginning.
import { newId, openDatabase, Scope, type Database } from '@tongpiao/persistence';
import { forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { TENANT } from '../sales-house.fixture.ts';
import { openClaims, type Claims, type ClaimWish, type Fate } from './claim.store.ts';

const MINUTE_MS = 60_000;

describe('SAL-25 claims', function () {
  this.timeout(30_000);
  const servers = testServers();
  const scope = Scope.ofTenant(TENANT, {
    by: 'service:spec',
    channel: 'message',
    cause: 'spec',
    correlationId: 'spec',
  });
  const now = new Date();
  const later = (minutes: number): Date => new Date(now.getTime() + minutes * MINUTE_MS);
  /** What became of the orders, as a spec says it. */
  const fates = new Map<string, Fate>();
  let database: Database;
  let claims: Claims;

  before(async () => {
    database = await openDatabase({
      uri: servers.mongodbUri,
      name: servers.database('claims'),
      logger: pino({ level: 'silent' }),
    });
    claims = await openClaims(database, async () => fates);
  });
  beforeEach(() => {
    fates.clear();
  });
  after(async () => {
    await database.close();
    await forget(servers, { databases: ['claims'], queues: [] });
  });

  const wishOf = (key: string, limit = 1, count = 1): ClaimWish => ({
    ...{ key, limit, count, counts: 'live' },
    refusal: { code: 'sales.document-has-ticket', data: {} },
  });
  const fresh = (): string => newId<'Claim'>('key', TENANT);
  const takes = async (order: string, wish: ClaimWish, at = now, exchangeId?: string): Promise<boolean> =>
    (await claims.take(scope, order, [wish], at, exchangeId)).refusal === undefined;
  const needs = (needed: Fate['needs'], ...exchanges: string[]): Fate => ({
    needs: needed,
    knows: (id) => exchanges.includes(id),
  });

  it('of the first who ask at once for what nobody has asked for, nobody is told that it is full', async () => {
    for (let round = 0; round < 20; round += 1) {
      const wish = wishOf(fresh(), 1_000);
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => takes(`ord_${index}`, wish)));
      expect(answers.filter(Boolean)).to.have.length(20);
    }
  });

  it('of many who ask at once, as many as the limit', async () => {
    const wish = wishOf(fresh(), 3);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => takes(`ord_${index}`, wish)));
    expect(answers.filter(Boolean)).to.have.length(3);
  });
  it('whoever has it already has it, and takes no more of it', async () => {
    const wish = wishOf(fresh(), 2);
    expect([await takes('ord_1', wish), await takes('ord_1', wish), await takes('ord_2', wish)]).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(await takes('ord_3', wish)).to.equal(false);
  });
  it('an order that is not stored counts for a minute', async () => {
    const wish = wishOf(fresh());
    expect(await takes('ord_1', wish)).to.equal(true);
    expect(await takes('ord_2', wish, later(0.9))).to.equal(false);
    expect(await takes('ord_2', wish, later(1.1))).to.equal(true);
  });
  it('what an order does not need any more makes room, and no more than that', async () => {
    const wish = wishOf(fresh(), 3);
    await takes('ord_1', { ...wish, count: 3 });
    fates.set('ord_1', needs('all'));
    expect(await takes('ord_2', wish)).to.equal(false);
    fates.set('ord_1', needs(2));
    fates.set('ord_2', needs('all'));
    expect([await takes('ord_2', wish), await takes('ord_3', wish)]).to.deep.equal([true, false]);
    fates.set('ord_1', needs(0));
    expect([await takes('ord_3', { ...wish, count: 2 }), await takes('ord_4', wish)]).to.deep.equal([true, false]);
  });
  it('all or none: what was taken goes back when another is full', async () => {
    const [free, full] = [wishOf(fresh()), wishOf(fresh())];
    await takes('ord_1', full);
    const answer = await claims.take(scope, 'ord_2', [free, full], now);
    expect(answer.refusal?.code).to.equal('sales.document-has-ticket');
    expect(await takes('ord_3', free)).to.equal(true);
  });
  it('more than the limit is never to be had', async () => {
    expect(await takes('ord_1', wishOf(fresh(), 1, 2))).to.equal(false);
  });

  describe('of a ticket that is exchanged', () => {
    it('comes on top of what its order has, once for each exchange', async () => {
      const wish = wishOf(fresh(), 2);
      await takes('ord_1', wish);
      fates.set('ord_1', needs('all'));
      expect(await takes('ord_1', wish, now, 'exc_1')).to.equal(true);
      expect(await takes('ord_1', wish, now, 'exc_1'), 'the same again').to.equal(true);
      expect(await takes('ord_1', wish, now, 'exc_2')).to.equal(false);
      expect(await takes('ord_2', wish)).to.equal(false);
    });
    it('an order that holds the session cannot bring a second ticket of the document there', async () => {
      const wish = wishOf(fresh());
      await takes('ord_1', wish);
      fates.set('ord_1', needs(1));
      expect(await takes('ord_1', wish, now, 'exc_1')).to.equal(false);
    });
    it('counts for a minute before it is begun: nobody takes its place between claim and beginning', async () => {
      const wish = wishOf(fresh());
      fates.set('ord_1', needs(0));
      expect(await takes('ord_1', wish, now, 'exc_1')).to.equal(true);
      expect(await takes('ord_2', wish, later(0.9)), 'about to begin').to.equal(false);
      fates.set('ord_1', needs(1, 'exc_1'));
      expect(await takes('ord_2', wish, later(5)), 'under way').to.equal(false);
      fates.set('ord_1', needs(0, 'exc_1'));
      expect(await takes('ord_2', wish, later(0.9)), 'over').to.equal(true);
    });
    it('that was never begun is over after a minute', async () => {
      const wish = wishOf(fresh());
      fates.set('ord_1', needs(0));
      await takes('ord_1', wish, now, 'exc_1');
      expect(await takes('ord_2', wish, later(1.1))).to.equal(true);
    });
    it('an old claim of the order is worth nothing by itself', async () => {
      const wish = wishOf(fresh());
      await takes('ord_1', wish);
      fates.set('ord_1', needs(0));
      expect(await takes('ord_1', wish, later(2), 'exc_1')).to.equal(true);
      expect(await takes('ord_2', wish, later(2))).to.equal(false);
    });
    it('given back, it leaves what the order had before', async () => {
      const wish = wishOf(fresh(), 2);
      await takes('ord_1', wish);
      fates.set('ord_1', needs('all'));
      const answer = await claims.take(scope, 'ord_1', [wish], now, 'exc_1');
      await answer.giveBack();
      fates.set('ord_2', needs('all'));
      expect([await takes('ord_2', wish), await takes('ord_3', wish)]).to.deep.equal([true, false]);
    });
    it('of two exchanges of one order and a buyer at once, as many get it as there is room', async () => {
      for (let round = 0; round < 5; round += 1) {
        const wish = wishOf(fresh());
        fates.set('ord_1', needs(0));
        const answers = await Promise.all([
          takes('ord_1', wish, now, 'exc_1'),
          takes('ord_1', wish, now, 'exc_2'),
          takes('ord_2', wish),
        ]);
        expect(answers.filter(Boolean)).to.have.length(1);
      }
    });
  });
});
