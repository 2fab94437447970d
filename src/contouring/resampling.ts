/**
 * How an image is brought to a network's grid, and what the network says back to the image.
 *
 * `triangle` is Rondo's own: a grid of the network's spacing about the middle of the image; linear interpolation, with a triangle filter
 * against aliasing where the image is the finer; probabilities come back linearly. `nnunet` and `monai` do what the software does that a
 * network was trained with: its labels otherwise change in 1 to 3 of 100 voxels.
 *
 * - `nnunet` (its `resample_data_or_seg`): a grid that fills the image; cubic splines that are cut off at the image's lowest and highest
 *   intensity, the nearest sample along the axis of thick slices; logits come back linearly and the highest decides.
 * - `monai` (Spacingd, Invertd): a grid from the first voxel on; linear interpolation of HU, clipped then; probabilities come back linearly and the highest decides.
 */
export const RESAMPLING_NAMES = ['triangle', 'nnunet', 'monai'] as const;
export type ResamplingName = (typeof RESAMPLING_NAMES)[number];

/** How samples of one axis are made of another's. */
export type AxisFilter = 'triangle' | 'spline' | 'linear' | 'nearest';

/** nnU-Net's: slices this much thicker than pixels are wide are not interpolated between. */
const THICK = 3;

/** An image along one axis, in mm: the outer edges of its voxels, the centre of the first, and how many they are. */
export interface AxisExtent {
  lowMm: number;
  highMm: number;
  firstMm: number;
  count: number;
}

/** Samples along one axis of a grid: how many, the place of the first, their distance, and how they are made. */
export interface AxisSamples {
  size: number;
  firstMm: number;
  spacingMm: number;
  filter: AxisFilter;
}

/** The samples of a network's grid along one axis of an image. @param spacingMm that the network was trained at */
export function layAxis(resampling: ResamplingName, { lowMm, highMm, firstMm, count }: AxisExtent, spacingMm: number): AxisSamples {
  const ownMm = (highMm - lowMm) / count;
  switch (resampling) {
    case 'triangle': {
      const size = Math.max(1, Math.round((highMm - lowMm) / spacingMm));
      return { size, firstMm: (lowMm + highMm) / 2 - ((size - 1) * spacingMm) / 2, spacingMm, filter: 'triangle' };
    }
    case 'nnunet': {
      const size = Math.max(1, roundHalfToEven((ownMm / spacingMm) * count));
      const filling = (highMm - lowMm) / size;
      return { size, firstMm: lowMm + filling / 2, spacingMm: filling, filter: 'spline' };
    }
    case 'monai':
      return { size: roundHalfToEven(((count - 1) * ownMm) / spacingMm + 1), firstMm, spacingMm, filter: 'linear' };
  }
}

/** As Python and NumPy round: an odd number of rows brought to twice their spacing is no rare case. */
function roundHalfToEven(value: number): number {
  // Spacings come out of differences of positions.
  const rounded = Math.round(Number(value.toPrecision(12)));
  return Math.abs(rounded - value - 0.5) < 1e-9 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** The axis along which nnU-Net does not interpolate: that of the thick slices of the image, or else of the network. @param spacings along three axes in mm */
export function thickAxis(imageMm: readonly number[], networkMm: readonly number[]): number | undefined {
  const spacings = [imageMm, networkMm].find((mm) => Math.max(...mm) / Math.min(...mm) > THICK);
  if (spacings === undefined) return undefined;
  const most = Math.max(...spacings);
  const thick = spacings.flatMap((mm, axis) => (mm > most * (1 - 1e-9) ? [axis] : []));
  return thick.length === 1 ? thick[0] : undefined;
}

/** Pole of the cubic spline's prefilter. */
const POLE = Math.sqrt(3) - 2;

/** The cubic B-spline. */
function bSpline(x: number): number {
  const distance = Math.abs(x);
  if (distance >= 2) return 0;
  return distance < 1 ? 2 / 3 - distance ** 2 + distance ** 3 / 2 : (2 - distance) ** 3 / 6;
}

/** Samples further away than this have a weight of less than a millionth. */
const SPLINE_REACH = 12;

/** The cubic spline that is 1 at 0 and 0 at every other whole number (Unser 1999, doi:10.1109/79.799930). */
function cardinalSpline(x: number): number {
  let sum = 0;
  for (let k = Math.ceil(x - 2); k <= Math.floor(x + 2); k++) sum += Math.sqrt(3) * POLE ** Math.abs(k) * bSpline(x - k);
  return sum;
}

/** The weights of `count` samples that make the value at a place between them, counted in samples. Beyond its ends an axis goes on with its outermost sample. */
export function weightsAt(filter: Exclude<AxisFilter, 'triangle'>, place: number, count: number): { first: number; weights: Float32Array } {
  const reach = filter === 'spline' ? SPLINE_REACH : 1;
  const nearest = Math.floor(place + 0.5);
  const inside = (index: number): number => Math.min(Math.max(index, 0), count - 1);
  const first = inside(filter === 'nearest' ? nearest : Math.floor(place) - reach + 1);
  const last = inside(filter === 'nearest' ? nearest : Math.floor(place) + reach);
  const weights = new Float64Array(last - first + 1);
  for (let index = Math.floor(place) - reach + 1; index <= Math.floor(place) + reach; index++) {
    const distance = place - index;
    const weight = filter === 'nearest' ? Number(index === nearest) : filter === 'linear' ? Math.max(0, 1 - Math.abs(distance)) : cardinalSpline(distance);
    if (weight !== 0) weights[inside(index) - first] += weight;
  }
  return { first, weights: Float32Array.from(weights) };
}
