import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import type { PointGrid, Points } from './surface.ts';

/** The voxel centres of a geometry; each slice at its own position. */
export function centreGrid(geometry: VolumeGeometry): PointGrid {
  return { columnMm: geometry.columnSpacingMm, rowMm: geometry.rowSpacingMm, layerMm: Float64Array.from(geometry.sliceOffsetsMm) };
}

/** The border voxels of a mask by their indices in the volume: those with one of six neighbours outside. What lies beyond the image is outside. */
export function borderOf(mask: Mask): Points {
  const { min, size: [columns, rows, slices] } = mask.box;
  const area = columns * rows;
  const { voxels } = mask;
  const found: number[] = [];
  for (let z = 0, at = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      const atEdge = z === 0 || z === slices - 1 || y === 0 || y === rows - 1;
      for (let x = 0; x < columns; x++, at++) {
        if (voxels[at] === 0) continue;
        const isInner = !atEdge && x > 0 && x < columns - 1 && (voxels[at - 1] & voxels[at + 1] & voxels[at - columns] & voxels[at + columns] & voxels[at - area] & voxels[at + area]) === 1;
        if (!isInner) found.push(min[0] + x, min[1] + y, min[2] + z);
      }
    }
  }
  const count = found.length / 3;
  const axis = (offset: number): Uint16Array => Uint16Array.from({ length: count }, (_, n) => found[3 * n + offset]);
  return { count, x: axis(0), y: axis(1), z: axis(2) };
}
