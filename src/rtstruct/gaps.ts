import type { DrawnStructure } from './drawnPlanes.ts';

/** Planes of contours that are this many times as far apart as usual, or more, part two pieces of a structure. */
const PARTED = 1.5;

/** Farthest apart that planes of one piece are drawn: contours at every second slice of 5 mm, with rounded positions. */
const FARTHEST_APART_MM = 10.2;

/** Planes of voxels between two neighbouring planes of contours, on which nothing is drawn. */
export interface Gap {
  /** The first and the last of them: slices, or columns or rows of the volume where the structure is drawn across those. */
  first: number;
  last: number;
  /** From the one plane of contours to the other. */
  distanceMm: number;
  /**
   * `coarse`: the contours usually lie this far apart, so they were drawn on wider planes than the voxels have, or between
   * those. `open`: they lie farther apart than usual or than 10 mm; the structure may be in two pieces, or a slice forgotten.
   */
  kind: 'coarse' | 'open';
}

/** For each plane of contours the gap between it and the next one, where there is one. */
export function gapAfterEach({ stack, planes }: Pick<DrawnStructure, 'stack' | 'planes'>): (Gap | undefined)[] {
  const at = planes.map(({ positionMm }) => stack.planeAt(positionMm));
  const steps = at.slice(1).map((plane, index) => plane - at[index]);
  // The lower of two middle ones: with few contours, what lies far apart is rather two pieces.
  const usual = steps.toSorted((one, other) => one - other).at((steps.length - 1) >> 1) ?? 0;
  return planes.map(({ plane, positionMm }, index) => {
    if (index === steps.length) return undefined;
    const after = planes[index + 1];
    const first = Math.max(plane === undefined ? Math.ceil(at[index]) : plane + 1, 0);
    const last = Math.min(after.plane === undefined ? Math.floor(at[index + 1]) : after.plane - 1, stack.size[2] - 1);
    if (first > last) return undefined;
    const distanceMm = after.positionMm - positionMm;
    const isCoarse = steps[index] <= PARTED * Math.max(usual, 1) && distanceMm <= FARTHEST_APART_MM;
    return { first, last, distanceMm, kind: isCoarse ? 'coarse' : 'open' };
  });
}
