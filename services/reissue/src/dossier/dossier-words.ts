// What a dossier calls things, in both languages. Exhaustive where the code knows all there is: a new event without a name does not compile.
import type { Bilingual } from '@tongpiao/contracts';
import { personalValueSchema, type JournalEntry, type PersonalValue } from '@tongpiao/persistence';
import type { ApplicationEvent, Assessment, CaseFacts, LiveApplication } from '../application/application.ts';
import { problems } from '../problems.ts';

const w = (zh: string, en: string): Bilingual => ({ zh, en });

const EVENTS: Readonly<Record<ApplicationEvent['type'] | 'PersonalDataErased', Bilingual>> = {
  ApplicationSubmitted: w('提交申请', 'Submitted'),
  CaseBegunInBatch: w('批量建案', 'Begun in a batch'),
  CodeSent: w('发送验证码', 'Code sent'),
  ProofMissed: w('归属验证不符', 'Proof failed'),
  OwnershipProven: w('归属验证通过', 'Ownership proven'),
  DocumentShown: w('出示购票证件', 'Document shown'),
  FreezeConfirmed: w('原票已冻结', 'Ticket frozen'),
  FreezeUndone: w('解除冻结', 'Freeze undone'),
  IdentityUnavailable: w('身份核验服务不可用', 'Identity check away'),
  CaseAssessed: w('完成评估', 'Assessed'),
  ScansCounted: w('办理期间票在闸机出示', 'Held up at a gate meanwhile'),
  RiskCleared: w('排除风险', 'Risk cleared'),
  CaseEscalated: w('提交上级', 'Escalated'),
  MaterialWanted: w('要求补充材料', 'Material wanted'),
  MaterialReminded: w('催补材料', 'Reminded of material'),
  ReminderRenewed: w('重设提醒', 'Reminder set anew'),
  MaterialSupplied: w('补充材料', 'Material supplied'),
  AttachmentAdded: w('添加附件', 'File added'),
  PhoneConfirmed: w('电话核实', 'Telephone call'),
  CaseApproved: w('通过', 'Approved'),
  CaseRefused: w('未通过', 'Refused'),
  PaymentRequested: w('发起缴费', 'Payment begun'),
  PaymentOpened: w('等待付款', 'Payment open'),
  PaymentEnded: w('付款未成', 'Payment ended'),
  FeePaid: w('已缴费', 'Fee paid'),
  RefundRequested: w('发起退款', 'Refund begun'),
  RefundDone: w('已退款', 'Refunded'),
  RefundFailed: w('退款未成功', 'Refund failed'),
  CaseReissued: w('新票生成，原票作废', 'Reissued'),
  AppealFiled: w('提出申诉', 'Appeal filed'),
  CaseWithdrawn: w('撤回', 'Withdrawn'),
  CaseClosed: w('关闭', 'Closed'),
  CaseOverdue: w('超过时限', 'Overdue'),
  VerificationOverdue: w('核验超时', 'Verification overdue'),
  DeadlineRecounted: w('重新计算时限', 'Deadline recounted'),
  TicketShipped: w('寄出', 'Shipped'),
  GatesKnow: w('各闸机已同步', 'Gates know'),
  SampleReviewed: w('自动办理复查', 'Second look'),
  DataRevealed: w('查看个人信息原文', 'Personal data revealed'),
  PersonalDataErased: w('保存期满，个人信息已删除', 'Personal data erased'),
};

/** Steps by which people and policy have moved the case. */
export const DECIDING: ReadonlySet<string> = new Set<ApplicationEvent['type']>([
  ...([
    'OwnershipProven',
    'DocumentShown',
    'CaseAssessed',
    'ScansCounted',
    'RiskCleared',
    'CaseEscalated',
    'MaterialWanted',
    'MaterialSupplied',
  ] as const),
  ...(['PhoneConfirmed', 'CaseApproved', 'CaseRefused', 'CaseReissued', 'AppealFiled', 'CaseWithdrawn'] as const),
  ...(['CaseClosed', 'CaseOverdue', 'VerificationOverdue', 'TicketShipped', 'SampleReviewed', 'DataRevealed'] as const),
]);

export const KINDS: Readonly<Record<CaseFacts['kind'], Bilingual>> = {
  replacement: w('补发', 'Replacement'),
  correction: w('重开（更正）', 'Correction'),
};
export const REASONS: Readonly<Record<CaseFacts['reason'], Bilingual>> = {
  lost: w('遗失', 'Lost'),
  damaged: w('损毁', 'Damaged'),
  'not-received': w('未收到', 'Not received'),
  'wrong-data': w('信息有误', 'Wrong data'),
  'system-fault': w('系统故障', 'System fault'),
  other: w('其他', 'Other'),
};
export const CHANNELS: Readonly<Record<CaseFacts['channel'], Bilingual>> = {
  web: w('网站', 'Web'),
  app: w('移动应用', 'App'),
  counter: w('窗口', 'Counter'),
  hotline: w('热线', 'Hotline'),
  kiosk: w('自助机', 'Kiosk'),
  ota: w('分销平台', 'Reseller'),
  batch: w('批量补发', 'Batch'),
};
export const PROOFS: Readonly<Record<NonNullable<LiveApplication['proof']>['how'], Bilingual>> = {
  code: w('购票手机验证码', 'Code to the telephone'),
  document: w('购票证件', 'Document'),
  'purchase-proof': w('购票凭证', 'Proof of purchase'),
  'order-token': w('订单凭证', 'Token of the order'),
  login: w('购票账号登录', 'Signed in as the buyer'),
};
export const IDENTITIES: Readonly<Record<Assessment['identity'], Bilingual>> = {
  match: w('一致', 'Matches'),
  mismatch: w('不一致', 'Does not match'),
  'not-needed': w('无需核验（非实名票）', 'Not needed: no name on the ticket'),
};
export const FREEZES: Readonly<Record<LiveApplication['freeze'], Bilingual>> = {
  none: w('未冻结', 'Not frozen'),
  asked: w('冻结中', 'Being frozen'),
  frozen: w('已冻结', 'Frozen'),
};
export const ABOUT: Readonly<Record<LiveApplication['attachments'][number]['about'], Bilingual>> = {
  ticket: w('票面', 'Ticket'),
  identity: w('证件', 'Document'),
  purchase: w('购票凭证', 'Proof of purchase'),
  other: w('其他', 'Other'),
};

const FACTORS: Readonly<Record<string, Bilingual>> = {
  'identity-mismatch': w('身份信息不一致', 'Identity does not match'),
  'same-day': w('当日其他申请', 'Other applications on the day'),
  'refused-before': w('九十日内被拒', 'Refused within ninety days'),
  'same-ticket': w('该票以往申请', 'Earlier applications for the ticket'),
  'shared-address': w('同一地址的他人申请', 'Other people from the same address'),
  'shared-device': w('同一设备的他人申请', 'Other people from the same device'),
  'failed-proofs': w('验证与核验失败次数', 'Failed proofs and checks'),
  'reissued-before': w('已补发次数', 'Reissued before'),
  'scanned-since': w('售出后在闸机出示次数', 'Held up at gates since it was sold'),
};
const RULES: Readonly<Record<string, Bilingual>> = {
  'amount-manager': w('金额达经理限额', 'Amount for a manager'),
  amount: w('金额达审核限额', 'Amount for a reviewer'),
  class: w('指定票种', 'Class of the ticket'),
  'second-today': w('当日第二次申请', 'Second on one day'),
  history: w('以往被拒', 'Refused before'),
  correction: w('更正姓名或证件', 'Correction'),
  risk: w('命中风险因素', 'A risk factor'),
};
const WAIVERS: Readonly<Record<string, Bilingual>> = {
  'real-name-road-ticket': w('实名制客票依法免费补办', 'Real-name road ticket: free by law'),
  'our-fault': w('我方责任', 'Our own fault'),
  'system-fault': w('系统故障', 'System fault'),
  'not-received': w('未送达', 'Never delivered'),
};

/** What the code knows no words for stands as it is. */
const known = (words: Readonly<Record<string, Bilingual>>, name: string): Bilingual => words[name] ?? w(name, '');
export const factorWord = (name: string): Bilingual => known(FACTORS, name);
export const ruleWord = (name: string): Bilingual => known(RULES, name);
export const waiverWord = (name: string): Bilingual => known(WAIVERS, name);
export const eventWord = (type: string): Bilingual => known(EVENTS, type);
export const reasonWord = (code: string): Bilingual =>
  problems[code.replace(/^sales\./, 'reissue.')]?.title ?? w(code, '');

/** `中文 English` */
export const both = ({ zh, en }: Bilingual): string => (en === '' ? zh : `${zh}  ${en}`);

/** A token of the case names nobody else than its applicant. */
export function byWord(by: string): string {
  // An account that was erased is what is left of an applicant's.
  if (by.startsWith('guest') || by.startsWith('~')) return '申请人  Applicant';
  return by.replace(/^service:(.+)$/, '系统 $1');
}

type Data = JournalEntry['data'];
function found(data: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? (value as Data)[key] : undefined),
      data,
    );
}
function at(data: unknown, path: string, show?: (value: PersonalValue) => string): string {
  const value = found(data, path);
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const sealed = personalValueSchema.safeParse(value);
  return sealed.success && show !== undefined ? show(sealed.data) : '';
}

/** What an entry says besides its name. @param show of what is sealed */
export function contentOf(
  { type, data }: Pick<JournalEntry, 'type' | 'data'>,
  show: (value: PersonalValue) => string,
): string {
  const said = (...paths: readonly string[]): string =>
    paths
      .map((path) => at(data, path, show))
      .filter((text) => text !== '')
      .join('  ');
  switch (type) {
    case 'OwnershipProven':
    case 'DocumentShown':
      return said('by');
    case 'CaseAssessed':
    case 'ScansCounted':
      return `${at(data, 'assessment.score')} 分 points · ${at(data, 'assessment.desk')}`;
    case 'CaseEscalated':
      return said('to', 'recommendation.verdict', 'recommendation.reason');
    case 'MaterialWanted':
      return said('material.what');
    case 'AttachmentAdded':
      return said('attachment.id', 'attachment.type');
    case 'PhoneConfirmed':
      return said('call.note');
    case 'CaseApproved':
      return said('approval.reason', 'approval.code');
    case 'CaseRefused':
      return [both(reasonWord(at(data, 'refusal.reason'))), at(data, 'refusal.words', show)].filter(Boolean).join('  ');
    case 'CaseReissued':
      return said('ticket.number');
    case 'RiskCleared':
    case 'CaseClosed':
      return said('reason');
    case 'TicketShipped':
      return said('shipment.carrier', 'shipment.trackingNumber');
    case 'DataRevealed':
      return said('purpose');
    default:
      return '';
  }
}
