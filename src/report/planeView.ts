import type { Mask, Vector3, Volume, VolumeGeometry, VoxelArray, VoxelBox } from '../geometry/index.ts';

export interface PlaneView {
  title: string;
  /** Patient axis (LPS: 0, 1, 2) across the plane; the coordinate that is shown as the plane's position. */
  normalAxis: 0 | 1 | 2;
  /** Patient axis and sense in which the picture runs to the right and down. */
  right: { axis: 0 | 1 | 2; sense: 1 | -1 };
  down: { axis: 0 | 1 | 2; sense: 1 | -1 };
  /** Sides of the patient at the left, right, upper and lower edge of the picture. */
  letters: readonly [left: string, right: string, top: string, bottom: string];
}

/**
 * The three planes as radiology shows them: patient right on the viewer's left, anterior up; head up; anterior left.
 * The letters follow from the axes (x to the patient's left, y to posterior, z to the head). Pixels are looked up at
 * patient coordinates, so they hold for any orientation of the image.
 */
export const planeViews = {
  axial: { title: 'Axial', normalAxis: 2, right: { axis: 0, sense: 1 }, down: { axis: 1, sense: 1 }, letters: ['R', 'L', 'A', 'P'] },
  coronal: { title: 'Coronal', normalAxis: 1, right: { axis: 0, sense: 1 }, down: { axis: 2, sense: -1 }, letters: ['R', 'L', 'H', 'F'] },
  sagittal: { title: 'Sagittal', normalAxis: 0, right: { axis: 1, sense: 1 }, down: { axis: 2, sense: -1 }, letters: ['A', 'P', 'H', 'F'] },
} as const satisfies Record<string, PlaneView>;

/** A box along the patient axes, in mm (LPS). */
export interface PatientBox {
  low: Vector3;
  high: Vector3;
}

/** The box along the patient axes that holds a block of voxels, to their outer edges. */
export function patientBox(geometry: VolumeGeometry, { min, size }: VoxelBox): PatientBox {
  const corners = Array.from({ length: 8 }, (_, corner) =>
    geometry.toPatient([
      min[0] - 0.5 + (corner & 1) * size[0],
      min[1] - 0.5 + ((corner >> 1) & 1) * size[1],
      min[2] - 0.5 + ((corner >> 2) & 1) * size[2],
    ]),
  );
  const along = (choose: (...values: number[]) => number): Vector3 => [
    choose(...corners.map((corner) => corner[0])),
    choose(...corners.map((corner) => corner[1])),
    choose(...corners.map((corner) => corner[2])),
  ];
  return { low: along(Math.min), high: along(Math.max) };
}

/** A picture of a plane in which every pixel knows the fractional voxel index at its middle. */
export interface PlaneGrid {
  columns: number;
  rows: number;
  /** Column, row and slice index of each pixel, row-major. */
  voxels: readonly [Float32Array, Float32Array, Float32Array];
}

/** The pixels of a view of `box` through `pointMm`, at `pixelsPerMm`. */
export function planeGrid(view: PlaneView, geometry: VolumeGeometry, box: PatientBox, pointMm: Vector3, pixelsPerMm: number): PlaneGrid {
  const extent = (axis: number): number => Math.max(1, Math.round((box.high[axis] - box.low[axis]) * pixelsPerMm));
  const [columns, rows] = [extent(view.right.axis), extent(view.down.axis)];
  const voxels = [new Float32Array(columns * rows), new Float32Array(columns * rows), new Float32Array(columns * rows)] as const;
  const at: [number, number, number] = [pointMm[0], pointMm[1], pointMm[2]];
  for (let row = 0; row < rows; row++) {
    at[view.down.axis] = positionMm(view.down, box, row, pixelsPerMm);
    for (let column = 0; column < columns; column++) {
      at[view.right.axis] = positionMm(view.right, box, column, pixelsPerMm);
      const index = geometry.toVoxel(at);
      const pixel = row * columns + column;
      voxels[0][pixel] = index[0];
      voxels[1][pixel] = index[1];
      voxels[2][pixel] = index[2];
    }
  }
  return { columns, rows, voxels };
}

/** Pixel (fractional, 0 at the edge of the picture) at which a patient coordinate lies along one direction of a view. */
export function pixelOf({ axis, sense }: PlaneView['right'], box: PatientBox, coordinateMm: number, pixelsPerMm: number): number {
  return (sense > 0 ? coordinateMm - box.low[axis] : box.high[axis] - coordinateMm) * pixelsPerMm;
}

function positionMm({ axis, sense }: PlaneView['right'], box: PatientBox, pixel: number, pixelsPerMm: number): number {
  return sense > 0 ? box.low[axis] + (pixel + 0.5) / pixelsPerMm : box.high[axis] - (pixel + 0.5) / pixelsPerMm;
}

/** Values of a volume at the pixels, interpolated linearly between the slices' real positions; NaN outside its voxels. */
export function sampleVolume({ geometry, voxels }: Volume, grid: PlaneGrid): Float32Array {
  return sampleBlock(voxels, { min: [0, 0, 0], size: geometry.size }, geometry.size, grid, NaN);
}

/** Linear interpolation of a mask, 1 inside and 0 outside, at the pixels. */
export function sampleMask({ geometry, box, voxels }: Mask, grid: PlaneGrid): Float32Array {
  return sampleBlock(voxels, box, geometry.size, grid, 0);
}

/**
 * Linear interpolation of values known in a block of a volume, 0 elsewhere in it. Up to half a voxel beyond the
 * volume's outermost centres the outermost value holds; beyond that, `outside`.
 */
function sampleBlock(values: VoxelArray, { min, size }: VoxelBox, volumeSize: Vector3, grid: PlaneGrid, outside: number): Float32Array {
  const samples = new Float32Array(grid.columns * grid.rows);
  const [is, js, ks] = grid.voxels;
  const [columns, rows, slices] = size;
  for (let pixel = 0; pixel < samples.length; pixel++) {
    const i = is[pixel];
    const j = js[pixel];
    const k = ks[pixel];
    if (i < -0.5 || j < -0.5 || k < -0.5 || i > volumeSize[0] - 0.5 || j > volumeSize[1] - 0.5 || k > volumeSize[2] - 0.5) {
      samples[pixel] = outside;
      continue;
    }
    const x = Math.min(Math.max(i, 0), volumeSize[0] - 1) - min[0];
    const y = Math.min(Math.max(j, 0), volumeSize[1] - 1) - min[1];
    const z = Math.min(Math.max(k, 0), volumeSize[2] - 1) - min[2];
    if (x <= -1 || y <= -1 || z <= -1 || x >= columns || y >= rows || z >= slices) continue;
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const z0 = Math.floor(z);
    let value = 0;
    for (let corner = 0; corner < 8; corner++) {
      const cx = x0 + (corner & 1);
      const cy = y0 + ((corner >> 1) & 1);
      const cz = z0 + (corner >> 2);
      if (cx < 0 || cy < 0 || cz < 0 || cx >= columns || cy >= rows || cz >= slices) continue;
      value += (1 - Math.abs(x - cx)) * (1 - Math.abs(y - cy)) * (1 - Math.abs(z - cz)) * values[(cz * rows + cy) * columns + cx];
    }
    samples[pixel] = value;
  }
  return samples;
}
