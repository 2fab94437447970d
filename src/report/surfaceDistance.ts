import type { Mask } from '../geometry/index.ts';
import { nearestMm } from './nearestSurface.ts';
import { requireSameGrid } from './sameGrid.ts';
import { cellGrid, surfaceOf } from './surface.ts';

/** How far each element of one surface lies from the other surface, and the element's area. */
export interface DirectedDistances {
  distancesMm: Float64Array;
  areasMm2: Float64Array;
}

/**
 * Distances between the surfaces of two masks in both directions, unsorted: computed once, reduced by the functions
 * below. A direction without elements means that its mask is empty; when only the other mask is, its distances are Infinity.
 */
export interface SurfaceDistances {
  referenceToTest: DirectedDistances;
  testToReference: DirectedDistances;
}

/** How the figures of this file are defined, for every place that shows them. */
export const surfaceConventions = {
  surface: 'Surface: elements of marching cubes between voxel centres, with their areas (DeepMind surface-distance); each slice gap with its own height',
  hd95: 'HD95: maximum of the two directed 95th percentiles, weighted by surface area',
  pooledHd95: 'pooled HD95: 95th percentile of the distances of both directions together, weighted by surface area',
  msd: 'MSD: mean of the two directed mean surface distances, each weighted by surface area',
} as const;

/**
 * The distances between the surfaces of two masks on the same grid, in mm: exact, between the middles of elements.
 * @throws RondoError `frame-differs` or `grid-differs` when the masks do not lie on the same grid.
 */
export function surfaceDistances(reference: Mask, test: Mask): SurfaceDistances {
  requireSameGrid(reference.geometry, test.geometry);
  const grid = cellGrid(reference.geometry);
  const [a, b] = [surfaceOf(reference, grid), surfaceOf(test, grid)];
  return {
    referenceToTest: { distancesMm: nearestMm(a, b, grid), areasMm2: a.areasMm2 },
    testToReference: { distancesMm: nearestMm(b, a, grid), areasMm2: b.areasMm2 },
  };
}

/** HD95 in mm by `surfaceConventions.hd95`: Infinity when one of the masks is empty, 0 when both are. */
export function hd95Mm({ referenceToTest, testToReference }: SurfaceDistances): number {
  return Math.max(percentileMm([referenceToTest], 95), percentileMm([testToReference], 95));
}

/** HD95 in mm by `surfaceConventions.pooledHd95`; empty masks as for `hd95Mm`. */
export function pooledHd95Mm({ referenceToTest, testToReference }: SurfaceDistances): number {
  return percentileMm([referenceToTest, testToReference], 95);
}

/** Mean surface distance in mm by `surfaceConventions.msd`; empty masks as for `hd95Mm`. */
export function meanSurfaceDistanceMm({ referenceToTest, testToReference }: SurfaceDistances): number {
  return (meanMm(referenceToTest) + meanMm(testToReference)) / 2;
}

function meanMm({ distancesMm, areasMm2 }: DirectedDistances): number {
  let [sum, area] = [0, 0];
  for (let n = 0; n < distancesMm.length; n++) {
    sum += distancesMm[n] * areasMm2[n];
    area += areasMm2[n];
  }
  return area === 0 ? 0 : sum / area;
}

const BINS = 1024;

/**
 * The smallest distance within which `percent` of the area lies; 0 without elements. Found by histograms that close
 * in on it: sorting hundreds of thousands of pairs takes longer than all the rest.
 */
function percentileMm(sets: readonly DirectedDistances[], percent: number): number {
  let [low, high, total] = [Infinity, -Infinity, 0];
  for (const { distancesMm, areasMm2 } of sets) {
    for (let n = 0; n < distancesMm.length; n++) {
      if (distancesMm[n] < low) low = distancesMm[n];
      if (distancesMm[n] > high) high = distancesMm[n];
      total += areasMm2[n];
    }
  }
  if (total === 0) return 0;
  let missing = (total * percent) / 100;
  while (low < high) {
    const area = new Float64Array(BINS);
    const least = new Float64Array(BINS).fill(Infinity);
    const most = new Float64Array(BINS).fill(-Infinity);
    for (const { distancesMm, areasMm2 } of sets) {
      for (let n = 0; n < distancesMm.length; n++) {
        const distance = distancesMm[n];
        if (distance < low || distance > high) continue;
        const bin = Math.min(BINS - 1, Math.floor(((distance - low) / (high - low)) * BINS));
        area[bin] += areasMm2[n];
        if (distance < least[bin]) least[bin] = distance;
        if (distance > most[bin]) most[bin] = distance;
      }
    }
    // The last bin holds `high`: rounding of the sums cannot push the search beyond it.
    let bin = 0;
    while (bin < BINS - 1 && area[bin] < missing) missing -= area[bin++];
    [low, high] = [least[bin], most[bin]];
  }
  return high;
}
