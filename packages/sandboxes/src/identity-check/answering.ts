// What the stand-in says to a question about name and document. The number's last digits choose, so that a person can try each answer;
// `mode` is for tests that want the whole service slow or gone.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export const IdentityControl = z.strictObject({
  mode: z.enum(['normal', 'down', 'no']),
  slowMs: z.int().min(0).max(60_000),
});
export type IdentityControl = z.infer<typeof IdentityControl>;

export const IdentityControlChange = IdentityControl.partial();
export type IdentityControlChange = z.infer<typeof IdentityControlChange>;

const Question = z.object({
  name: z.string().min(1),
  idType: z.string().min(1),
  idNumber: z.string().min(1),
  nonce: z.string().min(8).max(100),
  time: z.iso.datetime({ offset: true }),
});

/** A question that was signed longer ago may be somebody else's who overheard it. */
const FRESH_MS = 5 * 60_000;
/** Slower than anybody waits. */
const SLOW_MS = 15_000;

export type Asked = { readonly at: string; readonly document: string; readonly answer: string };
export type Verdict = {
  /** 0: the connection breaks. */
  readonly status: number;
  readonly body: string;
  readonly afterMs: number;
  readonly asked?: Asked;
};

export function signatureOf(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

function isSigned(secret: string, text: string, signature: string): boolean {
  const wanted = Buffer.from(signatureOf(secret, text));
  const given = Buffer.from(signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

const refusal = (status: number, code: string): Verdict => ({ status, body: JSON.stringify({ code }), afterMs: 0 });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told as an invalid question.
    return undefined;
  }
}

export function answerTo(
  text: string,
  signature: string,
  { secret, control, now }: { readonly secret: string; readonly control: IdentityControl; readonly now: Date },
): Verdict {
  if (!isSigned(secret, text, signature)) return refusal(401, 'NOT_SIGNED');
  const question = Question.safeParse(parse(text));
  if (!question.success) return refusal(400, 'INVALID');
  const { idNumber, nonce, time } = question.data;
  if (Math.abs(now.getTime() - Date.parse(time)) > FRESH_MS) return refusal(401, 'NOT_FRESH');
  const answer = answerFor(idNumber, control);
  const document = `…${idNumber.slice(-4)}`;
  const asked = { at: now.toISOString(), document, answer };
  if (answer === 'down') return { status: 0, body: '', afterMs: 0, asked };
  const match = answer === 'no' ? 'no' : 'yes';
  const afterMs = answer === 'slow' ? SLOW_MS : control.slowMs;
  return { status: 200, body: JSON.stringify({ match, nonce }), afterMs, asked };
}

function answerFor(idNumber: string, { mode }: IdentityControl): 'yes' | 'no' | 'slow' | 'down' {
  if (mode === 'down') return 'down';
  if (mode === 'no' || idNumber.endsWith('0009')) return 'no';
  if (idNumber.endsWith('0008')) return 'slow';
  return idNumber.endsWith('0007') ? 'down' : 'yes';
}
