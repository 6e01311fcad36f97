// PLA-10: a tenant gets a new wrapping key, and the data keys of all its records are put under it, in pages and in the background. Nothing
// that was sealed changes. Other instances take the new key within half a minute and seal under the old one until then: so there is a
// second pass after a minute, and only a pass that began after that minute ends the rotation.
//
// What happens when …     twice: the same rotation · two at once: one key, one rotation · crash: the next round goes on from the last page ·
// a record changes or is erased meanwhile: its key is replaced only where it is the one that was read · two instances: a lease.
import { DomainError, PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import type { Origin, Records, Rewrappable, Scope, Vault } from '@tongpiao/persistence';
import type { Rotation } from './key-rotation.store.ts';

type Parts = {
  readonly records: Pick<Records<Rotation>, 'find' | 'findOne' | 'insert' | 'update'>;
  readonly vault: Pick<Vault, 'rotateTenantKey'>;
  /** Everything that holds records with data keys. */
  readonly stores: readonly Rewrappable[];
  readonly clock: () => Date;
};

export type KeyRotation = {
  /** @throws DomainError where one is under way, or the tenant has no key here */
  begin(
    scope: Scope,
    origin: Origin,
    wish: { readonly reason: string; readonly key: string; readonly fingerprint: string },
  ): Promise<Rotation>;
  /** Some pages of what is under way. */
  step(everywhere: Scope): Promise<void>;
};

/** Twice as long as an instance may know an old key for the newest. */
export const OTHERS_KNOW_MS = 60_000;
const PAGE = 200;
const PAGES_A_STEP = 20;
const AT_ONCE = 20;

export function createKeyRotation({ records, vault, stores, clock }: Parts): KeyRotation {
  async function page(everywhere: Scope, rotation: Rotation): Promise<Rotation> {
    const now = clock();
    const index = Math.max(
      0,
      stores.findIndex(({ spec }) => spec.collection === rotation.collection),
    );
    const store = stores[index];
    const tenantId = rotation.tenantId as TenantId;
    const { looked, rewrapped, next } = (await store?.rewrapPage(everywhere, tenantId, rotation.after, PAGE)) ?? {
      looked: 0,
      rewrapped: 0,
      next: undefined,
    };
    const collection = next === undefined ? stores[index + 1]?.spec.collection : rotation.collection;
    const over = next === undefined && collection === undefined;
    const last = rotation.passStartedAt.getTime() - rotation.startedAt.getTime() >= OTHERS_KNOW_MS;
    const figures = { looked: rotation.looked + looked, rewrapped: rotation.rewrapped + rewrapped };
    if (!over) return { ...rotation, ...figures, collection: collection ?? store?.spec.collection, after: next };
    const from = { collection: undefined, after: undefined };
    if (last) return { ...rotation, ...figures, ...from, status: 'done', doneAt: now };
    const passStartedAt = new Date(Math.max(now.getTime(), rotation.startedAt.getTime() + OTHERS_KNOW_MS));
    return { ...rotation, ...figures, ...from, pass: rotation.pass + 1, passStartedAt };
  }

  async function save(scope: Scope, { _id, tenantId: _tenantId, ...rotation }: Rotation): Promise<void> {
    const entries = Object.entries(rotation);
    const gone = entries.filter(([, value]) => value === undefined).map(([name]) => [name, 1]);
    await records.update(
      scope,
      { _id },
      {
        $set: Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
        ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone) as Record<string, unknown> }),
      },
    );
  }

  return {
    async begin(scope, { by }, { reason, key, fingerprint }) {
      const [known] = await records.find(scope, { 'request.key': key }, { limit: 1 });
      if (known !== undefined) {
        if (known.request.fingerprint === fingerprint) return known;
        throw new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
      }
      const [running] = await records.find(scope, { status: 'running' }, { limit: 1 });
      if (running !== undefined)
        throw new DomainError('operations.rotation-running', 'A rotation is under way.', { id: running._id });
      const kid = await vault.rotateTenantKey(scope);
      if (kid === undefined) throw new DomainError('platform.not-found', 'This service has no key of that tenant.', {});
      const startedAt = clock();
      const rotation: Rotation = {
        ...{ _id: kid, tenantId: scope.tenantId, status: 'running', by, reason, request: { key, fingerprint } },
        ...{ startedAt, pass: 1, passStartedAt: startedAt, looked: 0, rewrapped: 0 },
      };
      await records.insert(scope, rotation);
      return (await records.findOne(scope, { _id: kid })) ?? rotation;
    },
    async step(everywhere) {
      for (const begun of await records.find(
        everywhere,
        { status: 'running' },
        { sort: { startedAt: 1 }, limit: AT_ONCE },
      )) {
        let rotation = begun;
        for (let pages = 0; pages < PAGES_A_STEP && rotation.status === 'running'; pages += 1) {
          if (rotation.passStartedAt > clock()) break;
          rotation = await page(everywhere, rotation);
          await save(everywhere, rotation);
        }
      }
    },
  };
}

/** Whose key: the platform's people name the tenant, a tenant's own have theirs. */
export function rotatedTenant(own: TenantId, wanted: string): TenantId {
  if (own !== PLATFORM_TENANT && own !== wanted)
    throw new DomainError('platform.forbidden', 'The key of another tenant is not yours to change.');
  return wanted as TenantId;
}
