// PLA-10: a tenant's key is rotated, and the old one destroyed: whatever lay under it still opens, aggregate or not. What opens it afterwards is
// an instance that has never known the old key.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import mongoose from 'mongoose';
import { z } from 'zod';
import { SAMPLES } from './attachment/sample-files.fixture.ts';
import { batchOf, listsIn, PATIENT, why } from './batch/lists.fixture.ts';
import { openReissueHouse, seenOf, TENANT, ZHANG, type ReissueHouse } from './reissue-house.fixture.ts';

const PATH = '/api/v1/reissue-applications';
const rotationShape = z.looseObject({ id: z.string(), status: z.string() });

describe('rotation of keys', function () {
  this.timeout(180_000);
  let house: ReissueHouse;
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  before(async () => {
    house = await openReissueHouse({ clock });
  });
  after(() => house.stop());
  const lists = listsIn(() => house);

  /** The old key is gone for good. @returns all that is kept, as text */
  async function destroyed(kept: string): Promise<string> {
    const { uri, name } = house.database;
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    try {
      const vault = connection.collection('vault_keys');
      await vault.deleteMany({ purpose: 'wrap', tenantId: TENANT, _id: { $ne: kept as never } });
      const names = (await connection.listCollections()).map((one) => one.name).filter((one) => one !== 'vault_keys');
      const all = await Promise.all(names.map((one) => connection.collection(one).find({}).toArray()));
      return JSON.stringify(all);
    } finally {
      await connection.close();
    }
  }

  it('PLA-10 cases, files, lists, copies of tickets and corrected copies open after the old key was destroyed', async () => {
    const corrected = await house.sold(ZHANG);
    const first = seenOf(
      await house.apply({
        ...{ ticket: { number: corrected.number }, kind: 'correction', reason: 'wrong-data' },
        correction: { name: '张三丰' },
      }),
    );
    const file = { token: first.accessToken, bytes: SAMPLES['image/jpeg'] };
    const added = await house.call(`${PATH}/${first.id}/attachments?about=identity`, file);
    const { id: fileId } = z.looseObject({ id: z.string() }).parse(added.body);
    await house.step(first, 'verification', { document: { idType: ZHANG.idType, idNumber: ZHANG.idNumber } });
    await eventually(
      'it is decided',
      async () => {
        const json = { action: 'decide', verdict: 'approve', reason: '证件相符', ourFault: true };
        const reply = await house.review(first.id, house.keys.manager, json);
        if (reply.status === 200) return reply;
        await house.review(first.id, house.keys.reviewer, { action: 'clear-risk', reason: '已核实' });
        throw new Error(reply.text);
      },
      PATIENT,
    );
    await house.becomes(first, 'reissued');
    const [listed] = await lists.tickets(1, ZHANG);
    const list = batchOf(
      await lists.enter([], { json: { ...why, lines: [{ number: listed?.number, correction: { name: '张三' } }] } }),
    );

    const begun = await house.call('/api/v1/operations/reissue/key-rotations', {
      ...{ apiKey: house.keys.operations, json: { tenantId: TENANT, reason: '例行轮换' } },
    });
    expect(begun.status, begun.text).to.equal(202);
    const { id: newKey } = rotationShape.parse(begun.body);
    ahead = 61_000;
    const path = `/api/v1/operations/reissue/key-rotations/${encodeURIComponent(newKey)}`;
    await eventually(
      'it is done',
      async () => {
        const seen = rotationShape.parse((await house.call(path, { apiKey: house.keys.operations })).body);
        return seen.status === 'done' || Promise.reject(new Error(JSON.stringify(seen)));
      },
      PATIENT,
    );
    const stored = await destroyed(newKey);
    expect(stored).to.include(`"kid":"${newKey}"`);
    expect([...stored.matchAll(/"kid":"([^"]+)"/g)].filter(([, kid]) => kid !== newKey)).to.deep.equal([]);

    await house.instances.shift()?.stop();
    await house.another();
    const reveal = { apiKey: house.keys.reviewer, json: { purpose: '轮换后核实' } };
    const revealed = await house.call(`${PATH}/${first.id}/reveal`, reveal);
    expect(revealed.text).to.include(ZHANG.idNumber).and.to.include('张三丰');
    const bytes = await house.call(`${PATH}/${first.id}/attachments/${fileId}`, { apiKey: house.keys.reviewer });
    expect(bytes.status, bytes.text.slice(0, 300)).to.equal(200);
    // The corrected copy, and one that was only sold.
    const { newNumber = '' } = await house.look(first);
    const again = seenOf(await house.apply({ ticket: { number: newNumber } }));
    expect((await house.call(`${PATH}/${again.id}/reveal`, reveal)).text).to.include('张三丰');
    await lists.approve(list.id);
    await lists.becomes(list.id, 'done');
    const [line] = await lists.linesOf(list.id);
    expect(line).to.include({ outcome: 'reissued' });
  });
});
