// The servers as tests and chaos runs rely on them: same address and data after a kill, one stack per directory, nothing left behind.
import { expect } from 'chai';
import { connect } from 'amqplib';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MongoClient } from 'mongodb';
import { z } from 'zod';
import { AlreadyRunning, startServers, type Servers } from './index.ts';
import { isAlive } from './process-identity.ts';
import { until } from './until.ts';

const newDirectory = (): string => mkdtempSync(path.join(tmpdir(), 'tongpiao-spec-'));
const quiet = (): void => undefined;

// Only Redis is started for real where the rule is about the stack and not about one server.
const redisOnly = { mongodbUri: 'mongodb://nobody.invalid', rabbitmqUrl: 'amqp://nobody.invalid' };

describe('servers', function () {
  this.timeout(60_000);
  const directory = newDirectory();
  let servers: Servers;

  before(async () => {
    servers = await startServers({ stateDirectory: directory, report: quiet, addresses: {} });
  });

  after(async () => {
    await servers.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('MongoDB keeps every acknowledged write over kill -9 and answers at the same address', async () => {
    const before = new MongoClient(servers.mongodbUri);
    const numbers = Array.from({ length: 200 }, (_, number) => ({ number }));
    await before.db('spec').collection('writes').insertMany(numbers);
    const pid = servers.mongodb.pid();
    await servers.mongodb.kill('SIGKILL');
    await before.close();
    expect(pid === undefined || isAlive(pid)).to.equal(false);
    await servers.mongodb.start();
    const after = new MongoClient(servers.mongodbUri);
    expect(await after.db('spec').collection('writes').countDocuments()).to.equal(200);
    await after.close();
  });

  it('MongoDB answers a query that finds nothing although many plans might find something', async () => {
    const client = new MongoClient(servers.mongodbUri);
    const things = client.db('spec').collection('things');
    await things.createIndexes([{ key: { tenant: 1, a: 1 } }, { key: { tenant: 1, b: 1 } }]);
    await things.insertMany(Array.from({ length: 25_000 }, (_, number) => ({ tenant: 't', a: 1, b: 1, number })));
    expect(await things.find({ tenant: 't', a: 1, b: 1, number: { $lt: 0 } }).toArray()).to.deep.equal([]);
    await client.close();
  });

  it('MongoDB that dies by itself is started again', async () => {
    const pid = servers.mongodb.pid() ?? 0;
    process.kill(pid, 'SIGKILL');
    await until({
      what: 'another MongoDB process',
      timeoutMs: 20_000,
      probe: async () => {
        const now = servers.mongodb.pid();
        return now === undefined || now === pid ? `process ${now ?? 'none'}` : undefined;
      },
    });
    const client = new MongoClient(servers.mongodbUri);
    expect(await client.db('spec').collection('writes').countDocuments()).to.equal(200);
    await client.close();
  });

  it('RabbitMQ keeps a confirmed message of a quorum queue over kill -9 and takes at-least-once dead lettering', async () => {
    const queue = 'spec.durable';
    const data = path.join(directory, 'rabbitmq/data/rabbit@localhost');
    const registrations = path.join(data, 'quorum/rabbit@localhost/names.dets');
    const before = await connect(servers.rabbitmqUrl);
    before.on('error', quiet);
    const publishing = await before.createConfirmChannel();
    publishing.on('error', quiet);
    await publishing.assertQueue(queue, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'spec.dead',
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    });
    // The broker writes the registration of a new quorum queue down about three seconds late (a DETS table). Killed before
    // that it comes back with the queue empty and without a leader; this spec is about messages, so it waits for the registration.
    await until({
      what: 'the registration of the queue on disk',
      timeoutMs: 10_000,
      probe: async () => (readFileSync(registrations).includes(`%2F_${queue}`) ? undefined : 'not there yet'),
    });
    publishing.sendToQueue(queue, Buffer.from('still here'), { persistent: true });
    await publishing.waitForConfirms();
    await servers.rabbitmq.kill('SIGKILL');
    await servers.rabbitmq.start();
    const after = await connect(servers.rabbitmqUrl);
    after.on('error', quiet);
    const channel = await after.createChannel();
    let text = '';
    await until({
      what: 'the message',
      timeoutMs: 15_000,
      probe: async () => {
        const message = await channel.get(queue, { noAck: true });
        if (message === false) return 'an empty queue';
        text = message.content.toString();
        return undefined;
      },
    });
    expect(text).to.equal('still here');
    await after.close();
  });

  it('nothing of it listens beyond this machine', () => {
    const ports = new Set(
      Object.values(
        z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(path.join(directory, 'ports.json'), 'utf8'))),
      ),
    );
    const listening = ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === '0A')
      .map(([, local = '']) => local.split(':'))
      .filter(([, port = '']) => ports.has(Number.parseInt(port, 16)));
    expect(listening.length).to.be.at.least(3);
    // 127.0.0.1, ::1 and ::ffff:127.0.0.1 as the kernel writes them.
    const loopback = /^(0100007F|0{24}01000000|0{16}FFFF00000100007F)$/;
    expect(listening.filter(([address = '']) => !loopback.test(address))).to.deep.equal([]);
  });

  it('refuses a second start on the same directory and names the process that runs there', async () => {
    const second = await startServers({ stateDirectory: directory, report: quiet, addresses: redisOnly }).catch(
      (error: unknown) => error,
    );
    expect(second).to.be.instanceOf(AlreadyRunning);
    expect(String(second)).to.include(String(process.pid));
  });

  it('gives two directories two addresses', async () => {
    const other = newDirectory();
    const beside = await startServers({ stateDirectory: other, report: quiet, addresses: redisOnly });
    expect(beside.redisUrl).not.to.equal(servers.redisUrl);
    await beside.stop();
    rmSync(other, { recursive: true, force: true });
  });

  it('refuses to kill a server that was given by address', async () => {
    const other = newDirectory();
    const beside = await startServers({ stateDirectory: other, report: quiet, addresses: redisOnly });
    const refusal = await beside.mongodb.kill('SIGKILL').catch((error: unknown) => error);
    expect(String(refusal)).to.include('MONGODB_URI');
    await beside.stop();
    rmSync(other, { recursive: true, force: true });
  });

  it('leaves no process behind when the supervisor itself is killed, and the directory can be used again', async () => {
    const other = newDirectory();
    const supervisor = fork(path.join(import.meta.dirname, 'spec-supervisor.ts'), [other], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const [redisPid] = z
      .tuple([z.int()])
      .rest(z.unknown())
      .parse(await once(supervisor, 'message'));
    expect(isAlive(redisPid)).to.equal(true);
    supervisor.kill('SIGKILL');
    await until({
      what: 'the end of what the supervisor had started',
      timeoutMs: 15_000,
      probe: async () => (isAlive(redisPid) ? `process ${redisPid} lives` : undefined),
    });
    const again = await startServers({ stateDirectory: other, report: quiet, addresses: redisOnly });
    await again.stop();
    rmSync(other, { recursive: true, force: true });
  });
});
