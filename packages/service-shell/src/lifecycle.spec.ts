import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { ConfigurationError } from './config.ts';
import { createHealth } from './health.ts';
import { drainDelayOf, orderlyStop, runUntilSignal, type ProcessPort } from './lifecycle.ts';
import { silentLogger } from './trial.ts';

function fakeProcess(): { port: ProcessPort; events: EventEmitter; exits: number[]; said: () => string } {
  const events = new EventEmitter();
  const exits: number[] = [];
  let said = '';
  return {
    events,
    exits,
    said: () => said,
    port: {
      on: (event, listener) => events.on(event, listener),
      exit: (code) => void exits.push(code),
      stderr: { write: (text) => (said += text) },
    },
  };
}

describe('stopping', () => {
  it('PLA-51 drains in order: readiness, waits, HTTP, consumers and workers, relay, connections', async () => {
    const steps: string[] = [];
    const note = (name: string) => async (): Promise<void> => void steps.push(name);
    const health = createHealth();
    const stop = orderlyStop({
      logger: silentLogger,
      health,
      http: {
        port: 0,
        url: '',
        app: undefined as never,
        drain: () => void steps.push('http drains'),
        stop: async () => {
          steps.push(`http stops, ready: ${(await health.readiness()).ready}`);
        },
      },
      waiters: { stop: note('waiters') },
      broker: { cancelConsumers: note('consumers'), close: note('broker') },
      workers: [{ stop: note('worker') }],
      relays: [{ stop: note('relay') }],
      closing: [note('other')],
      database: { close: note('database') },
    });
    await Promise.all([stop(), stop()]);
    expect(steps).to.deep.equal([
      'http drains',
      'waiters',
      'http stops, ready: false',
      'consumers',
      'worker',
      'relay',
      'other',
      'broker',
      'database',
    ]);
  });

  it('a step that fails does not keep the next ones from happening', async () => {
    const steps: string[] = [];
    await orderlyStop({
      logger: silentLogger,
      relays: [{ stop: () => Promise.reject(new Error('no broker')) }],
      database: { close: async () => void steps.push('database') },
    })();
    expect(steps).to.deep.equal(['database']);
  });

  it('PLA-51 hands over for a while unless told otherwise; under test there is nobody to hand over to', () => {
    expect(drainDelayOf({ NODE_ENV: 'production' })).to.be.above(2_500);
    expect(drainDelayOf({ NODE_ENV: 'development' }, 5_000)).to.equal(5_000);
    expect(drainDelayOf({ NODE_ENV: 'test' })).to.equal(0);
    expect(drainDelayOf({ NODE_ENV: 'test', DRAIN_DELAY_MS: 7 })).to.equal(7);
    expect(drainDelayOf({ NODE_ENV: 'production', DRAIN_DELAY_MS: 0 })).to.equal(0);
  });
});

describe('running', () => {
  const running = (
    stop: () => Promise<void>,
  ): { httpPort: number; logger: typeof silentLogger; stop: () => Promise<void> } => ({
    httpPort: 0,
    logger: silentLogger,
    stop,
  });

  it('PLA-51 a signal stops in order and exits with 0', async () => {
    const { port, events, exits } = fakeProcess();
    const steps: string[] = [];
    const run = runUntilSignal(async () => running(async () => void steps.push('stopped')), port);
    await Promise.resolve();
    events.emit('SIGTERM');
    await run;
    expect([steps, exits]).to.deep.equal([['stopped'], [0]]);
  });

  it('a second signal exits at once', async () => {
    const { port, events, exits } = fakeProcess();
    void runUntilSignal(async () => running(() => new Promise(() => undefined)), port);
    await Promise.resolve();
    events.emit('SIGINT');
    events.emit('SIGINT');
    expect(exits).to.deep.equal([1]);
  });

  it('a signal during the start is obeyed once it has started', async () => {
    const { port, events, exits } = fakeProcess();
    const started = Promise.withResolvers<undefined>();
    const steps: string[] = [];
    const run = runUntilSignal(async () => {
      await started.promise;
      return running(async () => void steps.push('stopped'));
    }, port);
    events.emit('SIGTERM');
    started.resolve(undefined);
    await run;
    expect([steps, exits]).to.deep.equal([['stopped'], [0]]);
  });

  it('a rejection that nobody handles stops in order and exits with 1', async () => {
    const { port, events, exits } = fakeProcess();
    const steps: string[] = [];
    const run = runUntilSignal(async () => running(async () => void steps.push('stopped')), port);
    await Promise.resolve();
    events.emit('unhandledRejection', new Error('bug'));
    await run;
    expect([steps, exits]).to.deep.equal([['stopped'], [1]]);
  });

  it('settings that are not complete are printed, without a stack, and the exit code is 1', async () => {
    const { port, exits, said } = fakeProcess();
    await runUntilSignal(
      () => Promise.reject(new ConfigurationError(['MONGODB_URI: is not set', 'BUS_KEY: is not set'])),
      port,
    );
    expect(said()).to.equal('The settings are not complete:\n  MONGODB_URI: is not set\n  BUS_KEY: is not set\n');
    expect(exits).to.deep.equal([1]);
  });
});
