import { expect } from 'chai';
import fc from 'fast-check';
import { ID_TYPES, idCheckCharacter, isIdType, parseIdDocument, type IdType } from './identity-documents.ts';
import { localDate } from './local-dates.ts';

const today = localDate('2026-11-21');
const parse = (type: IdType, number: string) => parseIdDocument(type, number, today);
const withCheck = (firstSeventeen: string) => firstSeventeen + idCheckCharacter(firstSeventeen);

describe('identity documents', () => {
  it('SAL-25 accepts sound id cards and reads the birth date', () => {
    expect(parse('id_card', '11010519491231002X')).to.deep.equal({
      ok: true,
      number: '11010519491231002X',
      birthDate: '1949-12-31',
    });
    expect(parse('id_card', '440524188001010014')).to.deep.equal({
      ok: true,
      number: '440524188001010014',
      birthDate: '1880-01-01',
    });
  });

  it('SAL-25 knows one spelling of a number: blanks, lower case and full-width digits do not make another', () => {
    for (const typed of [' 11010519491231002x ', '110105 19491231 002X', '110105\u30001949１２３１002Ｘ'])
      expect(parse('id_card', typed)).to.include({ ok: true, number: '11010519491231002X' });
  });

  it('SAL-25 refuses an id card with a wrong check digit', () => {
    expect(parse('id_card', '110105194912310021')).to.deep.equal({ ok: false, reason: 'check-digit' });
  });

  it('SAL-25 finds every single wrong digit of an id card', () => {
    const digits = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), digits, (position, digit) => {
        const sound = '11010519491231002X';
        fc.pre(sound.charAt(position) !== String(digit));
        expect(parse('id_card', sound.slice(0, position) + String(digit) + sound.slice(position + 1)).ok).to.equal(
          false,
        );
      }),
    );
  });

  it('SAL-25 refuses birth dates that do not exist or lie in the future', () => {
    expect(parse('id_card', withCheck('11010520230229001'))).to.deep.equal({ ok: false, reason: 'birth-date' });
    expect(parse('id_card', withCheck('11010520261122001'))).to.deep.equal({ ok: false, reason: 'birth-date' });
    expect(parse('id_card', withCheck('11010520261121001'))).to.include({ ok: true, birthDate: '2026-11-21' });
  });

  it('SAL-25 refuses the fifteen-digit numbers of old cards by name', () => {
    expect(parse('id_card', '110105491231002')).to.deep.equal({ ok: false, reason: 'fifteen-digits' });
  });

  it('SAL-25 refuses wrong length and wrong characters', () => {
    expect(parse('id_card', '1101051949123100')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parse('id_card', '')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parse('id_card', '1101051949123100XX')).to.deep.equal({ ok: false, reason: 'characters' });
    expect(parse('id_card', '01010519491231002X')).to.deep.equal({ ok: false, reason: 'characters' });
    expect(parse('id_card', ' '.repeat(65))).to.deep.equal({ ok: false, reason: 'length' });
  });

  it('SAL-25 keeps residence permits and foreign residents apart from id cards, so that one number is one document', () => {
    expect(parse('residence_permit', '810000199408230021')).to.include({ ok: true, birthDate: '1994-08-23' });
    expect(parse('id_card', '810000199408230021')).to.deep.equal({ ok: false, reason: 'other-document' });
    for (const area of ['820000', '830000', '710000'])
      expect(parse('residence_permit', withCheck(`${area}19940823002`)), area).to.include({ ok: true });
    expect(parse('residence_permit', '11010519491231002X')).to.deep.equal({ ok: false, reason: 'other-document' });
    const foreigner = withCheck('91115619800101001');
    expect(parse('foreign_permanent_resident', foreigner)).to.include({ ok: true, birthDate: '1980-01-01' });
    expect(parse('id_card', foreigner)).to.deep.equal({ ok: false, reason: 'other-document' });
    expect(parse('foreign_permanent_resident', '11010519491231002X')).to.deep.equal({
      ok: false,
      reason: 'other-document',
    });
  });

  it('SAL-25 accepts the older permanent residence cards', () => {
    expect(parse('foreign_permanent_resident', 'usa110080010101')).to.deep.equal({
      ok: true,
      number: 'USA110080010101',
    });
    expect(parse('foreign_permanent_resident', 'USA1100800101')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parse('foreign_permanent_resident', 'USAX10080010101')).to.deep.equal({ ok: false, reason: 'characters' });
  });

  const samples: readonly [IdType, readonly string[], readonly string[]][] = [
    ['passport', ['E12345678', 'EA1234567', 'L898902C3', '12345'], ['E123', 'E1234-678', 'X'.repeat(18)]],
    ['hk_macao_permit', ['H12345678', 'M1234567801'], ['K12345678', 'H1234567', 'H123456780']],
    ['taiwan_permit', ['12345678', '0012345601', '0012345601(B)'], ['1234567', 'A2345678']],
    ['military', ['军字第1234567号', 'ABC-123456'], ['军字1', 'ABC_123456']],
    ['birth_certificate', ['P330123456'], ['330123456', '3301234567']],
    ['other', ['TMP-2026/0001'], ['abc', 'A;DROP']],
  ];
  for (const [type, accepted, refused] of samples) {
    it(`SAL-25 judges ${type} by length and characters`, () => {
      for (const number of accepted) expect(parse(type, number), number).to.include({ ok: true });
      for (const number of refused) expect(parse(type, number), number).to.include({ ok: false });
    });
  }

  it('SAL-25 writes a Taiwan permit the same way with and without brackets', () => {
    expect(parse('taiwan_permit', '0012345601（b）')).to.deep.equal(parse('taiwan_permit', '0012345601B'));
  });

  it('SAL-25 never throws, and a parsed number parses to itself', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ID_TYPES), fc.string({ maxLength: 40, unit: 'binary' }), (type, text) => {
        const parsed = parse(type, text);
        if (parsed.ok) expect(parse(type, parsed.number)).to.deep.equal(parsed);
      }),
    );
  });

  it('SAL-25 knows its document types', () => {
    expect(isIdType('id_card')).to.equal(true);
    expect(isIdType('library_card')).to.equal(false);
    expect(() => idCheckCharacter('123')).to.throw(RangeError);
  });
});
