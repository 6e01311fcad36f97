// The life of an application: every cell of the decider's table, and that any order of inputs ends well.
import { DomainError, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { applicationDecider } from './application.decider.ts';
import {
  after,
  AT,
  calendarOf,
  caseFacts,
  cases,
  CODE,
  commands as c,
  correction,
  manager,
  onDesk,
  operator,
  played,
  policy,
  quiet,
  reviewer,
  secondReviewer,
  unnamed,
} from './application.fixture.ts';
import type { ApplicationCommand, ApplicationState, LiveApplication } from './application.ts';

function cell(state: ApplicationState, command: ApplicationCommand): string {
  try {
    const events = applicationDecider.decide(state, command);
    return events.map(({ type }) => type).join('+') || '-';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
type Row = Partial<Record<ApplicationState['status'], string>>;

/** Every column: what the row does not name is as `others`. */
function expectRow(command: ApplicationCommand, others: string, row: Row): void {
  const seen = {
    none: cell(applicationDecider.initial, command),
    ...Object.fromEntries(Object.entries(cases).map(([status, state]) => [status, cell(state, command)])),
  };
  const wanted = { ...Object.fromEntries(Object.keys(seen).map((status) => [status, others])), ...row };
  expect(seen).to.deep.equal(wanted);
}

const notThere = { none: 'platform.not-found' };
const early = { none: 'reissue.application-unknown' };
const over = { withdrawn: 'reissue.case-ended', closed: 'reissue.case-ended' };
const alreadyDecided = {
  fee_due: 'reissue.already-decided',
  executing: 'reissue.already-decided',
  reissued: 'reissue.already-decided',
  refused: 'reissue.already-decided',
};

describe('application: every cell', () => {
  it('every case is in its status', () => {
    for (const [status, state] of Object.entries(cases)) expect(state.status).to.equal(status);
  });
  it('REI-01 SubmitApplication', () => {
    expectRow(c.submit(), '-', { none: 'ApplicationSubmitted' });
  });
  it('REI-53 BeginInBatch: nothing is proven, frozen or paid, and its approval is the list’s', () => {
    expectRow(c.beginInBatch(), '-', { none: 'CaseBegunInBatch' });
    const begun = played(c.beginInBatch());
    expect(begun).to.deep.include({ status: 'executing', freeze: 'none', channel: 'batch', deciders: ['usr_manager'] });
    expect(begun).to.have.nested.property('assessment.waivedFor', 'our-fault');
    expect(begun).to.deep.nested.include({ 'approval.code': CODE, 'approval.fee': 0, orderedAt: AT });
    const refused = played(c.beginInBatch(), c.reissueRefused());
    expect(refused).to.have.nested.property('refusal.reason', 'sales.ticket-used');
    expect(refused).to.have.deep.property('batch', { id: 'rbt_1', line: 7 });
    expect(cell(refused, c.appeal())).to.equal('reissue.not-appealable');
    expect(cell(played(c.beginInBatch(), c.reissued()), c.reissued())).to.equal('-');
  });
  it('REI-04 SendCode', () => {
    const row = { reissued: 'reissue.case-ended', refused: 'reissue.case-ended', ...over };
    expectRow(c.sendCode(), 'reissue.already-proven', { ...notThere, ...row, submitted: 'CodeSent' });
  });
  it('REI-04 SendCode: one a minute, five in all', () => {
    const once = played(c.submit(), c.sendCode());
    expect(cell(once, c.sendCode())).to.equal('reissue.code-too-soon');
    expect(cell(once, c.sendCode(after(1)))).to.equal('CodeSent');
    const five = played(c.submit(), ...[0, 1, 2, 3, 4].map((minute) => c.sendCode(after(minute))));
    expect(cell(five, c.sendCode(after(9)))).to.equal('reissue.too-many-codes');
  });
  it('REI-04 ProveOwnership', () => {
    const row = { reissued: 'reissue.case-ended', refused: 'reissue.case-ended', ...over };
    expectRow(c.prove(), '-', { ...notThere, ...row, submitted: 'OwnershipProven' });
    expect(cell(cases.submitted, c.prove(false))).to.equal('ProofMissed');
  });
  it('REI-04 ProveOwnership by a code: its own, in time, with few mistakes', () => {
    const sent = played(c.submit(), c.sendCode());
    expect(cell(cases.submitted, c.proveByCode())).to.equal('reissue.no-code');
    expect(cell(sent, c.proveByCode())).to.equal('OwnershipProven');
    expect(cell(sent, c.proveByCode('h2'))).to.equal('ProofMissed');
    expect(cell(sent, c.proveByCode('h1', after(11)))).to.equal('reissue.code-over');
    const mistaken = played(c.submit(), c.sendCode(), ...Array.from({ length: 5 }, () => c.proveByCode('h2')));
    expect(cell(mistaken, c.proveByCode())).to.equal('reissue.code-over');
  });
  it('REI-02 a ticket with a name is not proven by a proof of purchase', () => {
    const vouched = { ...c.prove(), how: 'purchase-proof', by: operator.id } as ApplicationCommand;
    expect(cell(cases.submitted, vouched)).to.equal('reissue.document-needed');
    expect(cell(played(c.submit(unnamed())), vouched)).to.equal('OwnershipProven');
    // Its name is no proof of anything, or its document is the one that is wrong.
    const named = { ...caseFacts().ticket, realName: false };
    expect(cell(played(c.submit(caseFacts({ ticket: named }))), vouched)).to.equal('OwnershipProven');
    expect(cell(played(c.submit(correction())), vouched)).to.equal('OwnershipProven');
    const words = { sealed: 'p1.words', masked: '***' };
    const seen = played(c.submit(unnamed()), { ...vouched, words } as ApplicationCommand);
    expect(seen).to.deep.include({ proof: { how: 'purchase-proof', by: operator.id, at: AT, words } });
  });
  it('REI-02 a ticket with a name that something else has proven is frozen, and waits for its document', () => {
    const byCode = [c.submit(), c.sendCode(), c.proveByCode()];
    const waiting = played(...byCode);
    expect(waiting).to.include({ status: 'verifying', freeze: 'asked', documentBy: after(24 * 60) });
    expect(cell(waiting, c.proveByCode()), 'the same again').to.equal('-');
    expect(cell(waiting, c.prove(false)), 'another document').to.equal('ProofMissed');
    expect(cell(waiting, c.decide())).to.equal('reissue.document-needed');
    expect(cell(waiting, c.endTicket())).to.equal('CaseRefused');
    expect(cell(waiting, c.withdraw())).to.equal('CaseWithdrawn');
    const frozen = played(...byCode, c.frozen());
    expect(frozen).to.include({ freeze: 'frozen' });
    expect(cell(frozen, c.verified()), 'nothing is assessed yet').to.equal('-');
    expect(cell(frozen, c.prove())).to.equal('DocumentShown');
    const shown = played(...byCode, c.frozen(), c.prove(true, after(5)));
    expect(shown).to.deep.include({ proof: { how: 'code', at: AT, documentAt: after(5) } });
    expect(shown).not.to.have.property('documentBy');
    expect(cell(shown, c.prove()), 'twice').to.equal('-');
    expect(cell(shown, c.verified())).to.equal('CaseAssessed');
    expect(cell(played(...byCode, c.prove()), c.verified()), 'before sales has frozen it').to.equal('-');
    expect(cell(played(...byCode, c.prove(), c.frozen()), c.verified())).to.equal('CaseAssessed');
  });
  it('REI-02 without its document such a case is closed in time, and after too many others; the ticket is thawed', () => {
    const byCode = [c.submit(), c.sendCode(), c.proveByCode('h1', after(5)), c.frozen()];
    const waiting = played(...byCode);
    expect(cell(waiting, c.remind('proof', after(24 * 60))), 'the timer of its submission').to.equal('ReminderRenewed');
    expect(cell(waiting, c.remind('proof', after(24 * 60 + 5)))).to.equal('CaseClosed');
    expect(applicationDecider.decide(waiting, c.remind('proof', after(24 * 60 + 5)))).to.deep.equal([
      { type: 'CaseClosed', reason: 'reissue.unproven', at: after(24 * 60 + 5), thaw: true },
    ]);
    const nine = played(...byCode, ...Array.from({ length: 9 }, () => c.prove(false)));
    expect(cell(nine, c.prove(false))).to.equal('ProofMissed+CaseClosed');
    expect(cell(played(...byCode, c.prove()), c.remind('proof', after(30 * 24 * 60))), 'shown').to.equal('-');
  });
  it('REI-02 the document itself, a ticket without a name, and a correction of the document wait for none', () => {
    expect(played(c.submit(), c.prove())).not.to.have.property('documentBy');
    expect(played(c.submit(unnamed()), c.sendCode(), c.proveByCode())).not.to.have.property('documentBy');
    expect(played(c.submit(correction()), c.sendCode(), c.proveByCode())).not.to.have.property('documentBy');
    const { correction: person, traveller, ...facts } = correction();
    if (person === undefined || traveller === undefined) throw new Error('nobody is corrected');
    const name = c.submit({ ...facts, traveller, correction: { ...traveller, name: person.name } });
    expect(played(name, c.sendCode(), c.proveByCode())).to.have.property('documentBy', after(24 * 60));
  });
  it('REI-11 who fails to prove it ten times is not heard any more', () => {
    const nine = played(c.submit(), ...Array.from({ length: 9 }, () => c.prove(false)));
    expect(cell(nine, c.prove(false))).to.equal('ProofMissed+CaseClosed');
  });
  it('REI-04 only a lost ticket is frozen', () => {
    expect(played(c.submit(), c.prove())).to.include({ freeze: 'asked' });
    expect(played(c.submit(caseFacts({ reason: 'damaged' })), c.prove())).to.include({ freeze: 'none' });
  });
  it('REI-04 ConfirmFreeze; for a case that let go of the ticket it is undone', () => {
    const undone = 'FreezeUndone';
    const row = { submitted: undone, refused: undone, withdrawn: undone, closed: undone };
    const confirmed = { verifying: 'FreezeConfirmed', appealing: 'FreezeConfirmed' };
    expectRow(c.frozen(), '-', { ...early, ...row, ...confirmed });
    const damaged = onDesk(caseFacts({ reason: 'damaged' }));
    expect(cell(played(...damaged, c.decide(operator, 'refuse'), c.appeal()), c.frozen())).to.equal(undone);
    expect(cell(played(c.submit(), c.prove(), c.frozen()), c.frozen())).to.equal('-');
  });
  it('REI-04 RefuseFreeze', () => {
    expectRow(c.freezeRefused(), '-', { ...early, verifying: 'CaseRefused', appealing: 'CaseRefused' });
  });
  it('REI-10 REI-12 RecordVerification', () => {
    const frozen = played(c.submit(), c.prove(), c.frozen());
    expectRow(c.verified(), '-', { ...early, waiting_identity: 'CaseAssessed' });
    expect(cell(frozen, c.verified())).to.equal('CaseAssessed');
    expectRow(c.verified('unavailable'), '-', { ...early, waiting_identity: 'IdentityUnavailable' });
    expect(cell(frozen, c.verified('unavailable'))).to.equal('IdentityUnavailable');
  });
  it('REI-11 CountScans: a ticket that is held up at a gate while its case lies on a desk suspends it', () => {
    const counted = 'ScansCounted';
    const desks = {
      deciding: counted,
      risk_check: counted,
      reviewing: counted,
      material_wanted: counted,
      fee_due: counted,
      appealing: counted,
    };
    expectRow(c.scans(0, 1), '-', desks);
    const scanned = played(...onDesk(), c.scans());
    expect(scanned).to.include({ status: 'risk_check', desk: 'reviewer' });
    expect(scanned).to.have.deep.nested.property('assessment.findings', [
      { factor: 'scanned-since', value: 1, points: 50 },
    ]);
    expect(cell(scanned, c.decide(manager))).to.equal('reissue.risk-open');
    expect(cell(scanned, c.scans()), 'told twice').to.equal('-');
    expect(cell(played(...onDesk(), c.scans(), c.clear()), c.scans()), 'cleared').to.equal('-');
    expect(played(...onDesk(), c.scans(), c.clear(), c.scans(2))).to.include({ status: 'risk_check' });
    expect(cell(played(...onDesk(), c.scans(3)), c.scans(10)), 'as bad as the third').to.equal('-');
    const { decideBy } = played(...onDesk(), c.scans()) as { decideBy: string };
    expect(played(...onDesk(), c.scans(), c.scans(2))).to.include({ status: 'risk_check', decideBy });
    expect(played(...onDesk(), c.ask(), c.scans())).to.include({ status: 'material_wanted', desk: 'reviewer' });
    const brought = played(...onDesk(), c.ask(), c.scans(), c.supply());
    expect(brought).to.include({ status: 'risk_check', desk: 'reviewer', decideBy: '2026-12-01T12:00:00.000Z' });
    for (const command of [c.decide(operator, 'refuse'), c.ask(operator), c.clear(operator)])
      expect(cell(brought, command), command.type).to.equal('reissue.not-your-desk');
    // As one was stored whose desk had stayed behind.
    const left = { ...brought, desk: 'operator' } as LiveApplication;
    for (const command of [c.decide(operator, 'refuse'), c.ask(operator), c.clear(operator)])
      expect(cell(left, command), command.type).to.equal('reissue.not-your-desk');
    expect(cell(left, c.decide(reviewer, 'refuse'))).to.equal('CaseRefused');
    const appealed = played(...onDesk(), c.decide(operator, 'refuse'), c.appeal(), c.scans());
    expect(appealed).to.include({ status: 'appealing' }).and.have.nested.property('assessment.score', 50);
    const damaged = played(...onDesk(caseFacts({ reason: 'damaged' })));
    expect(cell(damaged, c.scans()), 'why they apply').to.equal('-');
    const { risk } = policy();
    const off = policy({ risk: { ...risk, points: { ...risk.points, 'scanned-since': 0 } } });
    expect(cell(played(...onDesk(caseFacts({ policy: off }))), c.scans())).to.equal('-');
  });
  it('REI-11 REI-22 a scan while the fee is due suspends the case; what is paid meanwhile is kept for the next approval', () => {
    const due = [...onDesk(correction()), c.decide(), c.pay()];
    // Wrong data would explain a refusal.
    const tried = c.scans(0, 1);
    const suspended = played(...due, tried);
    expect(suspended).to.include({ status: 'risk_check', desk: 'reviewer' }).and.not.have.property('approval');
    expect(suspended).to.have.nested.property('assessment.score', 50);
    expect(cell(suspended, c.decide())).to.equal('reissue.risk-open');
    expect(cell(suspended, c.remind('fee', after(100_000)))).to.equal('-');
    expect(cell(played(...due, tried, c.clear(), c.decide()), tried), 'known, and approved').to.equal('-');
    expect(cell(suspended, c.captured('pay_1', 400)), 'another amount').to.equal('RefundRequested');
    expect(cell(suspended, c.captured('pay_2')), 'unknown').to.equal('RefundRequested');
    const paid = [...due, tried, c.captured()];
    expect(played(...paid)).to.include({ status: 'risk_check', paidBy: 'pay_1' });
    expect(played(...paid).payments[0]).to.include({ status: 'captured', refundId: 'rfd_pay_1' });
    expect(cell(played(...paid), c.captured())).to.equal('-');
    expect(cell(played(...due, c.pay('pay_2'), tried, c.captured()), c.captured('pay_2'))).to.equal('RefundRequested');
    expect(played(...paid, c.clear(), c.decide()), 'carried out at once').to.include({ status: 'executing' });
    expect(played(...paid, c.ask(), c.supply(), c.clear(), c.decide())).to.include({ status: 'executing' });
    expect(played(...due, tried, c.ask(), c.captured())).to.include({ status: 'material_wanted', paidBy: 'pay_1' });
    const again = played(...due, tried, c.clear(), c.decide(manager, 'approve', after(10)));
    expect(again, 'not paid yet').to.include({ status: 'fee_due', payBy: after(72 * 60 + 10) });
    expect(cell(again, c.remind('fee', after(72 * 60))), 'the timer of the first approval').to.equal('ReminderRenewed');
    expect(cell(again, c.captured())).to.equal('FeePaid');
  });
  it('REI-22 a fee that was paid while a risk held the case up goes back with every end but a new ticket, once', () => {
    const paid = [...onDesk(correction()), c.decide(), c.pay(), c.scans(0, 1), c.captured()];
    const refund = { id: 'rfd_pay_1', paymentId: 'pay_1', amount: 500, reason: 'cancelled', status: 'requested' };
    const ends: readonly (readonly ApplicationCommand[])[] = [
      [c.decide(reviewer, 'refuse')],
      [c.withdraw()],
      [c.endTicket()],
      [c.ask(), c.remind('material', after(50_000))],
      [c.clear(), c.decide(), c.reissueRefused()],
      [c.clear(), { ...c.decide(), ourFault: true } as ApplicationCommand],
    ];
    for (const end of ends) {
      const state = played(...paid, ...end);
      expect(state.refunds, end.map(({ type }) => type).join()).to.deep.equal([refund]);
      expect(cell(state, c.captured()), 'told late').to.equal('-');
    }
    const waived = [...paid, c.clear(), { ...c.decide(), ourFault: true } as ApplicationCommand];
    expect(played(...waived)).to.include({ status: 'executing' });
    expect(cell(played(...waived), c.reissueRefused()), 'it is back already').to.equal('CaseRefused');
    const appealed = played(...paid, c.decide(reviewer, 'refuse'), c.appeal(), c.decide(secondReviewer));
    expect(appealed, 'what has gone back is paid anew').to.include({ status: 'fee_due' });
    expect(cell(appealed, c.captured())).to.equal('-');
  });
  it('REI-20 a case that was approved on a higher desk comes back to that desk', () => {
    const dear = { ...correction(), ticket: { ...caseFacts().ticket, amount: policy().escalation.reviewerFromAmount } };
    const raised = [...onDesk(dear), { ...c.escalate(reviewer), to: 'manager' } as ApplicationCommand];
    expect(played(...raised, c.decide(), c.scans(0, 1))).to.include({ status: 'risk_check', desk: 'manager' });
  });
  it('EndTicket: used, given back or exchanged while it is decided', () => {
    const refused = 'CaseRefused';
    const quietly = { none: '-', executing: '-', reissued: '-', refused: '-', withdrawn: '-', closed: '-' };
    expectRow(c.endTicket(), refused, quietly);
    // Of another ticket of the right: before an exchange, or one that another case has made.
    const about = (number: string): ApplicationCommand => ({ type: 'EndTicket', how: 'superseded', number, at: AT });
    expectRow(about('N-other'), '-', {});
    expectRow(about(caseFacts().ticket.number), refused, quietly);
  });
  it('REI-03 AddAttachment', () => {
    expectRow(c.attach(), 'AttachmentAdded', {
      ...{ ...notThere, ...over, fee_due: 'reissue.already-decided', executing: 'reissue.already-decided' },
      ...{ reissued: 'reissue.case-ended', refused: 'reissue.case-ended' },
    });
  });
  it('REI-03 the same file again changes nothing, in any status; more than the policy allows is refused', () => {
    const attached = played(...onDesk(), c.attach());
    expect(attached.attachments).to.have.length(1);
    expect(cell(attached, c.attach())).to.equal('-');
    expect(cell(played(...onDesk(), c.attach(), c.decide()), c.attach())).to.equal('-');
    const two = policy({ attachments: { maxCount: 2, maxBytes: 10_000, maxPixels: 10_000 } });
    const full = played(...onDesk(caseFacts({ policy: two })), c.attach('att_1'), c.attach('att_2'));
    expect(cell(full, c.attach('att_3'))).to.equal('reissue.too-many-attachments');
    expect(cell(full, c.attach('att_2'))).to.equal('-');
  });
  it('REI-21 material may name files of the case, and no others', () => {
    const wanted = played(...onDesk(), c.ask(), c.attach());
    expect(cell(wanted, c.supply(AT, ['att_2']))).to.equal('reissue.attachment-unknown');
    const supplied = played(...onDesk(), c.ask(), c.attach(), c.supply(AT, ['att_1']));
    expect(supplied.materials.at(-1)?.supplied?.attachments).to.deep.equal(['att_1']);
    expect(supplied.attachments.map(({ id }) => id)).to.deep.equal(['att_1']);
  });
  it('REI-20 Decide', () => {
    expectRow(c.decide(), 'reissue.not-decidable-yet', {
      ...notThere,
      ...alreadyDecided,
      ...over,
      deciding: 'CaseApproved',
      risk_check: 'reissue.risk-open',
      reviewing: 'CaseApproved',
      appealing: 'CaseApproved',
    });
    expectRow(c.decide(manager, 'refuse'), 'reissue.not-decidable-yet', {
      ...notThere,
      ...alreadyDecided,
      ...over,
      deciding: 'CaseRefused',
      risk_check: 'CaseRefused',
      reviewing: 'CaseRefused',
      appealing: 'CaseRefused',
    });
  });
  it('REI-20 Escalate', () => {
    const row = { ...notThere, ...alreadyDecided, ...over, deciding: 'CaseEscalated' };
    expectRow(c.escalate(), 'reissue.not-decidable-yet', { ...row, risk_check: '-', reviewing: '-' });
  });
  it('REI-11 ClearRisk', () => {
    const row = { ...notThere, ...alreadyDecided, ...over, risk_check: 'RiskCleared' };
    expectRow(c.clear(), 'reissue.not-decidable-yet', { ...row, deciding: '-', reviewing: '-', appealing: '-' });
    expect(cell(cases.risk_check, c.clear(operator))).to.equal('reissue.not-your-desk');
  });
  it('REI-21 AskMaterial', () => {
    const wanted = { deciding: 'MaterialWanted', risk_check: 'MaterialWanted', reviewing: 'MaterialWanted' };
    const row = { ...notThere, ...alreadyDecided, ...over, ...wanted };
    expectRow(c.ask(), 'reissue.not-decidable-yet', { ...row, material_wanted: '-' });
  });
  it('REI-21 ConfirmByPhone', () => {
    const noted = 'PhoneConfirmed';
    const desks = { deciding: noted, risk_check: noted, reviewing: noted, material_wanted: noted, appealing: noted };
    expectRow(c.phone(), 'reissue.not-decidable-yet', { ...notThere, ...alreadyDecided, ...over, ...desks });
  });
  it('REI-21 SupplyMaterial', () => {
    expectRow(c.supply(), 'reissue.no-material-wanted', { ...notThere, material_wanted: 'MaterialSupplied' });
    const again = played(...onDesk(), c.ask(), c.supply());
    expect(again).to.include({ status: 'deciding' });
  });
  it('REI-22 RequestPayment', () => {
    const ended = { refused: 'reissue.case-ended', ...over };
    expectRow(c.pay(), 'reissue.no-fee-due', { ...notThere, ...ended, fee_due: 'PaymentRequested' });
    const asked = played(...onDesk(correction()), c.decide(), c.pay());
    expect(cell(asked, c.pay())).to.equal('-');
    const paid = played(...onDesk(correction()), c.decide(), c.pay(), c.captured());
    expect(cell(paid, c.pay('pay_2'))).to.equal('reissue.fee-paid');
    const many = ['pay_1', 'pay_2', 'pay_3', 'pay_4', 'pay_5'].map((id) => c.pay(id));
    expect(cell(played(...onDesk(correction()), c.decide(), ...many), c.pay('pay_6'))).to.equal(
      'reissue.too-many-payments',
    );
  });
  it('REI-22 who has begun too many payments may begin another after a while, or with staff’s help at once', () => {
    const five = [0, 1, 2, 3, 4].map((minute) => c.pay(`pay_${minute}`, after(minute)));
    const asked = (facts = correction()) => played(...onDesk(facts), c.decide(), ...five);
    expect(cell(asked(), c.pay('pay_6', after(29)))).to.equal('reissue.too-many-payments');
    expect(cell(asked(), c.pay('pay_6', after(29), { helped: true }))).to.equal('PaymentRequested');
    expect(cell(asked(), c.pay('pay_6', after(30)))).to.equal('PaymentRequested');
    const sixth = played(...onDesk(correction()), c.decide(), ...five, c.pay('pay_6', after(30)));
    expect(cell(sixth, c.pay('pay_7', after(30))), 'one for each that is old').to.equal('reissue.too-many-payments');
    expect(cell(sixth, c.pay('pay_7', after(31)))).to.equal('PaymentRequested');
    const strict = policy({ payments: { maxAtOnce: 2, againAfterMinutes: 60 } });
    const two = [c.pay('pay_1', after(0)), c.pay('pay_2', after(1))];
    const limited = played(...onDesk({ ...correction(), policy: strict }), c.decide(), ...two);
    expect(cell(limited, c.pay('pay_3', after(59)))).to.equal('reissue.too-many-payments');
    expect(cell(limited, c.pay('pay_3', after(60)))).to.equal('PaymentRequested');
    const hundred = Array.from({ length: 100 }, (_, index) => c.pay(`pay_${index}`, AT, { helped: true }));
    const full = played(...onDesk(correction()), c.decide(), ...hundred);
    expect(cell(full, c.pay('pay_100', after(60), { helped: true }))).to.equal('reissue.no-more-payments');
  });
  it('REI-22 FailRefund: noted with its reason, and over when finance has paid it after all', () => {
    expectRow(c.refundFailed(), '-', early);
    const late = [...onDesk(correction()), c.decide(), c.pay(), c.withdraw(), c.captured()];
    expect(cell(played(...late), c.refundFailed())).to.equal('RefundFailed');
    const failed = played(...late, c.refundFailed());
    expect(failed.refunds).to.deep.include.members([
      {
        ...{ id: 'rfd_pay_1', paymentId: 'pay_1', amount: 500, reason: 'late-payment' },
        ...{ status: 'failed', problem: 'account-closed' },
      },
    ]);
    expect(cell(failed, c.refundFailed()), 'the same again').to.equal('-');
    expect(cell(failed, c.refundFailed('rfd_pay_1', 'refused'))).to.equal('RefundFailed');
    expect(cell(failed, c.refundFailed('rfd_other'))).to.equal('-');
    const done = played(...late, c.refundFailed(), c.refunded());
    expect(done.refunds[0]).to.include({ status: 'done' }).and.not.to.have.property('problem');
    expect(cell(done, c.refundFailed()), 'told late').to.equal('-');
  });
  it('OpenPayment, EndPayment, ConfirmRefund', () => {
    for (const command of [c.opened(), c.paymentEnded(), c.refunded()]) expectRow(command, '-', early);
    const asked = played(...onDesk(correction()), c.decide(), c.pay());
    expect(cell(asked, c.opened())).to.equal('PaymentOpened');
    expect(cell(asked, c.paymentEnded())).to.equal('PaymentEnded');
    const gone = played(...onDesk(correction()), c.decide(), c.pay(), c.withdraw());
    expect(cell(gone, c.opened())).to.equal('-');
    expect(cell(gone, c.paymentEnded())).to.equal('PaymentEnded');
    const late = played(...onDesk(correction()), c.decide(), c.pay(), c.withdraw(), c.captured());
    expect(cell(late, c.refunded())).to.equal('RefundDone');
    expect(
      cell(
        played(...onDesk(correction()), c.decide(), c.pay(), c.withdraw(), c.captured(), c.refunded()),
        c.refunded(),
      ),
    ).to.equal('-');
  });
  it('REI-22 CapturePayment: money that is not for this fee goes back, once', () => {
    expectRow(c.captured(), 'RefundRequested', early);
    const asked = [...onDesk(correction()), c.decide(), c.pay()];
    expect(cell(played(...asked), c.captured())).to.equal('FeePaid');
    expect(cell(played(...asked), c.captured('pay_1', 400))).to.equal('RefundRequested');
    const paid = played(...asked, c.pay('pay_2'), c.captured());
    expect(cell(paid, c.captured())).to.equal('-');
    expect(applicationDecider.decide(paid, c.captured('pay_2'))).to.deep.equal([
      {
        type: 'RefundRequested',
        refund: { id: 'rfd_pay_2', paymentId: 'pay_2', amount: 500, reason: 'double-payment', status: 'requested' },
      },
    ]);
    const late = played(...asked, c.withdraw(), c.captured());
    expect(late.refunds).to.deep.include.members([
      { id: 'rfd_pay_1', paymentId: 'pay_1', amount: 500, reason: 'late-payment', status: 'requested' },
    ]);
    expect(cell(late, c.captured())).to.equal('-');
  });
  it('REI-32 ConfirmReissue', () => {
    expectRow(c.reissued(), '-', { ...early, executing: 'CaseReissued' });
    expect(cell(cases.executing, c.reissued(AT, 'RC-OTHER'))).to.equal('-');
  });
  it('REI-22 RefuseReissue: the case is refused with sales’ reason, and the fee goes back', () => {
    expectRow(c.reissueRefused(), '-', { ...early, executing: 'CaseRefused' });
    const paid = played(...onDesk(correction()), c.decide(), c.pay(), c.captured());
    expect(cell(paid, c.reissueRefused())).to.equal('CaseRefused+RefundRequested');
    const refused = played(...onDesk(correction()), c.decide(), c.pay(), c.captured(), c.reissueRefused());
    expect(refused.refunds).to.deep.equal([
      { id: 'rfd_pay_1', paymentId: 'pay_1', amount: 500, reason: 'cancelled', status: 'requested' },
    ]);
    expect(cell(refused, c.appeal())).to.equal('reissue.not-appealable');
    // Paid on an earlier day: nobody has said then under which id it would go back.
    if (paid.status !== 'executing') throw new Error(paid.status);
    const stored = { ...paid, payments: paid.payments.map(({ refundId: _unsaid, ...payment }) => payment) };
    expect(applicationDecider.decide(stored, c.reissueRefused())[1]).to.have.nested.property('refund.id', 'rfd_back');
  });
  it('REI-41 REI-04 an appeal on a lost ticket freezes it again, and its end thaws it', () => {
    const refused = [...onDesk(), c.decide(operator, 'refuse')];
    const appealed = played(...refused, c.appeal());
    expect(played(...refused)).to.include({ freeze: 'none' });
    expect(appealed).to.include({ freeze: 'asked' });
    const frozen = played(...refused, c.appeal(), c.frozen());
    expect(frozen).to.include({ status: 'appealing', freeze: 'frozen' });
    expect(cell(frozen, c.frozen()), 'confirmed twice').to.equal('-');
    expect(cell(frozen, c.freezeRefused()), 'late').to.equal('-');
    const ends = [c.decide(reviewer, 'refuse'), c.withdraw(), c.endTicket()];
    for (const state of [appealed, frozen])
      for (const end of ends) {
        const [last] = applicationDecider.decide(state, end);
        expect(last, end.type).to.have.property('thaw', true);
      }
    const over = played(...refused, c.appeal(), c.decide(reviewer, 'refuse'));
    expect(cell(over, c.frozen()), 'confirmed when it is over').to.equal('FreezeUndone');
    expect(played(...refused, c.appeal(), c.frozen(), c.decide(reviewer))).to.include({
      status: 'executing',
      freeze: 'frozen',
    });
    const damaged = onDesk(caseFacts({ reason: 'damaged' }));
    expect(played(...damaged, c.decide(operator, 'refuse'), c.appeal())).to.include({ freeze: 'none' });
  });
  it('REI-41 REI-04 sales refuses to freeze for an appeal, because the ticket was used: the case is refused with that, for good', () => {
    const used = played(...onDesk(), c.decide(operator, 'refuse'), c.appeal(), c.freezeRefused());
    expect(used).to.include({ status: 'refused', freeze: 'none' });
    expect(used).to.have.deep.property('refusal', { reason: 'sales.ticket-used', by: 'sales', at: AT });
    expect(cell(used, c.appeal())).to.equal('reissue.not-appealable');
    expect(cell(used, c.freezeRefused())).to.equal('-');
    const approved = played(...onDesk(), c.decide(operator, 'refuse'), c.appeal(), c.decide(reviewer));
    expect(cell(approved, c.freezeRefused()), 'sales says the same of its reissue').to.equal('-');
  });
  it('REI-41 Appeal', () => {
    expectRow(c.appeal(), 'reissue.nothing-to-appeal', { ...notThere, refused: 'AppealFiled', appealing: '-' });
    expect(cell(cases.refused, c.appeal(after(8 * 24 * 60)))).to.equal('reissue.appeal-too-late');
    expect(cell(played(c.submit(), c.endTicket()), c.appeal())).to.equal('reissue.not-appealable');
  });
  it('Withdraw', () => {
    const ended = { reissued: 'reissue.case-ended', refused: 'reissue.case-ended', closed: 'reissue.case-ended' };
    const row = { ...notThere, ...ended, executing: 'reissue.being-carried-out', withdrawn: '-' };
    expectRow(c.withdraw(), 'CaseWithdrawn', row);
  });
  it('Remind: each deadline where it is waited for', () => {
    const late = after(30 * 24 * 60);
    expectRow(c.remind('proof', late), '-', { submitted: 'CaseClosed' });
    expectRow(c.remind('material-reminder', late), '-', { material_wanted: 'MaterialReminded' });
    expectRow(c.remind('material', late), '-', { material_wanted: 'CaseClosed' });
    expectRow(c.remind('fee', late), '-', { fee_due: 'CaseClosed' });
    const overdue = 'CaseOverdue';
    const desks = { deciding: overdue, risk_check: overdue, reviewing: overdue, appealing: overdue };
    const verified = { verifying: 'VerificationOverdue', waiting_identity: 'VerificationOverdue' };
    expectRow(c.remind('decision', late), '-', { ...desks, ...verified });
  });
  it('REI-42 Remind: a timer that rings before its deadline does nothing but be set anew', () => {
    const renewed = 'ReminderRenewed';
    expectRow(c.remind('proof', AT), '-', { submitted: renewed });
    expectRow(c.remind('material-reminder', AT), '-', { material_wanted: 'MaterialReminded' });
    expectRow(c.remind('material', AT), '-', { material_wanted: renewed });
    expectRow(c.remind('fee', AT), '-', { fee_due: renewed });
    const desks = { deciding: renewed, risk_check: renewed, reviewing: renewed, appealing: renewed };
    expectRow(c.remind('decision', AT), '-', { ...desks, verifying: renewed, waiting_identity: renewed });
  });
  it('REI-42 Remind: an instance whose clock is ahead rings, another decides: the deadline is not forgotten', () => {
    const { fee_due: waiting } = cases;
    if (waiting.status !== 'fee_due') throw new Error('no fee is due');
    const { payBy } = waiting;
    const before = new Date(Date.parse(payBy) - 40_000).toISOString();
    const [event] = applicationDecider.decide(waiting, c.remind('fee', before));
    const again = new Date(Date.parse(payBy) + 40_000).toISOString();
    expect(event).to.deep.equal({ type: 'ReminderRenewed', what: 'fee', due: again });
    const still = fold(applicationDecider, waiting, event === undefined ? [] : [event]);
    expect(still).to.deep.equal(waiting);
    expect(cell(still, c.remind('fee', again))).to.equal('CaseClosed');
  });
  it('REI-02 Remind: a document that is waited for, before its time and after; nobody waits once the case is over', () => {
    const byCode = [c.submit(), c.sendCode(), c.proveByCode()];
    expect(cell(played(...byCode), c.remind('proof', after(23 * 60)))).to.equal('ReminderRenewed');
    expect(cell(played(...byCode), c.remind('proof', after(24 * 60)))).to.equal('CaseClosed');
    expect(cell(played(...byCode, c.withdraw()), c.remind('proof', after(25 * 60)))).to.equal('-');
    expect(cell(played(...byCode, c.frozen(), c.prove()), c.remind('proof', after(25 * 60)))).to.equal('-');
  });
  it('REI-42 RecountDeadline: only what was provisional, and only when the year is told', () => {
    expectRow(c.recount(), '-', {});
    const unknown = policy({ calendar: calendarOf([2025]) });
    const given = correction();
    const waiting = played(...onDesk({ ...given, policy: unknown }));
    expect(waiting).to.include({ provisional: true, decideBy: '2026-12-01T12:00:00.000Z', countedFrom: AT });
    expect(cell(waiting, c.recount([2025]))).to.equal('-');
    expect(cell(waiting, c.recount([2026]))).to.equal('DeadlineRecounted');
    expect(cell(played(...onDesk({ ...given, policy: unknown }), c.ask()), c.recount([2026]))).to.equal('-');
    const recounted = played(...onDesk({ ...given, policy: unknown }), c.recount([2026]));
    expect(recounted).to.include({ provisional: false, countedFrom: AT });
    expect(cell(recounted, c.recount([2026]))).to.equal('-');
    const refused = played(...onDesk({ ...given, policy: unknown }), c.decide(reviewer, 'refuse'), c.appeal());
    expect(cell(refused, c.recount([2026]))).to.equal('DeadlineRecounted');
  });
  it('REI-42 a holiday that is told moves the deadline', () => {
    const unknown = policy({ calendar: calendarOf([2025]) });
    const calendar = { ...calendarOf([2026]) };
    const [year] = calendar.years;
    if (year === undefined) throw new Error('a calendar without a year');
    const told = { ...calendar, years: [{ ...year, holidays: ['2026-12-01'] }] };
    const recount: ApplicationCommand = { type: 'RecountDeadline', calendar: told, at: after(5) };
    expect(played(...onDesk({ ...correction(), policy: unknown }), recount)).to.include({
      decideBy: '2026-12-02T12:00:00.000Z',
      countedFrom: AT,
    });
  });
  it('REI-30 RecordShipment: of a new ticket, again only to put it right', () => {
    expectRow(c.ship(), 'reissue.not-reissued', { ...notThere, reissued: 'TicketShipped' });
    const done = [...onDesk(), c.decide(), c.reissued()];
    const sent = played(...done, c.ship());
    expect(cell(sent, c.ship())).to.equal('-');
    expect(cell(sent, c.ship('EA987654321CN'))).to.equal('TicketShipped');
    const thrice = played(...done, c.ship(), c.ship('EA000000002CN'), c.ship('EA000000003CN'));
    expect(cell(thrice, c.ship('EA000000004CN'))).to.equal('reissue.too-many-shipments');
    expect(cell(thrice, c.ship('EA000000003CN'))).to.equal('-');
  });
  it('REI-35 ConfirmGates: once, counted from the decision', () => {
    expectRow(c.gates(), '-', { ...early, reissued: 'GatesKnow' });
    const known = played(...onDesk(), c.decide(), c.reissued(after(0.5)), c.gates(after(1)));
    expect(known).to.deep.include({ gates: { count: 3, lastAt: after(1), knowMs: 60_000 } });
    expect(cell(known, c.gates(after(2)))).to.equal('-');
  });
  it('REI-43 ReviewSample: what was drawn is confirmed or contested, once', () => {
    expectRow(c.sample(), 'reissue.not-sampled', notThere);
    const free = caseFacts({ policy: policy({ selfService: { on: true, sampleShare: 0.1 } }) });
    const drawn = [c.submit(free), c.prove(), c.frozen(), c.verified('match', quiet, 0.05)];
    for (const state of [played(...drawn), played(...drawn, c.reissued()), played(...drawn, c.reissueRefused())]) {
      expect(cell(state, c.sample()), state.status).to.equal('SampleReviewed');
      expect(cell(state, c.sample('contest')), state.status).to.equal('SampleReviewed');
    }
    const confirmed = played(...drawn, c.sample());
    expect(cell(confirmed, c.sample())).to.equal('-');
    expect(cell(confirmed, c.sample('contest'))).to.equal('reissue.sample-reviewed');
    expect(cell(confirmed, c.sample('confirm', manager.id))).to.equal('reissue.sample-reviewed');
    expect(played(...drawn, c.sample(), c.reissueRefused())).to.have.nested.property('sampleReview.verdict', 'confirm');
    const entered = played(c.submit({ ...free, enteredBy: reviewer.id }), ...drawn.slice(1));
    expect(cell(entered, c.sample())).to.equal('reissue.own-case');
  });
  it('PLA-21 RecordReveal', () => {
    expectRow(c.reveal(), 'DataRevealed', notThere);
  });
});

describe('application: who decides', () => {
  it('PLA-04 nobody decides, escalates or clears what they entered', () => {
    const own = caseFacts({ enteredBy: operator.id });
    expect(cell(played(...onDesk(own)), c.decide(operator))).to.equal('reissue.own-case');
    expect(cell(played(...onDesk(own)), c.escalate())).to.equal('reissue.own-case');
    const applied = caseFacts({ userId: operator.id });
    expect(cell(played(...onDesk(applied)), c.decide(operator)), 'applied for by themselves').to.equal(
      'reissue.own-case',
    );
    const vouched = played(
      c.submit(unnamed()),
      { ...c.prove(), how: 'purchase-proof', by: operator.id } as ApplicationCommand,
      c.frozen(),
      c.verified('not-needed'),
    );
    expect(cell(vouched, c.decide(operator)), 'vouched for').to.equal('reissue.own-case');
    expect(cell(vouched, c.decide(reviewer)), 'vouched for by another').to.equal('CaseApproved');
    const risky = caseFacts({ enteredBy: reviewer.id });
    expect(cell(played(c.submit(risky), c.prove(), c.frozen(), c.verified('mismatch')), c.clear())).to.equal(
      'reissue.own-case',
    );
  });
  it('REI-20 an operator does not decide what is a reviewer’s, nor a reviewer what is a manager’s', () => {
    expect(cell(cases.reviewing, c.decide(operator))).to.equal('reissue.not-your-desk');
    expect(cell(cases.reviewing, c.decide(reviewer))).to.equal('CaseApproved');
    const dear = caseFacts({ ticket: { ...caseFacts().ticket, amount: policy().escalation.managerFromAmount } });
    expect(cell(played(...onDesk(dear)), c.decide(reviewer))).to.equal('reissue.not-your-desk');
    expect(cell(played(...onDesk(dear)), c.decide(manager))).to.equal('CaseApproved');
  });
  it('REI-20 a reviewer against the operator’s recommendation: a manager decides', () => {
    const recommended = played(...onDesk(), c.escalate(operator, 'refuse'));
    expect(cell(recommended, c.decide(reviewer, 'refuse'))).to.equal('CaseRefused');
    expect(cell(recommended, c.decide(reviewer))).to.equal('CaseEscalated');
    const conflict = played(...onDesk(), c.escalate(operator, 'refuse'), c.decide(reviewer));
    expect(conflict).to.include({ status: 'reviewing', desk: 'manager' });
    expect(cell(conflict, c.decide(manager))).to.equal('CaseApproved');
  });
  it('REI-41 an appeal is decided by somebody else, and for good', () => {
    const appealed = played(...onDesk(correction()), c.decide(reviewer, 'refuse'), c.appeal());
    expect(cell(appealed, c.decide(reviewer))).to.equal('reissue.decided-before');
    expect(cell(appealed, c.decide(operator))).to.equal('reissue.not-your-desk');
    const lost = played(
      ...onDesk(correction()),
      c.decide(reviewer, 'refuse'),
      c.appeal(),
      c.decide(secondReviewer, 'refuse'),
    );
    expect(cell(lost, c.appeal())).to.equal('reissue.not-appealable');
    const won = played(...onDesk(correction()), c.decide(reviewer, 'refuse'), c.appeal(), c.decide(secondReviewer));
    expect(won).to.include({ status: 'fee_due' });
  });
  it('REI-41 REI-20 an appeal lies on the desk that has refused it, not below', () => {
    const conflict = [...onDesk(), c.escalate(operator, 'refuse'), c.decide(reviewer)];
    const byManager = played(...conflict, c.decide(manager, 'refuse'), c.appeal());
    expect(byManager).to.include({ status: 'appealing', desk: 'manager' });
    expect(cell(byManager, c.decide(secondReviewer))).to.equal('reissue.not-your-desk');
    expect(played(...onDesk(), c.decide(operator, 'refuse'), c.appeal())).to.include({ desk: 'reviewer' });
    const before = played(...conflict, c.decide(manager, 'refuse'));
    if (before.status !== 'refused') throw new Error(before.status);
    expect(before, 'a case that lies on no desk has none').not.to.have.property('desk');
    const { desk: _unsaid, ...refusal } = before.refusal;
    const stored = fold(
      applicationDecider,
      { ...before, refusal },
      applicationDecider.decide({ ...before, refusal }, c.appeal()),
    );
    expect(stored, 'of an earlier day').to.include({ desk: 'reviewer' });
  });
  it('REI-43 a low-risk case is decided by policy, which says so; some are sampled', () => {
    const free = caseFacts({ policy: policy({ selfService: { on: true, sampleShare: 0.1 } }) });
    const decidedAlone = played(...onDesk(free));
    expect(decidedAlone).to.include({ status: 'executing' });
    expect(decidedAlone).to.have.nested.property('approval.by', 'policy:3');
    expect(decidedAlone).to.have.nested.property('approval.code', CODE);
    const sampled = played(c.submit(free), c.prove(), c.frozen(), c.verified('match', quiet, 0.05));
    expect(sampled).to.have.nested.property('approval.sampled', true);
  });
  it('REI-42 an overdue case is counted, and gets its next deadline', () => {
    const overdue = played(...onDesk(), c.remind('decision', after(121)));
    expect(overdue).to.include({ overdue: 1, status: 'deciding', decideBy: after(241) });
    expect(cell(overdue, c.remind('decision', after(121)))).to.equal('ReminderRenewed');
  });
  it('REI-42 a case that nobody verifies in time is overdue, from its proof or its document on, until it is assessed', () => {
    const waiting = [c.submit(), c.prove(), c.frozen(), c.verified('unavailable')];
    for (const list of [waiting.slice(0, 2), waiting.slice(0, 3), waiting]) {
      expect(cell(played(...list), c.remind('decision', after(119)))).to.equal('ReminderRenewed');
      const late = played(...list, c.remind('decision', after(120)));
      expect(late, list.at(-1)?.type).to.include({ overdue: 1, overdueSince: after(120), verifyBy: after(240) });
      expect(cell(late, c.remind('decision', after(120)))).to.equal('ReminderRenewed');
      const twice = played(...list, c.remind('decision', after(120)), c.remind('decision', after(300)));
      expect(twice).to.include({ overdue: 2, overdueSince: after(120), verifyBy: after(420) });
    }
    const assessed = played(...waiting, c.remind('decision', after(120)), c.verified());
    expect(assessed).to.include({ overdue: 1, status: 'deciding' });
    expect(assessed).not.to.have.any.keys('overdueSince', 'verifyBy');
    const closed = played(...waiting, c.remind('decision', after(120)), c.withdraw());
    expect(closed).not.to.have.any.keys('overdueSince', 'verifyBy');
    const byCode = [c.submit(), c.sendCode(), c.proveByCode()];
    expect(played(...byCode), 'the applicant is waited for').not.to.have.property('verifyBy');
    expect(cell(played(...byCode), c.remind('decision', after(10_000)))).to.equal('-');
    expect(played(...byCode, c.prove(true, after(60)))).to.include({ verifyBy: after(180) });
    const short = policy({ deadlines: { ...policy().deadlines, verifyMinutes: 5 } });
    expect(played(c.submit(caseFacts({ policy: short })), c.prove())).to.include({ verifyBy: after(5) });
  });
  it('REI-42 it says since when it is overdue, until somebody has seen to it', () => {
    const late = (facts = caseFacts()) => [...onDesk(facts), c.remind('decision', after(121))];
    expect(played(...late())).to.include({ overdueSince: after(120) });
    const twice = played(...late(), c.remind('decision', after(300)));
    expect(twice).to.include({ overdue: 2, overdueSince: after(120) });
    const suspended = [c.submit(), c.prove(), c.frozen(), c.verified('mismatch')];
    const urged = [...suspended, c.remind('decision', after(3 * 24 * 60))];
    expect(played(...urged)).to.have.property('overdueSince');
    const seen = [
      played(...late(), c.escalate()),
      played(...late(), c.ask()),
      played(...late(), c.ask(), c.supply()),
      played(...urged, c.clear()),
      played(...late(), c.decide(operator, 'refuse')),
      played(...late(), c.decide(operator, 'refuse'), c.appeal()),
    ];
    for (const state of seen)
      expect(state, state.status).to.include({ overdue: 1 }).and.not.have.property('overdueSince');
  });
  it('REI-35 the time from approval until we hear that sales has replaced the ticket is kept: its writing counts', () => {
    const stamped = '2026-11-30T02:00:01.000Z';
    const done = played(...onDesk(), c.decide(), c.reissued(stamped, CODE, '2026-11-30T02:00:01.250Z'));
    expect(done).to.include({ carriedOutMs: 1_250, reissuedAt: stamped, orderedAt: AT });
    const lists = played(...onDesk(), c.decide(), c.reissued(stamped, CODE, after(0.5)), c.gates(after(1)));
    expect(lists, 'from the decision').to.have.nested.property('gates.knowMs', 60_000);
  });
});

describe('application: any order of inputs', () => {
  const pool: readonly ApplicationCommand[] = [
    ...[c.submit(), c.sendCode(), c.prove(), c.proveByCode(), c.frozen(), c.freezeRefused(), c.verified()],
    ...[c.endTicket(), c.decide(), c.escalate(), c.clear(), c.ask(), c.phone(), c.supply(), c.pay(), c.opened()],
    ...[
      c.captured(),
      c.paymentEnded(),
      c.refunded(),
      c.refundFailed(),
      c.reissued(),
      c.reissueRefused(),
      c.appeal(),
      c.withdraw(),
    ],
    ...[c.recount(), c.sample(), c.reveal(), c.remind('proof', after(50_000)), c.remind('decision', after(50_000))],
    ...[c.scans(), c.scans(0, 1), c.attach(), c.ship(), c.ship('EA987654321CN'), c.gates()],
    c.decide(operator, 'refuse'),
    c.decide(reviewer),
    c.decide(secondReviewer, 'refuse'),
    c.verified('unavailable'),
    c.verified('mismatch'),
    c.captured('pay_2'),
    c.pay('pay_2'),
    c.prove(false),
    c.remind('material', after(50_000)),
    c.remind('fee', after(50_000)),
  ];
  const anything = fc.array(fc.constantFrom(...pool), { maxLength: 60 });

  function run(
    facts: ReturnType<typeof caseFacts>,
    list: readonly ApplicationCommand[],
    look: (before: LiveApplication, state: LiveApplication) => void,
  ): void {
    let state: LiveApplication = played(c.submit(facts));
    for (const command of list) {
      const before = state;
      try {
        const next = fold(applicationDecider, state, applicationDecider.decide(state, command));
        if (next.status === 'none') throw new Error('a case vanished');
        state = next;
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
      look(before, state);
    }
  }
  const facts = fc.constantFrom(caseFacts(), correction(), caseFacts({ reason: 'damaged' }));

  it('REI-22 no fee is kept for a case without a new ticket, none is taken twice, and no money goes back twice', () => {
    fc.assert(
      fc.property(facts, anything, (given, list) => {
        run(given, list, (_before, state) => {
          const kept = state.payments.filter(
            ({ id, status }) => status === 'captured' && !state.refunds.some(({ paymentId }) => paymentId === id),
          );
          expect(kept.length).to.be.at.most(1);
          const waits = ['risk_check', 'reviewing', 'material_wanted'];
          if (kept.length === 1) expect([...waits, 'executing', 'reissued']).to.include(state.status);
          const back = state.refunds.map(({ paymentId }) => paymentId);
          expect(new Set(back).size).to.equal(back.length);
        });
      }),
      { numRuns: 600 },
    );
  });
  it('REI-04 a ticket stays frozen only for a case that is open', () => {
    fc.assert(
      fc.property(facts, anything, (given, list) => {
        run(given, list, (_before, state) => {
          if (['reissued', 'refused', 'withdrawn', 'closed'].includes(state.status))
            expect(state.freeze).to.equal('none');
        });
      }),
      { numRuns: 300 },
    );
  });
  it('REI-41 what is over stays over, but for one appeal', () => {
    fc.assert(
      fc.property(facts, anything, (given, list) => {
        let appeals = 0;
        run(given, list, (before, state) => {
          if (before.status === 'refused' && state.status === 'appealing') appeals += 1;
          else if (['reissued', 'refused', 'withdrawn', 'closed'].includes(before.status))
            expect(state.status).to.equal(before.status);
          expect(appeals).to.be.at.most(1);
        });
      }),
      { numRuns: 300 },
    );
  });
  it('PLA-41 the same input again changes nothing but counters of attempts', () => {
    const repeatable = pool.filter(
      ({ type }) =>
        ![
          'ProveOwnership',
          'SendCode',
          'ConfirmByPhone',
          'RecordReveal',
          'ConfirmFreeze',
          'Remind',
          'RecordVerification',
        ].includes(type),
    );
    fc.assert(
      fc.property(facts, anything, fc.constantFrom(...repeatable), (given, list, command) => {
        let last: LiveApplication = played(c.submit(given));
        run(given, list, (_before, state) => {
          last = state;
        });
        const status = cell(last, command);
        if (/^[a-z]/.test(status) || status === '-') return;
        const once = fold(applicationDecider, last, applicationDecider.decide(last, command));
        expect(cell(once, command)).to.match(/^[-a-z]/);
      }),
      { numRuns: 300 },
    );
  });
});
