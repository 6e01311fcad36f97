// What counts as a database that is away, and what does not.
import { TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import { mongo } from 'mongoose';
import { inTime, reached } from './database-away.ts';

async function thrownBy(error: unknown): Promise<unknown> {
  return reached(Promise.reject(error instanceof Error ? error : new Error(String(error)))).catch(
    (caught: unknown) => caught,
  );
}

describe('a database that cannot be reached', () => {
  it('PLA-42 is transient under every name that the driver has for it, with the cause kept', async () => {
    const network = new mongo.MongoNetworkError('read ECONNRESET');
    const caught = await thrownBy(network);
    expect(caught).to.be.instanceOf(TransientError).and.include({ code: 'persistence.database-away' });
    expect((caught as Error).cause).to.equal(network);
    expect(await thrownBy(new Error('bulk', { cause: network }))).to.be.instanceOf(TransientError);
    const selection = Object.assign(new Error('read ECONNRESET'), { name: 'MongoServerSelectionError' });
    expect(await thrownBy(selection)).to.be.instanceOf(TransientError);
  });
  it('PLA-42 is transient when a socket breaks while a large command is being sent', async () => {
    expect(await thrownBy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).to.be.instanceOf(TransientError);
  });
  it('does not let anybody wait for ever', async () => {
    const never = Promise.withResolvers<never>().promise;
    const caught = await inTime(never, 20).catch((error: unknown) => error);
    expect(caught).to.be.instanceOf(mongo.MongoNetworkTimeoutError);
    expect(await thrownBy(caught)).to.be.instanceOf(TransientError);
    expect(await inTime(Promise.resolve(7), 20)).to.equal(7);
  });
  it('is not what any other error means', async () => {
    const duplicate = new mongo.MongoServerError({ message: 'E11000', code: 11_000 });
    expect(await thrownBy(duplicate)).to.equal(duplicate);
    expect(await thrownBy(new TypeError('a bug'))).to.be.instanceOf(TypeError);
  });
  it('an answer is an answer', async () => {
    expect(await reached(Promise.resolve(7))).to.equal(7);
  });
});
