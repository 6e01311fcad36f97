// Who the tenants are, in the memory of every instance: names, zones, sites, gates, SMS signature. Fed by identity's events to a
// queue of this instance's own; identity is asked for all of it at start and after a break, so nothing has to be stored.
import { envelopeOf, republishTenants, tenantChanged, tenantsRepublished, type DataOf } from '@tongpiao/contracts';
import { DomainError, PLATFORM_TENANT, TransientError, type TenantId } from '@tongpiao/kernel';
import { isMessage, type Broker } from '@tongpiao/messaging';
import { newId } from '@tongpiao/persistence';
import type { Logger } from 'pino';

export type Tenant = DataOf<typeof tenantChanged>;
export type GateFacts = { readonly tenantId: TenantId; readonly siteId: string; readonly gateId: string };

/**
 * Whoever is looked for and not found may still be on the way, as long as identity has not told everything: that is a
 * TransientError (503, or again later on the bus), never "there is no such".
 */
export type TenantDirectory = {
  get(tenantId: string): Tenant | undefined;
  /** @throws DomainError `platform.unknown-tenant` */
  require(tenantId: string): Tenant;
  all(): readonly Tenant[];
  /** Where a gate stands. */
  gate(gateId: string): GateFacts | undefined;
  site(siteId: string): { readonly tenantId: TenantId; readonly site: Tenant['sites'][number] } | undefined;
  /** True once identity has told everything. */
  ready(): boolean;
};

/** Asking again while identity does not answer. */
const ASK_EVERY_MS = 2_000;

export async function openTenantDirectory(
  broker: Broker,
  options: { service: string; logger: Logger },
): Promise<TenantDirectory & { stop(): void }> {
  const tenants = new Map<string, { sequence: number; tenant: Tenant }>();
  let gates = new Map<string, GateFacts>();
  let loaded = false;
  let timer: NodeJS.Timeout | undefined;

  function index(): void {
    gates = new Map(
      [...tenants.values()].flatMap(({ tenant }) =>
        tenant.sites.flatMap((site) =>
          site.gates.map(
            (gate) => [gate.id, { tenantId: tenant.tenantId as TenantId, siteId: site.id, gateId: gate.id }] as const,
          ),
        ),
      ),
    );
  }

  async function ask(): Promise<void> {
    const id = newId('msg', PLATFORM_TENANT);
    const facts = { id, source: options.service, subject: 'tenants', time: new Date(), tenantId: PLATFORM_TENANT };
    const envelope = envelopeOf(republishTenants.type, facts, { replyQueue: handle.queue });
    try {
      await broker.publisher.publish({ kind: 'command', envelope });
    } catch (error) {
      options.logger.debug({ err: error }, 'identity does not hear the request for its tenants yet');
    }
  }

  function askUntilLoaded(): void {
    if (timer !== undefined) clearTimeout(timer);
    void ask();
    timer = setTimeout(() => {
      if (!loaded) askUntilLoaded();
    }, ASK_EVERY_MS);
  }

  const handle = await broker.broadcast({
    name: 'tenants',
    definitions: [tenantChanged, tenantsRepublished],
    handle: async (message) => {
      if (isMessage(message, tenantChanged)) {
        const { data, sequence } = message.envelope;
        const known = tenants.get(data.tenantId);
        if (known !== undefined && known.sequence > sequence) return;
        tenants.set(data.tenantId, { sequence, tenant: data });
        index();
      } else if (isMessage(message, tenantsRepublished)) {
        loaded = tenants.size >= message.envelope.data.count;
      }
    },
    missed: () => {
      loaded = false;
      askUntilLoaded();
    },
  });
  askUntilLoaded();

  function orNotYet<Found>(found: Found | undefined): Found | undefined {
    if (found === undefined && !loaded)
      throw new TransientError('platform.tenants-not-told-yet', 'identity has not told of all tenants yet');
    return found;
  }
  const get = (tenantId: string): Tenant | undefined => orNotYet(tenants.get(tenantId)?.tenant);

  return {
    get,
    require(tenantId) {
      const known = get(tenantId);
      if (known === undefined)
        throw new DomainError('platform.unknown-tenant', 'There is no such tenant.', { tenantId });
      return known;
    },
    all: () => [...tenants.values()].map(({ tenant }) => tenant),
    gate: (gateId) => orNotYet(gates.get(gateId)),
    site(siteId) {
      for (const { tenant } of tenants.values()) {
        const site = tenant.sites.find(({ id }) => id === siteId);
        if (site !== undefined) return { tenantId: tenant.tenantId as TenantId, site };
      }
      return orNotYet<{ tenantId: TenantId; site: Tenant['sites'][number] }>(undefined);
    },
    ready: () => loaded,
    stop() {
      loaded = true;
      if (timer !== undefined) clearTimeout(timer);
    },
  };
}
