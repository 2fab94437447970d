import type { Volume } from '../geometry/index.ts';
import { withGraph } from './graphSession.ts';
import type { ModelManifest } from './modelManifest.ts';
import { weightsToGrid, type AxisWeights, type ModelGrid } from './modelGrid.ts';
import { ELEMENT_TYPES, type Graph } from './onnxGraph.ts';
import { Tensor } from './onnxruntime.ts';

/** Intensity rule of a manifest: clip to `clipHu`, then (HU − mean) / std. */
export type IntensityRule = ModelManifest['input']['intensity'];

/** All that voxels of 16 bits can hold. */
const WIDEST_HU: [number, number] = [-32768, 32767];

/** Image slices that are brought to the grid's columns and rows at once: few enough to stay in the processor's cache. */
const SLICES_AT_ONCE = 8;

/**
 * Brings an image to the network's grid and intensities.
 *
 * Separable: within the slice by two matrix products, then from slice to slice; beside the result only a few slices of floats
 * are held. Axes are reordered and flipped as the grid says; unevenly placed slices keep their places.
 * @returns values in grid order, x fastest, then y, then z; size of the three grid axes.
 */
export async function resampleToGrid(image: Volume<Int16Array>, grid: ModelGrid, intensity: IntensityRule): Promise<Float32Array> {
  const [columns, rows, slices] = image.geometry.size;
  const axes = ([0, 1, 2] as const).map((imageAxis) => grid.findIndex((axis) => axis.imageAxis === imageAxis));
  const strides = [1, grid[0].size, grid[0].size * grid[1].size];
  const [columnStride, rowStride, sliceStride] = axes.map((gridAxis) => strides[gridAxis]);
  const [toColumns, toRows, toSlices] = axes.map((gridAxis) => weightsToGrid(grid[gridAxis]));
  const [width, height, depth] = axes.map((gridAxis) => grid[gridAxis].size);
  const area = width * height;

  const across = new Tensor('float32', transposed(weightMatrix(toColumns, columns), columns), [columns, width]);
  const down = new Tensor('float32', weightMatrix(toRows, rows), [height, rows]);
  const result = new Float32Array(area * depth);
  // A spline overshoots beside edges: nnU-Net cuts it off at what the image holds, or the slice where slices are resampled one by one.
  const isCut = grid.some(({ filter }) => filter === 'spline');
  // MONAI clips what it has interpolated, nnU-Net and Rondo what they interpolate.
  const isCutLate = grid.some(({ filter }) => filter === 'linear');
  const oneByOne = grid[axes[2]].filter === 'nearest';
  const whole: Span = { low: Infinity, high: -Infinity };
  await withGraph(planesGraph(isCutLate ? { ...intensity, clipHu: WIDEST_HU } : intensity), async (run) => {
    for (let first = 0; first < slices; first += SLICES_AT_ONCE) {
      const count = Math.min(SLICES_AT_ONCE, slices - first);
      const hu = new Tensor('int16', image.voxels.subarray(first * rows * columns, (first + count) * rows * columns), [count, rows, columns]);
      const planes = (await run({ hu, across, down })).planes.data as Float32Array;
      for (let k = 0; k < count; k++) {
        if (isCut) {
          const own = spanOf(image.voxels, (first + k) * rows * columns, rows * columns, intensity);
          [whole.low, whole.high] = [Math.min(whole.low, own.low), Math.max(whole.high, own.high)];
          if (oneByOne) cut(planes, k * area, (k + 1) * area, own);
        }
        for (let t = 0; t < depth; t++) {
          const weight = toSlices.weights[t][first + k - toSlices.first[t]] as number | undefined;
          if (weight !== undefined) addPlane(planes.subarray(k * area, (k + 1) * area), width, weight, result, t * sliceStride, [columnStride, rowStride]);
        }
      }
    }
  });
  if (isCut && !oneByOne) cut(result, 0, result.length, whole);
  if (isCutLate) cut(result, 0, result.length, { low: normalized(intensity.clipHu[0], intensity), high: normalized(intensity.clipHu[1], intensity) });
  return result;
}

/** Lowest and highest intensity, normalized. */
interface Span {
  low: number;
  high: number;
}

function normalized(hu: number, { clipHu, meanHu, stdHu }: IntensityRule): number {
  return Math.fround((Math.min(Math.max(hu, clipHu[0]), clipHu[1]) - meanHu) / stdHu);
}

function spanOf(voxels: Int16Array, start: number, count: number, intensity: IntensityRule): Span {
  let [least, most] = [Infinity, -Infinity];
  for (let index = start; index < start + count; index++) {
    least = Math.min(least, voxels[index]);
    most = Math.max(most, voxels[index]);
  }
  return { low: normalized(least, intensity), high: normalized(most, intensity) };
}

function cut(values: Float32Array, from: number, to: number, { low, high }: Span): void {
  for (let index = from; index < to; index++) values[index] = Math.min(Math.max(values[index], low), high);
}

function addPlane(plane: Float32Array, width: number, weight: number, result: Float32Array, start: number, [columnStride, rowStride]: readonly [number, number]): void {
  for (let from = 0, row = start; from < plane.length; from += width, row += rowStride) {
    for (let x = 0, target = row; x < width; x++, target += columnStride) result[target] += weight * plane[from + x];
  }
}

/** The weights of an axis as a matrix [sample][source]. @param count samples of the source */
function weightMatrix({ first, weights }: AxisWeights, count: number): Float32Array {
  const matrix = new Float32Array(first.length * count);
  for (const [t, own] of weights.entries()) matrix.set(own, t * count + first[t]);
  return matrix;
}

/** A matrix with rows and columns exchanged. @param width of its rows */
function transposed(matrix: Float32Array, width: number): Float32Array {
  const height = matrix.length / width;
  return matrix.map((_, index) => matrix[(index % height) * width + Math.floor(index / height)]);
}

/** Slices of HU become planes of the grid's columns and rows, [slice][row][column], clipped and normalized. */
function planesGraph({ clipHu, meanHu, stdHu }: IntensityRule): Graph {
  return {
    inputs: [{ name: 'hu', type: 'int16', shape: ['slices', 'rows', 'columns'] }, { name: 'across', type: 'float32', shape: ['columns', 'width'] }, { name: 'down', type: 'float32', shape: ['height', 'rows'] }],
    outputs: [{ name: 'planes', type: 'float32', shape: ['slices', 'height', 'width'] }],
    scalars: { low: clipHu[0], high: clipHu[1], mean: meanHu, std: stdHu },
    nodes: [
      { op: 'Cast', inputs: ['hu'], outputs: ['exact'], attributes: { to: ELEMENT_TYPES.float32 } },
      { op: 'Clip', inputs: ['exact', 'low', 'high'], outputs: ['clipped'] },
      { op: 'MatMul', inputs: ['clipped', 'across'], outputs: ['narrowed'] },
      { op: 'MatMul', inputs: ['down', 'narrowed'], outputs: ['lowered'] },
      { op: 'Sub', inputs: ['lowered', 'mean'], outputs: ['centred'] },
      { op: 'Div', inputs: ['centred', 'std'], outputs: ['planes'] },
    ],
  };
}
