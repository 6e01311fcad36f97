// Both adapters against the sandbox of their provider: the whole life of a payment, and every way to lie about one.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainError, TransientError } from '@tongpiao/kernel';
import { startSandboxes } from '@tongpiao/sandboxes';
import type { PaymentCredentials, Sandboxes } from '@tongpiao/sandboxes';
import { expect } from 'chai';
import { createAlipay } from './alipay.ts';
import { startCallbackListener } from './callback-listener.fixture.ts';
import type { CallbackListener } from './callback-listener.fixture.ts';
import { ProviderCallbackRefused } from './payment-provider.ts';
import type { CallbackInput, PaymentProvider, PaymentRequest, RefundRequest } from './payment-provider.ts';
import { createWechatPay } from './wechat-pay.ts';
import { withBreaker } from './with-breaker.ts';

const newId = (prefix: string): string => `${prefix}_${randomBytes(10).toString('hex')}`;

type Options = { readonly timeoutMs?: number; readonly now?: () => number };
const make = {
  wechat: (credentials: PaymentCredentials, options: Options = {}) =>
    createWechatPay({ ...credentials.wechat, ...options }),
  alipay: (credentials: PaymentCredentials, options: Options = {}) =>
    createAlipay({ ...credentials.alipay, ...options }),
};

/** Asks again until the answer fits, and says what it last saw if it never does. */
const eventually = async (probe: () => Promise<string> | string, wanted: string): Promise<void> => {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const seen = await probe();
    if (seen === wanted) return;
    if (Date.now() > deadline) throw new Error(`Waited for ${wanted}, last saw ${seen}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** What the promise was refused with; a success is a failure of the spec. */
const refusal = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('Expected a refusal.');
};
const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await refusal(promise);
  if (error instanceof DomainError || error instanceof TransientError) return error.code;
  throw error;
};
const callbackRefusal = (provider: PaymentProvider, input: CallbackInput): string => {
  try {
    provider.verifyCallback(input);
  } catch (error) {
    if (error instanceof ProviderCallbackRefused) return error.reason;
    throw error;
  }
  return 'accepted';
};
const changeByte = (body: Buffer, at: number): Buffer => {
  const changed = Buffer.from(body);
  changed.writeUInt8(changed.readUInt8(at) === 0x41 ? 0x42 : 0x41, at);
  return changed;
};

for (const name of ['wechat', 'alipay'] as const) {
  describe(`the ${name} adapter`, () => {
    let directory = '';
    let strangersDirectory = '';
    let sandboxes: Sandboxes;
    let provider: PaymentProvider;
    let merchant: CallbackListener;
    const stops: (() => Promise<void>)[] = [];

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sandboxes-'));
      strangersDirectory = await mkdtemp(join(tmpdir(), 'sandboxes-'));
      sandboxes = await startSandboxes({
        stateDirectory: directory,
        settings: { autoPayDelayMs: 5, refundDelayMs: 5, callbackRetryMs: 10 },
      });
      provider = make[name](sandboxes.paymentCredentials);
    });
    beforeEach(async () => {
      merchant = await startCallbackListener(() => provider.callbackAnswer(true));
    });
    afterEach(async () => {
      sandboxes.control({ callbacks: 'on', down: false, slowMs: 0, refunds: 'succeed' });
      await merchant.stop();
      for (const stop of stops.splice(0)) await stop();
    });
    after(async () => {
      await provider.stop();
      await sandboxes.stop();
      await rm(directory, { recursive: true });
      await rm(strangersDirectory, { recursive: true });
    });

    const request = (change: Partial<PaymentRequest> = {}): PaymentRequest => ({
      paymentId: newId('pay'),
      amountFen: 12_345,
      description: '景区门票 2 张 & 观光车',
      notifyUrl: merchant.url,
      expiresAt: new Date(Date.now() + 900_000),
      auto: false,
      ...change,
    });
    const paid = async (change: Partial<PaymentRequest> = {}): Promise<PaymentRequest> => {
      const wanted = request(change);
      await provider.create(wanted);
      expect(sandboxes.controlPayment(wanted.paymentId, { action: 'pay' })).to.equal('done');
      return wanted;
    };
    const refundOf = (payment: PaymentRequest, change: Partial<RefundRequest> = {}): RefundRequest => ({
      refundId: newId('ref'),
      paymentId: payment.paymentId,
      amountFen: 345,
      totalFen: payment.amountFen,
      reason: '行程取消',
      notifyUrl: merchant.url,
      ...change,
    });

    it('FIN-01 creates a payment once, however often it is asked', async () => {
      const wanted = request();
      const first = await provider.create(wanted);
      expect(await provider.create(wanted)).to.deep.equal(first);
      expect(first.payUrl).to.match(/^http/);
      expect(await provider.query(wanted.paymentId)).to.deep.equal({ status: 'not_paid' });
    });

    it('FIN-01 refuses the same number with another amount', async () => {
      const wanted = request();
      await provider.create(wanted);
      expect(await codeOf(provider.create({ ...wanted, amountFen: 1 }))).to.match(
        /^finance\.(payment-id-used|provider-refused)$/,
      );
    });

    it('FIN-02 believes the call-back of a payment that paid itself, and the query agrees', async () => {
      const wanted = request({ auto: true });
      await provider.create(wanted);
      const told = provider.verifyCallback(await merchant.next());
      expect(told).to.include({ kind: 'payment', status: 'paid', paymentId: wanted.paymentId, amountFen: 12_345 });
      const state = await provider.query(wanted.paymentId);
      expect(state).to.include({ status: 'paid', amountFen: 12_345, transactionId: told.transactionId });
      if (state.status === 'paid') expect(Math.abs(state.paidAt.getTime() - Date.now())).to.be.below(60_000);
    });

    it('FIN-01 a person can pay on the page behind the link', async () => {
      const wanted = request();
      const { payUrl } = await provider.create(wanted);
      const page = await fetch(payUrl, { headers: { 'accept-language': 'en' } });
      expect(await page.text()).to.include('¥123.45');
      await fetch(payUrl, { method: 'POST', body: new URLSearchParams({ action: 'pay' }) });
      expect((await provider.query(wanted.paymentId)).status).to.equal('paid');
    });

    it('FIN-02 refuses a call-back whose body was changed', async () => {
      await paid();
      const callback = await merchant.next();
      // The beginning and the middle of what is signed; Alipay's signature itself stands at the end.
      for (const at of [2, Math.floor(callback.body.length / 3)]) {
        const body = changeByte(callback.body, at);
        expect(callbackRefusal(provider, { ...callback, body })).to.not.equal('accepted');
      }
    });

    it('FIN-02 refuses a call-back signed with another key', async () => {
      const stranger = await startSandboxes({ stateDirectory: strangersDirectory });
      stops.push(() => stranger.stop());
      const strangersProvider = make[name](stranger.paymentCredentials);
      stops.push(() => strangersProvider.stop());
      const wanted = request();
      await strangersProvider.create(wanted);
      stranger.controlPayment(wanted.paymentId, { action: 'pay' });
      const callback = await merchant.next();
      expect(callbackRefusal(provider, callback)).to.equal(name === 'wechat' ? 'serial' : 'signature');
      const relabelled = {
        ...callback.headers,
        'wechatpay-serial': sandboxes.paymentCredentials.wechat.platformPublicKeyId,
      };
      expect(callbackRefusal(provider, { ...callback, headers: relabelled })).to.equal('signature');
    });

    it('FIN-02 hears a call-back again until it was acknowledged', async () => {
      const stubborn = await startCallbackListener((count) => provider.callbackAnswer(count > 2));
      stops.push(() => stubborn.stop());
      await paid({ notifyUrl: stubborn.url });
      for (let count = 1; count <= 3; count += 1) {
        expect(provider.verifyCallback(await stubborn.next()).kind).to.equal('payment');
      }
    });

    it('FIN-02 finds out by query where the call-back was lost', async () => {
      sandboxes.control({ callbacks: 'off' });
      const wanted = await paid();
      expect((await provider.query(wanted.paymentId)).status).to.equal('paid');
      expect(merchant.received).to.have.length(0);
    });

    it('FIN-03 hears a double call-back twice, about the same transaction', async () => {
      sandboxes.control({ callbacks: 'twice' });
      await paid();
      const [first, second] = [
        provider.verifyCallback(await merchant.next()),
        provider.verifyCallback(await merchant.next()),
      ];
      expect(first).to.deep.equal(second);
    });

    it('closes an unpaid payment, which then cannot be paid', async () => {
      const wanted = request();
      await provider.create(wanted);
      expect(await provider.close(wanted.paymentId)).to.equal('closed');
      expect(await provider.close(wanted.paymentId)).to.equal('closed');
      expect(await provider.query(wanted.paymentId)).to.deep.equal({ status: 'closed' });
      expect(sandboxes.controlPayment(wanted.paymentId, { action: 'pay' })).to.equal('not-payable');
      expect(await codeOf(provider.create(wanted))).to.equal('finance.payment-closed');
    });

    it('FIN-02 learns that a payment was made when it closes it too late', async () => {
      const wanted = await paid();
      expect(await provider.close(wanted.paymentId)).to.equal('already_paid');
    });

    it('FIN-03 hears of a payment that crossed its closing', async () => {
      const wanted = request();
      await provider.create(wanted);
      await provider.close(wanted.paymentId);
      sandboxes.controlPayment(wanted.paymentId, { action: 'pay', force: true });
      expect(provider.verifyCallback(await merchant.next())).to.include({ kind: 'payment', status: 'paid' });
    });

    it('a payment is closed once its time has passed', async () => {
      // The providers count whole seconds.
      const wanted = request({ expiresAt: new Date(Math.ceil(Date.now() / 1000) * 1000 + 1_000) });
      await provider.create(wanted);
      await eventually(async () => (await provider.query(wanted.paymentId)).status, 'closed');
    });

    it('says unknown of a payment that the provider never saw, and closed when asked to close it', async () => {
      expect(await provider.query(newId('pay'))).to.deep.equal({ status: 'unknown' });
      expect(await provider.close(newId('pay'))).to.equal('closed');
    });

    it('FIN-02 refunds in parts, tells of each, and never more than was captured', async () => {
      const payment = await paid();
      await merchant.next();
      const first = refundOf(payment, { amountFen: 12_000 });
      const second = refundOf(payment, { amountFen: 345 });
      for (const wanted of [first, second]) {
        expect((await provider.refund(wanted)).status).to.be.oneOf(['processing', 'succeeded']);
        const told = provider.verifyCallback(await merchant.next());
        expect(told).to.include({
          kind: 'refund',
          status: 'succeeded',
          refundId: wanted.refundId,
          paymentId: payment.paymentId,
        });
        if (told.kind === 'refund') expect(told.amountFen).to.equal(name === 'wechat' ? wanted.amountFen : null);
        expect((await provider.queryRefund(wanted.refundId, payment.paymentId)).status).to.equal('succeeded');
      }
      expect(await codeOf(provider.refund(refundOf(payment, { amountFen: 1 })))).to.equal('finance.refund-refused');
      expect(await provider.query(payment.paymentId)).to.include({ status: 'paid', amountFen: 12_345 });
    });

    it('FIN-02 refunds once, however often the same refund is asked', async () => {
      const payment = await paid();
      const wanted = refundOf(payment, { amountFen: 12_345 });
      const first = await provider.refund(wanted);
      const again = await provider.refund(wanted);
      expect(again).to.have.property('providerRefundId', 'providerRefundId' in first ? first.providerRefundId : '');
      expect(await codeOf(provider.refund({ ...wanted, amountFen: 1 }))).to.equal('finance.refund-refused');
    });

    it('FIN-02 refuses to refund what was not paid', async () => {
      const wanted = request();
      await provider.create(wanted);
      expect(await codeOf(provider.refund(refundOf(wanted)))).to.equal('finance.refund-refused');
      const stranger = refundOf({ ...wanted, paymentId: newId('pay') });
      expect(await codeOf(provider.refund(stranger))).to.equal('finance.payment-not-found');
    });

    it('FIN-02 a refund that the merchant’s balance does not cover is refused, and taken under the same number later', async () => {
      const payment = await paid();
      await merchant.next();
      const wanted = refundOf(payment);
      sandboxes.control({ refunds: 'refuse' });
      expect(await codeOf(provider.refund(wanted))).to.equal('finance.refund-refused');
      expect(await provider.queryRefund(wanted.refundId, payment.paymentId)).to.deep.equal({ status: 'unknown' });
      sandboxes.control({ refunds: 'succeed' });
      expect((await provider.refund(wanted)).status).to.be.oneOf(['processing', 'succeeded']);
    });

    it('says unknown of a refund that the provider never saw', async () => {
      const payment = await paid();
      expect(await provider.queryRefund(newId('ref'), payment.paymentId)).to.deep.equal({ status: 'unknown' });
    });

    it('reports an outage as transient', async () => {
      sandboxes.control({ down: true });
      expect(await codeOf(provider.query(newId('pay')))).to.equal('finance.provider-unreachable');
    });

    it('reports an answer that came too late as transient, and the repetition finds what was done', async () => {
      const hasty = make[name](sandboxes.paymentCredentials, { timeoutMs: 100 });
      stops.push(() => hasty.stop());
      sandboxes.control({ slowMs: 3_000 });
      const wanted = request();
      expect(await codeOf(hasty.create(wanted))).to.equal('finance.provider-unreachable');
      sandboxes.control({ slowMs: 0 });
      expect((await provider.create(wanted)).payUrl).to.include(wanted.paymentId);
    });

    it('does not believe an answer that another key has signed', async () => {
      const stranger = await startSandboxes({ stateDirectory: strangersDirectory });
      stops.push(() => stranger.stop());
      const own = sandboxes.paymentCredentials;
      const other = stranger.paymentCredentials;
      const misled = make[name]({
        wechat: { ...other.wechat, platformPublicKeyPem: own.wechat.platformPublicKeyPem },
        alipay: { ...other.alipay, alipayPublicKeyPem: own.alipay.alipayPublicKeyPem },
      });
      stops.push(() => misled.stop());
      expect(await codeOf(misled.query(newId('pay')))).to.equal('finance.provider-answer-unverified');
    });

    it('is not served with another merchant key', async () => {
      const own = sandboxes.paymentCredentials;
      const impostor = make[name]({
        wechat: { ...own.wechat, merchantPrivateKeyPem: own.alipay.appPrivateKeyPem },
        alipay: { ...own.alipay, appPrivateKeyPem: own.wechat.merchantPrivateKeyPem },
      });
      stops.push(() => impostor.stop());
      expect(await codeOf(impostor.create(request()))).to.equal('finance.provider-refused');
    });

    it('opens the breaker on outages, spares the provider, and closes it again', async () => {
      const states: string[] = [];
      const guarded = withBreaker(make[name](sandboxes.paymentCredentials), {
        volumeThreshold: 3,
        resetTimeoutMs: 20,
        onChange: (state) => states.push(state),
      });
      stops.push(() => guarded.stop());
      sandboxes.control({ down: true });
      const codes: string[] = [];
      while (!codes.includes('finance.provider-unavailable') && codes.length < 20)
        codes.push(await codeOf(guarded.query(newId('pay'))));
      expect(codes.slice(0, 3)).to.deep.equal(Array(3).fill('finance.provider-unreachable'));
      expect(codes).to.include('finance.provider-unavailable');
      sandboxes.control({ down: false });
      await eventually(() => guarded.breakerState(), 'half-open');
      expect(await guarded.query(newId('pay'))).to.deep.equal({ status: 'unknown' });
      expect(states).to.deep.equal(['open', 'half-open', 'closed']);
    });

    it('does not open the breaker on refusals', async () => {
      const guarded = withBreaker(make[name](sandboxes.paymentCredentials), { volumeThreshold: 2 });
      stops.push(() => guarded.stop());
      const wanted = request();
      await guarded.create(wanted);
      for (let count = 0; count < 6; count += 1) {
        expect(await codeOf(guarded.refund(refundOf(wanted)))).to.equal('finance.refund-refused');
      }
      expect(guarded.breakerState()).to.equal('closed');
    });

    it('FIN-02 what was paid is still paid, and told, after the provider was killed', async () => {
      const ownDirectory = await mkdtemp(join(tmpdir(), 'sandboxes-'));
      const first = await startSandboxes({ stateDirectory: ownDirectory, settings: { callbackRetryMs: 60_000 } });
      const before = make[name](first.paymentCredentials);
      const deaf = await startCallbackListener((count) => provider.callbackAnswer(count > 1));
      const wanted = request({ notifyUrl: deaf.url });
      await before.create(wanted);
      first.controlPayment(wanted.paymentId, { action: 'pay' });
      await deaf.next();
      await before.stop();
      await first.stop();
      const second = await startSandboxes({ stateDirectory: ownDirectory });
      const afterwards = make[name](second.paymentCredentials);
      expect((await afterwards.query(wanted.paymentId)).status).to.equal('paid');
      expect(afterwards.verifyCallback(await deaf.next())).to.include({ paymentId: wanted.paymentId, status: 'paid' });
      await afterwards.stop();
      await second.stop();
      await deaf.stop();
      await rm(ownDirectory, { recursive: true });
    });

    if (name === 'wechat') {
      it('FIN-02 refuses a call-back with an old time stamp', async () => {
        await paid();
        const callback = await merchant.next();
        for (const skewMs of [-301_000, 302_000]) {
          const elsewhere = make.wechat(sandboxes.paymentCredentials, { now: () => Date.now() + skewMs });
          stops.push(() => elsewhere.stop());
          expect(callbackRefusal(elsewhere, callback)).to.equal('timestamp');
        }
        expect(callbackRefusal(provider, callback)).to.equal('accepted');
      });

      it('FIN-02 refuses a call-back that was seen before', async () => {
        await paid();
        const callback = await merchant.next();
        expect(callbackRefusal(provider, callback)).to.equal('accepted');
        expect(callbackRefusal(provider, callback)).to.equal('nonce');
      });

      it('FIN-02 refuses a call-back without its headers', async () => {
        await paid();
        const callback = await merchant.next();
        for (const missing of ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature', 'wechatpay-serial']) {
          const headers = Object.fromEntries(Object.entries(callback.headers).filter(([header]) => header !== missing));
          expect(callbackRefusal(provider, { ...callback, headers })).to.be.oneOf(['headers', 'serial']);
        }
      });

      for (const [setting, status] of [
        ['abnormal', 'abnormal'],
        ['close', 'failed'],
      ] as const) {
        it(`FIN-02 tells of a refund that ended as ${status}`, async () => {
          sandboxes.control({ refunds: setting });
          const payment = await paid();
          await merchant.next();
          const wanted = refundOf(payment);
          expect((await provider.refund(wanted)).status).to.equal('processing');
          expect(provider.verifyCallback(await merchant.next())).to.include({ kind: 'refund', status });
          expect((await provider.queryRefund(wanted.refundId, payment.paymentId)).status).to.equal(status);
        });
      }
    }
  });
}
