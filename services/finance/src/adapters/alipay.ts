// Alipay open platform (QR payments, RSA2 with plain keys): signs parameters, verifies the raw text of every answer and
// every notification. Own code instead of `alipay-sdk`: that is well kept, but brings nine packages (an HTTP client and
// a crypto library of its own among them), parses keys on each call and turns refusals and failures into one error.
// Source: opendocs.alipay.com/common.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { DomainError, TransientError } from '@tongpiao/kernel';
import { z } from 'zod';
import { ProviderCallbackRefused } from './payment-provider.ts';
import type { PaymentProvider, ProviderCallback, ProviderPaymentState } from './payment-provider.ts';
import { createProviderHttp } from './provider-http.ts';
import { alipayTime, cut, fenOf, parseAlipayTime, yuanOf } from './provider-spelling.ts';
import { rawMembers } from './signed-node.ts';

export type AlipayOptions = {
  /** `https://openapi.alipay.com/gateway.do`, or a sandbox's address. */
  readonly gatewayUrl: string;
  readonly appId: string;
  readonly appPrivateKeyPem: string;
  readonly alipayPublicKeyPem: string;
  /** Default 5 s: longer than the provider needs, shorter than a customer waits. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
};

const fen = z.string().transform((text, context) => {
  const amountFen = fenOf(text);
  if (amountFen !== undefined) return amountFen;
  context.addIssue({ code: 'custom', message: 'not an amount in yuan' });
  return z.NEVER;
});
const time = z.string().transform((text, context) => {
  const at = parseAlipayTime(text);
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: 'not a Beijing time' });
  return z.NEVER;
});

const Status = z.object({
  code: z.string(),
  msg: z.string().default(''),
  sub_code: z.string().optional(),
  sub_msg: z.string().optional(),
});
const Created = z.object({ qr_code: z.string().min(1) });
const tradeStatus = z.enum(['WAIT_BUYER_PAY', 'TRADE_SUCCESS', 'TRADE_FINISHED', 'TRADE_CLOSED']);
const Trade = z.object({
  trade_no: z.string().default(''),
  trade_status: tradeStatus,
  total_amount: fen,
  send_pay_date: time.optional(),
});
const Refunded = z.object({ trade_no: z.string() });
const RefundFound = z.object({
  trade_no: z.string(),
  out_request_no: z.string(),
  refund_status: z.string().optional(),
});
const Notice = z.object({
  app_id: z.string(),
  out_trade_no: z.string().min(1),
  out_biz_no: z.string().optional(),
  trade_no: z.string().min(1),
  trade_status: tradeStatus,
  total_amount: fen,
  refund_fee: fen.optional(),
  gmt_payment: time.optional(),
  gmt_refund: time.optional(),
  notify_time: time,
});

const refusals: Readonly<Record<string, string>> = {
  'ACQ.TRADE_HAS_SUCCESS': 'finance.payment-already-paid',
  'ACQ.TRADE_HAS_CLOSE': 'finance.payment-closed',
  'ACQ.CONTEXT_INCONSISTENT': 'finance.payment-id-used',
  'ACQ.TRADE_NOT_EXIST': 'finance.payment-not-found',
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL': 'finance.refund-refused',
  'ACQ.DISCORDANT_REPEAT_REQUEST': 'finance.refund-refused',
  'ACQ.REASON_TRADE_REFUND_FEE_ERR': 'finance.refund-refused',
  'ACQ.REASON_TRADE_STATUS_INVALID': 'finance.refund-refused',
  'ACQ.TRADE_HAS_FINISHED': 'finance.refund-refused',
  'ACQ.TRADE_STATUS_ERROR': 'finance.refund-refused',
  'ACQ.SELLER_BALANCE_NOT_ENOUGH': 'finance.refund-refused',
  'ACQ.REFUND_CHARGE_ERROR': 'finance.refund-refused',
};

const transientSubCodes = new Set([
  'ACQ.SYSTEM_ERROR',
  'aop.ACQ.SYSTEM_ERROR',
  'isp.unknow-error',
  'aop.unknow-error',
  'isp.call-limited',
  'isv.app-call-limited',
]);

type Outcome =
  | { readonly kind: 'success'; readonly content: unknown }
  | { readonly kind: 'refused'; readonly subCode: string; readonly detail: string };

/** Alipay has no number of its own for a refund: trade and request number name it together. */
const refundName = (tradeNo: string, requestNumber: string): string => `${tradeNo}/${requestNumber}`;

const signedContent = (parameters: Iterable<readonly [string, string]>, without: readonly string[]): Buffer =>
  Buffer.from(
    [...parameters]
      .filter(([name, value]) => value !== '' && !without.includes(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
    'utf8',
  );

export const createAlipay = (options: AlipayOptions): PaymentProvider => {
  const now = options.now ?? Date.now;
  const gateway = new URL(options.gatewayUrl);
  const http = createProviderHttp(gateway.origin, options.timeoutMs ?? 5_000);
  const appKey = createPrivateKey(options.appPrivateKeyPem);
  const alipayKey = createPublicKey(options.alipayPublicKeyPem);

  const signedForm = (method: string, content: unknown, notifyUrl: string): string => {
    const parameters = new Map([
      ['app_id', options.appId],
      ['method', method],
      ['format', 'JSON'],
      ['charset', 'utf-8'],
      ['sign_type', 'RSA2'],
      ['timestamp', alipayTime(new Date(now()))],
      ['version', '1.0'],
      ...(notifyUrl === '' ? [] : ([['notify_url', notifyUrl]] as const)),
      ['biz_content', JSON.stringify(content)],
    ]);
    parameters.set('sign', sign('RSA-SHA256', signedContent(parameters, []), appKey).toString('base64'));
    return new URLSearchParams([...parameters]).toString();
  };

  /** @returns the raw text of the answer's node, proven to be Alipay's */
  const verifiedNode = (body: string, name: string): string => {
    const members = rawMembers(body);
    const node = members.get(name) ?? members.get('error_response');
    const signature = /^"([A-Za-z0-9+/=\\]+)"$/.exec(members.get('sign') ?? '')?.[1]?.replaceAll('\\/', '/');
    if (
      node === undefined ||
      signature === undefined ||
      !verify('RSA-SHA256', Buffer.from(node, 'utf8'), alipayKey, Buffer.from(signature, 'base64'))
    ) {
      throw new TransientError('finance.provider-answer-unverified', 'The answer is not signed by Alipay.');
    }
    return node;
  };

  const call = async (method: string, content: unknown, notifyUrl = ''): Promise<Outcome> => {
    const answer = await http.request({
      method: 'POST',
      path: `${gateway.pathname}?charset=utf-8`,
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8', 'user-agent': 'tongpiao-finance' },
      body: signedForm(method, content, notifyUrl),
    });
    if (answer.status !== 200) {
      throw new TransientError('finance.provider-busy', `The payment provider answered ${answer.status}.`);
    }
    const node: unknown = JSON.parse(verifiedNode(answer.body, `${method.replaceAll('.', '_')}_response`));
    const { code, msg, sub_code: subCode = '', sub_msg: detail = msg } = Status.parse(node);
    if (code === '10000') return { kind: 'success', content: node };
    if (code === '20000' || transientSubCodes.has(subCode)) {
      throw new TransientError('finance.provider-busy', `${code} ${subCode}: ${detail}`);
    }
    return { kind: 'refused', subCode: subCode === '' ? code : subCode, detail };
  };

  const succeed = (outcome: Outcome): unknown => {
    if (outcome.kind === 'success') return outcome.content;
    const code = refusals[outcome.subCode] ?? 'finance.provider-refused';
    throw new DomainError(code, outcome.detail, { providerCode: outcome.subCode });
  };

  const isUnknown = (outcome: Outcome): boolean =>
    outcome.kind === 'refused' && outcome.subCode === 'ACQ.TRADE_NOT_EXIST';

  const readNotice = (parameters: URLSearchParams): ProviderCallback => {
    const notice = Notice.parse(Object.fromEntries(parameters));
    if (notice.app_id !== options.appId)
      throw new ProviderCallbackRefused('account', 'The call-back is for another app.');
    const common = { paymentId: notice.out_trade_no, transactionId: notice.trade_no };
    if (notice.out_biz_no !== undefined && notice.refund_fee !== undefined) {
      return {
        ...common,
        kind: 'refund',
        refundId: notice.out_biz_no,
        providerRefundId: refundName(notice.trade_no, notice.out_biz_no),
        status: 'succeeded',
        // `refund_fee` is the sum of all refunds of the trade.
        amountFen: null,
        at: notice.gmt_refund ?? notice.notify_time,
      };
    }
    if (notice.trade_status === 'WAIT_BUYER_PAY')
      throw new ProviderCallbackRefused('body', 'Nothing has happened yet.');
    return {
      ...common,
      kind: 'payment',
      status: notice.trade_status === 'TRADE_CLOSED' ? 'closed' : 'paid',
      amountFen: notice.total_amount,
      at: notice.gmt_payment ?? notice.notify_time,
    };
  };

  const query = async (paymentId: string): Promise<ProviderPaymentState> => {
    const outcome = await call('alipay.trade.query', { out_trade_no: paymentId });
    if (isUnknown(outcome)) return { status: 'unknown' };
    const trade = Trade.parse(succeed(outcome));
    if (trade.trade_status === 'WAIT_BUYER_PAY') return { status: 'not_paid' };
    // A trade that was paid and refunded in full is TRADE_CLOSED too; only the date of payment tells it apart.
    if (trade.trade_status === 'TRADE_CLOSED' && trade.send_pay_date === undefined) return { status: 'closed' };
    return {
      status: 'paid',
      transactionId: trade.trade_no,
      paidAt: trade.send_pay_date ?? new Date(now()),
      amountFen: trade.total_amount,
    };
  };

  return {
    name: 'alipay',

    async create(request) {
      const content = {
        out_trade_no: request.paymentId,
        total_amount: yuanOf(request.amountFen),
        subject: cut(request.description, 256),
        time_expire: alipayTime(request.expiresAt),
        ...(request.auto ? { passback_params: encodeURIComponent('{"sandbox":"auto"}') } : {}),
      };
      const outcome = await call('alipay.trade.precreate', content, request.notifyUrl);
      return { payUrl: Created.parse(succeed(outcome)).qr_code };
    },

    query,

    async close(paymentId) {
      const outcome = await call('alipay.trade.close', { out_trade_no: paymentId });
      if (isUnknown(outcome)) return 'closed';
      // "Status not allowed" is said of paid and of closed trades alike, so the trade itself is asked.
      if (
        outcome.kind === 'refused' &&
        /^ACQ\.(REASON_)?TRADE_STATUS_(ERROR|INVALID)$|^ACQ\.REASON_ILLEGAL_STATUS$/.test(outcome.subCode)
      ) {
        return (await query(paymentId)).status === 'paid' ? 'already_paid' : 'closed';
      }
      succeed(outcome);
      return 'closed';
    },

    async refund(request) {
      const outcome = await call('alipay.trade.refund', {
        out_trade_no: request.paymentId,
        refund_amount: yuanOf(request.amountFen),
        out_request_no: request.refundId,
        refund_reason: cut(request.reason, 256),
      });
      const { trade_no: tradeNo } = Refunded.parse(succeed(outcome));
      return { status: 'succeeded', providerRefundId: refundName(tradeNo, request.refundId) };
    },

    async queryRefund(refundId, paymentId) {
      const outcome = await call('alipay.trade.fastpay.refund.query', {
        out_trade_no: paymentId,
        out_request_no: refundId,
      });
      if (isUnknown(outcome)) return { status: 'unknown' };
      // Success without a refund in it means that there is none.
      const found = RefundFound.safeParse(succeed(outcome));
      if (!found.success) return { status: 'unknown' };
      const status = found.data.refund_status === 'REFUND_SUCCESS' ? 'succeeded' : 'processing';
      return { status, providerRefundId: refundName(found.data.trade_no, refundId) };
    },

    verifyCallback({ body }) {
      const parameters = new URLSearchParams(body.toString('utf8'));
      const signature = parameters.get('sign');
      if (signature === null || parameters.get('sign_type') !== 'RSA2') {
        throw new ProviderCallbackRefused('headers', 'The call-back carries no RSA2 signature.');
      }
      const content = signedContent(parameters, ['sign', 'sign_type']);
      if (!verify('RSA-SHA256', content, alipayKey, Buffer.from(signature, 'base64'))) {
        throw new ProviderCallbackRefused('signature', 'The call-back is not signed by Alipay.');
      }
      // No time or nonce check: the protocol repeats the same notification for 25 hours. Handling it is idempotent.
      try {
        return readNotice(parameters);
      } catch (error) {
        if (error instanceof ProviderCallbackRefused) throw error;
        throw new ProviderCallbackRefused('body', 'The call-back is not understood.', { cause: error });
      }
    },

    callbackAnswer: (ok) => ({ status: ok ? 200 : 500, contentType: 'text/plain', body: ok ? 'success' : 'failure' }),

    stop: () => http.stop(),
  };
};
