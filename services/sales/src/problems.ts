// What sales refuses, in both languages. Codes are stable for ever.
import { naming, problem, type ProblemCatalogue } from '@tongpiao/service-shell';
import { GATE_WORDS } from './gate/gate-words.ts';
import {
  ELIGIBILITY_WORDS,
  EXCEPTION_WORDS,
  EXCHANGE_END_WORDS,
  ORDER_WORDS,
  PRODUCT_WORDS,
  TICKET_WORDS,
} from './status-words.ts';

export const problems: ProblemCatalogue = {
  'sales.unknown-session': problem(
    422,
    ['场次不存在', 'Unknown session'],
    ['第 {lineNumber} 行的场次不存在，请重新选择。', 'The session of line {lineNumber} does not exist; choose again.'],
  ),
  'sales.unknown-product': problem(
    422,
    ['产品不存在', 'Unknown product'],
    ['第 {lineNumber} 行的产品不存在。', 'The product of line {lineNumber} does not exist.'],
  ),
  'sales.unknown-ticket-type': problem(
    422,
    ['票种不存在', 'Unknown ticket type'],
    ['票种 {ticketTypeId} 不存在。', 'There is no ticket type {ticketTypeId}.'],
  ),
  'sales.unknown-site': problem(
    422,
    ['景点或车站不存在', 'Unknown site'],
    ['本租户没有编号为 {siteId} 的景点或车站。', 'Your tenant has no site {siteId}.'],
  ),
  'sales.unknown-gate': problem(
    422,
    ['闸机不存在', 'Unknown gate'],
    ['闸机 {gateId} 不属于当前设备或租户。', 'Gate {gateId} is not this device’s or this tenant’s.'],
  ),
  'sales.no-price': problem(
    422,
    ['暂无价格', 'No price'],
    ['第 {lineNumber} 行的票种在该日期和渠道没有价格。', 'Line {lineNumber} has no price for this day and channel.'],
  ),
  'sales.not-on-sale': problem(
    409,
    ['产品未在售', 'Not on sale'],
    ['第 {lineNumber} 行的产品当前未在售。', 'The product of line {lineNumber} is not on sale.'],
  ),
  'sales.not-on-sale-yet': problem(
    409,
    ['尚未开售', 'Not on sale yet'],
    ['开售时间：{from}。', 'The sale begins at {from}.'],
  ),
  'sales.sale-over': problem(
    409,
    ['已停售', 'The sale is over'],
    ['第 {lineNumber} 行的产品已停售。', 'The sale of line {lineNumber} is over.'],
  ),
  'sales.session-closed': problem(
    409,
    ['场次已关闭', 'The session is closed'],
    ['第 {lineNumber} 行的场次已关闭，请选择其他场次。', 'The session of line {lineNumber} is closed; choose another.'],
  ),
  'sales.session-past': problem(
    409,
    ['场次已结束或停止售票', 'The session is past'],
    ['第 {lineNumber} 行的场次已结束或停止售票。', 'The session of line {lineNumber} is over, or its sale has ended.'],
  ),
  'sales.site-full': problem(
    409,
    ['园区已达承载上限', 'The site is full'],
    [
      '第 {lineNumber} 行的景点今日已达最大承载量，暂停售票，请稍后再试或选择其他日期。',
      'The site of line {lineNumber} carries no more people today; try again later or choose another day.',
    ],
    60,
  ),
  'sales.presale-not-open': problem(
    409,
    ['超出预售期', 'Beyond the presale window'],
    ['目前可预订至 {lastDay}。', 'Bookings are open until {lastDay}.'],
  ),
  'sales.names-required': problem(
    422,
    ['需要实名信息', 'Names are required'],
    [
      '第 {lineNumber} 行为实名票，请填写每位游客的姓名和证件。',
      'Line {lineNumber} is a real-name ticket: give name and document of each traveller.',
    ],
  ),
  'sales.not-eligible': naming(
    ELIGIBILITY_WORDS,
    problem(
      422,
      ['不符合票种条件', 'Not eligible'],
      [
        '第 {lineNumber} 行第 {travellerNumber} 位游客不符合该票种条件（{reason}）。',
        'Traveller {travellerNumber} of line {lineNumber} does not fit this ticket type ({reason}).',
      ],
    ),
  ),
  'sales.too-many-tickets': problem(
    422,
    ['超过购票上限', 'Too many tickets'],
    ['每单最多 {limit} 张。', 'An order has at most {limit} tickets.'],
  ),
  'sales.too-many-of-type': problem(
    422,
    ['该票种超过上限', 'Too many of this type'],
    ['该票种每单最多 {limit} 张。', 'An order has at most {limit} tickets of this type.'],
  ),
  'sales.must-be-accompanied': problem(
    422,
    ['需成人陪同', 'Must be accompanied'],
    ['该票种须与成人票同单购买。', 'This ticket type needs a grown-up in the same order.'],
  ),
  'sales.stale-quote': problem(
    409,
    ['报价已失效', 'The quote is stale'],
    ['价格或有效期已变化，请确认新的报价。', 'Price or validity have changed; please confirm the new quote.'],
  ),
  'sales.span-too-long': problem(
    400,
    ['日期范围无效', 'The span is not valid'],
    [
      '结束日期须不早于开始日期，且最多 {maxDays} 天。',
      'The end is not before the start, and the span has at most {maxDays} days.',
    ],
  ),
  'sales.order-not-payable-yet': problem(
    409,
    ['尚不能支付', 'Not payable yet'],
    ['正在为订单占位，请稍后重试。', 'The places are being set aside; try again in a moment.'],
    1,
  ),
  'sales.order-already-paid': problem(
    409,
    ['订单已支付', 'Already paid'],
    ['订单已支付，不能重复支付或取消。', 'The order is paid: it can be neither paid again nor cancelled.'],
  ),
  'sales.session-cancelled': problem(
    409,
    ['场次已取消', 'The session is cancelled'],
    [
      '该场次已取消，无需支付；订单或改签将自动关闭。',
      'The session is cancelled and nothing is to be paid; the order or exchange ends by itself.',
    ],
  ),
  'sales.order-ended': naming(
    ORDER_WORDS,
    problem(
      409,
      ['订单已结束', 'The order has ended'],
      ['订单状态为“{status}”，请重新下单。', 'The order is {status}; please place a new one.'],
    ),
  ),
  'sales.order-unknown': problem(
    409,
    ['订单尚未就绪', 'The order is not there yet'],
    ['请稍后重试。', 'Try again in a moment.'],
    1,
  ),
  'sales.unknown-reduction': problem(
    409,
    ['尚未收到该场次减量的消息', 'The reduction has not been heard of yet'],
    ['请稍后重试。', 'Try again in a moment.'],
    1,
  ),
  'sales.tenant-unknown': problem(
    409,
    ['租户尚未就绪', 'The tenant is not known yet'],
    ['租户信息尚未同步，系统将自动重试。', 'The tenant has not been told to us yet; it is tried again by itself.'],
    1,
  ),
  'sales.order-unpaid': problem(
    409,
    ['订单未支付', 'The order is not paid'],
    ['订单尚未支付。', 'The order is not paid yet.'],
    1,
  ),
  'sales.too-many-payments': problem(
    409,
    ['支付次数过多', 'Too many payments'],
    ['每个订单最多发起 {limit} 次支付。', 'An order can start at most {limit} payments.'],
  ),
  'sales.method-not-allowed': problem(
    403,
    ['支付方式不可用', 'Payment method not allowed'],
    ['支付方式 {method} 仅供演示租户使用。', 'Method {method} is for demo tenants only.'],
  ),
  'sales.too-many-unpaid': problem(
    409,
    ['未支付订单过多', 'Too many unpaid orders'],
    [
      '最多同时有 {limit} 个未支付订单，请先支付或取消。',
      'At most {limit} orders may be unpaid at a time; pay or cancel one first.',
    ],
  ),
  'sales.document-has-ticket': problem(
    409,
    ['该证件已有本场次的票', 'The document has a ticket already'],
    ['证件 {document} 已购买本场次门票。', 'Document {document} has a ticket for this session already.'],
  ),
  'sales.document-limit': problem(
    409,
    ['该证件超过购票上限', 'The document’s limit is reached'],
    ['证件 {document} 当日最多购买 {limit} 张。', 'Document {document} may have at most {limit} tickets for this day.'],
  ),
  'sales.ticket-number-invalid': problem(
    400,
    ['票号无效', 'Not a ticket number'],
    ['请核对票号，注意易混淆字符。', 'Compare the number with the ticket; mind characters that look alike.'],
  ),
  'sales.ticket-refused': naming(
    GATE_WORDS,
    problem(409, ['不能入园', 'Not admitted'], ['原因：{reason}。', 'Reason: {reason}.']),
  ),
  'sales.cursor-invalid': problem(
    400,
    ['游标无效', 'Not a cursor'],
    ['请使用上一次应答中的游标，或不带游标重新获取。', 'Send the cursor of the last answer, or none to begin anew.'],
  ),
  'sales.scan-in-future': problem(
    409,
    ['记录时间超前', 'The scan is ahead of time'],
    [
      '记录时间 {at} 晚于平台时间，请校准设备时钟后重传。',
      'The scan’s time {at} is ahead of ours; set the clock and hand it in later.',
    ],
  ),
  'sales.incident-closed': problem(
    409,
    ['事件已办结', 'The incident is closed'],
    ['该事件已于 {at} 办结。', 'The incident was closed at {at}.'],
  ),
  'sales.too-many-scans': problem(
    409,
    ['补传记录过多', 'Too many scans of one ticket'],
    [
      '同一张票最多补传 {limit} 条记录，请检查设备。',
      'At most {limit} scans of one ticket are taken; have the device looked at.',
    ],
  ),
  'sales.no-traveller': problem(
    404,
    ['无实名信息', 'No traveller on record'],
    ['此票未登记实名信息。', 'No name is kept with this ticket.'],
  ),
  'sales.product-retired': problem(
    409,
    ['产品已下架', 'The product is retired'],
    ['已下架的产品不能修改。', 'A retired product does not change.'],
  ),
  'sales.fee-rules-in-force': problem(
    409,
    ['退改规则已生效', 'Fee rules are in force'],
    [
      '{effectiveFrom} 起的规则（{kind}）已生效，已售票适用该规则，不能修改或删除；请新增将来生效的规则。',
      'The rules ({kind}) from {effectiveFrom} have begun, and sold tickets go by them: they can neither change nor go. Add rules that begin later.',
    ],
  ),
  'sales.fee-rules-too-early': problem(
    409,
    ['退改规则须自将来生效', 'Fee rules begin too early'],
    [
      '新规则（{kind}）的生效时间 {effectiveFrom} 已过，须晚于当前时间。',
      'New rules ({kind}) begin in the future; {effectiveFrom} is over.',
    ],
  ),
  'sales.product-status': naming(
    PRODUCT_WORDS,
    problem(
      409,
      ['状态不可变更', 'The status cannot change like this'],
      ['产品不能从“{from}”变为“{to}”。', 'A product cannot go from {from} to {to}.'],
    ),
  ),
  'sales.ticket-used': problem(
    409,
    ['票已使用', 'The ticket was used'],
    [
      '此票已检票入园，按规则不能退改。',
      'The ticket was used already; by the rules it is neither given back nor exchanged.',
    ],
  ),
  'sales.ticket-not-living': naming(
    TICKET_WORDS,
    problem(
      409,
      ['票已失效', 'The ticket is not valid'],
      ['此票状态为“{status}”，不能办理。', 'The ticket is {status}; nothing more can be done with it.'],
    ),
  ),
  'sales.refund-window-over': problem(
    409,
    ['已过退票时间', 'The time to give it back is over'],
    [
      '按退票规则，该场次（{startsAt}）已不可退票。特殊情况请联系客服申请。',
      'By its rules the ticket (starts {startsAt}) cannot be given back any more. Ask the desk for an exception.',
    ],
  ),
  'sales.stale-refund-quote': problem(
    409,
    ['退改签报价已变化', 'The quote is stale'],
    ['手续费或金额已变化，请按新的报价确认。', 'Fee or amount have changed; confirm the new quote.'],
  ),
  'sales.refund-exception-open': problem(
    409,
    ['已有未结的特殊退票申请', 'A request is open'],
    [
      '此票已有未结的特殊退票申请（{exceptionId}）。',
      'A refund beyond the rules is asked for this ticket already ({exceptionId}).',
    ],
  ),
  'sales.refund-exception-amount': problem(
    422,
    ['申请金额有误', 'The amount does not fit'],
    ['申请金额须大于 0 且不超过票价（{max} 分）。', 'Ask for more than nothing and at most the price ({max} fen).'],
  ),
  'sales.refund-exception-own': problem(
    403,
    ['不能审批本人的申请', 'Not your own'],
    ['申请人不能审批自己的申请，请由他人审批。', 'Somebody else has to decide what you have asked for.'],
  ),
  'sales.refund-exception-too-large': problem(
    403,
    ['金额超出审批权限', 'Beyond your bound'],
    [
      '您可审批的金额上限为 {limit} 分，请由上级审批。',
      'You may decide up to {limit} fen; larger amounts need the right for large ones.',
    ],
  ),
  'sales.refund-exception-decided': naming(
    EXCEPTION_WORDS,
    problem(
      409,
      ['申请已处理', 'It is decided already'],
      ['申请状态为“{status}”，不能再变更。', 'The request is {status} and does not change any more.'],
    ),
  ),
  'sales.refund-exception-not-yours': problem(
    403,
    ['只有申请人可撤回', 'Not yours to take back'],
    ['只有提出申请的人可以撤回。', 'Only who has asked for it can take it back.'],
  ),
  'sales.refund-not-the-price': problem(
    422,
    ['退款金额有误', 'Amounts do not add up'],
    ['手续费与退款之和须等于票价。', 'Fee and returned money must add up to the price of the ticket.'],
  ),
  'sales.exchange-to-the-same': problem(
    422,
    ['场次未变', 'The same session'],
    ['此票已是该场次，请选择其他场次。', 'The ticket is for this session already; choose another.'],
  ),
  'sales.exchange-limit': problem(
    409,
    ['改签次数已用完', 'Exchanged as often as allowed'],
    ['每张票最多改签 {limit} 次。', 'A ticket can be exchanged {limit} times at most.'],
  ),
  'sales.exchange-window-over': problem(
    409,
    ['已过改签时间', 'The time to exchange is over'],
    ['该场次（{startsAt}）已过改签时间。', 'The time to exchange this ticket (starts {startsAt}) is over.'],
  ),
  'sales.exchange-not-to-this-product': problem(
    422,
    ['不可改签为该产品', 'Not to this product'],
    ['按改签规则，此票不能改为该产品。', 'By its rules the ticket cannot be exchanged to this product.'],
  ),
  'sales.exchange-not-to-this-type': problem(
    422,
    ['不可变更票种', 'Not to this ticket type'],
    ['按改签规则，不能变更票种或人数。', 'By its rules neither the ticket type nor the number of people can change.'],
  ),
  'sales.exchange-under-way': problem(
    409,
    ['改签办理中', 'An exchange is under way'],
    ['此票正在改签，请先完成或取消。', 'The ticket is being exchanged; complete or cancel that first.'],
  ),
  'sales.too-many-exchanges': problem(
    409,
    ['改签次数过多', 'Too many exchanges were begun'],
    ['每张票最多发起 {limit} 次改签。', 'At most {limit} exchanges can be begun for one ticket.'],
  ),
  'sales.exchange-settled': problem(
    409,
    ['改签已完成', 'The exchange is settled'],
    ['改签已生效，不能取消。', 'The exchange has taken effect and cannot be cancelled.'],
  ),
  'sales.exchange-ended': naming(
    EXCHANGE_END_WORDS,
    problem(
      409,
      ['改签已结束', 'The exchange has ended'],
      ['改签已结束（{reason}），请重新办理。', 'The exchange has ended ({reason}); begin anew.'],
    ),
  ),
  'sales.ticket-changed': problem(
    409,
    ['票已变更', 'The ticket has changed'],
    ['此票在办理期间已变更，请重新办理。', 'The ticket has changed meanwhile; begin anew.'],
  ),
  'sales.ticket-printed-already': problem(
    409,
    ['票已打印', 'Printed already'],
    [
      '此票已打印（序列号 {serial}，{at}）。再次打印须办理补票。',
      'The ticket was printed (serial {serial}, {at}). A second print is a reissue.',
    ],
  ),
  'sales.serial-used': problem(
    409,
    ['票纸已使用', 'The sheet is used'],
    ['序列号 {serial} 的票纸已打印其他票，请换一张。', 'The sheet {serial} holds another ticket; take a new one.'],
  ),
  'sales.waiting-list-closed': problem(
    409,
    ['不支持候补', 'No waiting list'],
    ['该产品不支持候补购票。', 'This product has no waiting list.'],
  ),
  'sales.waiting-list-one-session': problem(
    422,
    ['候补只限一个场次', 'One session only'],
    ['候补订单只能包含一个场次。', 'An order on the waiting list is for one session.'],
  ),
  'sales.waiting-list-deadline': problem(
    422,
    ['候补截止时间有误', 'The deadline does not fit'],
    [
      '候补截止时间须晚于现在且不晚于场次停止售票时间 {latest}。',
      'The deadline must be in the future and not after the session’s sale ends ({latest}).',
    ],
  ),
  'sales.exchange-unknown': problem(
    409,
    ['改签尚未建立', 'The exchange is not there yet'],
    ['改签正在建立，请稍后再试。', 'The exchange is being set up; try again in a moment.'],
  ),
  'sales.exchange-not-settled': problem(
    409,
    ['改签尚未结清', 'The exchange is not settled yet'],
    ['新座位或差价尚未落实，请稍后再试。', 'The new place or the difference is still open; try again in a moment.'],
  ),
  'sales.order-without-tickets': problem(
    409,
    ['订单尚无票', 'The order has no tickets yet'],
    ['订单尚未出票，请稍后再试。', 'The order has no tickets yet; try again in a moment.'],
  ),
  'sales.ticket-expired': problem(
    409,
    ['票已过期', 'The ticket has expired'],
    ['此票已过有效期，不能办理。', 'The ticket is past its time; nothing more can be done with it.'],
  ),
  'sales.ticket-frozen': problem(
    409,
    ['票已冻结', 'The ticket is frozen'],
    ['此票正由另一补票申请冻结。', 'Another application has frozen the ticket.'],
  ),
};

/** What a quote may be refused for; orders add to it. */
export const QUOTE_PROBLEMS: readonly string[] = [
  'sales.unknown-session',
  'sales.unknown-product',
  'sales.unknown-ticket-type',
  'sales.no-price',
  'sales.not-on-sale',
  'sales.not-on-sale-yet',
  'sales.sale-over',
  'sales.session-closed',
  'sales.session-past',
  'sales.presale-not-open',
  'sales.site-full',
  'sales.not-eligible',
  'sales.too-many-tickets',
  'sales.too-many-of-type',
  'sales.must-be-accompanied',
];

/** What an exchange may be refused with, besides what any sale may be. */
export const EXCHANGE_PROBLEMS = [
  'sales.ticket-number-invalid',
  'sales.ticket-used',
  'sales.ticket-not-living',
  'sales.exchange-to-the-same',
  'sales.exchange-limit',
  'sales.exchange-window-over',
  'sales.exchange-not-to-this-product',
  'sales.exchange-not-to-this-type',
] as const;
