import { describe, expect, it } from '@jest/globals';
import type { VolumeGeometry } from '../../src/geometry/index.ts';
import { contoursOnGrid, coverage, coverageOfStructure, maskOfStructure, traceContours } from '../../src/rtstruct/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { isInside, onSlice, structureOf } from './drawings.ts';
import { blobs, randomNumbers } from './masks.ts';

type Ring = readonly (readonly [number, number])[];

const GEOMETRY = makeGeometry({ size: [30, 24, 5], sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.5] });

const sharesOf = (geometry: VolumeGeometry, k: number, ...rings: Ring[]): Float32Array => {
  const { contours } = contoursOnGrid(...structureOf(geometry, ...rings.map((ring) => onSlice(geometry, k, ring))));
  return coverage(contours, geometry).toDense();
};
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

/** Area of a ring that does not cross itself, in voxels. */
const areaOf = (ring: Ring): number => Math.abs(sum(ring.map(([x1, y1], index) => {
  const [x0, y0] = ring[(index + ring.length - 1) % ring.length];
  return (x0 * y1 - x1 * y0) / 2;
})));

/** What a convex ring and the square of voxel (i, j) share: cut by one side of the square after the other (Sutherland and Hodgman). */
function areaInVoxel(ring: Ring, i: number, j: number): number {
  const sides: ((point: readonly [number, number]) => number)[] = [([x]) => x - i + 0.5, ([x]) => i + 0.5 - x, ([, y]) => y - j + 0.5, ([, y]) => j + 0.5 - y];
  return areaOf(sides.reduce<Ring>((left, inside) => left.flatMap((end, index) => {
    const start = left[(index + left.length - 1) % left.length];
    const [a, b] = [inside(start), inside(end)];
    const cut = [start[0] + (a / (a - b)) * (end[0] - start[0]), start[1] + (a / (a - b)) * (end[1] - start[1])] as const;
    return [...((a > 0) !== (b > 0) ? [cut] : []), ...(b > 0 ? [end] : [])];
  }), ring));
}

/** A ring round (x, y) that does not cross itself. */
const starShaped = (next: () => number, x: number, y: number, points: number, radius: number): Ring =>
  Array.from({ length: points }, (_, n) => {
    const [angle, r] = [((n + next() * 0.9) / points) * 2 * Math.PI, radius * (0.4 + 0.6 * next())];
    return [x + r * Math.cos(angle), y + r * Math.sin(angle)] as const;
  });

describe('coverage', () => {
  it('is what a ring and the square of each voxel share', () => {
    const next = randomNumbers(5);
    for (let trial = 0; trial < 20; trial++) {
      const start = next() * 6;
      const ring = [0, 1, 2, 3, 4].map((n) => [14 + next() * 0.1 + 9 * Math.cos(start + n * 1.2566), 11 + 8 * Math.sin(start + n * 1.2566)] as const);
      const shares = sharesOf(GEOMETRY, 2, ring);
      for (let j = 0; j < 24; j++) for (let i = 0; i < 30; i++) expect(Math.abs(shares[GEOMETRY.offset(i, j, 2)] - areaInVoxel(ring, i, j))).toBeLessThan(1e-6);
    }
  });

  it('sums up to the area of any ring, to one part in a million', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = randomNumbers(seed);
      const ring = starShaped(next, 10 + next() * 8, 11.5, 3 + Math.floor(next() * 60), 9 * (0.05 + next()));
      const area = areaOf(ring);
      expect([seed, Math.abs(sum(sharesOf(GEOMETRY, 1, ring)) / area - 1) < 1e-6]).toEqual([seed, true]);
    }
  });

  it('leaves holes out, drawn as a ring of their own or joined by a bridge, and fills islands in them', () => {
    const [outer, hole, island]: Ring[] = [[[2.2, 2.1], [25.7, 3.4], [24.1, 20.9], [3.3, 19.7]], [[6.1, 6.3], [18.4, 7.2], [17.9, 15.5], [7.7, 16.1]], [[10, 9], [13, 9], [12, 13.5]]];
    const keyhole: Ring = [...outer, outer[0], ...hole, hole[0]];
    const area = areaOf(outer) - areaOf(hole);
    expect(sum(sharesOf(GEOMETRY, 3, outer, hole)) / area).toBeCloseTo(1, 6);
    expect(sum(sharesOf(GEOMETRY, 3, outer, hole, island)) / (area + areaOf(island))).toBeCloseTo(1, 6);
    const [asRings, asKeyhole] = [sharesOf(GEOMETRY, 3, outer, hole), sharesOf(GEOMETRY, 3, keyhole)];
    expect(Math.max(...asRings.map((share, index) => Math.abs(share - asKeyhole[index])))).toBeLessThan(1e-6);
    expect(sum(sharesOf(GEOMETRY, 3, keyhole)) / area).toBeCloseTo(1, 6);
  });

  it('takes by the even-odd rule what crosses: a figure of eight, a star, two rings that overlap', () => {
    // Two triangles with a common tip at (10, 8).
    expect(sum(sharesOf(GEOMETRY, 2, [[2, 2], [18, 14], [18, 2], [2, 14]]))).toBeCloseTo(2 * (12 * 8) / 2, 4);
    const [one, other]: Ring[] = [[[2, 2], [12.5, 2], [12.5, 12], [2, 12]], [[8, 5], [20, 5], [20, 9.5], [8, 9.5]]];
    expect(sum(sharesOf(GEOMETRY, 2, one, other))).toBeCloseTo(105 + 54 - 2 * 4.5 * 4.5, 4);
    const star: Ring = [0, 2, 4, 1, 3].map((n) => [14 + 10 * Math.sin((n * 2 * Math.PI) / 5), 11 - 10 * Math.cos((n * 2 * Math.PI) / 5)] as const);
    // Five tips: the pentagram less twice its inner pentagon.
    const [outer, inner] = [10, (10 * Math.cos((2 * Math.PI) / 5)) / Math.cos(Math.PI / 5)];
    const pentagon = (radius: number): number => (5 / 2) * radius * radius * Math.sin((2 * Math.PI) / 5);
    const tips = 5 * outer * inner * Math.sin(Math.PI / 5) - pentagon(inner);
    expect(sum(sharesOf(GEOMETRY, 2, star))).toBeCloseTo(tips, 3);
    expect(sharesOf(GEOMETRY, 2, star)[GEOMETRY.offset(14, 11, 2)]).toBe(0);
  });

  it('agrees with counting points, however rings cross', () => {
    const next = randomNumbers(77);
    const rings = Array.from({ length: 3 }, (): Ring => Array.from({ length: 12 }, () => [next() * 34 - 2, next() * 28 - 2] as const));
    const shares = sharesOf(GEOMETRY, 2, ...rings);
    const fine = 24;
    for (let j = 0; j < 24; j++) {
      for (let i = 0; i < 30; i++) {
        let inside = 0;
        for (let at = 0; at < fine * fine; at++) inside += isInside(i - 0.5 + ((at % fine) + 0.5) / fine, j - 0.5 + (Math.floor(at / fine) + 0.5) / fine, rings) ? 1 : 0;
        expect(Math.abs(shares[GEOMETRY.offset(i, j, 2)] - inside / fine ** 2)).toBeLessThan(0.08);
      }
    }
  });

  it('takes the part within the matrix, which reaches half a voxel beyond the outermost centres', () => {
    const whole: Ring = [[-5, -7], [40, -7], [40, 31], [-5, 31]];
    expect(Array.from(sharesOf(GEOMETRY, 0, whole).subarray(0, 720))).toEqual(Array.from({ length: 720 }, () => 1));
    expect(sum(sharesOf(GEOMETRY, 0, [[-9.5, 3], [4.5, 3], [4.5, 9], [-9.5, 9]]))).toBeCloseTo(5 * 6, 5);
    expect(sum(sharesOf(GEOMETRY, 0, [[25, -4], [50, -4], [50, 2.5], [25, 2.5]]))).toBeCloseTo(4.5 * 3, 5);
    // Slanted across each border: the matrix cuts a corner of 3 × 3 / 2 off at either end.
    expect(sum(sharesOf(GEOMETRY, 4, [[-3.5, -0.5], [-0.5, -3.5], [33.5, 23.5], [30.5, 26.5]]))).toBeCloseTo(sum([...Array(720).keys()].map((n) => areaInVoxel([[-3.5, -0.5], [-0.5, -3.5], [33.5, 23.5], [30.5, 26.5]], n % 30, Math.floor(n / 30)))), 4);
    expect(coverage(contoursOnGrid(...structureOf(GEOMETRY, onSlice(GEOMETRY, 1, [[-9, 3], [-0.7, 3], [-0.7, 9]]))).contours, GEOMETRY).volumeCc).toBe(0);
    expect(coverage([], GEOMETRY).toDense()).toEqual(new Float32Array(GEOMETRY.voxelCount));
  });

  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(25, 10) }])('is the same in every frame, and its volume that of the contours: $name', (directions) => {
    const turned = makeGeometry({ size: [30, 24, 5], sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.5], ...directions });
    const ring = starShaped(randomNumbers(9), 13, 11, 40, 10);
    const shares = sharesOf(turned, 3, ring);
    expect(Math.max(...sharesOf(GEOMETRY, 3, ring).map((share, index) => Math.abs(share - shares[index])))).toBeLessThan(1e-6);
    const contours = [1, 3].flatMap((k) => contoursOnGrid(...structureOf(turned, onSlice(turned, k, ring))).contours);
    expect(coverage(contours, turned).volumeCc / ((areaOf(ring) * 1.25 * 0.75 * (2.25 + 3)) / 1000)).toBeCloseTo(1, 6);
  });

  it('of a structure of a file is that of its contours on the slices, and comes over as its mask does', () => {
    const next = randomNumbers(12);
    const rings = [1, 3, 4].map((k) => onSlice(GEOMETRY, k, starShaped(next, 13, 11, 30, 14)));
    const drawn = structureOf(GEOMETRY, ...rings, { ...rings[0], geometricType: 'OPEN_PLANAR' }, rings[1], onSlice(GEOMETRY, 1.5, [[2, 2], [9, 2], [9, 9]]));
    const [{ coverage: shares, ...came }, { mask, ...cameToMask }] = [coverageOfStructure(...drawn), maskOfStructure(...drawn)];
    expect(came).toEqual(cameToMask);
    expect(came.problems.map(({ problem }) => problem)).toEqual(expect.arrayContaining(['not-closed', 'repeated', 'between-slices']));
    const [ofStructure, ofContours] = [shares.toDense(), coverage(contoursOnGrid(...drawn).contours, GEOMETRY).toDense()];
    expect(Math.max(...ofStructure.map((share, index) => Math.abs(share - ofContours[index])))).toBeLessThan(1e-6);
    const voxels = mask.toDense();
    expect(ofStructure.every((share, index) => (share !== 0 && share !== 1) || share === voxels[index])).toBe(true);
    expect(() => coverageOfStructure(drawn[0], drawn[1], makeGeometry({ frameOfReferenceUid: '2.25.78' }))).toThrow(expect.objectContaining({ code: 'other-frame-of-reference' }));
  });

  it('is 1 inside and 0 outside for contours along voxel edges', () => {
    const mask = blobs(GEOMETRY, 4, 9);
    expect(Array.from(coverage(traceContours(mask), GEOMETRY).toDense())).toEqual(Array.from(mask.toDense()));
  });

  it('refuses rings that no person or program draws, instead of measuring for days', () => {
    const next = randomNumbers(3);
    const [contour] = contoursOnGrid(...structureOf(GEOMETRY, onSlice(GEOMETRY, 1, Array.from({ length: 30_000 }, () => [next() * 20, next() * 20] as const)))).contours;
    expect(() => coverage([contour], GEOMETRY)).toThrow(expect.objectContaining({ code: 'rings-too-complex' }));
  });
});
