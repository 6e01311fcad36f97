// What slices ask of second factors: set one up, prove one, take one away. Whether a code is good is decided on the state as it is
// when it is written, so one code opens one session, whichever instances it is sent to.
import { DomainError } from '@tongpiao/kernel';
import type { HandleOptions, Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import type { SignInMethod } from '../session/session.ts';
import type { User } from '../user/user.ts';
import type { UserStore } from '../user/user.store.ts';
import { OFFER_VALID_MINUTES } from './second-factor.decider.ts';
import type { SecondFactor, SecondFactorCommand } from './second-factor.ts';
import type { Totp } from './totp.ts';

export const codeSchema = z.string().regex(/^\d{6}$/);
export const recoveryCodeSchema = z.string().min(10).max(20);

export type GivenCode = { readonly totp?: string | undefined; readonly recoveryCode?: string | undefined };
type Account = { readonly scope: Scope; readonly id: string; readonly user: User };
type Proved = { readonly user: User; readonly method: SignInMethod };
type Request = Pick<HandleOptions, 'request'>;

export type SecondFactors = {
  /**
   * Uses up the code that was given. An account without a second factor has nothing to prove.
   * @throws DomainError `identity.totp-required` when none was given, `identity.sign-in-refused` when it is not good
   */
  prove(account: Account, given: GivenCode): Promise<Proved>;
  /** A new secret, to be confirmed. @throws DomainError `identity.totp-active` */
  offer(account: Account, options: Request): Promise<{ readonly secret: string; readonly uri: string }>;
  /** @returns recovery codes. @throws DomainError `identity.totp-wrong` | `identity.totp-not-offered` | `identity.totp-active` */
  confirm(account: Account, code: string, options: Request): Promise<readonly string[]>;
  remove(
    account: Account,
    because: Extract<SecondFactorCommand, { type: 'RemoveTotp' }>['because'],
    options: Request,
  ): Promise<void>;
};

/** Whether a code has to be given and none was. */
export function lacksCode(user: User, { totp, recoveryCode }: GivenCode): boolean {
  return factorOf(user)?.status === 'active' && totp === undefined && recoveryCode === undefined;
}

export function codeRequired(): DomainError {
  return new DomainError('identity.totp-required', 'This account asks for a code as well.');
}

function factorOf(user: User | { readonly status: 'none' }): SecondFactor | undefined {
  return user.status === 'none' || user.kind === 'traveller' ? undefined : user.secondFactor;
}

export function createSecondFactors(parts: { users: UserStore; totp: Totp; clock: () => Date }): SecondFactors {
  const { users, totp, clock } = parts;

  async function handle(
    { scope, id }: Account,
    command: (factor: SecondFactor | undefined) => SecondFactorCommand,
    options: Request = {},
  ): Promise<User> {
    const { state } = await users.handle(scope, id, (user) => command(factorOf(user)), options);
    if (state.status === 'none') throw new Error('an account was changed and is not there');
    return state;
  }

  const stepIn = (id: string, factor: SecondFactor | undefined, code: string): number | undefined =>
    factor === undefined ? undefined : totp.stepOf(id, factor.secret, code, clock());

  return {
    async prove(account, { totp: code, recoveryCode }) {
      const { id, user } = account;
      if (factorOf(user)?.status !== 'active') return { user, method: 'password' };
      if (code !== undefined) {
        const after = await handle(account, (factor) => ({ type: 'UseTotp', step: stepIn(id, factor, code) }));
        return { user: after, method: 'password-totp' };
      }
      if (recoveryCode !== undefined) {
        const hash = totp.recoveryHash(id, recoveryCode);
        const after = await handle(account, () => ({ type: 'UseRecoveryCode', hash }));
        return { user: after, method: 'password-recovery-code' };
      }
      throw codeRequired();
    },
    async offer(account, options) {
      const { id } = account;
      const at = clock().toISOString();
      const after = await handle(account, () => ({ type: 'OfferTotp', secret: totp.newSecret(id), at }), options);
      const factor = factorOf(after);
      if (factor?.status !== 'offered' || after.kind === 'traveller') {
        // A repetition that comes after its secret was confirmed: it is not shown again.
        throw new DomainError('identity.totp-active', 'The secret was confirmed meanwhile.');
      }
      return totp.reveal(id, after.username, factor.secret);
    },
    async confirm(account, code, options) {
      const { id } = account;
      const after = await handle(
        account,
        (factor) => ({
          type: 'ConfirmTotp',
          step: stepIn(id, factor, code),
          recovery:
            factor === undefined
              ? []
              : totp.recoveryCodes(id, factor.secret).map((text) => totp.recoveryHash(id, text)),
          at: clock().toISOString(),
        }),
        options,
      );
      const factor = factorOf(after);
      if (factor?.status !== 'active') {
        throw new DomainError('identity.totp-not-offered', 'It was removed meanwhile.', {
          minutes: OFFER_VALID_MINUTES,
        });
      }
      return totp.recoveryCodes(id, factor.secret);
    },
    async remove(account, because, options) {
      await handle(account, () => ({ type: 'RemoveTotp', because, at: clock().toISOString() }), options);
    },
  };
}
