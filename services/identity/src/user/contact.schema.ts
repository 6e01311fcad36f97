// Phone and e-mail as callers write them, in the one spelling in which a person is counted once.
import { parseEmail, parsePhone, type EmailAddress, type PhoneNumber } from '@tongpiao/kernel';
import { z } from 'zod';

export const phoneSchema = z
  .string()
  .max(40)
  .transform((text, context): PhoneNumber => {
    const parsed = parsePhone(text);
    if (parsed.ok) return parsed.phone;
    context.issues.push({ code: 'custom', input: text, params: { zh: '不是有效的手机号', en: 'Not a phone number' } });
    return z.NEVER;
  });

export const emailSchema = z
  .string()
  .max(260)
  .transform((text, context): EmailAddress => {
    const parsed = parseEmail(text);
    if (parsed.ok) return parsed.email;
    context.issues.push({
      code: 'custom',
      input: text,
      params: { zh: '不是有效的邮箱地址', en: 'Not a mail address' },
    });
    return z.NEVER;
  });
