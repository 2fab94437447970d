import { describe, expect, it } from '@jest/globals';
import type { Mask } from '../../src/geometry/index.ts';
import { contoursOnGrid, rasterize, readStructureSet, traceContours, traceSmoothContours, writeStructureSet, type Contour, type HoleStyle } from '../../src/rtstruct/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { randomNumbers, sameVoxels } from './masks.ts';
import { KIND_NAMES, randomCases } from './randomCases.ts';
import { makeSet, makeStructure } from './structureSets.ts';

/** Each seed is a random grid with eight masks, one of every kind: 3,200 masks along voxel edges, 800 in either smooth way, 240 in four files each. */
const SEEDS = Array.from({ length: 400 }, (_, index) => index + 1);
const SEEDS_SMOOTH = SEEDS.slice(0, 100);
const SEEDS_IN_FILES = Array.from({ length: 30 }, (_, index) => index + 10_001);

/** Contours of a mask; numbers come from `next`, so that a seed stands for all of a case. */
type Outline = (mask: Mask, next: () => number) => Contour[];

/** Probabilities that agree with the mask for nine voxels in ten, from barely to surely. */
function probabilityOf(mask: Mask, next: () => number): (slice: number) => Float32Array {
  const values = Float32Array.from(mask.voxels, (voxel) => (next() < 0.1 ? next() : (voxel + next()) / 2));
  const area = mask.box.size[0] * mask.box.size[1];
  return (slice) => values.subarray((slice - mask.box.min[2]) * area, (slice - mask.box.min[2] + 1) * area);
}

/** From no simplification to one of 3 mm, which is many of the smallest voxels. */
const anyTolerance = (next: () => number): { toleranceMm: number } => ({ toleranceMm: 3 * next() ** 3 });

const exact: Outline = (mask) => traceContours(mask);
const smooth: Outline = (mask, next) => traceSmoothContours({ mask }, anyTolerance(next));
const smoothWithProbabilities: Outline = (mask, next) => traceSmoothContours({ mask, probability: probabilityOf(mask, next) }, anyTolerance(next));

/** Runs `check` and tells what it threw. */
function outcome(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

describe('contours in memory', () => {
  it.each([
    { name: 'exact', outline: exact, seeds: SEEDS },
    { name: 'smooth', outline: smooth, seeds: SEEDS_SMOOTH },
    { name: 'smooth with probabilities', outline: smoothWithProbabilities, seeds: SEEDS_SMOOTH },
  ])('$name: they rasterise to the identical mask, whatever the mask and the grid', ({ outline, seeds }) => {
    const failures: string[] = [];
    for (const seed of seeds) {
      for (const { name, mask } of randomCases(seed).cases) {
        const failure = outcome(() => (sameVoxels(rasterize(outline(mask, randomNumbers(seed)), mask.geometry), mask) ? undefined : 'another mask came back'));
        if (failure !== undefined) failures.push(`${name}: ${failure}`);
      }
    }
    expect(failures).toEqual([]);
  });
});

describe('contours in a file', () => {
  it.each<{ name: string; outline: Outline; holes: HoleStyle }>([
    { name: 'exact', outline: exact, holes: 'keyhole' },
    { name: 'exact', outline: exact, holes: 'xor' },
    { name: 'smooth', outline: smooth, holes: 'keyhole' },
    { name: 'smooth', outline: smooth, holes: 'xor' },
  ])('$name, holes as $holes: the identical masks and no problem when it is read', ({ outline, holes }) => {
    const failures: string[] = [];
    for (const seed of SEEDS_IN_FILES) {
      const { geometry, cases } = randomCases(seed);
      const ct = testCt({ geometry });
      const drawn = cases.filter(({ mask }) => !mask.isEmpty);
      const failure = outcome(() => {
        const structures = drawn.map(({ kind, mask }, index) => makeStructure(index + 1, kind, outline(mask, randomNumbers(seed))));
        const set = readStructureSet(writeStructureSet(makeSet(ct, new Map(), { structures }), ct, { holes }));
        expect(set.structures.map(({ name }) => name)).toEqual(drawn.map(({ kind }) => kind));
        for (const [index, structure] of set.structures.entries()) {
          const { contours, problems } = contoursOnGrid(set, structure, geometry);
          if (problems.length > 0) failures.push(`${drawn[index].name}: ${JSON.stringify(problems.slice(0, 3))}`);
          if (!sameVoxels(rasterize(contours, geometry), drawn[index].mask)) failures.push(`${drawn[index].name}: another mask came back`);
        }
        return undefined;
      });
      if (failure !== undefined) failures.push(`seed ${seed}: ${failure}`);
    }
    expect(failures).toEqual([]);
  });
});

describe('the random masks', () => {
  const all = SEEDS.map((seed) => randomCases(seed));

  it('are what they are meant to be: full of holes and islands, single voxels, at every border', () => {
    const masks = all.flatMap(({ cases }) => cases);
    expect(masks).toHaveLength(SEEDS.length * KIND_NAMES.length);
    const contours = masks.map(({ mask }) => traceContours(mask));
    const atBorder = masks.filter(({ mask: { box, geometry } }) => box.size.every((extent, axis) => extent > 0 && (box.min[axis] === 0 || box.min[axis] + extent === geometry.size[axis])));
    expect(contours.filter((found) => found.length > 50).length).toBeGreaterThan(200);
    expect(contours.filter((found) => found.some(({ holes }) => holes.length > 4)).length).toBeGreaterThan(70);
    expect(masks.filter(({ mask }) => mask.voxelCount === 1).length).toBeGreaterThan(70);
    expect(atBorder.length).toBeGreaterThan(masks.length / 2);
  });

  it('lie on grids of every kind: upright, leaning, of one column or row, uneven', () => {
    const isUpright = ({ geometry: { rowDirection } }: (typeof all)[number]): boolean => rowDirection.some((value) => Math.abs(value) === 1);
    expect(all.filter(isUpright).length).toBeGreaterThan(100);
    expect(all.filter((one) => !isUpright(one)).length).toBeGreaterThan(150);
    expect(all.filter(({ geometry: { size } }) => Math.min(size[0], size[1]) === 1).length).toBeGreaterThan(30);
    expect(all.filter(({ geometry }) => new Set(geometry.sliceGapsMm().map((gap) => gap.toFixed(2))).size > 1).length).toBeGreaterThan(100);
  });
});
