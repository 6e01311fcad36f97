import { expect } from 'chai';
import { languageOf } from './language.ts';

describe('language', () => {
  const cases: readonly (readonly [string | undefined, 'zh-CN' | 'en'])[] = [
    [undefined, 'zh-CN'],
    ['', 'zh-CN'],
    ['en', 'en'],
    ['EN-GB', 'en'],
    ['en-US,en;q=0.9', 'en'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
    ['en;q=0.4, zh;q=0.6', 'zh-CN'],
    ['zh;q=0.4, en;q=0.6', 'en'],
    ['fr, de', 'zh-CN'],
    ['fr, en;q=0.5', 'en'],
    ['en;q=0', 'zh-CN'],
    ['*', 'zh-CN'],
    ['en;q=abc', 'zh-CN'],
    ['english', 'zh-CN'],
  ];
  for (const [header, language] of cases) {
    it(`PLA-31 ${JSON.stringify(header)} is answered in ${language}`, () =>
      expect(languageOf(header)).to.equal(language));
  }
});
