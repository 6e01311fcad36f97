// Payments on real servers, with the providers' protocols spoken by the sandbox: call-backs and queries, and what comes late, twice,
// forged or never.
import {
  paymentCaptured,
  paymentClosed,
  paymentFailed,
  paymentOpened,
  paymentRefunded,
  paymentReported,
  republishPayments,
  requestPayment,
} from '@tongpiao/contracts';
import type { Running } from '@tongpiao/service-shell';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { alipayTime } from './adapters/provider-spelling.ts';
import { createWechatPay } from './adapters/wechat-pay.ts';
import { paymentView } from './features/get-payments.ts';
import { notifyUrlOf } from './features/provider-work.ts';
import {
  GATE_KEY,
  openFinanceHouse,
  REAL_TENANT,
  TENANT,
  type Asked,
  type FinanceHouse,
} from './finance-house.fixture.ts';

const page = z.object({ items: z.array(paymentView), next: z.string().optional() });

describe('payments at the providers', () => {
  let house: FinanceHouse;
  let running: Running;
  before(async () => {
    house = await openFinanceHouse();
    running = await house.start();
  });
  afterEach(() => {
    house.setSandbox({ callbacks: 'on', down: false, slowMs: 0 });
    house.deliver('on');
  });
  after(() => house.stop());

  const view = (paymentId: string): Promise<z.output<typeof paymentView>> =>
    house.read(`/api/v1/payments/${paymentId}`, paymentView);
  const statusOf = async (paymentId: string): Promise<string> => (await view(paymentId)).status;
  const opened = async (change: Parameters<FinanceHouse['request']>[0] = {}): Promise<Asked> => {
    const asked = await house.request(change);
    await house.heard(paymentOpened, asked.paymentId);
    return asked;
  };
  const captured = async (change: Parameters<FinanceHouse['request']>[0] = {}): Promise<Asked> => {
    const asked = await opened(change);
    house.sandboxes.controlPayment(asked.paymentId, { action: 'pay', force: true });
    await house.heard(paymentCaptured, asked.paymentId);
    return asked;
  };
  const callbackOf = (paymentId: string): Promise<FinanceHouse['callbacks'][number]> =>
    eventually('a call-back', () => house.callbacks.filter(({ path }) => path.includes(TENANT)).at(-1)).then(
      async (last) => {
        await house.heard(paymentCaptured, paymentId);
        return last;
      },
    );
  const nothingMore = async (paymentId: string): Promise<readonly string[]> =>
    settled('what is told', () => house.toldOf(paymentId), 300);

  it('FIN-01 a sandbox payment is opened, pays itself and is captured by call-back', async () => {
    const asked = await house.request({ method: 'sandbox' });
    expect((await house.heard(paymentOpened, asked.paymentId)).payUrl).to.match(/^http/);
    const told = await house.heard(paymentCaptured, asked.paymentId);
    expect(told).to.include({ orderId: asked.orderId, amount: 24_000, method: 'sandbox' });
    expect(await view(asked.paymentId)).to.deep.include({ status: 'captured', needsAttention: false });
  });

  for (const method of ['wechat', 'alipay'] as const) {
    it(`FIN-01 a payment by ${method} waits for the payer and is captured by call-back`, async () => {
      const asked = await opened({ method });
      expect(await statusOf(asked.paymentId)).to.equal('opened');
      house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
      expect(await house.heard(paymentCaptured, asked.paymentId)).to.include({ method, amount: 24_000 });
      expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened', 'captured']);
    });
  }

  it('FIN-01 cash is captured at once in the name of the clerk, and fails without one', async () => {
    const taken = await house.request({ method: 'cash', takenBy: 'usr_clerk' });
    expect(await house.heard(paymentCaptured, taken.paymentId)).to.include({ method: 'cash', amount: 24_000 });
    expect(await view(taken.paymentId)).to.deep.include({ takenBy: 'usr_clerk' });
    const nobody = await house.request({ method: 'cash' });
    expect(await house.heard(paymentFailed, nobody.paymentId)).to.include({ reason: 'cash-without-clerk' });
  });

  it('FIN-01 the sandbox method is refused for a tenant that is no demo tenant', async () => {
    const asked = await house.request({ method: 'sandbox', tenantId: REAL_TENANT });
    expect(await house.heard(paymentFailed, asked.paymentId)).to.include({ reason: 'sandbox-not-allowed' });
  });

  it('FIN-01 a payment that a crashed try has left open at the provider is opened once', async () => {
    const asked: Asked = {
      paymentId: house.newId('pay'),
      orderId: house.newId('ord'),
      amount: 24_000,
      method: 'wechat',
    };
    const description = '分时入园门票 ×2';
    const expiresAt = new Date(Date.now() + 7_200_000).toISOString();
    const provider = createWechatPay(house.sandboxes.paymentCredentials.wechat);
    const notifyUrl = notifyUrlOf(house.publicUrl, 'wechat', TENANT);
    const left = { paymentId: asked.paymentId, amountFen: 24_000, description, notifyUrl, auto: false };
    await provider.create({ ...left, expiresAt: new Date(expiresAt) });
    await provider.stop();
    await house.send(requestPayment, { ...asked, description, expiresAt });
    await house.heard(paymentOpened, asked.paymentId);
    house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
    await house.heard(paymentCaptured, asked.paymentId);
    expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened', 'captured']);
  });

  it('FIN-01 a request that comes after its time fails and leaves nothing open at the provider', async () => {
    const late = await house.request({ expiresAt: new Date(Date.now() - 1_000).toISOString() });
    expect(await house.heard(paymentFailed, late.paymentId)).to.include({ reason: 'expired' });
    expect(house.sandboxes.controlPayment(late.paymentId, { action: 'pay' })).to.equal('unknown');
  });

  for (const method of ['wechat', 'alipay'] as const) {
    it(`FIN-02 a call-back by ${method} that comes twice is taken once`, async () => {
      house.setSandbox({ callbacks: 'twice' });
      const asked = await captured({ method });
      house.sandboxes.controlPayment(asked.paymentId, { action: 'duplicate-callback' });
      expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened', 'captured']);
      expect((await view(asked.paymentId)).capture?.amount.amount).to.equal(24_000);
    });

    it(`PLA-50 what was captured by ${method} is counted, once`, async () => {
      const figure = async (pattern: RegExp): Promise<number> => {
        const figures = await (await fetch(`http://127.0.0.1:${running.httpPort}/metrics`)).text();
        return Number(pattern.exec(figures)?.[1] ?? 0);
      };
      const takings = new RegExp(`^takings_fen_total\\{method="${method}"[^}]*\\} (\\d+)`, 'm');
      const captures = /^business_events_total\{record="payments",event="PaymentCaptured"[^}]*\} (\d+)/m;
      const before = [await figure(takings), await figure(captures)] as const;
      house.setSandbox({ callbacks: 'twice' });
      await nothingMore((await captured({ method })).paymentId);
      expect([await figure(takings), await figure(captures)]).to.deep.equal([before[0] + 24_000, before[1] + 1]);
    });

    it(`FIN-02 a forged call-back by ${method} is refused and changes nothing`, async () => {
      const other = await captured({ method });
      const genuine = await callbackOf(other.paymentId);
      const asked = await opened({ method });
      const forged = Buffer.from(
        genuine.body.toString('latin1').replaceAll(other.paymentId, asked.paymentId),
        'latin1',
      );
      const changed = forged.equals(genuine.body) ? Buffer.concat([forged, Buffer.from(' ')]) : forged;
      expect((await house.callBack({ ...genuine, body: changed })).status).to.equal(401);
      const unsigned = { ...genuine, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') };
      expect((await house.callBack(unsigned)).status).to.equal(401);
      const figures = await (await fetch(`http://127.0.0.1:${running.httpPort}/metrics`)).text();
      expect(figures).to.match(
        new RegExp(`payment_callbacks_total\\{provider="${method}",outcome="refused"[^}]*\\} [1-9]`),
      );
      expect(await statusOf(asked.paymentId)).to.equal('opened');
    });

    it(`FIN-02 a replayed call-back by ${method} changes nothing`, async () => {
      const asked = await captured({ method });
      const genuine = await callbackOf(asked.paymentId);
      const answer = await house.callBack(genuine);
      // WeChat Pay's nonces make a replay visible; Alipay repeats itself word for word, so there it is only harmless.
      expect(answer.status).to.equal(method === 'wechat' ? 401 : 200);
      expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened', 'captured']);
    });
  }

  it('FIN-02 a call-back at another tenant’s address finds no payment there', async () => {
    const asked = await captured({ method: 'alipay' });
    const genuine = await callbackOf(asked.paymentId);
    const answer = await house.callBack({ ...genuine, path: genuine.path.replace(TENANT, REAL_TENANT) });
    expect(answer).to.deep.equal({ status: 404, body: 'failure' });
  });

  it('FIN-02 a signed call-back with another amount is not believed before the provider confirms it', async () => {
    const asked = await opened({ method: 'alipay' });
    const lying = await house.signedByAlipay({
      out_trade_no: asked.paymentId,
      trade_no: '2026112122001400001',
      trade_status: 'TRADE_SUCCESS',
      total_amount: '0.01',
      gmt_payment: alipayTime(new Date()),
    });
    expect((await house.callBack(lying)).status).to.equal(409);
    expect(await statusOf(asked.paymentId)).to.equal('opened');
  });

  for (const method of ['wechat', 'alipay'] as const) {
    it(`FIN-02 with call-backs off, a payment by ${method} is found by asking`, async () => {
      house.setSandbox({ callbacks: 'off' });
      const asked = await opened({ method });
      house.later(31_000);
      await eventually('it was asked for once', async () => (await house.changesOf(asked.paymentId)) >= 2);
      expect(house.toldOf(asked.paymentId)).to.deep.equal(['opened']);
      house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
      house.later(61_000);
      expect(await house.heard(paymentCaptured, asked.paymentId)).to.include({ amount: 24_000 });
    });
  }

  it('FIN-02 a payment that nobody pays is closed at the provider when its time is over', async () => {
    const asked = await opened();
    house.later(1_000_000);
    await house.heard(paymentClosed, asked.paymentId);
    expect(house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' })).to.equal('not-payable');
  });

  it('FIN-02 closing closes at the provider, or says that it was paid after all', async () => {
    const unpaid = await opened();
    await house.close(unpaid);
    await house.heard(paymentClosed, unpaid.paymentId);
    expect(house.sandboxes.controlPayment(unpaid.paymentId, { action: 'pay' })).to.equal('not-payable');
    house.setSandbox({ callbacks: 'off' });
    const paid = await opened();
    house.sandboxes.controlPayment(paid.paymentId, { action: 'pay' });
    await house.close(paid);
    await house.heard(paymentCaptured, paid.paymentId);
    expect(await nothingMore(paid.paymentId)).to.deep.equal(['opened', 'captured']);
  });

  it('FIN-02 paying and closing at the same moment ends as the provider ended it', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => opened()));
    await Promise.all(
      all.map(async (asked, index) => {
        const pay = (): void => void house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
        if (index % 2 === 0) pay();
        await house.close(asked);
        if (index % 2 === 1) pay();
      }),
    );
    for (const asked of all) {
      const status = await eventually('an end', async () => {
        const now = await statusOf(asked.paymentId);
        return now === 'captured' || now === 'closed' ? now : undefined;
      });
      const paidThere = house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' }) === 'already-paid';
      expect(status).to.equal(paidThere ? 'captured' : 'closed');
    }
  });

  it('FIN-02 closing overtakes the request: nothing stays open at the provider', async () => {
    house.setSandbox({ slowMs: 150 });
    const asked = await house.request();
    await eventually(
      'it is written down',
      async () => (await house.get(`/api/v1/payments/${asked.paymentId}`)).status === 200,
    );
    await house.close(asked);
    await eventually('it is closed', async () => (await statusOf(asked.paymentId)) === 'closed');
    house.setSandbox({ slowMs: 0 });
    await eventually('it cannot be paid', () => {
      const outcome = house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
      return outcome === 'not-payable' || outcome === 'unknown';
    });
  });

  it('FIN-02 closing what was never requested is answered, and a request that still comes opens nothing', async () => {
    const asked: Asked = { paymentId: house.newId('pay'), orderId: house.newId('ord'), amount: 100, method: 'wechat' };
    await house.close(asked);
    await house.heard(paymentClosed, asked.paymentId);
    await house.request(asked);
    expect(await house.heard(paymentFailed, asked.paymentId)).to.include({ reason: 'closed-before-requested' });
    await eventually('it cannot be paid', () => {
      const outcome = house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
      return outcome === 'not-payable' || outcome === 'unknown';
    });
    expect(await nothingMore(asked.paymentId)).to.deep.equal(['closed', 'failed']);
  });

  it('FIN-02 a provider that is down delays a payment and loses none', async () => {
    house.setSandbox({ down: true });
    const asked = await house.request();
    await eventually('it is written down', async () => (await statusOf(asked.paymentId)) === 'requested');
    house.setSandbox({ down: false });
    await house.heard(paymentOpened, asked.paymentId);
    expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened']);
  });

  it('FIN-03 money that comes after the closing is captured, told, and can be sent back', async () => {
    const asked = await opened();
    await house.close(asked);
    await house.heard(paymentClosed, asked.paymentId);
    house.sandboxes.controlPayment(asked.paymentId, { action: 'pay', force: true });
    await house.heard(paymentCaptured, asked.paymentId);
    await house.refund(asked, 24_000);
    expect(await house.heard(paymentRefunded, asked.paymentId)).to.include({ amount: 24_000 });
    expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened', 'closed', 'captured', 'refunded']);
  });

  it('PLA-34 staff list payments by order and page through them by status', async () => {
    const orderId = house.newId('ord');
    const first = await captured({ orderId });
    const second = await captured({ orderId });
    const { items } = await house.read(`/api/v1/payments?orderId=${orderId}`, page);
    expect(items.map(({ id }) => id)).to.have.members([first.paymentId, second.paymentId]);
    await Promise.all(Array.from({ length: 60 }, () => house.request({ method: 'cash', takenBy: 'usr_clerk' })));
    const all = await eventually('60 more payments', async () => {
      const seen: string[] = [];
      let next: string | undefined = '';
      while (next !== undefined) {
        const path: string = `/api/v1/payments?status=captured${next === '' ? '' : `&cursor=${next}`}`;
        const answer: z.output<typeof page> = await house.read(path, page);
        seen.push(...answer.items.map(({ id }) => id));
        next = answer.next;
      }
      return seen.length > 60 ? seen : undefined;
    });
    expect(new Set(all).size).to.equal(all.length);
    expect((await house.get('/api/v1/payments?cursor=none')).status).to.equal(400);
    const nothing = await house.get('/api/v1/payments/pay_nothing');
    expect(nothing.status).to.equal(404);
    expect(nothing.body).to.include({ code: 'finance.payment-unknown' });
  });

  it('PLA-03 payments and books are for those who may read them, and for them only', async () => {
    for (const path of [
      'payments',
      'payments/pay_1',
      'refunds',
      'ledger/entries',
      'ledger/balances',
      'ledger/trial-balance',
    ]) {
      const url = `http://127.0.0.1:${running.httpPort}/api/v1/${path}`;
      expect((await fetch(url)).status, path).to.equal(401);
      expect((await fetch(url, { headers: { 'x-api-key': GATE_KEY } })).status, path).to.equal(403);
    }
  });

  it('FIN-11 a balance of a moment that is still to come is not given', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    for (const path of ['balances', 'trial-balance']) {
      const answer = await house.get(`/api/v1/ledger/${path}?asOf=${later}`);
      expect(answer.status, path).to.equal(400);
      expect(answer.body).to.include({ code: 'finance.moment-in-future' });
    }
  });

  it('tells every payment again to a queue that asks', async () => {
    const asked = await captured();
    await house.send(republishPayments, { replyQueue: house.replyQueue });
    expect(await house.heard(paymentReported, asked.paymentId)).to.include({ status: 'captured', refunded: 0 });
  });

  it('parks nothing in all of this', async () => {
    expect(await house.parked()).to.deep.equal([]);
  });
});
