// People on disk. Usernames are unique across tenants, because a sign-in names no tenant: they are claimed in a collection of
// their own before the account is made, see `usernames.store.ts`.
import { roleSchema } from '@tongpiao/contracts';
import { personalValueSchema, type AggregateSpec, type AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { userDecider } from './user.decider.ts';
import { userMessages } from './user.messages.ts';
import type { UserCommand, UserEvent, UserState } from './user.ts';

const standing = {
  status: z.enum(['active', 'blocked']),
  createdAt: z.string(),
  sessionsEndedAt: z.string().optional(),
  tokensRevokedAt: z.string().optional(),
  edition: z.int().positive(),
  phone: personalValueSchema.optional(),
  email: personalValueSchema.optional(),
  roles: z.array(roleSchema),
};

const secondFactor = z.discriminatedUnion('status', [
  z.object({ status: z.literal('offered'), secret: z.string(), offeredAt: z.string() }),
  z.object({
    status: z.literal('active'),
    secret: z.string(),
    since: z.string(),
    usedStep: z.int().nonnegative(),
    recovery: z.array(z.string()),
  }),
]);

const userState: z.ZodType<UserState> = z.union([
  z.object({ status: z.literal('none') }),
  z.object({
    ...standing,
    kind: z.literal('staff'),
    username: z.string(),
    password: z.string(),
    secondFactor: secondFactor.optional(),
    name: personalValueSchema,
  }),
  z.object({ ...standing, kind: z.literal('traveller') }),
]);

export type UserStore = AggregateStore<UserState, UserCommand, UserEvent>;

export const userSpec: AggregateSpec<UserState, UserCommand, UserEvent> = {
  service: 'identity',
  collection: 'users',
  decider: userDecider,
  state: userState,
  messages: userMessages,
  indexes: [
    { fields: { 'state.kind': 1, _id: 1 } },
    { fields: { 'state.kind': 1, 'state.status': 1, _id: 1 } },
    { fields: { 'state.phone.index': 1 }, where: { 'state.phone': { $exists: true } } },
    { fields: { 'state.email.index': 1 }, where: { 'state.email': { $exists: true } } },
  ],
};
