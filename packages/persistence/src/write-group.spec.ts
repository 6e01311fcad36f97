// Which writes travel together and which never wait for each other; what the server makes of them is specified on a real one.
import { expect } from 'chai';
import type { mongo } from 'mongoose';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createWriteGroup, type WriteGroup } from './write-group.ts';

describe('write group', () => {
  let commands: { readonly size: number; answer: () => void }[];
  let group: WriteGroup;

  beforeEach(() => {
    commands = [];
    const client = {
      bulkWrite: (models: readonly unknown[]) =>
        new Promise((resolve) => {
          const updateResults = new Map(models.map((_, index) => [index, { matchedCount: 1, didUpsert: false }]));
          commands.push({ size: models.length, answer: () => resolve({ updateResults }) });
        }),
    } as unknown as mongo.MongoClient;
    group = createWriteGroup(client, () => undefined);
  });

  afterEach(async () => {
    // Whoever is not answered waits for half a minute.
    for (let answered = 0; answered < commands.length;) {
      for (; answered < commands.length; answered += 1) commands[answered]?.answer();
      await nextTurn();
      await nextTurn();
    }
  });

  const write = (count: number, urgency?: 'background'): Promise<unknown> =>
    Promise.all(
      Array.from({ length: count }, () =>
        group.write({ name: 'updateOne', namespace: 'db.c', filter: {}, update: { $set: { a: 1 } } }, urgency),
      ),
    );
  const sizes = (): readonly number[] => commands.map(({ size }) => size);

  it('what comes in one turn travels together; what comes meanwhile gathers behind two commands', async () => {
    void write(3);
    await nextTurn();
    void write(1);
    await nextTurn();
    expect(sizes()).to.deep.equal([3, 1]);
    void write(40);
    await nextTurn();
    expect(sizes()).to.deep.equal([3, 1]);
    commands[0]?.answer();
    await nextTurn();
    expect(sizes()).to.deep.equal([3, 1, 40]);
  });

  it('SAL-52 what nobody waits for goes a few at a time, and what somebody waits for never stands behind it', async () => {
    void write(40, 'background');
    await nextTurn();
    expect(sizes()).to.deep.equal([16]);
    const awaited = write(2);
    await nextTurn();
    expect(sizes()).to.deep.equal([16, 2]);
    commands[1]?.answer();
    await awaited;
    commands[0]?.answer();
    await nextTurn();
    expect(sizes()).to.deep.equal([16, 2, 16]);
    commands[2]?.answer();
    await nextTurn();
    expect(sizes()).to.deep.equal([16, 2, 16, 8]);
  });
});
