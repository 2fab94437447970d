import { squaredDistanceTransform } from '../geometry/index.ts';
import { NearRows, type RowReach } from './nearRows.ts';
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
    const limitMm = Math.min(NEAR_MM, REACH * grid.columnMm);
    const rows = rowsOf(to, grid, limitMm);
    const far = searchNear(from, rows, grid, limitMm, squaredMm);
    const beyond = searchRows(from, far, rows, grid, squaredMm);
    if (beyond.length > 0) searchLayers(from, beyond, to, grid, squaredMm);
  }
  for (let n = 0; n < squaredMm.length; n++) squaredMm[n] = Math.sqrt(squaredMm[n]);
  return squaredMm;
}

/**
 * Points as one bit each, in rows; two words of margin on either side of a row: a point up to a word away still looks left and right inside it. Rows and
 * layers have margins of twice as many as are near: a point as far outside still looks around itself inside them.
 */
interface RowsOfBits {
  bits: Uint32Array;
  near: RowReach;
  low: Index;
  high: Index;
}

function rowsOf(to: Points, { rowMm, layerMm }: PointGrid, nearMm: number): RowsOfBits {
  const { low, high } = extent(to);
  const [rows, layers] = [Math.floor(nearMm / rowMm), layersWithin(layerMm, nearMm)];
  const rowStride = ((high.x - low.x) >> 5) + 5;
  const layerStride = rowStride * (high.y - low.y + 1 + 4 * rows);
  const bits = new Uint32Array(layerStride * (high.z - low.z + 1 + 4 * layers));
  const found = { bits, near: { rows, layers, rowStride, layerStride }, low, high };
  const origin = wordOf(found, 0, 0);
  for (let n = 0; n < to.count; n++) {
    const bit = to.x[n] - low.x + 64;
    bits[origin + to.z[n] * layerStride + to.y[n] * rowStride + (bit >> 5)] |= 1 << (bit & 31);
  }
  return found;
}

/** Where the row (y, z) begins. */
function wordOf({ near: { rows, layers, rowStride, layerStride }, low }: RowsOfBits, y: number, z: number): number {
  return (z - low.z + 2 * layers) * layerStride + (y - low.y + 2 * rows) * rowStride;
}

/** The most layers that lie on one side of another within a distance. */
function layersWithin(layerMm: Float64Array, nearMm: number): number {
  let most = 0;
  for (let low = 0, high = 0; high < layerMm.length; high++) {
    while (layerMm[high] - layerMm[low] > nearMm) low++;
    most = Math.max(most, high - low);
  }
  return most;
}

/** Looks for the nearest point around each of `from` within a limit. @returns places of those that have none, still at Infinity */
function searchNear(from: Points, to: RowsOfBits, grid: PointGrid, limitMm: number, squaredMm: Float64Array): Int32Array {
  const { bits, near, low, high } = to;
  const { rowStride, layerStride } = near;
  const rows = new NearRows(grid, near);
  const { count, squaredMm: rowSquared, words } = rows;
  const columnSquared = grid.columnMm * grid.columnMm;
  const lastBit = (rowStride - 1) * 32;
  const [fromY, toY, fromZ, toZ] = [low.y - near.rows, high.y + near.rows, low.z - near.layers, high.z + near.layers];
  const origin = wordOf(to, 0, 0);
  const limit = limitMm * limitMm;
  const far: number[] = [];
  let layer = -1;
  for (let n = 0; n < from.count; n++) {
    const y = from.y[n];
    const z = from.z[n];
    if (z !== layer) {
      rows.moveTo(z);
      layer = z;
    }
    const bit = from.x[n] - low.x + 64;
    if (bit < 32 || bit >= lastBit || y < fromY || y > toY || z < fromZ || z > toZ) {
      far.push(n);
      continue;
    }
    const word = origin + z * layerStride + y * rowStride + (bit >> 5);
    const shift = bit & 31;
    let best = limit;
    let found = false;
    for (let row = 0; row < count && rowSquared[row] <= best; row++) {
      const steps = stepsToBit(bits, word + words[row], shift);
      const squared = rowSquared[row] + steps * steps * columnSquared;
      if (steps <= REACH && squared <= best) {
        best = squared;
        found = true;
      }
    }
    if (found) squaredMm[n] = best;
    else far.push(n);
  }
  return Int32Array.from(far);
}

/**
 * Looks for the nearest point row by row around each of the places of `from`, as far as a look reaches along a row. What is not found goes to `searchLayers`,
 * and so do all places after the first such one: its work is much the same for one and for many. Squares are summed in its order, so that either gives the
 * same to the last bit.
 * @returns places of which none is within reach, still at Infinity
 */
function searchRows(from: Points, places: Int32Array, to: RowsOfBits, grid: PointGrid, squaredMm: Float64Array): Int32Array {
  const { bits, near: { rowStride, layerStride }, low, high } = to;
  const { columnMm, rowMm, layerMm } = grid;
  const origin = wordOf(to, 0, 0);
  const limit = (REACH * columnMm) ** 2;
  const columnSquared = columnMm * columnMm;
  const rowSpacingSquared = rowMm * rowMm;
  let nearby = Infinity;
  for (let place = 0; place < places.length; place++) {
    const n = places[place];
    // The point before lies beside this one as a rule: by the triangle inequality this one is no farther off than that one and the step between them.
    if (place > 0) nearby += stepMm(from, places[place - 1], n, grid) + ROUNDING_MM;
    const y = from.y[n];
    const z = from.z[n];
    const bit = from.x[n] - low.x + 64;
    if (bit < 32 || bit >= (rowStride - 1) * 32) return places.subarray(place);
    const word = origin + (bit >> 5);
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
            if (layerSquared + inLayer > best) break;
            const steps = stepsToBit(bits, word + k * layerStride + j * rowStride, shift);
            const squared = steps * steps * columnSquared + inLayer + layerSquared;
            if (steps <= REACH && squared <= best) {
              best = squared;
              found = true;
            }
          }
        }
      }
    }
    if (!found) return places.subarray(place);
    squaredMm[n] = best;
    nearby = Math.sqrt(best);
  }
  return new Int32Array(0);
}

/** Steps along a row from bit `shift` of the word `at` to the nearest bit that is set, up to 31 to either side; 32 where there is none. */
function stepsToBit(bits: Uint32Array, at: number, shift: number): number {
  const before = bits[at - 1];
  const here = bits[at];
  const after = bits[at + 1];
  if ((before | here | after) === 0) return 32;
  // 32 points from this one to the right, and 32 to the left with this one as the highest bit.
  const right = shift === 0 ? here : (here >>> shift) | (after << (32 - shift));
  const left = shift === 31 ? here : (here << (31 - shift)) | (before >>> (shift + 1));
  return Math.min(right === 0 ? 32 : 31 - Math.clz32(right & -right), Math.clz32(left));
}

/** Distance in mm between two points. */
function stepMm({ x, y, z }: Points, one: number, other: number, { columnMm, rowMm, layerMm }: PointGrid): number {
  const dx = (x[other] - x[one]) * columnMm;
  const dy = (y[other] - y[one]) * rowMm;
  const dz = layerMm[z[other]] - layerMm[z[one]];
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
