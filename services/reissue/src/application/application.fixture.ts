// Cases for specs: facts of one, commands as they come, and a case in every status, reached by playing commands.
import { ticketReissued } from '@tongpiao/contracts';
import { fen, fold } from '@tongpiao/kernel';
import type { PersonalValue } from '@tongpiao/persistence';
import { DEFAULT_RULES, type Policy } from '../policy/policy.ts';
import { applicationDecider } from './application.decider.ts';
import type {
  ApplicationCommand,
  ApplicationState,
  CaseFacts,
  History,
  LiveApplication,
  Staff,
} from './application.ts';

export const AT = '2026-11-30T02:00:00.000Z';
export const after = (minutes: number): string => new Date(Date.parse(AT) + minutes * 60_000).toISOString();
export const CODE = 'RC-0A5D8K2M7Q9X3C6V';
const sealed = (masked: string): PersonalValue => ({ sealed: `p1.${masked}`, masked, index: `index of ${masked}` });

export const operator: Staff = { id: 'usr_operator', desk: 'operator' };
export const reviewer: Staff = { id: 'usr_reviewer', desk: 'reviewer' };
export const secondReviewer: Staff = { id: 'usr_reviewer2', desk: 'reviewer' };
export const manager: Staff = { id: 'usr_manager', desk: 'manager' };

export const policy = (change: Partial<Policy> = {}): Policy => ({
  ...DEFAULT_RULES,
  version: 3,
  fees: [{ kind: 'correction', amount: fen(500) }],
  ...change,
});

export const quiet: History = {
  ...{ sameDay: 0, refused: 0, sameTicket: 0, sharedAddress: 0, sharedDevice: 0 },
  ...{ failedChecks: 0, scansAdmitted: 0, scansRefused: 0 },
};

export function caseFacts(change: Partial<CaseFacts> = {}): CaseFacts {
  return {
    kind: 'replacement',
    reason: 'lost',
    channel: 'web',
    language: 'zh-CN',
    ticket: {
      rightId: 'rgt_1',
      number: 'N1',
      orderId: 'ord_1',
      siteId: 'sit_1',
      productId: 'prd_1',
      product: { zh: '门票', en: 'Admission' },
      ticketTypeId: 'tty_1',
      ticketType: { zh: '成人票', en: 'Adult' },
      startsAt: '2026-12-01T01:00:00.000Z',
      validUntil: '2026-12-01T09:00:00.000Z',
      amount: fen(12_000),
      realName: true,
      road: false,
      reissues: 0,
    },
    contact: { name: sealed('张*'), phone: sealed('138****8000') },
    traveller: { name: sealed('张*'), idType: 'id_card', idNumber: sealed('1101**********002X') },
    personIndex: 'person',
    addressIndex: 'address',
    accessHash: 'hash',
    submittedAt: AT,
    policy: policy(),
    ...change,
  };
}

/** Of a ticket without a name. */
export function unnamed(change: Partial<CaseFacts> = {}): CaseFacts {
  const { traveller: _none, ticket, ...facts } = caseFacts(change);
  return { ...facts, ticket: { ...ticket, realName: false } };
}

/** With a fee, and for a reviewer. */
export const correction = (): CaseFacts =>
  caseFacts({
    kind: 'correction',
    reason: 'wrong-data',
    correction: { name: sealed('李*'), idType: 'id_card', idNumber: sealed('4405**********0014') },
  });

/** Years without any holiday. */
export const calendarOf = (years: readonly number[]): Policy['calendar'] => ({
  ...DEFAULT_RULES.calendar,
  years: years.map((year) => ({ year, holidays: [], workdays: [], source: 'a notice' })),
});

export const commands = {
  submit: (facts = caseFacts()): ApplicationCommand => ({ type: 'SubmitApplication', facts }),
  beginInBatch: (): ApplicationCommand => ({
    type: 'BeginInBatch',
    facts: caseFacts({ reason: 'system-fault', channel: 'batch', batch: { id: 'rbt_1', line: 7 } }),
    by: manager,
    reason: '系统故障',
    code: CODE,
    at: AT,
  }),
  sendCode: (at = AT): ApplicationCommand => ({ type: 'SendCode', code: sealed('******'), hash: 'h1', at }),
  prove: (matches = true, at = AT): ApplicationCommand => ({
    type: 'ProveOwnership',
    how: 'document',
    shown: { matches },
    at,
  }),
  proveByCode: (codeHash = 'h1', at = AT): ApplicationCommand => ({
    type: 'ProveOwnership',
    how: 'code',
    shown: { codeHash },
    at,
  }),
  frozen: (): ApplicationCommand => ({ type: 'ConfirmFreeze', at: AT }),
  freezeRefused: (): ApplicationCommand => ({ type: 'RefuseFreeze', reason: 'sales.ticket-used', at: AT }),
  verified: (
    outcome: 'match' | 'mismatch' | 'not-needed' | 'unavailable' = 'match',
    history: History = quiet,
    draw = 0.5,
  ): ApplicationCommand => ({ type: 'RecordVerification', outcome, history, code: CODE, draw, at: AT }),
  scans: (refused = 1, admitted = 0): ApplicationCommand => ({ type: 'CountScans', admitted, refused, at: AT }),
  endTicket: (): ApplicationCommand => ({ type: 'EndTicket', how: 'used', at: AT }),
  decide: (by: Staff = manager, verdict: 'approve' | 'refuse' = 'approve', at = AT): ApplicationCommand => ({
    type: 'Decide',
    by,
    verdict,
    reason: '核对无误',
    ourFault: false,
    code: CODE,
    at,
  }),
  escalate: (by: Staff = operator, verdict: 'approve' | 'refuse' = 'approve'): ApplicationCommand => ({
    type: 'Escalate',
    by,
    to: 'reviewer',
    verdict,
    reason: '金额较大',
    at: AT,
  }),
  clear: (by: Staff = reviewer): ApplicationCommand => ({ type: 'ClearRisk', by, reason: '电话核实', at: AT }),
  ask: (by: Staff = manager, at = AT): ApplicationCommand => ({ type: 'AskMaterial', by, what: '身份证照片', at }),
  phone: (): ApplicationCommand => ({ type: 'ConfirmByPhone', by: reviewer, note: '本人确认', at: AT }),
  supply: (at = AT, attachments?: readonly string[]): ApplicationCommand => ({
    type: 'SupplyMaterial',
    note: sealed('***'),
    at,
    ...(attachments === undefined ? {} : { attachments }),
  }),
  attach: (id = 'att_1'): ApplicationCommand => ({
    type: 'AddAttachment',
    attachment: {
      ...{ id, about: 'ticket', type: 'image/jpeg', bytes: 632, sha256: id, pixels: 48, blob: `blb_${id}` },
      ...{ by: 'guest', at: AT },
    },
  }),
  pay: (paymentId = 'pay_1', at = AT, help: { helped?: true } = {}): ApplicationCommand => ({
    ...{ type: 'RequestPayment', paymentId, method: 'wechat', at, ...help },
  }),
  opened: (paymentId = 'pay_1'): ApplicationCommand => ({ type: 'OpenPayment', paymentId, payUrl: 'weixin://1' }),
  captured: (paymentId = 'pay_1', amount = 500): ApplicationCommand => ({
    type: 'CapturePayment',
    paymentId,
    amount: fen(amount),
    refundId: `rfd_${paymentId}`,
    at: AT,
  }),
  paymentEnded: (paymentId = 'pay_1'): ApplicationCommand => ({ type: 'EndPayment', paymentId, how: 'closed' }),
  refunded: (refundId = 'rfd_pay_1'): ApplicationCommand => ({ type: 'ConfirmRefund', refundId }),
  refundFailed: (refundId = 'rfd_pay_1', problem = 'account-closed'): ApplicationCommand => ({
    ...{ type: 'FailRefund', refundId, problem },
  }),
  reissued: (at = AT, code = CODE, heardAt = at): ApplicationCommand => ({
    type: 'ConfirmReissue',
    code,
    ticket: ticketReissued.data.parse(ticketReissued.example).ticket,
    ...{ at, heardAt },
  }),
  reissueRefused: (code = CODE): ApplicationCommand => ({
    type: 'RefuseReissue',
    code,
    reason: 'sales.ticket-used',
    refundId: 'rfd_back',
    at: AT,
  }),
  appeal: (at = AT): ApplicationCommand => ({ type: 'Appeal', words: sealed('***'), at }),
  withdraw: (): ApplicationCommand => ({ type: 'Withdraw', at: AT }),
  remind: (
    what: Extract<ApplicationCommand, { type: 'Remind' }>['what'],
    at: string,
    told: { mailbox?: PersonalValue } = {},
  ): ApplicationCommand => ({ type: 'Remind', what, at, ...told }),
  recount: (years: readonly number[] = [2026, 2027]): ApplicationCommand => ({
    type: 'RecountDeadline',
    calendar: calendarOf(years),
    at: AT,
  }),
  ship: (trackingNumber = 'EA123456789CN', at = AT): ApplicationCommand => ({
    type: 'RecordShipment',
    shipment: { carrier: '中国邮政', trackingNumber, serial: 'A00000001', by: 'usr_clerk', at },
  }),
  gates: (lastAt = after(1)): ApplicationCommand => ({ type: 'ConfirmGates', count: 3, lastAt }),
  sample: (verdict: 'confirm' | 'contest' = 'confirm', by = reviewer.id): ApplicationCommand => ({
    type: 'ReviewSample',
    verdict,
    by,
    words: '核对无误',
    at: AT,
  }),
  reveal: (): ApplicationCommand => ({ type: 'RecordReveal', purpose: '核对身份', request: 'req_1' }),
};

export function played(...list: readonly ApplicationCommand[]): LiveApplication {
  let state: ApplicationState = applicationDecider.initial;
  for (const command of list) state = fold(applicationDecider, state, applicationDecider.decide(state, command));
  if (state.status === 'none') throw new Error('nothing was submitted');
  return state;
}

const c = commands;
export const onDesk = (facts = caseFacts(), history = quiet): readonly ApplicationCommand[] => [
  c.submit(facts),
  c.prove(),
  ...(facts.reason === 'lost' ? [c.frozen()] : []),
  c.verified('match', history),
];

/** A case in every status; the fee is that of a correction, the freeze that of a lost ticket. */
export const cases: Readonly<Record<LiveApplication['status'], LiveApplication>> = {
  submitted: played(c.submit()),
  verifying: played(c.submit(), c.prove()),
  waiting_identity: played(c.submit(), c.prove(), c.frozen(), c.verified('unavailable')),
  deciding: played(...onDesk()),
  risk_check: played(c.submit(), c.prove(), c.frozen(), c.verified('mismatch')),
  reviewing: played(...onDesk(correction())),
  material_wanted: played(...onDesk(), c.ask()),
  fee_due: played(...onDesk(correction()), c.decide()),
  executing: played(...onDesk(), c.decide()),
  reissued: played(...onDesk(), c.decide(), c.reissued()),
  refused: played(...onDesk(), c.decide(operator, 'refuse')),
  appealing: played(...onDesk(), c.decide(operator, 'refuse'), c.appeal()),
  withdrawn: played(c.submit(), c.withdraw()),
  closed: played(c.submit(), c.remind('proof', after(24 * 60))),
};
