// Which writes travel together and which never wait for each other; what the server makes of them is specified on a real one.
import { eventually } from '@tongpiao/testing';
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

  it('SAL-52 what nobody waits for waits for company and goes in bounded commands, one at a time', async () => {
    void write(30, 'background');
    await nextTurn();
    expect(sizes()).to.deep.equal([]);
    void write(50, 'background');
    await eventually('the first command', () => commands.length > 0);
    expect(sizes()).to.deep.equal([40]);
    commands[0]?.answer();
    await eventually('the next one', () => commands.length > 1);
    expect(sizes()).to.deep.equal([40, 40]);
  });

  it('SAL-52 what somebody waits for never stands behind it', async () => {
    void write(80, 'background');
    await eventually('the first command', () => commands.length > 0);
    const awaited = write(2);
    await nextTurn();
    expect(sizes()).to.deep.equal([40, 2]);
    commands[1]?.answer();
    await awaited;
    expect(sizes()).to.deep.equal([40, 2]);
  });
});
