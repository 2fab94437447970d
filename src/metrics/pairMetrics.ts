import type { Mask, Vector3 } from '../geometry/index.ts';
import { addedPathOf } from './addedPath.ts';
import { definitions, type Figure, type UndefinedReason } from './definitions.ts';
import { accuracyOf, conformityOf, diceOf, iouOf, overlapOf, precisionOf, recallOf, volumeRatioOf, type Overlap } from './overlap.ts';
import { centroidShift, extentDifferences, type ExtentDifferences } from './position.ts';
import { figuresByConvention, measuredSurfaces, pooledFigures, surfaceDice, surfaceFigures, type DistanceConvention, type DistanceFigures } from './surfaceDistance.ts';
import { surfaceMap, type SurfaceMap } from './surfaceMap.ts';

/** Which side holds voxels. `missed`: the reference alone; `extra`: the test alone. */
export type Presence = 'both' | 'missed' | 'extra' | 'neither';

/** How a pair is measured. */
export interface PairOptions {
  /** τ of the surface DSC in mm; `surfaceTolerance` has one for each structure. */
  toleranceMm: number;
  /** Within this distance a contour need not be drawn anew; 0, as in Vaassen 2020, unless told otherwise. */
  addedPathToleranceMm?: number;
  /** Other conventions whose distances are wanted beside those of `surface`. */
  conventions?: readonly DistanceConvention[];
  /** Whether it is wanted where on the surface they differ. */
  withMap?: boolean;
}

/** One slice that holds either structure. */
export interface SliceMetrics {
  /** Index of the slice in the volume, from 0. */
  slice: number;
  referenceMm2: number;
  testMm2: number;
  commonMm2: number;
  /** 0 where only one of them is. */
  dsc: number;
  /** Length of the reference's contour, and of the part of it that the test lacks. */
  referencePathMm: number;
  addedPathMm: number;
}

/**
 * All figures of a pair of structures, as `definitions` has them. A figure without a value is absent, and `undefinedBecause`
 * says why: there is no NaN, no Infinity, and no number that stands for "nothing". A missed or extra structure has a DSC of 0 and no distance.
 */
export interface PairMetrics extends Partial<Record<Figure, number>> {
  presence: Presence;
  referenceCc: number;
  testCc: number;
  toleranceMm: number;
  addedPathToleranceMm: number;
  /** Distances by the conventions that were asked for. */
  otherDistances: Partial<Record<DistanceConvention, DistanceFigures>>;
  /** From the reference's centre of mass to the test's (LPS, mm). */
  centroidShiftLpsMm?: Vector3;
  extents?: ExtentDifferences;
  /** Where it was asked for and both are there. */
  surfaceMap?: SurfaceMap;
  /** In rising order. */
  slices: SliceMetrics[];
  undefinedBecause: Partial<Record<Figure, UndefinedReason>>;
}

/**
 * Measures a pair of structures on one grid.
 * @throws RondoError `frame-differs` or `grid-differs` when the masks do not lie on the same grid.
 */
export function pairMetrics(reference: Mask, test: Mask, { toleranceMm, addedPathToleranceMm = 0, conventions = [], withMap = false }: PairOptions): PairMetrics {
  const overlap = overlapOf(reference, test);
  const presence = presenceOf(overlap);
  const surfaces = presence === 'both' ? measuredSurfaces(reference, test) : undefined;
  const distances = surfaces?.distances;
  const surface = distances && surfaceFigures(distances);
  const slices = slicesOf(overlap, reference, test, addedPathToleranceMm);
  const sliceDsc = slices.map(({ dsc }) => dsc);
  const path = { referenceMm: sum(slices.map(({ referencePathMm }) => referencePathMm)), addedMm: sum(slices.map((slice) => slice.addedPathMm)) };
  const changed = slices.filter(({ addedPathMm, referenceMm2 }) => addedPathMm > 0 || referenceMm2 === 0).length;
  const shift = centroidShift(reference, test);
  const extents = extentDifferences(overlap, reference);
  const figures: Record<Figure, number | undefined> = {
    dsc: diceOf(overlap),
    iou: iouOf(overlap),
    precision: precisionOf(overlap),
    recall: recallOf(overlap),
    accuracy: accuracyOf(overlap),
    conformity: conformityOf(overlap),
    volumeRatio: volumeRatioOf(overlap),
    hdMm: surface?.hdMm,
    hd95Mm: surface?.hd95Mm,
    pooledHd95Mm: distances && pooledFigures(distances).hd95Mm,
    msdMm: surface?.msdMm,
    surfaceDsc: distances ? surfaceDice(distances, toleranceMm) : whenOneIsThere(presence, 0),
    addedPathMm: overlap.referenceCc > 0 ? path.addedMm : undefined,
    addedPathShare: overlap.referenceCc > 0 ? path.addedMm / path.referenceMm : undefined,
    changedSlices: whenOneIsThere(presence, changed),
    changedSlicesShare: whenOneIsThere(presence, changed / slices.length),
    sliceDscMean: whenOneIsThere(presence, sum(sliceDsc) / sliceDsc.length),
    sliceDscMin: whenOneIsThere(presence, Math.min(...sliceDsc)),
    centroidShiftMm: shift?.lengthMm,
    firstSliceMm: extents?.first.mm,
    lastSliceMm: extents?.last.mm,
  };
  return {
    presence,
    referenceCc: overlap.referenceCc,
    testCc: overlap.testCc,
    toleranceMm,
    addedPathToleranceMm,
    ...Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)),
    otherDistances: figuresByConvention(reference, test, conventions, distances),
    ...(shift && { centroidShiftLpsMm: shift.vectorMm }),
    ...(extents && { extents }),
    ...(withMap && surfaces && { surfaceMap: surfaceMap({ mask: reference, surface: surfaces.reference }, { mask: test, surface: surfaces.test }, surfaces.distances) }),
    slices,
    undefinedBecause: Object.fromEntries(figureNames.filter((name) => figures[name] === undefined).map((name) => [name, reasons[presence]])),
  };
}

const figureNames = Object.keys(definitions) as Figure[];

function presenceOf({ referenceCc, testCc }: Overlap): Presence {
  if (referenceCc > 0) return testCc > 0 ? 'both' : 'missed';
  return testCc > 0 ? 'extra' : 'neither';
}

function whenOneIsThere(presence: Presence, value: number): number | undefined {
  return presence === 'neither' ? undefined : value;
}

/** Where both are there, only the conformity coefficient can lack a value: it divides by what they have in common. */
const reasons = { both: 'nothing-in-common', missed: 'test-empty', extra: 'reference-empty', neither: 'both-empty' } as const satisfies Record<Presence, UndefinedReason>;

function slicesOf({ slices }: Overlap, reference: Mask, test: Mask, toleranceMm: number): SliceMetrics[] {
  const pixelMm2 = reference.geometry.columnSpacingMm * reference.geometry.rowSpacingMm;
  const paths = new Map(addedPathOf(reference, test, toleranceMm).map((path) => [path.slice, path]));
  return slices.map(({ slice, reference: inReference, test: inTest, common }) => ({
    slice,
    referenceMm2: inReference * pixelMm2,
    testMm2: inTest * pixelMm2,
    commonMm2: common * pixelMm2,
    dsc: (2 * common) / (inReference + inTest),
    referencePathMm: paths.get(slice)?.referenceMm ?? 0,
    addedPathMm: paths.get(slice)?.addedMm ?? 0,
  }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}
