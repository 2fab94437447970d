/** How far each point of one surface lies from the other surface, and how much each counts: its area in mm², or 1. */
export interface DirectedDistances {
  distancesMm: Float64Array;
  weights: Float64Array;
}

/** Distances between the surfaces of two structures in both directions, unsorted: computed once, reduced by the functions of this file. Neither side is empty. */
export interface Distances {
  referenceToTest: DirectedDistances;
  testToReference: DirectedDistances;
}

/** The largest distance of one direction. */
export function largestMm({ distancesMm }: DirectedDistances): number {
  let most = 0;
  for (let n = 0; n < distancesMm.length; n++) if (distancesMm[n] > most) most = distancesMm[n];
  return most;
}

/** The weighted mean of the distances of some directions together. */
export function meanMm(...sets: readonly DirectedDistances[]): number {
  let [sum, total] = [0, 0];
  for (const { distancesMm, weights } of sets) {
    for (let n = 0; n < distancesMm.length; n++) {
      sum += distancesMm[n] * weights[n];
      total += weights[n];
    }
  }
  return sum / total;
}

/** The share of the weight of both directions that lies within a distance: the surface DSC, where weights are areas. */
export function shareWithin({ referenceToTest, testToReference }: Distances, toleranceMm: number): number {
  let [within, total] = [0, 0];
  for (const { distancesMm, weights } of [referenceToTest, testToReference]) {
    for (let n = 0; n < distancesMm.length; n++) {
      total += weights[n];
      if (distancesMm[n] <= toleranceMm) within += weights[n];
    }
  }
  return within / total;
}

/** The value at a rank of the sorted distances of some directions together, between whole ranks linear: numpy.percentile, torch.quantile. */
export function linearPercentileMm(percent: number, ...sets: readonly DirectedDistances[]): number {
  const sorted = sortedMm(sets);
  const rank = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(rank);
  return sorted[below] + (rank - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]);
}

/** The distances of some directions together, rising. */
export function sortedMm(sets: readonly DirectedDistances[]): Float64Array {
  const all = new Float64Array(sets.reduce((sum, { distancesMm }) => sum + distancesMm.length, 0));
  let end = 0;
  for (const { distancesMm } of sets) {
    all.set(distancesMm, end);
    end += distancesMm.length;
  }
  return all.sort();
}

const BINS = 1024;

/**
 * The smallest distance within which `percent` of the weight of some directions together lies. Found by histograms that close
 * in on it: sorting hundreds of thousands of pairs takes longer than all the rest.
 */
export function weightedPercentileMm(percent: number, ...sets: readonly DirectedDistances[]): number {
  let [low, high, total] = [Infinity, -Infinity, 0];
  for (const { distancesMm, weights } of sets) {
    for (let n = 0; n < distancesMm.length; n++) {
      if (distancesMm[n] < low) low = distancesMm[n];
      if (distancesMm[n] > high) high = distancesMm[n];
      total += weights[n];
    }
  }
  let missing = (total * percent) / 100;
  while (low < high) {
    const weight = new Float64Array(BINS);
    const least = new Float64Array(BINS).fill(Infinity);
    const most = new Float64Array(BINS).fill(-Infinity);
    for (const { distancesMm, weights } of sets) {
      for (let n = 0; n < distancesMm.length; n++) {
        const distance = distancesMm[n];
        if (distance < low || distance > high) continue;
        const bin = Math.min(BINS - 1, Math.floor(((distance - low) / (high - low)) * BINS));
        weight[bin] += weights[n];
        if (distance < least[bin]) least[bin] = distance;
        if (distance > most[bin]) most[bin] = distance;
      }
    }
    // The last bin holds `high`: rounding of the sums cannot push the search beyond it.
    let bin = 0;
    while (bin < BINS - 1 && weight[bin] < missing) missing -= weight[bin++];
    [low, high] = [least[bin], most[bin]];
  }
  return high;
}
