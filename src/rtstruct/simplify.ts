/** Room for the points of a ring in mm and for which of them are kept, used again for every ring. */
let room = roomFor(1024);

function roomFor(count: number): { x: Float64Array; y: Float64Array; kept: Uint8Array } {
  return { x: new Float64Array(count + 1), y: new Float64Array(count + 1), kept: new Uint8Array(count) };
}

/**
 * A closed ring with fewer points that stays within a distance of the given one: Douglas and Peucker (1973), begun
 * from the ring's first point and the point farthest from it.
 *
 * @param coordinates fractional column and row of each point
 * @param spacing size in mm of one column and of one row step
 * @param toleranceMm greatest distance in mm of a dropped point from the line that replaces it; 0 drops points on straight runs only
 */
export function simplifyRing(coordinates: Float64Array, spacing: readonly [number, number], toleranceMm: number): Float64Array {
  const count = coordinates.length / 2;
  if (count <= 3) return coordinates;
  if (room.kept.length < count) room = roomFor(2 * count);
  const { x, y } = room;
  // The first point stands at both ends, so that no index wraps round.
  for (let point = 0; point < count; point++) {
    x[point] = coordinates[point * 2] * spacing[0];
    y[point] = coordinates[point * 2 + 1] * spacing[1];
  }
  x[count] = x[0];
  y[count] = y[0];

  const kept = room.kept.fill(0, 0, count);
  const opposite = farthestPoint(x, y, 0, count, -1);
  kept[0] = kept[opposite] = 1;
  const pending: [number, number][] = [[0, opposite], [opposite, count]];
  for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
    const point = farthestPoint(x, y, span[0], span[1], toleranceMm ** 2);
    if (point < 0) continue;
    kept[point] = 1;
    pending.push([span[0], point], [point, span[1]]);
  }
  const simplified = new Float64Array(2 * count);
  let end = 0;
  for (let point = 0; point < count; point++) {
    if (kept[point] === 0) continue;
    simplified[end++] = coordinates[point * 2];
    simplified[end++] = coordinates[point * 2 + 1];
  }
  return simplified.subarray(0, end);
}

/** The point between `from` and `to` that is farthest from the segment joining these two, when its squared distance exceeds the given one; else -1. */
function farthestPoint(x: Float64Array, y: Float64Array, from: number, to: number, leastSquared: number): number {
  const [startX, startY] = [x[from], y[from]];
  const [alongX, alongY] = [x[to] - startX, y[to] - startY];
  const lengthSquared = alongX * alongX + alongY * alongY;
  let farthest = -1;
  let greatest = leastSquared;
  for (let point = from + 1; point < to; point++) {
    let dx = x[point] - startX;
    let dy = y[point] - startY;
    const along = dx * alongX + dy * alongY;
    if (along > 0) {
      const fraction = Math.min(along / lengthSquared, 1);
      dx -= fraction * alongX;
      dy -= fraction * alongY;
    }
    const squared = dx * dx + dy * dy;
    if (squared > greatest) {
      farthest = point;
      greatest = squared;
    }
  }
  return farthest;
}
