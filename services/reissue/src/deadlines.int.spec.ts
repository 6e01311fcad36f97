// Deadlines of staff on real servers: what passes is listed and counted, and a year whose days are told later moves what was counted into it.
import { applicationOverdue } from '@tongpiao/contracts';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { openReissueHouse, seenOf, type ReissueHouse, type Seen } from './reissue-house.fixture.ts';

const listShape = z.object({ items: z.array(z.object({ id: z.string() })) });
const staffShape = z.object({
  staff: z.object({
    decideBy: z.string(),
    provisional: z.boolean(),
    overdue: z.number(),
    overdueSince: z.string().optional(),
    countedDays: z.array(z.unknown()).optional(),
  }),
});
/** The machine may be slow. */
const PATIENCE = { withinMs: 30_000 };
const DAYS = 24 * 3_600_000;

describe('deadlines of staff', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  let ahead = 0;
  before(async () => {
    house = await openReissueHouse({ clock: () => new Date(Date.now() + ahead) });
  });
  after(() => house.stop());

  async function applied(idNumber: string, json: Readonly<Record<string, unknown>>, status: string): Promise<Seen> {
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof, ...json }));
    return { ...(await house.becomes(seen, status)), accessToken: seen.accessToken };
  }
  const staffView = async (id: string) =>
    staffShape.parse((await house.call(`/api/v1/reissue-applications/${id}`, { apiKey: house.keys.reviewer })).body)
      .staff;
  const overdue = async (): Promise<readonly string[]> => {
    const reply = await house.call('/api/v1/reissue-applications?overdue=yes', { apiKey: house.keys.manager });
    return listShape.parse(reply.body).items.map(({ id }) => id);
  };
  const rulesShape = z.looseObject({ calendar: z.looseObject({}) });
  async function withRules(change: Readonly<Record<string, unknown>>): Promise<void> {
    const { body, etag } = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = rulesShape.parse(body);
    const changed = await house.call('/api/v1/reissue-policy', {
      ...{ method: 'PUT', ifMatch: etag, apiKey: house.keys.manager },
      json: { rules: { ...rules, ...change }, reason: '导入工作日历' },
    });
    expect(changed.status, changed.text).to.equal(200);
  }
  async function withYears(years: readonly number[]): Promise<void> {
    const { body } = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const told = years.map((year) => ({ year, holidays: [], workdays: [], source: '公告' }));
    await withRules({ calendar: { ...rulesShape.parse(body).calendar, years: told } });
  }

  it('REI-42 PLA-46 counted into a year that nobody has told it is provisional, and counted again when it is told', async () => {
    await withYears([2020]);
    const wrongName = { kind: 'correction', reason: 'wrong-data', correction: { name: '李四' } };
    const seen = await applied('E66666661', wrongName, 'reviewing');
    const first = await staffView(seen.id);
    expect(first.provisional).to.equal(true);
    expect(first.countedDays).to.have.length.above(0);
    const year = new Date().getFullYear();
    await withYears([year, year + 1]);
    await eventually('counted again', async () => !(await staffView(seen.id)).provisional, PATIENCE);
  });

  it('REI-42 a case that nobody decides is urged, listed as overdue, and no longer when it is decided', async () => {
    await withRules({ urging: { operator: 'desk@example.cn' } });
    const { body } = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    expect(body).to.have.deep.property('urging', { operator: 'desk@example.cn' });
    const seen = await applied('E66666662', {}, 'deciding');
    for (const collection of ['policies', 'applications'])
      expect(await house.stored(collection, {}), `PLA-10 ${collection}`).not.to.include('desk@example.cn');
    const kept = await house.stored('applications', { _id: seen.id });
    expect(kept, 'no case has them').not.to.match(/"(?:urging|mailboxes)"/);
    expect(await overdue()).not.to.include(seen.id);
    ahead = 2 * DAYS;
    await eventually('overdue', async () => (await overdue()).includes(seen.id), PATIENCE);
    const shown = await staffView(seen.id);
    expect(shown.overdue).to.equal(1);
    const { data } = await eventually('its desk is urged', () =>
      house.said.find((one) => one.type === applicationOverdue.type && JSON.stringify(one.data).includes(seen.id)),
    );
    const urged = applicationOverdue.data.parse(data);
    expect(urged).to.include({ desk: 'operator', times: 1, since: shown.overdueSince });
    expect(house.openedForNotification(urged.to ?? '')).to.equal('desk@example.cn');
    const approve = { action: 'decide', verdict: 'approve', reason: '核对无误' };
    expect((await house.review(seen.id, house.keys.operator, approve)).status).to.equal(200);
    expect(await overdue()).not.to.include(seen.id);
  });

  it('REI-42 mailboxes that an earlier day has left in plain are read, and sealed with the next change', async () => {
    const plain = { 'state.policy.urging': { manager: 'old@example.cn' } };
    await house.inDatabase(async (connection) => {
      const [policies, cases] = ['policies', 'applications'].map((name) => connection.collection(name));
      await policies?.updateMany({}, { $set: plain, $unset: { 'state.mailboxes': 1 } });
      await cases?.updateMany({}, { $set: plain });
    });
    const ask = { apiKey: house.keys.manager };
    const read = async (): Promise<unknown> =>
      z.looseObject({ urging: z.unknown() }).parse((await house.call('/api/v1/reissue-policy', ask)).body).urging;
    expect(await read()).to.deep.equal({ manager: 'old@example.cn' });
    expect((await house.call('/api/v1/reissue-applications', ask)).status, 'cases stay readable').to.equal(200);
    // The very same words: they are stored otherwise.
    await withRules({});
    expect(await read()).to.deep.equal({ manager: 'old@example.cn' });
    const state = z.array(z.looseObject({ state: z.unknown() })).parse(JSON.parse(await house.stored('policies', {})));
    expect(JSON.stringify(state.map((one) => one.state))).not.to.include('old@example.cn');
  });

  it('REI-42 REI-12 a case whose identity check does not answer is overdue, urged and listed, and no longer when it does', async () => {
    await withRules({ urging: { operator: 'desk@example.cn' } });
    // Tickets of these specs are good for a day.
    ahead = 0;
    // Its document breaks the connection.
    const seen = await applied('E66660007', {}, 'waiting_identity');
    expect(await overdue()).not.to.include(seen.id);
    ahead = 3 * 3_600_000;
    await eventually('overdue', async () => (await overdue()).includes(seen.id), PATIENCE);
    const { data } = await eventually('the desk is urged', () =>
      house.said.find((one) => one.type === applicationOverdue.type && JSON.stringify(one.data).includes(seen.id)),
    );
    const urged = applicationOverdue.data.parse(data);
    expect(urged).to.include({ desk: 'operator' });
    expect(house.openedForNotification(urged.to ?? '')).to.equal('desk@example.cn');
    const view = await house.call(`/api/v1/reissue-applications/${seen.id}`, { apiKey: house.keys.reviewer });
    expect(view.body).to.have.nested.property('staff.overdueSince', urged.since);
    expect((await house.step(seen, 'withdrawal')).status).to.equal(200);
    expect(await overdue()).not.to.include(seen.id);
  });

  it('REI-12 PLA-50 an identity check that is away is a breaker that is open, for whoever watches the figures', async () => {
    const state = async (): Promise<string | undefined> =>
      /^breaker_state\{upstream="identity-check"[^}]*\} (\d)$/m.exec((await house.call('/metrics')).text)?.[1];
    expect(await state(), 'told from the start').to.be.a('string');
    // Their documents break the connection; the breaker goes by the third.
    for (const number of ['E77770007', 'E88880007', 'E99990007']) await applied(number, {}, 'waiting_identity');
    await eventually('open', async () => (await state()) === '2', PATIENCE);
  });
});
