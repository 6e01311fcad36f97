// `npm run generate`: records examples of new messages and writes their schemas and the AsyncAPI document. What would break a
// published message is refused, and then nothing is written.
import { CATALOGUE } from '../src/index.ts';
import { planPublication } from '../src/publishing/publication.ts';
import { readRecorded, writeRecorded } from '../src/publishing/recorded-files.ts';

const { writes, refusals } = planPublication(CATALOGUE, readRecorded());
if (refusals.length > 0) {
  console.error(`Nothing is written, because it would break what was published:\n  ${refusals.join('\n  ')}`);
  console.error('Define the next version beside this one; packages/contracts/README.md says how.');
  process.exitCode = 1;
} else {
  await writeRecorded(writes);
  for (const path of writes.keys()) console.log(`wrote packages/contracts/${path}`);
  console.log(
    `${CATALOGUE.length} messages; ${writes.size === 0 ? 'all files are up to date' : `${writes.size} files written`}`,
  );
}
// Closes the channel to the bootstrap, which would keep this process waiting.
if (process.connected) process.disconnect();
