import type { Mask, VolumeGeometry } from '../geometry/index.ts';
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

const ALL_INSIDE = 0x01010101;

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
  const { bytes, words, stride, rows } = padded(mask);
  const elements = new ElementList();
  const areasByHeight = new Map<number, Float64Array>();
  for (let z = 0; z <= size[2]; z++) {
    const heightMm = grid.layerHeightMm[min[2] + z];
    const areas = areasByHeight.get(heightMm) ?? surfaceAreasMm2([grid.columnMm, grid.rowMm, heightMm]);
    areasByHeight.set(heightMm, areas);
    for (let y = 0; y <= size[1]; y++) {
      // The four rows of voxels at the edges of this row of cells.
      const a = (z * rows + y) * stride;
      const b = a + stride;
      const c = a + rows * stride;
      const d = c + stride;
      // Bits 0, 2, 4, 6: the four voxels at the low side of the next cell.
      let low = 0;
      for (let word = 0; word < stride; word++) {
        const four = words[a + word];
        const uniform = (four === 0 && low === 0) || (four === ALL_INSIDE && low === 0b01010101);
        if (uniform && four === words[b + word] && four === words[c + word] && four === words[d + word]) continue;
        for (let byte = 0; byte < 4; byte++) {
          const at = word * 4 + byte;
          const high = bytes[a * 4 + at] | (bytes[b * 4 + at] << 2) | (bytes[c * 4 + at] << 4) | (bytes[d * 4 + at] << 6);
          const code = low | (high << 1);
          if (code !== 0 && code !== 255) elements.push(min[0] + at - 1, min[1] + y, min[2] + z, areas[code]);
          low = high;
        }
      }
    }
  }
  return elements.toSurface();
}

/**
 * The box of a mask with a border of zeros, also as words of four voxels, so that uniform stretches are passed over
 * four at a time. Voxel x of a row stands in byte x + 1 of the padded row; `stride` is a row's length in words.
 */
function padded(mask: Mask): { bytes: Uint8Array; words: Uint32Array; stride: number; rows: number } {
  const [columns, rowCount, slices] = mask.box.size;
  const stride = Math.ceil((columns + 2) / 4);
  const rows = rowCount + 2;
  const bytes = new Uint8Array(stride * 4 * rows * (slices + 2));
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < rowCount; y++) {
      const from = (z * rowCount + y) * columns;
      bytes.set(mask.voxels.subarray(from, from + columns), ((z + 1) * rows + y + 1) * stride * 4 + 1);
    }
  }
  return { bytes, words: new Uint32Array(bytes.buffer), stride, rows };
}

class ElementList {
  private count = 0;
  private x = new Uint16Array(4096);
  private y = new Uint16Array(4096);
  private z = new Uint16Array(4096);
  private areas = new Float64Array(4096);

  push(x: number, y: number, z: number, areaMm2: number): void {
    if (this.count === this.x.length) this.grow();
    this.x[this.count] = x;
    this.y[this.count] = y;
    this.z[this.count] = z;
    this.areas[this.count++] = areaMm2;
  }

  toSurface(): Surface {
    const { count } = this;
    return { count, x: this.x.slice(0, count), y: this.y.slice(0, count), z: this.z.slice(0, count), areasMm2: this.areas.slice(0, count) };
  }

  private grow(): void {
    const longer = <T extends Uint16Array | Float64Array>(empty: T, values: T): T => {
      empty.set(values);
      return empty;
    };
    const length = this.count * 2;
    this.x = longer(new Uint16Array(length), this.x);
    this.y = longer(new Uint16Array(length), this.y);
    this.z = longer(new Uint16Array(length), this.z);
    this.areas = longer(new Float64Array(length), this.areas);
  }
}
