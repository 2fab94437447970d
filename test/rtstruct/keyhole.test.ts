import { describe, expect, it } from '@jest/globals';
import { signedArea } from '../../src/rtstruct/contour.ts';
import { segmentsMeet } from '../../src/rtstruct/crossingRings.ts';
import { keyhole } from '../../src/rtstruct/keyhole.ts';
import { randomNumbers } from './masks.ts';

const square = (x: number, y: number, size: number): Float64Array => Float64Array.of(x, y, x + size, y, x + size, y + size, x, y + size);

type Edge = [number, number, number, number];

function edgesOf(coordinates: ArrayLike<number>): Edge[] {
  return Array.from({ length: coordinates.length / 2 }, (_, point): Edge => {
    const next = ((point + 1) * 2) % coordinates.length;
    return [coordinates[point * 2], coordinates[point * 2 + 1], coordinates[next], coordinates[next + 1]];
  });
}

function walkedEdges(rings: readonly Float64Array[], walk: Int32Array): Edge[] {
  const points = rings.flatMap((ring) => [...ring]);
  return edgesOf([...walk].flatMap((point) => points.slice(point * 2, point * 2 + 2)));
}

/** An edge without its sense. */
const key = ([a, b, c, d]: Edge): string => [`${a},${b}`, `${c},${d}`].sort().join(' ');

/** Checks everything that a keyhole promises; returns its bridges. */
function checked(rings: readonly Float64Array[]): Edge[] {
  const walk = keyhole(rings);
  if (!walk) throw new Error('no keyhole found');
  const edges = walkedEdges(rings, walk);
  const ringEdges = rings.flatMap(edgesOf);
  const ringKeys = new Set(ringEdges.map(key));
  const bridges = edges.filter((edge) => !ringKeys.has(key(edge)));
  // Each ring edge once, each bridge there and back.
  expect(edges.filter((edge) => ringKeys.has(key(edge))).map(key).sort()).toEqual(ringEdges.map(key).sort());
  expect(bridges).toHaveLength(2 * (rings.length - 1));
  expect(new Set(bridges.map(key)).size).toBe(rings.length - 1);
  const area = rings.reduce((sum, ring, index) => sum + (index === 0 ? 1 : -1) * Math.abs(signedArea(ring)), 0);
  expect(Math.abs(signedArea(edges.flatMap(([x, y]) => [x, y])))).toBeCloseTo(area, 9);
  for (const bridge of bridges) {
    for (const edge of ringEdges) {
      const shared = [0, 2].some((from) => [0, 2].some((to) => bridge[from] === edge[to] && bridge[from + 1] === edge[to + 1]));
      if (!shared) expect(segmentsMeet(...bridge, ...edge)).toBe(false);
    }
  }
  return bridges;
}

describe('keyhole', () => {
  it('leaves a region without holes as it is', () => {
    expect(keyhole([square(0, 0, 4)])).toEqual(Int32Array.of(0, 1, 2, 3));
  });

  it('joins one hole by the shortest bridge from its leftmost point', () => {
    const bridges = checked([square(0, 0, 30), square(2, 3, 5)]);
    expect(bridges[0]).toEqual(expect.arrayContaining([0, 0, 2, 3]));
  });

  it('does not depend on the sense of rotation', () => {
    const reversed = (ring: Float64Array): Float64Array => Float64Array.from({ length: ring.length }, (_, index) => ring[ring.length - 2 - 2 * (index >> 1) + (index & 1)]);
    for (const outer of [square(0, 0, 30), reversed(square(0, 0, 30))]) {
      for (const hole of [square(2, 3, 5), reversed(square(2, 3, 5))]) checked([outer, hole, square(12, 12, 3)]);
    }
  });

  it('goes round what stands in the way', () => {
    // A hole behind a bar that shields it from the near side of the region.
    checked([square(0, 0, 40), Float64Array.of(3, 1, 4, 1, 4, 39, 3, 39), square(5, 18, 4)]);
    // A region bent round its hole.
    checked([Float64Array.of(0, 0, 40, 0, 40, 30, 20, 30, 20, 10, 18, 10, 18, 30, 0, 30), square(25, 15, 5), square(5, 15, 5)]);
  });

  it('joins many holes, in rows that line up', () => {
    const holes = Array.from({ length: 48 }, (_, index) => square(2 + 4 * (index % 8), 2 + 4 * Math.floor(index / 8), 2));
    checked([square(0, 0, 40), ...holes]);
  });

  it('joins holes of random shapes', () => {
    const next = randomNumbers(3);
    const holes = Array.from({ length: 36 }, (_, index) => {
      const [cx, cy] = [10 + 12 * (index % 6), 10 + 12 * Math.floor(index / 6)];
      const spikes = 5 + Math.floor(next() * 9);
      return Float64Array.from({ length: spikes * 2 }, (_, at) => {
        const angle = (Math.floor(at / 2) / spikes) * 2 * Math.PI;
        const radius = 1 + 4.5 * Math.abs(Math.sin(7 * angle + index));
        return at % 2 === 0 ? cx + radius * Math.cos(angle) : cy + radius * Math.sin(angle);
      });
    });
    checked([square(0, 0, 85), ...holes]);
  });

  it('finds none where a hole is cut off by rings that cross', () => {
    expect(keyhole([square(0, 0, 30), Float64Array.of(-5, -5, 50, -5, 50, 50, -5, 50), square(10, 10, 5)])).toBeUndefined();
  });
});
