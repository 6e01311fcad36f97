// Wishes for one limit are added up before they are taken.
import { expect } from 'chai';
import { addedUp, type ClaimWish } from './claim.store.ts';

const wish = (key: string, count = 1): ClaimWish => ({
  key,
  limit: 1,
  count,
  counts: 'live',
  refusal: { code: 'sales.document-has-ticket', data: {} },
});

describe('claims', () => {
  it('SAL-25 one document twice in one order asks for two places of a limit of one', () => {
    expect(addedUp([wish('a'), wish('b'), wish('a')]).map(({ key, count }) => [key, count])).to.deep.equal([
      ['a', 2],
      ['b', 1],
    ]);
  });
});
