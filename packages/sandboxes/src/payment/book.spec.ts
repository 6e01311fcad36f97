import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { journalFile, openBook } from './book.ts';
import type { Book } from './book.ts';
import type { Refund, Transaction } from './transaction.ts';

const transaction = (outTradeNo: string): Transaction => ({
  provider: 'wechat',
  outTradeNo,
  amountFen: 100,
  description: '票',
  attach: '',
  notifyUrl: 'http://127.0.0.1:1/',
  tradeType: 'NATIVE',
  createdAt: 1,
  expiresAt: 0,
  status: 'not_paid',
  transactionId: '',
  paidAt: 0,
  told: false,
  refunds: [],
});
const refund: Refund = {
  outRefundNo: 'r1',
  refundId: '50',
  amountFen: 40,
  reason: '',
  notifyUrl: '',
  createdAt: 3,
  status: 'processing',
  settledAt: 0,
  told: false,
};

describe('the book of payments', () => {
  let directory = '';
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'book-'))));
  afterEach(async () => rm(directory, { recursive: true }));

  const fill = (book: Book): void => {
    book.record({ type: 'created', transaction: transaction('a') });
    book.record({ type: 'created', transaction: transaction('b') });
    book.record({ type: 'paid', key: 'wechat-a', transactionId: '4200', at: 2 });
    book.record({ type: 'refund-requested', key: 'wechat-a', refund });
    book.record({ type: 'refund-settled', key: 'wechat-a', outRefundNo: 'r1', status: 'succeeded', at: 4 });
    book.record({ type: 'told', key: 'wechat-a' });
    book.record({ type: 'closed', key: 'wechat-b' });
  };
  const expected = {
    ...transaction('a'),
    status: 'paid',
    transactionId: '4200',
    paidAt: 2,
    told: true,
    refunds: [{ ...refund, status: 'succeeded', settledAt: 4 }],
  };

  it('knows after a restart what it knew, however often it is restarted', () => {
    fill(openBook(directory));
    for (let start = 1; start <= 3; start += 1) {
      const book = openBook(directory);
      expect(book.get('wechat', 'a')).to.deep.equal(expected);
      expect(book.get('wechat', 'b')?.status).to.equal('closed');
      expect(book.byWechatRefund('r1')?.outTradeNo).to.equal('a');
      book.close();
    }
  });

  it('is one line per payment after a start', async () => {
    fill(openBook(directory));
    openBook(directory).close();
    expect((await readFile(join(directory, journalFile), 'utf8')).trim().split('\n')).to.have.length(2);
  });

  it('ignores a line that a kill tore off', async () => {
    fill(openBook(directory));
    await appendFile(join(directory, journalFile), '{"type":"closed","key":"wech');
    expect(openBook(directory).get('wechat', 'a')).to.deep.equal(expected);
  });

  it('changes nothing for an entry about an unknown payment', () => {
    expect(openBook(directory).record({ type: 'paid', key: 'wechat-x', transactionId: '1', at: 1 })).to.equal(
      undefined,
    );
  });

  it('lists the newest first', () => {
    const book = openBook(directory);
    fill(book);
    expect(book.newest(1)[0]?.outTradeNo).to.equal('b');
  });
});
