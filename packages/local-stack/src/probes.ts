// How RabbitMQ and Redis say that they are there, in the first bytes of their own protocols. Used for processes and containers.
import { firstAnswer } from './tcp.ts';

const amqpHello = 'AMQP\u0000\u0000\u0009\u0001';

/** Undefined when an AMQP 0-9-1 broker answers on the port of this machine, else what was seen. */
export const probeRabbitmq = async (port: number): Promise<string | undefined> => {
  const answer = await firstAnswer({ host: '127.0.0.1', port }, amqpHello, 2_000);
  // A method frame: the broker's Connection.Start.
  return answer.charCodeAt(0) === 1 ? undefined : 'something else than AMQP';
};

/** Undefined when Redis lets us in, else what was seen. */
export const probeRedis = async (port: number, password: string): Promise<string | undefined> => {
  const answer = await firstAnswer({ host: '127.0.0.1', port }, `AUTH ${password}\r\n`, 2_000);
  return answer.startsWith('+OK') ? undefined : answer.trim();
};
