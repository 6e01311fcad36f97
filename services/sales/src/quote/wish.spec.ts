// What a buyer may send as lines, and how documents that cannot be are named, in both languages.
import { localDate } from '@tongpiao/kernel';
import { InvalidRequest } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { linesSchema, readLines, type Lines } from './wish.ts';

const TODAY = localDate('2026-12-01');
const line = (travellers?: Lines[number]['travellers'], quantity?: number): Lines[number] => ({
  sessionId: 'ses_1',
  ticketTypeId: 'tty_1',
  ...(quantity === undefined ? {} : { quantity }),
  ...(travellers === undefined ? {} : { travellers }),
});
const named = (
  idNumber: string,
  idType: 'id_card' | 'passport' = 'id_card',
): NonNullable<Lines[number]['travellers']>[number] => ({
  name: '张三',
  idType,
  idNumber,
});
function problemsOf(lines: Lines): InvalidRequest['fields'] {
  try {
    readLines(lines, TODAY);
  } catch (error) {
    if (error instanceof InvalidRequest) return error.fields;
    throw error;
  }
  return [];
}

describe('SAL-25 lines of a wish', () => {
  it('a sound document is read into its one spelling and its birth date', () => {
    const [read] = readLines([line([named(' 11010519491231002x ')])], TODAY);
    expect(read?.people[0]).to.include({ idNumber: '11010519491231002X', birthDate: '1949-12-31' });
    expect(read?.quantity).to.equal(1);
  });

  it('each wrong document is named by its field, in both languages', () => {
    const fields = problemsOf([
      line([named('11010519491231002X'), named('110105194912310021')]),
      line([named('1101051949123100')]),
      line([named('110105491231002')]),
      line([named('110105202702300023')]),
    ]);
    expect(fields.map(({ field }) => field)).to.deep.equal([
      '/lines/0/travellers/1/idNumber',
      '/lines/1/travellers/0/idNumber',
      '/lines/2/travellers/0/idNumber',
      '/lines/3/travellers/0/idNumber',
    ]);
    expect(fields[0]?.message).to.deep.equal({
      zh: '证件号码校验位不对，请核对',
      en: 'the check digit is wrong; compare with the document',
    });
    expect(fields[2]?.message.en).to.equal('15-digit numbers are no longer in use; give the 18-digit one');
    for (const { message } of fields) expect(message.zh).to.match(/[\u4e00-\u9fff]/);
  });

  it('no problem repeats the number', () => {
    expect(JSON.stringify(problemsOf([line([named('110105194912310021')])]))).to.not.contain('110105194912310021');
  });

  it('a passport tells no birth date', () => {
    const [read] = readLines([line([named('e12345678', 'passport')])], TODAY);
    expect(read?.people[0]).to.include({ idNumber: 'E12345678' });
    expect(read?.people[0]?.birthDate).to.equal(undefined);
  });

  describe('quantity and travellers', () => {
    const accepts = (value: unknown): boolean => linesSchema.safeParse([value]).success;
    it('one of them is enough', () => {
      expect(accepts(line(undefined, 2))).to.equal(true);
      expect(accepts(line([named('1')]))).to.equal(true);
    });
    it('both have to agree', () => {
      expect(accepts(line([named('1')], 1))).to.equal(true);
      expect(accepts(line([named('1')], 2))).to.equal(false);
    });
    it('neither is no wish', () => {
      expect(accepts(line())).to.equal(false);
    });
    it('a line has 1 to 500 places, an order 1 to 20 lines, and no field more', () => {
      expect(accepts(line(undefined, 0))).to.equal(false);
      expect(accepts(line(undefined, 500))).to.equal(true);
      expect(accepts(line(undefined, 501))).to.equal(false);
      expect(accepts(line(undefined, 1.5))).to.equal(false);
      expect(linesSchema.safeParse([]).success).to.equal(false);
      expect(linesSchema.safeParse(Array.from({ length: 21 }, () => line(undefined, 1))).success).to.equal(false);
      expect(accepts({ ...line(undefined, 1), price: 1 })).to.equal(false);
    });
  });
});
