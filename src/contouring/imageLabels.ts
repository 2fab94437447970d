import type { VolumeGeometry } from '../geometry/index.ts';
import type { GridProbabilities } from './imageProbability.ts';
import { interpolationToImage, type AxisInterpolation } from './modelGrid.ts';

/**
 * The channel that is highest at each voxel of the image, each channel interpolated from the network's grid by itself: what nnU-Net and
 * MONAI call a voxel. The highest of interpolated channels is not the interpolated lead of one over the others: where three classes meet
 * they differ. What lies beyond the computed box is channel 0, the background.
 * @returns one byte a voxel, columns fastest, then rows, then slices
 */
export function highestChannels({ grid, box, channels }: GridProbabilities, { size }: VolumeGeometry): Uint8Array {
  const highest = highestOnGrid(channels);
  const gridStrides = [1, box.size[0], box.size[0] * box.size[1]];
  const [columns, rows, slices] = ([0, 1, 2] as const).map((imageAxis) => {
    const gridAxis = grid.findIndex((axis) => axis.imageAxis === imageAxis);
    return stepsAlong(interpolationToImage(grid[gridAxis]), box.min[gridAxis], box.size[gridAxis], gridStrides[gridAxis]);
  });
  const labels = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      if (slices.outside[k] || rows.outside[j]) {
        at += size[0];
        continue;
      }
      const [a, b, c, d] = [slices.low[k] + rows.low[j], slices.low[k] + rows.high[j], slices.high[k] + rows.low[j], slices.high[k] + rows.high[j]];
      for (let i = 0; i < size[0]; i++, at++) {
        if (columns.outside[i]) continue;
        const [left, right] = [columns.low[i], columns.high[i]];
        const settled = highest[a + left];
        // A channel that is the highest at all corners is so everywhere between them.
        if (highest[a + right] === settled && highest[b + left] === settled && highest[b + right] === settled
          && highest[c + left] === settled && highest[c + right] === settled && highest[d + left] === settled && highest[d + right] === settled) {
          labels[at] = settled;
          continue;
        }
        const [x, y, z] = [columns.share[i], rows.share[j], slices.share[k]];
        let most = -Infinity;
        for (let channel = 0; channel < channels.length; channel++) {
          const field = channels[channel];
          const upper = (field[a + left] * (1 - x) + field[a + right] * x) * (1 - y) + (field[b + left] * (1 - x) + field[b + right] * x) * y;
          const lower = (field[c + left] * (1 - x) + field[c + right] * x) * (1 - y) + (field[d + left] * (1 - x) + field[d + right] * x) * y;
          const value = upper * (1 - z) + lower * z;
          if (value > most) {
            most = value;
            labels[at] = channel;
          }
        }
      }
    }
  }
  return labels;
}

/** Where in the grid's box the samples before and after each image sample lie, as offsets, and the share of the one after. */
interface Steps {
  low: Int32Array;
  high: Int32Array;
  share: Float64Array;
  outside: boolean[];
}

function stepsAlong({ below, fraction }: AxisInterpolation, first: number, count: number, stride: number): Steps {
  const inside = (index: number): number => Math.min(Math.max(index - first, 0), count - 1);
  return {
    low: below.map((index) => inside(index) * stride),
    high: below.map((index) => inside(index + 1) * stride),
    share: Float64Array.from(fraction),
    outside: Array.from(below, (index) => index + 1 < first || index >= first + count),
  };
}

function highestOnGrid(channels: readonly Float32Array[]): Uint8Array {
  const most = channels[0].slice();
  const highest = new Uint8Array(most.length);
  for (let channel = 1; channel < channels.length; channel++) {
    const field = channels[channel];
    for (let index = 0; index < most.length; index++) {
      if (field[index] > most[index]) {
        most[index] = field[index];
        highest[index] = channel;
      }
    }
  }
  return highest;
}
