// PLA-12: a message whose order is kept no longer says neither to whom it went nor what, and its journal is still whole.
import { journalEntrySchema, verifyChain } from '@tongpiao/persistence';
import { eventually, settled, stillWritten, whatLeadsToSomebody } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { codeRequest, fulfilledOrder, phone, startWorld, type World } from './notification.fixture.ts';

const YEAR_MS = 365.25 * 24 * 3_600_000;
const PATIENT = { withinMs: 30_000, everyMs: 100 };

describe('erasure', function () {
  this.timeout(90_000);
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  it('PLA-12 messages of orders and codes: not before their years are over, then no receiver, no index, no content and no key', async () => {
    const first = await world.start({ eraseEveryMs: 50 });
    const to = phone();
    const order = fulfilledOrder(world, { phone: to, email: 'zhang@example.cn' });
    const code = codeRequest(world, phone());
    await world.publish(order);
    await world.publish(code, 'command');
    const sent = async (): Promise<boolean> => {
      const found = await world.messages();
      return found.length === 3 && found.every(({ state }) => ['sent', 'delivered'].includes(state.status));
    };
    await eventually('all three have gone out', sent, PATIENT);
    const before = await whatLeadsToSomebody(world.database);
    await first.stop();

    const early = await world.start({ eraseEveryMs: 50, clock: () => new Date(Date.now() + 2.9 * YEAR_MS) });
    const kept = await settled('what is kept', () =>
      world.collection('messages').countDocuments({ key: { $exists: true } }),
    );
    expect(kept).to.equal(3);
    await early.stop();

    await world.start({ eraseEveryMs: 50, clock: () => new Date(Date.now() + 3.1 * YEAR_MS) });
    // What a code counts against goes by itself, a day later.
    await world.collection('code_limits').deleteMany({});
    await eventually(
      'nothing leads to anybody',
      async () => {
        const left = await stillWritten(world.database, before);
        return left.length === 0 || Promise.reject(new Error(left.slice(0, 20).join('\n')));
      },
      PATIENT,
    );
    for (const document of await world.collection('messages').find({}).toArray()) {
      const journal = z.array(journalEntrySchema).parse(document['journal']);
      expect(journal.at(-1)?.type).to.equal('PersonalDataErased');
      expect(verifyChain(journal, z.string().parse(document['head']))).to.include({ intact: true });
    }
  });
});
