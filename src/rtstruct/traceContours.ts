import type { Mask, VoxelBox } from '../geometry/index.ts';
import { traceBoundaries, type Boundary } from './boundary.ts';
import { toPatientRing, type Contour } from './contour.ts';
import { fitRings } from './fitRings.ts';
import { isoLines, type SmoothField } from './isoLine.ts';

/** Default of `toleranceMm`: a tenth of a usual voxel, far below what anybody can draw, and never more than this part of a voxel. */
const TOLERANCE_MM = 0.1;
const TOLERANCE_VOXELS = 0.25;

/**
 * The contours of a mask along its voxel edges, without any loss: `rasterize` gives back the identical mask, and
 * areas are equal. Voxels that share only a corner are separate regions, which touch there; a hole that opens at a
 * corner is part of the outside. Points are not rounded. Ordered by slice, then by their first row and column.
 */
export function traceContours(mask: Mask): Contour[] {
  return traceSlices(mask, (boundaries, slice) =>
    boundaries.map(({ edges }) => toPatientRing(cornersOf(edges, mask.box), slice, mask.geometry)),
  );
}

/**
 * The contours of a structure below voxel size: along the 0.5 line of its probability, or, without one, of its mask
 * blurred in the plane by one voxel. Topology is that of `traceContours`; every voxel centre stays on its side of the
 * line, so `rasterize` gives back the identical mask; rings neither cross nor touch. Points are as a file holds them
 * (0.01 mm), so writing changes nothing either.
 *
 * @param options.toleranceMm how far a ring may be simplified, default 0.1 mm and a quarter of a voxel at most; a ring is simplified less where that
 *   would move a voxel centre to the other side or make rings meet
 * @throws RondoError `probability-size` when the probabilities do not fill a slice of the mask's box, `probability-invalid` when
 *   one is no number, `contour-not-exact` when a ring cannot be drawn at file precision (voxels far below 0.1 mm)
 */
export function traceSmoothContours(field: SmoothField, options: { toleranceMm?: number } = {}): Contour[] {
  const { mask } = field;
  const { columnSpacingMm, rowSpacingMm } = mask.geometry;
  const toleranceMm = options.toleranceMm ?? Math.min(TOLERANCE_MM, TOLERANCE_VOXELS * Math.min(columnSpacingMm, rowSpacingMm));
  return traceSlices(mask, (boundaries, slice) => {
    const lines = isoLines(boundaries, field, slice);
    for (const ring of lines) moveIntoVolume(ring, mask);
    return fitRings(lines, slice, mask.geometry, toleranceMm);
  });
}

/** Traces each slice that holds voxels and joins its regions with their holes. `draw` gives the points (LPS, mm) of each boundary. */
function traceSlices(mask: Mask, draw: (boundaries: readonly Boundary[], slice: number) => Float64Array[]): Contour[] {
  const [columns, rows, slices] = mask.box.size;
  const contours: Contour[] = [];
  for (let slice = mask.box.min[2]; slice < mask.box.min[2] + slices; slice++) {
    const voxels = mask.slice(slice);
    if (!voxels?.includes(1)) continue;
    const boundaries = traceBoundaries(voxels, columns, rows);
    const rings = draw(boundaries, slice);
    const holes = boundaries.map((): Float64Array[] => []);
    boundaries.forEach(({ outer }, index) => {
      if (outer !== undefined) holes[outer].push(rings[index]);
    });
    boundaries.forEach(({ outer }, index) => {
      if (outer === undefined) contours.push({ slice, points: rings[index], holes: holes[index] });
    });
  }
  return contours;
}

/** The corners where a boundary turns, as fractional columns and rows of the volume: half a voxel before the voxel that a corner starts. */
function cornersOf(edges: Int32Array, { min, size }: VoxelBox): Float64Array {
  const stride = size[0] + 1;
  const corners = new Float64Array(2 * edges.length);
  let count = 0;
  let before = edges[edges.length - 1];
  for (const edge of edges) {
    if ((before & 3) !== (edge & 3)) {
      const corner = edge >> 2;
      const x = corner % stride;
      corners[count++] = x - 0.5 + min[0];
      corners[count++] = (corner - x) / stride - 0.5 + min[1];
    }
    before = edge;
  }
  return corners.subarray(0, count);
}

/** Counts columns and rows from the volume's first voxel instead of the box's. */
function moveIntoVolume(coordinates: Float64Array, { box }: Mask): void {
  for (let at = 0; at < coordinates.length; at++) coordinates[at] += box.min[at & 1];
}
