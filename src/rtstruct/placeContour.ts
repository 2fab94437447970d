import type { VolumeGeometry } from '../geometry/index.ts';
import { signedArea } from './contour.ts';
import { evenOddArea } from './evenOddRegion.ts';
import { PlaneStack, type StackAxis } from './planeStack.ts';
import { isRegion, type FileContour } from './structureSet.ts';

/**
 * How far in mm a contour may lie from the plane of voxels that it is put on, by default: planning systems round
 * positions to 0.1 mm. Never more than a quarter of the plane's thickness.
 */
export const PLANE_TOLERANCE_MM = 0.2;

/** No couch, room or patient reaches this far from the first voxel. */
const FAR_AWAY_MM = 10_000;

/** What is the matter with a contour, and whether it takes part in the region all the same. */
export interface ContourProblem {
  /** Place of the contour in the structure. */
  index: number;
  /**
   * `not-closed`: of another type than closed planar. `no-area`: fewer than three points, or it encloses nothing.
   * `not-planar`: its points do not lie on one plane parallel to the slices – or to the sagittal or coronal planes,
   * where the whole structure is drawn on those. `between-slices`, `beyond-slices`: no slice of the CT (no such plane of
   * voxels) is near. `outside-matrix`: all or part of it lies a voxel or more beside the image. `far-away`: a point lies
   * metres beside it, so the contour is damaged. `repeated`: the same ring again, from whichever point and in whichever
   * sense, which even-odd filling would turn into nothing. `overlaps`: crosses another ring; what both enclose is left out.
   */
  problem: 'far-away' | 'not-closed' | 'no-area' | 'not-planar' | 'between-slices' | 'beyond-slices' | 'outside-matrix' | 'repeated' | 'overlaps';
  placed: boolean;
  /** Distance in mm from the nearest slice, or plane of voxels. */
  offSliceMm?: number;
}

/** A closed contour on a plane across the axis of a stack. */
export interface PlacedRing {
  /** As `StackRing` has them. */
  coordinates: Float64Array;
  /** Mm along the axis from the first plane of voxels. */
  positionMm: number;
  /** The plane of voxels that it lies on, within the tolerance. */
  plane: number | undefined;
}

/** Where a contour lies in a stack, and what keeps it from a plane of voxels; no ring where it lies on no plane across the axis. */
export function placeContour(contour: FileContour, stack: PlaneStack, toleranceMm: number): { ring?: PlacedRing; problem?: Pick<ContourProblem, 'problem' | 'offSliceMm'> } {
  if (!isRegion(contour)) return { problem: { problem: 'not-closed' } };
  if (contour.points.length < 9) return { problem: { problem: 'no-area' } };
  const { coordinates, lowestMm, highestMm, reachMm } = stack.ring(contour.points);
  if (!(reachMm < FAR_AWAY_MM)) return { problem: { problem: 'far-away' } };

  const lastPlane = stack.size[2] - 1;
  const nearest = Math.min(Math.max(Math.round((stack.planeAt(lowestMm) + stack.planeAt(highestMm)) / 2), 0), lastPlane);
  const nearestMm = stack.positionMm(nearest);
  const offSliceMm = Math.max(Math.abs(lowestMm - nearestMm), Math.abs(highestMm - nearestMm));
  const allowedMm = Math.min(toleranceMm, stack.thicknessMm(nearest) / 4);
  // Seen from its edge a ring has no area either.
  if (highestMm - lowestMm > 2 * allowedMm) return { problem: { problem: 'not-planar', offSliceMm } };
  // Only rings that cross themselves evenly, or enclose nothing, sum up to nothing.
  if (signedArea(coordinates) === 0 && evenOddArea([coordinates]) === 0) return { problem: { problem: 'no-area' } };
  const positionMm = (lowestMm + highestMm) / 2;
  if (offSliceMm <= allowedMm) return { ring: { coordinates, positionMm, plane: nearest } };
  const beyond = highestMm < 0 || lowestMm > stack.positionMm(lastPlane);
  return { ring: { coordinates, positionMm, plane: undefined }, problem: { problem: beyond ? 'beyond-slices' : 'between-slices', offSliceMm } };
}

/**
 * The axis that the closed contours of a structure lie across: the slices, unless none of them lies on a plane parallel
 * to the slices and all lie on sagittal, or all on coronal planes of the volume (within twice the tolerance).
 */
export function axisAcross(contours: readonly FileContour[], geometry: VolumeGeometry, toleranceMm: number): StackAxis {
  const stacks = ([0, 1, 2] as const).map((axis) => new PlaneStack(geometry, axis));
  const upright = new Set<StackAxis>();
  for (const contour of contours) {
    if (!isRegion(contour) || contour.points.length < 9) continue;
    const flat = stacks.filter((stack) => {
      const { lowestMm, highestMm } = stack.ring(contour.points);
      return highestMm - lowestMm <= 2 * toleranceMm;
    });
    // A sliver is flat across two axes, and tells nothing.
    if (flat.length > 1) continue;
    if (flat.length === 0 || flat[0].axis === 2) return 2;
    upright.add(flat[0].axis);
  }
  return upright.size === 1 ? [...upright][0] : 2;
}
