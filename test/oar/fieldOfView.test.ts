import { describe, expect, it } from '@jest/globals';
import { Volume } from '../../src/geometry/index.ts';
import { fieldOfViewMm, reachesFieldOfView } from '../../src/oar/index.ts';
import { maskOf, randomNumbers } from '../rtstruct/masks.ts';
import { makeGeometry } from '../support/geometries.ts';

const geometry = makeGeometry({ size: [90, 70, 4], columnSpacingMm: 1, rowSpacingMm: 1.25 });
const fromMiddleMm = (i: number, j: number): number => Math.hypot(i - 44.5, (j - 34.5) * 1.25);

/** A body of radius 25 mm, its middle so far to the side, in air; beyond a circle nothing but padding. */
function scan({ bodyAt, radiusMm, padding, noise }: { bodyAt: number; radiusMm: number; padding: number; noise: boolean }) {
  const next = randomNumbers(4);
  const body = maskOf(geometry, (i, j) => Math.hypot(i - 44.5 - bodyAt, (j - 34.5) * 1.25) < 25 && fromMiddleMm(i, j) <= radiusMm);
  const voxels = Int16Array.from({ length: geometry.voxelCount }, (_, index) => {
    const [i, j] = [index % 90, Math.floor(index / 90) % 70];
    if (fromMiddleMm(i, j) > radiusMm) return padding;
    const hu = body.has(i, j, Math.floor(index / 6300)) ? 40 : -1000;
    return Math.max(-1024, Math.round(hu + (noise ? 40 * (next() - 0.5) : 0)));
  });
  return { body, field: fieldOfViewMm(new Volume(geometry, voxels)) };
}

describe('the circle of reconstruction', () => {
  it.each([-3024, -1024])('is found by its padding of %d HU, and tells a body that it cuts from one that lies within', (padding) => {
    const cut = scan({ bodyAt: 20, radiusMm: 38, padding, noise: true });
    expect(cut.field).toBeGreaterThan(36.5);
    expect(cut.field).toBeLessThanOrEqual(38);
    expect(reachesFieldOfView(cut.body, cut.field ?? NaN)).toBe(true);
    const within = scan({ bodyAt: 4, radiusMm: 38, padding, noise: true });
    expect(within.field).toBeGreaterThan(36.5);
    expect(reachesFieldOfView(within.body, within.field ?? NaN)).toBe(false);
  });

  it('is taken for the largest in the matrix where air is clipped to the padding', () => {
    const geometryRadius = 43.75;
    const cut = scan({ bodyAt: 24, radiusMm: geometryRadius, padding: -1000, noise: false });
    expect(cut.field).toBe(geometryRadius);
    expect(reachesFieldOfView(cut.body, geometryRadius)).toBe(true);
    const within = scan({ bodyAt: 8, radiusMm: geometryRadius, padding: -1000, noise: false });
    expect(reachesFieldOfView(within.body, within.field ?? NaN)).toBe(false);
    expect(within.field).toBe(geometryRadius);
  });

  it('is not there where the whole matrix was imaged', () => {
    expect(scan({ bodyAt: 20, radiusMm: 100, padding: -1024, noise: true }).field).toBeUndefined();
  });
});
