// Money that goes back, on real servers with the providers' protocols: in parts, at once, twice, late, refused; and what people do about
// a refund that did not arrive (FIN-02, FIN-03).
import {
  paymentCaptured,
  paymentOpened,
  paymentRefunded,
  paymentRefundFailed,
  compensationRefused,
  payCompensation,
  refundPayment,
} from '@tongpiao/contracts';
import type { Running } from '@tongpiao/service-shell';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { paymentView } from './features/get-payments.ts';
import { refundView } from './features/refund-view.ts';
import { GATE_KEY, openFinanceHouse, type Asked, type FinanceHouse } from './finance-house.fixture.ts';

type RefundView = z.output<typeof refundView>;
const page = z.object({ items: z.array(refundView), next: z.string().optional() });
const METHODS = ['wechat', 'alipay'] as const;

describe('refunds at the providers', () => {
  let house: FinanceHouse;
  let running: Running;
  before(async () => {
    house = await openFinanceHouse();
    running = await house.start();
  });
  afterEach(() => {
    house.setSandbox({ callbacks: 'on', down: false, refunds: 'succeed', slowMs: 0 });
    house.deliver('on');
  });
  after(() => house.stop());

  const view = (paymentId: string): Promise<z.output<typeof paymentView>> =>
    house.read(`/api/v1/payments/${paymentId}`, paymentView);
  const captured = async (change: Parameters<FinanceHouse['request']>[0] = {}): Promise<Asked> => {
    const asked = await house.request(change);
    await house.heard(paymentOpened, asked.paymentId);
    house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
    await house.heard(paymentCaptured, asked.paymentId);
    return asked;
  };
  const timesTold = (paymentId: string, word: string): number =>
    house.toldOf(paymentId).filter((told) => told === word).length;
  const told = (paymentId: string, word: string, times: number): Promise<unknown> =>
    eventually(`${times} × ${word}`, () => timesTold(paymentId, word) === times || undefined);
  const nothingMore = (paymentId: string): Promise<readonly string[]> =>
    settled('what is told', () => house.toldOf(paymentId), 300);
  const failed = async (change: Parameters<FinanceHouse['request']>[0] = {}): Promise<Asked & { refundId: string }> => {
    const asked = await captured(change);
    const refundId = await house.refund(asked, 24_000);
    await house.heard(paymentRefundFailed, asked.paymentId);
    return { ...asked, refundId };
  };
  const waiting = async (query = ''): Promise<readonly RefundView[]> =>
    (await house.read(`/api/v1/refunds${query}`, page)).items;
  const retry = async (refundId: string, key?: string): Promise<{ status: number; refund: RefundView }> => {
    const { status, body } = await house.post(`/api/v1/refunds/${refundId}/retry`, key === undefined ? {} : { key });
    return { status, refund: refundView.parse(body) };
  };
  const sumAtProvider = async (paymentId: string): Promise<number> =>
    (await house.atProvider(paymentId)).refunds
      .filter(({ status }) => status === 'succeeded')
      .reduce((sum, { amountFen }) => sum + amountFen, 0);

  it('REI-52 a compensation goes back over the payment of the order, once, as an expense; without one it is refused', async () => {
    const asked = await captured();
    const { paymentId, orderId } = asked;
    const compensationId = house.newId('rfd');
    const command = { compensationId, orderId, amount: 2_000, about: 'rei_1', approvedBy: 'usr_1' };
    await Promise.all([house.send(payCompensation, command), house.send(payCompensation, command)]);
    await told(paymentId, 'refunded', 1);
    await house.send(payCompensation, command);
    await nothingMore(paymentId);
    expect(await sumAtProvider(paymentId)).to.equal(2_000);
    expect((await view(paymentId)).refunds[0]).to.include({ id: compensationId, reason: 'compensation' });
    const tooMuch = house.newId('rfd');
    await house.send(payCompensation, { ...command, compensationId: tooMuch, amount: 22_001 });
    expect(await house.heard(compensationRefused, tooMuch)).to.include({ problem: 'exceeds-payment', about: 'rei_1' });
    const nobody = house.newId('rfd');
    await house.send(payCompensation, { ...command, compensationId: nobody, orderId: house.newId('ord') });
    expect(await house.heard(compensationRefused, nobody)).to.include({ problem: 'no-payment' });
  });

  for (const method of METHODS) {
    it(`FIN-02 a payment by ${method} is refunded in parts, and never beyond what was captured`, async () => {
      const asked = await captured({ method });
      const first = await house.refund(asked, 10_000);
      const second = await house.refund(asked, 14_000);
      await told(asked.paymentId, 'refunded', 2);
      const third = await house.refund(asked, 1);
      const refusal = await house.heard(paymentRefundFailed, asked.paymentId);
      expect(refusal).to.include({ refundId: third, problem: 'exceeds-captured' });
      const now = await view(asked.paymentId);
      expect(now.refunds.map(({ id, status }) => [id, status])).to.have.deep.members([
        [first, 'done'],
        [second, 'done'],
        [third, 'refused'],
      ]);
      expect([now.refunded.amount, now.refundable.amount, now.needsAttention]).to.deep.equal([24_000, 0, true]);
    });

    it(`FIN-02 ten refunds at once of a payment by ${method}: as many as the money is enough for`, async () => {
      const second = await house.start();
      const asked = await captured({ method });
      await Promise.all(Array.from({ length: 10 }, () => house.refund(asked, 5_000)));
      await told(asked.paymentId, 'refunded', 4);
      await told(asked.paymentId, 'refund-failed', 6);
      await nothingMore(asked.paymentId);
      await second.stop();
      const { refunded, refundable } = await view(asked.paymentId);
      expect([refunded.amount, refundable.amount]).to.deep.equal([20_000, 4_000]);
      expect(await sumAtProvider(asked.paymentId)).to.equal(20_000);
    });

    it(`FIN-02 a refund by ${method} that is commanded twice and told twice goes back once`, async () => {
      house.setSandbox({ callbacks: 'twice' });
      const asked = await captured({ method });
      const refundId = house.newId('rfd');
      await Promise.all([1, 2, 3].map(() => house.refund(asked, 8_000, refundId)));
      await house.heard(paymentRefunded, asked.paymentId);
      await house.refund(asked, 8_000, refundId);
      expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened', 'captured', 'refunded']);
      expect((await house.atProvider(asked.paymentId)).refunds).to.have.length(1);
      expect((await view(asked.paymentId)).refunded.amount).to.equal(8_000);
    });

    it(`FIN-02 a refund that ${method} refuses is told, shown, and goes once somebody tries again`, async () => {
      house.setSandbox({ refunds: 'refuse' });
      const asked = await failed({ method });
      const { paymentId, orderId, refundId } = asked;
      expect(await house.heard(paymentRefundFailed, paymentId)).to.deep.include({
        refundId,
        amount: 24_000,
        problem: 'finance.refund-refused',
      });
      expect((await waiting('?status=failed')).find(({ id }) => id === refundId)).to.deep.include({
        paymentId,
        orderId,
        method,
        status: 'failed',
        problem: 'finance.refund-refused',
        retryable: true,
      });
      house.setSandbox({ refunds: 'succeed' });
      expect((await retry(refundId)).refund.status).to.be.oneOf(['requested', 'done']);
      await house.heard(paymentRefunded, paymentId);
      expect(await retry(refundId)).to.deep.include({ status: 200 });
      expect(await nothingMore(paymentId)).to.deep.equal(['opened', 'captured', 'refund-failed', 'refunded']);
      expect((await waiting()).filter(({ id }) => id === refundId)).to.deep.equal([]);
      expect((await house.atProvider(paymentId)).refunds).to.deep.include.members([
        { outRefundNo: refundId, amountFen: 24_000, status: 'succeeded' },
      ]);
    });
  }

  it('FIN-02 a refund that ended at the provider without money is tried again under a number of its own', async () => {
    house.setSandbox({ refunds: 'close', callbacks: 'twice' });
    const { paymentId, refundId } = await failed();
    house.setSandbox({ refunds: 'succeed' });
    const { status, refund } = await retry(refundId);
    expect([status, refund.status, refund.providerNumber]).to.deep.equal([202, 'requested', `${refundId}-2`]);
    await house.heard(paymentRefunded, paymentId);
    expect(await nothingMore(paymentId)).to.deep.equal(['opened', 'captured', 'refund-failed', 'refunded']);
    expect(
      (await house.atProvider(paymentId)).refunds.map(({ outRefundNo, status: end }) => [outRefundNo, end]),
    ).to.deep.equal([
      [refundId, 'closed'],
      [`${refundId}-2`, 'succeeded'],
    ]);
    expect((await view(paymentId)).refunded.amount).to.equal(24_000);
  });

  it('FIN-02 a refund of which nobody knows is asked about again, not paid again', async () => {
    house.setSandbox({ refunds: 'abnormal' });
    const { paymentId, refundId } = await failed();
    expect(await view(paymentId)).to.deep.include({ needsAttention: true });
    expect((await waiting('?status=abnormal')).map(({ id }) => id)).to.include(refundId);
    const { status, refund } = await retry(refundId);
    expect([status, refund.status]).to.deep.equal([200, 'abnormal']);
    expect((await house.atProvider(paymentId)).refunds).to.have.length(1);
  });

  it('FIN-02 a retry under the same key tries once, however often it is sent', async () => {
    house.setSandbox({ refunds: 'close' });
    const { paymentId, refundId } = await failed();
    const key = house.newId('key');
    await Promise.all([1, 2, 3].map(() => retry(refundId, key)));
    await told(paymentId, 'refund-failed', 2);
    expect((await retry(refundId, key)).refund).to.include({ status: 'failed', providerNumber: `${refundId}-2` });
    expect(await nothingMore(paymentId)).to.deep.equal(['opened', 'captured', 'refund-failed', 'refund-failed']);
    house.setSandbox({ refunds: 'succeed' });
    await retry(refundId);
    await house.heard(paymentRefunded, paymentId);
  });

  it('FIN-02 a retry while the provider is away is under way, and its timer goes on', async () => {
    house.setSandbox({ refunds: 'refuse' });
    const { paymentId, refundId } = await failed();
    house.setSandbox({ refunds: 'succeed', down: true });
    const { status, refund } = await retry(refundId);
    expect([status, refund.status]).to.deep.equal([202, 'requested']);
    house.setSandbox({ down: false });
    house.later(31_000);
    expect(await house.heard(paymentRefunded, paymentId)).to.include({ refundId, amount: 24_000 });
  });

  it('FIN-02 what was never captured, or went back otherwise, cannot be retried', async () => {
    house.setSandbox({ refunds: 'refuse' });
    const asked = await failed();
    house.setSandbox({ refunds: 'succeed' });
    await house.refund(asked, 24_000);
    await house.heard(paymentRefunded, asked.paymentId);
    expect((await waiting('?status=failed')).find(({ id }) => id === asked.refundId)).to.include({ retryable: false });
    const gone = await house.post(`/api/v1/refunds/${asked.refundId}/retry`);
    expect(gone.status).to.equal(409);
    expect(gone.body).to.include({ code: 'finance.refund-not-possible' });
    const nothing = await house.post('/api/v1/refunds/rfd_nothing/retry');
    expect(nothing.status).to.equal(404);
    expect(nothing.body).to.include({ code: 'finance.refund-unknown' });
  });

  it('PLA-03 retrying is for those who may, and listing too', async () => {
    const path = '/api/v1/refunds/rfd_nothing/retry';
    expect((await house.post(path, { apiKey: GATE_KEY })).status).to.equal(403);
    const url = `http://127.0.0.1:${running.httpPort}${path}`;
    expect((await fetch(url, { method: 'POST' })).status).to.equal(401);
  });

  it('PLA-34 refunds that wait are paged', async () => {
    const asked = await Promise.all(
      Array.from({ length: 60 }, () => house.request({ method: 'cash', takenBy: 'usr_clerk' })),
    );
    for (const { paymentId } of asked) await house.heard(paymentCaptured, paymentId);
    const ids = await Promise.all(asked.map((payment) => house.refund(payment, 24_001)));
    for (const { paymentId } of asked) await house.heard(paymentRefundFailed, paymentId);
    const seen: string[] = [];
    let next: string | undefined = '';
    while (next !== undefined) {
      const path: string = `/api/v1/refunds?status=refused${next === '' ? '' : `&cursor=${next}`}`;
      const answer: z.output<typeof page> = await house.read(path, page);
      expect(answer.items.length).to.be.at.most(60);
      seen.push(...answer.items.map(({ id }) => id));
      next = answer.next;
    }
    expect(seen).to.include.members(ids);
    expect(new Set(seen).size).to.equal(seen.length);
    const wrong = await house.get('/api/v1/refunds?cursor=none');
    expect(wrong.status).to.equal(400);
    expect(wrong.body).to.include({ code: 'finance.cursor-invalid' });
  });

  it('FIN-02 cash is owed until a clerk has handed it over, and said so; twice is once', async () => {
    const asked = await house.request({ method: 'cash', takenBy: 'usr_clerk' });
    await house.heard(paymentCaptured, asked.paymentId);
    const refundId = await house.refund(asked, 4_000);
    await eventually('it waits', async () => (await view(asked.paymentId)).refunds[0]?.status === 'to-hand-over');
    const waiting = await house.read('/api/v1/refunds?status=to-hand-over', page);
    expect(waiting.items.map(({ id }) => id)).to.include(refundId);
    expect(await nothingMore(asked.paymentId)).to.deep.equal(['captured']);
    const path = `/api/v1/refunds/${refundId}/payout`;
    expect((await house.post(path, { apiKey: GATE_KEY })).status).to.equal(403);
    const paid = await house.post(path);
    expect(paid.status).to.equal(200);
    expect((await house.post(path)).status).to.equal(200);
    expect(await house.heard(paymentRefunded, asked.paymentId)).to.include({ amount: 4_000, method: 'cash' });
    expect(await nothingMore(asked.paymentId)).to.deep.equal(['captured', 'refunded']);
    expect((await view(asked.paymentId)).refunds[0]).to.include({ status: 'done' });
    const nothing = await house.post('/api/v1/refunds/rfd_nothing/payout');
    expect(nothing.status).to.equal(404);
    expect(nothing.body).to.include({ code: 'finance.refund-unknown' });
    const other = await captured();
    const back = await house.refund(other, 100);
    await house.heard(paymentRefunded, other.paymentId);
    const noCash = await house.post(`/api/v1/refunds/${back}/payout`);
    expect(noCash.status).to.equal(409);
    expect(noCash.body).to.include({ code: 'finance.refund-not-cash' });
  });

  it('FIN-02 with call-backs off, a refund is found by asking', async () => {
    const asked = await captured();
    house.setSandbox({ callbacks: 'off' });
    await house.refund(asked, 24_000);
    await eventually('the provider has it', async () => (await sumAtProvider(asked.paymentId)) === 24_000);
    house.later(31_000);
    await house.heard(paymentRefunded, asked.paymentId);
  });

  it('FIN-02 a refund that takes its time is shown as taken once it was asked about, and ends all the same', async () => {
    house.setSandbox({ refunds: 'hold' });
    const asked = await captured();
    const statusOf = async (): Promise<string | undefined> => (await view(asked.paymentId)).refunds[0]?.status;
    await house.refund(asked, 24_000);
    await eventually('the provider has it', async () => (await house.atProvider(asked.paymentId)).refunds.length === 1);
    expect(await statusOf()).to.equal('requested');
    house.later(31_000);
    await eventually('it is taken', async () => (await statusOf()) === 'accepted');
    expect((await house.atProvider(asked.paymentId)).refunds).to.have.length(1);
  });

  it('FIN-02 a refund that comes before its capture waits for it', async () => {
    const asked = await house.request();
    await house.heard(paymentOpened, asked.paymentId);
    const refundId = await house.refund(asked, 24_000);
    house.sandboxes.controlPayment(asked.paymentId, { action: 'pay' });
    expect(await house.heard(paymentRefunded, asked.paymentId)).to.include({ refundId });
    expect(await nothingMore(asked.paymentId)).to.deep.equal(['opened', 'captured', 'refunded']);
  });

  it('FIN-02 the reason of a refund is told with it, for the books', async () => {
    const asked = await captured();
    const { paymentId, orderId } = asked;
    const data = { paymentId, orderId, refundId: house.newId('rfd'), amount: 24_000, reason: 'cancelled' };
    await house.send(refundPayment, data);
    expect(await house.heard(paymentRefunded, paymentId)).to.include({ reason: 'cancelled' });
  });

  it('parks nothing in all of this', async () => {
    expect(await house.parked()).to.deep.equal([]);
  });
});
