import { squaredDistanceTransform } from '../geometry/index.ts';
import type { PointGrid, Points } from './surface.ts';

/** How many points along a row one look at the bitmap sees to either side. */
const REACH = 31;

/** Points are looked for within this distance first: nearly all lie nearer as a rule. It changes the time taken, never the result. */
const NEAR_MM = 5;

/** What rounding may take from a bound: far more than it does, far less than a distance. */
const ROUNDING_MM = 1e-6;

/**
 * Distance in mm from each point of `from` to the nearest point of `to`, in the order of `from`. Exact for grids of any
 * proportions and layers at any distances; Infinity when `to` has no points.
 */
export function nearestMm(from: Points, to: Points, grid: PointGrid): Float64Array {
  const squaredMm = new Float64Array(from.count).fill(Infinity);
  if (to.count > 0 && from.count > 0) {
    const rows = rowsOf(to);
    const reachMm = REACH * grid.columnMm;
    const far = searchRows(from, Int32Array.from({ length: from.count }, (_, n) => n), rows, grid, { limitMm: Math.min(NEAR_MM, reachMm), isLast: false }, squaredMm);
    const beyond = searchRows(from, far, rows, grid, { limitMm: reachMm, isLast: true }, squaredMm);
    if (beyond.length > 0) searchLayers(from, beyond, to, grid, squaredMm);
  }
  for (let n = 0; n < squaredMm.length; n++) squaredMm[n] = Math.sqrt(squaredMm[n]);
  return squaredMm;
}

/** Points as one bit each, in rows; two words of margin on either side of a row: a point up to a word away still looks left and right inside it. */
interface RowsOfBits {
  bits: Uint32Array;
  /** Words of a row, rows of a layer. */
  words: number;
  rows: number;
  low: Index;
  high: Index;
}

function rowsOf(to: Points): RowsOfBits {
  const { low, high } = extent(to);
  const rows = high.y - low.y + 1;
  const words = ((high.x - low.x) >> 5) + 5;
  const bits = new Uint32Array(words * rows * (high.z - low.z + 1));
  for (let n = 0; n < to.count; n++) {
    const bit = to.x[n] - low.x + 64;
    bits[((to.z[n] - low.z) * rows + to.y[n] - low.y) * words + (bit >> 5)] |= 1 << (bit & 31);
  }
  return { bits, words, rows, low, high };
}

/**
 * Looks for the nearest point row by row around each of the places of `from`, within a limit.
 * @param isLast whether what is not found goes to `searchLayers`: then all places after the first such one go there too, as its work is much the same for
 *   one and for many, and squares are summed in its order, so that either gives the same to the last bit
 * @returns places of which none is within the limit, still at Infinity
 */
function searchRows(from: Points, places: Int32Array, { bits, words, rows, low, high }: RowsOfBits, grid: PointGrid, { limitMm, isLast }: { limitMm: number; isLast: boolean }, squaredMm: Float64Array): Int32Array {
  const { columnMm, rowMm, layerMm } = grid;
  const limit = limitMm ** 2;
  const columnSquared = columnMm * columnMm;
  const rowSpacingSquared = rowMm * rowMm;
  const far: number[] = [];
  let nearby = Infinity;
  for (let place = 0; place < places.length; place++) {
    const n = places[place];
    const y = from.y[n];
    const z = from.z[n];
    // The point before lies beside this one as a rule: by the triangle inequality this one is no farther off than that one and the step between them.
    if (place > 0) nearby += stepMm(from, places[place - 1], n, grid) + ROUNDING_MM;
    const bit = from.x[n] - low.x + 64;
    if (bit < 32 || bit >= (words - 1) * 32) {
      far.push(n);
      nearby = Infinity;
      continue;
    }
    if (isLast && far.length > 0) {
      far.push(n);
      continue;
    }
    const word = bit >> 5;
    const shift = bit & 31;
    let best = Math.min(limit, nearby * nearby);
    let found = false;
    for (let sense = 1; sense >= -1; sense -= 2) {
      for (let k = sense > 0 ? Math.max(z, low.z) : Math.min(z - 1, high.z); k >= low.z && k <= high.z; k += sense) {
        const layerSquared = (layerMm[k] - layerMm[z]) * (layerMm[k] - layerMm[z]);
        if (layerSquared > best) break;
        for (let side = 1; side >= -1; side -= 2) {
          for (let j = side > 0 ? Math.max(y, low.y) : Math.min(y - 1, high.y); j >= low.y && j <= high.y; j += side) {
            const inLayer = (j - y) * (j - y) * rowSpacingSquared;
            const rowSquared = layerSquared + inLayer;
            if (rowSquared > best) break;
            const at = ((k - low.z) * rows + j - low.y) * words + word;
            const before = bits[at - 1];
            const here = bits[at];
            const after = bits[at + 1];
            if ((before | here | after) === 0) continue;
            // 32 points from this one to the right, and 32 to the left with this one as the highest bit.
            const right = shift === 0 ? here : (here >>> shift) | (after << (32 - shift));
            const left = shift === 31 ? here : (here << (31 - shift)) | (before >>> (shift + 1));
            const steps = Math.min(right === 0 ? 32 : 31 - Math.clz32(right & -right), Math.clz32(left));
            const inRow = steps * steps * columnSquared;
            const squared = isLast ? inRow + inLayer + layerSquared : rowSquared + inRow;
            if (steps <= REACH && squared <= best) {
              best = squared;
              found = true;
            }
          }
        }
      }
    }
    if (found) squaredMm[n] = best;
    else far.push(n);
    nearby = found ? Math.sqrt(best) : Infinity;
  }
  return Int32Array.from(far);
}

/** Distance in mm between two points. */
function stepMm({ x, y, z }: Points, one: number, other: number, { columnMm, rowMm, layerMm }: PointGrid): number {
  const [dx, dy, dz] = [(x[other] - x[one]) * columnMm, (y[other] - y[one]) * rowMm, layerMm[z[other]] - layerMm[z[one]]];
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}

/** Measures the points `far` of `from` by the distance transform of layers of `to`. */
function searchLayers(from: Points, far: Int32Array, to: Points, grid: PointGrid, squaredMm: Float64Array): void {
  const [a, b] = [extent(from), extent(to)];
  const low = { x: Math.min(a.low.x, b.low.x), y: Math.min(a.low.y, b.low.y) };
  const columns = Math.max(a.high.x, b.high.x) - low.x + 1;
  const rows = Math.max(a.high.y, b.high.y) - low.y + 1;
  const layer = new Float64Array(columns * rows);
  const groups = inLayers(far, from).map((points) => ({ points, layerMm: grid.layerMm[from.z[points[0]]], farthestSquared: Infinity }));
  for (const points of coarseToFine(inLayers(to.z.keys(), to))) {
    const layerMm = grid.layerMm[to.z[points[0]]];
    const near = groups.filter((group) => (layerMm - group.layerMm) * (layerMm - group.layerMm) < group.farthestSquared);
    if (near.length === 0) continue;
    layer.fill(Infinity);
    for (const n of points) layer[(to.y[n] - low.y) * columns + to.x[n] - low.x] = 0;
    squaredDistanceTransform(layer, columns, rows, grid.columnMm, grid.rowMm);
    for (const group of near) {
      const layerSquared = (layerMm - group.layerMm) * (layerMm - group.layerMm);
      let farthestSquared = 0;
      for (const n of group.points) {
        let best = squaredMm[n];
        if (layerSquared < best) {
          const squared = layer[(from.y[n] - low.y) * columns + from.x[n] - low.x] + layerSquared;
          if (squared < best) squaredMm[n] = best = squared;
        }
        if (best > farthestSquared) farthestSquared = best;
      }
      group.farthestSquared = farthestSquared;
    }
  }
}

/** Places of points, which rise, parted by the layers that the points lie on. */
function inLayers(places: Iterable<number>, { z }: Points): number[][] {
  const layers: number[][] = [];
  let last = -1;
  for (const n of places) {
    if (z[n] !== last) layers.push([]);
    layers[layers.length - 1].push(n);
    last = z[n];
  }
  return layers;
}

/** Every 32nd first, then the others of every 16th, and so on: with a few layers from all heights no point is far from the best any more, and most layers need not be looked at for it. */
function coarseToFine<T>(layers: readonly T[]): T[] {
  const step = (place: number): number => Math.min(place & -place || 32, 32);
  return [...layers.keys()].sort((one, other) => step(other) - step(one) || one - other).map((place) => layers[place]);
}

interface Index {
  x: number;
  y: number;
  z: number;
}

/** The lowest and highest index along each axis; there must be points. */
function extent({ count, x, y, z }: Points): { low: Index; high: Index } {
  const low = { x: x[0], y: y[0], z: z[0] };
  const high = { x: x[0], y: y[0], z: z[count - 1] };
  for (let n = 1; n < count; n++) {
    if (x[n] < low.x) low.x = x[n];
    else if (x[n] > high.x) high.x = x[n];
    if (y[n] < low.y) low.y = y[n];
    else if (y[n] > high.y) high.y = y[n];
  }
  return { low, high };
}
