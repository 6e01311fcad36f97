// What a gate's screen says, in both languages.
import type { RefusalReason } from '../right/right.ts';

export const GATE_WORDS: Readonly<Record<RefusalReason | 'admitted', { zh: string; en: string }>> = {
  admitted: { zh: '请入园', en: 'Welcome' },
  unknown: { zh: '查无此票', en: 'Unknown ticket' },
  forged: { zh: '二维码无效，疑似伪造', en: 'The code is not genuine' },
  refunded: { zh: '此票已退', en: 'The ticket was refunded' },
  exchanged: { zh: '此票已改签', en: 'The ticket was exchanged' },
  voided: { zh: '此票已作废', en: 'The ticket is void' },
  superseded: { zh: '此票已补发，旧码失效', en: 'The ticket was replaced by a newer one' },
  frozen: { zh: '此票已冻结，请到服务台', en: 'The ticket is frozen; please go to the desk' },
  expired: { zh: '此票已过期', en: 'The ticket has expired' },
  'already-used': { zh: '此票已使用', en: 'The ticket was used already' },
  'wrong-site': { zh: '非本景点（站）的票', en: 'The ticket is for another site' },
  'wrong-day': { zh: '非当日票', en: 'The ticket is for another day' },
  'too-early': { zh: '未到检票时间', en: 'Check-in has not opened yet' },
  'too-late': { zh: '已过检票时间', en: 'Check-in is over' },
  'wrong-gate': { zh: '此票不能从本口进入', en: 'The ticket is for another gate' },
  'too-soon-again': { zh: '刚刚检过票，请稍后再入', en: 'The ticket was scanned a moment ago; please wait' },
  'too-many-people': { zh: '人数超过此票可入人数', en: 'The ticket does not admit that many people' },
  'wrong-person': { zh: '证件与购票人不符', en: 'The document is not the ticket holder’s' },
  'session-cancelled': {
    zh: '本场次已取消，请退票或改签',
    en: 'The session is cancelled; take your money or another one',
  },
  capacity: { zh: '园区已达最大承载量，请稍候', en: 'The site is full; please wait' },
};
