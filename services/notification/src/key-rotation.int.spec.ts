// PLA-10: contents of messages are no aggregates and lie under the tenant's key all the same: after a rotation they open without the old one.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { fulfilledOrder, phone, startWorld, TENANT, type World } from './notification.fixture.ts';

const PATIENT = { withinMs: 30_000, everyMs: 100 };
const BASE = '/api/v1/operations/notification/key-rotations';
const rotationShape = z.looseObject({ id: z.string(), status: z.string() });

describe('rotation of keys', function () {
  this.timeout(90_000);
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  it('PLA-10 what messages said opens after the old key was destroyed', async () => {
    let ahead = 0;
    const first = await world.start({ clock: () => new Date(Date.now() + ahead) });
    const order = fulfilledOrder(world, { phone: phone(), email: 'zhang@example.cn' });
    await world.publish(order);
    const sent = { 'state.status': { $in: ['sent', 'delivered'] } };
    await eventually('both went out', async () => (await world.messages(sent)).length === 2, PATIENT);

    const call = async (port: number, path: string, roles: string[], json?: unknown) => {
      const token = world.trust.token({ tid: TENANT, roles });
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: json === undefined ? 'GET' : 'POST',
        headers: {
          ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(json === undefined ? {} : { 'idempotency-key': 'the-rotation-of-this-very-spec' }),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const wish = { tenantId: TENANT, reason: '例行轮换' };
    const begun = await call(first.httpPort, BASE, ['platform_admin'], wish);
    expect(begun.status, begun.text).to.equal(202);
    const { id: newKey } = rotationShape.parse(JSON.parse(begun.text));
    ahead = 61_000;
    await eventually(
      'it is done',
      async () => {
        const seen = await call(first.httpPort, `${BASE}/${encodeURIComponent(newKey)}`, ['platform_admin']);
        return rotationShape.parse(JSON.parse(seen.text)).status === 'done' || Promise.reject(new Error(seen.text));
      },
      PATIENT,
    );
    await first.stop();
    const old = { purpose: 'wrap', tenantId: TENANT, _id: { $ne: newKey as never } };
    expect((await world.collection('vault_keys').deleteMany(old)).deletedCount).to.equal(1);

    const next = await world.start();
    for (const { _id } of await world.messages()) {
      const seen = await call(next.httpPort, `/api/v1/messages/${_id}`, ['manager']);
      expect(seen.status, seen.text).to.equal(200);
      expect(seen.text).to.include('"text":');
    }
  });
});
