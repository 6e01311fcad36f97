// What finance refuses, in both languages.
import { problem, type ProblemCatalogue } from '@tongpiao/service-shell';

export const problems: ProblemCatalogue = {
  'finance.payment-unknown': problem(
    404,
    ['没有此笔支付', 'There is no such payment'],
    ['找不到该支付单。', 'No payment of yours has this id.'],
  ),
  'finance.refund-unknown': problem(
    404,
    ['没有此笔退款', 'There is no such refund'],
    ['找不到该退款单。', 'No refund of yours has this id.'],
  ),
  'finance.refund-not-possible': problem(
    409,
    ['余额不足以退款', 'Not that much is left to refund'],
    [
      '该支付单已无足够金额可退：未到账，或已另行退还。',
      'The payment was not captured, or its money went back in another way.',
    ],
  ),
  'finance.refund-not-cash': problem(
    409,
    ['没有待付现金', 'No cash to hand over'],
    ['该退款不是待付的现金退款。', 'This refund is not one of cash that waits to be handed over.'],
  ),
  'finance.cursor-invalid': problem(
    400,
    ['翻页标记无效', 'The cursor is not valid'],
    ['请使用上一页返回的 next 值。', 'Use the value of next from the page before.'],
  ),
  'finance.accounts-too-early': problem(
    422,
    ['科目生效时间过早', 'The accounts begin too early'],
    [
      '科目表只适用于以后的记账，生效时间不得早于 {earliest}。',
      'Accounts change for what is booked later: from {earliest} at the earliest.',
    ],
  ),
  'finance.accounts-too-often': problem(
    409,
    ['科目表变更过多', 'Too many charts of accounts'],
    ['科目表最多变更 {limit} 次，请联系平台。', 'A chart of accounts changes {limit} times at most; ask the platform.'],
  ),
  'finance.moment-in-future': problem(
    400,
    ['时点在未来', 'That moment is still to come'],
    ['只能查询已经过去的时点。', 'Balances exist for moments that have passed.'],
  ),
};
