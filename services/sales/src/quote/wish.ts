// What a buyer sends as lines: its schema, and its reading into what a quote needs. Documents are checked for form and check digit
// here, before anything else looks at them (SAL-25).
import { ID_TYPES, parseIdDocument, type IdType, type LocalDate } from '@tongpiao/kernel';
import { InvalidRequest, type FieldProblem } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { WishedLine } from './quote.ts';

const traveller = z.strictObject({
  name: z.string().trim().min(1).max(60),
  idType: z.enum(ID_TYPES),
  idNumber: z.string().trim().min(1).max(40),
});

/** An order has at most 20 lines of at most 500 places. */
export const linesSchema = z
  .array(
    z
      .strictObject({
        sessionId: z.string().min(3).max(80),
        ticketTypeId: z.string().min(3).max(80),
        quantity: z.int().min(1).max(500).optional(),
        travellers: z.array(traveller).min(1).max(500).optional(),
      })
      .refine(
        (line) =>
          (line.quantity === undefined) !== (line.travellers === undefined) ||
          (line.quantity !== undefined && line.quantity === line.travellers?.length),
        {
          message: 'either quantity, or travellers, or both in the same number',
          path: ['quantity'],
        },
      ),
  )
  .min(1)
  .max(20);
export type Lines = z.output<typeof linesSchema>;

type ReadTraveller = {
  readonly name: string;
  readonly idType: IdType;
  readonly idNumber: string;
  readonly birthDate?: LocalDate | undefined;
};
export type ReadLine = WishedLine & { readonly people: readonly ReadTraveller[] };

const WHY = {
  length: ['证件号码位数不对', 'the number has the wrong length'],
  characters: ['证件号码含有无效字符', 'the number has characters that such a document does not have'],
  'check-digit': ['证件号码校验位不对，请核对', 'the check digit is wrong; compare with the document'],
  'birth-date': ['证件号码中的出生日期无效', 'the birth date in the number does not exist'],
  'fifteen-digits': [
    '15 位旧身份证号已停用，请使用 18 位号码',
    '15-digit numbers are no longer in use; give the 18-digit one',
  ],
  'other-document': [
    '号码属于另一种证件，请更正证件类型',
    'the number belongs to another kind of document; correct idType',
  ],
} as const;

/** @throws InvalidRequest naming each document that cannot be one */
export function readLines(lines: Lines, today: LocalDate): readonly ReadLine[] {
  const problems: FieldProblem[] = [];
  const read = lines.map((line, lineIndex): ReadLine => {
    const people = (line.travellers ?? []).map((person, index): ReadTraveller => {
      const parsed = parseIdDocument(person.idType, person.idNumber, today);
      if (parsed.ok)
        return { name: person.name, idType: person.idType, idNumber: parsed.number, birthDate: parsed.birthDate };
      const [zh, en] = WHY[parsed.reason];
      problems.push({ in: 'body', field: `/lines/${lineIndex}/travellers/${index}/idNumber`, message: { zh, en } });
      return { name: person.name, idType: person.idType, idNumber: '' };
    });
    return {
      sessionId: line.sessionId,
      ticketTypeId: line.ticketTypeId,
      quantity: line.travellers?.length ?? line.quantity ?? 1,
      travellers: line.travellers === undefined ? undefined : people,
      people,
    };
  });
  if (problems.length > 0) throw new InvalidRequest(problems);
  return read;
}
