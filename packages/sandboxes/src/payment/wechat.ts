// WeChat Pay APIv3 for a directly connected merchant: Native and H5 payments, query, closing, refunds, call-backs.
// Requests are verified and answers signed exactly as the provider does, so that a client proven here needs only other
// keys and another address. Source: pay.weixin.qq.com/doc/v3/merchant.
import { createCipheriv, randomBytes, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { Reply } from '../http/reply.ts';
import type { PaymentKeys } from './credentials.ts';
import type { Callback } from './callbacks.ts';
import { wechatTime } from './spelling.ts';
import { keyOf, refundedFen } from './transaction.ts';
import type { Refund, Transaction } from './transaction.ts';
import type { Teller, Till } from './till.ts';

type SignedRequest = {
  readonly method: string;
  /** Path with query, as it stands in the request line. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
};

const maximumSkewSeconds = 300;
const skewPeriodMs = maximumSkewSeconds * 1000;

const outTradeNo = z.string().regex(/^[0-9A-Za-z_\-|*]{6,32}$/);
const amount = z.int().min(1).max(10_000_000_000);

const CreateBody = z.object({
  appid: z.string(),
  mchid: z.string(),
  description: z.string().min(1).max(127),
  out_trade_no: outTradeNo,
  time_expire: z.iso.datetime({ offset: true }).optional(),
  attach: z.string().max(128).optional(),
  notify_url: z.url().max(255),
  amount: z.object({ total: amount, currency: z.literal('CNY').default('CNY') }),
});
const CreateH5Body = CreateBody.extend({
  scene_info: z.object({ payer_client_ip: z.string().min(1), h5_info: z.object({ type: z.string().min(1) }) }),
});
const CloseBody = z.object({ mchid: z.string() });
const RefundBody = z.object({
  out_trade_no: outTradeNo,
  out_refund_no: z.string().regex(/^[0-9A-Za-z_\-|*@]{1,64}$/),
  reason: z.string().max(80).optional(),
  notify_url: z.url().max(256).optional(),
  amount: z.object({ refund: amount, total: amount, currency: z.literal('CNY') }),
});

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const stateTexts = {
  NOTPAY: '订单未支付',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款',
  CLOSED: '订单已关闭',
  PAYERROR: '支付失败',
} as const;

const tradeState = (transaction: Transaction): keyof typeof stateTexts => {
  switch (transaction.status) {
    case 'not_paid':
      return 'NOTPAY';
    case 'paid':
      return refundedFen(transaction) > 0 ? 'REFUND' : 'SUCCESS';
    case 'closed':
      return 'CLOSED';
    case 'failed':
      return 'PAYERROR';
  }
};

const refundStates = {
  processing: 'PROCESSING',
  succeeded: 'SUCCESS',
  abnormal: 'ABNORMAL',
  closed: 'CLOSED',
} as const;

const refundTexts: Readonly<Record<Refund['status'], string>> = {
  processing: '退款处理中',
  succeeded: '退款成功',
  abnormal: '退款异常',
  closed: '退款关闭',
};

/** Remembers what was seen for at least one and at most two periods, then forgets it. */
const createNonces = (): ((nonce: string) => boolean) => {
  let current = new Set<string>();
  let previous = new Set<string>();
  let turnedAt = Date.now();
  return (nonce) => {
    // A time stamp may lie 5 minutes on either side, so a nonce matters for 10.
    if (Date.now() - turnedAt > 2 * skewPeriodMs) {
      previous = current;
      current = new Set();
      turnedAt = Date.now();
    }
    if (current.has(nonce) || previous.has(nonce)) return false;
    current.add(nonce);
    return true;
  };
};

const authorizationField = (authorization: string, name: string): string =>
  new RegExp(`[ ,]${name}="([^"]*)"`).exec(authorization)?.[1] ?? '';

export type WechatPay = {
  readonly teller: Teller;
  /** Answers one request below `/wechat`; `path` is what follows it, without query. */
  answer(request: SignedRequest, path: string, query: URLSearchParams): Reply;
};

export const createWechatPay = (options: {
  readonly keys: PaymentKeys;
  readonly publicUrl: string;
  /** Late bound, because the till tells the merchant through this file's teller. */
  readonly till: () => Till;
  readonly findByRefund: (outRefundNo: string) => Transaction | undefined;
}): WechatPay => {
  const { keys, publicUrl } = options;
  const account = keys.credentials.wechat;
  const fresh = createNonces();

  const signatureHeaders = (body: string): Record<string, string> => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = randomBytes(16).toString('hex');
    const message = Buffer.from(`${timestamp}\n${nonce}\n${body}\n`, 'utf8');
    return {
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Serial': account.platformPublicKeyId,
      'Wechatpay-Signature': sign('RSA-SHA256', message, keys.wechatPlatformPrivateKey).toString('base64'),
      'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    };
  };

  const reply = (status: number, content?: unknown): Reply => {
    const body = content === undefined ? '' : JSON.stringify(content);
    const type: Record<string, string> = body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' };
    return {
      status,
      headers: { ...type, 'Request-ID': randomBytes(12).toString('hex'), ...signatureHeaders(body) },
      body,
    };
  };

  const authenticate = ({ method, target, authorization = '', body }: SignedRequest): void => {
    if (!authorization.startsWith('WECHATPAY2-SHA256-RSA2048 ')) {
      throw new Refusal(401, 'SIGN_ERROR', 'Http头Authorization值格式错误');
    }
    const timestamp = authorizationField(authorization, 'timestamp');
    const nonce = authorizationField(authorization, 'nonce_str');
    if (authorizationField(authorization, 'mchid') !== account.mchId)
      throw new Refusal(401, 'SIGN_ERROR', '商户号不存在');
    if (authorizationField(authorization, 'serial_no') !== account.merchantSerial) {
      throw new Refusal(401, 'SIGN_ERROR', '商户证书序列号有误');
    }
    if (!/^\d{10}$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > maximumSkewSeconds) {
      throw new Refusal(401, 'SIGN_ERROR', '签名时间戳已过期');
    }
    const message = Buffer.concat([
      Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce}\n`),
      body,
      Buffer.from('\n'),
    ]);
    const signature = Buffer.from(authorizationField(authorization, 'signature'), 'base64');
    if (nonce === '' || !verify('RSA-SHA256', message, keys.wechatMerchantPublicKey, signature)) {
      throw new Refusal(401, 'SIGN_ERROR', '签名错误');
    }
    // Only after the signature: else a stranger could use up a merchant's nonces.
    if (!fresh(nonce)) throw new Refusal(401, 'SIGN_ERROR', '随机串重复');
  };

  const parse = <Shape extends z.ZodType>(shape: Shape, body: Buffer): z.infer<Shape> => {
    let content: unknown;
    try {
      content = JSON.parse(body.toString('utf8'));
    } catch {
      throw new Refusal(400, 'PARAM_ERROR', '请求体不是合法的JSON');
    }
    const parsed = shape.safeParse(content);
    if (parsed.success) return parsed.data;
    throw new Refusal(400, 'PARAM_ERROR', parsed.error.issues.map((issue) => issue.path.join('/')).join(', '));
  };

  const checkMerchant = (mchId: string | null): void => {
    if (mchId !== account.mchId) throw new Refusal(400, 'PARAM_ERROR', '商户号与签名不一致');
  };

  const create = (body: Buffer, tradeType: 'NATIVE' | 'MWEB'): Reply => {
    const request = tradeType === 'MWEB' ? parse(CreateH5Body, body) : parse(CreateBody, body);
    checkMerchant(request.mchid);
    if (request.appid !== account.appId) throw new Refusal(400, 'APPID_MCHID_NOT_MATCH', 'appid与mchid不匹配');
    const expiresAt = request.time_expire === undefined ? 0 : Date.parse(request.time_expire);
    if (expiresAt !== 0 && expiresAt <= Date.now()) throw new Refusal(400, 'PARAM_ERROR', 'time_expire已过');
    const outcome = options.till().create({
      provider: 'wechat',
      outTradeNo: request.out_trade_no,
      amountFen: request.amount.total,
      description: request.description,
      attach: request.attach ?? '',
      notifyUrl: request.notify_url,
      tradeType,
      expiresAt,
    });
    switch (outcome.kind) {
      case 'created':
      case 'same': {
        const payUrl = `${publicUrl}/pay/${keyOf('wechat', request.out_trade_no)}`;
        return reply(200, tradeType === 'NATIVE' ? { code_url: payUrl } : { h5_url: payUrl });
      }
      case 'differs':
        throw new Refusal(400, 'INVALID_REQUEST', '请求重入时,参数与首次请求时不一致');
      case 'already-paid':
        throw new Refusal(400, 'ORDERPAID', '该订单已支付');
      case 'closed':
        throw new Refusal(400, 'ORDER_CLOSED', '该订单已关闭');
    }
  };

  const transactionView = (transaction: Transaction): Record<string, unknown> => {
    const state = tradeState(transaction);
    const common = {
      appid: account.appId,
      mchid: account.mchId,
      out_trade_no: transaction.outTradeNo,
      attach: transaction.attach,
      trade_state: state,
      trade_state_desc: stateTexts[state],
    };
    if (transaction.status !== 'paid') return { ...common, amount: { total: transaction.amountFen, currency: 'CNY' } };
    return {
      ...common,
      transaction_id: transaction.transactionId,
      trade_type: transaction.tradeType,
      bank_type: 'OTHERS',
      success_time: wechatTime(transaction.paidAt),
      payer: { openid: 'oSandboxPayer0000000000000001' },
      amount: {
        total: transaction.amountFen,
        payer_total: transaction.amountFen,
        currency: 'CNY',
        payer_currency: 'CNY',
      },
    };
  };

  const refundView = (transaction: Transaction, refund: Refund): Record<string, unknown> => ({
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: transaction.transactionId,
    out_trade_no: transaction.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: '支付用户零钱',
    create_time: wechatTime(refund.createdAt),
    ...(refund.status === 'succeeded' ? { success_time: wechatTime(refund.settledAt) } : {}),
    status: refundStates[refund.status],
    funds_account: 'AVAILABLE',
    amount: {
      total: transaction.amountFen,
      refund: refund.amountFen,
      payer_total: transaction.amountFen,
      payer_refund: refund.amountFen,
      settlement_refund: refund.amountFen,
      settlement_total: transaction.amountFen,
      discount_refund: 0,
      currency: 'CNY',
    },
  });

  const refund = (body: Buffer): Reply => {
    const request = parse(RefundBody, body);
    const known = options.till().find('wechat', request.out_trade_no);
    if (known !== undefined && known.amountFen !== request.amount.total) {
      throw new Refusal(400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致,请核实后再试');
    }
    if (request.amount.refund > request.amount.total) throw new Refusal(400, 'PARAM_ERROR', '退款金额大于订单金额');
    const outcome = options.till().refund({
      provider: 'wechat',
      outTradeNo: request.out_trade_no,
      outRefundNo: request.out_refund_no,
      amountFen: request.amount.refund,
      reason: request.reason ?? '',
      notifyUrl: request.notify_url ?? '',
      immediate: false,
    });
    switch (outcome.kind) {
      case 'requested':
      case 'same':
        return reply(200, refundView(outcome.transaction, outcome.refund));
      case 'unknown-payment':
        throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '订单不存在');
      case 'not-paid':
        throw new Refusal(400, 'INVALID_REQUEST', '订单未支付');
      case 'differs':
        throw new Refusal(400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致,请核实后再试');
      case 'too-much':
        throw new Refusal(400, 'INVALID_REQUEST', '累计退款金额大于订单金额');
      case 'too-many':
        throw new Refusal(400, 'INVALID_REQUEST', '部分退款次数超过50次');
      case 'poor':
        throw new Refusal(403, 'NOT_ENOUGH', '基本账户余额不足，请充值后重新发起');
    }
  };

  const close = (number: string, body: Buffer): Reply => {
    checkMerchant(parse(CloseBody, body).mchid);
    switch (options.till().close('wechat', number)) {
      case 'closed':
        return reply(204);
      case 'already-paid':
        throw new Refusal(400, 'ORDERPAID', '该订单已支付');
      case 'unknown':
        throw new Refusal(404, 'ORDER_NOT_EXIST', '订单不存在');
    }
  };

  const query = (number: string, mchId: string | null): Reply => {
    checkMerchant(mchId);
    const transaction = options.till().find('wechat', number);
    if (transaction === undefined) throw new Refusal(404, 'ORDER_NOT_EXIST', '订单不存在');
    return reply(200, transactionView(transaction));
  };

  const queryRefund = (outRefundNo: string): Reply => {
    const transaction = options.findByRefund(outRefundNo);
    const found = transaction?.refunds.find((candidate) => candidate.outRefundNo === outRefundNo);
    if (transaction === undefined || found === undefined) throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '退款单不存在');
    return reply(200, refundView(transaction, found));
  };

  const route = (request: SignedRequest, path: string, parameters: URLSearchParams): Reply => {
    const isPost = request.method === 'POST';
    if (isPost && path === '/v3/pay/transactions/native') return create(request.body, 'NATIVE');
    if (isPost && path === '/v3/pay/transactions/h5') return create(request.body, 'MWEB');
    if (isPost && path === '/v3/refund/domestic/refunds') return refund(request.body);
    const payment = /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)(\/close)?$/.exec(path);
    if (payment?.[1] !== undefined) {
      const number = decodeURIComponent(payment[1]);
      if (isPost && payment[2] !== undefined) return close(number, request.body);
      if (!isPost && payment[2] === undefined) return query(number, parameters.get('mchid'));
    }
    const refunded = /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/.exec(path);
    if (!isPost && refunded?.[1] !== undefined) return queryRefund(decodeURIComponent(refunded[1]));
    throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '接口不存在');
  };

  const callback = (
    kind: 'transaction' | 'refund',
    event: string,
    summary: string,
    url: string,
    content: unknown,
  ): Omit<Callback, 'finished'> => {
    const id = randomBytes(18).toString('hex');
    return {
      url,
      render() {
        const nonce = randomBytes(6).toString('hex');
        const cipher = createCipheriv('aes-256-gcm', keys.apiV3Key, nonce);
        cipher.setAAD(Buffer.from(kind));
        const sealed = Buffer.concat([
          cipher.update(JSON.stringify(content), 'utf8'),
          cipher.final(),
          cipher.getAuthTag(),
        ]);
        const body = JSON.stringify({
          id,
          create_time: wechatTime(Date.now()),
          resource_type: 'encrypt-resource',
          event_type: event,
          summary,
          resource: {
            original_type: kind,
            algorithm: 'AEAD_AES_256_GCM',
            ciphertext: sealed.toString('base64'),
            associated_data: kind,
            nonce,
          },
        });
        return { headers: { 'content-type': 'application/json', ...signatureHeaders(body) }, body };
      },
      accepted: (status) => status === 200 || status === 204,
    };
  };

  return {
    teller: {
      payment: (transaction) =>
        callback('transaction', 'TRANSACTION.SUCCESS', '支付成功', transaction.notifyUrl, transactionView(transaction)),
      refund(transaction, settled) {
        const succeeded = settled.status === 'succeeded';
        return callback(
          'refund',
          `REFUND.${refundStates[settled.status]}`,
          refundTexts[settled.status],
          settled.notifyUrl,
          {
            mchid: account.mchId,
            out_trade_no: transaction.outTradeNo,
            transaction_id: transaction.transactionId,
            out_refund_no: settled.outRefundNo,
            refund_id: settled.refundId,
            refund_status: refundStates[settled.status],
            ...(succeeded ? { success_time: wechatTime(settled.settledAt) } : {}),
            user_received_account: '支付用户零钱',
            amount: {
              total: transaction.amountFen,
              refund: settled.amountFen,
              payer_total: transaction.amountFen,
              payer_refund: settled.amountFen,
            },
          },
        );
      },
    },
    answer(request, path, parameters) {
      try {
        authenticate(request);
        return route(request, path, parameters);
      } catch (error) {
        if (error instanceof Refusal) return reply(error.status, { code: error.code, message: error.message });
        throw error;
      }
    },
  };
};
