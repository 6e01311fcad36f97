// PLA-10: a rotation goes through every collection in pages, goes on after a crash, and ends only with a pass that began when every
// instance had the new key.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { Scope, type Change, type Filter, type Rewrappable } from '@tongpiao/persistence';
import { expect } from 'chai';
import { createKeyRotation, OTHERS_KNOW_MS, rotatedTenant, type KeyRotation } from './key-rotation.ts';
import type { Rotation } from './key-rotation.store.ts';

const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
const OTHER = 'ten_7f3k9q2m5x8c4v6b1n0b' as TenantId;
const origin = { by: 'usr_1', channel: 'counter', cause: 'req_1', correlationId: 'req_1' };
const scope = Scope.ofTenant(TENANT, origin);
const wish = { reason: 'yearly', key: 'k1', fingerprint: 'f1' };

describe('rotation of a tenant’s key', () => {
  let now: number;
  let kept: Map<string, Rotation>;
  let visits: string[];
  let generation: number;
  let dies: boolean;

  /** Three records at two a page, then one. */
  const store = (collection: string): Rewrappable => ({
    spec: { collection },
    rewrapPage: async (_everywhere, tenantId, after) => {
      if (dies) throw new Error('died');
      visits.push(`${tenantId === TENANT ? '' : 'other '}${collection} after ${after ?? '-'}`);
      return after === undefined
        ? { looked: 2, rewrapped: 1, next: 'r2' }
        : { looked: 1, rewrapped: 0, next: undefined };
    },
  });
  const open = (): KeyRotation =>
    createKeyRotation({
      records: {
        find: async (_scope: Scope, filter: Filter) =>
          [...kept.values()].filter(
            ({ status, request }) =>
              (filter['status'] === undefined || filter['status'] === status) &&
              (filter['request.key'] === undefined || filter['request.key'] === request.key),
          ),
        findOne: async (_scope: Scope, { _id }: Filter) => kept.get(String(_id)),
        insert: async (_scope: Scope, document: Rotation) => {
          if (kept.has(document._id)) return false;
          kept.set(document._id, document);
          return true;
        },
        update: async (_scope: Scope, { _id }: Filter, change: Change) => {
          const before = kept.get(String(_id));
          if (before === undefined) return 0;
          const after = { ...before, ...(change['$set'] as Partial<Rotation>) };
          for (const name of Object.keys(change['$unset'] ?? {})) Reflect.deleteProperty(after, name);
          kept.set(before._id, after);
          return 1;
        },
      },
      vault: { rotateTenantKey: async () => (generation === 0 ? undefined : `${TENANT}:wrap:${generation + 1}`) },
      stores: [store('orders'), store('rights')],
      clock: () => new Date(now),
    });
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof DomainError ? error.code : 'failed'),
    );

  beforeEach(() => {
    now = 1_000_000;
    kept = new Map<string, Rotation>();
    visits = [];
    generation = 1;
    dies = false;
  });

  it('every collection in pages, a second pass a minute later, then done', async () => {
    const rotation = open();
    const { _id } = await rotation.begin(scope, origin, wish);
    await rotation.step(scope);
    expect(visits).to.deep.equal(['orders after -', 'orders after r2', 'rights after -', 'rights after r2']);
    expect(kept.get(_id)).to.deep.include({ status: 'running', pass: 2, looked: 6, rewrapped: 2 });
    await rotation.step(scope);
    expect(visits).to.have.length(4);
    now += OTHERS_KNOW_MS;
    await rotation.step(scope);
    expect(visits).to.have.length(8);
    expect(kept.get(_id)).to.deep.include({ status: 'done', looked: 12, rewrapped: 4, doneAt: new Date(now) });
  });

  it('goes on after a crash, in another instance', async () => {
    const { _id } = await open().begin(scope, origin, wish);
    kept.set(_id, { ...(kept.get(_id) as Rotation), collection: 'rights', after: 'r2' });
    dies = true;
    expect(await codeOf(open().step(scope))).to.equal('failed');
    dies = false;
    await open().step(scope);
    expect(visits).to.deep.equal(['rights after r2']);
  });

  it('PLA-32 asked again under its key it is the same rotation; under way, another is refused', async () => {
    const rotation = open();
    const first = await rotation.begin(scope, origin, wish);
    generation = 2;
    expect(await rotation.begin(scope, origin, wish)).to.deep.equal(first);
    expect(await codeOf(rotation.begin(scope, origin, { ...wish, fingerprint: 'f2' }))).to.equal(
      'platform.idempotency-key-reused',
    );
    expect(await codeOf(rotation.begin(scope, origin, { ...wish, key: 'k2' }))).to.equal('operations.rotation-running');
  });

  it('a tenant without a key in this service has nothing to rotate', async () => {
    generation = 0;
    expect(await codeOf(open().begin(scope, origin, wish))).to.equal('platform.not-found');
    expect(kept.size).to.equal(0);
  });

  it('PLA-02 the platform’s people name the tenant, nobody else names another’s', () => {
    expect(rotatedTenant('platform' as TenantId, TENANT)).to.equal(TENANT);
    expect(rotatedTenant(TENANT, TENANT)).to.equal(TENANT);
    expect(() => rotatedTenant(OTHER, TENANT)).to.throw(DomainError);
  });
});
