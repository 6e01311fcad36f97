// Every code that sales throws is explained in both languages.
import { DomainError } from '@tongpiao/kernel';
import {
  assertCatalogueComplete,
  codesThrownUnder,
  codesWithoutSpecUnder,
  createProblems,
} from '@tongpiao/service-shell';
import { silentLogger } from '@tongpiao/service-shell/trial';
import { expect } from 'chai';
import { z } from 'zod';
import { problems, QUOTE_PROBLEMS } from './problems.ts';

describe('PLA-31 problems of sales', () => {
  const codes = codesThrownUnder(import.meta.dirname);

  it('every code that is thrown is in the catalogue', () => {
    assertCatalogueComplete(problems, codes);
  });
  it('every entry of the catalogue is thrown, or refuses an order by a claim', () => {
    const claims = ['sales.too-many-unpaid', 'sales.document-has-ticket', 'sales.document-limit'];
    expect(Object.keys(problems).filter((code) => !codes.includes(code) && !claims.includes(code))).to.deep.equal([]);
  });
  it('PLA-31 a state in a refusal is called by its name, and a traveller counted from one', () => {
    const detail = (code: string, data: Readonly<Record<string, unknown>>, language: 'zh-CN' | 'en'): unknown => {
      const facts = { language, traceId: 't1', logger: silentLogger };
      const { body } = createProblems(problems).answer(new DomainError(code, 'internal words', data), facts);
      return z.looseObject({ detail: z.string() }).parse(JSON.parse(body)).detail;
    };
    const told: readonly (readonly [string, Readonly<Record<string, unknown>>, string, string])[] = [
      [
        'sales.ticket-not-living',
        { status: 'refunded' },
        '此票状态为“已退票”，不能办理。',
        'The ticket is refunded; nothing more can be done with it.',
      ],
      [
        'sales.order-ended',
        { status: 'expired' },
        '订单状态为“超时关闭”，请重新下单。',
        'The order is expired; please place a new one.',
      ],
      ['sales.ticket-refused', { reason: 'too-early' }, '原因：未到检票时间。', 'Reason: Check-in has not opened yet.'],
      [
        'sales.exchange-ended',
        { reason: 'sold-out' },
        '改签已结束（场次已售罄），请重新办理。',
        'The exchange has ended (the session is sold out); begin anew.',
      ],
      [
        'sales.not-eligible',
        { lineNumber: 1, traveller: 0, travellerNumber: 1, reason: 'too-old' },
        '第 1 行第 1 位游客不符合该票种条件（超过年龄）。',
        'Traveller 1 of line 1 does not fit this ticket type (too old).',
      ],
      [
        'sales.refund-exception-decided',
        { status: 'withdrawn' },
        '申请状态为“已撤回”，不能再变更。',
        'The request is withdrawn and does not change any more.',
      ],
      [
        'sales.product-status',
        { from: 'retired', to: 'on_sale' },
        '产品不能从“下架”变为“在售”。',
        'A product cannot go from retired to on sale.',
      ],
    ];
    for (const [code, data, zh, en] of told)
      expect([detail(code, data, 'zh-CN'), detail(code, data, 'en')], code).to.deep.equal([zh, en]);
  });
  it('what a quote declares is in the catalogue', () => {
    expect(QUOTE_PROBLEMS.filter((code) => !Object.hasOwn(problems, code))).to.deep.equal([]);
  });
  it('every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
});
