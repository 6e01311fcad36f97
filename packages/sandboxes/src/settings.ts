// The knobs of the stand-in worlds. Tests turn them through `POST /control` or `sandboxes.control(...)`;
// everything has a default that behaves like a healthy provider.
import { z } from 'zod';

const dayMs = 86_400_000;

const SmsRule = z.object({
  /** The rule applies to recipients whose digits end so. */
  suffix: z.string().regex(/^\d{1,15}$/),
  behaviour: z.enum(['delivered', 'undeliverable', 'refused', 'silent', 'throttled']),
});
export type SmsRule = z.infer<typeof SmsRule>;

export const Settings = z.strictObject({
  /** Time until a payment that asked for it pays itself. */
  autoPayDelayMs: z.int().min(0).max(dayMs),
  /** Time until a WeChat refund leaves PROCESSING. */
  refundDelayMs: z.int().min(0).max(dayMs),
  /** `off` loses every call-back, `twice` sends each of them two times. */
  callbacks: z.enum(['on', 'off', 'twice']),
  /**
   * How WeChat refunds end: `close` ends them without money, `hold` leaves them in PROCESSING. `refuse` takes none, at either provider,
   * because the merchant's balance is too low.
   */
  refunds: z.enum(['succeed', 'abnormal', 'close', 'hold', 'refuse']),
  /** First pause before a refused call-back is sent again; doubles up to a minute. */
  callbackRetryMs: z.int().min(1).max(dayMs),
  /** Payment endpoints drop the connection without an answer, call-backs wait. */
  down: z.boolean(),
  /** Payment endpoints do their work and then answer so much later. */
  slowMs: z.int().min(0).max(600_000),
  /** Messages per second before the SMSC answers ESME_RTHROTTLED; 0 = no limit. */
  smsPerSecond: z.int().min(0),
  smsReceiptDelayMs: z.int().min(0).max(dayMs),
  /** First rule that matches wins; no match means delivered. */
  smsRules: z.array(SmsRule).max(100),
  /** How long mail to the local part `slow` keeps the sender waiting. */
  mailSlowMs: z.int().min(0).max(600_000),
});
export type Settings = z.infer<typeof Settings>;

export const SettingsChange = Settings.partial();
export type SettingsChange = z.infer<typeof SettingsChange>;

export const defaultSettings: Settings = {
  autoPayDelayMs: 50,
  refundDelayMs: 50,
  callbacks: 'on',
  refunds: 'succeed',
  callbackRetryMs: 500,
  down: false,
  slowMs: 0,
  smsPerSecond: 2_000,
  smsReceiptDelayMs: 100,
  smsRules: [
    { suffix: '0000', behaviour: 'undeliverable' },
    { suffix: '0001', behaviour: 'refused' },
    { suffix: '0002', behaviour: 'silent' },
  ],
  mailSlowMs: 3_000,
};
