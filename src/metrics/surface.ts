import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import { bitCount, bitsOf } from './bitMask.ts';
import { surfaceAreasMm2 } from './surfaceArea.ts';

/**
 * The surface of a mask, as elements that each lie in the middle of a cell of eight neighbouring voxel centres.
 * Element n lies in cell (x[n], y[n], z[n]); cell (i, j, k) spans voxel centres i−1…i, j−1…j, k−1…k, so indices run
 * from 0 to the volume's size inclusive.
 */
export interface Surface extends Points {
  areasMm2: Float64Array;
}

/** Points of a grid by their indices, in the order of memory: x fastest, then y, then z. */
export interface Points {
  count: number;
  x: Uint16Array;
  y: Uint16Array;
  z: Uint16Array;
}

/** Where cells lie: extents along columns and rows, and for each cell layer its height and the position of its middle along the normal. */
export interface CellGrid extends PointGrid {
  layerHeightMm: Float64Array;
}

/** Where the points of a grid lie: spacing along columns and rows, and the position of each layer along the normal, rising. */
export interface PointGrid {
  columnMm: number;
  rowMm: number;
  layerMm: Float64Array;
}

/** The cells between the voxel centres of a geometry; each layer has the height of its own slice gap, and the outermost gap continues. */
export function cellGrid(geometry: VolumeGeometry): CellGrid {
  const slices = geometry.size[2];
  const gaps = geometry.sliceGapsMm();
  return {
    columnMm: geometry.columnSpacingMm,
    rowMm: geometry.rowSpacingMm,
    layerMm: Float64Array.from({ length: slices + 1 }, (_, k) => geometry.sliceOffsetAt(k - 0.5)),
    layerHeightMm: Float64Array.from({ length: slices + 1 }, (_, k) => gaps[Math.min(Math.max(k - 1, 0), slices - 2)]),
  };
}

/** The surface elements of a mask. The mask is taken as 0 beyond the volume, so a structure cut by the image edge is closed there. */
export function surfaceOf(mask: Mask, grid: CellGrid): Surface {
  const { min, size } = mask.box;
  const { words, stride, rows } = bitsOf(mask);
  const count = countOf(mask);
  const surface = { count, x: new Uint16Array(count), y: new Uint16Array(count), z: new Uint16Array(count), areasMm2: new Float64Array(count) };
  const areasByHeight = new Map<number, Float64Array>();
  for (let z = 0, n = 0; z <= size[2]; z++) {
    const heightMm = grid.layerHeightMm[min[2] + z];
    const areas = areasByHeight.get(heightMm) ?? surfaceAreasMm2([grid.columnMm, grid.rowMm, heightMm]);
    areasByHeight.set(heightMm, areas);
    for (let y = 0; y <= size[1]; y++) {
      // The four rows of voxels at the edges of this row of cells, and the same one voxel to the left.
      let at = (z * rows + y) * stride;
      let [lastA, lastB, lastC, lastD] = [0, 0, 0, 0];
      for (let word = 0; word < stride; word++, at++) {
        const [a, b, c, d] = [words[at], words[at + stride], words[at + rows * stride], words[at + (rows + 1) * stride]];
        const [lowA, lowB, lowC, lowD] = [(a << 1) | (lastA >>> 31), (b << 1) | (lastB >>> 31), (c << 1) | (lastC >>> 31), (d << 1) | (lastD >>> 31)];
        [lastA, lastB, lastC, lastD] = [a, b, c, d];
        for (let cut = (a | b | c | d | lowA | lowB | lowC | lowD) & ~(a & b & c & d & lowA & lowB & lowC & lowD); cut !== 0; cut &= cut - 1, n++) {
          const bit = 31 - Math.clz32(cut & -cut);
          const low = ((lowA >>> bit) & 1) | (((lowB >>> bit) & 1) << 2) | (((lowC >>> bit) & 1) << 4) | (((lowD >>> bit) & 1) << 6);
          const high = ((a >>> bit) & 1) | (((b >>> bit) & 1) << 2) | (((c >>> bit) & 1) << 4) | (((d >>> bit) & 1) << 6);
          surface.x[n] = min[0] + word * 32 + bit - 1;
          surface.y[n] = min[1] + y;
          surface.z[n] = min[2] + z;
          surface.areasMm2[n] = areas[low | (high << 1)];
        }
      }
    }
  }
  return surface;
}

/** How many cells hold an element: those whose eight corners do not all lie on one side. */
function countOf(mask: Mask): number {
  const { size } = mask.box;
  const { words, stride, rows } = bitsOf(mask);
  let count = 0;
  for (let z = 0; z <= size[2]; z++) {
    for (let y = 0; y <= size[1]; y++) {
      let at = (z * rows + y) * stride;
      let [lastAny, lastAll] = [0, 0];
      for (let word = 0; word < stride; word++, at++) {
        const [a, b, c, d] = [words[at], words[at + stride], words[at + rows * stride], words[at + (rows + 1) * stride]];
        const [any, all] = [a | b | c | d, a & b & c & d];
        const cut = (any | (any << 1) | (lastAny >>> 31)) & ~(all & ((all << 1) | (lastAll >>> 31)));
        [lastAny, lastAll] = [any, all];
        if (cut !== 0) count += bitCount(cut);
      }
    }
  }
  return count;
}
