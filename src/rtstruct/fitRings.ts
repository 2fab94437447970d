import { RondoError } from '../errors.ts';
import type { VolumeGeometry } from '../geometry/index.ts';
import { toPatientRing } from './contour.ts';
import { crossingRings } from './crossingRings.ts';
import { hasArea, writtenRing, type WrittenRing } from './filePrecision.ts';
import { encloseTheSame } from './rasterize.ts';
import { simplifyRing } from './simplify.ts';

/** Tolerances tried for a ring, as parts of the one asked for; at the last one a ring keeps all points but those on straight runs. */
const TOLERANCE_STEPS = [1, 0.5, 0.25, 0.125, 0] as const;

/** A ring on its way to the file, and how far it was simplified. */
interface FittedRing extends WrittenRing {
  step: number;
}

/**
 * The rings of one slice, simplified and rounded to file precision, without a change of what they enclose: each
 * holds the same voxel centres as before, and no two rings of the slice cross or touch.
 *
 * @param rings fractional column and row of each point, apart from each other
 * @param toleranceMm greatest distance in mm of a dropped point from the simplified ring
 * @returns points of each ring (x, y, z, LPS, mm)
 * @throws RondoError `contour-not-exact` when a ring changes even with all its points
 */
export function fitRings(rings: readonly Float64Array[], slice: number, geometry: VolumeGeometry, toleranceMm: number): Float64Array[] {
  const fitted = rings.map((ring) => fitRing(ring, 0, slice, geometry, toleranceMm));
  for (;;) {
    const crossing = crossingRings(fitted.map(({ coordinates }) => coordinates));
    if (crossing.size === 0) return fitted.map(({ points }) => points);
    const coarse = [...crossing].filter((index) => fitted[index].step < TOLERANCE_STEPS.length - 1);
    if (coarse.length === 0) throw notExact(slice, 'two rings meet');
    for (const index of coarse) fitted[index] = fitRing(rings[index], fitted[index].step + 1, slice, geometry, toleranceMm);
  }
}

/** The ring at the first tolerance, from `firstStep` on, at which it holds the same voxel centres. */
function fitRing(ring: Float64Array, firstStep: number, slice: number, geometry: VolumeGeometry, toleranceMm: number): FittedRing {
  const spacing = [geometry.columnSpacingMm, geometry.rowSpacingMm] as const;
  for (let step = firstStep; step < TOLERANCE_STEPS.length; step++) {
    const simplified = simplifyRing(ring, spacing, TOLERANCE_STEPS[step] * toleranceMm);
    const written = writtenRing(toPatientRing(simplified, slice, geometry), geometry);
    if (hasArea(written) && encloseTheSame([ring], [written.coordinates], geometry.size[1])) return { step, ...written };
  }
  throw notExact(slice, 'a ring does not hold the same voxel centres');
}

function notExact(slice: number, problem: string): RondoError {
  return new RondoError('contour-not-exact', `Contour on slice ${slice} cannot be written at file precision: ${problem}. Voxels this small (below 0.1 mm) are not supported.`);
}
