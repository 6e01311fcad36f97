// Addresses of the servers that `npm test` has started, with names of one's own on them: databases and queues of two tests never
// meet, and nothing has to be purged.
import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import mongoose from 'mongoose';

export type TestServers = {
  readonly mongodbUri: string;
  readonly rabbitmqUrl: string;
  readonly redisUrl: string;
  /** Random; before database and queue names. */
  readonly prefix: string;
  /** Name of a database of this test. */
  database(name: string): string;
  /** 32 random bytes in base64. */
  key(): string;
};

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run the tests with \`npm test\`, which starts the servers`);
  return value;
}

export function testServers(): TestServers {
  const prefix = `t${randomBytes(5).toString('hex')}_`;
  return {
    mongodbUri: required('MONGODB_URI'),
    rabbitmqUrl: required('RABBITMQ_URL'),
    redisUrl: required('REDIS_URL'),
    prefix,
    database: (name) => `${prefix}${name}`,
    key: () => randomBytes(32).toString('base64'),
  };
}

/** Drops what a test made: databases with its prefix, and the queues that it names. */
export async function forget(
  servers: TestServers,
  names: { databases?: readonly string[]; queues?: readonly string[] },
): Promise<void> {
  if (names.databases !== undefined && names.databases.length > 0) {
    const connection = await mongoose.createConnection(servers.mongodbUri).asPromise();
    for (const name of names.databases) await connection.useDb(servers.database(name)).dropDatabase();
    await connection.close();
  }
  if (names.queues !== undefined && names.queues.length > 0) {
    const connection = await connect(servers.rabbitmqUrl);
    const channel = await connection.createChannel();
    for (const queue of names.queues) await channel.deleteQueue(`${servers.prefix}${queue}`);
    await connection.close();
  }
}
