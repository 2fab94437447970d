import { squaredDistanceTransform } from '../geometry/index.ts';
import type { PointGrid, Points } from './surface.ts';

/** How many points along a row one look at the bitmap sees to either side. */
const REACH = 31;

/**
 * Points farther from the others than this are measured by a distance transform of whole layers instead of
 * by looking around each: faster from about here on. It changes the time taken, never the result.
 */
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
    const far = searchNear(from, to, grid, squaredMm);
    if (far.length > 0) searchLayers(from, far, to, grid, squaredMm);
  }
  for (let n = 0; n < squaredMm.length; n++) squaredMm[n] = Math.sqrt(squaredMm[n]);
  return squaredMm;
}

/** Looks for the nearest point row by row around each point. Returns those that have none within reach, still at Infinity. */
function searchNear(from: Points, to: Points, grid: PointGrid, squaredMm: Float64Array): number[] {
  const { columnMm, rowMm, layerMm } = grid;
  const { low, high } = extent(to);
  const rows = high.y - low.y + 1;
  // Two words of margin on either side of each row of bits: a point up to a word away still looks left and right inside its row.
  const words = ((high.x - low.x) >> 5) + 5;
  const bits = new Uint32Array(words * rows * (high.z - low.z + 1));
  for (let n = 0; n < to.count; n++) {
    const bit = to.x[n] - low.x + 64;
    bits[((to.z[n] - low.z) * rows + to.y[n] - low.y) * words + (bit >> 5)] |= 1 << (bit & 31);
  }
  const limit = Math.min(NEAR_MM, REACH * columnMm) ** 2;
  const columnSquared = columnMm * columnMm;
  const rowSpacingSquared = rowMm * rowMm;
  const far: number[] = [];
  let nearby = Infinity;
  for (let n = 0; n < from.count; n++) {
    const y = from.y[n];
    const z = from.z[n];
    // The point before lies beside this one as a rule: by the triangle inequality this one is no farther off than that one and the step between them.
    if (n > 0) nearby += stepMm(from, n, grid) + ROUNDING_MM;
    const bit = from.x[n] - low.x + 64;
    if (bit < 32 || bit >= (words - 1) * 32) {
      far.push(n);
      nearby = Infinity;
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
            const rowSquared = layerSquared + (j - y) * (j - y) * rowSpacingSquared;
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
            const squared = rowSquared + steps * steps * columnSquared;
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
  return far;
}

/** Distance in mm between a point and the one before it. */
function stepMm({ x, y, z }: Points, n: number, { columnMm, rowMm, layerMm }: PointGrid): number {
  const [dx, dy, dz] = [(x[n] - x[n - 1]) * columnMm, (y[n] - y[n - 1]) * rowMm, layerMm[z[n]] - layerMm[z[n - 1]]];
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}

/** Measures the points `far` of `from` by the distance transform of every layer of `to`. */
function searchLayers(from: Points, far: readonly number[], to: Points, grid: PointGrid, squaredMm: Float64Array): void {
  const [a, b] = [extent(from), extent(to)];
  const low = { x: Math.min(a.low.x, b.low.x), y: Math.min(a.low.y, b.low.y) };
  const columns = Math.max(a.high.x, b.high.x) - low.x + 1;
  const rows = Math.max(a.high.y, b.high.y) - low.y + 1;
  const layer = new Float64Array(columns * rows);
  for (let start = 0, end = 0; start < to.count; start = end) {
    const k = to.z[start];
    layer.fill(Infinity);
    for (; end < to.count && to.z[end] === k; end++) layer[(to.y[end] - low.y) * columns + to.x[end] - low.x] = 0;
    squaredDistanceTransform(layer, columns, rows, grid.columnMm, grid.rowMm);
    for (const n of far) {
      const gapMm = grid.layerMm[k] - grid.layerMm[from.z[n]];
      const layerSquared = gapMm * gapMm;
      if (layerSquared >= squaredMm[n]) continue;
      const squared = layer[(from.y[n] - low.y) * columns + from.x[n] - low.x] + layerSquared;
      if (squared < squaredMm[n]) squaredMm[n] = squared;
    }
  }
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
