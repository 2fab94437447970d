import { describe, expect, it } from '@jest/globals';
import { Mask, type VolumeGeometry } from '../../src/geometry/index.ts';
import { rasterize, traceContours, traceSmoothContours, type Contour, type SmoothField } from '../../src/rtstruct/index.ts';
import { signedArea, toPlane } from '../../src/rtstruct/contour.ts';
import { crossingRings } from '../../src/rtstruct/crossingRings.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { blobs, drawn, maskOf, noise, randomNumbers, sameVoxels } from './masks.ts';

const NESTED = `
  ###########
  #.........#
  #.#######.#
  #.#.....#.#
  #.#.###.#.#
  #.#.#.#.#.#
  #.#.###.#.#
  #.#.....#.#
  #.#######.#
  #.........#
  ###########`;

/** Area of the contours in mm², holes taken away. */
function areaMm2(contours: readonly Contour[], geometry: VolumeGeometry): number {
  const area = (points: Float64Array): number => Math.abs(signedArea(toPlane(points, geometry).coordinates)) * geometry.columnSpacingMm * geometry.rowSpacingMm;
  return contours.reduce((sum, { points, holes }) => sum + area(points) - holes.reduce((cut, hole) => cut + area(hole), 0), 0);
}

function ringsBySlice(contours: readonly Contour[], geometry: VolumeGeometry): Float64Array[][] {
  const slices = new Map<number, Float64Array[]>();
  for (const { slice, points, holes } of contours) {
    const rings = slices.get(slice) ?? [];
    rings.push(...[points, ...holes].map((ring) => toPlane(ring, geometry).coordinates));
    slices.set(slice, rings);
  }
  return [...slices.values()];
}

const MASKS: { name: string; mask: Mask }[] = [
  { name: 'one voxel', mask: maskOf(makeGeometry(), (i, j, k) => i === 4 && j === 6 && k === 2) },
  { name: 'one voxel in each corner of the volume', mask: maskOf(makeGeometry(), (i, j, k) => (i === 0 || i === 12) && (j === 0 || j === 8) && (k === 0 || k === 6)) },
  { name: 'the full volume', mask: maskOf(makeGeometry(), () => true) },
  { name: 'four nested levels', mask: drawn(makeGeometry({ size: [11, 11, 2] }), NESTED, NESTED) },
  { name: 'all but one voxel', mask: maskOf(makeGeometry(), (i, j, k) => !(i === 0 && j === 3 && k === 1)) },
  { name: 'a chessboard', mask: maskOf(makeGeometry(), (i, j, k) => (i + j + k) % 2 === 0) },
  ...[1, 2, 3].map((seed) => ({ name: `noise ${seed}`, mask: noise(makeGeometry({ size: [31, 23, 3] }), seed, 0.5) })),
  ...[4, 5].map((seed) => ({ name: `sparse noise ${seed}`, mask: noise(makeGeometry({ size: [31, 23, 3] }), seed, 0.1) })),
  ...[6, 7].map((seed) => ({ name: `dense noise ${seed}`, mask: noise(makeGeometry({ size: [31, 23, 3] }), seed, 0.9) })),
  ...[8, 9, 10].map((seed) => ({ name: `blobs ${seed}`, mask: blobs(makeGeometry({ size: [64, 40, 5] }), seed, 12) })),
];

const OUTLINES: { name: string; trace: (mask: Mask) => Contour[] }[] = [
  { name: 'exact', trace: traceContours },
  { name: 'smooth', trace: (mask) => traceSmoothContours({ mask }) },
  { name: 'smooth with probability', trace: (mask) => traceSmoothContours({ mask, probability: slicesOf(randomProbability(mask), mask) }) },
  { name: 'smooth, coarse', trace: (mask) => traceSmoothContours({ mask }, { toleranceMm: 5 }) },
];

/** The slices of probabilities that fill a mask's box. */
function slicesOf(probability: Float32Array, { box }: Mask): (slice: number) => Float32Array {
  const area = box.size[0] * box.size[1];
  return (slice) => probability.subarray((slice - box.min[2]) * area, (slice - box.min[2] + 1) * area);
}

/** Probabilities that agree with the mask, but for one voxel in ten. */
function randomProbability(mask: Mask): Float32Array {
  const next = randomNumbers(99);
  return Float32Array.from(mask.voxels, (voxel) => (next() < 0.1 ? next() : (voxel + next()) / 2));
}

describe.each(OUTLINES)('$name outline', ({ name, trace }) => {
  it.each(MASKS)('of $name rasterises to the identical mask', ({ mask }) => {
    expect(sameVoxels(rasterize(trace(mask), mask.geometry), mask)).toBe(true);
  });

  it.each(POSITIONS)('is the same in position $name', ({ rowDirection, columnDirection }) => {
    const turned = makeGeometry({ size: [31, 23, 3], rowDirection, columnDirection });
    const straight = makeGeometry({ size: [31, 23, 3] });
    const [inTurned, inStraight] = [trace(noise(turned, 11, 0.5)), trace(noise(straight, 11, 0.5))];
    expect(sameVoxels(rasterize(inTurned, turned), noise(turned, 11, 0.5))).toBe(true);
    expect(inTurned.length).toBe(inStraight.length);
    // Written coordinates are rounded, which may simplify a ring by another point here and there.
    const change = areaMm2(inTurned, turned) / areaMm2(inStraight, straight) - 1;
    expect(Math.abs(change)).toBeLessThan(name === 'exact' ? 1e-9 : 0.002);
  });

  it('rasterises exactly in oblique frames', () => {
    for (const [aboutX, aboutZ] of [[10, 20], [-33, 71], [0.01, 0], [89, 1]]) {
      const geometry = makeGeometry({ size: [31, 23, 3], ...obliqueDirections(aboutX, aboutZ), originMm: [-431.7, 212.3, -1001.1] });
      for (const mask of [noise(geometry, 12, 0.5), blobs(geometry, 13, 9)]) expect(sameVoxels(rasterize(trace(mask), geometry), mask)).toBe(true);
    }
  });
});

describe('traceContours', () => {
  it('draws the edges of voxels, not their centres', () => {
    const geometry = makeGeometry();
    const contours = traceContours(maskOf(geometry, (i, j, k) => i >= 3 && i <= 5 && j === 2 && k === 4));
    expect(contours).toHaveLength(1);
    const expected = [[2.5, 1.5], [5.5, 1.5], [5.5, 2.5], [2.5, 2.5]].map(([i, j]) => geometry.toPatient([i, j, 4]));
    const points = Array.from({ length: 4 }, (_, n) => Array.from(contours[0].points.subarray(n * 3, n * 3 + 3)));
    expect(points).toHaveLength(4);
    for (const corner of expected) expect(points).toContainEqual([...corner]);
  });

  it('conserves the area of every slice exactly', () => {
    for (const { mask } of MASKS) {
      const { geometry } = mask;
      expect(areaMm2(traceContours(mask), geometry)).toBeCloseTo(mask.voxelCount * geometry.columnSpacingMm * geometry.rowSpacingMm, 6);
    }
  });

  it('nests holes and islands: an island in a hole is a contour of its own', () => {
    const geometry = makeGeometry({ size: [11, 11, 2] });
    const contours = traceContours(drawn(geometry, NESTED, ''));
    expect(contours.map(({ slice, points, holes }) => [slice, points.length / 3, holes.length])).toEqual([[0, 4, 1], [0, 4, 1], [0, 4, 1]]);
    const areas = contours.map((contour) => areaMm2([contour], geometry) / (1.25 * 0.75));
    expect(areas).toEqual([40, 24, 8]);
  });

  it('gives each hole to the region around it', () => {
    const geometry = makeGeometry({ size: [14, 8, 2] });
    const contours = traceContours(
      drawn(
        geometry,
        `
        #####.####....
        #.#.#.#..#.###
        #####.#..#.#.#
        ..#...####.###
        ..###.........
        ..#.#.#.......
        ..###.........`,
      ),
    );
    expect(contours.map(({ holes }) => holes.length)).toEqual([3, 1, 1, 0]);
  });

  it('keeps voxels that touch at a corner apart, and lets a hole that opens at a corner belong to the outside', () => {
    const geometry = makeGeometry({ size: [6, 6, 2] });
    expect(traceContours(drawn(geometry, `##....\n##....\n..##..\n..##..`))).toHaveLength(2);
    const open = traceContours(drawn(geometry, `####\n#..#\n#..#\n###.`));
    expect(open).toHaveLength(1);
    expect(open[0].holes).toHaveLength(0);
  });

  it('returns nothing for an empty mask', () => {
    expect(traceContours(Mask.empty(makeGeometry()))).toEqual([]);
    expect(traceSmoothContours({ mask: Mask.empty(makeGeometry()) })).toEqual([]);
  });

  it('traces 512 × 400 noise', () => {
    const both = noise(makeGeometry({ size: [512, 400, 2] }), 21, 0.5);
    const mask = both.inBox({ min: [0, 0, 1], size: [512, 400, 1] });
    expect(sameVoxels(rasterize(traceContours(mask), mask.geometry), mask)).toBe(true);
  });
});

describe('traceSmoothContours', () => {
  it('keeps rings apart from each other and from themselves', () => {
    for (const { mask } of MASKS) {
      for (const toleranceMm of [0.1, 5]) {
        const contours = traceSmoothContours({ mask }, { toleranceMm });
        for (const rings of ringsBySlice(contours, mask.geometry)) expect([...crossingRings(rings)]).toEqual([]);
      }
    }
  });

  it('has the topology of the voxels', () => {
    for (const { mask } of MASKS) {
      const shape = (contours: readonly Contour[]): number[][] => contours.map(({ slice, holes }) => [slice, holes.length]);
      expect(shape(traceSmoothContours({ mask, probability: slicesOf(randomProbability(mask), mask) }))).toEqual(shape(traceContours(mask)));
    }
  });

  it('rounds to 0.01 mm in the plane and stays on the exact slice position', () => {
    const geometry = makeGeometry({ size: [31, 23, 3], originMm: [-31.003, 17.0007, -122.4375], sliceOffsetsMm: [0, 0.625, 2.1875] });
    for (const { slice, points } of traceSmoothContours({ mask: blobs(geometry, 3, 9) })) {
      for (let at = 0; at < points.length; at += 3) {
        expect(points[at + 2]).toBe(-122.4375 + [0, 0.625, 2.1875][slice]);
        expect(points[at]).toBe(Math.round(points[at] * 100) / 100);
        expect(points[at + 1]).toBe(Math.round(points[at + 1] * 100) / 100);
      }
    }
  });

  it('finds a plane edge of a probability below voxel size', () => {
    const geometry = makeGeometry({ size: [20, 9, 2], rowSpacingMm: 1 });
    // The probability falls through 0.5 at column 7.3.
    const probability = Float32Array.from({ length: geometry.voxelCount }, (_, n) => Math.min(1, Math.max(0, 0.5 + (7.3 - (n % 20)) * 0.2)));
    const mask = Mask.fromVoxels(geometry, probability, (value) => value >= 0.5).inBox({ min: [0, 0, 0], size: geometry.size });
    const contours = traceSmoothContours({ mask, probability: slicesOf(probability, mask) });
    expect(contours).toHaveLength(2);
    const columns = toPlane(contours[0].points, geometry).coordinates.filter((_, index) => index % 2 === 0);
    expect(Math.max(...columns)).toBeCloseTo(7.3, 2);
  });

  it.each([3, 8, 25])('draws a disc of %s voxels radius close to its true area', (radius) => {
    const size = 2 * radius + 9;
    const geometry = makeGeometry({ size: [size, size, 2], columnSpacingMm: 1, rowSpacingMm: 1 });
    const centre = size / 2 - 0.3;
    const trueArea = Math.PI * radius ** 2;
    const distance = (n: number): number => Math.hypot((n % size) - centre, (Math.floor(n / size) % size) - centre);
    const probability = Float32Array.from({ length: geometry.voxelCount }, (_, n) => Math.min(1, Math.max(0, 0.5 + (radius - distance(n)) / 4)));
    const mask = Mask.fromVoxels(geometry, probability, (value) => value >= 0.5).inBox({ min: [0, 0, 0], size: geometry.size });
    const relativeError = (field: SmoothField): number => Math.abs(areaMm2(traceSmoothContours(field, { toleranceMm: 0.02 }), geometry) / 2 / trueArea - 1);
    // Chords and linear interpolation lose about 1/(8 · radius) voxels of radius.
    expect(relativeError({ mask, probability: slicesOf(probability, mask) })).toBeLessThan(0.1 / radius);
  });

  it('conserves the area of a mask that comes without probabilities', () => {
    const geometry = makeGeometry({ size: [60, 50, 3], columnSpacingMm: 0.9, rowSpacingMm: 1.1 });
    for (const mask of [maskOf(geometry, (i, j) => i === 7 && j === 3), maskOf(geometry, (i, j) => (i - 20.3) ** 2 + (j - 17.8) ** 2 < 9), blobs(geometry, 2, 10), blobs(geometry, 6, 10)]) {
      const voxelsMm2 = mask.voxelCount * 0.9 * 1.1;
      expect(Math.abs(areaMm2(traceSmoothContours({ mask }, { toleranceMm: 0.01 }), geometry) / voxelsMm2 - 1)).toBeLessThan(0.015);
      expect(Math.abs(areaMm2(traceSmoothContours({ mask }), geometry) / voxelsMm2 - 1)).toBeLessThan(0.05);
    }
  });

  it('draws a disc smoothly: nearer to the circle than the voxel edges are', () => {
    const geometry = makeGeometry({ size: [41, 43, 2], columnSpacingMm: 1, rowSpacingMm: 1 });
    const mask = maskOf(geometry, (i, j) => Math.hypot(i - 20.3, j - 20.9) <= 12);
    const roughness = (contours: Contour[]): number => {
      const { coordinates } = toPlane(contours[0].points, geometry);
      const deviations = Array.from({ length: coordinates.length / 2 }, (_, n) => Math.abs(Math.hypot(coordinates[2 * n] - 20.3, coordinates[2 * n + 1] - 20.9) - 12));
      return deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length;
    };
    expect(roughness(traceSmoothContours({ mask }))).toBeLessThan(roughness(traceContours(mask)) / 2);
  });

  it('lets the mask win over the probability', () => {
    const geometry = makeGeometry({ size: [12, 9, 2] });
    const mask = drawn(geometry, '............\n.####..##...\n.####..##...\n.####.......').inBox({ min: [0, 0, 0], size: geometry.size });
    const probability = new Float32Array(geometry.voxelCount).map((_, n) => (n % 12 > 6 && n % 12 < 11 ? 0.9 : 0.2));
    expect(sameVoxels(rasterize(traceSmoothContours({ mask, probability: slicesOf(probability, mask) }), geometry), mask)).toBe(true);
  });

  it('draws one voxel of barely 0.5 as more than a sliver', () => {
    const geometry = makeGeometry();
    const mask = maskOf(geometry, (i, j, k) => i === 4 && j === 6 && k === 2);
    const contours = traceSmoothContours({ mask: mask.inBox({ min: [3, 5, 2], size: [3, 3, 1] }), probability: () => Float32Array.of(0, 0, 0, 0, 0.5, 0, 0, 0, 0) });
    expect(areaMm2(contours, geometry)).toBeCloseTo(1.25 * 0.75, 1);
  });

  it('simplifies within the tolerance', () => {
    const geometry = makeGeometry({ size: [120, 100, 2], columnSpacingMm: 0.9, rowSpacingMm: 1.1 });
    const mask = blobs(geometry, 5, 8);
    const count = (toleranceMm: number): number => traceSmoothContours({ mask }, { toleranceMm }).reduce((sum, { points }) => sum + points.length / 3, 0);
    expect(count(0.1)).toBeLessThan(count(0) * 0.8);
    expect(count(0.5)).toBeLessThan(count(0.1));
    const [all, fewer] = [0, 0.4].map((toleranceMm) => areaMm2(traceSmoothContours({ mask }, { toleranceMm }), geometry));
    expect(Math.abs(fewer / all - 1)).toBeLessThan(0.01);
  });

  it('refuses probabilities that are no numbers or do not fill the box', () => {
    const mask = maskOf(makeGeometry(), (i, j, k) => i === 4 && j === 6 && k === 2);
    expect(() => traceSmoothContours({ mask, probability: () => new Float32Array(2) })).toThrow(expect.objectContaining({ code: 'probability-size' }));
    const wide = mask.inBox({ min: [3, 5, 2], size: [3, 3, 1] });
    expect(() => traceSmoothContours({ mask: wide, probability: () => new Float32Array(9).fill(NaN) })).toThrow(expect.objectContaining({ code: 'probability-invalid' }));
  });
});

describe('the tolerance that is taken when none is given', () => {
  /** How far the point x, y (mm) lies from a closed ring of points x, y, z. */
  const offRingMm = (x: number, y: number, ring: Float64Array): number => {
    let least = Infinity;
    for (let at = 0; at < ring.length; at += 3) {
      const next = (at + 3) % ring.length;
      const [dx, dy] = [ring[next] - ring[at], ring[next + 1] - ring[at + 1]];
      const share = Math.min(Math.max(((x - ring[at]) * dx + (y - ring[at + 1]) * dy) / (dx * dx + dy * dy), 0), 1);
      least = Math.min(least, Math.hypot(x - ring[at] - share * dx, y - ring[at + 1] - share * dy));
    }
    return least;
  };

  it.each([[0.12, 0.16], [0.2, 0.26], [0.7, 0.9]])('moves an outline by a quarter of a voxel at most, on voxels of %d × %d mm', (columnSpacingMm, rowSpacingMm) => {
    const geometry = makeGeometry({ size: [90, 80, 2], columnSpacingMm, rowSpacingMm });
    const mask = blobs(geometry, 5, 8);
    const [whole, taken] = [traceSmoothContours({ mask }, { toleranceMm: 0 }), traceSmoothContours({ mask })];
    const offMm = whole.flatMap(({ points }, index) => Array.from({ length: points.length / 3 }, (_, point) => offRingMm(points[point * 3], points[point * 3 + 1], taken[index].points)));
    expect(taken.reduce((sum, { points }) => sum + points.length, 0)).toBeLessThan(whole.reduce((sum, { points }) => sum + points.length, 0));
    // Both are rounded to 0.01 mm.
    expect(Math.max(...offMm)).toBeLessThan(Math.min(0.1, columnSpacingMm / 4) + 0.015);
  });
});
