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

/** Enough for all but the raggedest plane. */
const ENTRIES = 1 << 14;

/** Edges of unit cells, each cell's as a chain of entries, the last one first. Room for them is used again for every plane. */
let lastEntry = new Int32Array(0);
let entryEdge = new Int32Array(ENTRIES);
let entryBefore = new Int32Array(ENTRIES);

/**
 * Which rings of a plane cross or touch another ring or themselves, by their place in the list. Neighbouring edges
 * of one ring share their point and are not counted.
 *
 * @param rings fractional column and row of each point, within an image; edges are found by the unit cells that they pass
 */
export function crossingRings(rings: readonly Float64Array[]): Set<number> {
  const crossing = new Set<number>();
  const { x, y, next, ringOf } = edgesOf(rings);
  const { left, top, right, bottom } = boxOf(x, y);
  const columns = right - left + 1;
  const cells = columns * (bottom - top + 1);
  if (lastEntry.length < cells) lastEntry = new Int32Array(cells);
  const last = lastEntry.fill(-1, 0, cells);
  let entries = 0;
  for (let edge = 0; edge < ringOf.length; edge++) {
    const to = next[edge];
    const down = y[edge] < y[to];
    const [from, until] = down ? [edge, to] : [to, edge];
    const [topX, topY, bottomX, bottomY] = [x[from], y[from], x[until], y[until]];
    const slope = bottomY > topY ? (bottomX - topX) / (bottomY - topY) : 0;
    for (let row = Math.floor(topY); row <= Math.floor(bottomY); row++) {
      const start = row <= topY ? topX : topX + (row - topY) * slope;
      const end = row + 1 > bottomY ? bottomX : topX + (row + 1 - topY) * slope;
      const lastColumn = Math.floor(Math.max(start, end));
      for (let column = Math.floor(Math.min(start, end)); column <= lastColumn; column++) {
        const cell = (row - top) * columns + Math.min(Math.max(column, left), right) - left;
        for (let entry = last[cell]; entry >= 0; entry = entryBefore[entry]) {
          const other = entryEdge[entry];
          if (next[edge] === other || next[other] === edge || edge === other) continue;
          if (!segmentsMeet(x[edge], y[edge], x[to], y[to], x[other], y[other], x[next[other]], y[next[other]])) continue;
          crossing.add(ringOf[edge]).add(ringOf[other]);
        }
        if (entries === entryEdge.length) [entryEdge, entryBefore] = [longer(entryEdge), longer(entryBefore)];
        entryEdge[entries] = edge;
        entryBefore[entries] = last[cell];
        last[cell] = entries++;
      }
    }
  }
  return crossing;
}

/** Each edge by the point that it starts from: where that is, which edge comes next, and of which ring it is. */
interface Edges {
  x: Float64Array;
  y: Float64Array;
  next: Int32Array;
  ringOf: Int32Array;
}

function edgesOf(rings: readonly Float64Array[]): Edges {
  const count = rings.reduce((sum, { length }) => sum + length / 2, 0);
  const edges = { x: new Float64Array(count), y: new Float64Array(count), next: new Int32Array(count), ringOf: new Int32Array(count) };
  let edge = 0;
  rings.forEach((coordinates, ring) => {
    const first = edge;
    for (let at = 0; at < coordinates.length; at += 2, edge++) {
      edges.x[edge] = coordinates[at];
      edges.y[edge] = coordinates[at + 1];
      edges.next[edge] = at + 2 < coordinates.length ? edge + 1 : first;
      edges.ringOf[edge] = ring;
    }
  });
  return edges;
}

/** The cells of the least and of the greatest column and row of points. */
function boxOf(x: Float64Array, y: Float64Array): { left: number; top: number; right: number; bottom: number } {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let point = 0; point < x.length; point++) {
    left = Math.min(left, x[point]);
    right = Math.max(right, x[point]);
    top = Math.min(top, y[point]);
    bottom = Math.max(bottom, y[point]);
  }
  if (x.length === 0) return { left: 0, top: 0, right: 0, bottom: 0 };
  return { left: Math.floor(left), top: Math.floor(top), right: Math.floor(right), bottom: Math.floor(bottom) };
}

function longer(array: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(2 * array.length);
  twice.set(array);
  return twice;
}
