import { describe, expect, it } from '@jest/globals';
import { removeThinParts } from '../../src/oar/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { paint } from '../support/masks.ts';

/** Pixels of 1.25 × 2 mm, uneven slices. */
const geometry = makeGeometry({ size: [80, 60, 8], columnSpacingMm: 1.25, rowSpacingMm: 2 });
const body = (i: number, j: number): boolean => Math.hypot((i - 40) * 1.25, (j - 25) * 2) < 38;
/** A couch top of two rows (4 mm) that the body lies on, wider than the body. */
const couch = (i: number, j: number): boolean => (j === 44 || j === 45) && i > 4 && i < 76;

describe('thin parts', () => {
  it('are taken off the body, and the body keeps its outline', () => {
    const removed = removeThinParts(paint(geometry, (i, j) => body(i, j) || couch(i, j)), 9, 1);
    const alone = paint(geometry, body);
    let [couchLeft, bodyLost] = [0, 0];
    for (let j = 0; j < 60; j++) {
      for (let i = 0; i < 80; i++) {
        if (removed.has(i, j, 3) && !body(i, j)) couchLeft++;
        if (!removed.has(i, j, 3) && body(i, j)) bodyLost++;
      }
    }
    // What touches the body within half of the thickness may stay: a wedge between couch and back.
    expect(couchLeft).toBeLessThan(40);
    expect(bodyLost).toBeLessThan(5);
    expect(Math.abs(removed.volumeCc / alone.volumeCc - 1)).toBeLessThan(0.02);
  });

  it('stay where they are small, thick enough, or cut by the image edge', () => {
    const spur = paint(geometry, (i, j, k) => body(i, j) || (j === 24 && i > 60 && k === 3));
    expect(removeThinParts(spur, 9, 5)).toBe(spur);
    const thick = paint(geometry, (i, j) => j >= 30 && j < 35 && i > 4 && i < 76);
    expect(removeThinParts(thick, 9, 5)).toBe(thick);
    const cut = paint(geometry, (_, j) => j >= 45);
    expect(removeThinParts(cut, 9, 5)).toBe(cut);
  });

  it('of 9 mm are told from those of 10 mm', () => {
    const sheet = (rows: number): boolean => removeThinParts(paint(geometry, (_, j) => j >= 20 && j < 20 + rows), 9, 1).isEmpty;
    expect([sheet(3), sheet(4), sheet(5)]).toEqual([true, true, false]);
  });
});
