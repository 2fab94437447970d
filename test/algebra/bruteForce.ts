import type { DirectionalMarginsMm } from '../../src/algebra/index.ts';
import { dot, type Mask, type Vector3, type VolumeGeometry } from '../../src/geometry/index.ts';
import { paint } from '../support/masks.ts';

/** Rounding of positions; far below any distance between two voxels' differing distances in these tests. */
const ROUNDING_MM = 1e-6;

export const PATIENT_AXES: readonly Vector3[] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

/** The axes of an image, for distances in frames that lean. */
export const imageAxes = (geometry: VolumeGeometry): readonly Vector3[] => [geometry.rowDirection, geometry.columnDirection, geometry.normal];

/** A margin toward the negative and the positive end of each of three axes, in mm. */
export type EndMargins = readonly (readonly [number, number])[];

export const uniformEnds = (marginMm: number): EndMargins => [0, 1, 2].map(() => [marginMm, marginMm]);

export const patientEnds = (margins: DirectionalMarginsMm): EndMargins => [
  [margins.right, margins.left],
  [margins.anterior, margins.posterior],
  [margins.inferior, margins.superior],
];

/** All voxels whose centre lies within the margins of the body of any voxel of the mask. */
export function bruteGrown(mask: Mask, axes: readonly Vector3[], ends: EndMargins): Mask {
  const boxes = voxelsOf(mask.geometry, (i, j, k) => mask.has(i, j, k)).map((index) => extent(mask.geometry, index, axes, 0.5));
  return paint(mask.geometry, (...index) => {
    const centre = positions(mask.geometry, index, axes);
    return boxes.some((box) => within(offsets(box, centre), ends));
  });
}

/** All voxels of the mask whose centre lies farther than the margins from the body of every voxel of the image outside the mask. */
export function bruteShrunk(mask: Mask, axes: readonly Vector3[], ends: EndMargins): Mask {
  const boxes = voxelsOf(mask.geometry, (i, j, k) => !mask.has(i, j, k)).map((index) => extent(mask.geometry, index, axes, 0.25));
  return paint(mask.geometry, (...index) => {
    if (!mask.has(...index)) return false;
    const centre = positions(mask.geometry, index, axes);
    return !boxes.some((box) => within(offsets(box, centre).map((offset) => -offset), ends));
  });
}

function voxelsOf(geometry: VolumeGeometry, belongs: (i: number, j: number, k: number) => boolean): Vector3[] {
  const found: Vector3[] = [];
  for (let k = 0; k < geometry.size[2]; k++) {
    for (let j = 0; j < geometry.size[1]; j++) {
      for (let i = 0; i < geometry.size[0]; i++) if (belongs(i, j, k)) found.push([i, j, k]);
    }
  }
  return found;
}

function positions(geometry: VolumeGeometry, index: Vector3, axes: readonly Vector3[]): number[] {
  const point = geometry.toPatient(index);
  return axes.map((axis) => dot(point, axis));
}

/** Lowest and highest position, along each axis, of the eight corners of a voxel's body: half as wide as the voxel, across slices by `reach` steps. */
function extent(geometry: VolumeGeometry, [i, j, k]: Vector3, axes: readonly Vector3[], reach: number): [number, number][] {
  const corners = [-0.25, 0.25].flatMap((x) => [-0.25, 0.25].flatMap((y) => [-reach, reach].map((z) => positions(geometry, [i + x, j + y, k + z], axes))));
  return axes.map((_, axis) => [Math.min(...corners.map((corner) => corner[axis])), Math.max(...corners.map((corner) => corner[axis]))]);
}

/** From the nearest point of a box to a position, along each axis. */
function offsets(box: readonly (readonly [number, number])[], centre: readonly number[]): number[] {
  return box.map(([low, high], axis) => centre[axis] - Math.min(Math.max(centre[axis], low), high));
}

function within(offset: readonly number[], ends: EndMargins): boolean {
  const squared = offset.reduce((sum, value, axis) => {
    const marginMm = ends[axis][value < 0 ? 0 : 1];
    if (Math.abs(value) < ROUNDING_MM) return sum;
    return sum + (marginMm === 0 ? Infinity : (value / (marginMm + ROUNDING_MM)) ** 2);
  }, 0);
  return squared <= 1;
}
