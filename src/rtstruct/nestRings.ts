import { signedArea } from './contour.ts';

/** Share of a ring's points on either side of another ring above which the two overlap; fewer come of rounding along a common edge. */
const OVERLAP_SHARE = 0.1;
/** Points this near to another ring, in voxels, lie on it and tell nothing about sides: the rounding of written coordinates. */
const ON_RING_VOXELS = 0.02;

/** Most points times edges that two rings are compared by: rings of a million points come of damaged files only, and must not take hours. */
const MOST_COMPARED = 2e7;

/** How the rings of one plane lie in each other. */
export interface Nesting {
  /** For each ring the ring that it is a hole of; undefined for one that adds to the region. */
  holeOf: (number | undefined)[];
  /** Rings that overlap another in part, so that even-odd filling leaves out what they share. */
  overlapping: Set<number>;
}

/**
 * Sorts rings into regions and holes by even-odd depth: a ring inside an odd number of others is a hole of the
 * smallest of them.
 *
 * @param rings fractional column and row of each point
 */
export function nestRings(rings: readonly Float64Array[]): Nesting {
  const areas = rings.map((ring) => Math.abs(signedArea(ring)));
  const boxes = rings.map(boxOf);
  const neighbours = meetingBoxes(boxes);
  const overlapping = new Set<number>();
  const around = rings.map((ring, index) =>
    neighbours[index].flatMap((other) => {
      const share = shareInside(ring, rings[other], boxes[other]);
      if (share > OVERLAP_SHARE && share < 1 - OVERLAP_SHARE) overlapping.add(index).add(other);
      return share > 0.5 && areas[other] > areas[index] ? [other] : [];
    }),
  );
  const holeOf = around.map((outer) => (outer.length % 2 === 0 ? undefined : outer.reduce((least, other) => (areas[other] < areas[least] ? other : least))));
  return { holeOf, overlapping };
}

/** Whether a ring lies within another that it does not cross; it may touch it. */
export function isRingWithin(ring: Float64Array, other: Float64Array): boolean {
  const last = ring.length - 2;
  for (let at = 0, before = last; at <= last; before = at, at += 2) {
    const within = isInside(ring[at], ring[at + 1], other) ?? isInside((ring[before] + ring[at]) / 2, (ring[before + 1] + ring[at + 1]) / 2, other);
    if (within !== undefined) return within;
  }
  return false;
}

/** Share of a ring's points, and of the middles of its edges, that lie inside another ring by the even-odd rule; those on it count for neither side. */
function shareInside(ring: Float64Array, other: Float64Array, [left, top, right, bottom]: Box): number {
  let [inside, outside] = [0, 0];
  const step = 2 * Math.ceil(((ring.length / 2) * (other.length / 2)) / MOST_COMPARED);
  for (let at = 0; at < ring.length; at += step) {
    const before = at === 0 ? ring.length - 2 : at - 2;
    for (const [x, y] of [[ring[at], ring[at + 1]], [(ring[before] + ring[at]) / 2, (ring[before + 1] + ring[at + 1]) / 2]]) {
      const beyond = x < left - ON_RING_VOXELS || x > right + ON_RING_VOXELS || y < top - ON_RING_VOXELS || y > bottom + ON_RING_VOXELS;
      const within = beyond ? false : isInside(x, y, other);
      if (within === true) inside++;
      else if (within === false) outside++;
    }
  }
  return inside + outside === 0 ? 0 : inside / (inside + outside);
}

/** Whether a point lies inside a ring; undefined when it lies on it. */
function isInside(x: number, y: number, ring: Float64Array): boolean | undefined {
  let inside = false;
  const last = ring.length - 2;
  for (let at = 0, before = last; at <= last; before = at, at += 2) {
    const x0 = ring[before];
    const y0 = ring[before + 1];
    const x1 = ring[at];
    const y1 = ring[at + 1];
    if (isOn(x, y, x0, y0, x1, y1)) return undefined;
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) inside = !inside;
  }
  return inside;
}

function isOn(x: number, y: number, x0: number, y0: number, x1: number, y1: number): boolean {
  // Written out: a point is compared with every edge of a ring, and lies beside nearly all of them.
  if ((y < y0 - ON_RING_VOXELS && y < y1 - ON_RING_VOXELS) || (y > y0 + ON_RING_VOXELS && y > y1 + ON_RING_VOXELS)) return false;
  if ((x < x0 - ON_RING_VOXELS && x < x1 - ON_RING_VOXELS) || (x > x0 + ON_RING_VOXELS && x > x1 + ON_RING_VOXELS)) return false;
  const alongX = x1 - x0;
  const alongY = y1 - y0;
  const offLine = (x - x0) * alongY - (y - y0) * alongX;
  return offLine * offLine <= ON_RING_VOXELS * ON_RING_VOXELS * (alongX * alongX + alongY * alongY);
}

/** The least column and row of a ring's points, then the greatest. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

export function boxOf(ring: Float64Array): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < ring.length; at += 2) {
    const x = ring[at];
    const y = ring[at + 1];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return [left, top, right, bottom];
}

/** For each box those that share a point with it, in ascending order. */
function meetingBoxes(boxes: readonly Box[]): number[][] {
  const meeting = boxes.map((): number[] => []);
  const byLeft = [...boxes.keys()].sort((one, other) => boxes[one][0] - boxes[other][0]);
  byLeft.forEach((one, place) => {
    for (let next = place + 1; next < byLeft.length; next++) {
      const other = byLeft[next];
      if (boxes[other][0] > boxes[one][2]) break;
      if (boxes[one][1] > boxes[other][3] || boxes[other][1] > boxes[one][3]) continue;
      meeting[one].push(other);
      meeting[other].push(one);
    }
  });
  for (const others of meeting) others.sort((one, other) => one - other);
  return meeting;
}
