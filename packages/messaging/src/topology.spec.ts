import { expect } from 'chai';
import {
  broadcastTopology,
  houseTopology,
  namesFor,
  rungTopology,
  sendingTopology,
  sliceTopology,
} from './topology.ts';
import { doIt, happened } from './trial/house.ts';

const names = namesFor('p.', 'trial', 'one');

describe('topology', () => {
  it('the house has one exchange for events, one for commands, one for what is parked', () => {
    expect(houseTopology(names)).to.deep.equal({
      exchanges: [
        { name: 'p.events', type: 'topic' },
        { name: 'p.commands', type: 'topic' },
        { name: 'p.dead', type: 'direct' },
      ],
      queues: [],
      bindings: [],
    });
  });

  it('a rung keeps a message for its time and gives it back to the queue in its routing key, at least once', () => {
    const { exchanges, queues, bindings } = rungTopology(names, '5s');
    expect(exchanges).to.deep.equal([{ name: 'p.retry.5s', type: 'fanout' }]);
    expect(bindings).to.deep.equal([{ queue: 'p.retry.5s', exchange: 'p.retry.5s', key: '' }]);
    expect(queues[0]?.arguments).to.include({
      'x-queue-type': 'quorum',
      'x-message-ttl': 5_000,
      'x-dead-letter-exchange': '',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    });
    expect(queues[0]?.arguments).not.to.have.property('x-dead-letter-routing-key');
  });

  it('a slice has a queue bound by type to the exchange of its kind, a dead queue, and its rungs', () => {
    const topology = sliceTopology(names, {
      slice: 'on-thing',
      definitions: [happened, doIt],
      retry: { rungs: ['1s', '5s', '5s'] },
      singleActive: false,
    });
    expect(topology.queues.map(({ name }) => name)).to.deep.equal([
      'p.retry.1s',
      'p.retry.5s',
      'p.trial.on-thing.dead',
      'p.trial.on-thing',
    ]);
    expect(topology.bindings).to.deep.include.members([
      { queue: 'p.trial.on-thing.dead', exchange: 'p.dead', key: 'p.trial.on-thing' },
      { queue: 'p.trial.on-thing', exchange: 'p.events', key: 'trial.thing.happened.v1' },
      { queue: 'p.trial.on-thing', exchange: 'p.commands', key: 'trial.thing.do.v1' },
    ]);
  });

  it('what passes the delivery limit is parked, not dropped', () => {
    const { queues } = sliceTopology(names, { slice: 's', definitions: [], retry: { rungs: [] }, singleActive: false });
    expect(queues.at(-1)?.arguments).to.include({
      'x-delivery-limit': 20,
      'x-dead-letter-exchange': 'p.dead',
      'x-dead-letter-routing-key': 'p.trial.s',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    });
  });

  it('a single active consumer is asked for only by those who need order', () => {
    const queueOf = (singleActive: boolean) =>
      sliceTopology(names, { slice: 's', definitions: [], retry: { rungs: [] }, singleActive }).queues.at(-1)
        ?.arguments;
    expect(queueOf(true)).to.have.property('x-single-active-consumer', true);
    expect(queueOf(false)).not.to.have.property('x-single-active-consumer');
  });

  it('every queue is a quorum queue with a written delivery limit', () => {
    const all = [
      ...sliceTopology(names, { slice: 's', definitions: [happened], retry: { rungs: ['1s'] }, singleActive: true })
        .queues,
      ...broadcastTopology(names, 'keys', [happened]).queues,
    ];
    for (const queue of all) {
      expect(queue.arguments, queue.name).to.have.property('x-queue-type', 'quorum');
      expect(queue.arguments, queue.name).to.have.property('x-delivery-limit');
    }
  });

  it('a broadcast queue belongs to one instance, is bounded and goes away after it', () => {
    const [queue] = broadcastTopology(names, 'keys', [happened]).queues;
    expect(queue?.name).to.equal('p.trial.keys.one');
    expect(queue?.arguments).to.include({ 'x-expires': 60_000, 'x-max-length': 10_000, 'x-overflow': 'drop-head' });
  });

  it('who sends needs each rung once', () => {
    const { queues } = sendingTopology(names, [{ rungs: ['1s', '5s'] }, { rungs: ['5s', '1h'] }]);
    expect(queues.map(({ name }) => name)).to.deep.equal(['p.retry.1s', 'p.retry.5s', 'p.retry.1h']);
  });
});
