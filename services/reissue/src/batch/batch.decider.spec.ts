// The life of a batch: every cell of the decider's table, and that whatever comes in whatever order moves it forward only.
import { DomainError, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { manager, operator, reviewer } from '../application/application.fixture.ts';
import { DEFAULT_RULES } from '../policy/policy.ts';
import { batchDecider } from './batch.decider.ts';
import { batchMessages } from './batch.messages.ts';
import type { Batch, BatchCommand, BatchFacts, BatchState } from './batch.ts';

const AT = '2026-11-30T02:00:00.000Z';
const LATER = '2026-11-30T03:00:00.000Z';
const facts = (lines = 1_000): BatchFacts => ({
  ...{ reason: 'system-fault', note: '二维码损坏', lines, enteredBy: operator.id, enteredAt: AT },
  policy: { ...DEFAULT_RULES, version: 3, batches: { linesMax: 50_000, managerFromLines: 500 } },
});
const staff = { by: 'usr_1', reason: '等待核实', at: AT };
const c = {
  enter: (): BatchCommand => ({ type: 'EnterBatch', facts: facts() }),
  taken: (): BatchCommand => ({ type: 'FinishEntering', at: AT }),
  abandon: (step = 0): BatchCommand => ({ type: 'Abandon', step, at: AT }),
  checked: (step = 1): BatchCommand => ({ type: 'FinishChecking', step, cursor: 500, at: AT }),
  allChecked: (step = 1, ready = 400): BatchCommand => ({ type: 'EndChecking', step, ready, at: AT }),
  decide: (approve = true, by = reviewer): BatchCommand => ({ type: 'Decide', by, approve, reason: '属实', at: AT }),
  pause: (): BatchCommand => ({ type: 'Pause', ...staff }),
  goOn: (): BatchCommand => ({ type: 'GoOn', ...staff }),
  cancel: (): BatchCommand => ({ type: 'Cancel', ...staff }),
  lines: (step = 3): BatchCommand => ({ type: 'FinishLines', step, cursor: 150, begun: 148, refused: 2, at: AT }),
  through: (step = 3): BatchCommand => ({ type: 'EndLines', step, at: AT }),
  count: (executing = 0, step = 4): BatchCommand => ({ type: 'CountExecuting', step, executing, at: AT }),
  resume: (step: number, at = LATER): BatchCommand => ({ type: 'ResumeWork', step, at }),
};

function played(...list: readonly BatchCommand[]): Batch {
  let state: BatchState = batchDecider.initial;
  for (const command of list) state = fold(batchDecider, state, batchDecider.decide(state, command));
  if (state.status === 'none') throw new Error('nothing was entered');
  return state;
}
const waiting = [c.enter(), c.taken(), c.allChecked()];
const running = [...waiting, c.decide()];
const batches: Readonly<Record<Batch['status'], Batch>> = {
  entering: played(c.enter()),
  checking: played(c.enter(), c.taken()),
  waiting: played(...waiting),
  rejected: played(...waiting, c.decide(false)),
  running: played(...running),
  paused: played(...running, c.pause()),
  finishing: played(...running, c.through()),
  done: played(...running, c.through(), c.count()),
  cancelled: played(...running, c.cancel()),
};

function cell(state: BatchState, command: BatchCommand): string {
  try {
    const events = batchDecider.decide(state, command);
    return events.map(({ type }) => type).join('+') || '-';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
type Row = Partial<Record<BatchState['status'], string>>;
/** Every column, each at its own step; what the row does not name is as `others`. */
function expectRow(command: (step: number) => BatchCommand, others: string, row: Row): void {
  const seen = {
    none: cell(batchDecider.initial, command(0)),
    ...Object.fromEntries(Object.entries(batches).map(([status, state]) => [status, cell(state, command(state.step))])),
  };
  expect(seen).to.deep.equal({
    ...Object.fromEntries(Object.keys(seen).map((status) => [status, others])),
    ...row,
  });
}
const idle = {
  entering: 'reissue.batch-not-running',
  checking: 'reissue.batch-not-running',
  waiting: 'reissue.batch-not-running',
};
const over = { done: 'reissue.batch-over', rejected: 'reissue.batch-over', cancelled: 'reissue.batch-over' };
const missing = { none: 'platform.not-found' };

describe('REI-53 batch: every cell', () => {
  it('every batch is in its status', () => {
    for (const [status, state] of Object.entries(batches)) expect(state.status).to.equal(status);
  });
  it('EnterBatch', () => {
    expectRow(c.enter, '-', { none: 'BatchEntered' });
  });
  it('FinishEntering, Abandon', () => {
    expectRow(c.taken, '-', { entering: 'ListTaken' });
    expectRow(c.abandon, '-', { entering: 'BatchCancelled' });
    const [given] = batchDecider.decide(batches.entering, c.abandon());
    expect(given).to.include({ reason: 'reissue.batch-abandoned' });
  });
  it('FinishChecking, EndChecking', () => {
    expectRow(c.checked, '-', { checking: 'LinesChecked' });
    expectRow(c.allChecked, '-', { checking: 'ListChecked' });
  });
  it('Decide', () => {
    const early = { entering: 'reissue.batch-not-checked', checking: 'reissue.batch-not-checked' };
    const row = { ...missing, ...early, cancelled: 'reissue.batch-over' };
    expectRow(() => c.decide(), 'reissue.batch-decided', { ...row, waiting: 'BatchApproved' });
    expectRow(() => c.decide(false), 'reissue.batch-decided', { ...row, waiting: 'BatchRejected' });
  });
  it('PLA-04 Decide: by somebody else, whose desk reaches so far, and only where something is left to do', () => {
    expect(cell(batches.waiting, c.decide(true, { ...manager, id: operator.id }))).to.equal('reissue.own-batch');
    expect(cell(batches.waiting, c.decide(false, { ...manager, id: operator.id }))).to.equal('reissue.own-batch');
    expect(cell(batches.waiting, c.decide(true, { ...operator, id: 'usr_other' }))).to.equal(
      'reissue.batch-not-your-desk',
    );
    const large = played(c.enter(), c.taken(), c.allChecked(1, 500));
    expect(cell(large, c.decide())).to.equal('reissue.batch-not-your-desk');
    expect(cell(large, c.decide(true, manager))).to.equal('BatchApproved');
    const nothing = played(c.enter(), c.taken(), c.allChecked(1, 0));
    expect(cell(nothing, c.decide())).to.equal('reissue.batch-nothing-to-reissue');
    expect(cell(nothing, c.decide(false))).to.equal('BatchRejected');
  });
  it('Pause, GoOn, Cancel', () => {
    const stop = { ...missing, ...over, finishing: 'reissue.batch-all-begun' };
    expectRow(c.pause, '-', { ...stop, ...idle, running: 'BatchPaused' });
    expectRow(c.goOn, '-', { ...missing, ...idle, ...over, paused: 'BatchWentOn' });
    expectRow(c.cancel, 'BatchCancelled', { ...stop, cancelled: '-' });
  });
  it('FinishLines, EndLines', () => {
    expectRow(c.lines, '-', { running: 'LinesBegun' });
    expectRow(c.through, '-', { running: 'LinesThrough' });
  });
  it('CountExecuting', () => {
    expectRow((step) => c.count(0, step), '-', { running: 'WorkWaited', finishing: 'BatchDone' });
    expectRow((step) => c.count(2, step), '-', { running: 'WorkWaited', finishing: 'WorkWaited' });
  });
  it('ResumeWork: where something is due and has been for long', () => {
    const resumed = 'WorkResumed';
    expectRow(c.resume, '-', { entering: resumed, checking: resumed, running: resumed, finishing: resumed });
    expectRow((step) => c.resume(step, AT), '-', {});
  });
  it('a step that is finished, or not begun, moves nothing', () => {
    for (const [status, state] of Object.entries(batches))
      for (const behind of [1, -1])
        for (const command of [c.abandon, c.checked, c.allChecked, c.lines, c.through, c.resume])
          expect(cell(state, command(state.step + behind)), status).to.equal('-');
  });
});

describe('REI-53 batch: its work', () => {
  it('walks the list twice: to check it, and after the approval to carry it out', () => {
    const checking = played(c.enter(), c.taken(), c.checked());
    expect(checking).to.include({ step: 2, cursor: 500, nextAt: AT });
    expect(played(c.enter(), c.taken(), c.checked(), c.allChecked(2))).to.include({ ready: 400, nextAt: undefined });
    expect(batches.running).to.include({ step: 3, cursor: 0, nextAt: AT });
    expect(played(...running, c.lines())).to.include({ step: 4, cursor: 150 });
    expect(played(...running, c.lines(), c.pause(), c.goOn())).to.include({ cursor: 150, step: 6 });
  });
  it('waits longer while nothing moves at sales, and looks again soon when something does', () => {
    let state: BatchState = batches.finishing;
    const pauses: number[] = [];
    for (const executing of [9, 9, 9, 9, 4, 4, 4, 4, 4, 4, 4, 4]) {
      if (state.status === 'none') throw new Error('it vanished');
      state = fold(batchDecider, state, batchDecider.decide(state, c.count(executing, state.step)));
      pauses.push(state.status === 'none' ? 0 : Date.parse(state.nextAt ?? AT) - Date.parse(AT));
    }
    expect(pauses).to.deep.equal([500, 1_000, 2_000, 5_000, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 30_000, 30_000]);
  });
  it('says to itself what is due: at once, later, or not at all any more', () => {
    const said = (state: Batch, at = AT): readonly string[] =>
      batchMessages({ type: 'BatchDone', at }, { id: 'rbt_1', state, at }).map((one) =>
        'cancelTimer' in one ? 'cancelled' : one.timer === undefined ? 'now' : `at ${one.timer.due}`,
      );
    expect(said(batches.entering)).to.deep.equal(['at 2026-11-30T02:15:00.000Z']);
    expect(said(batches.running)).to.deep.equal(['cancelled', 'now']);
    for (const status of ['waiting', 'paused', 'done', 'rejected', 'cancelled'] as const)
      expect(said(batches[status]), status).to.deep.equal(['cancelled']);
  });
  it('whatever comes in whatever order: a step is finished once, what is over stays over, again changes nothing', () => {
    const names = Object.keys(c) as (keyof typeof c)[];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 2 })), { maxLength: 40 }),
        (inputs) => {
          let state: BatchState = batchDecider.initial;
          let isOver = false;
          for (const [name, behind] of inputs) {
            const before: number = state.status === 'none' ? 0 : state.step;
            const given = c[name] as (step?: number) => BatchCommand;
            const made = given();
            const command = 'step' in made ? { ...made, step: before - behind } : made;
            let events;
            try {
              events = batchDecider.decide(state, command);
            } catch (error) {
              if (error instanceof DomainError) continue;
              throw error;
            }
            if (isOver) expect(events).to.deep.equal([]);
            const entered = state.status === 'none';
            state = fold(batchDecider, state, events);
            if (state.status === 'none') continue;
            expect(state.step - before).to.equal(events.length === 0 || entered ? 0 : 1);
            isOver = ['done', 'rejected', 'cancelled'].includes(state.status);
          }
        },
      ),
    );
  });
});
