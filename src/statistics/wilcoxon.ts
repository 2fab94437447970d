import { upperTail } from './normal.ts';

export interface SignedRank {
  /** Pairs, and those of them without a difference. */
  pairs: number;
  zeros: number;
  /** Sums of the ranks of the positive and of the negative differences. */
  positive: number;
  negative: number;
  /** Of both sides. */
  p: number;
  method: 'exact' | 'normal approximation';
}

/** Up to here the distribution is counted out, unless ranks are shared. */
const MOST_EXACT = 50;

/**
 * Wilcoxon's signed rank test of paired differences. Zeros are ranked and then left out (Pratt 1959, J Am Stat Assoc 54:655): dropping them before
 * ranking makes a few differences among many equal pairs count for more than they are. Without zeros and ties up to 50 pairs the distribution is
 * exact, else normal with the correction for ties and zeros, without one for continuity.
 * @returns undefined where no pair differs
 */
export function wilcoxonSignedRank(differences: readonly number[]): SignedRank | undefined {
  const ranked = ranksOf(differences.map(Math.abs));
  const sumWhere = (holds: (difference: number) => boolean): number => ranked.ranks.reduce((sum, rank, index) => sum + (holds(differences[index]) ? rank : 0), 0);
  const [positive, negative] = [sumWhere((difference) => difference > 0), sumWhere((difference) => difference < 0)];
  if (positive + negative === 0) return undefined;
  const pairs = differences.length;
  const zeros = differences.filter((difference) => difference === 0).length;
  const least = Math.min(positive, negative);
  if (zeros === 0 && ranked.shared.length === 0 && pairs <= MOST_EXACT) {
    return { pairs, zeros, positive, negative, p: Math.min(1, 2 * shareUpTo(least, pairs)), method: 'exact' };
  }
  const expected = (pairs * (pairs + 1) - zeros * (zeros + 1)) / 4;
  // Zeros are alike too, but have left with the terms of their own.
  const ties = ranked.shared.filter(({ value }) => value !== 0).reduce((sum, { count }) => sum + count ** 3 - count, 0);
  const variance = (pairs * (pairs + 1) * (2 * pairs + 1) - zeros * (zeros + 1) * (2 * zeros + 1) - ties / 2) / 24;
  return { pairs, zeros, positive, negative, p: Math.min(1, 2 * upperTail((expected - least) / Math.sqrt(variance))), method: 'normal approximation' };
}

/** Ranks from 1, equal values share their mean rank; and the values that are shared, how often. */
function ranksOf(values: readonly number[]): { ranks: number[]; shared: { value: number; count: number }[] } {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length).fill(0);
  const shared = [];
  for (let first = 0, end; first < order.length; first = end) {
    const value = values[order[first]];
    end = first + 1;
    while (end < order.length && values[order[end]] === value) end++;
    for (let n = first; n < end; n++) ranks[order[n]] = (first + 1 + end) / 2;
    if (end - first > 1) shared.push({ value, count: end - first });
  }
  return { ranks, shared };
}

/** Share of all ways of signing the ranks 1 to n whose positive ones sum up to `most` at most. */
function shareUpTo(most: number, n: number): number {
  const shares = new Float64Array((n * (n + 1)) / 2 + 1);
  shares[0] = 1;
  // Each rank is in or out, each half of the time.
  for (let rank = 1; rank <= n; rank++) for (let sum = shares.length - 1; sum >= 0; sum--) shares[sum] = (shares[sum] + (sum >= rank ? shares[sum - rank] : 0)) / 2;
  return shares.subarray(0, most + 1).reduce((total, share) => total + share, 0);
}
