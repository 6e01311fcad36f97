// Alipay's open platform gateway: QR payments (precreate), mobile web payments, query, closing, refunds, notifications.
// Parameters are verified with RSA2 over the sorted list, answers are signed over the raw text of the response node.
// Source: opendocs.alipay.com. One liberty: a precreated trade exists at once, not only after it was scanned.
import { randomBytes, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { redirect } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';
import type { Callback } from './callbacks.ts';
import type { PaymentKeys } from './credentials.ts';
import { alipayTime, fenOf, parseAlipayTime, yuanOf } from './spelling.ts';
import { keyOf, refundedFen } from './transaction.ts';
import type { Refund, Transaction } from './transaction.ts';
import type { CreateOutcome, Teller, Till } from './till.ts';

const number = z.string().min(1).max(64);
// The platform takes amounts as text and as numbers.
const yuan = z.union([z.string(), z.number()]).transform(String);

const CreateContent = z.object({
  out_trade_no: number,
  total_amount: yuan,
  subject: z.string().min(1).max(256),
  time_expire: z.string().optional(),
  passback_params: z.string().max(512).optional(),
});
const TradeContent = z.object({ out_trade_no: number });
const RefundContent = z.object({
  out_trade_no: number,
  refund_amount: yuan,
  out_request_no: number.optional(),
  refund_reason: z.string().max(256).optional(),
});
const RefundQueryContent = z.object({ out_trade_no: number, out_request_no: number });

class Refusal extends Error {
  readonly code: string;
  readonly subCode: string;
  constructor(code: string, subCode: string, message: string) {
    super(message);
    this.code = code;
    this.subCode = subCode;
  }
}

const codeTexts: Readonly<Record<string, string>> = {
  '10000': 'Success',
  '40001': 'Missing Required Arguments',
  '40002': 'Invalid Arguments',
  '40004': 'Business Failed',
};

const failed = (subCode: string, message: string): Refusal => new Refusal('40004', subCode, message);

/** The text that is signed: sorted by name, empty values and the signature itself left out. */
const signedContent = (parameters: Iterable<readonly [string, string]>, alsoWithout: readonly string[]): string =>
  [...parameters]
    .filter(([name, value]) => name !== 'sign' && value !== '' && !alsoWithout.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

const tradeStatus = (transaction: Transaction): string => {
  switch (transaction.status) {
    case 'not_paid':
      return 'WAIT_BUYER_PAY';
    case 'paid':
      return refundedFen(transaction) === transaction.amountFen ? 'TRADE_CLOSED' : 'TRADE_SUCCESS';
    case 'closed':
    case 'failed':
      return 'TRADE_CLOSED';
  }
};

const decodePassback = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const buyer = { buyer_id: '2088000000000001', buyer_logon_id: 'san***@sandbox.example' };
const sellerId = '2088000000000002';

export type Alipay = {
  readonly teller: Teller;
  /** Answers one request to `/alipay/gateway.do`. */
  answer(parameters: URLSearchParams): Reply;
};

export const createAlipay = (options: {
  readonly keys: PaymentKeys;
  readonly publicUrl: string;
  /** Late bound, because the till tells the merchant through this file's teller. */
  readonly till: () => Till;
}): Alipay => {
  const { keys, publicUrl } = options;
  const account = keys.credentials.alipay;

  const signed = (text: string): string =>
    sign('RSA-SHA256', Buffer.from(text, 'utf8'), keys.alipayPrivateKey).toString('base64');

  const reply = (node: string, content: Readonly<Record<string, unknown>>): Reply => {
    // The platform escapes slashes; whoever verifies a re-serialised object instead of the raw text finds out here.
    const text = JSON.stringify(content).replaceAll('/', '\\/');
    return {
      status: 200,
      headers: { 'content-type': 'application/json;charset=utf-8' },
      body: `{"${node}":${text},"sign":"${signed(text)}"}`,
    };
  };

  const success = (content: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
    code: '10000',
    msg: codeTexts['10000'],
    ...content,
  });

  const authenticate = (parameters: URLSearchParams): void => {
    if (parameters.get('app_id') !== account.appId) throw new Refusal('40002', 'isv.invalid-app-id', '无效的AppID参数');
    if (parameters.get('sign_type') !== 'RSA2')
      throw new Refusal('40002', 'isv.invalid-signature-type', '无效签名类型');
    const signature = parameters.get('sign');
    if (signature === null) throw new Refusal('40001', 'isv.missing-signature', '缺少签名参数');
    const content = Buffer.from(signedContent(parameters, []), 'utf8');
    if (!verify('RSA-SHA256', content, keys.alipayAppPublicKey, Buffer.from(signature, 'base64'))) {
      throw new Refusal('40002', 'isv.invalid-signature', '验签出错');
    }
    if (parseAlipayTime(parameters.get('timestamp') ?? '') === undefined) {
      throw new Refusal('40002', 'isv.invalid-timestamp', '非法的时间戳参数');
    }
  };

  const parse = <Shape extends z.ZodType>(shape: Shape, parameters: URLSearchParams): z.infer<Shape> => {
    let content: unknown;
    try {
      content = JSON.parse(parameters.get('biz_content') ?? '');
    } catch {
      throw failed('ACQ.INVALID_PARAMETER', 'biz_content不是合法的JSON');
    }
    const parsed = shape.safeParse(content);
    if (parsed.success) return parsed.data;
    throw failed('ACQ.INVALID_PARAMETER', parsed.error.issues.map((issue) => issue.path.join('.')).join(', '));
  };

  const amountOf = (text: string): number => {
    const amountFen = fenOf(text);
    if (amountFen === undefined || amountFen === 0) throw failed('ACQ.INVALID_PARAMETER', '金额格式错误');
    return amountFen;
  };

  const create = (
    parameters: URLSearchParams,
    tradeType: string,
  ): { outcome: CreateOutcome; payUrl: string; outTradeNo: string } => {
    const request = parse(CreateContent, parameters);
    const expiresAt = request.time_expire === undefined ? 0 : parseAlipayTime(request.time_expire);
    if (expiresAt === undefined) throw failed('ACQ.INVALID_PARAMETER', 'time_expire');
    const outcome = options.till().create({
      provider: 'alipay',
      outTradeNo: request.out_trade_no,
      amountFen: amountOf(request.total_amount),
      description: request.subject,
      attach: decodePassback(request.passback_params ?? ''),
      notifyUrl: parameters.get('notify_url') ?? '',
      tradeType,
      expiresAt,
    });
    if (outcome.kind === 'differs') throw failed('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改');
    if (outcome.kind === 'already-paid') throw failed('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
    if (outcome.kind === 'closed') throw failed('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
    return {
      outcome,
      payUrl: `${publicUrl}/pay/${keyOf('alipay', request.out_trade_no)}`,
      outTradeNo: request.out_trade_no,
    };
  };

  const find = (outTradeNo: string): Transaction => {
    const transaction = options.till().find('alipay', outTradeNo);
    if (transaction === undefined) throw failed('ACQ.TRADE_NOT_EXIST', '交易不存在');
    return transaction;
  };

  const query = (parameters: URLSearchParams): Readonly<Record<string, unknown>> => {
    const transaction = find(parse(TradeContent, parameters).out_trade_no);
    return success({
      out_trade_no: transaction.outTradeNo,
      trade_no: transaction.transactionId,
      trade_status: tradeStatus(transaction),
      total_amount: yuanOf(transaction.amountFen),
      ...(transaction.status === 'paid' ? { ...buyer, send_pay_date: alipayTime(transaction.paidAt) } : {}),
    });
  };

  const close = (parameters: URLSearchParams): Readonly<Record<string, unknown>> => {
    const { out_trade_no: outTradeNo } = parse(TradeContent, parameters);
    switch (options.till().close('alipay', outTradeNo)) {
      case 'closed':
        return success({ out_trade_no: outTradeNo, trade_no: '' });
      case 'already-paid':
        throw failed('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
      case 'unknown':
        throw failed('ACQ.TRADE_NOT_EXIST', '交易不存在');
    }
  };

  const refund = (parameters: URLSearchParams): Readonly<Record<string, unknown>> => {
    const request = parse(RefundContent, parameters);
    const amountFen = amountOf(request.refund_amount);
    const transaction = find(request.out_trade_no);
    if (request.out_request_no === undefined && amountFen !== transaction.amountFen) {
      throw failed('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限');
    }
    const outcome = options.till().refund({
      provider: 'alipay',
      outTradeNo: request.out_trade_no,
      outRefundNo: request.out_request_no ?? request.out_trade_no,
      amountFen,
      reason: request.refund_reason ?? '',
      notifyUrl: transaction.notifyUrl,
      immediate: true,
    });
    switch (outcome.kind) {
      case 'requested':
      case 'same':
        return success({
          out_trade_no: request.out_trade_no,
          trade_no: transaction.transactionId,
          ...buyer,
          fund_change: outcome.kind === 'requested' ? 'Y' : 'N',
          refund_fee: yuanOf(refundedFen(outcome.transaction)),
          gmt_refund_pay: alipayTime(outcome.refund.settledAt),
        });
      case 'unknown-payment':
        throw failed('ACQ.TRADE_NOT_EXIST', '交易不存在');
      case 'not-paid':
        throw failed('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
      case 'differs':
        throw failed('ACQ.DISCORDANT_REPEAT_REQUEST', '请求信息不一致');
      case 'too-much':
        throw failed('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限');
      case 'too-many':
        throw failed('ACQ.REASON_TRADE_REFUND_FEE_ERR', '退款次数超限');
      case 'poor':
        throw failed('ACQ.SELLER_BALANCE_NOT_ENOUGH', '商户的支付宝账户中无足够的资金进行撤销');
    }
  };

  const queryRefund = (parameters: URLSearchParams): Readonly<Record<string, unknown>> => {
    const request = parse(RefundQueryContent, parameters);
    const transaction = find(request.out_trade_no);
    const found = transaction.refunds.find((candidate) => candidate.outRefundNo === request.out_request_no);
    // The platform answers success without a refund where it does not know the number.
    if (found === undefined) return success({});
    return success({
      out_trade_no: transaction.outTradeNo,
      trade_no: transaction.transactionId,
      out_request_no: found.outRefundNo,
      total_amount: yuanOf(transaction.amountFen),
      refund_amount: yuanOf(found.amountFen),
      refund_status: 'REFUND_SUCCESS',
      gmt_refund_pay: alipayTime(found.settledAt),
    });
  };

  const act = (method: string, parameters: URLSearchParams): Readonly<Record<string, unknown>> => {
    switch (method) {
      case 'alipay.trade.precreate': {
        const { outTradeNo, payUrl } = create(parameters, 'FACE_TO_FACE_PAYMENT');
        return success({ out_trade_no: outTradeNo, qr_code: payUrl });
      }
      case 'alipay.trade.query':
        return query(parameters);
      case 'alipay.trade.close':
        return close(parameters);
      case 'alipay.trade.refund':
        return refund(parameters);
      case 'alipay.trade.fastpay.refund.query':
        return queryRefund(parameters);
      default:
        throw new Refusal('40002', 'isv.invalid-method', '不存在的方法名');
    }
  };

  const notification = (transaction: Transaction, refunded: Refund | undefined): Omit<Callback, 'finished'> => {
    const notifyId = randomBytes(17).toString('hex');
    return {
      url: transaction.notifyUrl,
      render() {
        const parameters: Record<string, string> = {
          notify_time: alipayTime(Date.now()),
          notify_type: 'trade_status_sync',
          notify_id: notifyId,
          app_id: account.appId,
          charset: 'utf-8',
          version: '1.0',
          trade_no: transaction.transactionId,
          out_trade_no: transaction.outTradeNo,
          ...buyer,
          seller_id: sellerId,
          trade_status: tradeStatus(transaction),
          total_amount: yuanOf(transaction.amountFen),
          receipt_amount: yuanOf(transaction.amountFen),
          buyer_pay_amount: yuanOf(transaction.amountFen),
          subject: transaction.description,
          passback_params: transaction.attach,
          gmt_create: alipayTime(transaction.createdAt),
          gmt_payment: alipayTime(transaction.paidAt),
          ...(refunded === undefined
            ? {}
            : {
                out_biz_no: refunded.outRefundNo,
                // The sum of all refunds so far, not this one's amount: a trap of the real protocol.
                refund_fee: yuanOf(refundedFen(transaction)),
                gmt_refund: `${alipayTime(refunded.settledAt)}.000`,
              }),
        };
        const body = new URLSearchParams(parameters);
        body.set('sign_type', 'RSA2');
        body.set('sign', signed(signedContent(Object.entries(parameters), ['sign_type'])));
        return {
          headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
          body: body.toString(),
        };
      },
      accepted: (status, body) => status === 200 && body.trim() === 'success',
    };
  };

  return {
    teller: {
      payment: (transaction) => notification(transaction, undefined),
      refund: (transaction, refunded) => notification(transaction, refunded),
    },
    answer(parameters) {
      const method = parameters.get('method') ?? '';
      const node = /^[a-z.]{1,80}$/.test(method) ? `${method.replaceAll('.', '_')}_response` : 'error_response';
      try {
        authenticate(parameters);
        if (method === 'alipay.trade.wap.pay' || method === 'alipay.trade.page.pay') {
          return redirect(create(parameters, 'QUICK_WAP_WAY').payUrl);
        }
        return reply(node, act(method, parameters));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const text = codeTexts[error.code] ?? '';
        return reply(node, { code: error.code, msg: text, sub_code: error.subCode, sub_msg: error.message });
      }
    },
  };
};
