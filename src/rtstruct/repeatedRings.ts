import { boxOf } from './nestRings.ts';

/**
 * Which of the rings of a plane are one before them again, by their places: from whichever point, in whichever sense,
 * and with points repeated or not. Even-odd filling would turn the two into nothing.
 *
 * @param rings x and y of each point
 */
export function repeatedRings(rings: readonly Float64Array[]): Set<number> {
  const byBox = new Map<string, number[]>();
  for (const [place, ring] of rings.entries()) {
    const box = boxOf(ring).join();
    const alike = byBox.get(box);
    if (alike) alike.push(place);
    else byBox.set(box, [place]);
  }
  const repeated = new Set<number>();
  for (const alike of byBox.values()) {
    // Only rings in the same box can be the same, and hardly any are: a text for each takes as long as reading them.
    if (alike.length === 1) continue;
    const seen = new Set<string>();
    for (const place of alike) {
      const text = sameForSameRing(rings[place]);
      if (seen.has(text)) repeated.add(place);
      seen.add(text);
    }
  }
  return repeated;
}

/** A text that is the same for a ring wherever it starts, whichever way it runs, and whether its points are repeated or not. */
function sameForSameRing(coordinates: Float64Array): string {
  const points: string[] = [];
  for (let at = 0; at < coordinates.length; at += 2) {
    const point = `${coordinates[at]},${coordinates[at + 1]}`;
    if (points.at(-1) !== point) points.push(point);
  }
  if (points.length > 1 && points[0] === points.at(-1)) points.pop();
  const start = points.reduce((least, point, index) => (point < points[least] ? index : least), 0);
  const onwards = [...points.slice(start), ...points.slice(0, start)];
  const backwards = [onwards[0], ...onwards.slice(1).reverse()];
  return [onwards.join(' '), backwards.join(' ')].sort()[0];
}
