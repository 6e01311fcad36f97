import { PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { assertMayGive, assertNotOneself } from './staff-roles.policy.ts';
import { userDecider } from './user.decider.ts';
import { userMessages } from './user.messages.ts';
import type { UserCommand, UserEvent } from './user.ts';

const given = specify(userDecider);
const at = '2026-11-21T08:00:00.000Z';
const upTo = '2026-11-21T08:00:02.000Z';
const value = { sealed: 'p1.x', masked: '王*' };
const staff = { username: 'wang', password: 'sealed', name: value, roles: ['sales_clerk'] } as const;
const staffAdded: UserEvent = { type: 'StaffAdded', staff, at };
const travellerMet: UserEvent = { type: 'TravellerMet', traveller: { phone: value }, at };
const blocked: UserEvent = { type: 'UserChanged', changes: { status: 'blocked' }, at };

const commands = {
  AddStaff: { type: 'AddStaff', staff, at },
  MeetTraveller: { type: 'MeetTraveller', traveller: { phone: value }, at },
  ChangeUser: { type: 'ChangeUser', changes: { status: 'blocked' }, expected: 1, at },
  SetPassword: { type: 'SetPassword', password: 'other', at },
  RevealPersonalData: { type: 'RevealPersonalData', fields: ['phone'], purpose: 'call back' },
  OfferTotp: { type: 'OfferTotp', secret: 'sealed', at },
  ConfirmTotp: { type: 'ConfirmTotp', step: 7, recovery: [], at },
  UseTotp: { type: 'UseTotp', step: 8 },
  UseRecoveryCode: { type: 'UseRecoveryCode', hash: 'x' },
  RemoveTotp: { type: 'RemoveTotp', because: { by: 'own' }, at },
} as const satisfies Record<UserCommand['type'], UserCommand>;

describe('user', () => {
  it('PLA-03 none × AddStaff → StaffAdded', () => {
    given().when(commands.AddStaff).then(staffAdded);
  });

  it('PLA-05 none × MeetTraveller → TravellerMet, with a traveller’s role', () => {
    given().when(commands.MeetTraveller).then(travellerMet);
    given()
      .when(commands.MeetTraveller)
      .thenState((state) => {
        expect(state).to.deep.include({ kind: 'traveller', roles: ['traveller'], status: 'active' });
      });
  });

  const ofFactors = ['OfferTotp', 'ConfirmTotp', 'UseTotp', 'UseRecoveryCode', 'RemoveTotp'] as const;
  for (const type of ['ChangeUser', 'SetPassword', 'RevealPersonalData', ...ofFactors] as const) {
    it(`PLA-03 none × ${type} → not found`, () => {
      given().when(commands[type]).thenRefused('platform.not-found');
    });
  }

  for (const [known, events] of Object.entries({
    staff: [staffAdded],
    traveller: [travellerMet],
    blocked: [staffAdded, blocked],
  })) {
    it(`PLA-03 ${known} × AddStaff or MeetTraveller → -`, () => {
      given(...events)
        .when(commands.AddStaff)
        .thenNothing();
      given(...events)
        .when(commands.MeetTraveller)
        .thenNothing();
    });

    it(`PLA-21 ${known} × RevealPersonalData → PersonalDataRevealed with its purpose, each time`, () => {
      const revealed: UserEvent = { type: 'PersonalDataRevealed', fields: ['phone'], purpose: 'call back' };
      given(...events)
        .when(commands.RevealPersonalData)
        .then(revealed);
      given(...events, revealed)
        .when(commands.RevealPersonalData)
        .then(revealed);
    });
  }

  it('PLA-03 staff × ChangeUser → UserChanged with what is news; what is so already → -', () => {
    const changes = { roles: ['sales_clerk', 'gate_inspector'], status: 'active' } as const;
    given(staffAdded)
      .when({ type: 'ChangeUser', changes, expected: 1, at })
      .then({ type: 'UserChanged', changes: { roles: ['sales_clerk', 'gate_inspector'] }, at });
    given(staffAdded)
      .when({ type: 'ChangeUser', changes: { roles: ['sales_clerk'] }, expected: 9, at })
      .thenNothing();
  });

  it('PLA-34 staff × ChangeUser from an old edition → precondition failed', () => {
    given(staffAdded, blocked)
      .when({ type: 'ChangeUser', changes: { status: 'active' }, expected: 1, at })
      .thenRefused('platform.precondition-failed');
  });

  it('PLA-03 blocked × ChangeUser to active → UserChanged', () => {
    given(staffAdded, blocked)
      .when({ type: 'ChangeUser', changes: { status: 'active' }, expected: 2, at })
      .then({ type: 'UserChanged', changes: { status: 'active' }, at });
  });

  it('PLA-06 blocking and another password end the sessions so far, other roles only the access tokens', () => {
    given(staffAdded)
      .when(commands.ChangeUser)
      .thenState((state) => {
        expect(state).to.include({ sessionsEndedAt: upTo, tokensRevokedAt: upTo });
      });
    given(staffAdded)
      .when(commands.SetPassword)
      .thenState((state) => {
        expect(state).to.include({ sessionsEndedAt: upTo, tokensRevokedAt: upTo, password: 'other' });
      });
    given(staffAdded)
      .when({ type: 'ChangeUser', changes: { roles: ['manager'] }, expected: 1, at })
      .thenState((state) => {
        expect(state).to.include({ tokensRevokedAt: upTo });
        expect(state).not.to.have.property('sessionsEndedAt');
      });
  });

  it('PLA-03 traveller × ChangeUser: may be blocked, may not be given roles', () => {
    given(travellerMet).when(commands.ChangeUser).then(blocked);
    given(travellerMet)
      .when({ type: 'ChangeUser', changes: { roles: ['manager'] }, expected: 1, at })
      .thenRefused('identity.roles-not-for-travellers');
  });

  for (const type of ofFactors) {
    it(`PLA-05 traveller × ${type} → refused`, () => {
      given(travellerMet).when(commands[type]).thenRefused('identity.no-password');
    });
  }

  it('PLA-05 a second factor that begins or ends is told, ends every session, and is an edit; its use is none of that', () => {
    const offered: UserEvent = { type: 'TotpOffered', secret: 'sealed', at };
    const confirmed: UserEvent = { type: 'TotpConfirmed', secret: 'sealed', step: 7, recovery: [], at };
    const removed: UserEvent = { type: 'TotpRemoved', because: { by: 'own' }, at };
    given(staffAdded)
      .when(commands.OfferTotp)
      .thenState((state) => {
        expect(state).to.include({ edition: 1 }).and.not.have.property('sessionsEndedAt');
      });
    given(staffAdded, offered)
      .when(commands.ConfirmTotp)
      .thenState((state) => {
        expect(state).to.include({ edition: 2, sessionsEndedAt: upTo, tokensRevokedAt: upTo });
      });
    given(staffAdded, offered, confirmed)
      .when(commands.UseTotp)
      .thenState((state) => {
        expect(state).to.include({ edition: 2 });
      });
    given(staffAdded, offered, confirmed)
      .when(commands.RemoveTotp)
      .thenState((state) => {
        expect(state).to.include({ edition: 3 }).and.not.have.property('secondFactor');
      });
    expect([confirmed, removed].flatMap((event) => userMessages(event, { id: 'usr_1' }))).to.have.length(2);
    expect(userMessages(offered, { id: 'usr_1' })).to.deep.equal([]);
  });

  it('PLA-05 SetPassword: staff, blocked or not → PasswordSet; traveller → refused', () => {
    const set: UserEvent = { type: 'PasswordSet', password: 'other', at };
    given(staffAdded).when(commands.SetPassword).then(set);
    given(staffAdded, blocked).when(commands.SetPassword).then(set);
    given(travellerMet).when(commands.SetPassword).thenRefused('identity.no-password');
  });

  it('PLA-06 tells trust of whatever makes issued tokens untrue, and nobody of anything else', () => {
    const said = (event: UserEvent) => userMessages(event, { id: 'usr_1' }).length;
    expect([blocked, { type: 'PasswordSet', password: 'x', at } as const].map(said)).to.deep.equal([1, 1]);
    expect(
      [staffAdded, travellerMet, { type: 'PersonalDataRevealed', fields: [], purpose: '' } as const].map(said),
    ).to.deep.equal([0, 0, 0]);
  });
});

describe('who may give which role', () => {
  const tenant = 'ten_00aaaaaaaa' as TenantId;
  const platformAdmin = { id: 'usr_p', tenantId: PLATFORM_TENANT };
  const tenantAdmin = { id: 'usr_t', tenantId: tenant };
  const refusal = (work: () => void): string => {
    try {
      work();
      return '';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'another';
    }
  };

  it('PLA-03 a tenant’s administrator gives every role of staff in the tenant, the platform’s own to nobody', () => {
    expect(refusal(() => assertMayGive(tenantAdmin, tenant, ['tenant_admin', 'manager', 'auditor']))).to.equal('');
    expect(refusal(() => assertMayGive(tenantAdmin, tenant, ['manager', 'platform_admin']))).to.equal(
      'identity.role-not-yours',
    );
    expect(refusal(() => assertMayGive(tenantAdmin, PLATFORM_TENANT, ['auditor']))).to.equal('identity.role-not-yours');
  });

  it('PLA-03 the platform’s administrator founds tenants’ staff, and gives only platform roles at the platform', () => {
    expect(refusal(() => assertMayGive(platformAdmin, tenant, ['tenant_admin']))).to.equal('');
    expect(refusal(() => assertMayGive(platformAdmin, tenant, ['platform_admin']))).to.equal('identity.role-not-yours');
    expect(refusal(() => assertMayGive(platformAdmin, PLATFORM_TENANT, ['platform_admin', 'auditor']))).to.equal('');
    expect(refusal(() => assertMayGive(platformAdmin, PLATFORM_TENANT, ['sales_clerk']))).to.equal(
      'identity.role-not-yours',
    );
  });

  it('PLA-03 nobody gives a person the role of a machine or of a traveller', () => {
    for (const role of ['gate', 'ota', 'kiosk', 'traveller'] as const) {
      expect(refusal(() => assertMayGive(platformAdmin, tenant, [role]))).to.equal('identity.role-not-yours');
    }
  });

  it('PLA-04 nobody changes their own roles or status', () => {
    expect(refusal(() => assertNotOneself(tenantAdmin, 'usr_t'))).to.equal('identity.not-yourself');
    expect(refusal(() => assertNotOneself(tenantAdmin, 'usr_x'))).to.equal('');
  });
});
