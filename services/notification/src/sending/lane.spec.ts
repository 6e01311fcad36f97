// A lane with a provider that is slow, refuses, breaks or is away.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { SubmitOutcomeUnknown, SubmitRefused } from '../adapters/providers.ts';
import type { MessageCommand, Submission } from '../message/message.ts';
import type { Held } from '../message/message.store.ts';
import { createLane, type Job, type Lane, type LaneOptions } from './lane.ts';

const AT = Date.parse('2026-12-01T09:00:00.000Z');
const submission: Submission = { provider: 'x', reference: 'r', segments: 1, sentAt: '2026-12-01T09:00:00.000Z' };

function job(id: string, begunAt = AT): Job {
  const attempt = { id: 'attempt', at: new Date(begunAt).toISOString() };
  const held: Held = {
    id,
    tenantId: 'ten_1',
    version: 1,
    seq: 2,
    head: 'head',
    state: {
      channel: 'sms',
      lane: 'sms',
      about: 'ord_1',
      template: 'code',
      templateVersion: 1,
      language: 'en',
      receiver: '***',
      receiverIndex: 'index',
      contentHash: 'hash',
      createdAt: attempt.at,
      tries: 1,
      status: 'sending',
      attempt,
    },
  };
  return { held, attemptId: 'attempt', content: { to: 'x', signature: 'x', values: {} } };
}

describe('lane', () => {
  let now = AT;
  let healthy = true;
  let unwritten = 0;
  let running = 0;
  let most = 0;
  let done: string[] = [];
  let submit: (job: Job) => Promise<Submission>;
  let lane: Lane;
  const open = (behind: Pick<LaneOptions, 'perSecond' | 'yields'> = {}): Lane =>
    createLane({
      name: 'sms',
      concurrency: 3,
      line: 10,
      submit: async (each) => {
        running += 1;
        most = Math.max(most, running);
        try {
          return await submit(each);
        } finally {
          running -= 1;
        }
      },
      healthy: () => healthy,
      done: (held: Held, command: MessageCommand) => done.push(`${held.id} ${command.type}`),
      unwritten: () => unwritten,
      clock: () => new Date(now),
      logger: pino({ level: 'silent' }),
      beginWithinMs: 20_000,
      ...behind,
    });

  beforeEach(() => {
    now = AT;
    healthy = true;
    unwritten = 0;
    running = 0;
    most = 0;
    done = [];
    submit = async () => submission;
    lane = open();
  });

  const send = (...jobs: Job[]): void => {
    expect(lane.reserve(jobs.length)).to.equal(jobs.length);
    lane.start(jobs);
  };

  it('NOT-08 gives no more places than it has, and takes them back', () => {
    expect(lane.reserve(100)).to.equal(33);
    expect(lane.reserve(1)).to.equal(0);
    expect(lane.overflowed()).to.equal(true);
    expect(lane.overflowed()).to.equal(false);
    lane.giveBack(33);
    expect(lane.reserve(2)).to.equal(2);
  });

  it('NOT-08 whoever does not know how many there are gets what is free, and says nothing of work on disk', () => {
    expect(lane.reserveUpTo(100)).to.equal(33);
    expect(lane.overflowed()).to.equal(false);
    lane.giveBack(33);
  });

  it('NOT-08 sends only so many at once', async () => {
    submit = () => new Promise((resolve) => setTimeout(() => resolve(submission), 5));
    send(...'abcdefgh'.split('').map((id) => job(id)));
    await eventually('all', () => done.length === 8);
    expect(most).to.equal(3);
  });

  it('NOT-05 tells apart: accepted, refused for good, refused for now, perhaps sent, a bug', async () => {
    const fates: Record<string, () => Promise<Submission>> = {
      a: async () => submission,
      b: () => Promise.reject(new SubmitRefused('0x0b', '', true)),
      c: () => Promise.reject(new SubmitOutcomeUnknown('timeout', '')),
      d: () => Promise.reject(new Error('bug')),
      e: () => Promise.reject(new SubmitRefused('throttled', '', false)),
    };
    submit = ({ held }) => fates[held.id]?.() ?? Promise.resolve(submission);
    for (const id of 'abcde') {
      send(job(id));
      await eventually(id, () => done.some((line) => line.startsWith(id)));
    }
    expect(done).to.deep.equal([
      'a AcceptMessage',
      'b RefuseMessage',
      'c LoseAnswer',
      'd LoseAnswer',
      'e PostponeMessage',
    ]);
  });

  it('NOT-05 a provider that is away gets one message at a time, a growing pause apart', async () => {
    submit = () => Promise.reject(new SubmitRefused('not-bound', '', false));
    send(...'abcdef'.split('').map((id) => job(id)));
    await eventually('all back', () => done.length === 6);
    expect(done.filter((line) => line.endsWith('PostponeMessage'))).to.have.length(3);
    expect(
      done.filter((line) => line.endsWith('ReturnMessage')),
      'what had not begun made no try',
    ).to.have.length(3);
    expect(lane.reserve(10)).to.equal(0);
    now += 500;
    expect(lane.reserve(10)).to.equal(1);
    lane.start([job('g')]);
    await eventually('probe', () => done.length === 7);
    now += 500;
    expect(lane.reserve(10), 'twice as long').to.equal(0);
    now += 500;
    submit = async () => submission;
    expect(lane.reserve(10)).to.equal(1);
    lane.start([job('h')]);
    await eventually('through', () => done.includes('h AcceptMessage'));
    expect(lane.reserve(100), 'narrow at first').to.equal(2 * 11);
    lane.giveBack(22);
    for (const id of 'ijklmn') {
      send(job(id));
      await eventually(id, () => done.includes(`${id} AcceptMessage`));
    }
    expect(lane.reserve(100), 'wide again').to.equal(33);
  });

  it('NOT-05 refusals of submissions that were under way together are one refusal, and cost one try each', async () => {
    submit = () => Promise.reject(new SubmitRefused('throttled', '', false));
    send(...'abc'.split('').map((id) => job(id)));
    await eventually('all back', () => done.length === 3);
    now += 500;
    expect(lane.reserve(10), 'after one pause, not four').to.equal(1);
  });

  it('NOT-05 a claim that waited too long is given back and not sent', async () => {
    send(job('old', AT - 20_001), job('new'));
    await eventually('both', () => done.length === 2);
    expect(done).to.have.members(['old ReturnMessage', 'new AcceptMessage']);
  });

  it('sends nothing more while results cannot be written', () => {
    unwritten = 5_000;
    expect(lane.reserve(1)).to.equal(0);
  });

  it('NOT-08 a lane with a pace begins so many per second, whatever room it has', () => {
    lane = open({ perSecond: 20 });
    expect(lane.reserve(100), 'what a rest has saved').to.equal(10);
    lane.start(Array.from({ length: 10 }, (_, index) => job(String(index))));
    expect(lane.reserve(100)).to.equal(0);
    expect(lane.overflowed()).to.equal(true);
    now += 100;
    expect(lane.reserve(100)).to.equal(2);
    lane.giveBack(2);
    expect(lane.reserve(100), 'what was not used').to.equal(2);
  });

  it('NOT-08 a lane gives one place at a time while something more important waits', async () => {
    const { promise, resolve } = Promise.withResolvers<Submission>();
    submit = () => promise;
    const ahead = open();
    lane = open({ yields: () => ahead.crowded() });
    expect(ahead.reserve(4)).to.equal(4);
    ahead.start('abcd'.split('').map((id) => job(id)));
    expect([ahead.crowded(), lane.reserve(10)]).to.deep.equal([true, 1]);
    expect(lane.reserve(10), 'one at a time').to.equal(0);
    lane.giveBack(1);
    resolve(submission);
    await eventually('all', () => done.length === 4);
    expect([ahead.crowded(), lane.reserve(100)]).to.deep.equal([false, 33]);
  });

  it('PLA-51 a stop finishes what has begun and gives back what waits', async () => {
    const { promise, resolve } = Promise.withResolvers<Submission>();
    submit = () => promise;
    send(...'abcde'.split('').map((id) => job(id)));
    const stopped = lane.stop();
    expect(lane.reserve(1)).to.equal(0);
    resolve(submission);
    await stopped;
    expect(done.filter((line) => line.endsWith('AcceptMessage'))).to.have.length(3);
    expect(done.filter((line) => line.endsWith('ReturnMessage'))).to.have.length(2);
  });
});
