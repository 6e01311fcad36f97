// A tenant's own chart of accounts on real servers: who may say it, from when it holds, and that what was booked keeps the name that it was
// booked under (FIN-12).
import { paymentCaptured } from '@tongpiao/contracts';
import { etagOf, type Running } from '@tongpiao/service-shell';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { GATE_KEY, openFinanceHouse, STAFF_KEY, type FinanceHouse } from './finance-house.fixture.ts';

const PATH = '/api/v1/ledger/accounts';
const accountsShape = z.looseObject({
  version: z.number(),
  inForce: z.number(),
  items: z.array(z.looseObject({ account: z.string(), code: z.string(), name: z.object({ zh: z.string() }) })),
  charts: z.array(z.looseObject({ version: z.number(), effectiveFrom: z.string() })),
});
const entriesShape = z.object({
  items: z.array(
    z.looseObject({
      source: z.object({ subject: z.string() }),
      rulesVersion: z.number(),
      chartVersion: z.number(),
      lines: z.array(z.object({ account: z.string(), code: z.string(), debit: z.number(), credit: z.number() })),
    }),
  ),
});
const balancesShape = z.looseObject({
  items: z.array(z.looseObject({ account: z.string(), code: z.string(), balance: z.number() })),
});
const trialShape = balancesShape.extend({ balanced: z.boolean() });
const accounts = {
  'cash-on-hand': { code: '1001.01', name: { zh: '库存现金—售票窗口', en: 'Cash at the counters' } },
  'deferred-takings': { code: '2205' },
};

describe('FIN-12 finance: chart of accounts', function () {
  this.timeout(60_000);
  let house: FinanceHouse;
  let running: Running;
  before(async () => {
    house = await openFinanceHouse();
    running = await house.start();
    await house.start();
  });
  after(() => house.stop());

  type Ask = { readonly apiKey?: string; readonly ifMatch?: string; readonly language?: string };
  async function put(json: unknown, ask: Ask = {}): Promise<{ status: number; body: { code?: string } }> {
    const { apiKey = STAFF_KEY, ifMatch, language = 'zh-CN' } = ask;
    const answer = await fetch(`http://127.0.0.1:${running.httpPort}${PATH}`, {
      method: 'PUT',
      headers: {
        'x-api-key': apiKey,
        'content-type': 'application/json',
        'accept-language': language,
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      body: JSON.stringify(json),
    });
    return { status: answer.status, body: (await answer.json()) as { code?: string } };
  }
  const seen = (): Promise<z.output<typeof accountsShape>> => house.read(PATH, accountsShape);
  let aheadMs = 0;
  const inMinutes = (minutes: number): string => new Date(Date.now() + aheadMs + minutes * 60_000).toISOString();
  const later = (minutes: number): void => {
    house.later(minutes * 60_000);
    aheadMs += minutes * 60_000;
  };
  /** Taken in cash, and booked. @returns its entry */
  async function booked(): Promise<z.output<typeof entriesShape>['items'][number]> {
    const { paymentId } = await house.request({ method: 'cash', takenBy: 'usr_clerk' });
    await house.heard(paymentCaptured, paymentId);
    return eventually('the entry', async () =>
      (await house.read('/api/v1/ledger/entries', entriesShape)).items.find(
        ({ source }) => source.subject === paymentId,
      ),
    );
  }
  const codes = ({ lines }: Awaited<ReturnType<typeof booked>>): string[] => lines.map(({ code }) => code);

  it('where nobody has said anything accounts are called as we call them', async () => {
    const { version, inForce, items, charts } = await seen();
    expect([version, inForce, charts]).to.deep.equal([0, 0, []]);
    expect(items.every(({ account, code }) => account === code)).to.equal(true);
    expect(await booked()).to.deep.include({ chartVersion: 0 });
  });

  it('PLA-03 PLA-31 PLA-34 is for who may, for what is booked later, of accounts that there are, and on what was read', async () => {
    const wish = { effectiveFrom: inMinutes(2), accounts, reason: '启用新会计制度' };
    expect((await put(wish, { apiKey: GATE_KEY, ifMatch: etagOf(0) })).status).to.equal(403);
    expect((await put(wish)).status).to.equal(428);
    expect((await put(wish, { ifMatch: etagOf(7) })).status).to.equal(412);
    const unknown = await put({ ...wish, accounts: { 'slush-fund': { code: '9' } } }, { ifMatch: etagOf(0) });
    expect([unknown.status, unknown.body.code]).to.deep.equal([400, 'platform.invalid-request']);
    const wrong = await put({ ...wish, accounts: { 'cash-on-hand': { code: '现金' } } }, { ifMatch: etagOf(0) });
    expect(wrong.status).to.equal(400);
    for (const language of ['zh-CN', 'en']) {
      const early = await put({ ...wish, effectiveFrom: inMinutes(0.5) }, { ifMatch: etagOf(0), language });
      expect([early.status, early.body.code]).to.deep.equal([422, 'finance.accounts-too-early']);
      expect(/[一-鿿]/.test(JSON.stringify(early.body))).to.equal(language === 'zh-CN');
    }
    expect(await seen()).to.include({ version: 0 });
  });

  it('holds from its moment on; what was booked, and balances of before, keep their names and their sums', async () => {
    const before = await booked();
    const wish = { effectiveFrom: inMinutes(2), accounts, reason: '启用新会计制度' };
    const made = await put(wish, { ifMatch: etagOf(0) });
    expect([made.status, accountsShape.parse(made.body).version]).to.deep.equal([200, 1]);
    expect((await put(wish, { ifMatch: etagOf(0) })).status, 'the same again').to.equal(200);
    expect(await seen()).to.include({ version: 1, inForce: 0 });
    const notYet = await booked();
    expect([notYet.chartVersion, codes(notYet)]).to.deep.equal([0, ['cash-on-hand', 'deferred-takings']]);
    const then = inMinutes(0);

    later(3);
    expect(await seen()).to.include({ version: 1, inForce: 1 });
    const after = await eventually('booked by the new chart', async () => {
      const entry = await booked();
      return entry.chartVersion === 1 && entry;
    });
    expect(codes(after)).to.deep.equal(['1001.01', '2205']);
    expect(after.lines.map(({ account }) => account)).to.deep.equal(['cash-on-hand', 'deferred-takings']);
    const again = (await house.read('/api/v1/ledger/entries', entriesShape)).items;
    for (const entry of [before, notYet])
      expect(again.find(({ source }) => source.subject === entry.source.subject)).to.deep.equal(entry);

    const cashAt = async (asOf: string): Promise<unknown[]> => {
      const { items } = await house.read(`/api/v1/ledger/balances?asOf=${asOf}`, balancesShape);
      const cash = items.find(({ account }) => account === 'cash-on-hand');
      return [cash?.code, cash?.balance];
    };
    const [code, balance] = await cashAt(then);
    expect(code).to.equal('cash-on-hand');
    const [codeNow, balanceNow] = await cashAt(inMinutes(0));
    expect(codeNow).to.equal('1001.01');
    expect(Number(balanceNow)).to.be.greaterThan(Number(balance));
    expect(await house.read('/api/v1/ledger/trial-balance', trialShape)).to.include({ balanced: true });
    expect(await house.parked()).to.deep.equal([]);
  });
});
