import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { INSIDE_X, INSIDE_Y, OUTSIDE_X, OUTSIDE_Y, type Boundary } from './boundary.ts';
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

/** How near the outline that keeps an area must come to it, in voxels of width, and the most tries that it takes: voxel centres hold thin rings back. */
const WIDTH_VOXELS = 0.001;
const MOST_TRIES = 12;

/** Weights of a Gaussian with a standard deviation of one voxel, out to three voxels. */
const BLUR_RADIUS = 3;
const BLUR = Float64Array.from({ length: 2 * BLUR_RADIUS + 1 }, (_, index) => Math.exp(-((index - BLUR_RADIUS) ** 2) / 2));
/** What seven voxels in a row sum up to, by the bits of those that are inside, bit 0 for the first: there are 128 such sums, and a slice asks for ten thousands. */
const BLURRED_SEVENS = Float64Array.from({ length: 1 << BLUR.length }, (_, inside) => BLUR.reduce((sum, weight, column) => sum + ((inside >> column) & 1) * weight, 0));
const BLUR_SUM = BLUR.reduce((sum, weight) => sum + weight, 0) ** 2;

/** How far from the centre of an inside voxel to the centre of its outside neighbour the outline runs, 0 to 1. */
type Crossing = (insideX: number, insideY: number, outsideX: number, outsideY: number) => number;

/** Where the outline passes the edges of a boundary: between the voxel inside and its neighbour outside. One entry per edge, in room that the next boundary uses again. */
interface Passes {
  /** Column and row of the voxel inside, from the box's first voxel; two entries per edge. */
  inside: Float64Array;
  /** Whether the voxel outside is the next in the row (0) or in the column (1), and on which side (1 or −1). */
  axis: Uint8Array;
  side: Int8Array;
  /** The crossing, and how near it may come to either voxel centre. */
  fraction: Float64Array;
  clearance: Float64Array;
}

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
  const crossing = probability ? probabilityCrossing(mask, probability(slice), slice) : blurredCrossing(mask, slice);
  return boundaries.map(({ edges }) => {
    const passes = passesOf(edges, mask, crossing);
    const ring = ringThrough(passes, 0, passes.inside.slice());
    if (probability && Math.abs(signedArea(ring)) >= SLIVER_VOXELS) return ring;
    return ringThrough(passes, widthOfArea(passes, voxelArea(edges, mask.box.size[0]), ring), ring);
  });
}

let passRoom: Passes = roomForPasses(1024);

function roomForPasses(count: number): Passes {
  return { inside: new Float64Array(count * 2), axis: new Uint8Array(count), side: new Int8Array(count), fraction: new Float64Array(count), clearance: new Float64Array(count) };
}

function passesOf(edges: Int32Array, { geometry, box }: Mask, crossing: Crossing): Passes {
  const [clearanceX, clearanceY] = [geometry.columnSpacingMm, geometry.rowSpacingMm].map((spacingMm) => Math.min(LEVEL, Math.max(CLEARANCE_FRACTION, CLEARANCE_MM / spacingMm)));
  const [columns, rows] = geometry.size;
  const [left, top] = box.min;
  const stride = box.size[0] + 1;
  const count = edges.length;
  if (passRoom.axis.length < count) passRoom = roomForPasses(2 * count);
  const { inside, axis, side, fraction, clearance } = passRoom;
  const passes = { inside: inside.subarray(0, count * 2), axis: axis.subarray(0, count), side: side.subarray(0, count), fraction: fraction.subarray(0, count), clearance: clearance.subarray(0, count) };
  for (let index = 0; index < count; index++) {
    const direction = edges[index] & 3;
    const corner = edges[index] >> 2;
    const x = corner % stride;
    const y = (corner - x) / stride;
    const insideX = x + INSIDE_X[direction];
    const insideY = y + INSIDE_Y[direction];
    const outsideX = x + OUTSIDE_X[direction];
    const outsideY = y + OUTSIDE_Y[direction];
    const beside = insideY === outsideY;
    const besideImage = outsideX + left < 0 || outsideX + left >= columns || outsideY + top < 0 || outsideY + top >= rows;
    passes.inside[index * 2] = insideX;
    passes.inside[index * 2 + 1] = insideY;
    passes.axis[index] = beside ? 0 : 1;
    passes.side[index] = outsideX - insideX + outsideY - insideY;
    passes.fraction[index] = crossing(insideX, insideY, outsideX, outsideY);
    passes.clearance[index] = besideImage ? LEVEL : beside ? clearanceX : clearanceY;
  }
  return passes;
}

/** The ring through the crossings, each moved `wider` further out, as far as voxel centres allow; written over another one of the same passes. */
function ringThrough({ inside, axis, side, fraction, clearance }: Passes, wider: number, ring: Float64Array): Float64Array {
  for (let index = 0; index < fraction.length; index++) {
    const at = index * 2 + axis[index];
    ring[at] = inside[at] + side[index] * Math.min(Math.max(fraction[index] + wider, clearance[index]), 1 - clearance[index]);
  }
  return ring;
}

/** By how much a ring, which is written over, must be widened to have the given signed area (secant method); its area grows with the width, about by its number of edges. */
function widthOfArea(passes: Passes, area: number, ring: Float64Array): number {
  const missing = (width: number): number => area - signedArea(ringThrough(passes, width, ring));
  const edges = passes.fraction.length;
  let width = 0;
  let lacking = missing(width);
  let growth = edges;
  for (let tries = 1; tries < MOST_TRIES && Math.abs(lacking) > WIDTH_VOXELS * edges; tries++) {
    const next = Math.min(Math.max(width + lacking / growth, -1), 1);
    const lackingNext = missing(next);
    growth = (lacking - lackingNext) / (next - width);
    width = next;
    lacking = lackingNext;
    // Held back by voxel centres, a ring grows no more.
    if (!(growth > 0)) break;
  }
  return width;
}

/** Signed area in voxels inside a boundary; negative for a hole. */
function voxelArea(edges: Int32Array, columns: number): number {
  let area = 0;
  for (const edge of edges) {
    const direction = edge & 3;
    if (direction === 1) area += (edge >> 2) % (columns + 1);
    else if (direction === 3) area -= (edge >> 2) % (columns + 1);
  }
  return area;
}

/** Linear interpolation of the probabilities; half way where the box, and with it all knowledge, ends. */
function probabilityCrossing(mask: Mask, probability: Float32Array, slice: number): Crossing {
  const [columns, rows] = mask.box.size;
  if (probability.length !== columns * rows) {
    throw new RondoError('probability-size', `${probability.length} probabilities given for slice ${slice} of a box of ${columns}×${rows} voxels. Expected one for each voxel.`);
  }
  return (insideX, insideY, outsideX, outsideY) => {
    if (outsideX < 0 || outsideY < 0 || outsideX >= columns || outsideY >= rows) return LEVEL;
    const within = probability[insideY * columns + insideX];
    const without = probability[outsideY * columns + outsideX];
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
  // The voxel outside may lie beside the box: with this margin of empty ones no sum meets the border.
  const margin = BLUR_RADIUS + 1;
  const stride = columns + 2 * margin;
  const eights = eightsOf(mask.slice(slice) ?? new Uint8Array(0), columns, rows, margin);
  return (insideX, insideY, outsideX, outsideY) => {
    // The two voxels' neighbourhoods have all but a column or a row in common: what is read of the slice serves both.
    const beside = insideY === outsideY;
    const insideFirst = beside ? insideX < outsideX : insideY < outsideY;
    const corner = ((insideFirst ? insideY : outsideY) + margin - BLUR_RADIUS) * stride + (insideFirst ? insideX : outsideX) + margin - BLUR_RADIUS;
    let [first, second] = [0, 0];
    for (let row = 0, at = corner; row < BLUR.length; row++, at += stride) {
      first += BLURRED_SEVENS[eights[at] & 0x7f] * BLUR[row];
      second += BLURRED_SEVENS[beside ? eights[at] >> 1 : eights[at + stride] & 0x7f] * BLUR[row];
    }
    const high = (insideFirst ? first : second) / BLUR_SUM;
    const low = (insideFirst ? second : first) / BLUR_SUM;
    return high >= LEVEL && low < LEVEL ? (high - LEVEL) / (high - low) : LEVEL;
  };
}

/** Room for the eights of a slice, used again for every slice. */
let eightRoom = new Uint8Array(0);

/**
 * For each voxel of a slice with a margin of empty ones: which of it and the seven after it are inside, bit 0 for itself. Made from
 * runs of inside voxels, of which the ends alone are looked at.
 */
function eightsOf(voxels: Uint8Array, columns: number, rows: number, margin: number): Uint8Array {
  const stride = columns + 2 * margin;
  const size = stride * (rows + 2 * margin);
  if (eightRoom.length < size) eightRoom = new Uint8Array(size);
  const eights = eightRoom.fill(0, 0, size);
  for (let row = 0; row < rows; row++) {
    const line = voxels.subarray(row * columns, (row + 1) * columns);
    // What lies this far before a voxel of the line lies this far before its place among the eights too.
    const shift = (row + margin) * stride + margin;
    for (let start = line.indexOf(1); start >= 0; ) {
      const next = line.indexOf(0, start);
      const end = next < 0 ? columns : next;
      // At most seven voxels before a run, some of it comes within reach.
      for (let at = start - 7; at < start; at++) eights[shift + at] |= (end - at < 8 ? (1 << (end - at)) - 1 : 0xff) & (0xff << (start - at));
      if (end - 7 > start) eights.fill(0xff, shift + start, shift + end - 7);
      for (let at = Math.max(start, end - 7); at < end; at++) eights[shift + at] |= (1 << (end - at)) - 1;
      start = next < 0 ? -1 : line.indexOf(1, next);
    }
  }
  return eights;
}
