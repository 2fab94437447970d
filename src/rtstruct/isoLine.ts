import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { boundaryEdge, type Boundary, type BoundaryEdge } from './boundary.ts';
import { signedArea } from './contour.ts';

/** A structure to outline below voxel size: which voxels belong, and, where a model gave them, how surely. */
export interface SmoothField {
  mask: Mask;
  /**
   * Probability of each voxel of a slice of the volume (0-based k) that lies in `mask.box`, in the order of
   * `mask.slice(k)`; asked for once a slice, so that no volume of floats need be held. Where it contradicts the mask (a
   * voxel was added or removed after the model) the mask wins.
   */
  probability?: ((slice: number) => Float32Array) | undefined;
}

/** The level that parts inside from outside. */
const LEVEL = 0.5;
/** What a voxel counts as when its probability contradicts the mask: barely on its side. */
const BARELY = 0.01;

/**
 * Nearest that an outline comes to a voxel centre along a row or column: in mm, above the 0.01 mm of written
 * coordinates so that rounding cannot move a centre to the other side, and as a fraction of the way to the next centre.
 */
const CLEARANCE_MM = 0.05;
const CLEARANCE_FRACTION = 0.01;

/** Rings that enclose less than this, in voxels, are drawn with the area of their voxels instead: planning systems drop slivers. */
const SLIVER_VOXELS = 0.25;

/** Halvings by which the outline that keeps an area is found: to 0.001 voxels. */
const AREA_HALVINGS = 11;

/** Weights of a Gaussian with a standard deviation of one voxel, out to three voxels. */
const BLUR_RADIUS = 3;
const BLUR = Array.from({ length: 2 * BLUR_RADIUS + 1 }, (_, index) => Math.exp(-((index - BLUR_RADIUS) ** 2) / 2));
const BLUR_SUM = BLUR.reduce((sum, weight) => sum + weight, 0) ** 2;

/** How far from the centre of an inside voxel to the centre of its outside neighbour the outline runs, 0 to 1. Voxels are [column, row] of the box. */
type Crossing = (inside: readonly [number, number], outside: readonly [number, number]) => number;

/**
 * The 0.5 line of a slice, one ring per boundary: where each voxel edge of the boundary is, the ring has one point on
 * the line between the two voxel centres. So it is the boundary's topology with points below voxel size, no ring
 * meets another or itself, and every voxel centre stays on its side of the line. Structures cut by the image end at
 * the edge of its voxels. Without probabilities each ring is widened to the area of its voxels, of which blurring
 * takes a part: 10 % of a disc of three voxels radius.
 *
 * @returns fractional column and row of each point, counted from the box's first voxel
 * @throws RondoError `probability-size` when the probabilities do not fill the slice of the box, `probability-invalid`
 *   when one on the boundary is no number
 */
export function isoLines(boundaries: readonly Boundary[], field: SmoothField, slice: number): Float64Array[] {
  const { mask, probability } = field;
  const [columns] = mask.box.size;
  const crossing = probability ? probabilityCrossing(mask, probability(slice), slice) : blurredCrossing(mask, slice);
  return boundaries.map(({ edges }) => {
    const sides = Array.from(edges, (edge) => boundaryEdge(edge, columns));
    const fractions = sides.map(({ inside, outside }) => crossing(inside, outside));
    const line = (wider: number): Float64Array => ringThrough(sides, fractions, wider, mask);
    const ring = line(0);
    return probability && Math.abs(signedArea(ring)) >= SLIVER_VOXELS ? ring : line(widthOfArea(line, voxelArea(sides)));
  });
}

/** The ring through the points at the given fractions of the way out, each moved `wider` further, as far as voxel centres allow. */
function ringThrough(sides: readonly BoundaryEdge[], fractions: readonly number[], wider: number, mask: Mask): Float64Array {
  const { geometry, box } = mask;
  const clearance = [geometry.columnSpacingMm, geometry.rowSpacingMm].map((spacingMm) => Math.min(LEVEL, Math.max(CLEARANCE_FRACTION, CLEARANCE_MM / spacingMm)));
  const ring = new Float64Array(sides.length * 2);
  sides.forEach(({ inside, outside, direction }, index) => {
    // An edge along a row is crossed from row to row, one along a column from column to column.
    const axis = direction & 1 ? 0 : 1;
    const beyond = outside[axis] + box.min[axis];
    const besideImage = beyond < 0 || beyond >= geometry.size[axis];
    const fraction = besideImage ? LEVEL : Math.min(Math.max(fractions[index] + wider, clearance[axis]), 1 - clearance[axis]);
    ring[index * 2] = inside[0] + fraction * (outside[0] - inside[0]);
    ring[index * 2 + 1] = inside[1] + fraction * (outside[1] - inside[1]);
  });
  return ring;
}

/** By how much a ring must be widened to have the given signed area; it grows with the width, of holes too, whose area is negative. */
function widthOfArea(line: (wider: number) => Float64Array, area: number): number {
  let [low, high] = [-1, 1];
  for (let halving = 0; halving < AREA_HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (signedArea(line(middle)) < area) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Signed area in voxels inside a boundary; negative for a hole. */
function voxelArea(sides: readonly BoundaryEdge[]): number {
  return sides.reduce((area, { corner, direction }) => area + (direction === 1 ? corner[0] : direction === 3 ? -corner[0] : 0), 0);
}

/** Linear interpolation of the probabilities; half way where the box, and with it all knowledge, ends. */
function probabilityCrossing(mask: Mask, probability: Float32Array, slice: number): Crossing {
  const [columns, rows] = mask.box.size;
  if (probability.length !== columns * rows) {
    throw new RondoError('probability-size', `${probability.length} probabilities given for slice ${slice} of a box of ${columns}×${rows} voxels. Expected one for each voxel.`);
  }
  return (inside, [x, y]) => {
    if (x < 0 || y < 0 || x >= columns || y >= rows) return LEVEL;
    const within = probability[inside[1] * columns + inside[0]];
    const without = probability[y * columns + x];
    if (!Number.isFinite(within) || !Number.isFinite(without)) {
      throw new RondoError('probability-invalid', `The probabilities of slice ${slice} hold a value that is not a finite number. The model's output cannot be outlined.`);
    }
    const high = within >= LEVEL ? within : LEVEL + BARELY;
    const low = without < LEVEL ? without : LEVEL - BARELY;
    return (high - LEVEL) / (high - low);
  };
}

/** Interpolation of the mask blurred in its plane; half way where blurring moved a voxel to the other side, as it does in thin parts. */
function blurredCrossing(mask: Mask, slice: number): Crossing {
  const [columns, rows] = mask.box.size;
  const voxels = mask.slice(slice) ?? new Uint8Array(0);
  const blurred = ([x, y]: readonly [number, number]): number => {
    let sum = 0;
    for (let row = Math.max(y - BLUR_RADIUS, 0); row <= Math.min(y + BLUR_RADIUS, rows - 1); row++) {
      let rowSum = 0;
      for (let column = Math.max(x - BLUR_RADIUS, 0); column <= Math.min(x + BLUR_RADIUS, columns - 1); column++) {
        rowSum += voxels[row * columns + column] * BLUR[column - x + BLUR_RADIUS];
      }
      sum += rowSum * BLUR[row - y + BLUR_RADIUS];
    }
    return sum / BLUR_SUM;
  };
  return (inside, outside) => {
    const [high, low] = [blurred(inside), blurred(outside)];
    return high >= LEVEL && low < LEVEL ? (high - LEVEL) / (high - low) : LEVEL;
  };
}
