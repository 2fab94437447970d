import { describe, expect, it } from '@jest/globals';
import { openedByDisc, stretchesOf } from '../../src/oar/rowStretches.ts';

const COLUMNS = 34;
const ROWS = 27;

/** The same opening, pixel by pixel; beyond the plane everything is a member. */
function openedByPixels(member: (x: number, y: number) => boolean, halfWidths: readonly number[]): string[] {
  const disc = halfWidths.flatMap((halfWidth, dy) => Array.from({ length: 2 * halfWidth + 1 }, (_, n) => n - halfWidth).flatMap((dx) => [[dx, dy], [dx, -dy]]));
  const inPlane = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < COLUMNS && y < ROWS;
  const fits = (x: number, y: number): boolean => inPlane(x, y) && disc.every(([dx, dy]) => !inPlane(x + dx, y + dy) || member(x + dx, y + dy));
  return Array.from({ length: ROWS }, (_, y) => Array.from({ length: COLUMNS }, (_, x) => (disc.some(([dx, dy]) => fits(x + dx, y + dy)) ? '#' : '.')).join(''));
}

describe('opening by stretches', () => {
  it.each([[[2, 2, 1]], [[4, 3]], [[1, 1, 1, 1, 0]], [[0]]])('covers what the disc of half widths %j covers', (halfWidths) => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const blocks = Array.from({ length: 9 }, () => [random() * COLUMNS, random() * ROWS, random() * 8, random() * 7]);
    const member = (x: number, y: number): boolean => blocks.some(([left, top, width, height]) => Math.abs(x - left) < width && Math.abs(y - top) < height);
    const rows = Array.from({ length: ROWS }, (_, y) => stretchesOf(Uint8Array.from({ length: COLUMNS }, (_, x) => Number(member(x, y)))));
    const drawn = openedByDisc(rows, COLUMNS, halfWidths).map((stretches) => {
      const line = Array<string>(COLUMNS).fill('.');
      for (let n = 0; n < stretches.length; n += 2) line.fill('#', stretches[n], stretches[n + 1]);
      return line.join('');
    });
    expect(drawn).toEqual(openedByPixels(member, halfWidths));
  });
});
