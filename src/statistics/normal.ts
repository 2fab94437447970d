const SQRT_2_PI = Math.sqrt(2 * Math.PI);

/** From here on the series loses digits to cancellation, and the continued fraction converges quickly. */
const TAIL_FROM = 3;
const TAIL_TERMS = 120;

/** Share of the standard normal distribution above `z`; no digits are lost in the upper tail. */
export function upperTail(z: number): number {
  if (z < TAIL_FROM) return 1 - normalCdf(z);
  const density = Math.exp((-z * z) / 2) / SQRT_2_PI;
  let fraction = z;
  for (let term = TAIL_TERMS; term >= 1; term--) fraction = z + term / fraction;
  return density / fraction;
}

/** Share of the standard normal distribution below `z`: the series of Marsaglia 2004 (J Stat Softw 11:4), a continued fraction in the tails. */
export function normalCdf(z: number): number {
  if (z <= -TAIL_FROM) return upperTail(-z);
  if (z >= TAIL_FROM) return 1 - upperTail(z);
  let [sum, term] = [z, z];
  for (let n = 3, before = NaN; sum !== before; n += 2) {
    before = sum;
    term *= (z * z) / n;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / SQRT_2_PI;
}

/** The z below which `share` of the standard normal distribution lies; −∞ of 0, ∞ of 1. */
export function normalQuantile(share: number): number {
  if (share <= 0) return -Infinity;
  if (share >= 1) return Infinity;
  // No double lies farther out. Halving needs no table, and ends where no double lies between.
  let [low, high] = [-39, 39];
  for (let middle = 0; middle !== low && middle !== high; middle = (low + high) / 2) {
    if (normalCdf(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}
