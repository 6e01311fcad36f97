// An account as answers show it: masked (PLA-11).
import { idSchema, roleSchema } from '@tongpiao/contracts';
import type { Snapshot } from '@tongpiao/persistence';
import { z } from 'zod';
import type { User, UserState } from './user.ts';

export const userView = z.object({
  id: idSchema,
  tenantId: idSchema,
  kind: z.enum(['staff', 'traveller']),
  status: z.enum(['active', 'blocked']),
  roles: z.array(roleSchema),
  username: z.string().optional(),
  name: z.string().optional().describe('Masked.'),
  phone: z.string().optional().describe('Masked.'),
  email: z.string().optional().describe('Masked.'),
  secondFactor: z.boolean().optional().describe('Staff: whether signing in takes a code as well.'),
  createdAt: z.string(),
});
export type UserView = z.output<typeof userView>;

export function viewOfUser(id: string, tenantId: string, user: User): UserView {
  return {
    id,
    tenantId,
    kind: user.kind,
    status: user.status,
    roles: [...user.roles],
    ...(user.kind === 'staff'
      ? {
          username: user.username,
          name: user.name.masked,
          secondFactor: user.secondFactor?.status === 'active',
        }
      : {}),
    ...(user.phone === undefined ? {} : { phone: user.phone.masked }),
    ...(user.email === undefined ? {} : { email: user.email.masked }),
    createdAt: user.createdAt,
  };
}

export function viewsOfUsers(snapshots: readonly Snapshot<UserState>[]): readonly UserView[] {
  return snapshots.flatMap(({ id, tenantId, state }) =>
    state.status === 'none' ? [] : [viewOfUser(id, tenantId, state)],
  );
}
