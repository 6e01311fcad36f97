// status ↓ \ command →  CreateProduct   ChangeProduct    on_sale          paused           retired
// none                  created         404              404              404              404
// draft                 -               changed          status changed   refused          status changed
// on_sale               -               changed¹         -                status changed   status changed
// paused                -               changed¹         status changed   -                status changed
// retired               -               refused          refused          refused          -
//
// ¹ refused where it touches fee rules that are in force, or adds some that would be already (fee-rules.change.ts): tickets may have
// been sold under them
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import { refuseRewrittenRules } from '../after-sale/fee-rules.change.ts';
import type { ProductCommand, ProductEvent, ProductState, ProductStatus } from './product.ts';

const NEXT: Readonly<Record<ProductStatus, readonly ProductStatus[]>> = {
  draft: ['on_sale', 'retired'],
  on_sale: ['paused', 'retired'],
  paused: ['on_sale', 'retired'],
  retired: [],
};

function decide(state: ProductState, command: ProductCommand): readonly ProductEvent[] {
  if (command.type === 'CreateProduct')
    return state.status === 'none' ? [{ type: 'ProductCreated', settings: command.settings }] : [];
  if (state.status === 'none') throw new DomainError('platform.not-found', 'There is no such product.');
  switch (command.type) {
    case 'ChangeProduct':
      if (state.status === 'retired')
        throw new DomainError('sales.product-retired', 'A retired product does not change.');
      // Nothing was sold of a draft.
      if (state.status !== 'draft') refuseRewrittenRules(state, command.settings, command.at);
      return [{ type: 'ProductChanged', settings: command.settings, reason: command.reason }];
    case 'SetStatus':
      if (command.status === state.status) return [];
      if (!NEXT[state.status].includes(command.status)) {
        throw new DomainError('sales.product-status', 'A product cannot change its status like this.', {
          from: state.status,
          to: command.status,
        });
      }
      return [{ type: 'ProductStatusChanged', status: command.status, reason: command.reason }];
    default:
      return unreachable(command, 'product command');
  }
}

function evolve(state: ProductState, event: ProductEvent): ProductState {
  switch (event.type) {
    case 'ProductCreated':
      return { ...event.settings, status: 'draft' };
    case 'ProductChanged':
      return state.status === 'none' ? state : { ...event.settings, status: state.status };
    case 'ProductStatusChanged':
      return state.status === 'none' ? state : { ...state, status: event.status };
  }
}

export const productDecider: Decider<ProductState, ProductCommand, ProductEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
