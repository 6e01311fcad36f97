// With which word a case ends: the applicant reads it (REI-41).
import { fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import { applicationDecider } from './application.decider.ts';
import { after, cases, commands as c, played } from './application.fixture.ts';
import type { ApplicationCommand, ApplicationState } from './application.ts';

function endOf(state: ApplicationState, command: ApplicationCommand): unknown {
  const ended = fold(applicationDecider, state, applicationDecider.decide(state, command));
  if (ended.status === 'refused') return ended.refusal.reason;
  return 'endReason' in ended ? ended.endReason : ended.status;
}
const late = after(30 * 24 * 60);

describe('REI-41 the word with which a case ends', () => {
  it('nobody proved whose ticket it is', () => {
    expect(endOf(cases.submitted, c.remind('proof', late))).to.equal('reissue.unproven');
  });
  it('somebody failed to prove it ten times', () => {
    const nine = played(c.submit(), ...Array.from({ length: 9 }, () => c.prove(false)));
    expect(endOf(nine, c.prove(false))).to.equal('reissue.proof-failed');
  });
  it('material did not come', () => {
    expect(endOf(cases.material_wanted, c.remind('material', late))).to.equal('reissue.material-missing');
  });
  it('the fee did not come', () => {
    expect(endOf(cases.fee_due, c.remind('fee', late))).to.equal('reissue.fee-unpaid');
  });
  for (const how of ['used', 'refunded', 'exchanged', 'superseded', 'expired'] as const) {
    it(`the ticket is ${how} meanwhile`, () => {
      expect(endOf(cases.deciding, { ...c.endTicket(), how } as ApplicationCommand)).to.equal(`reissue.ticket-${how}`);
    });
  }
  for (const reason of [
    'sales.ticket-used',
    'sales.ticket-frozen',
    'sales.ticket-changed',
    'sales.ticket-not-living',
    'sales.document-has-ticket',
    'sales.document-limit',
    'sales.ticket-expired',
  ]) {
    it(`sales refuses to replace the ticket: ${reason}`, () => {
      const refusal = { ...c.reissueRefused(), reason } as ApplicationCommand;
      expect(endOf(cases.executing, refusal)).to.equal(reason);
    });
  }
});
