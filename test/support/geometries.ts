import { cross, normalize, VolumeGeometry, type Vector3 } from '../../src/geometry/index.ts';

/**
 * Direction cosines (row, column) of axial images in the patient positions of PS3.3 C.7.3.1.1.2, as scanners write them:
 * the image is seen from the foot end of the couch with the couch at its lower edge.
 */
export const POSITIONS: readonly { name: string; rowDirection: Vector3; columnDirection: Vector3 }[] = [
  { name: 'HFS', rowDirection: [1, 0, 0], columnDirection: [0, 1, 0] },
  { name: 'HFP', rowDirection: [-1, 0, 0], columnDirection: [0, -1, 0] },
  { name: 'FFS', rowDirection: [-1, 0, 0], columnDirection: [0, 1, 0] },
  { name: 'FFP', rowDirection: [1, 0, 0], columnDirection: [0, -1, 0] },
  { name: 'HFDR', rowDirection: [0, 1, 0], columnDirection: [-1, 0, 0] },
  { name: 'HFDL', rowDirection: [0, -1, 0], columnDirection: [1, 0, 0] },
  { name: 'FFDR', rowDirection: [0, -1, 0], columnDirection: [-1, 0, 0] },
  { name: 'FFDL', rowDirection: [0, 1, 0], columnDirection: [1, 0, 0] },
];

export interface GeometryOptions {
  size?: Vector3;
  columnSpacingMm?: number;
  rowSpacingMm?: number;
  rowDirection?: Vector3;
  columnDirection?: Vector3;
  originMm?: Vector3;
  sliceOffsetsMm?: readonly number[];
  frameOfReferenceUid?: string;
}

/** A geometry with unequal extents, unequal spacings and uneven slices unless told otherwise. */
export function makeGeometry(options: GeometryOptions = {}): VolumeGeometry {
  const size = options.size ?? [13, 9, 7];
  return new VolumeGeometry({
    size,
    columnSpacingMm: options.columnSpacingMm ?? 1.25,
    rowSpacingMm: options.rowSpacingMm ?? 0.75,
    rowDirection: options.rowDirection ?? [1, 0, 0],
    columnDirection: options.columnDirection ?? [0, 1, 0],
    originMm: options.originMm ?? [-31, 17, 101.5],
    sliceOffsetsMm: options.sliceOffsetsMm ?? unevenOffsets(size[2]),
    frameOfReferenceUid: options.frameOfReferenceUid ?? '2.25.77',
  });
}

/** 0, 2.5, 4.5, 8, 10.5, 12.5 …: gaps 2.5, 2, 3.5 in turn. */
export function unevenOffsets(count: number): number[] {
  const gaps = [2.5, 2, 3.5];
  const offsets = [0];
  for (let k = 1; k < count; k++) offsets.push(offsets[k - 1] + gaps[(k - 1) % 3]);
  return offsets;
}

/** Row and column directions of an image leaning by the given degrees about x and then about z. */
export function obliqueDirections(aboutX: number, aboutZ: number): { rowDirection: Vector3; columnDirection: Vector3 } {
  const [a, b] = [(aboutX * Math.PI) / 180, (aboutZ * Math.PI) / 180];
  const rowDirection = normalize([Math.cos(b), Math.sin(b), 0]);
  const normal = normalize([Math.sin(a) * Math.sin(b), -Math.sin(a) * Math.cos(b), Math.cos(a)]);
  return { rowDirection, columnDirection: cross(normal, rowDirection) };
}
