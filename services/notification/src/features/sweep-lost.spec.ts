import { expect } from 'chai';
import { pino } from 'pino';
import type { MessageFacts } from '../message/message.ts';
import type { Held } from '../message/message.store.ts';
import { sweepLost } from './sweep-lost.ts';

const NOW = new Date('2026-12-01T09:00:00Z');
const attempt = { id: 'att_1', at: '2026-12-01T08:58:00.000Z' };
const facts: MessageFacts = {
  channel: 'sms',
  lane: 'sms',
  about: 'ord_1',
  template: 'order-fulfilled',
  templateVersion: 1,
  language: 'zh-CN',
  receiver: '138****5678',
  receiverIndex: 'index',
  contentHash: 'hash',
  createdAt: '2026-12-01T08:58:00.000Z',
};
const held = (id: string, state: Held['state']): Held => ({
  id,
  tenantId: 'ten_1',
  version: 1,
  seq: 2,
  head: 'head',
  state,
});
const sending = (id: string): Held => held(id, { ...facts, tries: 1, status: 'sending', attempt });

/** @returns what was counted of messages that are like this after the sweep */
const countedOf = async (after: readonly Held[]): Promise<readonly Held[]> => {
  const counted: Held[] = [];
  await sweepLost({
    messages: {
      lost: () => Promise.resolve(after.map(({ id }) => sending(id))),
      advance: () => Promise.resolve(after),
    },
    answerWithinMs: 60_000,
    origin: { by: 'service:notification', channel: 'timer', cause: 'sweep', correlationId: 'sweep' },
    clock: () => NOW,
    logger: pino({ level: 'silent' }),
    written: (messages) => counted.push(...messages),
  })();
  return counted;
};

describe('the sweep of messages whose sender is lost', () => {
  const lost = held('msg_1', {
    ...facts,
    tries: 1,
    status: 'unknown',
    reason: 'sender-lost',
    endedAt: NOW.toISOString(),
    attempt,
    submission: undefined,
  });

  it('NOT-05 has its unknown messages counted like every other outcome', async () => {
    expect(await countedOf([lost])).to.deep.equal([lost]);
  });

  it('NOT-05 leaves out those whose sender was heard of meanwhile: that outcome is counted already', async () => {
    const submission = { provider: 'smpp', reference: '1', segments: 1, sentAt: NOW.toISOString() };
    const sent = held('msg_2', { ...facts, tries: 1, status: 'sent', submission });
    const unanswered = held('msg_4', {
      ...lost.state,
      status: 'unknown',
      reason: 'timeout',
      endedAt: NOW.toISOString(),
      attempt,
    });
    expect(await countedOf([lost, sent, sending('msg_3'), unanswered])).to.deep.equal([lost]);
  });
});
