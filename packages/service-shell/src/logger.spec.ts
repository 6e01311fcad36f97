import { Writable } from 'node:stream';
import { expect } from 'chai';
import { createLogger } from './logger.ts';

function capture(): { logger: ReturnType<typeof createLogger>; lines: () => string } {
  const chunks: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ service: 'sales', instance: 'sales-1', level: 'trace', destination });
  return { logger, lines: () => chunks.join('') };
}

const PHONE = '13812345678';
const ID_NUMBER = '330106199003071234';
const EMAIL = 'zhang.san@example.cn';
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl';
const API_KEY = 'tpk_key1_c2VjcmV0c2VjcmV0c2VjcmV0';
const SECRETS = [PHONE, ID_NUMBER, EMAIL, JWT, API_KEY, '张三', 'correct horse', '482913'];

describe('logs', () => {
  const ways: Record<string, (logger: ReturnType<typeof createLogger>) => void> = {
    'known fields at any depth': (logger) => {
      const contact = { name: '张三', phone: PHONE, email: EMAIL };
      logger.info({ order: { lines: [{ travellers: [{ idNumber: ID_NUMBER, name: '张三' }] }] }, contact }, 'placed');
      logger.info({ a: { b: { person: { name: '张三', idNumber: ID_NUMBER } } } }, 'deep');
      logger.info({ request: { headers: { authorization: `Bearer ${JWT}`, cookie: 'correct horse' } } }, 'headers');
      logger.info({ password: 'correct horse', login: { code: '482913' }, apiKey: API_KEY }, 'sign-in');
    },
    'the message itself': (logger) => {
      logger.info(`told ${PHONE} and ${EMAIL}`);
      logger.info({ queue: 'q' }, `id ${ID_NUMBER} with Bearer ${JWT}`);
      logger.warn('phone %s', PHONE);
    },
    'texts under harmless names': (logger) => {
      logger.info({ note: `call 138 1234 5678 or ${PHONE}`, reason: `key ${API_KEY}`, list: [EMAIL, ID_NUMBER] }, 'x');
      logger.info({ number: Number(PHONE) }, 'as a number');
    },
    'errors, their stacks and their causes': (logger) => {
      const cause = new Error(`no such person: ${ID_NUMBER}`);
      const error = Object.assign(new Error(`cannot send to ${PHONE}`, { cause }), { document: { name: '张三' } });
      logger.error(error);
      logger.error({ err: error }, 'failed');
      logger.error({ failure: { inner: error } }, 'failed deep down');
    },
    'child loggers': (logger) => {
      logger.child({ phone: PHONE, email: EMAIL, token: JWT, note: `${PHONE} ${JWT}` }).info('child');
    },
  };

  for (const [where, log] of Object.entries(ways)) {
    it(`PLA-13 hold no personal data, secrets or tokens: ${where}`, () => {
      const { logger, lines } = capture();
      log(logger);
      expect(lines()).not.to.equal('');
      for (const secret of SECRETS) expect(lines(), where).not.to.include(secret);
      expect(lines()).not.to.include('138 1234 5678');
    });
  }

  it('keep what is needed to find a bug', () => {
    const { logger, lines } = capture();
    const refused = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
    logger.error({ err: refused, errorCode: 'x', code: 'sales.sold-out', queue: 'sales.on-paid', ms: 12.5 }, 'no luck');
    const line: unknown = JSON.parse(lines());
    expect(line).to.nested.include({
      level: 'error',
      service: 'sales',
      instance: 'sales-1',
      code: 'sales.sold-out',
      queue: 'sales.on-paid',
      ms: 12.5,
      'err.code': 'ECONNREFUSED',
      'err.message': 'connect failed',
      msg: 'no luck',
    });
    expect(lines()).to.include('logger.spec.ts');
  });

  it('every line stays JSON, whatever was scrubbed', () => {
    const { logger, lines } = capture();
    for (const log of Object.values(ways)) log(logger);
    for (const line of lines().trim().split('\n')) expect(() => void JSON.parse(line)).not.to.throw();
  });
});
