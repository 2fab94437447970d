import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import { borderOf, centreGrid } from './border.ts';
import { largestMm, linearPercentileMm, meanMm, shareWithin, sortedMm, weightedPercentileMm, type DirectedDistances, type Distances } from './distances.ts';
import { nearestMm } from './nearestSurface.ts';
import { requireSameGrid } from './sameGrid.ts';
import { cellGrid, surfaceOf, type Surface } from './surface.ts';

/** Hausdorff distance, its 95th percentile, and mean surface distance, in mm, all by one convention. */
export interface DistanceFigures {
  hdMm: number;
  hd95Mm: number;
  msdMm: number;
}

/** How distances between surfaces are taken and reduced; `distanceConventions` says it in words. */
export type DistanceConvention = 'surface' | 'pooled' | 'monai' | 'medpy' | 'plastimatch';

/** What each convention means, for every place that shows its figures. Each slice lies at its own position in all of them. */
export const distanceConventions: Readonly<Record<DistanceConvention, string>> = {
  surface: 'surface elements of marching cubes, weighted by area; HD and HD95: larger of the two directed values; MSD: mean of the two directed means (DeepMind surface-distance 0.1)',
  pooled: 'surface elements of marching cubes, weighted by area; HD: largest distance; HD95 and MSD: of both directions together',
  monai: 'centres of border voxels (6 neighbours), each counted once; HD and HD95: larger of the two directed values, percentile linear between ranks; MSD: mean of both directions together (MONAI 1.6, symmetric)',
  medpy: 'centres of border voxels (6 neighbours), each counted once; HD: larger of the two directed values; HD95 and MSD: of both directions together, percentile linear between ranks (MedPy 0.5)',
  plastimatch: 'centres of border voxels (6 neighbours), each counted once; HD: larger of the two directed values; HD95 and MSD: mean of the two directed values, percentile at rank ⌊0.95n⌋ (plastimatch 1.9 "boundary", with exact distances)',
};

/**
 * The distances between the surfaces of two masks on the same grid, in mm: exact, between the middles of elements. Undefined when one of
 * the masks is empty.
 * @throws RondoError `frame-differs` or `grid-differs` when the masks do not lie on the same grid.
 */
export function surfaceDistances(reference: Mask, test: Mask): Distances | undefined {
  return measuredSurfaces(reference, test)?.distances;
}

/** The surfaces of two masks and the distances between them; undefined and refused as `surfaceDistances`. */
export function measuredSurfaces(reference: Mask, test: Mask): { reference: Surface; test: Surface; distances: Distances } | undefined {
  requireSameGrid(reference.geometry, test.geometry);
  const [a, b] = [keptSurface(reference, reference.geometry), keptSurface(test, reference.geometry)];
  if (a.count === 0 || b.count === 0) return undefined;
  const grid = cellGrid(reference.geometry);
  return {
    reference: a,
    test: b,
    distances: {
      referenceToTest: { distancesMm: nearestMm(a, b, grid), weights: a.areasMm2 },
      testToReference: { distancesMm: nearestMm(b, a, grid), weights: b.areasMm2 },
    },
  };
}

const surfaces = new WeakMap<Mask, { geometry: VolumeGeometry; surface: Surface }>();

/** The surface of a mask on a grid, made once however many pairs it stands in. */
function keptSurface(mask: Mask, geometry: VolumeGeometry): Surface {
  const known = surfaces.get(mask);
  if (known?.geometry === geometry) return known.surface;
  const surface = surfaceOf(mask, cellGrid(geometry));
  surfaces.set(mask, { geometry, surface });
  return surface;
}

/** Distance figures by the convention `surface`, of `surfaceDistances`. */
export function surfaceFigures({ referenceToTest: there, testToReference: back }: Distances): DistanceFigures {
  return {
    hdMm: Math.max(largestMm(there), largestMm(back)),
    hd95Mm: Math.max(weightedPercentileMm(95, there), weightedPercentileMm(95, back)),
    msdMm: (meanMm(there) + meanMm(back)) / 2,
  };
}

/** Distance figures by the convention `pooled`, of `surfaceDistances`. */
export function pooledFigures({ referenceToTest: there, testToReference: back }: Distances): DistanceFigures {
  return { hdMm: Math.max(largestMm(there), largestMm(back)), hd95Mm: weightedPercentileMm(95, there, back), msdMm: meanMm(there, back) };
}

/** Surface DSC: share of the area of both surfaces that lies within the tolerance of the other, of `surfaceDistances`. Nikolov 2021, J Med Internet Res 23:e26151. */
export function surfaceDice(distances: Distances, toleranceMm: number): number {
  return shareWithin(distances, toleranceMm);
}

/**
 * Distance figures of two masks by a convention. Undefined when one of the masks is empty.
 * @throws RondoError `frame-differs` or `grid-differs` when the masks do not lie on the same grid.
 */
export function distanceFigures(reference: Mask, test: Mask, convention: DistanceConvention): DistanceFigures | undefined {
  return figuresByConvention(reference, test, [convention])[convention];
}

/**
 * Distance figures of two masks by each of some conventions; none where one of the masks is empty.
 * @param measured distances of `measuredSurfaces` where they are known: what conventions have in common is measured once
 * @throws RondoError as `distanceFigures` does
 */
export function figuresByConvention(reference: Mask, test: Mask, conventions: readonly DistanceConvention[], measured?: Distances): Partial<Record<DistanceConvention, DistanceFigures>> {
  const known: Partial<Record<Points, Distances | undefined>> = measured === undefined ? {} : { surface: measured };
  return Object.fromEntries(conventions.flatMap((convention) => {
    const { of, figures } = reducers[convention];
    if (!(of in known)) known[of] = pointDistances[of](reference, test);
    const distances = known[of];
    return distances ? [[convention, figures(distances)]] : [];
  }));
}

/** What distances are measured between. */
type Points = 'surface' | 'border';

const pointDistances: Readonly<Record<Points, (reference: Mask, test: Mask) => Distances | undefined>> = { surface: surfaceDistances, border: borderDistances };

const reducers: Readonly<Record<DistanceConvention, { of: Points; figures: (distances: Distances) => DistanceFigures }>> = {
  surface: { of: 'surface', figures: surfaceFigures },
  pooled: { of: 'surface', figures: pooledFigures },
  monai: {
    of: 'border',
    figures: ({ referenceToTest: there, testToReference: back }) => ({
      hdMm: Math.max(largestMm(there), largestMm(back)),
      hd95Mm: Math.max(linearPercentileMm(95, there), linearPercentileMm(95, back)),
      msdMm: meanMm(there, back),
    }),
  },
  medpy: {
    of: 'border',
    figures: ({ referenceToTest: there, testToReference: back }) => ({ hdMm: Math.max(largestMm(there), largestMm(back)), hd95Mm: linearPercentileMm(95, there, back), msdMm: meanMm(there, back) }),
  },
  plastimatch: {
    of: 'border',
    figures: ({ referenceToTest: there, testToReference: back }) => ({
      hdMm: Math.max(largestMm(there), largestMm(back)),
      hd95Mm: (rankedMm(there) + rankedMm(back)) / 2,
      msdMm: (meanMm(there) + meanMm(back)) / 2,
    }),
  },
};

/** hausdorff_distance.cxx: the element ⌊0.95 n − 1⌋, counted from 0, in single precision. A lone voxel has none there; it is its own percentile. */
function rankedMm(set: DirectedDistances): number {
  const count = set.distancesMm.length;
  const rank = Math.floor(Math.fround(Math.fround(Math.fround(0.95) * count) - 1));
  return sortedMm([set])[Math.max(0, rank)];
}

function borderDistances(reference: Mask, test: Mask): Distances | undefined {
  requireSameGrid(reference.geometry, test.geometry);
  const grid = centreGrid(reference.geometry);
  const [a, b] = [borderOf(reference), borderOf(test)];
  if (a.count === 0 || b.count === 0) return undefined;
  return {
    referenceToTest: { distancesMm: nearestMm(a, b, grid), weights: new Float64Array(a.count).fill(1) },
    testToReference: { distancesMm: nearestMm(b, a, grid), weights: new Float64Array(b.count).fill(1) },
  };
}
