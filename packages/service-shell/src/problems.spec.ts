import { DomainError, NotYet, TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import { z } from 'zod';
import { fieldProblems, invalidField, InvalidRequest, pointer } from './field-errors.ts';
import { naming, problem, type ProblemCatalogue } from './problem-catalogue.ts';
import {
  assertCatalogueComplete,
  codesThrownUnder,
  codesWithoutSpecUnder,
  createProblems,
  type ProblemAnswer,
} from './problems.ts';
import { silentLogger } from './trial.ts';

const catalogue: ProblemCatalogue = {
  'sales.quote-stale': problem(
    409,
    ['报价已过期', 'The quote is stale'],
    ['请在 {until} 前下单。', 'Order before {until}.'],
  ),
  'sales.not-living': naming(
    { refunded: { zh: '已退票', en: 'refunded' } },
    problem(409, ['票已失效', 'Not valid'], ['此票{status}。', 'The ticket is {status}.']),
  ),
  'sales.not-paid-yet': problem(409, ['尚未支付', 'Not paid yet'], ['请稍后。', 'A moment.'], 2),
};
const problems = createProblems(catalogue);
function answer(error: unknown, language: 'zh-CN' | 'en' = 'en'): ProblemAnswer & { parsed: Record<string, unknown> } {
  const given = problems.answer(error, { language, traceId: 't1', instance: '/api/v1/x', logger: silentLogger });
  return { ...given, parsed: z.record(z.string(), z.unknown()).parse(JSON.parse(given.body)) };
}

describe('problems', () => {
  it('PLA-31 a refusal has type, title, status, detail, code and trace id, in the caller’s language', () => {
    const refused = new DomainError('sales.quote-stale', 'internal words', { until: '10:00', quoteId: 'quo_1' });
    expect(answer(refused).parsed).to.deep.equal({
      type: '/problems/sales.quote-stale',
      title: 'The quote is stale',
      status: 409,
      detail: 'Order before 10:00.',
      code: 'sales.quote-stale',
      instance: '/api/v1/x',
      traceId: 't1',
      until: '10:00',
      quoteId: 'quo_1',
    });
    expect(answer(refused, 'zh-CN').parsed).to.include({ title: '报价已过期', detail: '请在 10:00 前下单。' });
    expect(answer(refused, 'zh-CN').headers).to.include({ 'Content-Language': 'zh-CN', Vary: 'Accept-Language' });
  });

  it('PLA-31 a value that has a name is called by it, in each language, and stays a value for programs', () => {
    const refused = (status: string) => new DomainError('sales.not-living', 'internal words', { status });
    const told = (status: string) => answer(refused(status), 'zh-CN').parsed['detail'];
    expect(told('refunded')).to.equal('此票已退票。');
    expect(answer(refused('refunded')).parsed).to.include({ detail: 'The ticket is refunded.' });
    expect(told('of-tomorrow'), 'without a name').to.equal('此票of-tomorrow。');
    expect(told('constructor')).to.equal('此票constructor。');
  });

  it('data cannot overwrite what a problem says about itself', () => {
    const data = { status: 200, code: 'x', title: 'x', traceId: 'x', errors: [] };
    expect(answer(new DomainError('sales.quote-stale', '', data)).parsed).to.include({
      status: 409,
      code: 'sales.quote-stale',
      traceId: 't1',
      detail: 'Order before –.',
    });
  });

  it('what may be tried again says when', () => {
    expect(answer(new NotYet('sales.not-paid-yet', '')).headers).to.include({ 'Retry-After': '2' });
    expect(answer(new DomainError('platform.rate-limited', '', { retryAfterSeconds: 7.2 })).headers).to.include({
      'Retry-After': '8',
    });
    expect(answer(new TransientError('persistence.busy', 'x'))).to.include({
      status: 503,
      code: 'platform.unavailable',
    });
    expect(answer(new TransientError('persistence.busy', 'x')).headers).to.have.property('Retry-After');
  });

  it('PLA-31 an unknown error and an unknown code are 500, and nothing of them leaves', () => {
    for (const error of [
      new Error('secret detail'),
      new DomainError('sales.unheard-of', 'secret detail', { a: 1 }),
      'x',
      undefined,
    ]) {
      const given = answer(error);
      expect(given).to.include({ status: 500, code: 'platform.internal' });
      expect(given.body).not.to.match(/secret detail|unheard-of|"a"|\.ts/);
    }
  });

  it('a code is defined once', () => {
    expect(() => createProblems(catalogue, catalogue)).to.throw('defined twice');
  });

  it('every code that this package throws is in its catalogue, in both languages', () => {
    const codes = codesThrownUnder(import.meta.dirname);
    expect(codes).to.include('platform.trust-stale');
    assertCatalogueComplete(
      {},
      codes.filter((code) => code.startsWith('platform.')),
    );
  });

  it('a code that no spec names is found', () => {
    const words = problem(409, ['标题', 'Title'], ['说明', 'Words']);
    expect(
      codesWithoutSpecUnder({ 'platform.trust-stale': words, 'sales.quote-stale': words }, import.meta.dirname),
    ).to.deep.equal(['sales.quote-stale']);
  });

  it('an incomplete catalogue is told line by line', () => {
    const bad = { 'sales.X': problem(200, ['', 'a'], ['{a}', '{b}']) };
    expect(() => assertCatalogueComplete(bad, ['sales.missing'])).to.throw(
      /sales\.missing: not in[^]*sales\.X: not <service>[^]*status 200[^]*a text is empty[^]*differ in placeholders/,
    );
  });
});

describe('field errors', () => {
  const schema = z.strictObject({
    contact: z.strictObject({ phone: z.string().min(11) }),
    credential: z.union([z.strictObject({ qr: z.string() }), z.strictObject({ ticketNumber: z.string().min(5) })]),
    'a/b~c': z.int().optional(),
    until: z
      .string()
      .refine((text) => text > 'm', { params: { zh: '日期必须在将来', en: 'The date must lie ahead' } })
      .optional(),
  });

  it('PLA-31 every offending field is a JSON pointer with a reason in both languages', () => {
    const value = {
      contact: { phone: '1', fax: '2' },
      credential: { ticketNumber: '1' },
      'a/b~c': 'x',
      until: 'a',
      extra: 1,
    };
    const found = fieldProblems(schema, value, 'body');
    expect(found.map(({ field }) => field)).to.have.members([
      '/contact/phone',
      '/contact/fax',
      '/credential/ticketNumber',
      '/a~1b~0c',
      '/until',
      '/extra',
    ]);
    for (const { message } of found) {
      expect(message.zh).to.match(/[\u4e00-\u9fff]/);
      expect(message.en).to.match(/^[ -~]+$/);
    }
    expect(found.find(({ field }) => field === '/until')?.message).to.deep.equal({
      zh: '日期必须在将来',
      en: 'The date must lie ahead',
    });
  });

  const said: readonly (readonly [string, z.ZodType, unknown, string, string])[] = [
    ['a missing text', z.object({ a: z.string() }), {}, '缺少此字段', 'This field is missing'],
    ['a missing object', z.object({ a: z.object({ b: z.string() }) }), {}, '缺少此字段', 'This field is missing'],
    [
      'a missing one of several',
      z.object({ a: z.union([z.string(), z.int()]) }),
      {},
      '缺少此字段',
      'This field is missing',
    ],
    ['a missing item', z.array(z.object({ a: z.int() })), [{ a: 1 }, {}], '缺少此字段', 'This field is missing'],
    ['null for a text', z.object({ a: z.string() }), { a: null }, '须为字符串', 'Must be a string'],
    ['text for a number', z.object({ a: z.number() }), { a: '1' }, '须为数字', 'Must be a number'],
    ['half a piece', z.object({ a: z.int() }), { a: 1.5 }, '须为整数', 'Must be an integer'],
    ['text for a yes or no', z.object({ a: z.boolean() }), { a: 'yes' }, '须为 true 或 false', 'Must be true or false'],
    ['one for many', z.object({ a: z.array(z.int()) }), { a: 1 }, '须为数组', 'Must be an array'],
    ['text for an object', z.object({ a: z.object({}) }), { a: 'x' }, '须为对象', 'Must be an object'],
    ['text for a table', z.object({ a: z.record(z.string(), z.int()) }), { a: 'x' }, '须为对象', 'Must be an object'],
    ['a body that is no object', z.object({}), [], '须为对象', 'Must be an object'],
    [
      'no day',
      z.object({ a: z.iso.date() }),
      { a: '2026-13-45' },
      '须为日期，格式为 YYYY-MM-DD',
      'Must be a date, YYYY-MM-DD',
    ],
    [
      'no moment',
      z.object({ a: z.iso.datetime({ offset: true }) }),
      { a: 'soon' },
      '须为带时区的时间，如 2026-05-01T09:00:00+08:00',
      'Must be a time with its offset, such as 2026-05-01T09:00:00+08:00',
    ],
  ];
  for (const [what, wanted, value, zh, en] of said) {
    it(`PLA-31 ${what}: says what to send, in one language at a time`, () => {
      expect(fieldProblems(wanted, value, 'body').map(({ message }) => message)).to.deep.equal([{ zh, en }]);
    });
  }

  it('a thousand wrong fields are answered with fifty', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x${index}`, 1]));
    expect(fieldProblems(schema, many, 'body')).to.have.length(50);
    expect(pointer(['x'.repeat(10_000)])).to.have.length(81);
  });

  it('services refuse fields in the same form', () => {
    const error = invalidField('/lines/0/sessionId', { zh: '场次不存在', en: 'No such session' });
    expect(error).to.be.instanceOf(InvalidRequest);
    expect(answer(error, 'zh-CN').parsed['errors']).to.deep.equal([
      { in: 'body', field: '/lines/0/sessionId', message: '场次不存在' },
    ]);
  });
});
