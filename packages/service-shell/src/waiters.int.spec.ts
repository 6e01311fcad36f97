import { eventually, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { silentLogger } from './trial.ts';
import { createWaiters, type Waiters } from './waiters.ts';

describe('waiting across instances', () => {
  const servers = testServers();
  const channel = `${servers.prefix}changed`;
  let here: Waiters;
  let there: Waiters;
  let ear: Redis;
  before(async () => {
    here = createWaiters({ redisUrl: servers.redisUrl, channel, logger: silentLogger });
    there = createWaiters({ redisUrl: servers.redisUrl, channel, logger: silentLogger });
    ear = new Redis(servers.redisUrl);
    await eventually('both are connected', () => here.isConnected() && there.isConnected());
  });
  after(async () => {
    await Promise.all([here.stop(), there.stop()]);
    ear.disconnect();
  });

  it('PLA-33 a wake reaches a waiter of another instance', async () => {
    const waiting = there.waitFor('ord_1', 5_000);
    here.wake(['ord_1']);
    expect(await waiting).to.equal(true);
  });

  it('the wakes of one tick are one message, and each key is in it once', async () => {
    const heard: string[] = [];
    await ear.subscribe(channel);
    ear.on('message', (_, text) => heard.push(text));
    for (let count = 0; count < 50; count += 1) here.wake([`ord_${count % 10}`]);
    const waiting = there.waitFor('ord_9', 5_000);
    expect(await waiting).to.equal(true);
    await eventually('the message', () => heard.length > 0);
    expect(heard).to.have.length(1);
    expect(JSON.parse(heard[0] ?? ''))
      .to.have.property('keys')
      .that.has.length(10);
  });

  it('what is no message of ours is ignored', async () => {
    const sender = new Redis(servers.redisUrl);
    await sender.publish(channel, '{"from":1}');
    await sender.publish(channel, 'nonsense');
    sender.disconnect();
    const waiting = there.waitFor('ord_2', 5_000);
    here.wake(['ord_2']);
    expect(await waiting).to.equal(true);
  });

  it('after a lost connection the waiters look again and hear again', async () => {
    let looks = 0;
    const waiting = there.until('ord_3', () => ((looks += 1) >= 2 ? 'paid' : undefined), 10_000);
    const admin = new Redis(servers.redisUrl);
    const clients = String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n');
    const ours = clients.filter((line) => line.includes(`name=waiters-subscribe:${channel} `));
    expect(ours).to.have.length(2);
    for (const line of ours) await admin.call('CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(line)?.[1] ?? '');
    admin.disconnect();
    expect(await waiting).to.equal('paid');
    await eventually('there is connected again', () => there.isConnected());
    const again = there.waitFor('ord_4', 5_000);
    here.wake(['ord_4']);
    expect(await again).to.equal(true);
  });
});
