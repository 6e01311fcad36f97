// INV-13: places are told as inventory has told them, or as not known; never guessed from the capacity.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { createAvailability, shownPlaces, type Availability } from './availability.ts';
import { COPY_SECONDS, type Copies } from './copies.ts';

const silent = pino({ level: 'silent' });
const SOLD_OUT = { sessionId: 'ses_1', capacity: 40, available: 0, revision: 7 };

describe('availability', () => {
  const opened: Availability[] = [];
  const kept = new Map<string, string>();
  let away = false;
  let now = 0;
  const copies: Copies = {
    read: async (ids) => (away ? Promise.reject(new Error('away')) : ids.map((id) => kept.get(id) ?? null)),
    write: async (figures) => {
      if (away) throw new Error('away');
      for (const [id, text] of figures) kept.set(id, text);
    },
  };
  const open = (): Availability => {
    const availability = createAvailability(copies, silent, () => new Date(now));
    opened.push(availability);
    return availability;
  };
  beforeEach(() => {
    kept.clear();
    [away, now] = [false, 1_000_000_000];
  });
  afterEach(async () => {
    for (const availability of opened.splice(0)) await availability.stop();
  });

  for (const [title, over, figure, expected] of [
    ['what was told', false, { available: 3 }, { available: 3, known: true }],
    ['sold out', false, { available: 0 }, { available: 0, known: true }],
    ['not told: nothing is promised, and it says so', false, undefined, { available: 0, known: false }],
    ['no longer on sale: none, whatever is told', true, { available: 3 }, { available: 0, known: true }],
    ['no longer on sale and not told: none', true, undefined, { available: 0, known: true }],
  ] as const)
    it(`INV-13 ${title}`, () => expect(shownPlaces(over, figure)).to.deep.equal(expected));

  it('INV-13 a sold-out session is sold out for an instance that starts, from the copy', async () => {
    open().hear([SOLD_OUT]);
    await eventually('the copy', () => kept.has('ses_1'));
    expect((await open().figuresOf(['ses_1'])).get('ses_1')?.available).to.equal(0);
  });

  it('a copy that is damaged, or gone, is no figure', async () => {
    kept.set('ses_1', '{"capacity":40}');
    expect((await open().figuresOf(['ses_1', 'ses_2'])).size).to.equal(0);
  });

  it('what could not be copied is copied later', async () => {
    away = true;
    const availability = open();
    availability.hear([SOLD_OUT]);
    await new Promise((resolve) => setImmediate(resolve));
    await availability.stop();
    expect(kept.size).to.equal(0);
    away = false;
    await availability.stop();
    expect(kept.has('ses_1')).to.equal(true);
  });

  it('a figure that never moves keeps its copy: it is renewed before that runs out', async () => {
    const availability = open();
    availability.hear([SOLD_OUT]);
    await eventually('the copy', () => kept.has('ses_1'));
    kept.clear();
    now += (COPY_SECONDS * 1_000) / 2;
    availability.hear([SOLD_OUT]);
    await eventually('the copy again', () => kept.has('ses_1'));
  });

  it('an older figure changes nothing', async () => {
    const availability = open();
    availability.hear([SOLD_OUT, { ...SOLD_OUT, revision: 6, available: 9 }]);
    expect((await availability.figuresOf(['ses_1'])).get('ses_1')?.available).to.equal(0);
  });
});
