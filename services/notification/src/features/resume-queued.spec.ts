import { expect } from 'chai';
import type { LaneName } from '../message/message.ts';
import { resumeQueued } from './resume-queued.ts';

const NAMES: readonly LaneName[] = ['sms', 'email'];

describe('resume queued', () => {
  let overflowed: Set<LaneName>;
  let filled: Set<LaneName>;
  let asked: LaneName[];
  let round: () => Promise<void>;

  beforeEach(() => {
    overflowed = new Set();
    filled = new Set();
    asked = [];
    const lane = (name: LaneName): { overflowed: () => boolean } => ({ overflowed: () => overflowed.delete(name) });
    const lanes = Object.fromEntries(NAMES.map((name) => [name, lane(name)])) as Parameters<typeof resumeQueued>[1];
    const resume = async (name: LaneName): Promise<boolean> => {
      asked.push(name);
      return filled.has(name);
    };
    round = resumeQueued({ resume }, lanes, NAMES);
  });

  it('NOT-08 looks at a lane that had no place at once, and at the others in every fourth round', async () => {
    overflowed.add('email');
    await round();
    expect(asked).to.deep.equal(['email']);
    await round();
    await round();
    expect(asked).to.deep.equal(['email']);
    await round();
    expect(asked).to.deep.equal(['email', 'sms', 'email']);
  });

  it('NOT-08 goes on with a lane that was filled by what lay there, until it is not', async () => {
    overflowed.add('sms');
    filled.add('sms');
    await round();
    await round();
    filled.clear();
    await round();
    expect(asked).to.deep.equal(['sms', 'sms', 'sms']);
    asked = [];
    overflowed.clear();
    await round();
    await round();
    expect(asked, 'the fourth round looks at all').to.deep.equal(['sms', 'email']);
  });
});
