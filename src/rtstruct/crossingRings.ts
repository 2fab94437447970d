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
  // Each edge by the ring and the point that it starts from; edges of a cell as a chain of entries, the last one first.
  const [ringOf, pointOf, entryEdge, entryBefore]: number[][] = [[], [], [], []];
  const lastEntry = new Map<number, number>();
  const meet = (edge: number, other: number): boolean => {
    const [one, two] = [rings[ringOf[edge]], rings[ringOf[other]]];
    const [a, c] = [pointOf[edge] * 2, pointOf[other] * 2];
    if (ringOf[edge] === ringOf[other]) {
      const apart = Math.abs(a - c);
      if (apart <= 2 || apart === one.length - 2) return false;
    }
    const [b, d] = [a + 2 < one.length ? a + 2 : 0, c + 2 < two.length ? c + 2 : 0];
    return segmentsMeet(one[a], one[a + 1], one[b], one[b + 1], two[c], two[c + 1], two[d], two[d + 1]);
  };
  rings.forEach((coordinates, ring) => {
    for (let at = 0; at < coordinates.length; at += 2) {
      const edge = ringOf.length;
      ringOf.push(ring);
      pointOf.push(at / 2);
      const next = at + 2 < coordinates.length ? at + 2 : 0;
      forEachCell(coordinates[at], coordinates[at + 1], coordinates[next], coordinates[next + 1], (cell) => {
        const last = lastEntry.get(cell);
        for (let entry = last ?? -1; entry >= 0; entry = entryBefore[entry]) {
          const other = entryEdge[entry];
          if (crossing.has(ring) && crossing.has(ringOf[other])) continue;
          if (meet(edge, other)) crossing.add(ring).add(ringOf[other]);
        }
        lastEntry.set(cell, entryEdge.length);
        entryEdge.push(edge);
        entryBefore.push(last ?? -1);
      });
    }
  });
  return crossing;
}

/** Calls `visit` with the key of each unit cell that the segment between two points passes. */
function forEachCell(ax: number, ay: number, bx: number, by: number, visit: (cell: number) => void): void {
  const [topX, topY, bottomX, bottomY] = ay < by ? [ax, ay, bx, by] : [bx, by, ax, ay];
  const slope = bottomY > topY ? (bottomX - topX) / (bottomY - topY) : 0;
  for (let row = Math.floor(topY); row <= Math.floor(bottomY); row++) {
    const from = row <= topY ? topX : topX + (row - topY) * slope;
    const to = row + 1 > bottomY ? bottomX : topX + (row + 1 - topY) * slope;
    // 2^20 columns a row is far more than any image has, and keeps negative columns apart too.
    for (let column = Math.floor(Math.min(from, to)); column <= Math.floor(Math.max(from, to)); column++) visit(row * 2 ** 20 + column);
  }
}
