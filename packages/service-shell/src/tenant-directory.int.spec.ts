// What the directory answers before identity has told of its tenants, and after.
import { envelopeOf, tenantChanged, tenantsRepublished } from '@tongpiao/contracts';
import { PLATFORM_TENANT, TransientError } from '@tongpiao/kernel';
import { connectBroker, type Broker } from '@tongpiao/messaging';
import { eventually, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { openTenantDirectory } from './tenant-directory.ts';
import { silentLogger } from './trial.ts';

describe('tenant directory', () => {
  const servers = testServers();
  let broker: Broker;
  before(async () => {
    broker = await connectBroker({
      url: servers.rabbitmqUrl,
      prefix: servers.prefix,
      service: 'trial',
      instance: 'trial-1',
      logger: silentLogger,
    });
  });
  after(async () => {
    await broker.close();
  });

  it('says "not yet" and not "unknown" until identity has told of everybody', async () => {
    const directory = await openTenantDirectory(broker, { service: 'trial', logger: silentLogger });
    const known = tenantChanged.example;
    try {
      expect(directory.ready()).to.equal(false);
      expect(() => directory.get(known.tenantId)).to.throw(TransientError);
      expect(() => directory.require(known.tenantId)).to.throw(TransientError);
      expect(() => directory.gate('gat_1')).to.throw(TransientError);
      expect(() => directory.site('sit_1')).to.throw(TransientError);

      const facts = (id: string, sequence: number): Parameters<typeof envelopeOf>[1] => ({
        id,
        source: 'identity',
        subject: known.tenantId,
        time: new Date(),
        tenantId: PLATFORM_TENANT,
        sequence,
      });
      await broker.publisher.publishMany([
        { kind: 'event', envelope: envelopeOf(tenantChanged.type, facts('t:1:0', 1), tenantChanged.data.parse(known)) },
        { kind: 'event', envelope: envelopeOf(tenantsRepublished.type, facts('t:2:0', 2), { count: 1 }) },
      ]);
      await eventually('everybody was told of', () => directory.ready());
      expect(directory.require(known.tenantId).name).to.deep.equal(known.name);
      expect(directory.get('ten_nobody')).to.equal(undefined);
      expect(() => directory.require('ten_nobody')).to.throw('There is no such tenant.');
      expect(directory.site('sit_nowhere')).to.equal(undefined);
    } finally {
      directory.stop();
    }
  });
});
