// Who sells and who buys: PLA-02 and SAL-29 for every kind of caller at every tenant.
import { permissionsOf, type ApiKeyKind, type Role } from '@tongpiao/contracts';
import type { TenantId } from '@tongpiao/kernel';
import { GUEST, type Principal } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { buyerOf, channelOf, sellsFor } from './channel.ts';

const HERE = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
const ELSEWHERE = 'ten_7f3k9q2m5x8c4v6b1n0b' as TenantId;

const user = (role: Role, tenantId = HERE): Principal => ({
  type: 'user',
  id: `usr_${role}`,
  tenantId,
  roles: [role],
  permissions: permissionsOf([role]),
  familyId: 'fam_1',
});
const key = (kind: ApiKeyKind, tenantId = HERE): Principal => ({
  type: 'apiKey',
  id: `key_${kind}`,
  kind,
  tenantId,
  subject: 'desk_1',
  roles: [kind],
  permissions: permissionsOf([kind]),
});

const CASES: readonly [title: string, principal: Principal, says: string, channel: string, buyer: object][] = [
  ['a clerk of the tenant', user('sales_clerk'), 'counter', 'counter', { clerkId: 'usr_sales_clerk' }],
  ['a reseller of the tenant', key('ota'), 'ota', 'ota', { clerkId: 'key_ota' }],
  ['a kiosk of the tenant', key('kiosk'), 'kiosk', 'kiosk', { clerkId: 'key_kiosk' }],
  ['a clerk of another tenant', user('sales_clerk', ELSEWHERE), 'counter', 'app', { userId: 'usr_sales_clerk' }],
  ['a reseller of another tenant', key('ota', ELSEWHERE), 'ota', 'app', {}],
  ['a gate of the tenant, which may not sell', key('gate'), 'gate', 'app', {}],
  ['staff of the tenant who may not sell', user('gate_inspector'), 'counter', 'app', { userId: 'usr_gate_inspector' }],
  ['a traveller', user('traveller', 'platform' as TenantId), 'app', 'app', { userId: 'usr_traveller' }],
  ['a guest', GUEST, 'app', 'app', {}],
  [
    'the holder of an order’s token',
    { type: 'bearer', kind: 'order', subject: 'ord_1', tenantId: HERE },
    'app',
    'app',
    {},
  ],
];

describe('who sells', () => {
  for (const [title, principal, channel, expected, buyer] of CASES)
    it(`PLA-02 SAL-29 ${title}`, () => {
      const caller = { principal, channel, publicChannel: 'app' as const };
      const staff = sellsFor(caller, HERE);
      expect(staff).to.equal('clerkId' in buyer);
      expect(channelOf(caller, staff)).to.equal(expected);
      expect(buyerOf(caller, HERE)).to.deep.equal(buyer);
    });
});
