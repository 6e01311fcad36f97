import { ConfigurationError, envExample, readConfig } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { configSchema, policiesOf, upstreamsOf } from './config.ts';

const environment = {
  RABBITMQ_URL: 'amqp://localhost',
  REDIS_URL: 'redis://localhost',
  UPSTREAM_IDENTITY: 'http://localhost:1',
  UPSTREAM_SALES: 'http://localhost:2/, http://localhost:3',
  UPSTREAM_INVENTORY: 'http://localhost:4',
  UPSTREAM_FINANCE: 'http://localhost:5',
  UPSTREAM_NOTIFICATION: 'http://localhost:6',
  UPSTREAM_REISSUE: 'http://localhost:7',
};
const linesFor = (changes: Record<string, string>): readonly string[] => {
  try {
    readConfig(configSchema, { ...environment, ...changes });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.lines;
  }
  return [];
};

describe('gateway settings', () => {
  it('PLA-54 knows several instances of a service', () => {
    expect(upstreamsOf(readConfig(configSchema, environment)).sales).to.deep.equal([
      'http://localhost:2',
      'http://localhost:3',
    ]);
  });

  it('PLA-35 takes other limits than its own', () => {
    const config = readConfig(configSchema, { ...environment, LIMIT_GUEST_READS: '30/10' });
    expect(policiesOf(config)['guest-reads']).to.include({ quota: 30, windowMs: 10_000 });
    expect(policiesOf(config).client.quota).to.equal(12_000);
  });

  it('PLA-35 refuses wrong values, and in production limits that are off', () => {
    expect(linesFor({ LIMIT_CLIENT: '0/60' })[0]).to.match(/^LIMIT_CLIENT: must be requests\/seconds/);
    expect(linesFor({ UPSTREAM_SALES: 'sales:8080' })[0]).to.match(/^UPSTREAM_SALES/);
    const production = { NODE_ENV: 'production', PUBLIC_BASE_URL: 'https://tickets.example.cn' };
    expect(linesFor(production)).to.deep.equal([]);
    expect(linesFor({ ...production, LIMITS: 'off' })).to.deep.equal([
      'LIMITS: must be on in production; off is for load tests',
    ]);
  });

  it('PLA-50 explains every setting', () => {
    expect(envExample(configSchema))
      .to.include('UPSTREAM_SALES=http://sales:8080')
      .and.to.include('#LIMIT_CODES=20/600');
  });
});
