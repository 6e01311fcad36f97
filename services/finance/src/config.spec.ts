// Settings that no single schema can judge.
import { ConfigurationError } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { readFinanceConfig } from './config.ts';

const base = {
  NODE_ENV: 'production',
  PUBLIC_BASE_URL: 'https://tickets.example.cn',
  MONGODB_URI: 'mongodb://localhost:27017',
  DATABASE_NAME: 'finance',
  RABBITMQ_URL: 'amqp://localhost:5672',
  MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
  BUS_KEY: Buffer.alloc(32, 2).toString('base64'),
};
const linesOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readFinanceConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.lines;
    throw error;
  }
};

describe('the settings of finance', () => {
  it('FIN-01 production refuses to start with the payment sandbox', () => {
    expect(linesOf(base)).to.deep.equal([]);
    expect(linesOf({ ...base, SANDBOX_CREDENTIALS_FILE: 'file.json' })).to.deep.equal([
      'SANDBOX_CREDENTIALS_FILE: must not be set in production',
    ]);
    expect(linesOf({ ...base, NODE_ENV: 'development', SANDBOX_CREDENTIALS_FILE: 'file.json' })).to.deep.equal([]);
  });

  it('FIN-01 an account at a provider is complete or not there', () => {
    expect(linesOf({ ...base, ALIPAY_APP_ID: '2021000000000001' })).to.deep.equal([
      'ALIPAY_APP_PRIVATE_KEY, ALIPAY_PUBLIC_KEY: is not set, but other ALIPAY_ settings are',
    ]);
  });

  it('a key in PEM form may be written on one line', () => {
    const pem = '-----BEGIN PUBLIC KEY-----\\nMFkw\\n-----END PUBLIC KEY-----\\n';
    const config = readFinanceConfig({
      ...base,
      ALIPAY_APP_ID: '1',
      ALIPAY_APP_PRIVATE_KEY: pem,
      ALIPAY_PUBLIC_KEY: pem,
    });
    expect(config.ALIPAY_PUBLIC_KEY).to.equal('-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n');
  });
});
