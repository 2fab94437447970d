import { signedArea } from './contour.ts';
import { segmentsMeet, turn } from './crossingRings.ts';
import { boxOf, type Box } from './nestRings.ts';

/** A point of a ring: which ring of the region, which of its points, and where it lies. */
export interface RingPoint {
  ring: number;
  point: number;
  x: number;
  y: number;
}

/**
 * One closed walk round a region with holes (the keyhole technique, PS3.3 C.8.8.6.3): the outer ring, with each hole
 * joined to it by a bridge that is walked there and back. Bridges run between points that the rings have, through the
 * region, and touch no ring and no other bridge on their way; so even-odd filling and area are exactly those of the rings.
 *
 * @param rings fractional column and row of each point: the outer ring, then the holes, which lie inside it and apart
 * @returns the points to visit in order, the first not repeated; undefined when a hole has no free line of sight (rings that cross)
 */
export function keyhole(rings: readonly Float64Array[]): RingPoint[] | undefined {
  const pointOf = (ring: number, point: number): RingPoint => ({ ring, point, x: rings[ring][point * 2], y: rings[ring][point * 2 + 1] });
  // The region lies on the same hand along the whole walk.
  const walkOf = (ring: number): RingPoint[] => {
    const points = Array.from({ length: rings[ring].length / 2 }, (_, point) => pointOf(ring, point));
    return signedArea(rings[ring]) > 0 === (ring === 0) ? points : points.reverse();
  };
  const bridges: Float64Array[] = [];
  const boxes = rings.map(boxOf);
  const isFree = (from: RingPoint, to: RingPoint): boolean =>
    !rings.some((ring, index) => !liesBeside(boxes[index], from, to) && ringBlocks(ring, from, to)) && !bridges.some((bridge) => ringBlocks(bridge, from, to));

  let walk = walkOf(0);
  // From left to right: what lies next on the left of a hole is then always part of the walk.
  const holes = rings.slice(1).map((coordinates, index) => pointOf(index + 1, leftmostPoint(coordinates)));
  holes.sort((one, other) => one.x - other.x);
  for (const start of holes) {
    const at = bridgeEnd(walk, start, isFree);
    if (at === undefined) return undefined;
    bridges.push(Float64Array.of(walk[at].x, walk[at].y, start.x, start.y));
    const round = walkOf(start.ring);
    const first = round.findIndex(({ point }) => point === start.point);
    walk = [...walk.slice(0, at + 1), ...round.slice(first), ...round.slice(0, first + 1), ...walk.slice(at)];
  }
  // A bridge of length zero, at a point that two rings share, leaves that point twice in a row.
  return walk.filter((entry, index) => !samePlace(entry, walk[index === 0 ? walk.length - 1 : index - 1]));
}

/** The place in the walk of the nearest point from which a bridge to `start` runs free, and inside the walk's corner there. */
function bridgeEnd(walk: readonly RingPoint[], start: RingPoint, isFree: (from: RingPoint, to: RingPoint) => boolean): number | undefined {
  const distances = new Float64Array(walk.length);
  walk.forEach(({ x, y }, index) => {
    distances[index] = (x - start.x) ** 2 + (y - start.y) ** 2;
  });
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
    if (opensTo(before, walk[nearest], after, start) && isFree(walk[nearest], start)) return nearest;
    distances[nearest] = Infinity;
  }
}

/** Whether the corner before → corner → after, with the region on its left hand (positive turns), is open towards the target. */
function opensTo(before: RingPoint, corner: RingPoint, after: RingPoint, target: RingPoint): boolean {
  if (samePlace(corner, target)) return true;
  const entering = turn(before.x, before.y, corner.x, corner.y, target.x, target.y);
  const leaving = turn(corner.x, corner.y, after.x, after.y, target.x, target.y);
  return turn(before.x, before.y, corner.x, corner.y, after.x, after.y) > 0 ? entering > 0 && leaving > 0 : entering > 0 || leaving > 0;
}

/** Whether a box and the bridge between two points have nothing in common. */
function liesBeside([left, top, right, bottom]: Box, from: RingPoint, to: RingPoint): boolean {
  return (from.x < left && to.x < left) || (from.x > right && to.x > right) || (from.y < top && to.y < top) || (from.y > bottom && to.y > bottom);
}

/** Whether an edge of a ring is in the way of the bridge between two points, other than by an end that both share. */
function ringBlocks(ring: Float64Array, from: RingPoint, to: RingPoint): boolean {
  const { x: ax, y: ay } = from;
  const { x: bx, y: by } = to;
  const last = ring.length - 2;
  for (let at = 0, before = last; at <= last; before = at, at += 2) {
    const [cx, cy, dx, dy] = [ring[before], ring[before + 1], ring[at], ring[at + 1]];
    if (!segmentsMeet(ax, ay, bx, by, cx, cy, dx, dy)) continue;
    const sharesEnd = (ax === cx && ay === cy) || (ax === dx && ay === dy) || (bx === cx && by === cy) || (bx === dx && by === dy);
    if (!sharesEnd) return true;
  }
  return false;
}

function leftmostPoint(coordinates: Float64Array): number {
  let leftmost = 0;
  for (let at = 2; at < coordinates.length; at += 2) if (coordinates[at] < coordinates[leftmost]) leftmost = at;
  return leftmost / 2;
}

function samePlace(one: RingPoint, other: RingPoint): boolean {
  return one.x === other.x && one.y === other.y;
}
