import type { VolumeGeometry } from '../../src/geometry/index.ts';
import type { FileContour, Structure, StructureSet } from '../../src/rtstruct/index.ts';

/** A closed contour through points of the grid, given as fractional indices [i, j, k]. */
export function contourThrough(geometry: VolumeGeometry, indices: readonly (readonly [number, number, number])[], geometricType = 'CLOSED_PLANAR'): FileContour {
  return { geometricType, points: Float64Array.from(indices.flatMap((index) => [...geometry.toPatient(index)])), imageUid: undefined };
}

/** A closed contour on slice k through columns and rows [i, j]. */
export function onSlice(geometry: VolumeGeometry, k: number, ring: readonly (readonly [number, number])[], geometricType?: string): FileContour {
  return contourThrough(geometry, ring.map(([i, j]) => [i, j, k] as const), geometricType);
}

/** A closed contour through points in mm along rows, columns and the normal from the first voxel. */
export function contourInMm({ originMm, rowDirection, columnDirection, normal }: VolumeGeometry, pointsMm: readonly (readonly [number, number, number])[]): FileContour {
  const points = pointsMm.flatMap(([x, y, z]) => originMm.map((start, axis) => start + x * rowDirection[axis] + y * columnDirection[axis] + z * normal[axis]));
  return { geometricType: 'CLOSED_PLANAR', points: Float64Array.from(points), imageUid: undefined };
}

/** What contours are read with: the set's frame, and the structure. */
export function structureOf(geometry: VolumeGeometry, ...contours: FileContour[]): [Pick<StructureSet<FileContour>, 'reference'>, Pick<Structure<FileContour>, 'contours'>, VolumeGeometry] {
  return [{ reference: { frameOfReferenceUid: geometry.frameOfReferenceUid, series: [] } }, { contours }, geometry];
}

/** Whether a point lies inside the rings by the even-odd rule: a ray to the right, crossing by crossing. */
export function isInside(x: number, y: number, rings: readonly (readonly (readonly [number, number])[])[]): boolean {
  return rings.reduce((inside, ring) => ring.reduce((within, [x1, y1], index) => {
    const [x0, y0] = ring[(index + ring.length - 1) % ring.length];
    return y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0) ? !within : within;
  }, inside), false);
}
