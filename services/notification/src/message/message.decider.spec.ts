// Every cell of the table in message.decider.ts, and what holds for any sequence of commands.
import { fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { messageDecider } from './message.decider.ts';
import type { MessageCommand, MessageEvent, MessageFacts, MessageState } from './message.ts';
import { TRIES_MAX, waitAfter } from './retry.policy.ts';

const AT = '2026-12-01T09:00:00.000Z';
const later = (seconds: number): string => new Date(Date.parse(AT) + seconds * 1_000).toISOString();

const facts: MessageFacts = {
  channel: 'sms',
  lane: 'sms',
  about: 'ord_0a5d8k2m7q9x3c6v1b4n',
  template: 'order-fulfilled',
  templateVersion: 1,
  language: 'zh-CN',
  receiver: '138****5678',
  receiverIndex: 'index',
  contentHash: 'hash',
  createdAt: AT,
};
const attempt = { id: 'attempt-1', at: AT };
const submission = { provider: 'smpp', reference: 'ref-1', segments: 2, sentAt: later(1) };

const queuedEvent: MessageEvent = { type: 'MessageQueued', facts };
const begun: MessageEvent = { type: 'SendingBegun', attempt };
const sent: MessageEvent = { type: 'MessageSent', submission };
const unknown: MessageEvent = { type: 'MessageBecameUnknown', reason: 'timeout', at: later(2) };

/** Histories that lead to each status. */
const given = {
  none: [],
  queued: [queuedEvent],
  sending: [queuedEvent, begun],
  sent: [queuedEvent, begun, sent],
  delivered: [queuedEvent, begun, sent, { type: 'MessageDelivered', at: later(3) }],
  failed: [queuedEvent, begun, { type: 'MessageFailed', reason: '0x0000000b', at: later(1) }],
  suppressed: [{ type: 'MessageSuppressed', facts, reason: 'limit-per-minute' }],
  unknown: [queuedEvent, begun, unknown],
  'unknown, sent': [queuedEvent, begun, sent, unknown],
} as const satisfies Record<string, readonly MessageEvent[]>;
type Given = keyof typeof given;

const commands = {
  QueueMessage: { type: 'QueueMessage', facts },
  SuppressMessage: { type: 'SuppressMessage', facts, reason: 'limit-per-minute' },
  BeginSending: { type: 'BeginSending', attempt: { id: 'attempt-2', at: later(5) } },
  AcceptMessage: { type: 'AcceptMessage', attemptId: 'attempt-1', submission },
  RefuseMessage: { type: 'RefuseMessage', attemptId: 'attempt-1', reason: '0x0000000b', at: later(5) },
  PostponeMessage: { type: 'PostponeMessage', attemptId: 'attempt-1', reason: 'not-bound', at: later(5) },
  ReturnMessage: { type: 'ReturnMessage', attemptId: 'attempt-1', at: later(5) },
  LoseAnswer: { type: 'LoseAnswer', attemptId: 'attempt-1', reason: 'timeout', at: later(5) },
  GiveUpWaiting: { type: 'GiveUpWaiting', begunBefore: later(1), at: later(60) },
  RecordReceipt: { type: 'RecordReceipt', reference: 'ref-1', outcome: 'delivered', code: 'DELIVRD', at: later(5) },
} as const satisfies Record<MessageCommand['type'], MessageCommand>;

type Cells = Readonly<Record<MessageCommand['type'], Partial<Record<Given, readonly MessageEvent['type'][]>>>>;

/** Cells that are not here are `-`. */
const cells: Cells = {
  QueueMessage: { none: ['MessageQueued'] },
  SuppressMessage: { none: ['MessageSuppressed'] },
  BeginSending: { queued: ['SendingBegun'] },
  AcceptMessage: { sending: ['MessageSent'], unknown: ['MessageSent'] },
  RefuseMessage: { sending: ['MessageFailed'], unknown: ['MessageFailed'] },
  PostponeMessage: { sending: ['SendingPostponed'], unknown: ['SendingPostponed'] },
  ReturnMessage: { sending: ['SendingReturned'], unknown: ['SendingReturned'] },
  LoseAnswer: { sending: ['MessageBecameUnknown'] },
  GiveUpWaiting: { sending: ['MessageBecameUnknown'] },
  RecordReceipt: { sent: ['MessageDelivered'], 'unknown, sent': ['MessageDelivered'] },
};

const histories = Object.keys(given) as Given[];
const specified = specify(messageDecider);
const stateOf = (events: readonly MessageEvent[]): MessageState => fold(messageDecider, messageDecider.initial, events);

describe('message decider', () => {
  describe('NOT-03 every input in every state', () => {
    for (const command of Object.values(commands)) {
      for (const history of histories) {
        const expected = cells[command.type][history] ?? [];
        it(`${command.type} × ${history} → ${expected.length === 0 ? '-' : expected.join(', ')}`, () => {
          const events = messageDecider.decide(stateOf(given[history]), command);
          expect(events.map(({ type }) => type)).to.deep.equal(expected);
        });
      }
    }
  });

  it('NOT-03 is born as sending where whoever inserts it sends it', () => {
    specified()
      .when({ ...commands.QueueMessage, attempt })
      .thenState((state) => {
        expect(state).to.include({ status: 'sending', tries: 1 });
      });
  });

  it('NOT-05 an answer to another attempt changes nothing', () => {
    for (const type of ['RefuseMessage', 'PostponeMessage', 'ReturnMessage', 'LoseAnswer'] as const)
      specified(...given.sending)
        .when({ ...commands[type], attemptId: 'attempt-0' })
        .thenNothing();
    specified(...given.sending)
      .when({ ...commands.AcceptMessage, attemptId: 'attempt-0' })
      .thenNothing();
  });

  it('NOT-05 the sweep leaves alone what was begun a moment ago', () => {
    specified(...given.sending)
      .when({ type: 'GiveUpWaiting', begunBefore: AT, at: later(60) })
      .thenNothing();
  });

  it('NOT-03 a receipt for another reference changes nothing', () => {
    specified(...given.sent)
      .when({ ...commands.RecordReceipt, reference: 'ref-2' })
      .thenNothing();
  });

  it('NOT-03 a receipt may say failed, with its reason, or that nobody knows', () => {
    specified(...given.sent)
      .when({ ...commands.RecordReceipt, outcome: 'failed', code: 'UNDELIV 001' })
      .then({ type: 'MessageFailed', reason: 'UNDELIV 001', at: later(5) });
    specified(...given.sent)
      .when({ ...commands.RecordReceipt, outcome: 'unknown', code: 'UNKNOWN' })
      .then({ type: 'MessageBecameUnknown', reason: 'UNKNOWN', at: later(5) });
    specified(...given['unknown, sent'])
      .when({ ...commands.RecordReceipt, outcome: 'unknown', code: 'UNKNOWN' })
      .thenNothing();
    specified(...given['unknown, sent'])
      .when({ ...commands.RecordReceipt, outcome: 'failed', code: 'UNDELIV' })
      .then({ type: 'MessageFailed', reason: 'UNDELIV', at: later(5) });
  });

  it('NOT-05 what is known to be sent does not go back because an older answer comes late', () => {
    for (const type of ['AcceptMessage', 'RefuseMessage', 'PostponeMessage', 'ReturnMessage'] as const)
      specified(...given['unknown, sent'])
        .when(commands[type])
        .thenNothing();
  });

  it('NOT-05 waits longer from try to try, and fails after the last', () => {
    let events: readonly MessageEvent[] = given.queued;
    const waits: number[] = [];
    for (let number = 1; number <= TRIES_MAX; number += 1) {
      events = [...events, { type: 'SendingBegun', attempt: { id: `attempt-${number}`, at: AT } }];
      const [event] = messageDecider.decide(stateOf(events), {
        ...commands.PostponeMessage,
        attemptId: `attempt-${number}`,
        at: AT,
      });
      if (event === undefined) throw new Error('no event');
      events = [...events, event];
      if (event.type === 'SendingPostponed') waits.push(Date.parse(event.dueAt) - Date.parse(AT));
      else expect(number).to.equal(TRIES_MAX);
    }
    expect(waits).to.deep.equal([...waits].sort((a, b) => a - b));
    expect(waits).to.have.length(TRIES_MAX - 1);
    expect(stateOf(events)).to.include({ status: 'failed', reason: 'not-bound', tries: TRIES_MAX });
    expect(waitAfter(TRIES_MAX)).to.equal(undefined);
  });

  it('NOT-05 a try that was not made does not count', () => {
    const state = stateOf([...given.sending, { type: 'SendingReturned', dueAt: later(1) }]);
    expect(state).to.include({ status: 'queued', tries: 0, dueAt: later(1) });
  });

  it('NOT-06 a code past its time is not sent, and not kept for a time when it is of no use', () => {
    const expiring: MessageEvent = { type: 'MessageQueued', facts: { ...facts, expiresAt: later(2) } };
    specified(expiring)
      .when({ type: 'BeginSending', attempt: { id: 'attempt-1', at: later(2) } })
      .then({ type: 'MessageFailed', reason: 'expired', at: later(2) });
    specified(expiring, begun)
      .when({ ...commands.PostponeMessage, at: later(1) })
      .then({ type: 'MessageFailed', reason: 'not-bound', at: later(1) });
  });

  describe('any sequence of commands', () => {
    const command = fc.constantFrom<MessageCommand>(
      ...Object.values(commands),
      { ...commands.QueueMessage, attempt },
      { ...commands.BeginSending, attempt },
      { ...commands.RecordReceipt, outcome: 'failed' },
      { ...commands.RecordReceipt, outcome: 'unknown' },
      { ...commands.AcceptMessage, attemptId: 'attempt-2' },
      { ...commands.PostponeMessage, attemptId: 'attempt-2' },
      { ...commands.LoseAnswer, attemptId: 'attempt-2' },
    );
    const apply = (state: MessageState, next: MessageCommand): MessageState =>
      fold(messageDecider, state, messageDecider.decide(state, next));

    it('NOT-03 a command given twice in a row changes nothing the second time', () => {
      fc.assert(
        fc.property(fc.array(command, { maxLength: 30 }), command, (before, twice) => {
          const once = apply(before.reduce(apply, messageDecider.initial), twice);
          expect(apply(once, twice)).to.deep.equal(once);
        }),
      );
    });

    it('NOT-03 what has ended well or for good stays so', () => {
      fc.assert(
        fc.property(fc.array(command, { maxLength: 30 }), (all) => {
          let state = messageDecider.initial;
          for (const next of all) {
            const before = state.status;
            state = apply(state, next);
            if (before === 'delivered' || before === 'failed' || before === 'suppressed')
              expect(state.status).to.equal(before);
            if (before === 'sent') expect(['sent', 'delivered', 'failed', 'unknown']).to.include(state.status);
          }
        }),
      );
    });

    it('NOT-05 nothing is submitted again unless the last submission was certainly not sent', () => {
      fc.assert(
        fc.property(fc.array(command, { maxLength: 40 }), (all) => {
          let state = messageDecider.initial;
          let open = false;
          for (const next of all) {
            for (const event of messageDecider.decide(state, next)) {
              if (event.type === 'SendingBegun') {
                expect(open, 'begun while an earlier submission may have gone through').to.equal(false);
                open = true;
              }
              if (event.type === 'SendingPostponed' || event.type === 'SendingReturned') open = false;
              state = messageDecider.evolve(state, event);
            }
          }
        }),
      );
    });

    it('evolve never throws', () => {
      const events: readonly MessageEvent[] = [
        ...Object.values(given).flat(),
        { type: 'SendingPostponed', reason: 'x', dueAt: AT },
        { type: 'SendingReturned', dueAt: AT },
      ];
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...events), { maxLength: 20 }), (list) => {
          fold(messageDecider, messageDecider.initial, list);
        }),
      );
    });
  });
});
