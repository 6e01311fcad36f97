// state ↓ \ command →  CreateTenant    ChangeTenant                 AddSite          ChangeSite                   AddGate         RenameGate
// none                 TenantCreated   platform.not-found           ← same           ← same                       ← same          ← same
// active | suspended   -               TenantChanged | - (no news)  SiteAdded | -    SiteChanged | - (no news)    GateAdded | -   GateRenamed | -
//                                      precondition-failed          too-many-sites   precondition-failed          too-many-gates  precondition-failed
//                                                                                    not-found                    not-found       not-found
// "-" comes before the precondition: a repeated edit finds its wish fulfilled and is answered as the first time.
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import type { Bilingual } from '@tongpiao/contracts';
import type { Site, SiteChanges, Tenant, TenantChanges, TenantCommand, TenantEvent, TenantState } from './tenant.ts';

/** One document and one message hold them all. */
export const SITES_MAX = 100;
/** As the message's contract says. */
export const GATES_PER_SITE_MAX = 500;

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => same(value, right.get(key)));
}

/** Only what is named and different. */
function news(tenant: Tenant, changes: TenantChanges): TenantChanges {
  const before = new Map<string, unknown>(Object.entries(tenant));
  return Object.fromEntries(
    Object.entries(changes).filter(([key, value]) => value !== undefined && !same(before.get(key), value)),
  );
}

function siteNews(site: Site, { name, capacity }: SiteChanges): SiteChanges {
  return {
    ...(name === undefined || same(site.name, name) ? {} : { name }),
    ...(capacity === undefined || same(site.capacity, capacity) ? {} : { capacity }),
  };
}

function assertEdition(tenant: Tenant, expected: number): void {
  if (tenant.edition === expected) return;
  throw new DomainError('platform.precondition-failed', 'The tenant was changed meanwhile.', {
    edition: tenant.edition,
  });
}

function notFound(what: string): DomainError {
  return new DomainError('platform.not-found', `There is no such ${what}.`);
}

function addGate(tenant: Tenant, siteId: string, gate: Site['gates'][number]): readonly TenantEvent[] {
  const site = tenant.sites.find(({ id }) => id === siteId);
  if (site === undefined) throw notFound('site');
  if (site.gates.some(({ id }) => id === gate.id)) return [];
  if (site.gates.length >= GATES_PER_SITE_MAX) {
    throw new DomainError('identity.too-many-gates', 'The site has all the gates it can have.', {
      max: GATES_PER_SITE_MAX,
    });
  }
  return [{ type: 'GateAdded', siteId, gate }];
}

function renamed(
  tenant: Tenant,
  known: { readonly name: Bilingual } | undefined,
  what: string,
  wish: { name: Bilingual; expected: number },
  event: TenantEvent,
): readonly TenantEvent[] {
  if (known === undefined) throw notFound(what);
  if (same(known.name, wish.name)) return [];
  assertEdition(tenant, wish.expected);
  return [event];
}

function decide(state: TenantState, command: TenantCommand): readonly TenantEvent[] {
  if (state.status === 'none') {
    if (command.type === 'CreateTenant') return [{ type: 'TenantCreated', settings: command.settings }];
    throw notFound('tenant');
  }
  switch (command.type) {
    case 'CreateTenant':
      return [];
    case 'ChangeTenant': {
      const changes = news(state, command.changes);
      if (Object.keys(changes).length === 0) return [];
      assertEdition(state, command.expected);
      return [{ type: 'TenantChanged', changes }];
    }
    case 'AddSite': {
      if (state.sites.some(({ id }) => id === command.site.id)) return [];
      if (state.sites.length >= SITES_MAX) {
        throw new DomainError('identity.too-many-sites', 'The tenant has all the sites it can have.', {
          max: SITES_MAX,
        });
      }
      return [{ type: 'SiteAdded', site: command.site }];
    }
    case 'ChangeSite': {
      const { siteId, expected } = command;
      const site = state.sites.find(({ id }) => id === siteId);
      if (site === undefined) throw notFound('site');
      const changes = siteNews(site, command.changes);
      if (Object.keys(changes).length === 0) return [];
      assertEdition(state, expected);
      return [{ type: 'SiteChanged', siteId, changes }];
    }
    case 'AddGate':
      return addGate(state, command.siteId, command.gate);
    case 'RenameGate': {
      const { gateId, name } = command;
      const gate = state.sites.flatMap(({ gates }) => gates).find(({ id }) => id === gateId);
      return renamed(state, gate, 'gate', command, { type: 'GateRenamed', gateId, name });
    }
    default:
      return unreachable(command, 'tenant command');
  }
}

function changedSite(site: Site, { name = site.name, capacity = site.capacity }: SiteChanges): Site {
  return { ...site, name, ...(capacity === undefined ? {} : { capacity }) };
}

function apply(tenant: Tenant, event: Exclude<TenantEvent, { type: 'TenantCreated' }>): Tenant {
  switch (event.type) {
    case 'TenantChanged': {
      const { name, timeZone, contact, smsSignature, policies, status } = event.changes;
      return {
        ...tenant,
        name: name ?? tenant.name,
        timeZone: timeZone ?? tenant.timeZone,
        contact: contact ?? tenant.contact,
        smsSignature: smsSignature ?? tenant.smsSignature,
        policies: policies ?? tenant.policies,
        status: status ?? tenant.status,
      };
    }
    case 'SiteAdded':
      return { ...tenant, sites: [...tenant.sites, { ...event.site, gates: [] }] };
    case 'SiteChanged':
      return {
        ...tenant,
        sites: tenant.sites.map((site) => (site.id === event.siteId ? changedSite(site, event.changes) : site)),
      };
    case 'GateAdded':
      return {
        ...tenant,
        sites: tenant.sites.map((site) =>
          site.id === event.siteId ? { ...site, gates: [...site.gates, event.gate] } : site,
        ),
      };
    case 'GateRenamed':
      return {
        ...tenant,
        sites: tenant.sites.map((site) => ({
          ...site,
          gates: site.gates.map((gate) => (gate.id === event.gateId ? { ...gate, name: event.name } : gate)),
        })),
      };
  }
}

function evolve(state: TenantState, event: TenantEvent): TenantState {
  if (event.type === 'TenantCreated') {
    return state.status === 'none'
      ? { ...event.settings, status: 'active', currency: 'CNY', sites: [], edition: 1 }
      : state;
  }
  return state.status === 'none' ? state : { ...apply(state, event), edition: state.edition + 1 };
}

export const tenantDecider: Decider<TenantState, TenantCommand, TenantEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
