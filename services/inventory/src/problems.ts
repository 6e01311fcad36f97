// What inventory refuses, in both languages.
import { problem, type ProblemCatalogue } from '@tongpiao/service-shell';

export const problems: ProblemCatalogue = {
  'inventory.unknown-site': problem(
    422,
    ['景点或车站不存在', 'Unknown site'],
    ['本租户没有编号为 {siteId} 的景点或车站。', 'Your tenant has no site {siteId}.'],
  ),
  'inventory.unknown-hold': problem(
    409,
    ['占位尚未就绪', 'The hold is not there yet'],
    ['占位请求尚未处理，系统将自动重试。', 'The places have not been set aside yet; it is tried again by itself.'],
    1,
  ),
  'inventory.unknown-calendar': problem(
    404,
    ['日历不存在', 'Unknown calendar'],
    ['本租户没有此场次日历。', 'Your tenant has no such calendar of sessions.'],
  ),
  'inventory.calendar-end-past': problem(
    422,
    ['截止日期已过', 'The day is over'],
    ['日历最早可在今天（{today}）截止。', 'A calendar ends today ({today}) at the earliest.'],
  ),
  'inventory.unknown-session': problem(
    404,
    ['场次不存在', 'Unknown session'],
    ['本租户没有此场次。', 'Your tenant has no such session.'],
  ),
  'inventory.session-over': problem(
    409,
    ['场次已结束', 'The session is over'],
    [
      '场次已于 {endsAt} 结束，不能再取消或减少名额。',
      'It ended at {endsAt} and can no longer be cancelled or reduced.',
    ],
  ),
  'inventory.session-cancelled': problem(
    409,
    ['场次已取消', 'The session was cancelled'],
    ['已取消的场次不能恢复或更改。', 'A cancelled session cannot be opened again or changed.'],
  ),
  'inventory.capacity-not-lower': problem(
    409,
    ['新容量不低于现有容量', 'Not a lower capacity'],
    [
      '该场次当前容量为 {capacity}；如需增加名额，请直接修改场次容量。',
      'The session has a capacity of {capacity}; to raise it, change the session itself.',
    ],
  ),
  'inventory.day-not-over': problem(
    409,
    ['该日没有待安排的超额', 'Nothing left to reduce on that day'],
    [
      '该日超出最大承载量 {over} 个名额，其中 {going} 个已有减容或取消安排。',
      '{over} places are given out beyond the day’s maximum, and {going} of them are on their way out already.',
    ],
  ),
  'inventory.day-past': problem(
    409,
    ['该日已过', 'The day is past'],
    ['{date} 已过，不能再减容。', '{date} is past and can no longer be reduced.'],
  ),
  'inventory.no-session-ahead': problem(
    409,
    ['没有可减容的场次', 'No session left to reduce'],
    [
      '该日超出 {over} 个名额，但没有尚未开始且可减少名额的场次。',
      '{over} places are over the day’s maximum, but no session that has not begun has places to give up.',
    ],
  ),
  'inventory.capacity-needs-approval': problem(
    409,
    ['需要他人批准', 'A second person has to approve'],
    [
      '容量变动超过 {percent}%，请提交容量变更申请（capacity-proposals）由他人批准；减容时一并提交持票人的选择期限（decideWithinHours）；整日减容请用 reduction-proposals。',
      'The capacity changes by more than {percent} %: propose it (capacity-proposals, a reduction with its decideWithinHours; for a whole day reduction-proposals) and let somebody else approve.',
    ],
  ),
  'inventory.unknown-proposal': problem(
    404,
    ['申请不存在', 'Unknown proposal'],
    [
      '该申请不存在，或已因场次变动而失效。',
      'There is no such proposal, or the session has changed since it was made.',
    ],
  ),
  'inventory.own-proposal': problem(
    409,
    ['不能批准自己的申请', 'One’s own proposal'],
    ['容量变更须由申请人以外的人批准。', 'Somebody other than the proposer has to approve the change.'],
  ),
  'inventory.capacity-below-sold': problem(
    409,
    ['容量低于已售数量', 'Capacity below what is sold'],
    [
      '已占用或售出的名额多于新容量 {capacity}，请先处理已售票，或以减容方案（reductions）安排持票人。',
      'More places are held or sold than the new capacity of {capacity}; settle the sold tickets first, or reduce the session with a plan for their holders.',
    ],
  ),
};
