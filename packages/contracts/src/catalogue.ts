// Every message of the platform in one list: what is not here does not exist on the bus.
import type { MessageDefinition } from './define.ts';
import * as finance from './finance.ts';
import * as identity from './identity.ts';
import * as inventory from './inventory.ts';
import * as notification from './notification.ts';
import * as reissue from './reissue.ts';
import * as sales from './sales.ts';
import * as trust from './trust.ts';

function isDefinition(value: unknown): value is MessageDefinition {
  return typeof value === 'object' && value !== null && 'kind' in value && 'type' in value && 'example' in value;
}

export const CATALOGUE: readonly MessageDefinition[] = [
  identity,
  trust,
  inventory,
  sales,
  finance,
  notification,
  reissue,
]
  .flatMap((module): unknown[] => Object.values(module))
  .filter(isDefinition)
  .sort((a, b) => a.type.localeCompare(b.type));
