// factor ↓ \ command →  OfferTotp              ConfirmTotp                          UseTotp                   UseRecoveryCode              RemoveTotp
// none                  TotpOffered            identity.totp-not-offered            -                         -                            -
// offered               TotpOffered (anew)     TotpConfirmed                        -                         -                            -
//                                              wrong code: identity.totp-wrong
//                                              after 10 min: identity.totp-not-offered
// active                identity.totp-active   identity.totp-active                 TotpUsed                  RecoveryCodeUsed             TotpRemoved
//                                                                                   wrong or used already:    unknown or used already:
//                                                                                   identity.sign-in-refused  identity.sign-in-refused
// "-" under the codes: there is nothing to prove, the password is enough.
import { DomainError, unreachable } from '@tongpiao/kernel';
import { signInRefused } from '../challenge/challenge.decider.ts';
import type { SecondFactor, SecondFactorCommand, SecondFactorEvent } from './second-factor.ts';

/** Long enough to find the phone, short enough that a screen left open is worth nothing. */
export const OFFER_VALID_MINUTES = 10;

function confirm(
  factor: SecondFactor | undefined,
  { step, recovery, at }: Extract<SecondFactorCommand, { type: 'ConfirmTotp' }>,
): readonly SecondFactorEvent[] {
  if (factor?.status === 'active') throw alreadyActive();
  const isOpen = factor !== undefined && Date.parse(at) - Date.parse(factor.offeredAt) < OFFER_VALID_MINUTES * 60_000;
  if (!isOpen) {
    throw new DomainError('identity.totp-not-offered', 'No secret was asked for, or too long ago.', {
      minutes: OFFER_VALID_MINUTES,
    });
  }
  if (step === undefined) throw new DomainError('identity.totp-wrong', 'The code is not of this secret and time.');
  return [{ type: 'TotpConfirmed', secret: factor.secret, step, recovery, at }];
}

function alreadyActive(): DomainError {
  return new DomainError('identity.totp-active', 'The account has a second factor.');
}

export function decideSecondFactor(
  factor: SecondFactor | undefined,
  command: SecondFactorCommand,
): readonly SecondFactorEvent[] {
  switch (command.type) {
    case 'OfferTotp':
      if (factor?.status === 'active') throw alreadyActive();
      return [{ type: 'TotpOffered', secret: command.secret, at: command.at }];
    case 'ConfirmTotp':
      return confirm(factor, command);
    case 'UseTotp': {
      const { step } = command;
      if (factor?.status !== 'active') return [];
      if (step === undefined || step <= factor.usedStep) throw signInRefused();
      return [{ type: 'TotpUsed', step }];
    }
    case 'UseRecoveryCode':
      if (factor?.status !== 'active') return [];
      if (!factor.recovery.includes(command.hash)) throw signInRefused();
      return [{ type: 'RecoveryCodeUsed', hash: command.hash }];
    case 'RemoveTotp':
      if (factor?.status !== 'active') return [];
      return [{ type: 'TotpRemoved', because: command.because, at: command.at }];
    default:
      return unreachable(command, 'second factor command');
  }
}

export function evolveSecondFactor(
  factor: SecondFactor | undefined,
  event: SecondFactorEvent,
): SecondFactor | undefined {
  switch (event.type) {
    case 'TotpOffered':
      return { status: 'offered', secret: event.secret, offeredAt: event.at };
    case 'TotpConfirmed': {
      const { secret, step, recovery, at } = event;
      return { status: 'active', secret, since: at, usedStep: step, recovery };
    }
    case 'TotpUsed':
      return factor?.status === 'active' ? { ...factor, usedStep: Math.max(factor.usedStep, event.step) } : factor;
    case 'RecoveryCodeUsed':
      return factor?.status === 'active'
        ? { ...factor, recovery: factor.recovery.filter((hash) => hash !== event.hash) }
        : factor;
    case 'TotpRemoved':
      return undefined;
  }
}
