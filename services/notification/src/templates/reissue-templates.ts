// The words of a case of a lost or wrong ticket, step by step (REI-33). A Chinese SMS is one segment with its longest values: it says what
// happened, what to do and until when; the mail says how.
import {
  english,
  inBothLanguages,
  page,
  PLAIN_MAIL,
  plainMail,
  PRODUCT,
  ticketHtml,
  ticketVariables,
  type SmsWords,
} from './frames.ts';
import type { MailTemplate, Template } from './template.ts';

const NUMBER = { max: 15 } as const;
const AMOUNT = { max: 10 } as const;
const MOMENT = { max: 11 } as const;
const UNTIL_EN = { max: 12 } as const;
const about = { product: PRODUCT, kind: { max: 2 } } as const;
const aboutEn = { ...english, kind: { max: 11 } } as const;
/** A reason in short. */
const WHY = { max: 12 } as const;
const WHY_EN = { max: 40 } as const;
const WANTED = { max: 14 } as const;

const WORDS: readonly SmsWords[] = [
  {
    id: 'reissue-received',
    zh: '{product}{kind}申请已受理，票号{number}，正在核验，有进展即通知您。',
    en: '{product}: your application for a {kind} of ticket {number} is being verified.',
    variables: { ...about, number: NUMBER },
    wider: aboutEn,
  },
  {
    id: 'reissue-received-frozen',
    zh: '{product}{kind}申请已受理，票{number}已冻结暂不能使用，正在核验。',
    en: '{product}: your application for a {kind} is being verified. Ticket {number} is frozen and opens no gate until it is decided.',
    variables: { ...about, number: NUMBER },
    wider: aboutEn,
  },
  {
    id: 'reissue-document',
    zh: '{product}{kind}申请已受理，请于{until}前提交购票时所用证件，逾期申请关闭。',
    en: '{product}: for your {kind} show the document that you used at the purchase by {until}, else the case is closed.',
    variables: { ...about, until: MOMENT },
    wider: { ...aboutEn, until: UNTIL_EN },
  },
  {
    id: 'reissue-waiting',
    zh: '{product}{kind}申请：身份核验服务暂不可用，恢复后自动继续，无需重复提交。',
    en: '{product}: your {kind} waits for the identity check, which is away. It goes on by itself; do not apply again.',
    variables: about,
    wider: aboutEn,
  },
  {
    id: 'reissue-material',
    zh: '{product}{kind}申请需补充材料：{wanted}，请于{until}前提交。',
    en: '{product}: for your {kind} we still need {wanted}, by {until}.',
    variables: { ...about, wanted: WANTED, until: MOMENT },
    wider: { ...aboutEn, wanted: { max: 60 }, until: UNTIL_EN },
  },
  {
    id: 'reissue-material-reminder',
    zh: '提醒：{product}{kind}申请待补材料，请于{until}前提交，逾期申请关闭。',
    en: 'Reminder, {product}: your {kind} waits for what we asked for. Bring it by {until}, else the case is closed.',
    variables: { ...about, until: MOMENT },
    wider: { ...aboutEn, until: UNTIL_EN },
  },
  {
    id: 'reissue-fee-due',
    zh: '{product}{kind}获批，请于{until}前支付工本费{fee}，随后出新票。',
    en: '{product}: your {kind} is approved. Pay the fee of {fee} by {until}; the new ticket follows.',
    variables: { ...about, until: MOMENT, fee: AMOUNT },
    wider: { ...aboutEn, until: UNTIL_EN },
  },
  {
    id: 'reissue-refused',
    zh: '{product}{kind}未通过：{why}。{until}前可凭申请编号申诉一次。',
    en: '{product}: your {kind} was refused: {why}. You may appeal once, by {until}.',
    variables: { ...about, why: WHY, until: MOMENT },
    wider: { ...aboutEn, why: WHY_EN, until: UNTIL_EN },
  },
  {
    id: 'reissue-refused-final',
    zh: '{product}{kind}申请未通过：{why}。如有疑问请到窗口咨询。',
    en: '{product}: your {kind} was refused: {why}. Ask at a counter if this is not clear.',
    variables: { ...about, why: WHY },
    wider: { ...aboutEn, why: WHY_EN },
  },
  {
    id: 'reissue-refused-returned',
    zh: '{product}{kind}未成功：{why}，工本费{amount}将原路退回。',
    en: '{product}: your {kind} did not work out: {why}. The fee of {amount} goes back the way it was paid.',
    variables: { ...about, why: WHY, amount: AMOUNT },
    wider: { ...aboutEn, why: WHY_EN },
  },
  {
    id: 'reissue-refused-cash',
    zh: '{product}{kind}未成功：{why}，工本费{amount}请到售票窗口领取。',
    en: '{product}: your {kind} did not work out: {why}. Fetch the fee of {amount}, paid in cash, at a counter.',
    variables: { ...about, why: WHY, amount: AMOUNT },
    wider: { ...aboutEn, why: WHY_EN },
  },
  {
    id: 'reissue-appealed',
    zh: '{product}{kind}申诉已收到，由未参与此前审核的人员复核，结果另行通知。',
    en: '{product}: we have your appeal. Somebody who has not decided before looks at your {kind}.',
    variables: about,
    wider: aboutEn,
  },
  {
    id: 'reissue-withdrawn',
    zh: '{product}{kind}申请已撤回，原票{number}仍有效。',
    en: '{product}: your {kind} is withdrawn; ticket {number} stays good.',
    variables: { ...about, number: NUMBER },
    wider: aboutEn,
  },
  {
    id: 'reissue-closed',
    zh: '{product}{kind}申请已关闭：{why}，原票{number}仍有效。',
    en: '{product}: your {kind} is closed: {why}. Ticket {number} stays good.',
    variables: { ...about, why: WHY, number: NUMBER },
    wider: { ...aboutEn, why: WHY_EN },
  },
  {
    id: 'reissue-completed',
    zh: '{product}已{kind}：新票号{number}，请用新二维码检票，原票作废。',
    en: '{product}: your {kind} is done. Show the code of the new ticket {number}; the old one is void.',
    variables: { ...about, number: NUMBER },
    wider: aboutEn,
  },
  {
    id: 'reissue-shipped',
    zh: '{product}新票已寄出：{carrier}单号{tracking}，请查收。',
    en: '{product}: your new ticket is on its way, {carrier} {tracking}.',
    variables: { product: PRODUCT, carrier: { max: 8 }, tracking: { max: 20 } },
    wider: { ...english, carrier: { max: 20 } },
  },
];

/** What every mail of a case says beyond its order. */
const CASE_MAIL = { ...PLAIN_MAIL, kind: { max: 20 }, case: { max: 80 } } as const;
const number = { max: 20 } as const;
const moment = { max: 40 } as const;
const why = { max: 1_200 } as const;
const FOLLOW_ZH = '申请编号{case}，可在原申请渠道随时查看进度。';
const FOLLOW_EN = 'Your application is {case}; you can follow it where you applied.';

const plain: readonly MailTemplate[] = [
  ...plainMail(
    'reissue-received',
    {
      'zh-CN': {
        subject: '{kind}申请已受理：{product}',
        body: `您的{product}（票号{number}）{kind}申请已受理，正在核验。办理期间原票仍可使用；新票生成后原票立即作废。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'We have your application: {product}',
        body: `your application for a {kind} of ticket {number} ({product}) is being verified. Until a new ticket is made, this one stays good. ${FOLLOW_EN}`,
      },
    },
    { ...CASE_MAIL, number },
  ),
  ...plainMail(
    'reissue-received-frozen',
    {
      'zh-CN': {
        subject: '{kind}申请已受理，原票已冻结：{product}',
        body: `您的{product}（票号{number}）{kind}申请已受理，正在核验。原票已冻结，任何人暂不能凭此票检票。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'We have your application, the ticket is frozen: {product}',
        body: `your application for a {kind} of ticket {number} ({product}) is being verified. The ticket is frozen: nobody gets in with it. ${FOLLOW_EN}`,
      },
    },
    { ...CASE_MAIL, number },
  ),
  ...plainMail(
    'reissue-document',
    {
      'zh-CN': {
        subject: '请提交购票证件：{product}{kind}申请',
        body: `您的{product}（票号{number}）{kind}申请已受理。这是实名票，请于{until}前在原申请渠道提交购票时所用证件的类型和号码，核对一致后继续办理；逾期申请将关闭。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'Please show your document: {product}',
        body: `we have your application for a {kind} of ticket {number} ({product}). There is a name on this ticket: please give kind and number of the document that you used at the purchase, where you applied, by {until}. The case goes on with it, and is closed without it. ${FOLLOW_EN}`,
      },
    },
    { ...CASE_MAIL, number, until: moment },
  ),
  ...plainMail(
    'reissue-waiting',
    {
      'zh-CN': {
        subject: '{kind}申请等待身份核验：{product}',
        body: `您的{product}{kind}申请正在等待身份核验：核验服务暂不可用，恢复后自动继续，无需重复提交。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'Waiting for the identity check: {product}',
        body: `your application for a {kind} ({product}) waits for the identity check, which is away. It goes on by itself as soon as that is back; there is no need to apply again. ${FOLLOW_EN}`,
      },
    },
    CASE_MAIL,
  ),
  ...plainMail(
    'reissue-material',
    {
      'zh-CN': {
        subject: '请补充材料：{product}{kind}申请',
        body: `办理您的{product}{kind}申请还需要：{wanted}。请于{until}前在原申请渠道提交，逾期申请将关闭。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'Something is missing for your {kind}: {product}',
        body: `for your application for a {kind} ({product}) we still need: {wanted}. Please bring it where you applied by {until}, else the case is closed. ${FOLLOW_EN}`,
      },
    },
    { ...CASE_MAIL, wanted: { max: 1_000 }, until: moment },
  ),
  ...plainMail(
    'reissue-material-reminder',
    {
      'zh-CN': {
        subject: '提醒：请补充材料：{product}{kind}申请',
        body: `提醒您：办理{product}{kind}申请还需要：{wanted}。请于{until}前在原申请渠道提交，逾期申请将关闭。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'Reminder, something is missing for your {kind}: {product}',
        body: `a reminder: for your application for a {kind} ({product}) we still need: {wanted}. Please bring it where you applied by {until}, else the case is closed. ${FOLLOW_EN}`,
      },
    },
    { ...CASE_MAIL, wanted: { max: 1_000 }, until: moment },
  ),
  ...plainMail(
    'reissue-fee-due',
    {
      'zh-CN': {
        subject: '请支付工本费：{product}{kind}申请',
        body: `您的{product}{kind}申请已批准。请于{until}前支付工本费{fee}，付清后立即出新票；逾期申请将关闭。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'Approved, please pay the fee: {product}',
        body: `your application for a {kind} ({product}) is approved. Please pay the fee of {fee} by {until}; the new ticket follows at once. After that the case is closed. ${FOLLOW_EN}`,
      },
    },
    { ...CASE_MAIL, fee: { max: 20 }, until: moment },
  ),
  ...plainMail(
    'reissue-refused',
    {
      'zh-CN': {
        subject: '{kind}申请未通过：{product}',
        body: '很抱歉，您的{product}{kind}申请未通过：{why}。如有异议，可于{until}前在原申请渠道、窗口或热线凭申请编号{case}申诉一次，由未参与此前审核的人员复核。',
      },
      en: {
        subject: 'Your {kind} was refused: {product}',
        body: 'we are sorry: your application for a {kind} ({product}) was refused, because {why}. You may appeal once, by {until}, where you applied, at a counter or by telephone, with the number {case}; somebody who has not decided before looks at it.',
      },
    },
    { ...CASE_MAIL, why, until: moment },
  ),
  ...plainMail(
    'reissue-refused-final',
    {
      'zh-CN': {
        subject: '{kind}申请未通过：{product}',
        body: '很抱歉，您的{product}{kind}申请未通过：{why}。申请编号{case}，如有疑问请到窗口或拨打热线咨询。',
      },
      en: {
        subject: 'Your {kind} was refused: {product}',
        body: 'we are sorry: your application for a {kind} ({product}) was refused, because {why}. If this is not clear, ask at a counter or by telephone with the number {case}.',
      },
    },
    { ...CASE_MAIL, why },
  ),
  ...plainMail(
    'reissue-refused-returned',
    {
      'zh-CN': {
        subject: '{kind}未成功，工本费将退回：{product}',
        body: '很抱歉，您的{product}{kind}申请未能完成：{why}。已付的工本费{amount}将原路全额退回，到账时间以支付机构为准。申请编号{case}。',
      },
      en: {
        subject: 'Your {kind} did not work out, the fee goes back: {product}',
        body: 'we are sorry: your application for a {kind} ({product}) could not be carried out, because {why}. The fee of {amount} goes back in full, the way it was paid. Your application is {case}.',
      },
    },
    { ...CASE_MAIL, why, amount: { max: 20 } },
  ),
  ...plainMail(
    'reissue-refused-cash',
    {
      'zh-CN': {
        subject: '{kind}未成功，请领取工本费：{product}',
        body: '很抱歉，您的{product}{kind}申请未能完成：{why}。以现金支付的工本费{amount}请携带申请编号{case}到售票窗口领取。',
      },
      en: {
        subject: 'Your {kind} did not work out, please fetch the fee: {product}',
        body: 'we are sorry: your application for a {kind} ({product}) could not be carried out, because {why}. The fee of {amount} was paid in cash; please fetch it at a counter with the number {case}.',
      },
    },
    { ...CASE_MAIL, why, amount: { max: 20 } },
  ),
  ...plainMail(
    'reissue-appealed',
    {
      'zh-CN': {
        subject: '申诉已收到：{product}{kind}申请',
        body: `您对{product}{kind}申请的申诉已收到，将由未参与此前审核的人员复核，其决定为最终决定。${FOLLOW_ZH}`,
      },
      en: {
        subject: 'We have your appeal: {product}',
        body: `we have your appeal about the {kind} ({product}). Somebody who has not decided before looks at it, and that decision is final. ${FOLLOW_EN}`,
      },
    },
    CASE_MAIL,
  ),
  ...plainMail(
    'reissue-withdrawn',
    {
      'zh-CN': {
        subject: '{kind}申请已撤回：{product}',
        body: '您的{product}{kind}申请（编号{case}）已撤回，原票{number}仍然有效。如非本人操作，请立即联系窗口或热线。',
      },
      en: {
        subject: 'Withdrawn: {product}',
        body: 'your application for a {kind} ({product}, {case}) is withdrawn; ticket {number} stays good. If this was not you, tell a counter or the hotline at once.',
      },
    },
    { ...CASE_MAIL, number },
  ),
  ...plainMail(
    'reissue-closed',
    {
      'zh-CN': {
        subject: '{kind}申请已关闭：{product}',
        body: '您的{product}{kind}申请（编号{case}）已关闭：{why}。原票{number}仍然有效；如仍需办理，请重新申请。',
      },
      en: {
        subject: 'Closed: {product}',
        body: 'your application for a {kind} ({product}, {case}) is closed, because {why}. Ticket {number} stays good; you may apply again.',
      },
    },
    { ...CASE_MAIL, why, number },
  ),
];

const shipped: readonly MailTemplate[] = plainMail(
  'reissue-shipped',
  {
    'zh-CN': {
      subject: '新票已寄出：{product}',
      body: '您的{product}新票（票号{number}）已寄出：{carrier}，单号{tracking}。收到纸质票前，也可凭票号或证件在窗口办理。申请编号{case}。',
    },
    en: {
      subject: 'Your new ticket is on its way: {product}',
      body: 'your new ticket {number} for {product} is on its way: {carrier}, {tracking}. Should it be late, a counter helps you with its number or your document. Your application is {case}.',
    },
  },
  { ...PLAIN_MAIL, case: { max: 80 }, number, carrier: { max: 40 }, tracking: { max: 40 } },
);

/** REI-42: to staff. */
const overdue: readonly MailTemplate[] = plainMail(
  'reissue-overdue',
  {
    'zh-CN': {
      subject: '逾期提醒：{kind}申请待办理（{number}）',
      body: '{product}的{kind}申请（编号{case}，票号{number}）已于{since}超过办理时限，累计超时{times}次。请尽快办理，下一时限为{until}。逾期申请可在申请列表中按“逾期”筛选。',
    },
    en: {
      subject: 'Overdue: a {kind} waits for you ({number})',
      body: 'the application for a {kind} of ticket {number} ({product}, {case}) has been overdue since {since}; {times} deadlines of it have passed. Please decide it; the next deadline is {until}. The list of applications shows what is overdue.',
    },
  },
  { ...CASE_MAIL, number, since: moment, times: { max: 6 }, until: moment },
);

const completed = { ...PLAIN_MAIL, kind: { max: 20 }, previous: number, at: moment, more: { max: 200 } } as const;

/** Like the mail of a new order: the ticket itself is in it. */
const completedMail: readonly MailTemplate[] = [
  {
    id: 'reissue-completed',
    channel: 'email',
    language: 'zh-CN',
    version: 1,
    variables: completed,
    subject: '已{kind}，请使用新票：{product}',
    text: '{name}，您好：\n\n您的{product}已于{at}{kind}。请使用下面的新票检票；原票{previous}已作废，其二维码和纸质票均不能再使用。{more}\n\n{{items}}\n\n订单 {order}\n',
    html: page(
      '<p>{name}，您好：</p><p>您的{product}已于{at}{kind}。请使用下面的新票检票；原票{previous}已作废，其二维码和纸质票均不能再使用。{more}</p>' +
        '{{items}}<p>订单 {order}</p>',
    ),
    item: { variables: ticketVariables, text: '{number}  {type}  {when}  {amount}', html: ticketHtml },
  },
  {
    id: 'reissue-completed',
    channel: 'email',
    language: 'en',
    version: 1,
    variables: completed,
    subject: 'Your new ticket: {product}',
    text: 'Dear {name},\n\nyour {kind} for {product} was made on {at}. Show the new ticket below at the gate; {previous} is void, neither its code nor its paper is good any more. {more}\n\n{{items}}\n\nOrder {order}\n',
    html: page(
      '<p>Dear {name},</p><p>your {kind} for {product} was made on {at}. Show the new ticket below at the gate; {previous} is void, neither its code nor its paper is good any more. {more}</p>' +
        '{{items}}<p>Order {order}</p>',
    ),
    item: { variables: ticketVariables, text: '{number}  {type}  {when}  {amount}', html: ticketHtml },
  },
];

export const reissueTemplates: readonly Template[] = [
  ...WORDS.flatMap(inBothLanguages),
  ...plain,
  ...shipped,
  ...overdue,
  ...completedMail,
];
