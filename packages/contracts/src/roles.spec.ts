import { expect } from 'chai';
import { PERMISSIONS, permissionsOf, ROLE_PERMISSIONS, ROLES } from './roles.ts';

describe('roles', () => {
  it('PLA-03 a permission is <service>:<resource>:<action>, and some role has it', () => {
    const given = permissionsOf(ROLES);
    for (const permission of Object.keys(PERMISSIONS)) {
      expect(permission).to.match(/^[a-z]+:[a-z-]+:[a-z-]+$/);
      expect([...given]).to.include(permission);
    }
  });

  it('PLA-03 roles add up, and an unknown role opens nothing', () => {
    expect([...permissionsOf(['traveller', 'constructor', '__proto__', 'nobody'])]).to.deep.equal([]);
    const both = permissionsOf(['gate_inspector', 'finance_clerk']);
    expect(both.has('sales:check-ins:create')).to.equal(true);
    expect(both.has('finance:ledger:read')).to.equal(true);
  });

  it('PLA-03 an auditor changes nothing', () => {
    for (const permission of ROLE_PERMISSIONS.auditor) expect(permission).to.match(/:(read|read-any|verify)$/);
  });

  it('PLA-02 who runs the platform does not see customers or money in passing', () => {
    for (const permission of ROLE_PERMISSIONS.platform_admin)
      expect(permission).not.to.match(/^(sales|finance):|reveal/);
  });
});
