// The words that ship, rendered in both languages and counted; and what is refused when templates are loaded.
import { expect } from 'chai';
import { countSegments } from '../adapters/segments.ts';
import { afterSaleTemplates } from './after-sale-templates.ts';
import { reissueTemplates } from './reissue-templates.ts';
import { DEFAULT_TEMPLATES } from './default-templates.ts';
import {
  assertValues,
  bounded,
  hidePersonal,
  loadTemplates,
  longestOf,
  renderMail,
  renderSms,
  type MailTemplate,
  type SmsTemplate,
  type Template,
  type Values,
} from './template.ts';

const templates = loadTemplates(DEFAULT_TEMPLATES);

const given: Readonly<Record<string, Readonly<Record<'zh-CN' | 'en', Values>>>> = {
  'order-fulfilled': {
    'zh-CN': { product: '分时入园门票', when: '12月1日09:00-11:00', tickets: '0A7F3K9Q2M5X8C4等2张' },
    en: {
      product: 'Timed entry',
      when: 'Dec 1 09:00-11:00',
      tickets: 'ticket 0A7F3K9Q2M5X8C4 and 1 more',
    },
  },
  'order-expired': { 'zh-CN': { product: '分时入园门票' }, en: { product: 'Timed entry' } },
  'order-cancelled': { 'zh-CN': { product: '分时入园门票' }, en: { product: 'Timed entry' } },
  'order-rejected': { 'zh-CN': { product: '分时入园门票' }, en: { product: 'Timed entry' } },
  'payment-returned': {
    'zh-CN': { product: '分时入园门票', amount: '¥240.00' },
    en: { product: 'Timed entry', amount: '¥240.00' },
  },
  code: { 'zh-CN': { code: '482913', minutes: '5' }, en: { code: '482913', minutes: '5' } },
  'tickets-refunded': {
    'zh-CN': { tickets: '0A7F3K9Q2M5X8C4', fee: '¥12.00', amount: '¥108.00' },
    en: { tickets: 'ticket 0A7F3K9Q2M5X8C4', fee: '¥12.00', amount: '¥108.00' },
  },
  'tickets-refunded-free': {
    'zh-CN': { cause: '场次取消', tickets: '0A7F3K9Q2M5X8C4', amount: '¥120.00' },
    en: { cause: 'The session is cancelled', tickets: 'ticket 0A7F3K9Q2M5X8C4', amount: '¥120.00' },
  },
  'tickets-refunded-cash': {
    'zh-CN': { tickets: '0A7F3K9Q2M5X8C4', fee: '¥12.00', amount: '¥108.00' },
    en: { tickets: 'ticket 0A7F3K9Q2M5X8C4', fee: '¥12.00', amount: '¥108.00' },
  },
  'tickets-refunded-free-cash': {
    'zh-CN': { cause: '场次取消', tickets: '0A7F3K9Q2M5X8C4', amount: '¥120.00' },
    en: { cause: 'The session is cancelled', tickets: 'ticket 0A7F3K9Q2M5X8C4', amount: '¥120.00' },
  },
  'tickets-given-back': {
    'zh-CN': { tickets: '0A7F3K9Q2M5X8C4', fee: '¥120.00' },
    en: { tickets: 'ticket 0A7F3K9Q2M5X8C4', fee: '¥120.00' },
  },
  'exchange-completed': {
    'zh-CN': { product: '分时入园门票', when: '12月2日09:00-11:00', number: '0A8G4M1R3N6Y9D5' },
    en: { product: 'Timed entry', when: 'Dec 2 09:00-11:00', number: '0A8G4M1R3N6Y9D5' },
  },
  'exchange-failed': {
    'zh-CN': { product: '分时入园门票', number: '0A7F3K9Q2M5X8C4' },
    en: { product: 'Timed entry', number: '0A7F3K9Q2M5X8C4' },
  },
  'exchange-failed-returned': {
    'zh-CN': { product: '分时入园门票', number: '0A7F3K9Q2M5X8C4', amount: '¥35.00' },
    en: { product: 'Timed entry', number: '0A7F3K9Q2M5X8C4', amount: '¥35.00' },
  },
  'waiting-joined': {
    'zh-CN': { product: '分时入园门票', when: '12月1日09:00', position: '3', until: '11月30日20:00' },
    en: { product: 'Timed entry', when: 'Dec 1 09:00', position: '3', until: 'Nov 30 20:00' },
  },
  'waiting-served': {
    'zh-CN': { product: '分时入园门票', when: '12月1日09:00', payBy: '10:30', amount: '¥240.00' },
    en: { product: 'Timed entry', when: 'Dec 1 09:00', payBy: '10:30', amount: '¥240.00' },
  },
  'session-cancelled': {
    'zh-CN': { when: '12月1日09:00', reason: '大风停园', until: '11月30日20:00' },
    en: { when: 'Dec 1 09:00', reason: 'storm', until: 'Nov 30 20:00' },
  },
  'session-reduced': {
    'zh-CN': { when: '12月1日09:00', reason: '栈道维修', until: '11月30日20:00' },
    en: { when: 'Dec 1 09:00', reason: 'repairs', until: 'Nov 30 20:00' },
  },
  'session-kept': {
    'zh-CN': { when: '12月1日09:00', tickets: '0A7F3K9Q2M5X8C4等2张' },
    en: { when: 'Dec 1 09:00', tickets: 'ticket 0A7F3K9Q2M5X8C4 and 1 more' },
  },
};

const lost = {
  'zh-CN': { product: '分时入园门票', kind: '补发' },
  en: { product: 'Timed entry', kind: 'replacement' },
};
const ofCase = (zh: Values, en: Values = zh): Readonly<Record<'zh-CN' | 'en', Values>> => ({
  'zh-CN': { ...lost['zh-CN'], ...zh },
  en: { ...lost.en, ...en },
});
const [number, until] = ['0A7F3K9Q2M5X8C4', '12月1日10:00'];
const givenOfCase: typeof given = {
  'reissue-received': ofCase({ number }),
  'reissue-received-frozen': ofCase({ number }),
  'reissue-document': ofCase({ until }, { until: 'Dec 1 10:00' }),
  'reissue-waiting': ofCase({}),
  'reissue-material': ofCase(
    { wanted: '购票支付记录', until },
    { wanted: 'a record of the payment', until: 'Dec 1 10:00' },
  ),
  'reissue-material-reminder': ofCase({ until }, { until: 'Dec 1 10:00' }),
  'reissue-fee-due': ofCase({ fee: '¥5.00', until }, { fee: '¥5.00', until: 'Dec 1 10:00' }),
  'reissue-refused': ofCase(
    { why: '经审核不符合条件', until },
    { why: 'the review decided against it', until: 'Dec 8 10:00' },
  ),
  'reissue-refused-final': ofCase({ why: '该票已检票使用' }, { why: 'the ticket was used' }),
  'reissue-refused-returned': ofCase(
    { why: '该票已检票使用', amount: '¥5.00' },
    { why: 'the ticket was used', amount: '¥5.00' },
  ),
  'reissue-refused-cash': ofCase(
    { why: '该票已检票使用', amount: '¥5.00' },
    { why: 'the ticket was used', amount: '¥5.00' },
  ),
  'reissue-appealed': ofCase({}),
  'reissue-withdrawn': ofCase({ number }),
  'reissue-closed': ofCase({ why: '未按时缴费', number }, { why: 'the fee was not paid in time', number }),
  'reissue-completed': ofCase({ number }),
  'reissue-shipped': ofCase(
    { carrier: '中国邮政', tracking: 'EA123456789CN' },
    { carrier: 'China Post', tracking: 'EA123456789CN' },
  ),
};

const EN_SEGMENTS: Readonly<Record<string, number>> = { 'reissue-received-frozen': 3 };

/** What each SMS costs with usual values: a text that gets dearer should be noticed here. */
const segments: Readonly<Record<string, Readonly<Record<'zh-CN' | 'en', number>>>> = {
  'order-fulfilled': { 'zh-CN': 1, en: 2 },
  'order-expired': { 'zh-CN': 1, en: 1 },
  'order-cancelled': { 'zh-CN': 1, en: 1 },
  'order-rejected': { 'zh-CN': 1, en: 2 },
  'payment-returned': { 'zh-CN': 1, en: 2 },
  code: { 'zh-CN': 1, en: 1 },
  'tickets-refunded': { 'zh-CN': 1, en: 2 },
  'tickets-refunded-free': { 'zh-CN': 1, en: 2 },
  'tickets-refunded-cash': { 'zh-CN': 1, en: 2 },
  'tickets-refunded-free-cash': { 'zh-CN': 1, en: 2 },
  'tickets-given-back': { 'zh-CN': 1, en: 2 },
  'exchange-completed': { 'zh-CN': 1, en: 2 },
  'exchange-failed': { 'zh-CN': 1, en: 2 },
  'exchange-failed-returned': { 'zh-CN': 1, en: 2 },
  'waiting-joined': { 'zh-CN': 1, en: 2 },
  'waiting-served': { 'zh-CN': 1, en: 2 },
  'session-cancelled': { 'zh-CN': 1, en: 2 },
  'session-reduced': { 'zh-CN': 1, en: 2 },
  'session-kept': { 'zh-CN': 1, en: 2 },
  ...Object.fromEntries(Object.keys(givenOfCase).map((id) => [id, { 'zh-CN': 1, en: EN_SEGMENTS[id] ?? 2 }])),
};

const isSms = (template: Template): template is SmsTemplate => template.channel === 'sms';
const mailOf = (id: string, language: 'zh-CN' | 'en'): MailTemplate => {
  const template = templates.newest(id, 'email', language);
  if (template.channel !== 'email') throw new Error('not a mail');
  return template;
};

describe('templates', () => {
  for (const template of DEFAULT_TEMPLATES.filter(isSms)) {
    const { id, language } = template;
    it(`NOT-07 ${id} (${language}) carries the signature and costs ${segments[id]?.[language] ?? '?'} segments`, () => {
      const { text } = renderSms(template, '云台山', { ...given, ...givenOfCase }[id]?.[language] ?? {});
      expect(text).to.match(/^【云台山】/);
      expect(text).not.to.match(/[{}]/);
      expect(countSegments(text)).to.equal(segments[id]?.[language]);
    });
  }

  it('NOT-07 a Chinese SMS fits one segment whatever its values are, and two where it names several tickets', () => {
    for (const template of DEFAULT_TEMPLATES.filter(isSms).filter(({ language }) => language === 'zh-CN'))
      expect(longestOf(template), template.id).to.be.at.most(template.id === 'order-fulfilled' ? 134 : 70);
  });

  it('NOT-07 a Chinese SMS about an order of one ticket fits one segment with its longest values', () => {
    const template = templates.newest('order-fulfilled', 'sms', 'zh-CN');
    if (template.channel !== 'sms') throw new Error('not an SMS');
    const tickets = '0A7F3K9Q2M5X8C4';
    const { text } = renderSms(template, '一二三四五六七八九十甲乙', {
      product: '门'.repeat(20),
      when: '时'.repeat(20),
      tickets,
    });
    expect(text).to.contain(`票号${tickets}。`);
    expect(countSegments(text)).to.equal(1);
  });

  it('NOT-07 no amount and no number is ever cut', () => {
    for (const template of [...afterSaleTemplates, ...reissueTemplates].filter(isSms)) {
      const { amount, fee, number } = template.variables;
      for (const [bound, value] of [
        [amount, '¥999999.99'],
        [fee, '¥999999.99'],
        [number, '0A7F3K9Q2M5X8C4'],
      ] as const)
        if (bound !== undefined) expect(bounded(value, bound.max), template.id).to.equal(value);
    }
  });

  it('no message carries a link: there is no page that it could lead to', () => {
    for (const template of DEFAULT_TEMPLATES) expect(JSON.stringify(template), template.id).not.to.match(/link|href/);
  });

  it('NOT-07 longer values are cut, so that no SMS gets longer than its template allows', () => {
    const template = templates.newest('order-fulfilled', 'sms', 'zh-CN');
    if (template.channel !== 'sms') throw new Error('not an SMS');
    const long = Object.fromEntries(Object.keys(template.variables).map((name) => [name, '门'.repeat(500)]));
    const { text } = renderSms(template, '一二三四五六七八九十甲乙', long);
    expect(text.length).to.equal(longestOf(template));
    expect(countSegments(text)).to.equal(2);
  });

  it('NOT-07 a signature in Latin letters stands in square brackets, so that an English text may stay in its alphabet', () => {
    const template = templates.newest('code', 'sms', 'en');
    if (template.channel !== 'sms') throw new Error('not an SMS');
    expect(renderSms(template, 'Yuntai', given['code']?.en ?? {}).text).to.equal(
      '[Yuntai]Your code is 482913, valid for 5 minutes. Tell nobody.',
    );
  });

  for (const language of ['zh-CN', 'en'] as const) {
    it(`NOT-02 the mail of an order shows every ticket (${language})`, () => {
      const item = { number: '0A7F3K9Q2M5X8C4', type: '成人票', when: '12月1日09:00-11:00', amount: '¥120.00' };
      const values = {
        name: '<张三>',
        product: '门票',
        order: 'ord_1',
        count: '2',
        total: '¥240.00',
        more: '',
      };
      const mail = renderMail(
        mailOf('order-fulfilled', language),
        { values, items: [item, { ...item, number: '0A7F3K9Q2M5X8C5' }] },
        (_, index) => `<img alt="${index}">`,
      );
      expect(mail.text).to.contain('0A7F3K9Q2M5X8C4').and.contain('0A7F3K9Q2M5X8C5').and.contain('<张三>');
      expect(mail.html).to.contain('<img alt="0">').and.contain('<img alt="1">').and.contain('&lt;张三&gt;');
      expect(mail.html + mail.text + mail.subject).not.to.match(/[{}]/);
    });

    it(`NOT-02 every mail is complete with its declared values (${language})`, () => {
      for (const template of DEFAULT_TEMPLATES) {
        if (template.channel !== 'email' || template.language !== language) continue;
        const values = Object.fromEntries(Object.keys(template.variables).map((name) => [name, name]));
        const mail = renderMail(template, { values, items: [] }, () => '');
        expect(mail.subject + mail.text + mail.html, template.id).not.to.match(/[{}]/);
      }
    });
  }

  it('NOT-02 every template exists in both languages, with the same variables', () => {
    for (const { id, channel, variables } of DEFAULT_TEMPLATES)
      for (const language of ['zh-CN', 'en'] as const)
        expect(Object.keys(templates.newest(id, channel, language).variables)).to.have.members(Object.keys(variables));
  });

  it('NOT-02 a variable that is used and not declared, or declared and not used, is refused when templates are loaded', () => {
    const base = { id: 'x', channel: 'sms', language: 'en', version: 1 } as const;
    expect(() => loadTemplates([{ ...base, variables: {}, text: 'Hello {name}' }])).to.throw('{name} is not declared');
    expect(() => loadTemplates([{ ...base, variables: { name: { max: 5 } }, text: 'Hello' }])).to.throw('not used');
    expect(() => loadTemplates([{ ...base, variables: { name: { max: 600 } }, text: '{name}' }])).to.throw(
      'longer than',
    );
    expect(() =>
      loadTemplates([
        { ...base, variables: {}, text: 'a' },
        { ...base, variables: {}, text: 'b' },
      ]),
    ).to.throw('defined twice');
    expect(() =>
      loadTemplates([{ ...base, channel: 'email', variables: {}, subject: 's', text: '{{items}}', html: '' }]),
    ).to.throw('{{items}}');
  });

  it('NOT-02 a message without a declared value is refused before it is stored', () => {
    const template = templates.newest('code', 'sms', 'en');
    expect(() => assertValues(template, { values: { code: '1' } })).to.throw('minutes');
    const mail = mailOf('order-fulfilled', 'en');
    const values = Object.fromEntries(Object.keys(mail.variables).map((name) => [name, '']));
    expect(() => assertValues(mail, { values, items: [{ number: '1' }] })).to.throw('item');
  });

  it('NOT-02 a new version does not change the words of messages that were made with the old one', () => {
    const base = { id: 'x', channel: 'sms', language: 'en', variables: {} } as const;
    const loaded = loadTemplates([
      { ...base, version: 1, text: 'old' },
      { ...base, version: 2, text: 'new' },
    ]);
    expect(loaded.newest('x', 'sms', 'en').version).to.equal(2);
    expect(loaded.at('x', 'sms', 'en', 1)).to.include({ text: 'old' });
  });

  it('PLA-11 staff see a code and a name as stars', () => {
    const template = templates.newest('code', 'sms', 'en');
    expect(hidePersonal(template, { values: { code: '482913', minutes: '5' } }).values).to.deep.equal({
      code: '***',
      minutes: '5',
    });
  });

  it('cuts at whole characters', () => {
    expect(bounded('门票', 5)).to.equal('门票');
    expect(bounded('👨‍👩‍👧门票门票', 3)).to.have.length.at.most(5);
    expect(bounded('abcdef', 4)).to.equal('abc…');
  });
});
