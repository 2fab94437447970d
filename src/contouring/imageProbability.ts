import { addScaled, boundingBox, EMPTY_BOX, Mask, type Vector3, type VolumeGeometry, type VoxelBox } from '../geometry/index.ts';
import { interpolationToImage, type AxisInterpolation, type ModelGrid } from './modelGrid.ts';

/** Probabilities below this are not looked at: far enough under 0.5 that the 0.5 surface never feels it. */
const NEGLIGIBLE = 0.05;

/** From here on a voxel belongs. */
const HALF = 0.5;

/** Voxels that are summed over all channels at once: their sum stays in the processor's cache. */
const STRETCH = 4096;

/** Grid samples beyond the computed box that voxels of the image's box ask for: they lie up to one sample before its first and after its last. */
const RIM_BEFORE = 1;
const RIM_AFTER = 2;

/** Channel probabilities on a box of the network's grid; 0 outside the box. */
export interface GridProbabilities {
  grid: ModelGrid;
  /** Part of the grid that was computed, in grid order x, y, z. */
  box: VoxelBox;
  /** One array per channel, in the box, x fastest, then y, then z. */
  channels: readonly Float32Array[];
}

/**
 * The summed probability of some channels on the image's own voxels, one slice at a time: trilinear from the network's
 * grid. Holding only a slice keeps a body contour of 512×512×300 voxels from costing 300 MB of floats, and of the grid
 * only the part is kept that holds the structure.
 */
export class ImageProbability {
  /** Image voxels outside this box have a probability below `NEGLIGIBLE`. */
  readonly box: VoxelBox;
  /** How image columns, rows and slices interpolate the grid. */
  readonly #interpolations: readonly AxisInterpolation[];
  /** Part of the grid that image voxels of `box` ask for, along columns, rows and slices; it may reach beyond what was computed, where there is nothing. */
  readonly #window: VoxelBox;
  /** Probabilities in the window, in the order of the image: columns fastest, then rows, then slices. */
  readonly #field: Float32Array;

  constructor(source: GridProbabilities, channels: readonly number[]) {
    const axes = ([0, 1, 2] as const).map((imageAxis) => source.grid.findIndex((axis) => axis.imageAxis === imageAxis));
    this.#interpolations = axes.map((gridAxis) => interpolationToImage(source.grid[gridAxis]));
    const sum = summed(channels.map((channel) => source.channels[channel]));
    const found = boundingBox(source.box.size, sum, NEGLIGIBLE);
    const inOrder = ([x, y, z]: Vector3): Vector3 => { const of = [x, y, z]; return [of[axes[0]], of[axes[1]], of[axes[2]]]; };
    const positive = { min: inOrder(addScaled(source.box.min, found.min, 1)), size: inOrder(found.size) };
    this.box = this.#imageBox(positive);
    this.#window = { min: addScaled(positive.min, [1, 1, 1], -RIM_BEFORE), size: addScaled(positive.size, [1, 1, 1], RIM_BEFORE + RIM_AFTER) };
    const [width, height] = source.box.size;
    this.#field = windowOf(sum, { min: inOrder(source.box.min), size: inOrder(source.box.size) }, inOrder([1, width, width * height]), this.#window);
  }

  /** Probabilities of the box's part of image slice k: row-major, box.size[0] columns wide. A new array. */
  slice(k: number): Float32Array {
    const plane = this.#plane(k);
    const [width, height] = this.box.size;
    const values = new Float32Array(width * height);
    const line = new Float32Array(this.#window.size[0]);
    const columns = this.#columns();
    const { below, fraction } = this.#interpolations[1];
    for (let y = 0; y < height; y++) {
      const row = this.box.min[1] + y;
      mix(plane, (below[row] - this.#window.min[1]) * line.length, fraction[row], line);
      interpolate(line, columns, values, y * width);
    }
    return values;
  }

  /** Probabilities of another box's part of image slice k, row-major, box.size[0] columns wide; 0 outside this one's own box. A new array. */
  sliceIn(box: VoxelBox, k: number): Float32Array {
    const values = new Float32Array(box.size[0] * box.size[1]);
    if (k < this.box.min[2] || k >= this.box.min[2] + this.box.size[2]) return values;
    const own = this.slice(k);
    const from = Math.max(box.min[0], this.box.min[0]);
    const to = Math.min(box.min[0] + box.size[0], this.box.min[0] + this.box.size[0]);
    for (let j = Math.max(box.min[1], this.box.min[1]); j < Math.min(box.min[1] + box.size[1], this.box.min[1] + this.box.size[1]) && from < to; j++) {
      const start = (j - this.box.min[1]) * this.box.size[0] - this.box.min[0];
      values.set(own.subarray(start + from, start + to), (j - box.min[1]) * box.size[0] + from - box.min[0]);
    }
    return values;
  }

  /** The image voxels with a probability of at least 0.5. */
  mask(geometry: VolumeGeometry): Mask {
    const [width, height, depth] = this.box.size;
    const voxels = new Uint8Array(width * height * depth);
    const columns = this.#columns();
    const { below, fraction } = this.#interpolations[1];
    const firstRow = this.box.min[1];
    for (let z = 0; z < depth; z++) {
      const plane = this.#plane(this.box.min[2] + z);
      for (let y = 0, end = 1; y < height; y = end, end = y + 1) {
        const above = below[firstRow + y];
        while (end < height && below[firstRow + end] === above) end++;
        const lines = { plane, above: (above - this.#window.min[1]) * this.#window.size[0], below: (above + 1 - this.#window.min[1]) * this.#window.size[0] };
        markRows(lines, columns, fraction.subarray(firstRow + y, firstRow + end), voxels, (z * height + y) * width);
      }
    }
    return new Mask(geometry, this.box, voxels).cropped();
  }

  /** How the columns of the box interpolate the window's. */
  #columns(): AxisInterpolation {
    const { below, fraction } = this.#interpolations[0];
    const [from, to] = [this.box.min[0], this.box.min[0] + this.box.size[0]];
    return { below: below.subarray(from, to).map((column) => column - this.#window.min[0]), fraction: fraction.subarray(from, to) };
  }

  /** The window's plane at image slice k. */
  #plane(k: number): Float32Array {
    const { below, fraction } = this.#interpolations[2];
    const area = this.#window.size[0] * this.#window.size[1];
    const start = (below[k] - this.#window.min[2]) * area;
    const plane = this.#field.slice(start, start + area);
    const share = fraction[k];
    if (share === 0) return plane;
    for (let index = 0; index < area; index++) plane[index] = plane[index] * (1 - share) + this.#field[start + area + index] * share;
    return plane;
  }

  /** The image voxels whose interpolation touches the given box of the grid, its axes in the order of the image. */
  #imageBox(gridBox: VoxelBox): VoxelBox {
    if (gridBox.size[0] === 0) return EMPTY_BOX;
    const ranges = this.#interpolations.map(({ below }, axis) => {
      const [low, high] = [gridBox.min[axis] - 1, gridBox.min[axis] + gridBox.size[axis]];
      const inside = (grid: number): boolean => grid >= low && grid <= high;
      return [below.findIndex(inside), below.findLastIndex(inside)] as const;
    });
    // Something smaller than the gap between two coarse slices may fall between them.
    if (ranges.some(([first]) => first < 0)) return EMPTY_BOX;
    const [i, j, k] = ranges;
    return { min: [i[0], j[0], k[0]], size: [i[1] - i[0] + 1, j[1] - j[0] + 1, k[1] - k[0] + 1] };
  }
}

/** The sum of fields at each voxel; the field itself where it is one. */
function summed(fields: readonly Float32Array[]): Float32Array {
  if (fields.length === 1) return fields[0];
  const sum = fields[0].slice();
  for (let start = 0; start < sum.length; start += STRETCH) for (const field of fields.slice(1)) add(sum, field, start, Math.min(start + STRETCH, sum.length));
  return sum;
}

function add(sum: Float32Array, field: Float32Array, from: number, to: number): void {
  for (let index = from; index < to; index++) sum[index] += field[index];
}

/** The part of a field in a window, columns fastest; 0 where the window reaches beyond the field's box. Strides are those of the field along columns, rows and slices. */
function windowOf(field: Float32Array, box: VoxelBox, [columnStride, rowStride, sliceStride]: Vector3, { min, size }: VoxelBox): Float32Array {
  const part = new Float32Array(size[0] * size[1] * size[2]);
  const [[left, right], [top, bottom], [first, end]] = [0, 1, 2].map((axis) => [Math.max(0, box.min[axis] - min[axis]), Math.min(size[axis], box.min[axis] + box.size[axis] - min[axis])]);
  for (let z = first; z < end; z++) {
    for (let y = top; y < bottom; y++) {
      let source = (min[2] + z - box.min[2]) * sliceStride + (min[1] + y - box.min[1]) * rowStride + (min[0] + left - box.min[0]) * columnStride;
      const row = (z * size[1] + y) * size[0];
      for (let x = left; x < right; x++, source += columnStride) part[row + x] = field[source];
    }
  }
  return part;
}

/** The line between a line of the plane, from `start`, and the next, by the share of the next. */
function mix(plane: Float32Array, start: number, share: number, line: Float32Array): void {
  for (let x = 0; x < line.length; x++) {
    const above = plane[start + x];
    line[x] = above + (plane[start + line.length + x] - above) * share;
  }
}

/** Interpolates a line at each column, into `values` from `start`. */
function interpolate(line: Float32Array, { below, fraction }: AxisInterpolation, values: Float32Array, start: number): void {
  for (let x = 0; x < below.length; x++) {
    const left = below[x];
    values[start + x] = line[left] + (line[left + 1] - line[left]) * fraction[x];
  }
}

/** Two neighbouring lines of a plane, where each begins in it. */
interface Lines {
  plane: Float32Array;
  above: number;
  below: number;
}

/**
 * Marks where image rows between two lines interpolate, in single precision, to 0.5 or more. Most stretches of columns lie between
 * four samples on one side of 0.5, and so do all values between them: interpolation, rounding included, leaves no value beyond its ends.
 * @param shares of the lower line, for each row
 */
function markRows({ plane, above, below }: Lines, columns: AxisInterpolation, shares: Float32Array, voxels: Uint8Array, start: number): void {
  const width = columns.below.length;
  // Columns from here on lie inside, until one that does not.
  let inside = 0;
  const fillInside = (to: number): void => {
    for (let at = start; inside < to && at < start + shares.length * width; at += width) voxels.fill(1, at + inside, at + to);
  };
  for (let from = 0, to = 1; from < width; from = to, to = from + 1) {
    const left = columns.below[from];
    while (to < width && columns.below[to] === left) to++;
    const [a, b, c, d] = [plane[above + left], plane[above + left + 1], plane[below + left], plane[below + left + 1]];
    if (a >= HALF && b >= HALF && c >= HALF && d >= HALF) continue;
    fillInside(from);
    inside = to;
    if (a < HALF && b < HALF && c < HALF && d < HALF) continue;
    for (let row = 0, at = start; row < shares.length; row++, at += width) {
      const [one, other] = [Math.fround(a + (c - a) * shares[row]), Math.fround(b + (d - b) * shares[row])];
      for (let x = from; x < to; x++) if (Math.fround(one + (other - one) * columns.fraction[x]) >= HALF) voxels[at + x] = 1;
    }
  }
  fillInside(width);
}
