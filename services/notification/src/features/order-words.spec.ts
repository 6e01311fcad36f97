import { expect } from 'chai';
import { allNumbersOf, attachedOf, momentOf, numbersOf, soonOf, timeOf, timesOf } from './order-words.ts';

const ticket = {
  number: '0A7F3K9Q2M5X8C4',
  ticketType: { zh: '成人票', en: 'Adult' },
  sessionId: 'ses_1',
  date: '2026-12-01',
  startsAt: '2026-12-01T01:00:00Z',
  endsAt: '2026-12-01T11:00:00+08:00',
  amount: 12_000,
  qr: 'TP1',
};

describe('how an order is spoken of', () => {
  for (const [what, count, attached, zh, en] of [
    [
      'all are attached',
      3,
      3,
      '票面见附件PDF，可保存或打印。',
      'All tickets are attached as PDF, to keep or to print.',
    ],
    ['the only one is', 1, 1, '票面见附件PDF，可保存或打印。', 'The ticket is attached as PDF, to keep or to print.'],
    [
      'some are',
      60,
      50,
      '前50张票面见附件PDF，可保存或打印。另有10张未在此列出，请在订单中查看。',
      'The first 50 tickets are attached as PDF, to keep or to print. 10 more are not shown here; you find them in your order.',
    ],
    ['none is, and all are shown', 20, 0, '', ''],
    [
      'none is',
      22,
      0,
      '另有2张未在此列出，请在订单中查看。',
      '2 more are not shown here; you find them in your order.',
    ],
  ] as const)
    it(`SAL-32 of ${count} tickets: ${what}`, () => {
      expect(attachedOf(count, 20, attached, 'zh-CN')).to.equal(zh);
      expect(attachedOf(count, 20, attached, 'en')).to.equal(en);
    });

  it('NOT-02 times are those of a clock at the site', () => {
    expect(timeOf(ticket, 'Asia/Shanghai', 'zh-CN')).to.equal('12月1日09:00-11:00');
    expect(timeOf(ticket, 'Asia/Shanghai', 'en')).to.equal('Dec 1 09:00-11:00');
    expect(timeOf(ticket, 'Asia/Urumqi', 'zh-CN')).to.equal('12月1日07:00-09:00');
  });

  it('NOT-02 a session past midnight shows its beginning', () => {
    expect(timeOf({ ...ticket, endsAt: '2026-12-02T00:30:00+08:00' }, 'Asia/Shanghai', 'zh-CN')).to.equal(
      '12月1日09:00',
    );
  });

  it('NOT-02 several sessions are named by the first', () => {
    const other = { ...ticket, sessionId: 'ses_2', startsAt: '2026-12-01T02:00:00Z' };
    expect(timesOf([other, ticket], 'Asia/Shanghai', 'zh-CN')).to.equal('12月1日09:00-11:00等');
    expect(timesOf([ticket, ticket], 'Asia/Shanghai', 'en')).to.equal('Dec 1 09:00-11:00');
    expect(timesOf([ticket, other], 'Asia/Shanghai', 'en')).to.equal('Dec 1 09:00-11:00 and more');
    expect(timesOf([], 'Asia/Shanghai', 'en')).to.equal('');
  });

  it('NOT-02 one ticket by its number, several by the first and how many', () => {
    expect(numbersOf([ticket], 'zh-CN')).to.equal('0A7F3K9Q2M5X8C4');
    expect(numbersOf([ticket, ticket, ticket], 'zh-CN')).to.equal('0A7F3K9Q2M5X8C4等3张');
    expect(numbersOf([ticket], 'en')).to.equal('ticket 0A7F3K9Q2M5X8C4');
    expect(numbersOf([ticket, ticket], 'en')).to.equal('ticket 0A7F3K9Q2M5X8C4 and 1 more');
  });

  it('NOT-02 a moment has its day, a deadline of today only its time', () => {
    const [zone, told] = ['Asia/Shanghai', '2026-11-30T15:50:00Z'];
    expect(momentOf('2026-11-30T16:20:00Z', zone, 'zh-CN')).to.equal('12月1日00:20');
    expect(momentOf('2026-11-30T16:20:00Z', zone, 'en')).to.equal('Dec 1 00:20');
    expect(soonOf('2026-11-30T15:59:00Z', told, zone, 'zh-CN')).to.equal('23:59');
    expect(soonOf('2026-11-30T16:20:00Z', told, zone, 'zh-CN')).to.equal('1日00:20');
    expect(soonOf('2026-11-30T16:20:00Z', told, zone, 'en')).to.equal('Dec 1 00:20');
  });

  it('NOT-02 a mail lists up to ten numbers and says how many there are', () => {
    const numbers = Array.from({ length: 12 }, (_, index) => `N${index}`);
    expect(allNumbersOf(['N0'], 'zh-CN')).to.equal('N0');
    expect(allNumbersOf(['N0'], 'en')).to.equal('ticket N0');
    expect(allNumbersOf(['N0', 'N1'], 'zh-CN')).to.equal('N0、N1');
    expect(allNumbersOf(['N0', 'N1'], 'en')).to.equal('tickets N0, N1');
    expect(allNumbersOf(numbers, 'zh-CN')).to.equal('N0、N1、N2、N3、N4、N5、N6、N7、N8、N9等12张');
    expect(allNumbersOf(numbers, 'en')).to.equal('tickets N0, N1, N2, N3, N4, N5, N6, N7, N8, N9 and 2 more');
  });
});
