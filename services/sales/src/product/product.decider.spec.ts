// Every cell of the product's table.
import { fen, fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { productDecider } from './product.decider.ts';
import { productFor } from './product.fixture.ts';
import { productMessages } from './product.messages.ts';
import type { ProductCommand, ProductEvent, ProductStatus } from './product.ts';

const given = specify(productDecider);
const { status: _status, ...settings } = productFor();
const other = { ...settings, prices: [{ ticketTypeId: 'tty_adult', amount: fen(9_900) }] };

const created: ProductEvent = { type: 'ProductCreated', settings };
const became = (status: Exclude<ProductStatus, 'draft'>): ProductEvent => ({
  type: 'ProductStatusChanged',
  status,
  reason: 'because',
});
const create: ProductCommand = { type: 'CreateProduct', settings };
const change: ProductCommand = {
  type: 'ChangeProduct',
  settings: other,
  reason: 'because',
  at: '2026-11-20T02:00:00.000Z',
};
const set = (status: Exclude<ProductStatus, 'draft'>): ProductCommand => ({
  type: 'SetStatus',
  status,
  reason: 'because',
});
const changed: ProductEvent = { type: 'ProductChanged', settings: other, reason: 'because' };

const HISTORIES: Readonly<Record<string, readonly ProductEvent[]>> = {
  none: [],
  draft: [created],
  on_sale: [created, became('on_sale')],
  paused: [created, became('on_sale'), became('paused')],
  retired: [created, became('retired')],
};
const COMMANDS = { create, change, 'on sale': set('on_sale'), pause: set('paused'), retire: set('retired') } as const;
/** An event, a code, or `-` for nothing. */
type Cell = ProductEvent | string;
const TABLE: Readonly<Record<string, Readonly<Record<keyof typeof COMMANDS, Cell>>>> = {
  none: {
    create: created,
    change: 'platform.not-found',
    'on sale': 'platform.not-found',
    pause: 'platform.not-found',
    retire: 'platform.not-found',
  },
  draft: {
    create: '-',
    change: changed,
    'on sale': became('on_sale'),
    pause: 'sales.product-status',
    retire: became('retired'),
  },
  on_sale: { create: '-', change: changed, 'on sale': '-', pause: became('paused'), retire: became('retired') },
  paused: { create: '-', change: changed, 'on sale': became('on_sale'), pause: '-', retire: became('retired') },
  retired: {
    create: '-',
    change: 'sales.product-retired',
    'on sale': 'sales.product-status',
    pause: 'sales.product-status',
    retire: '-',
  },
};

describe('SAL-04 product', () => {
  for (const [status, row] of Object.entries(TABLE)) {
    for (const [name, command] of Object.entries(COMMANDS)) {
      const cell = row[name as keyof typeof COMMANDS];
      it(`${name} when ${status}: ${typeof cell === 'string' ? cell : cell.type}`, () => {
        const then = given(...(HISTORIES[status] ?? [])).when(command);
        if (cell === '-') then.thenNothing();
        else if (typeof cell === 'string') then.thenRefused(cell);
        else then.then(cell);
      });
    }
  }

  it('SAL-50 fee rules in force stay once it was on sale; a draft may still change them', () => {
    const rules = {
      effectiveFrom: '2026-01-01T00:00:00Z',
      steps: [],
      rounding: { unit: 'fen', direction: 'half-up' } as const,
    };
    const born: ProductEvent = { type: 'ProductCreated', settings: { ...settings, refunds: [rules] } };
    given(born).when(change).then(changed);
    given(born, became('on_sale')).when(change).thenRefused('sales.fee-rules-in-force');
    given(born, became('on_sale'), became('paused')).when(change).thenRefused('sales.fee-rules-in-force');
    const early: ProductCommand = { ...change, settings: { ...other, refunds: [rules] } };
    given(created, became('on_sale')).when(early).thenRefused('sales.fee-rules-too-early');
    const kept: ProductCommand = { ...change, settings: { ...other, refunds: [rules] } };
    given(born, became('on_sale'))
      .when(kept)
      .then({ type: 'ProductChanged', settings: { ...other, refunds: [rules] }, reason: 'because' });
  });

  it('a change keeps the status and replaces all settings', () => {
    given(created, became('on_sale'))
      .when(change)
      .thenState((state) => expect(state).to.deep.equal({ ...other, status: 'on_sale' }));
  });

  it('every change is told with the whole public state, prices left out', () => {
    const state = fold(productDecider, productDecider.initial, [created, became('on_sale')]);
    const [message] = productMessages(became('on_sale'), { id: 'prd_1', state });
    expect(message)
      .to.have.property('data')
      .that.deep.equals({
        productId: 'prd_1',
        siteId: 'sit_1',
        kind: 'admission',
        name: { zh: '门票', en: 'Admission' },
        status: 'on_sale',
        ticketTypes: settings.ticketTypes.map(({ id, name }) => ({ id, name })),
      });
  });
});
