import { inOneArray, signedArea } from './contour.ts';
import { segmentsMeet, turn } from './crossingRings.ts';
import { boxOf, type Box } from './nestRings.ts';

/**
 * One closed walk round a region with holes (the keyhole technique, PS3.3 C.8.8.6.3): the outer ring, with each hole
 * joined to it by a bridge that is walked there and back. Bridges run between points that the rings have, through the
 * region, and touch no ring and no other bridge on their way; so even-odd filling and area are exactly those of the rings.
 *
 * @param rings fractional column and row of each point: the outer ring, then the holes, which lie inside it and apart
 * @returns the points to visit in order, the first not repeated, each by its place among the points of all rings one
 *   after another; undefined when a hole has no free line of sight (rings that cross)
 */
export function keyhole(rings: readonly Float64Array[]): Int32Array | undefined {
  const points = inOneArray(rings);
  let first = 0;
  const walks = rings.map((ring, index) => {
    const numbers = new Int32Array(ring.length / 2);
    for (let point = 0; point < numbers.length; point++) numbers[point] = first++;
    // The region lies on the same hand along the whole walk.
    return signedArea(ring) > 0 === (index === 0) ? numbers : numbers.reverse();
  });
  const bridges: Float64Array[] = [];
  const boxes = rings.map(boxOf);
  const isFree = (from: number, to: number): boolean => {
    const [ax, ay, bx, by] = [points[2 * from], points[2 * from + 1], points[2 * to], points[2 * to + 1]];
    return !rings.some((ring, index) => !liesBeside(boxes[index], ax, ay, bx, by) && ringBlocks(ring, ax, ay, bx, by)) && !bridges.some((bridge) => ringBlocks(bridge, ax, ay, bx, by));
  };

  let [walk] = walks;
  // From left to right: what lies next on the left of a hole is then always part of the walk.
  const holes = walks.slice(1).map((round) => ({ round, start: leftmost(round, points) }));
  holes.sort((one, other) => points[2 * one.round[one.start]] - points[2 * other.round[other.start]]);
  for (const { round, start } of holes) {
    const at = bridgeEnd(walk, round[start], points, isFree);
    if (at === undefined) return undefined;
    bridges.push(Float64Array.of(points[2 * walk[at]], points[2 * walk[at] + 1], points[2 * round[start]], points[2 * round[start] + 1]));
    const longer = new Int32Array(walk.length + round.length + 2);
    longer.set(walk.subarray(0, at + 1));
    longer.set(round.subarray(start), at + 1);
    longer.set(round.subarray(0, start + 1), at + 1 + round.length - start);
    longer.set(walk.subarray(at), at + 2 + round.length);
    walk = longer;
  }
  // A bridge of length zero, at a point that two rings share, leaves that point twice in a row.
  let [count, before] = [0, walk[walk.length - 1]];
  for (const point of walk) {
    if (!samePlace(points, point, before)) walk[count++] = point;
    before = point;
  }
  return walk.subarray(0, count);
}

/** The place in the walk of the nearest point from which a bridge to `start` runs free, and inside the walk's corner there. */
function bridgeEnd(walk: Int32Array, start: number, points: Float64Array, isFree: (from: number, to: number) => boolean): number | undefined {
  const [startX, startY] = [points[2 * start], points[2 * start + 1]];
  const distances = new Float64Array(walk.length);
  for (let index = 0; index < walk.length; index++) {
    const dx = points[2 * walk[index]] - startX;
    const dy = points[2 * walk[index] + 1] - startY;
    distances[index] = dx * dx + dy * dy;
  }
  for (;;) {
    let nearest = -1;
    let least = Infinity;
    for (let index = 0; index < distances.length; index++) {
      if (distances[index] >= least) continue;
      nearest = index;
      least = distances[index];
    }
    if (nearest < 0) return undefined;
    const before = walk[nearest === 0 ? walk.length - 1 : nearest - 1];
    const after = walk[nearest === walk.length - 1 ? 0 : nearest + 1];
    if (opensTo(points, before, walk[nearest], after, start) && isFree(walk[nearest], start)) return nearest;
    distances[nearest] = Infinity;
  }
}

/** Whether the corner before → corner → after, with the region on its left hand (positive turns), is open towards the target. */
function opensTo(points: Float64Array, before: number, corner: number, after: number, target: number): boolean {
  if (samePlace(points, corner, target)) return true;
  const turnOf = (a: number, b: number, c: number): number => turn(points[2 * a], points[2 * a + 1], points[2 * b], points[2 * b + 1], points[2 * c], points[2 * c + 1]);
  const entering = turnOf(before, corner, target);
  const leaving = turnOf(corner, after, target);
  return turnOf(before, corner, after) > 0 ? entering > 0 && leaving > 0 : entering > 0 || leaving > 0;
}

/** Whether a box and the bridge from a to b have nothing in common. */
function liesBeside([left, top, right, bottom]: Box, ax: number, ay: number, bx: number, by: number): boolean {
  return (ax < left && bx < left) || (ax > right && bx > right) || (ay < top && by < top) || (ay > bottom && by > bottom);
}

/** Whether an edge of a ring is in the way of the bridge from a to b, other than by an end that both share. */
function ringBlocks(ring: Float64Array, ax: number, ay: number, bx: number, by: number): boolean {
  const last = ring.length - 2;
  for (let at = 0, before = last; at <= last; before = at, at += 2) {
    const [cx, cy, dx, dy] = [ring[before], ring[before + 1], ring[at], ring[at + 1]];
    if (!segmentsMeet(ax, ay, bx, by, cx, cy, dx, dy)) continue;
    const sharesEnd = (ax === cx && ay === cy) || (ax === dx && ay === dy) || (bx === cx && by === cy) || (bx === dx && by === dy);
    if (!sharesEnd) return true;
  }
  return false;
}

/** Where in a walk the leftmost point stands; of several the one that the ring has first. */
function leftmost(walk: Int32Array, points: Float64Array): number {
  let least = 0;
  for (let index = 1; index < walk.length; index++) {
    const further = points[2 * walk[least]] - points[2 * walk[index]];
    if (further > 0 || (further === 0 && walk[index] < walk[least])) least = index;
  }
  return least;
}

function samePlace(points: Float64Array, one: number, other: number): boolean {
  return points[2 * one] === points[2 * other] && points[2 * one + 1] === points[2 * other + 1];
}
