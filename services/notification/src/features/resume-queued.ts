// Takes up messages that wait on disk: those that had no place, those to be tried again, those that a stopped instance left. Lanes that
// had to refuse something, or were filled by what was found, are looked after in every round, the others in every fourth.
import type { LaneName } from '../message/message.ts';
import type { Dispatch } from '../sending/dispatch.ts';
import type { Lane } from '../sending/lane.ts';

const ALL_EVERY = 4;

export function resumeQueued(
  dispatch: Pick<Dispatch, 'resume'>,
  lanes: Readonly<Record<LaneName, Pick<Lane, 'overflowed'>>>,
  names: readonly LaneName[],
): () => Promise<void> {
  let round = 0;
  const filled = new Set<LaneName>();
  return async () => {
    round += 1;
    for (const name of names) {
      const pressing = lanes[name].overflowed() || filled.delete(name);
      if (!pressing && round % ALL_EVERY !== 0) continue;
      if (await dispatch.resume(name)) filled.add(name);
    }
  };
}
