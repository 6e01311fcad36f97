import { expect } from 'chai';
import { z } from 'zod';
import {
  brokerSettings,
  ConfigurationError,
  coreSettings,
  envExample,
  httpSettings,
  keySettings,
  mongoSettings,
  readConfig,
  redisSettings,
  setting,
} from './config.ts';

const schema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...redisSettings,
  ...keySettings,
  ORDER_TTL_MINUTES: setting(z.coerce.number().int().min(1).max(60).default(15), {
    mustBe: 'whole minutes from 1 to 60',
    description: 'How long an order waits for its payment.',
    example: '15',
  }),
});
const KEY = Buffer.alloc(32, 7).toString('base64');
const complete = {
  MONGODB_URI: 'mongodb://localhost:27017',
  DATABASE_NAME: 'sales',
  RABBITMQ_URL: 'amqp://localhost',
  REDIS_URL: 'redis://localhost',
  MASTER_KEY: KEY,
  BUS_KEY: KEY,
};

function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.lines;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('are read once, typed, with defaults for what is no secret', () => {
    const config = readConfig(schema, { ...complete, HTTP_PORT: '0', UNKNOWN: 'ignored' });
    expect(config).to.include({ NODE_ENV: 'development', HTTP_PORT: 0, LIMITS: 'on', ORDER_TTL_MINUTES: 15 });
    expect(config.SERVICE_INSTANCE).to.match(/^[\w.-]+-\d+$/);
    expect(config).not.to.have.property('UNKNOWN');
  });

  it('all problems are told at once, each by name, with what it must be and how to get it', () => {
    const lines = problemsOf({ HTTP_PORT: 'high', LIMITS: 'maybe', MASTER_KEY: '' });
    expect(lines.map((line) => line.split(':')[0])).to.have.members([
      'LIMITS',
      'HTTP_PORT',
      'MONGODB_URI',
      'DATABASE_NAME',
      'RABBITMQ_URL',
      'REDIS_URL',
      'MASTER_KEY',
      'BUS_KEY',
    ]);
    expect(lines.join('\n')).to.include('`npm start` brings one, or set MONGODB_URI=');
    expect(lines.join('\n')).to.include('HTTP_PORT: must be a port from 0 to 65535');
  });

  it('secrets have no default, and a wrong one is not repeated', () => {
    const lines = problemsOf({ ...complete, MASTER_KEY: 'c2VjcmV0LXRvby1zaG9ydA==' });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.equal('MASTER_KEY: must be 32 random bytes in base64');
  });

  it('production refuses what is only fit for trying out', () => {
    expect(problemsOf({ ...complete, NODE_ENV: 'production', LIMITS: 'off' })).to.deep.equal([
      'LIMITS: must be on in production; off is for load tests',
      'PUBLIC_BASE_URL: must be an https address in production',
    ]);
    expect(problemsOf({ ...complete, LIMITS: 'off' })).to.deep.equal([]);
  });

  it('.env.example names every setting, with an empty place for secrets', () => {
    const text = envExample(schema);
    for (const name of Object.keys(schema.shape)) expect(text).to.match(new RegExp(`^#?${name}=`, 'm'));
    expect(text).to.match(/^MASTER_KEY=$/m);
    expect(text).to.match(/^#ORDER_TTL_MINUTES=15$/m);
  });
});
