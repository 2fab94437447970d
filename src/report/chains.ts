import type { Outline } from './outline.ts';

/** The segments of an outline joined end to end, so that a dash runs on: x, y of each point, closed chains without their first point once more. */
export interface Chain {
  points: number[];
  isClosed: boolean;
}

/** Joins segments that meet. Where more than two meet in a point, any two of them are one chain. */
export function chainsOf(outline: Outline): Chain[] {
  const key = (x: number, y: number): string => `${x.toFixed(4)} ${y.toFixed(4)}`;
  const at = new Map<string, number[]>();
  for (let n = 0; n < outline.length; n += 4) {
    for (const end of [key(outline[n], outline[n + 1]), key(outline[n + 2], outline[n + 3])]) {
      const meeting = at.get(end);
      if (meeting) meeting.push(n);
      else at.set(end, [n]);
    }
  }
  const used = new Set<number>();
  /** Goes on from a point until no unused segment leaves it. */
  const follow = (points: number[]): void => {
    for (;;) {
      const [x, y] = points.slice(-2);
      const end = key(x, y);
      const next = at.get(end)?.find((n) => !used.has(n));
      if (next === undefined) return;
      used.add(next);
      const [x0, y0, x1, y1] = outline.slice(next, next + 4);
      if (key(x0, y0) === end) points.push(x1, y1);
      else points.push(x0, y0);
    }
  };
  const chains: Chain[] = [];
  const start = (x: number, y: number): void => {
    const points = [x, y];
    follow(points);
    const isClosed = points.length > 4 && key(x, y) === key(points[points.length - 2], points[points.length - 1]);
    chains.push({ points: isClosed ? points.slice(0, -2) : points, isClosed });
  };
  // Open ends first: from the middle of an open chain one half of it would be lost to another.
  for (let n = 0; n < outline.length; n += 4) {
    for (const [x, y] of [[outline[n], outline[n + 1]], [outline[n + 2], outline[n + 3]]]) if (!used.has(n) && at.get(key(x, y))?.length === 1) start(x, y);
  }
  for (let n = 0; n < outline.length; n += 4) if (!used.has(n)) start(outline[n], outline[n + 1]);
  return chains;
}
