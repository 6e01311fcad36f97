// A supervisor to be killed by a spec: starts Redis alone on the directory given and tells the parent its process id.
import { startServers } from './index.ts';

const servers = await startServers({
  stateDirectory: process.argv[2] ?? '',
  report: () => undefined,
  addresses: { mongodbUri: 'mongodb://nobody.invalid', rabbitmqUrl: 'amqp://nobody.invalid' },
});
process.send?.(servers.redis.pid());
