import { expect } from 'chai';
import fc from 'fast-check';
import { parseEmail, parsePhone } from './phone.ts';

describe('phone numbers', () => {
  it('SAL-25 writes a mainland mobile one way, however it was typed', () => {
    for (const typed of [
      '13812345678',
      '+8613812345678',
      '008613812345678',
      '8613812345678',
      '138 1234 5678',
      '+86 138-1234-5678',
      '１３８12345678',
    ])
      expect(parsePhone(typed), typed).to.deep.equal({ ok: true, phone: '13812345678', region: 'mainland' });
  });

  it('SAL-25 refuses what is no mainland mobile', () => {
    expect(parsePhone('12812345678')).to.deep.equal({ ok: false, reason: 'not-a-mobile' });
    expect(parsePhone('1381234567')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parsePhone('+86 571 8765 4321')).to.deep.equal({ ok: false, reason: 'not-a-mobile' });
    expect(parsePhone('')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parsePhone('1381234567x')).to.deep.equal({ ok: false, reason: 'characters' });
    expect(parsePhone('1'.repeat(41))).to.deep.equal({ ok: false, reason: 'length' });
  });

  it('SAL-25 keeps numbers abroad as E.164', () => {
    expect(parsePhone('+852 9123 4567')).to.deep.equal({ ok: true, phone: '+85291234567', region: 'abroad' });
    expect(parsePhone('001 (415) 555-2671')).to.deep.equal({ ok: true, phone: '+14155552671', region: 'abroad' });
    expect(parsePhone('+123')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parsePhone('+1234567890123456')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parsePhone('+0123456789')).to.deep.equal({ ok: false, reason: 'characters' });
  });

  it('SAL-25 never throws, and a parsed phone parses to itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^(\+|00)?[0-9 -]{8,16}$/)), (text) => {
        const parsed = parsePhone(text);
        if (parsed.ok) expect(parsePhone(parsed.phone)).to.deep.equal(parsed);
      }),
    );
  });
});

describe('e-mail addresses', () => {
  it('SAL-32 accepts ordinary addresses in lower case', () => {
    for (const [typed, email] of [
      [' Li.Ming@Example.COM ', 'li.ming@example.com'],
      ['a+b@mail.example.cn', 'a+b@mail.example.cn'],
      ['a@xn--fiq228c.xn--fiqs8s', 'a@xn--fiq228c.xn--fiqs8s'],
    ] as const)
      expect(parseEmail(typed)).to.deep.equal({ ok: true, email });
  });

  it('SAL-32 refuses what a mail server would not take, line breaks above all', () => {
    for (const text of [
      '',
      'a',
      '@x.com',
      'a@',
      'a@x',
      'a@.com',
      'a@x..com',
      '.a@x.com',
      'a..b@x.com',
      'a b@x.com',
      'a@-x.com',
      'a@x.c',
      'a@x.com\nbcc: b@y.com',
      'a@1.2.3.4',
      '张三@x.com',
      '"a"@x.com',
      'a@b@x.com',
    ])
      expect(parseEmail(text), text).to.deep.equal({ ok: false, reason: 'form' });
    expect(parseEmail(`${'a'.repeat(65)}@x.com`)).to.deep.equal({ ok: false, reason: 'length' });
    expect(parseEmail(`a@${'x.'.repeat(130)}com`)).to.deep.equal({ ok: false, reason: 'length' });
  });
});
