import { DomainError } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { decideSecondFactor, evolveSecondFactor, OFFER_VALID_MINUTES } from './second-factor.decider.ts';
import type { SecondFactor, SecondFactorCommand, SecondFactorEvent } from './second-factor.ts';

const at = '2026-11-21T08:00:00.000Z';
const late = new Date(Date.parse(at) + OFFER_VALID_MINUTES * 60_000).toISOString();
const offered: SecondFactor = { status: 'offered', secret: 'sealed', offeredAt: at };
const active: SecondFactor = { status: 'active', secret: 'sealed', since: at, usedStep: 7, recovery: ['a', 'b'] };
const offer: SecondFactorCommand = { type: 'OfferTotp', secret: 'other', at };
const confirm = (step: number | undefined, when = at): SecondFactorCommand => ({
  type: 'ConfirmTotp',
  step,
  recovery: ['a', 'b'],
  at: when,
});
const use = (step: number | undefined): SecondFactorCommand => ({ type: 'UseTotp', step });
const fallBack = (hash: string): SecondFactorCommand => ({ type: 'UseRecoveryCode', hash });
const remove: SecondFactorCommand = { type: 'RemoveTotp', because: { by: 'administrator', reason: 'lost' }, at };

function refusal(factor: SecondFactor | undefined, command: SecondFactorCommand): string {
  try {
    return JSON.stringify(decideSecondFactor(factor, command));
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

describe('second factor', () => {
  it('PLA-05 none or offered × OfferTotp → TotpOffered, anew each time; active → refused', () => {
    const event: SecondFactorEvent = { type: 'TotpOffered', secret: 'other', at };
    expect(decideSecondFactor(undefined, offer)).to.deep.equal([event]);
    expect(decideSecondFactor(offered, offer)).to.deep.equal([event]);
    expect(refusal(active, offer)).to.equal('identity.totp-active');
  });

  it('PLA-05 offered × ConfirmTotp → TotpConfirmed with a right code in time; else refused', () => {
    expect(decideSecondFactor(offered, confirm(7))).to.deep.equal([
      { type: 'TotpConfirmed', secret: 'sealed', step: 7, recovery: ['a', 'b'], at },
    ]);
    expect(refusal(offered, confirm(undefined))).to.equal('identity.totp-wrong');
    expect(refusal(offered, confirm(7, late))).to.equal('identity.totp-not-offered');
    expect(refusal(undefined, confirm(7))).to.equal('identity.totp-not-offered');
    expect(refusal(active, confirm(8))).to.equal('identity.totp-active');
  });

  it('PLA-05 active × UseTotp → TotpUsed once per code; used, older and wrong ones are refused', () => {
    expect(decideSecondFactor(active, use(8))).to.deep.equal([{ type: 'TotpUsed', step: 8 }]);
    for (const step of [7, 6, undefined]) expect(refusal(active, use(step))).to.equal('identity.sign-in-refused');
  });

  it('PLA-05 active × UseRecoveryCode → RecoveryCodeUsed once per code; others are refused', () => {
    const [event] = decideSecondFactor(active, fallBack('a'));
    expect(event).to.deep.equal({ type: 'RecoveryCodeUsed', hash: 'a' });
    const after = event === undefined ? active : evolveSecondFactor(active, event);
    expect(refusal(after, fallBack('a'))).to.equal('identity.sign-in-refused');
    expect(refusal(after, fallBack('b'))).to.contain('RecoveryCodeUsed');
    expect(refusal(active, fallBack('c'))).to.equal('identity.sign-in-refused');
  });

  it('PLA-05 active × RemoveTotp → TotpRemoved with who and why', () => {
    expect(decideSecondFactor(active, remove)).to.deep.equal([
      { type: 'TotpRemoved', because: { by: 'administrator', reason: 'lost' }, at },
    ]);
  });

  it('PLA-05 none or offered × UseTotp, UseRecoveryCode, RemoveTotp → -', () => {
    for (const factor of [undefined, offered])
      for (const command of [use(8), use(undefined), fallBack('a'), remove])
        expect(decideSecondFactor(factor, command)).to.deep.equal([]);
  });

  it('PLA-05 no step opens twice, in whatever order codes come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }), (steps) => {
        let factor: SecondFactor | undefined = active;
        const opened: number[] = [];
        for (const step of steps) {
          try {
            for (const event of decideSecondFactor(factor, use(step))) {
              opened.push(step);
              factor = evolveSecondFactor(factor, event);
            }
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
          }
        }
        expect(opened).to.deep.equal([...new Set(opened)].sort((a, b) => a - b));
      }),
    );
  });
});
