import type { VolumeGeometry } from '../geometry/index.ts';
import { toPatientRing } from './contour.ts';
import { cutRegion, type CutAxis } from './cutRegion.ts';
import { hasArea, writtenRing, type WrittenRing } from './filePrecision.ts';
import { boxOf } from './nestRings.ts';
import { encloseTheSame } from './rasterize.ts';

/** Where a line lies between a voxel centre and the next: neither on centres nor on voxel edges, along which rings run. */
const BETWEEN_CENTRES = 0.25;
/** How many voxels to either side of the best place a line is looked for. */
const FARTHEST_VOXELS = 8;
/** Part of a region's points that its larger half may keep; above it a cut gains too little. */
const LARGEST_SHARE = 0.9;

/**
 * Cuts a region (its outer ring, then its holes, on one slice) into parts with fewer points each, along a line across
 * columns or rows that runs between voxel centres, close to the middle of its points. The parts are at file precision
 * and hold exactly the region's voxel centres.
 *
 * @returns the parts, each as its outer ring and its holes; undefined where no such line is found
 */
export function halveRegion(region: readonly WrittenRing[], slice: number, geometry: VolumeGeometry): WrittenRing[][] | undefined {
  const rings = region.map(({ coordinates }) => coordinates);
  const parts = ([0, 1] as const).flatMap((axis) => cutNearMiddle(rings, axis, slice, geometry) ?? []);
  const most = pointCount(region) * LARGEST_SHARE;
  return parts.filter(({ largest }) => largest <= most).sort((one, other) => one.largest - other.largest).at(0)?.parts;
}

interface Halves {
  parts: WrittenRing[][];
  /** Points of the largest part. */
  largest: number;
}

function cutNearMiddle(rings: readonly Float64Array[], axis: CutAxis, slice: number, geometry: VolumeGeometry): Halves | undefined {
  const box = boxOf(rings[0]);
  const middle = Math.floor(medianOf(rings, axis));
  for (let step = 0; step <= 2 * FARTHEST_VOXELS; step++) {
    const away = step & 1 ? (step + 1) / 2 : -step / 2;
    const at = middle + away + BETWEEN_CENTRES;
    if (at <= box[axis] || at >= box[axis + 2]) continue;
    const parts = cutRegion(rings, axis, at)?.map((part) => part.map((ring) => writtenRing(toPatientRing(ring, slice, geometry), geometry)));
    if (!parts?.flat().every(hasArea)) continue;
    if (encloseTheSame(rings, parts.flat().map(({ coordinates }) => coordinates), geometry.size[1])) return { parts, largest: Math.max(...parts.map(pointCount)) };
  }
  return undefined;
}

function medianOf(rings: readonly Float64Array[], axis: CutAxis): number {
  const values = Float64Array.from(rings.flatMap((ring) => [...ring.filter((_, index) => index % 2 === axis)])).sort();
  return values[values.length >> 1];
}

/** Points of a region's rings. */
export function pointCount(region: readonly WrittenRing[]): number {
  return region.reduce((sum, { points }) => sum + points.length / 3, 0);
}
