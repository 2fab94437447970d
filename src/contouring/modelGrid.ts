import { RondoError } from '../errors.ts';
import type { Vector3, VolumeGeometry } from '../geometry/index.ts';
import type { ModelManifest } from './modelManifest.ts';
import { layAxis, thickAxis, weightsAt, type AxisFilter, type ResamplingName } from './resampling.ts';

/**
 * How far the image axes may lean from the patient's axes, as the cosine of 30 degrees. The network works on the
 * image's own axes, reordered and flipped to left, posterior, superior, so that the way back is exact; a patient
 * leaning more than this was never shown to it.
 */
const MIN_AXIS_COSINE = Math.cos((30 * Math.PI) / 180);

/** One axis of the network's grid and the image axis that it runs along. */
export interface GridAxis {
  /** Image axis: 0 columns, 1 rows, 2 slices. */
  imageAxis: 0 | 1 | 2;
  /** Positions in mm of the image's samples along this axis, in image index order; rise or fall. */
  imageMm: readonly number[];
  /** Number of samples of the network's grid. */
  size: number;
  /** Position in mm of the grid's first sample, on the scale of `imageMm`, measured the way that the grid's axis grows. */
  firstMm: number;
  /** Distance of the grid's samples; of image slices that are unevenly placed the least one. */
  spacingMm: number;
  /** Whether the grid's samples are those of the image, each where it is. */
  isImage: boolean;
  /** How its samples are made of the image's. */
  filter: AxisFilter;
}

/** The network's grid over an image: axes x, y and z, as the manifest orients them. */
export type ModelGrid = readonly [GridAxis, GridAxis, GridAxis];

/**
 * Lays the network's grid over an image: same extent, the network's spacing, its axes the way that the manifest says; LPS: to the left, to posterior and superior.
 * That is `triangle`; other software lays its samples otherwise (`layAxis`).
 * Worked: 512 columns of 1 mm running to the patient's right, spacing 3 mm, give x positions 0, −1, … −511,
 * extent −511.5 … 0.5, 171 samples from −510.5 by 3.
 * @throws RondoError `contour-oblique` when an image axis leans more than 30° from the patient's axes.
 */
export function layModelGrid(geometry: VolumeGeometry, { spacingMm, orientation }: Pick<ModelManifest['input'], 'spacingMm' | 'orientation'>, resampling: ResamplingName = 'triangle'): ModelGrid {
  const directions: readonly Vector3[] = [geometry.rowDirection, geometry.columnDirection, geometry.normal];
  const axis = (patientAxis: 0 | 1 | 2): GridAxis => {
    const imageAxis = ([0, 1, 2] as const).find((candidate) => Math.abs(directions[candidate][patientAxis]) >= MIN_AXIS_COSINE);
    if (imageAxis === undefined) {
      throw new RondoError(
        'contour-oblique',
        'The image axes lean more than 30 degrees from the patient axes; the networks were trained on upright anatomy. Reformat the series to axial slices first.',
        { uid: geometry.frameOfReferenceUid },
      );
    }
    const sign = Math.sign(directions[imageAxis][patientAxis]) * (orientation[patientAxis] === 'LPS'[patientAxis] ? 1 : -1);
    const imageMm = axisPositionsMm(geometry, imageAxis).map((position) => sign * position);
    const low = Math.min(imageMm[0], imageMm[imageMm.length - 1]) - endMarginMm(imageMm, sign > 0 ? 'start' : 'end');
    const high = Math.max(imageMm[0], imageMm[imageMm.length - 1]) + endMarginMm(imageMm, sign > 0 ? 'end' : 'start');
    const spacing = spacingMm[patientAxis];
    if (spacing === 'image') {
      const ascendingMm = imageMm.toSorted((a, b) => a - b);
      const least = ascendingMm.slice(1).reduce((gap, position, index) => Math.min(gap, position - ascendingMm[index]), Infinity);
      return { imageAxis, imageMm, size: imageMm.length, firstMm: ascendingMm[0], spacingMm: Number.isFinite(least) ? least : 1, isImage: true, filter: 'nearest' };
    }
    return { imageAxis, imageMm, ...layAxis(resampling, { lowMm: low, highMm: high, firstMm: Math.min(imageMm[0], imageMm[imageMm.length - 1]), count: imageMm.length }, spacing), isImage: false };
  };
  const grid = [axis(0), axis(1), axis(2)] as const;
  if (resampling !== 'nnunet') return grid;
  const ownMm = grid.map(({ imageMm, spacingMm: mm }) => (imageMm.length > 1 ? Math.abs(imageMm[imageMm.length - 1] - imageMm[0]) / (imageMm.length - 1) : mm));
  const thick = thickAxis(ownMm, spacingMm.map((mm, index) => (mm === 'image' ? ownMm[index] : mm)));
  const asIs = (index: 0 | 1 | 2): GridAxis => (index === thick ? { ...grid[index], filter: 'nearest' } : grid[index]);
  return [asIs(0), asIs(1), asIs(2)];
}

function axisPositionsMm(geometry: VolumeGeometry, imageAxis: 0 | 1 | 2): number[] {
  if (imageAxis === 2) return [...geometry.sliceOffsetsMm];
  const spacing = imageAxis === 0 ? geometry.columnSpacingMm : geometry.rowSpacingMm;
  return Array.from({ length: geometry.size[imageAxis] }, (_, index) => index * spacing);
}

/** Half the outermost gap: from the last voxel centre to the image's edge. A single row or column counts as a point. */
function endMarginMm(imageMm: readonly number[], end: 'start' | 'end'): number {
  if (imageMm.length < 2) return 0;
  const [a, b] = end === 'start' ? [imageMm[0], imageMm[1]] : [imageMm[imageMm.length - 2], imageMm[imageMm.length - 1]];
  return Math.abs(b - a) / 2;
}

/** Weights that make one axis' samples out of another's: sample t = Σ weights[t][n] · source[first[t] + n]. */
export interface AxisWeights {
  first: Int32Array;
  weights: readonly Float32Array[];
}

/**
 * Weights that take image samples to one axis of the network's grid, by the axis' filter. `triangle`: linear interpolation where the
 * image is the coarser, a triangle filter as wide as the grid where it is the finer (against aliasing), true to unevenly placed
 * slices. Beyond the image the outermost sample continues.
 */
export function weightsToGrid(axis: GridAxis): AxisWeights {
  const count = axis.imageMm.length;
  const rising = count < 2 || axis.imageMm[1] > axis.imageMm[0];
  const ascendingMm = rising ? axis.imageMm : axis.imageMm.toReversed();
  const first = new Int32Array(axis.size);
  if (axis.isImage) {
    first.forEach((_, t) => { first[t] = rising ? t : count - 1 - t; });
    return { first, weights: Array.from(first, () => Float32Array.of(1)) };
  }
  const { filter } = axis;
  const weights = Array.from({ length: axis.size }, (_, t) => {
    if (filter !== 'triangle') {
      const { first: low, weights: own } = weightsAt(filter, placeIn(ascendingMm, axis.firstMm + t * axis.spacingMm), count);
      first[t] = rising ? low : count - low - own.length;
      return rising ? own : own.reverse();
    }
    const at = Math.min(Math.max(axis.firstMm + t * axis.spacingMm, ascendingMm[0]), ascendingMm[count - 1]);
    const below = lastAtOrBelow(ascendingMm, at);
    const gapMm = below + 1 < count ? ascendingMm[below + 1] - ascendingMm[below] : 0;
    const interpolates = gapMm >= axis.spacingMm;
    const reachMm = interpolates ? gapMm : axis.spacingMm;
    let low = below;
    let high = interpolates ? below + 1 : below;
    while (!interpolates && low > 0 && at - ascendingMm[low - 1] < reachMm) low--;
    while (!interpolates && high + 1 < count && ascendingMm[high + 1] - at < reachMm) high++;
    const raw = Float32Array.from({ length: high - low + 1 }, (__, n) => {
      const index = low + n;
      // Each sample stands for the stretch up to halfway to its neighbours, so that uneven slices weigh by what they cover.
      const coversMm = (ascendingMm[Math.min(index + 1, count - 1)] - ascendingMm[Math.max(index - 1, 0)]) / 2;
      return (1 - Math.abs(ascendingMm[index] - at) / reachMm) * (interpolates || count === 1 ? 1 : coversMm);
    });
    const normalized = centred(raw, ascendingMm.slice(low, high + 1).map((position) => position - at));
    first[t] = rising ? low : count - 1 - high;
    return rising ? normalized : normalized.reverse();
  });
  return { first, weights };
}

/**
 * Weights with sum 1 whose centre of mass lies at distance 0, so that resampling never shifts the anatomy by a fraction of a
 * voxel, however the samples fall. Where all samples lie to one side (the image's edge) the weights are only normalized.
 */
function centred(weights: Float32Array, distancesMm: readonly number[]): Float32Array {
  let [sum, first, second] = [0, 0, 0];
  for (const [n, weight] of weights.entries()) {
    sum += weight;
    first += weight * distancesMm[n];
    second += weight * distancesMm[n] ** 2;
  }
  const slope = second > 0 ? -first / second : 0;
  const tilted = distancesMm.every((distance) => 1 + slope * distance >= 0) ? weights.map((weight, n) => weight * (1 + slope * distancesMm[n])) : weights;
  const total = tilted === weights ? sum : tilted.reduce((all, weight) => all + weight, 0);
  return tilted.map((weight) => weight / total);
}

/** For each image sample, the grid sample below it and how far it lies toward the next (0 … 1): linear interpolation back to the image. */
export interface AxisInterpolation {
  below: Int32Array;
  fraction: Float32Array;
}

/** Interpolation from one axis of the network's grid back to the image's samples: linear, or the nearest where the axis was made so. At the ends the outermost sample continues. */
export function interpolationToImage(axis: GridAxis): AxisInterpolation {
  const below = new Int32Array(axis.imageMm.length);
  const fraction = new Float32Array(axis.imageMm.length);
  const falls = axis.imageMm.length > 1 && axis.imageMm[1] < axis.imageMm[0];
  axis.imageMm.forEach((position, index) => {
    const place = axis.isImage ? (falls ? axis.size - 1 - index : index) : (position - axis.firstMm) / axis.spacingMm;
    const at = Math.min(Math.max(axis.filter === 'nearest' ? Math.floor(place + 0.5) : place, 0), axis.size - 1);
    below[index] = Math.min(Math.floor(at), Math.max(axis.size - 2, 0));
    fraction[index] = at - below[index];
  });
  return { below, fraction };
}

/** A position in samples: 2.5 is halfway from the third to the fourth. Beyond the ends the outermost distance goes on. */
function placeIn(ascendingMm: readonly number[], atMm: number): number {
  if (ascendingMm.length < 2) return 0;
  const below = Math.min(lastAtOrBelow(ascendingMm, atMm), ascendingMm.length - 2);
  return below + (atMm - ascendingMm[below]) / (ascendingMm[below + 1] - ascendingMm[below]);
}

function lastAtOrBelow(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ascending[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}
