// The wiring: who is told which address, and which secret stays with whom.
import { expect } from 'chai';
import { sandboxEnvironment, serviceEnvironment, type Wiring } from './environments.ts';
import { serviceNames } from './services.ts';

const key = (letter: string): string => Buffer.alloc(32, letter).toString('base64');

const wiring: Wiring = {
  nodeEnvironment: 'development',
  logLevel: 'info',
  limits: 'on',
  publicBaseUrl: 'http://localhost:8080',
  mongodbUri: 'mongodb://socket',
  rabbitmqUrl: 'amqp://broker',
  redisUrl: 'redis://cache',
  secrets: {
    masterKeys: {
      gateway: key('g'),
      identity: key('i'),
      sales: key('s'),
      inventory: key('v'),
      finance: key('f'),
      notification: key('n'),
      reissue: key('r'),
    },
    busKey: key('b'),
    adminPassword: 'an-admin-password',
    mongodbPassword: 'a-mongodb-password',
    rabbitmqPassword: 'a-broker-password',
    redisPassword: 'a-cache-password',
    smppPassword: '12345678',
  },
  sandboxes: {
    httpPort: 8090,
    smppPort: 2775,
    smtpPort: 2525,
    identityCheckPort: 8091,
    stateDirectory: '/state/sandboxes',
    credentialsFile: '/state/sandboxes/payment-credentials.json',
  },
  upstreams: {
    gateway: ['http://127.0.0.1:8080'],
    identity: ['http://127.0.0.1:1'],
    sales: ['http://127.0.0.1:2', 'http://127.0.0.1:3'],
    inventory: ['http://127.0.0.1:4'],
    finance: ['http://127.0.0.1:5'],
    notification: ['http://127.0.0.1:6'],
    reissue: ['http://127.0.0.1:7'],
  },
};

const of = (service: (typeof serviceNames)[number]): Record<string, string> =>
  serviceEnvironment(service, `${service}-1`, 9_000, wiring);

describe('environment', () => {
  it('gives every service its own master key and its own database, and all of them one bus key', () => {
    expect(new Set(serviceNames.map((name) => of(name)['MASTER_KEY'])).size).to.equal(serviceNames.length);
    expect(new Set(serviceNames.map((name) => of(name)['BUS_KEY']))).to.deep.equal(new Set([key('b')]));
    expect(of('sales')['DATABASE_NAME']).to.equal('sales');
    expect(of('gateway')['DATABASE_NAME']).to.equal(undefined);
  });

  it('tells the gateway every instance of every service', () => {
    expect(of('gateway')['UPSTREAM_SALES']).to.equal('http://127.0.0.1:2,http://127.0.0.1:3');
    expect(Object.keys(of('gateway')).filter((name) => name.startsWith('UPSTREAM_'))).to.have.length(6);
  });

  it('PLA-51 lets an instance drain where another takes over, and stop at once where it is the only one', () => {
    expect(of('sales')['DRAIN_DELAY_MS']).to.equal('3000');
    expect(of('inventory')['DRAIN_DELAY_MS']).to.equal('0');
  });

  it('gives the first password to identity alone', () => {
    const holders = serviceNames.filter((name) => of(name)['BOOTSTRAP_ADMIN_PASSWORD'] !== undefined);
    expect(holders).to.deep.equal(['identity']);
  });

  it('REI-10 lets reissue and the identity check agree on address and secret', () => {
    const sandbox = sandboxEnvironment(wiring);
    const { IDENTITY_CHECK_URL: url = '', IDENTITY_CHECK_SECRET: secret } = of('reissue');
    expect([new URL(url).port, secret]).to.deep.equal([
      sandbox['IDENTITY_CHECK_PORT'],
      sandbox['IDENTITY_CHECK_SECRET'],
    ]);
    expect(secret).not.to.equal(wiring.secrets.busKey);
  });

  it('lets notification and the sandbox agree on the SMS account', () => {
    const sandbox = sandboxEnvironment(wiring);
    const url = new URL(of('notification')['SMPP_URL'] ?? '');
    expect([url.username, url.password, url.port]).to.deep.equal([
      sandbox['SMPP_SYSTEM_ID'],
      sandbox['SMPP_PASSWORD'],
      sandbox['SMPP_PORT'],
    ]);
  });
});
