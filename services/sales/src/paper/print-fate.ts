// Whether a ticket may have been printed on a sheet that was taken for it. Its right knows while the ticket is its own; a right that has
// another ticket by now cannot tell any more, and then the sheet counts as used.
import type { Rights } from '../stores.ts';
import type { PrintFate } from './paper-serial.store.ts';

export function printFate(rights: Rights): PrintFate {
  return async (scope, { serial, rightId, number }) => {
    const right = await rights.load(scope, rightId);
    if (right === undefined || right.state.status === 'none') return false;
    return right.state.number !== number || right.state.prints.some((print) => print.serial === serial);
  };
}
