// WeChat Pay APIv3 for a directly connected merchant (Native payments): signs requests, verifies every answer and
// call-back with the platform's public key. Own code instead of a package: there is no official one for Node, the common
// ones bring an HTTP client of their own and leave answers unverified; what is needed is node:crypto and 200 lines.
// Source: pay.weixin.qq.com/doc/v3/merchant.
import { createDecipheriv, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { DomainError, TransientError } from '@tongpiao/kernel';
import { z } from 'zod';
import { ProviderCallbackRefused } from './payment-provider.ts';
import type {
  PaymentProvider,
  ProviderCallback,
  ProviderPaymentState,
  ProviderRefundState,
} from './payment-provider.ts';
import { createProviderHttp } from './provider-http.ts';
import type { ProviderAnswer } from './provider-http.ts';
import { cut, wechatTime } from './provider-spelling.ts';

export type WechatPayOptions = {
  /** `https://api.mch.weixin.qq.com`, or a sandbox's address with its path. */
  readonly baseUrl: string;
  readonly mchId: string;
  readonly appId: string;
  readonly merchantSerial: string;
  readonly merchantPrivateKeyPem: string;
  readonly platformPublicKeyId: string;
  readonly platformPublicKeyPem: string;
  readonly apiV3Key: string;
  /** Default 5 s: longer than the provider needs, shorter than a customer waits. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
};

const maximumSkewMs = 300_000;

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const Failure = z.object({ code: z.string(), message: z.string().default('') });
const Created = z.object({ code_url: z.string().min(1) });
const Payment = z.discriminatedUnion('trade_state', [
  z.object({
    trade_state: z.enum(['SUCCESS', 'REFUND']),
    out_trade_no: z.string(),
    transaction_id: z.string(),
    success_time: time,
    amount: z.object({ total: z.int().positive() }),
  }),
  z.object({
    trade_state: z.enum(['NOTPAY', 'USERPAYING', 'ACCEPT', 'CLOSED', 'REVOKED', 'PAYERROR']),
    out_trade_no: z.string(),
  }),
]);
const Refund = z.object({ refund_id: z.string(), status: z.enum(['SUCCESS', 'CLOSED', 'PROCESSING', 'ABNORMAL']) });
const Notification = z.object({
  event_type: z.string(),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.base64(),
    associated_data: z.string().default(''),
    nonce: z.string().length(12),
  }),
});
const RefundNotice = z.object({
  mchid: z.string(),
  out_trade_no: z.string(),
  transaction_id: z.string(),
  out_refund_no: z.string(),
  refund_id: z.string(),
  refund_status: z.enum(['SUCCESS', 'CLOSED', 'ABNORMAL']),
  success_time: time.optional(),
  amount: z.object({ refund: z.int().positive() }),
});
const PaymentNotice = z.intersection(z.object({ mchid: z.string(), appid: z.string() }), Payment);

const refundStatus = {
  SUCCESS: 'succeeded',
  CLOSED: 'failed',
  PROCESSING: 'processing',
  ABNORMAL: 'abnormal',
} as const;

/** What the provider refused for good; everything else with a 4xx is our own fault and says so. */
const refusals: Readonly<Record<string, string>> = {
  ORDERPAID: 'finance.payment-already-paid',
  ORDER_PAID: 'finance.payment-already-paid',
  ORDER_CLOSED: 'finance.payment-closed',
  ORDERCLOSED: 'finance.payment-closed',
  OUT_TRADE_NO_USED: 'finance.payment-id-used',
  ORDER_NOT_EXIST: 'finance.payment-not-found',
  RESOURCE_NOT_EXISTS: 'finance.payment-not-found',
  NOT_ENOUGH: 'finance.refund-refused',
  USER_ACCOUNT_ABNORMAL: 'finance.refund-refused',
};

const transientCodes = new Set([
  'SYSTEM_ERROR',
  'FREQUENCY_LIMITED',
  'FREQUENCY_LIMIT_EXCEED',
  'RATELIMIT_EXCEEDED',
  'BANK_ERROR',
]);

/** Remembers nonces for at least as long as their time stamp is believed; two generations bound the memory. */
const createNonces = (now: () => number): ((nonce: string) => boolean) => {
  let current = new Set<string>();
  let previous = new Set<string>();
  let turnedAt = now();
  return (nonce) => {
    if (now() - turnedAt > 2 * maximumSkewMs) {
      previous = current;
      current = new Set();
      turnedAt = now();
    }
    if (current.has(nonce) || previous.has(nonce)) return false;
    current.add(nonce);
    return true;
  };
};

export const createWechatPay = (options: WechatPayOptions): PaymentProvider => {
  const now = options.now ?? Date.now;
  const base = new URL(options.baseUrl);
  const prefix = base.pathname === '/' ? '' : base.pathname;
  const http = createProviderHttp(base.origin, options.timeoutMs ?? 5_000);
  const merchantKey = createPrivateKey(options.merchantPrivateKeyPem);
  const platformKey = createPublicKey(options.platformPublicKeyPem);
  const apiV3Key = Buffer.from(options.apiV3Key, 'utf8');
  const fresh = createNonces(now);

  const authorization = (method: string, path: string, body: string): string => {
    const timestamp = String(Math.floor(now() / 1000));
    const nonce = randomBytes(16).toString('hex');
    const message = Buffer.from(`${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`, 'utf8');
    const signature = sign('RSA-SHA256', message, merchantKey).toString('base64');
    return (
      `WECHATPAY2-SHA256-RSA2048 mchid="${options.mchId}",nonce_str="${nonce}",timestamp="${timestamp}",` +
      `serial_no="${options.merchantSerial}",signature="${signature}"`
    );
  };

  /** @returns why these headers and bytes are not the platform's, or undefined where they are */
  const doubt = (
    headers: Readonly<Record<string, string | undefined>>,
    body: Buffer,
  ): ProviderCallbackRefused['reason'] | undefined => {
    const timestamp = headers['wechatpay-timestamp'];
    const nonce = headers['wechatpay-nonce'];
    const signature = headers['wechatpay-signature'];
    if (timestamp === undefined || nonce === undefined || signature === undefined) return 'headers';
    if (headers['wechatpay-serial'] !== options.platformPublicKeyId) return 'serial';
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now() - Number(timestamp) * 1000) > maximumSkewMs) return 'timestamp';
    const message = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);
    return verify('RSA-SHA256', message, platformKey, Buffer.from(signature, 'base64')) ? undefined : 'signature';
  };

  const refused = ({ status, body }: ProviderAnswer): never => {
    const { code, message } = Failure.parse(JSON.parse(body));
    if (transientCodes.has(code)) throw new TransientError('finance.provider-busy', `${code}: ${message}`);
    throw new DomainError(refusals[code] ?? 'finance.provider-refused', message, { providerCode: code, status });
  };

  const call = async (method: 'GET' | 'POST', path: string, content?: unknown): Promise<ProviderAnswer> => {
    const target = `${prefix}${path}`;
    const body = content === undefined ? '' : JSON.stringify(content);
    const answer = await http.request({
      method,
      path: target,
      headers: {
        accept: 'application/json',
        'user-agent': 'tongpiao-finance',
        authorization: authorization(method, target, body),
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
      },
      body,
    });
    if (answer.status >= 500 || answer.status === 429) {
      throw new TransientError('finance.provider-busy', `The payment provider answered ${answer.status}.`);
    }
    const reason = doubt(answer.headers, Buffer.from(answer.body, 'utf8'));
    if (reason !== undefined) {
      throw new TransientError(
        'finance.provider-answer-unverified',
        `WeChat Pay answered ${answer.status}, ${reason} does not hold.`,
      );
    }
    return answer;
  };

  const succeed = (answer: ProviderAnswer): ProviderAnswer => (answer.status >= 300 ? refused(answer) : answer);
  const providerCode = (answer: ProviderAnswer): string | undefined =>
    answer.status < 300 ? undefined : Failure.parse(JSON.parse(answer.body)).code;

  const readRefund = (answer: ProviderAnswer): ProviderRefundState => {
    const refund = Refund.parse(JSON.parse(answer.body));
    return { status: refundStatus[refund.status], providerRefundId: refund.refund_id };
  };

  const open = (body: Buffer): { event: string; content: unknown } => {
    try {
      const { event_type: event, resource } = Notification.parse(JSON.parse(body.toString('utf8')));
      const sealed = Buffer.from(resource.ciphertext, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', apiV3Key, resource.nonce, { authTagLength: 16 });
      decipher.setAAD(Buffer.from(resource.associated_data, 'utf8'));
      decipher.setAuthTag(sealed.subarray(-16));
      const text = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString('utf8');
      return { event, content: JSON.parse(text) };
    } catch (error) {
      throw new ProviderCallbackRefused('body', 'The call-back cannot be opened.', { cause: error });
    }
  };

  const readPaymentNotice = (content: unknown): ProviderCallback => {
    const notice = PaymentNotice.parse(content);
    if (notice.mchid !== options.mchId || notice.appid !== options.appId) {
      throw new ProviderCallbackRefused('account', 'The call-back is for another merchant.');
    }
    if (notice.trade_state !== 'SUCCESS' && notice.trade_state !== 'REFUND') {
      throw new ProviderCallbackRefused('body', `A payment call-back in state ${notice.trade_state}.`);
    }
    return {
      kind: 'payment',
      paymentId: notice.out_trade_no,
      status: 'paid',
      transactionId: notice.transaction_id,
      amountFen: notice.amount.total,
      at: notice.success_time,
    };
  };

  const readRefundNotice = (content: unknown): ProviderCallback => {
    const notice = RefundNotice.parse(content);
    if (notice.mchid !== options.mchId)
      throw new ProviderCallbackRefused('account', 'The call-back is for another merchant.');
    return {
      kind: 'refund',
      paymentId: notice.out_trade_no,
      refundId: notice.out_refund_no,
      providerRefundId: notice.refund_id,
      status: refundStatus[notice.refund_status],
      transactionId: notice.transaction_id,
      amountFen: notice.amount.refund,
      at: notice.success_time ?? new Date(now()),
    };
  };

  return {
    name: 'wechat',

    async create(request) {
      const answer = succeed(
        await call('POST', '/v3/pay/transactions/native', {
          appid: options.appId,
          mchid: options.mchId,
          description: cut(request.description, 127),
          out_trade_no: request.paymentId,
          time_expire: wechatTime(request.expiresAt),
          notify_url: request.notifyUrl,
          ...(request.auto ? { attach: '{"sandbox":"auto"}' } : {}),
          amount: { total: request.amountFen, currency: 'CNY' },
        }),
      );
      return { payUrl: Created.parse(JSON.parse(answer.body)).code_url };
    },

    async query(paymentId): Promise<ProviderPaymentState> {
      const number = encodeURIComponent(paymentId);
      const answer = await call(
        'GET',
        `/v3/pay/transactions/out-trade-no/${number}?mchid=${encodeURIComponent(options.mchId)}`,
      );
      const code = providerCode(answer);
      if (code === 'ORDER_NOT_EXIST' || code === 'ORDERNOTEXIST') return { status: 'unknown' };
      const payment = Payment.parse(JSON.parse(succeed(answer).body));
      switch (payment.trade_state) {
        case 'SUCCESS':
        case 'REFUND':
          return {
            status: 'paid',
            transactionId: payment.transaction_id,
            paidAt: payment.success_time,
            amountFen: payment.amount.total,
          };
        case 'NOTPAY':
        case 'USERPAYING':
        case 'ACCEPT':
          return { status: 'not_paid' };
        case 'CLOSED':
        case 'REVOKED':
        case 'PAYERROR':
          return { status: 'closed' };
      }
    },

    async close(paymentId) {
      const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(paymentId)}/close`;
      const answer = await call('POST', path, { mchid: options.mchId });
      const code = providerCode(answer);
      if (code === 'ORDERPAID' || code === 'ORDER_PAID') return 'already_paid';
      if (code === 'ORDER_NOT_EXIST' || code === 'ORDERNOTEXIST' || code === 'ORDER_CLOSED' || code === 'ORDERCLOSED')
        return 'closed';
      succeed(answer);
      return 'closed';
    },

    async refund(request) {
      const answer = await call('POST', '/v3/refund/domestic/refunds', {
        out_trade_no: request.paymentId,
        out_refund_no: request.refundId,
        reason: cut(request.reason, 80),
        notify_url: request.notifyUrl,
        amount: { refund: request.amountFen, total: request.totalFen, currency: 'CNY' },
      });
      const code = providerCode(answer);
      // INVALID_REQUEST and PARAM_ERROR are how this interface says "more than was paid" and "other than before".
      if (code === 'INVALID_REQUEST' || code === 'PARAM_ERROR') {
        const { message } = Failure.parse(JSON.parse(answer.body));
        throw new DomainError('finance.refund-refused', message, { providerCode: code });
      }
      return readRefund(succeed(answer));
    },

    async queryRefund(refundId) {
      const answer = await call('GET', `/v3/refund/domestic/refunds/${encodeURIComponent(refundId)}`);
      return providerCode(answer) === 'RESOURCE_NOT_EXISTS' ? { status: 'unknown' } : readRefund(succeed(answer));
    },

    verifyCallback({ headers, body }) {
      const reason = doubt(headers, body);
      if (reason !== undefined) throw new ProviderCallbackRefused(reason, 'The call-back is not signed by WeChat Pay.');
      if (!fresh(headers['wechatpay-nonce'] ?? ''))
        throw new ProviderCallbackRefused('nonce', 'The call-back was seen before.');
      const { event, content } = open(body);
      try {
        return event.startsWith('REFUND.') ? readRefundNotice(content) : readPaymentNotice(content);
      } catch (error) {
        if (error instanceof ProviderCallbackRefused) throw error;
        throw new ProviderCallbackRefused('body', `The content of ${event} is not understood.`, { cause: error });
      }
    },

    callbackAnswer: (ok, message = '') => ({
      status: ok ? 200 : 500,
      contentType: 'application/json',
      body: JSON.stringify(ok ? { code: 'SUCCESS', message } : { code: 'FAIL', message }),
    }),

    stop: () => http.stop(),
  };
};
