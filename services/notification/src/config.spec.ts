import { ConfigurationError } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { readNotificationConfig } from './config.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const environment = {
  MONGODB_URI: 'mongodb://localhost:27017',
  DATABASE_NAME: 'notification',
  RABBITMQ_URL: 'amqp://localhost',
  MASTER_KEY: key,
  BUS_KEY: key,
  SMPP_URL: 'smpp://account:secret@localhost:2775',
  SMTP_URL: 'smtp://localhost:2525',
};

const problemsOf = (change: Readonly<Record<string, string | undefined>>): readonly string[] => {
  try {
    readNotificationConfig({ ...environment, ...change });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.lines;
    throw error;
  }
};

describe('settings of notification', () => {
  it('starts with what npm start gives', () => {
    expect(problemsOf({})).to.deep.equal([]);
  });

  it('says everything that is missing or wrong at once, and no secret', () => {
    const lines = problemsOf({ SMPP_URL: 'smpp://secret@nowhere', SMTP_URL: undefined, PLATFORM_SIGNATURE: '一' });
    expect(lines.map((line) => line.split(':')[0])).to.have.members(['SMPP_URL', 'SMTP_URL', 'PLATFORM_SIGNATURE']);
    expect(lines.join()).not.to.contain('secret@');
  });

  it('production needs a sender of its own', () => {
    const production = { NODE_ENV: 'production', PUBLIC_BASE_URL: 'https://tickets.example.cn' };
    expect(problemsOf(production)).to.deep.equal(['MAIL_FROM: must be set in production']);
    expect(problemsOf({ ...production, MAIL_FROM: '票务 <tickets@example.cn>' })).to.deep.equal([]);
  });
});
