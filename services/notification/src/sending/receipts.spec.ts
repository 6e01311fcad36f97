// Receipts that come before their submission is on disk, twice, for nobody, or while the database is away.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import type { SmsReceipt } from '../adapters/providers.ts';
import type { Advance, Held } from '../message/message.store.ts';
import { createReceiptBook, type ReceiptBook } from './receipts.ts';

const AT = '2026-12-01T09:00:00.000Z';

function sentMessage(reference: string): Held {
  return {
    id: `msg_${reference}`,
    tenantId: 'ten_1',
    version: 2,
    seq: 3,
    head: 'head',
    state: {
      channel: 'sms',
      lane: 'sms',
      about: 'ord_1',
      template: 'order-fulfilled',
      templateVersion: 1,
      language: 'zh-CN',
      receiver: '138****5678',
      receiverIndex: 'index',
      contentHash: 'hash',
      createdAt: AT,
      tries: 1,
      status: 'sent',
      submission: { provider: 'smpp', reference, segments: 1, sentAt: AT },
    },
  };
}

const receiptFor = (providerReference: string, status: SmsReceipt['status'] = 'delivered'): SmsReceipt => ({
  providerReference,
  status,
  at: new Date(AT),
  code: status === 'delivered' ? 'DELIVRD' : 'UNDELIV',
});

describe('receipt book', () => {
  let now = Date.parse(AT);
  let onDisk: Held[] = [];
  let advanced: string[] = [];
  let reads = 0;
  let away = false;
  let dropped = 0;
  let book: ReceiptBook;

  beforeEach(() => {
    now = Date.parse(AT);
    onDisk = [];
    advanced = [];
    reads = 0;
    away = false;
    dropped = 0;
    const store = {
      async byReferences(references: readonly string[]): Promise<readonly Held[]> {
        if (away) throw new Error('away');
        if (references.length > 0) reads += 1;
        return onDisk.filter(({ state }) => state.status === 'sent' && references.includes(state.submission.reference));
      },
      async advance(items: readonly Advance[]): Promise<readonly Held[]> {
        if (away) throw new Error('away');
        for (const { held, command } of items)
          advanced.push(`${held.id} ${command.type === 'RecordReceipt' ? command.outcome : command.type}`);
        return items.map(({ held }) => held);
      },
    };
    book = createReceiptBook({
      store,
      clock: () => new Date(now),
      logger: pino({ level: 'silent' }),
      origin: { by: 'test', channel: 'test', cause: 'test', correlationId: 'test' },
      lost: (count) => (dropped += count),
    });
  });
  afterEach(() => book.stop());

  it('NOT-05 matches a receipt without reading anything when the submission was just written', async () => {
    book.submitted([sentMessage('a')]);
    book.take(receiptFor('a'));
    await eventually('recorded', () => advanced.length === 1);
    expect(advanced).to.deep.equal(['msg_a delivered']);
    expect(reads).to.equal(0);
  });

  it('NOT-05 keeps a receipt that comes before its submission is written', async () => {
    book.take(receiptFor('a'));
    await eventually('kept', () => book.early() === 1);
    book.submitted([sentMessage('a')]);
    await eventually('recorded', () => advanced.length === 1);
    expect(book.early()).to.equal(0);
  });

  it('NOT-05 looks again for a receipt whose submission another instance writes', async () => {
    book.take(receiptFor('a'));
    await eventually('kept', () => book.early() === 1);
    onDisk = [sentMessage('a')];
    await book.retry();
    expect(advanced, 'not looked for before its time').to.deep.equal([]);
    now += 1_000;
    await book.retry();
    expect(advanced).to.deep.equal(['msg_a delivered']);
    expect(book.early()).to.equal(0);
  });

  it('NOT-05 gives up a receipt that belongs to nobody, and counts it', async () => {
    book.take(receiptFor('x'));
    await eventually('kept', () => book.early() === 1);
    now += 700_000;
    await book.retry();
    expect(book.early()).to.equal(0);
    expect(dropped).to.equal(1);
  });

  it('NOT-05 takes two receipts for one message one after the other', async () => {
    onDisk = [sentMessage('a')];
    book.take(receiptFor('a', 'unknown'));
    book.take(receiptFor('a'));
    await eventually('both', () => advanced.length === 2);
    expect(advanced).to.deep.equal(['msg_a unknown', 'msg_a delivered']);
  });

  it('NOT-05 loses none while the database is away', async () => {
    away = true;
    book.submitted([sentMessage('a')]);
    book.take(receiptFor('a'));
    await new Promise((resolve) => setTimeout(resolve, 120));
    away = false;
    await eventually('recorded', () => advanced.length === 1, { withinMs: 3_000 });
  });
});
