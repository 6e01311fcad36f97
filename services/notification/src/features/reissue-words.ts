// How a case of a lost or wrong ticket is spoken of: its kind, and in words why it came to nothing (REI-41). The short form fits an SMS of
// one segment; a mail says the whole.
import { REISSUE_END_REASONS, type Language, type ReissueEndReason, type ReissueKind } from '@tongpiao/contracts';

type InBoth = Readonly<Record<Language, string>>;
export type Why = { readonly short: string; readonly whole: string };

const KINDS: Readonly<Record<ReissueKind, InBoth>> = {
  replacement: { 'zh-CN': '补发', en: 'replacement' },
  correction: { 'zh-CN': '重开', en: 'correction' },
};

export function kindOf(kind: ReissueKind, language: Language): string {
  return KINDS[kind][language];
}

const WHY: Readonly<Record<ReissueEndReason, { readonly short: InBoth; readonly whole: InBoth }>> = {
  'reissue.decided-against': {
    short: { 'zh-CN': '经审核不符合条件', en: 'the review decided against it' },
    whole: { 'zh-CN': '经审核，所提供的信息不符合补发条件', en: 'the review found that the conditions are not met' },
  },
  'reissue.ticket-used': {
    short: { 'zh-CN': '该票已检票使用', en: 'the ticket was used' },
    whole: { 'zh-CN': '该票已检票使用', en: 'the ticket was used at a gate' },
  },
  'reissue.ticket-refunded': {
    short: { 'zh-CN': '该票已退票', en: 'the ticket was given back' },
    whole: { 'zh-CN': '该票已退票', en: 'the ticket was given back' },
  },
  'reissue.ticket-exchanged': {
    short: { 'zh-CN': '该票已改签', en: 'the ticket was exchanged' },
    whole: {
      'zh-CN': '该票已改签，请使用改签后的新票',
      en: 'the ticket was exchanged; please use the one that came of it',
    },
  },
  'reissue.ticket-superseded': {
    short: { 'zh-CN': '该票已补发过', en: 'the ticket was reissued before' },
    whole: {
      'zh-CN': '该票已补发，原票作废，请使用新票',
      en: 'the ticket was reissued before; please use its successor',
    },
  },
  'reissue.ticket-expired': {
    short: { 'zh-CN': '该票已过有效期', en: 'the ticket has expired' },
    whole: { 'zh-CN': '该票已过有效期', en: 'the ticket is past its time' },
  },
  'reissue.ticket-not-living': {
    short: { 'zh-CN': '该票已失效', en: 'the ticket is not valid any more' },
    whole: { 'zh-CN': '该票已退、改签或作废', en: 'the ticket was given back, exchanged or voided' },
  },
  'reissue.ticket-frozen': {
    short: { 'zh-CN': '另有挂失在处理', en: 'it is frozen for another application' },
    whole: { 'zh-CN': '该票正在处理另一份挂失申请', en: 'another application has had this ticket frozen' },
  },
  'reissue.ticket-changed': {
    short: { 'zh-CN': '该票刚有变动', en: 'the ticket has changed meanwhile' },
    whole: {
      'zh-CN': '办理期间该票有变动，请核对后重新申请',
      en: 'the ticket has changed meanwhile; please look and apply again',
    },
  },
  'reissue.document-has-ticket': {
    short: { 'zh-CN': '该证件该场次已有票', en: 'the document has a ticket there' },
    whole: {
      'zh-CN': '更正后的证件在该场次已有票',
      en: 'the corrected document has a ticket for this session already',
    },
  },
  'reissue.document-limit': {
    short: { 'zh-CN': '该证件当日已达限购', en: 'the document is at its daily limit' },
    whole: {
      'zh-CN': '更正后的证件当日购票数量已达上限',
      en: 'the corrected document has as many tickets of that day as it may',
    },
  },
  'reissue.unproven': {
    short: { 'zh-CN': '未按时验证', en: 'ownership was not shown in time' },
    whole: { 'zh-CN': '未在期限内验证购票人身份', en: 'ownership of the ticket was not shown in time' },
  },
  'reissue.proof-failed': {
    short: { 'zh-CN': '多次验证不符', en: 'too many proofs did not fit' },
    whole: { 'zh-CN': '多次验证均与购票信息不符', en: 'too many codes or documents did not fit the purchase' },
  },
  'reissue.material-missing': {
    short: { 'zh-CN': '未按时补充材料', en: 'material was not brought in time' },
    whole: { 'zh-CN': '未在期限内补充所需材料', en: 'what was asked for was not brought in time' },
  },
  'reissue.fee-unpaid': {
    short: { 'zh-CN': '未按时缴费', en: 'the fee was not paid in time' },
    whole: { 'zh-CN': '未在期限内支付工本费', en: 'the fee was not paid in time' },
  },
};

/** An appeal has ended as the case did before it; that is final (REI-41). */
const UPHELD: { readonly short: InBoth; readonly whole: InBoth } = {
  short: { 'zh-CN': '复核维持原决定', en: 'the decision was upheld' },
  whole: { 'zh-CN': '经复核维持原决定，该决定为最终决定', en: 'the decision was upheld on appeal and is final' },
};
const OTHER: { readonly short: InBoth; readonly whole: InBoth } = {
  short: { 'zh-CN': '不符合办理条件', en: 'the conditions are not met' },
  whole: { 'zh-CN': '不符合办理条件', en: 'the conditions for a new ticket are not met' },
};

function isKnown(reason: string): reason is ReissueEndReason {
  return REISSUE_END_REASONS.some((known) => known === reason);
}

/**
 * @param reason of reissue, or of sales where it could not carry a case out
 * @param appealable whether there is still somebody to appeal to; a person's refusal without that was an appeal's
 */
export function whyOf(reason: string | undefined, appealable: boolean, language: Language): Why {
  const ours = (reason ?? '').replace(/^sales\./, 'reissue.');
  const known = isKnown(ours) ? WHY[ours] : OTHER;
  const { short, whole } = ours === 'reissue.decided-against' && !appealable ? UPHELD : known;
  return { short: short[language], whole: whole[language] };
}
