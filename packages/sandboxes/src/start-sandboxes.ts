// Puts the stand-in worlds together; used by the process and, with ports 0, inside tests.
import { mkdir } from 'node:fs/promises';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createPaymentControls } from './http/control.ts';
import { startFront } from './http/front.ts';
import { startIdentityCheck } from './identity-check/server.ts';
import type { IdentityControl, IdentityControlChange } from './identity-check/answering.ts';
import { startMailServer } from './mail/smtp.ts';
import type { ReceivedMail } from './mail/smtp.ts';
import { createAlipay } from './payment/alipay.ts';
import { openBook } from './payment/book.ts';
import { createCallbacks } from './payment/callbacks.ts';
import { loadPaymentKeys } from './payment/credentials.ts';
import type { PaymentCredentials } from './payment/credentials.ts';
import { createTill } from './payment/till.ts';
import type { Till } from './payment/till.ts';
import { createWechatPay } from './payment/wechat.ts';
import { PaymentControl } from './http/control.ts';
import type { ControlOutcome } from './http/control.ts';
import { Settings, defaultSettings } from './settings.ts';
import type { SettingsChange } from './settings.ts';
import { startSmsc } from './sms/smsc.ts';
import type { ReceivedSms } from './sms/smsc.ts';

export type SandboxOptions = {
  /** Keys and the payment journal; survives restarts. */
  readonly stateDirectory: string;
  readonly host?: string;
  /** 0 = any free port. */
  readonly httpPort?: number;
  readonly smppPort?: number;
  readonly smtpPort?: number;
  readonly smpp?: { readonly systemId: string; readonly password: string };
  /** The identity check: 0 = any free port; the secret signs questions and answers. */
  readonly identityCheck?: { readonly port: number; readonly secret: string };
  /** Where payers and merchants reach the HTTP server, without a slash at the end. */
  readonly publicUrl?: string;
  readonly settings?: SettingsChange;
  readonly logger?: Logger;
};

export type Sandboxes = {
  readonly ports: {
    readonly http: number;
    readonly smpp: number;
    readonly smtp: number;
    readonly identityCheck: number;
  };
  readonly httpUrl: string;
  readonly smpp: { readonly systemId: string; readonly password: string };
  readonly paymentCredentials: PaymentCredentials;
  /** Same as `POST /control`. @returns the settings as they are now */
  control(change: SettingsChange): Settings;
  /** Same as `POST /control/payments/{out_trade_no}`. */
  controlPayment(outTradeNo: string, control: PaymentControl): ControlOutcome;
  /** Same as `POST /control` of the identity check. */
  controlIdentityCheck(change: IdentityControlChange): IdentityControl;
  sms(to?: string, limit?: number): readonly ReceivedSms[];
  mail(to?: string, limit?: number): readonly ReceivedMail[];
  stop(): Promise<void>;
};

const defaultLimit = 50;

export const startSandboxes = async (options: SandboxOptions): Promise<Sandboxes> => {
  const host = options.host ?? '127.0.0.1';
  const logger = options.logger ?? pino({ level: 'silent' });
  const account = options.smpp ?? { systemId: 'sandbox', password: 'sandbox' };
  let current = Settings.parse({ ...defaultSettings, ...options.settings });
  const settings = (): Settings => current;
  const change = (wanted: SettingsChange): Settings => (current = Settings.parse({ ...current, ...wanted }));

  await mkdir(options.stateDirectory, { recursive: true });
  const front = await startFront({ host, port: options.httpPort ?? 0, logger });
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const publicUrl = options.publicUrl ?? `http://${reachable}:${front.port}`;
  const [keys, smsc, mail, identityCheck] = await Promise.all([
    loadPaymentKeys(options.stateDirectory, publicUrl),
    startSmsc({ host, port: options.smppPort ?? 0, account, settings, logger }),
    startMailServer({ host, port: options.smtpPort ?? 0, settings, logger }),
    startIdentityCheck({ host, ...(options.identityCheck ?? { port: 0, secret: 'sandbox-identity-check' }), logger }),
  ]);

  const book = openBook(options.stateDirectory);
  const callbacks = createCallbacks({ settings, logger });
  const lateTill = (): Till => till;
  const wechat = createWechatPay({
    keys,
    publicUrl,
    till: lateTill,
    findByRefund: (outRefundNo) => book.byWechatRefund(outRefundNo),
  });
  const alipay = createAlipay({ keys, publicUrl, till: lateTill });
  const till: Till = createTill({
    book,
    callbacks,
    settings,
    tellers: { wechat: wechat.teller, alipay: alipay.teller },
    logger,
  });
  const controls = createPaymentControls(book, till);
  front.serve({ publicUrl, wechat, alipay, book, till, controls, smsc, mail, settings, change });
  till.resume();
  logger.info(
    { http: publicUrl, smpp: smsc.port, smtp: mail.port, identityCheck: identityCheck.port },
    'sandboxes are ready',
  );

  return {
    ports: { http: front.port, smpp: smsc.port, smtp: mail.port, identityCheck: identityCheck.port },
    httpUrl: publicUrl,
    smpp: account,
    paymentCredentials: keys.credentials,
    control: change,
    controlPayment: (outTradeNo, control) => controls.apply(outTradeNo, PaymentControl.parse(control)),
    controlIdentityCheck: (wanted) => identityCheck.control(wanted),
    sms: (to, limit = defaultLimit) => smsc.find(to, limit),
    mail: (to, limit = defaultLimit) => mail.find(to, limit),
    async stop() {
      await front.stop();
      controls.stop();
      till.stop();
      await Promise.all([callbacks.stop(), smsc.stop(), mail.stop(), identityCheck.stop()]);
      book.close();
    },
  };
};
