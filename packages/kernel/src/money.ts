// Money is integer fen (分) and never a float. All arithmetic that could lose a fen is here.

declare const fenBrand: unique symbol;
export type Fen = number & { readonly [fenBrand]: 'Fen' };

/** 10 billion yuan: far above any order, far below the precision limit of a double. */
export const FEN_MAX = 1_000_000_000_000;

export function isFen(value: unknown): value is Fen {
  return typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= FEN_MAX;
}

/** @throws RangeError when the value is not a whole number of fen within ±10 billion yuan. */
export function fen(value: number): Fen {
  if (!isFen(value)) throw new RangeError(`not an amount in fen: ${value}`);
  return value;
}

export const ZERO_FEN: Fen = fen(0);

export function addFen(...amounts: readonly Fen[]): Fen {
  return fen(amounts.reduce<number>((sum, amount) => sum + amount, 0));
}

export function subtractFen(from: Fen, amount: Fen): Fen {
  return fen(from - amount);
}

export function timesFen(amount: Fen, count: number): Fen {
  if (!Number.isSafeInteger(count)) throw new RangeError(`not a whole number of times: ${count}`);
  return fen(amount * count);
}

/**
 * A share in basis points (1/100 %), rounded half up to a fen.
 * @param basisPoints 0 … 10,000; 5,000 is a half.
 */
export function shareOfFen(amount: Fen, basisPoints: number): Fen {
  if (!Number.isSafeInteger(basisPoints)) throw new RangeError(`not whole basis points: ${basisPoints}`);
  return fen(Math.floor((amount * basisPoints + 5_000) / 10_000));
}

/**
 * Splits an amount by weights so that the parts add up to it: the largest remainders get the odd fen, the first of equals first.
 * @param weights non-negative, at least one positive.
 */
export function allocateFen(amount: Fen, weights: readonly number[]): readonly Fen[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0 || weights.some((weight) => weight < 0))
    throw new RangeError('weights must be non-negative, with a positive sum');
  const exact = weights.map((weight) => (amount * weight) / total);
  const parts = exact.map(Math.floor);
  let rest = amount - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (rest <= 0) break;
    parts[index] = (parts[index] ?? 0) + 1;
    rest -= 1;
  }
  return parts.map(fen);
}

/** `12345` → `¥123.45`, as printed on tickets and in messages. */
export function formatYuan(amount: Fen): string {
  const sign = amount < 0 ? '-' : '';
  const absolute = Math.abs(amount);
  return `${sign}¥${Math.floor(absolute / 100)}.${String(absolute % 100).padStart(2, '0')}`;
}
