import type { Mask } from '../geometry/index.ts';
import { sampleMask, type PlaneGrid } from './planeView.ts';

/** Outline of a mask in a plane: line segments x0, y0, x1, y1 in pixels (0, 0 is the picture's corner), one after the other. */
export type Outline = readonly number[];

/** Ends of the outline in a square of four samples, by which of them are inside (bits: 1 upper left, 2 upper right, 4 lower left, 8 lower right). */
const segmentsByCase: readonly (readonly (readonly [Edge, Edge])[])[] = [
  [], [['left', 'top']], [['top', 'right']], [['left', 'right']],
  [['left', 'bottom']], [['top', 'bottom']], [['top', 'right'], ['left', 'bottom']], [['right', 'bottom']],
  [['right', 'bottom']], [['left', 'top'], ['right', 'bottom']], [['top', 'bottom']], [['left', 'bottom']],
  [['left', 'right']], [['top', 'right']], [['left', 'top']], [],
];

type Edge = 'top' | 'bottom' | 'left' | 'right';

/** Where the mask, interpolated linearly between voxels, passes through one half: its outline at the voxels' edges. */
export function outlineOf(mask: Mask, grid: PlaneGrid): Outline {
  const { values, columns, rows } = framed(sampleMask(mask, grid), grid);
  const outline: number[] = [];
  for (let y = 0; y < rows - 1; y++) {
    for (let x = 0; x < columns - 1; x++) {
      const a = values[y * columns + x];
      const b = values[y * columns + x + 1];
      const c = values[(y + 1) * columns + x];
      const d = values[(y + 1) * columns + x + 1];
      const corners = Number(a >= 0.5) | (Number(b >= 0.5) << 1) | (Number(c >= 0.5) << 2) | (Number(d >= 0.5) << 3);
      if (corners === 0 || corners === 15) continue;
      const ends = { top: [crossing(a, b), 0], bottom: [crossing(c, d), 1], left: [0, crossing(a, c)], right: [1, crossing(b, d)] };
      // Sample (1, 1) of the frame is the middle of the first pixel.
      for (const edge of segmentsByCase[corners].flat()) outline.push(x + ends[edge][0] - 0.5, y + ends[edge][1] - 0.5);
    }
  }
  return outline;
}

/** The samples with a border of nothing, which closes outlines at the edge of the picture. */
function framed(samples: Float32Array, grid: PlaneGrid): { values: Float32Array; columns: number; rows: number } {
  const [columns, rows] = [grid.columns + 2, grid.rows + 2];
  const values = new Float32Array(columns * rows);
  for (let row = 0; row < grid.rows; row++) values.set(samples.subarray(row * grid.columns, (row + 1) * grid.columns), (row + 1) * columns + 1);
  return { values, columns, rows };
}

/** Fraction of the way from one sample to the next at which the value passes one half. */
function crossing(from: number, to: number): number {
  return (0.5 - from) / (to - from);
}
