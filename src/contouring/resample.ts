import { addScaled, boundingBox, EMPTY_BOX, type Volume, type VoxelBox } from '../geometry/index.ts';
import type { ModelManifest } from './modelManifest.ts';
import { interpolationToImage, weightsToGrid, type AxisInterpolation, type ModelGrid } from './modelGrid.ts';

/** Intensity rule of a manifest: clip to `clipHu`, then (HU − mean) / std. */
export type IntensityRule = ModelManifest['input']['intensity'];

/**
 * Brings an image to the network's grid and intensities.
 *
 * Separable and one slice at a time: beside the result only two slices of floats are held. Axes are reordered and
 * flipped as the grid says; unevenly placed slices keep their places.
 * @returns values in grid order, x fastest, then y, then z; size of the three grid axes.
 */
export function resampleToGrid(image: Volume<Int16Array>, grid: ModelGrid, { clipHu, meanHu, stdHu }: IntensityRule): Float32Array {
  const [columns, rows, slices] = image.geometry.size;
  const axes = ([0, 1, 2] as const).map((imageAxis) => grid.findIndex((axis) => axis.imageAxis === imageAxis));
  const strides = [1, grid[0].size, grid[0].size * grid[1].size];
  const [columnStride, rowStride, sliceStride] = axes.map((gridAxis) => strides[gridAxis]);
  const [toColumns, toRows, toSlices] = axes.map((gridAxis) => weightsToGrid(grid[gridAxis]));
  const [width, height, depth] = axes.map((gridAxis) => grid[gridAxis].size);

  const result = new Float32Array(width * height * depth);
  const narrowed = new Float32Array(width * rows);
  const plane = new Float32Array(width * height);
  const clipped = new Float32Array(columns);
  for (let k = 0; k < slices; k++) {
    for (let j = 0; j < rows; j++) {
      const start = (k * rows + j) * columns;
      for (let i = 0; i < columns; i++) {
        const hu = image.voxels[start + i];
        clipped[i] = hu < clipHu[0] ? clipHu[0] : hu > clipHu[1] ? clipHu[1] : hu;
      }
      for (let t = 0; t < width; t++) {
        const weights = toColumns.weights[t];
        const from = toColumns.first[t];
        let sum = 0;
        for (let n = 0; n < weights.length; n++) sum += weights[n] * clipped[from + n];
        narrowed[j * width + t] = (sum - meanHu) / stdHu;
      }
    }
    plane.fill(0);
    for (let t = 0; t < height; t++) {
      const weights = toRows.weights[t];
      for (let n = 0; n < weights.length; n++) {
        const weight = weights[n];
        const source = (toRows.first[t] + n) * width;
        for (let x = 0; x < width; x++) plane[t * width + x] += weight * narrowed[source + x];
      }
    }
    for (let t = 0; t < depth; t++) {
      const weight = toSlices.weights[t][k - toSlices.first[t]] as number | undefined;
      if (weight === undefined) continue;
      for (let y = 0; y < height; y++) {
        let target = t * sliceStride + y * rowStride;
        for (let x = 0; x < width; x++, target += columnStride) result[target] += weight * plane[y * width + x];
      }
    }
  }
  return result;
}

/** Probabilities below this are not looked at: far enough under 0.5 that the 0.5 surface never feels it. */
const NEGLIGIBLE = 0.05;

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
 * grid. Holding only a slice keeps a body contour of 512×512×300 voxels from costing 300 MB of floats.
 */
export class ImageProbability {
  /** Image voxels outside this box have a probability below `NEGLIGIBLE`. */
  readonly box: VoxelBox;
  readonly #source: GridProbabilities;
  readonly #channels: readonly number[];
  readonly #axes: readonly number[];
  readonly #interpolations: readonly AxisInterpolation[];
  /** Part of the grid that image voxels of `box` ask for; it may reach beyond what was computed, where there is nothing. */
  readonly #window: VoxelBox;

  constructor(source: GridProbabilities, channels: readonly number[]) {
    this.#source = source;
    this.#channels = channels;
    this.#axes = ([0, 1, 2] as const).map((imageAxis) => source.grid.findIndex((axis) => axis.imageAxis === imageAxis));
    this.#interpolations = this.#axes.map((gridAxis) => interpolationToImage(source.grid[gridAxis]));
    const positive = this.#positiveBox();
    this.#window = { min: addScaled(positive.min, [1, 1, 1], -RIM_BEFORE), size: addScaled(positive.size, [1, 1, 1], RIM_BEFORE + RIM_AFTER) };
    this.box = this.#imageBox(positive);
  }

  /** Probabilities of the box's part of image slice k: row-major, box.size[0] columns wide. A new array. */
  slice(k: number): Float32Array {
    const plane = this.#collapse(k);
    const [across, down] = this.#interpolations;
    const [firstColumn, firstRow] = this.box.min;
    const [width, height] = this.box.size;
    const planeWidth = this.#window.size[this.#axes[0]];
    const lowColumn = this.#window.min[this.#axes[0]];
    const lowRow = this.#window.min[this.#axes[1]];
    const values = new Float32Array(width * height);
    const line = new Float32Array(planeWidth);
    const left = across.below.subarray(firstColumn, firstColumn + width).map((column) => column - lowColumn);
    const fractions = across.fraction.subarray(firstColumn, firstColumn + width);
    for (let y = 0; y < height; y++) {
      const above = (down.below[firstRow + y] - lowRow) * planeWidth;
      const rowFraction = down.fraction[firstRow + y];
      for (let x = 0; x < planeWidth; x++) line[x] = plane[above + x] + (plane[above + planeWidth + x] - plane[above + x]) * rowFraction;
      for (let x = 0, target = y * width; x < width; x++, target++) {
        const at = left[x];
        values[target] = line[at] + (line[at + 1] - line[at]) * fractions[x];
      }
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

  /** The window's plane at image slice k, interpolated along the slice axis and summed over the channels; row-major. */
  #collapse(k: number): Float32Array {
    const { box, channels } = this.#source;
    const strides = [1, box.size[0], box.size[0] * box.size[1]];
    const [columnAxis, rowAxis, sliceAxis] = this.#axes;
    const { min, size } = this.#window;
    const [columnStride, rowStride, sliceStride] = this.#axes.map((axis) => strides[axis]);
    const [width, height] = [size[columnAxis], size[rowAxis]];
    const range = (axis: number): [number, number] => [Math.max(0, box.min[axis] - min[axis]), Math.min(size[axis], box.min[axis] + box.size[axis] - min[axis])];
    const [[left, right], [top, bottom]] = [range(columnAxis), range(rowAxis)];
    const plane = new Float32Array(width * height);
    const { below, fraction } = this.#interpolations[2];
    for (const step of [0, 1]) {
      const weight = step === 0 ? 1 - fraction[k] : fraction[k];
      const level = below[k] + step - box.min[sliceAxis];
      if (weight === 0 || level < 0 || level >= box.size[sliceAxis]) continue;
      for (const channel of this.#channels) {
        const values = channels[channel];
        for (let y = top; y < bottom; y++) {
          let source = level * sliceStride + (min[rowAxis] + y - box.min[rowAxis]) * rowStride + (min[columnAxis] + left - box.min[columnAxis]) * columnStride;
          for (let target = y * width + left; target < y * width + right; target++, source += columnStride) plane[target] += weight * values[source];
        }
      }
    }
    return plane;
  }

  /** The smallest box of the grid that holds every voxel with a probability of `NEGLIGIBLE` or more. */
  #positiveBox(): VoxelBox {
    const { box, channels } = this.#source;
    const found = boundingBox(box.size, (index) => {
      let sum = 0;
      for (const channel of this.#channels) sum += channels[channel][index];
      return sum >= NEGLIGIBLE;
    });
    return { min: addScaled(box.min, found.min, 1), size: found.size };
  }

  /** The image voxels whose interpolation touches the given box of the grid. */
  #imageBox(gridBox: VoxelBox): VoxelBox {
    if (gridBox.size[0] === 0) return EMPTY_BOX;
    const ranges = this.#axes.map((gridAxis, imageAxis) => {
      const { below } = this.#interpolations[imageAxis];
      const [low, high] = [gridBox.min[gridAxis] - 1, gridBox.min[gridAxis] + gridBox.size[gridAxis]];
      const inside = (grid: number): boolean => grid >= low && grid <= high;
      return [below.findIndex(inside), below.findLastIndex(inside)] as const;
    });
    // Something smaller than the gap between two coarse slices may fall between them.
    if (ranges.some(([first]) => first < 0)) return EMPTY_BOX;
    const [i, j, k] = ranges;
    return { min: [i[0], j[0], k[0]], size: [i[1] - i[0] + 1, j[1] - j[0] + 1, k[1] - k[0] + 1] };
  }
}
