import { DomainError } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { GATES_PER_SITE_MAX, SITES_MAX, tenantDecider } from './tenant.decider.ts';
import { tenantForOthers, tenantMessages } from './tenant.messages.ts';
import { tenantFields } from './tenant.store.ts';
import type { SiteChanges, TenantCommand, TenantEvent, TenantSettings, TenantState } from './tenant.ts';

const given = specify(tenantDecider);
const name = (text: string) => ({ zh: text, en: text });
const settings: TenantSettings = {
  kind: 'scenic',
  name: name('云台山'),
  timeZone: 'Asia/Shanghai',
  contact: { hotline: '0391-7709300' },
  demo: true,
  smsSignature: '云台山',
  policies: { staffSessionHours: 24 },
};
const created: TenantEvent = { type: 'TenantCreated', settings };
const site = { id: 'sit_1', name: name('主景区') };
const siteAdded: TenantEvent = { type: 'SiteAdded', site };
const gate = { id: 'gat_1', name: name('一号闸机') };
const gateAdded: TenantEvent = { type: 'GateAdded', siteId: site.id, gate };

const commands: Record<TenantCommand['type'], TenantCommand> = {
  CreateTenant: { type: 'CreateTenant', settings },
  ChangeTenant: { type: 'ChangeTenant', changes: { smsSignature: '云台' }, expected: 3 },
  AddSite: { type: 'AddSite', site: { id: 'sit_2', name: name('东门') } },
  ChangeSite: {
    type: 'ChangeSite',
    siteId: 'sit_1',
    changes: { name: name('西门'), capacity: { dayMax: 9 } },
    expected: 3,
  },
  AddGate: { type: 'AddGate', siteId: 'sit_1', gate: { id: 'gat_2', name: name('二号闸机') } },
  RenameGate: { type: 'RenameGate', gateId: 'gat_1', name: name('快速通道'), expected: 3 },
};

describe('tenant', () => {
  it('PLA-01 none × CreateTenant → TenantCreated, with currency and no sites', () => {
    given().when(commands.CreateTenant).then(created);
    given()
      .when(commands.CreateTenant)
      .thenState((state) => {
        expect(state).to.include({ status: 'active', currency: 'CNY', edition: 1 });
      });
  });

  for (const type of ['ChangeTenant', 'AddSite', 'ChangeSite', 'AddGate', 'RenameGate'] as const) {
    it(`PLA-01 none × ${type} → not found`, () => {
      given().when(commands[type]).thenRefused('platform.not-found');
    });
  }

  it('PLA-01 founded × CreateTenant → -', () => {
    given(created).when(commands.CreateTenant).thenNothing();
  });

  it('PLA-01 founded × ChangeTenant → TenantChanged with what is news, and only that', () => {
    given(created)
      .when({
        type: 'ChangeTenant',
        changes: { smsSignature: '云台', timeZone: 'Asia/Shanghai', status: undefined },
        expected: 1,
      })
      .then({ type: 'TenantChanged', changes: { smsSignature: '云台' } });
  });

  it('PLA-34 founded × ChangeTenant from an old edition → precondition failed', () => {
    given(created, siteAdded)
      .when({ ...commands.ChangeTenant, expected: 1 } as TenantCommand)
      .thenRefused('platform.precondition-failed');
  });

  it('PLA-32 founded × ChangeTenant to what it is, whatever the edition → -', () => {
    const changes = { contact: { hotline: '0391-7709300', email: undefined }, policies: { staffSessionHours: 24 } };
    given(created, siteAdded).when({ type: 'ChangeTenant', changes, expected: 1 }).thenNothing();
  });

  it('PLA-01 suspended × anything is decided as when active', () => {
    const suspended: TenantEvent = { type: 'TenantChanged', changes: { status: 'suspended' } };
    given(created, suspended).when({ type: 'AddSite', site }).then(siteAdded);
    given(created, suspended)
      .when({ type: 'ChangeTenant', changes: { status: 'active' }, expected: 2 })
      .then({ type: 'TenantChanged', changes: { status: 'active' } });
  });

  it('PLA-01 founded × AddSite → SiteAdded; again → -; beyond the bound → refused', () => {
    given(created).when({ type: 'AddSite', site }).then(siteAdded);
    given(created, siteAdded).when({ type: 'AddSite', site }).thenNothing();
    const full = Array.from({ length: SITES_MAX }, (_, index): TenantEvent => ({
      type: 'SiteAdded',
      site: { id: `sit_${index}`, name: site.name },
    }));
    given(created, ...full)
      .when({ type: 'AddSite', site: { id: 'sit_more', name: site.name } })
      .thenRefused('identity.too-many-sites');
  });

  it('PLA-01 founded × AddGate → GateAdded; again → -; at an unknown site → not found; beyond the bound → refused', () => {
    given(created, siteAdded).when({ type: 'AddGate', siteId: site.id, gate }).then(gateAdded);
    given(created, siteAdded, gateAdded).when({ type: 'AddGate', siteId: site.id, gate }).thenNothing();
    given(created).when({ type: 'AddGate', siteId: site.id, gate }).thenRefused('platform.not-found');
    const full = Array.from({ length: GATES_PER_SITE_MAX }, (_, index): TenantEvent => ({
      type: 'GateAdded',
      siteId: site.id,
      gate: { id: `gat_${index}`, name: gate.name },
    }));
    given(created, siteAdded, ...full)
      .when({ type: 'AddGate', siteId: site.id, gate: { id: 'gat_more', name: gate.name } })
      .thenRefused('identity.too-many-gates');
  });

  it('PLA-01 founded × RenameGate → renamed; same name → -; unknown → not found; old edition → precondition failed', () => {
    const at = given(created, siteAdded, gateAdded);
    at.when(commands.RenameGate).then({ type: 'GateRenamed', gateId: 'gat_1', name: name('快速通道') });
    at.when({ type: 'RenameGate', gateId: 'gat_1', name: gate.name, expected: 0 }).thenNothing();
    at.when({ type: 'RenameGate', gateId: 'gat_9', name: gate.name, expected: 3 }).thenRefused('platform.not-found');
    at.when({ type: 'RenameGate', gateId: 'gat_1', name: name('快速通道'), expected: 2 }).thenRefused(
      'platform.precondition-failed',
    );
  });

  it('PLA-01 SAL-43 founded × ChangeSite → what is news of it; no news → -; unknown → not found; old edition → precondition failed', () => {
    const at = given(created, siteAdded, gateAdded);
    const change = (changes: SiteChanges, expected = 3, siteId = 'sit_1'): TenantCommand => ({
      type: 'ChangeSite',
      siteId,
      changes,
      expected,
    });
    const capacity = { insideMax: 5_000, dayMax: 20_000 };
    at.when(change({ name: site.name, capacity })).then({
      type: 'SiteChanged',
      siteId: 'sit_1',
      changes: { capacity },
    });
    at.when(change({ name: name('西门') })).then({
      type: 'SiteChanged',
      siteId: 'sit_1',
      changes: { name: name('西门') },
    });
    at.when(change({ name: site.name, capacity: undefined }, 0)).thenNothing();
    at.when(change({ name: name('西门') }, 3, 'sit_9')).thenRefused('platform.not-found');
    at.when(change({ capacity }, 2)).thenRefused('platform.precondition-failed');
    const limited: TenantEvent = { type: 'SiteChanged', siteId: 'sit_1', changes: { capacity } };
    given(created, siteAdded, limited)
      .when(change({ name: name('西门') }))
      .thenState((state) => {
        if (state.status === 'none') throw new Error('not founded');
        expect(state.sites[0]).to.deep.include({ name: name('西门'), capacity });
        expect(tenantForOthers('ten_1', state).sites[0]).to.deep.include({ capacity });
      });
    // A limit is lifted by naming none.
    given(created, siteAdded, limited)
      .when(change({ capacity: {} }))
      .then({ type: 'SiteChanged', siteId: 'sit_1', changes: { capacity: {} } });
  });

  it('PLA-01 tells others the whole state with every event, and trust when keys may have become worthless', () => {
    const state = [created, siteAdded, gateAdded].reduce<TenantState>(
      (current, event) => tenantDecider.evolve(current, event),
      tenantDecider.initial,
    );
    if (state.status === 'none') throw new Error('not founded');
    const types = (event: TenantEvent) =>
      tenantMessages(event, { id: 'ten_1', state }).map((said) =>
        'definition' in said ? said.definition.type : 'timer',
      );
    expect(types(gateAdded)).to.deep.equal(['identity.tenant.changed.v1']);
    expect(types({ type: 'TenantChanged', changes: { status: 'suspended' } })).to.deep.equal([
      'identity.tenant.changed.v1',
      'identity.trust.refresh.v1',
    ]);
    expect(tenantForOthers('ten_1', state).sites).to.deep.equal([{ ...site, gates: [gate] }]);
    expect(tenantForOthers('ten_1', state)).not.to.have.property('retention');
    const longer = { ...state, policies: { ...state.policies, ordersKeptYears: 7 } };
    expect(tenantForOthers('ten_1', longer)).to.deep.include({ retention: { ordersYears: 7 } });
    const years = (ordersKeptYears: number) =>
      tenantFields.policies.safeParse({ staffSessionHours: 24, ordersKeptYears }).success;
    expect([2, 3, 30, 31].map(years), 'PLA-12: the law asks for three').to.deep.equal([false, true, true, false]);
  });

  it('PLA-20 folds any events without throwing, and repeating any command at once changes nothing more', () => {
    const anyCommand = fc.constantFrom(...Object.values(commands));
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 30 }), (list) => {
        let state = tenantDecider.initial;
        const apply = (command: TenantCommand): number => {
          try {
            const events = tenantDecider.decide(state, command);
            state = events.reduce((current, event) => tenantDecider.evolve(current, event), state);
            return events.length;
          } catch (error) {
            if (error instanceof DomainError) return 0;
            throw error;
          }
        };
        for (const command of list) {
          apply(command);
          expect(apply(command)).to.equal(0);
        }
      }),
    );
  });
});
