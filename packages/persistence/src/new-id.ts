// Fresh ids. Twelve random bytes after the tenant's shard: two in one shard will not meet.
import { randomBytes } from 'node:crypto';
import { formatId, type Id, type TenantId } from '@tongpiao/kernel';

export function newId<Name extends string>(prefix: string, tenantId: TenantId): Id<Name> {
  return formatId<Name>(prefix, tenantId, randomBytes(12));
}
