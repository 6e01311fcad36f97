// PLA-42: every cell of the table in parked-settling.ts, and what happens when two decide at once or one dies in between.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { chain, GENESIS, Scope, verifyChain, type Change, type Filter } from '@tongpiao/persistence';
import { expect } from 'chai';
import { z } from 'zod';
import type { Parked } from './parked-messages.store.ts';
import { createSettling, type Settling } from './parked-settling.ts';
import { silentLogger } from './trial.ts';

const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
const origin = { by: 'usr_1', channel: 'counter', cause: 'req_1', correlationId: 'req_1' };
const scope = Scope.ofTenant(TENANT, origin);
const envelope = {
  specversion: '1.0' as const,
  id: 'msg_1',
  type: 'sales.order.expire.v1',
  source: 'sales',
  subject: 'ord_1',
  time: '2026-12-01T00:00:00Z',
  datacontenttype: 'application/json' as const,
  tenantid: TENANT,
  correlationid: 'c_1',
  causationid: 'c_1',
  sequence: 1,
  data: {},
};

/** One record, written under the filter's guard as the database would. */
class OneRecord {
  record: Parked;
  /** Runs before the next write, once. */
  meanwhile: (() => Promise<void>) | undefined;
  constructor(status: Parked['status'], more: Partial<Parked> = {}) {
    const journal = chain(
      { seq: 0, head: GENESIS },
      [{ type: 'MessageParked', data: {} }],
      '2026-12-01T00:00:00Z',
      origin,
    );
    this.record = {
      ...{ _id: 'prk_1', tenantId: TENANT, status, queue: 'sales.on-order-timer', messageId: 'msg_1' },
      ...{ type: envelope.type, kind: 'command', reason: 'bug', detail: '', attempts: 3, envelope },
      ...{ parkedAt: '2026-12-01T00:00:00Z', content: '{}', seq: 1, head: journal[0]?.hash ?? '', journal },
      ...more,
    };
  }
  findOne = async (_scope: Scope, { _id }: Filter): Promise<Parked | undefined> =>
    _id === this.record._id ? this.record : undefined;
  find = async (_scope: Scope, { status, parkedAt }: Filter): Promise<Parked[]> => {
    const wanted = JSON.stringify(status).includes(`"${this.record.status}"`);
    const before = z.object({ $lt: z.string() }).safeParse(parkedAt).data?.$lt;
    return wanted && (before === undefined || this.record.parkedAt < before) ? [this.record] : [];
  };
  update = async (_scope: Scope, filter: Filter, change: Change): Promise<number> => {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    if (filter['status'] !== this.record.status || filter['seq'] !== this.record.seq) return 0;
    const pushed = change['$push'] as { journal: { $each: Parked['journal'] } } | undefined;
    const journal = [...this.record.journal, ...(pushed?.journal.$each ?? [])];
    this.record = { ...this.record, ...(change['$set'] as Partial<Parked>), journal };
    for (const name of Object.keys(change['$unset'] ?? {})) Reflect.deleteProperty(this.record, name);
    return 1;
  };
}

describe('settling a parked message', () => {
  let sent: string[];
  let broker: 'takes' | 'refuses';
  beforeEach(() => {
    sent = [];
    broker = 'takes';
  });
  const settlingOf = (records: OneRecord): Settling =>
    createSettling({
      records,
      replay: async (_queue, { id }) => {
        expect(records.record.status, 'decided before it is sent').to.equal('replaying');
        if (broker === 'refuses') throw new Error('away');
        sent.push(id);
      },
      clock: () => new Date('2026-12-01T01:00:00Z'),
      logger: silentLogger,
    });
  const codeOf = (work: Promise<void>): Promise<string> =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof DomainError ? error.code : 'failed'),
    );
  const types = ({ record }: OneRecord): string[] => record.journal.map(({ type }) => type);

  for (const action of ['replay', 'discard'] as const)
    for (const status of ['parked', 'replaying', 'replayed', 'discarded'] as const)
      it(`PLA-42 ${action} of one that is ${status}`, async () => {
        const records = new OneRecord(status);
        const outcome = await codeOf(settlingOf(records).settle(scope, origin, 'prk_1', action, 'because'));
        expect(outcome).to.equal(status === 'parked' ? 'done' : 'operations.parked-settled');
        expect(sent).to.deep.equal(status === 'parked' && action === 'replay' ? ['msg_1'] : []);
        if (status === 'parked') expect(records.record.status).to.equal(action === 'replay' ? 'replayed' : 'discarded');
        expect(verifyChain(records.record.journal, records.record.head).intact).to.equal(true);
      });

  it('a replay and a discard at the same moment: one is carried out, the other is told', async () => {
    const records = new OneRecord('parked');
    const settling = settlingOf(records);
    records.meanwhile = () => settling.settle(scope, origin, 'prk_1', 'discard', 'no use');
    expect(await codeOf(settling.settle(scope, origin, 'prk_1', 'replay', 'again'))).to.equal(
      'operations.parked-settled',
    );
    expect([records.record.status, sent]).to.deep.equal(['discarded', []]);
    expect(types(records)).to.deep.equal(['MessageParked', 'MessageDiscarded']);
  });

  it('the broker refuses: parked again, on record, and can be settled again', async () => {
    const records = new OneRecord('parked');
    const settling = settlingOf(records);
    broker = 'refuses';
    expect(await codeOf(settling.settle(scope, origin, 'prk_1', 'replay', 'again'))).to.equal('failed');
    expect(records.record.status).to.equal('parked');
    expect(types(records)).to.deep.equal(['MessageParked', 'MessageReplayed', 'ReplayFailed']);
    broker = 'takes';
    expect(await codeOf(settling.settle(scope, origin, 'prk_1', 'replay', 'again'))).to.equal('done');
    expect(verifyChain(records.record.journal, records.record.head).intact).to.equal(true);
  });

  it('who decided a replay died before it was sent: it is finished', async () => {
    const records = new OneRecord('replaying', { replayingSince: '2026-12-01T00:30:00Z' });
    await settlingOf(records).finish(scope);
    expect([records.record.status, sent]).to.deep.equal(['replayed', ['msg_1']]);
  });

  for (const status of ['parked', 'replaying', 'replayed', 'discarded'] as const)
    it(`PLA-12 half a year later one that is ${status} ${status === 'replayed' || status === 'discarded' ? 'has lost what it said' : 'is as it was'}`, async () => {
      const young = new OneRecord(status, { parkedAt: '2026-06-01T01:00:00Z' });
      const old = new OneRecord(status, { parkedAt: '2026-06-01T00:59:59Z', detail: 'of 13800138000' });
      for (const records of [young, old]) await settlingOf(records).forget(scope);
      expect(young.record).to.include({ content: '{}', envelope });
      const isSettled = status === 'replayed' || status === 'discarded';
      expect([old.record.content, old.record.detail]).to.deep.equal(isSettled ? ['', ''] : ['{}', 'of 13800138000']);
      expect('envelope' in old.record).to.equal(!isSettled);
      expect(old.record).to.include({ status, type: envelope.type, reason: 'bug' });
      expect(verifyChain(old.record.journal, old.record.head).intact).to.equal(true);
    });

  it('what is no message is only discarded; what is not there is not found', async () => {
    const { envelope: _envelope, ...content } = new OneRecord('parked').record;
    const records = new OneRecord('parked');
    records.record = content;
    const settling = settlingOf(records);
    expect(await codeOf(settling.settle(scope, origin, 'prk_1', 'replay', 'x'))).to.equal('operations.not-replayable');
    expect(await codeOf(settling.settle(scope, origin, 'prk_1', 'discard', 'x'))).to.equal('done');
    expect(await codeOf(settling.settle(scope, origin, 'prk_2', 'replay', 'x'))).to.equal('platform.not-found');
  });
});
