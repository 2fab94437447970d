import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import type { PointGrid, Points } from './surface.ts';

/** Which voxels of a mask are its border: those with a neighbour outside. */
export interface BorderRule {
  /** 6 by faces, 26 by faces, edges and corners. */
  neighbours: 6 | 26;
  /** Whether what lies beyond the image counts as outside. */
  openAtImageEdge: boolean;
}

/** The voxel centres of a geometry; each slice at its own position. */
export function centreGrid(geometry: VolumeGeometry): PointGrid {
  return { columnMm: geometry.columnSpacingMm, rowMm: geometry.rowSpacingMm, layerMm: Float64Array.from(geometry.sliceOffsetsMm) };
}

/** The border voxels of a mask, by their indices in the volume. */
export function borderOf(mask: Mask, { neighbours, openAtImageEdge }: BorderRule): Points {
  const { min, size: [columns, rows, slices] } = mask.box;
  const stride = columns + 2;
  const area = stride * (rows + 2);
  const voxels = padded(mask, openAtImageEdge);
  const steps = stepsTo(neighbours, stride, area);
  const found: number[] = [];
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      const start = (z + 1) * area + (y + 1) * stride + 1;
      for (let at = start; at < start + columns; at++) {
        if (voxels[at] === 1 && steps.some((step) => voxels[at + step] === 0)) found.push(min[0] + at - start, min[1] + y, min[2] + z);
      }
    }
  }
  const count = found.length / 3;
  const axis = (offset: number): Uint16Array => Uint16Array.from({ length: count }, (_, n) => found[3 * n + offset]);
  return { count, x: axis(0), y: axis(1), z: axis(2) };
}

/** The box of a mask with a rim of one voxel: 0, or 1 where it lies beyond an image whose edge is no border. */
function padded({ geometry, box: { min, size }, voxels }: Mask, openAtImageEdge: boolean): Uint8Array {
  const [columns, rows, slices] = size;
  const stride = columns + 2;
  const inside = (index: number, axis: number): boolean => min[axis] + index > 0 && min[axis] + index <= geometry.size[axis];
  const all = new Uint8Array(stride * (rows + 2) * (slices + 2));
  for (let z = 0, at = 0; z < slices + 2; z++) {
    for (let y = 0; y < rows + 2; y++, at += stride) {
      const rowInside = inside(y, 1) && inside(z, 2);
      if (!openAtImageEdge) {
        if (!rowInside) all.fill(1, at, at + stride);
        if (!inside(0, 0)) all[at] = 1;
        if (!inside(columns + 1, 0)) all[at + stride - 1] = 1;
      }
      if (y === 0 || z === 0 || y > rows || z > slices) continue;
      const from = ((z - 1) * rows + y - 1) * columns;
      all.set(voxels.subarray(from, from + columns), at + 1);
    }
  }
  return all;
}

function stepsTo(neighbours: 6 | 26, stride: number, area: number): number[] {
  const sides = [-1, 0, 1];
  return sides.flatMap((dz) => sides.flatMap((dy) => sides.map((dx) => [dx, dy, dz])))
    .filter((step) => {
      const moves = step.filter((side) => side !== 0).length;
      return moves > 0 && (neighbours === 26 || moves === 1);
    })
    .map(([dx, dy, dz]) => dz * area + dy * stride + dx);
}
