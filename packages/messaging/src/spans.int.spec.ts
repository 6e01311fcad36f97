// What messaging tells whoever makes spans: every publishing, every handling and its end, and which step travels on. A notebook
// stands in for a tracing library.
import type { Envelope } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import type { HandlingFacts, MessageSpan, MessagingSpans } from './options.ts';
import { eventually } from './trial/eventually.ts';
import { command, event, happened, openHouse, type House } from './trial/house.ts';

const CAUSE = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`;

type Notebook = { readonly spans: MessagingSpans; readonly notes: string[] };

function notebook(): Notebook {
  const notes: string[] = [];
  let steps = 0;
  function span(what: string, { traceparent }: Envelope): MessageSpan {
    steps += 1;
    const step = steps;
    notes.push(`${what} after ${traceparent === CAUSE ? 'cause' : (traceparent?.slice(-4, -3) ?? 'nothing')}`);
    return {
      traceparent: `00-${'a'.repeat(32)}-${'0'.repeat(15)}${step}-01`,
      run: (work) => work(),
      end(outcome, error) {
        const code = error === undefined ? '' : error instanceof Error && 'code' in error ? error.code : 'error';
        notes.push(`${what} ${outcome} ${String(code)}`.trim());
      },
    };
  }
  const handling = ({ attempt, envelope }: HandlingFacts): MessageSpan => span(`handling ${attempt}`, envelope);
  return {
    notes,
    spans: {
      publishing: ({ envelope }) => span('publishing', envelope),
      handling,
      handlingBatch: (_queue, envelopes) => ({
        run(work) {
          notes.push(`batch of ${envelopes.length}`);
          return work();
        },
        handling,
        end: () => void notes.push('batch ended'),
      }),
    },
  };
}

const caused = (message: ReturnType<typeof event>): ReturnType<typeof event> => ({
  ...message,
  envelope: { ...message.envelope, traceparent: CAUSE },
});

describe('spans', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.clear());

  it('PLA-50 handling follows publishing, each attempt anew, and the handler’s doings follow handling', async () => {
    const { spans, notes } = notebook();
    const broker = await house.instance('one', { spans });
    const seen: (string | undefined)[] = [];
    await broker.consume({
      slice: 'on-happened',
      definitions: [happened],
      retry: { rungs: ['100ms'] },
      handle: async ({ envelope, attempt }) => {
        seen.push(envelope.traceparent?.slice(-4, -3));
        if (attempt === 1) throw new TransientError('trial.again', 'again');
      },
    });
    await broker.publisher.publish(caused(event(1)));
    await eventually(
      'both attempts',
      () => notes,
      (list) => list.includes('handling 2 done'),
    );
    expect(notes.filter((note) => note.startsWith('publishing'))).to.deep.equal([
      'publishing after cause',
      'publishing confirmed',
    ]);
    expect(notes.filter((note) => note.startsWith('handling'))).to.deep.equal([
      'handling 1 after 1',
      'handling 1 retried trial.again',
      'handling 2 after 1',
      'handling 2 done',
    ]);
    expect(seen).to.deep.equal(['2', '3']);
  });

  it('PLA-50 a batch and each message of it', async () => {
    const { spans, notes } = notebook();
    const quietly = await house.instance('one');
    const broker = await house.instance('two', { spans });
    await broker.consume({
      slice: 'on-happened',
      definitions: [happened],
      lingerMs: 200,
      maxBatch: 3,
      handleBatch: async () => ['done', { failed: new TransientError('trial.again', 'again') }],
    });
    for (const number of [1, 2]) await quietly.publisher.publish(caused(event(number)));
    await quietly.publisher.publish(caused(event(3, { number: 'no number' })));
    await eventually(
      'three endings',
      () => notes.filter((note) => /^handling 1 (done|retried|parked)/.test(note)).length,
      (count) => count === 3,
    );
    expect(notes).to.include.members(['batch of 2', 'batch ended', 'handling 1 done']);
    expect(notes).to.include.members(['handling 1 retried trial.again', 'handling 1 parked messaging.data-invalid']);
  });

  it('what nobody takes is told', async () => {
    const { spans, notes } = notebook();
    const broker = await house.instance('one', { spans });
    await broker.publisher.publish(command(1)).catch(() => undefined);
    expect(notes).to.deep.equal(['publishing after nothing', 'publishing unroutable messaging.unroutable']);
  });
});
