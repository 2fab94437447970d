/** Signed area of the parallelogram of a → b and a → c: positive, negative or zero as c lies on one side, the other, or on the line. */
export function turn(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** Whether the closed segments a–b and c–d have a point in common. */
export function segmentsMeet(ax: number, ay: number, bx: number, by: number, cx: number, cy: number, dx: number, dy: number): boolean {
  // Written out: two segments are compared millions of times, and hardly any meet.
  if ((ax < cx && ax < dx && bx < cx && bx < dx) || (ax > cx && ax > dx && bx > cx && bx > dx)) return false;
  if ((ay < cy && ay < dy && by < cy && by < dy) || (ay > cy && ay > dy && by > cy && by > dy)) return false;
  const sides = turn(ax, ay, bx, by, cx, cy) * turn(ax, ay, bx, by, dx, dy);
  return sides <= 0 && turn(cx, cy, dx, dy, ax, ay) * turn(cx, cy, dx, dy, bx, by) <= 0;
}

/**
 * Which rings of a plane cross or touch another ring or themselves, by their place in the list. Neighbouring edges
 * of one ring share their point and are not counted.
 *
 * @param rings fractional column and row of each point; edges are found by the unit cells that they pass
 */
export function crossingRings(rings: readonly Float64Array[]): Set<number> {
  const crossing = new Set<number>();
  const cells = new Map<number, { ring: number; point: number }[]>();
  const meet = (ring: number, point: number, otherRing: number, otherPoint: number): boolean => {
    const count = rings[ring].length / 2;
    if (ring === otherRing) {
      const apart = Math.abs(point - otherPoint);
      if (apart <= 1 || apart === count - 1) return false;
    }
    const [a, b] = edgeOf(rings[ring], point);
    const [c, d] = edgeOf(rings[otherRing], otherPoint);
    return segmentsMeet(a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]);
  };
  rings.forEach((coordinates, ring) => {
    for (let point = 0; point < coordinates.length / 2; point++) {
      for (const cell of cellsOf(...edgeOf(coordinates, point))) {
        const others = cells.get(cell);
        if (!others) {
          cells.set(cell, [{ ring, point }]);
          continue;
        }
        for (const other of others) {
          if (crossing.has(ring) && crossing.has(other.ring)) continue;
          if (meet(ring, point, other.ring, other.point)) crossing.add(ring).add(other.ring);
        }
        others.push({ ring, point });
      }
    }
  });
  return crossing;
}

function edgeOf(coordinates: Float64Array, point: number): [[number, number], [number, number]] {
  const next = point * 2 + 2 < coordinates.length ? point * 2 + 2 : 0;
  return [[coordinates[point * 2], coordinates[point * 2 + 1]], [coordinates[next], coordinates[next + 1]]];
}

/** Keys of the unit cells that the segment between two points passes. */
function cellsOf(a: readonly [number, number], b: readonly [number, number]): number[] {
  const [top, bottom] = a[1] < b[1] ? [a, b] : [b, a];
  const slope = bottom[1] > top[1] ? (bottom[0] - top[0]) / (bottom[1] - top[1]) : 0;
  const keys: number[] = [];
  for (let row = Math.floor(top[1]); row <= Math.floor(bottom[1]); row++) {
    const from = row <= top[1] ? top[0] : top[0] + (row - top[1]) * slope;
    const to = row + 1 > bottom[1] ? bottom[0] : top[0] + (row + 1 - top[1]) * slope;
    // 2^20 columns a row is far more than any image has, and keeps negative columns apart too.
    for (let column = Math.floor(Math.min(from, to)); column <= Math.floor(Math.max(from, to)); column++) keys.push(row * 2 ** 20 + column);
  }
  return keys;
}
