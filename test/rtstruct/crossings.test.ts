import { describe, expect, it } from '@jest/globals';
import { crossingRings, segmentsMeet } from '../../src/rtstruct/crossingRings.ts';
import { encloseTheSame, forEachCrossing } from '../../src/rtstruct/rasterize.ts';
import { traceContours, traceSmoothContours } from '../../src/rtstruct/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { blobs, noise, randomNumbers } from './masks.ts';

/** Rings of a few points each, some far apart and some on the same quarters of a voxel, so that they touch as well as cross. */
function randomRings(seed: number): Float64Array[] {
  const next = randomNumbers(seed);
  const step = seed % 2 === 0 ? 0.25 : 0.001;
  const spread = 4 + 20 * next();
  return Array.from({ length: 1 + Math.floor(next() * 6) }, () => {
    const [x, y] = [next() * 30 - 2, next() * 20 - 2];
    return Float64Array.from({ length: 2 * (3 + Math.floor(next() * 5)) }, (_, index) => Math.round(((index % 2 === 0 ? x : y) + next() * spread) / step) * step);
  });
}

/** Every edge with every other. */
function crossingOneByOne(rings: readonly Float64Array[]): number[] {
  const edges = rings.flatMap((ring, place) => Array.from({ length: ring.length / 2 }, (_, point) => {
    const to = (2 * point + 2) % ring.length;
    return { place, point, last: ring.length / 2 - 1, ends: [ring[2 * point], ring[2 * point + 1], ring[to], ring[to + 1]] as const };
  }));
  const crossing = new Set<number>();
  for (const one of edges) {
    for (const other of edges) {
      const apart = Math.abs(one.point - other.point);
      if (one.place === other.place && (apart <= 1 || apart === one.last)) continue;
      if (segmentsMeet(...one.ends, ...other.ends)) crossing.add(one.place).add(other.place);
    }
  }
  return [...crossing].sort((a, b) => a - b);
}

/** The voxel centres of a large image that lie inside, as text. */
function inside(rings: readonly Float64Array[], rows: number): string {
  const odd = new Set<string>();
  for (const ring of rings) {
    forEachCrossing(ring, rows, (row, column) => {
      const place = `${row},${column}`;
      if (!odd.delete(place)) odd.add(place);
    });
  }
  return [...odd].sort().join(' ');
}

describe('rings of a plane', () => {
  it('cross where edges compared one by one do', () => {
    let found = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const rings = randomRings(seed);
      const crossing = crossingOneByOne(rings);
      found += crossing.length > 0 ? 1 : 0;
      expect([seed, ...[...crossingRings(rings)].sort((a, b) => a - b)]).toEqual([seed, ...crossing]);
    }
    expect(found).toBeGreaterThan(100);
    expect(found).toBeLessThan(400);
    expect(crossingRings([])).toEqual(new Set());
  });

  it('enclose the same voxels when their crossings are the same', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const [one, other] = [randomRings(seed), randomRings(seed + (seed % 3 === 0 ? 0 : 1))];
      const reversed = other.map((ring) => Float64Array.from(ring, (_, index) => ring[ring.length - 2 - index + 2 * (index % 2)]));
      expect(encloseTheSame(one, reversed, 18)).toBe(inside(one, 18) === inside(other, 18));
    }
    expect(encloseTheSame([], [], 9)).toBe(true);
  });

  it('come out alike whatever was traced before', () => {
    const [small, large] = [blobs(makeGeometry({ size: [31, 23, 3] }), 5, 9), noise(makeGeometry({ size: [140, 90, 2] }), 3, 0.4)];
    const outlines = [traceContours, (mask: typeof small) => traceSmoothContours({ mask })];
    for (const trace of outlines) {
      const first = trace(small);
      trace(large);
      expect(trace(small)).toEqual(first);
    }
  });
});
