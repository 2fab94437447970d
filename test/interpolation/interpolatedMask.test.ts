import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { VolumeGeometry, type Mask } from '../../src/geometry/index.ts';
import { morphologicalInterpolation } from '../../src/interpolation/index.ts';
import { interpolatedMask, maskOfStructure, readStructureSet, type FileContour } from '../../src/rtstruct/index.ts';
import { contourInMm, structureOf } from '../rtstruct/drawings.ts';
import { dice, maskOf, sameVoxels } from '../rtstruct/masks.ts';
import { makeGeometry, obliqueDirections } from '../support/geometries.ts';
import { itWithSharedData } from '../support/sharedData.ts';

type Ring = readonly (readonly [number, number])[];

const disc = (x: number, y: number, radius: number): Ring => Array.from({ length: 60 }, (_, n) => [x + radius * Math.cos((n * Math.PI) / 30), y + radius * Math.sin((n * Math.PI) / 30)] as const);

/** The filter measures distances in whole voxels, and so do shapes between contours lie right. */
const VOXEL_MM = 1.25;

const EVEN = { size: [60, 70, 21], columnSpacingMm: VOXEL_MM, rowSpacingMm: 1, sliceOffsetsMm: Array.from({ length: 21 }, (_, k) => k * 2) } as const;
const geometry = makeGeometry(EVEN);

const axial = (on: VolumeGeometry, z: number, ring: Ring): FileContour => contourInMm(on, ring.map(([x, y]) => [x, y, z] as const));
const filled = (...contours: FileContour[]): ReturnType<typeof interpolatedMask> => interpolatedMask(...structureOf(geometry, ...contours), morphologicalInterpolation);
const shapeOn = (mask: Mask, k: number): { count: number; x: number; y: number } => {
  let [count, x, y] = [0, 0, 0];
  for (let j = 0; j < 70; j++) for (let i = 0; i < 60; i++) if (mask.has(i, j, k)) [count, x, y] = [count + 1, x + i * 1.25, y + j];
  return { count, x: x / count, y: y / count };
};

describe('interpolatedMask', () => {
  it('draws the slices between contours on every second or fourth slice, and says which', async () => {
    for (const every of [2, 4]) {
      const planes = [2, 2 + every, 2 + 2 * every];
      const { mask, problems, gaps, interpolated } = await filled(...planes.map((k, n) => axial(geometry, k * 2, disc(26 + 3 * n, 30, 14 + n))));
      expect([problems, gaps]).toEqual([[], []]);
      expect(interpolated).toEqual(Array.from({ length: 2 * every + 1 }, (_, n) => 2 + n).filter((k) => !planes.includes(k)));
      for (let n = 0; n <= 2 * every; n++) {
        const share = n / every;
        const { count, x, y } = shapeOn(mask, 2 + n);
        expect(Math.abs(Math.sqrt((count * 1.25) / Math.PI) - (14 + share))).toBeLessThan(VOXEL_MM);
        expect([Math.abs(x - (26 + 3 * share)) < VOXEL_MM, Math.abs(y - 30) < VOXEL_MM]).toEqual([true, true]);
      }
      expect(shapeOn(mask, 1).count + shapeOn(mask, 3 + 2 * every).count).toBe(0);
    }
  });

  it('leaves slices with contours as they are, and adds nothing where every slice has one', async () => {
    const contours = [3, 4, 5, 6].map((k) => axial(geometry, k * 2, disc(30 + k, 30, 9)));
    const every = await filled(...contours);
    const plain = maskOfStructure(...structureOf(geometry, ...contours));
    expect([every.problems, every.gaps, every.axis, every.interpolated]).toEqual([plain.problems, plain.gaps, plain.axis, []]);
    expect(sameVoxels(every.mask, plain.mask)).toBe(true);
    const second = await filled(...[3, 5, 7].map((k) => axial(geometry, k * 2, disc(30 + k, 30, 9))));
    const own = maskOfStructure(...structureOf(geometry, ...[3, 5, 7].map((k) => axial(geometry, k * 2, disc(30 + k, 30, 9))))).mask;
    for (const k of [3, 5, 7]) expect(shapeOn(second.mask, k)).toEqual(shapeOn(own, k));
  });

  it('keeps holes, and joins and parts branches', async () => {
    const { mask } = await filled(
      axial(geometry, 4, disc(30, 30, 16)), axial(geometry, 4, disc(30, 30, 6)),
      axial(geometry, 8, disc(34, 30, 16)), axial(geometry, 8, disc(34, 30, 6)),
    );
    expect(shapeOn(mask, 3).count * 1.25).toBeGreaterThan(0.9 * Math.PI * (256 - 36));
    expect([mask.has(26, 30, 3), mask.has(16, 30, 3), mask.has(35, 30, 3)]).toEqual([false, true, true]);
    const fork = await filled(axial(geometry, 4, disc(35, 30, 20)), axial(geometry, 8, disc(26, 30, 7)), axial(geometry, 8, disc(44, 30, 7)));
    const between = shapeOn(fork.mask, 3).count;
    expect(between).toBeLessThan(shapeOn(fork.mask, 2).count);
    expect(between).toBeGreaterThan(shapeOn(fork.mask, 4).count);
  });

  it('leaves two pieces apart and gaps beyond 10 mm open', async () => {
    const { mask, gaps, interpolated } = await filled(...[2, 4, 6, 14, 16].map((k) => axial(geometry, k * 2, disc(30, 30, 9))));
    expect(gaps).toEqual([{ first: 7, last: 13, distanceMm: expect.closeTo(16, 6), kind: 'open' }]);
    expect(interpolated).toEqual([3, 5, 15]);
    for (let k = 7; k < 14; k++) expect(shapeOn(mask, k).count).toBe(0);
    expect((await filled(axial(geometry, 0, disc(30, 30, 9)), axial(geometry, 12, disc(30, 30, 9)))).interpolated).toEqual([]);
  });

  it('takes contours between slices and unevenly spaced slices at their own positions', async () => {
    const uneven = makeGeometry({ ...EVEN, sliceOffsetsMm: Array.from({ length: 21 }, (_, k) => k * 2 + (k % 3) * 0.5) });
    // A cone: the radius at z is 6 + z / 2.
    const cone = await interpolatedMask(...structureOf(uneven, ...[1, 6, 11, 16, 21, 26].map((z) => axial(uneven, z, disc(35, 34, 6 + z / 2)))), morphologicalInterpolation);
    expect(cone.problems).toEqual([]);
    for (let k = 0; k < 21; k++) {
      const z = uneven.sliceOffsetsMm[k];
      if (z < 1 || z > 26) expect([k, shapeOn(cone.mask, k).count]).toEqual([k, 0]);
      else expect([k, Math.abs(Math.sqrt((shapeOn(cone.mask, k).count * 1.25) / Math.PI) - (6 + z / 2)) < VOXEL_MM]).toEqual([k, true]);
    }
  });

  it('uses a contour beyond the last slice, and lists one that leads nowhere', async () => {
    const { mask, problems } = await filled(axial(geometry, -1, disc(30, 30, 9)), axial(geometry, 1, disc(30, 30, 9)), axial(geometry, 21, disc(30, 30, 9)));
    expect(shapeOn(mask, 0).count).toBeGreaterThan(150);
    expect(problems).toEqual([{ index: 2, problem: 'between-slices', placed: false, offSliceMm: expect.closeTo(1, 6) }]);
  });

  it.each([{ name: 'upright', directions: {} }, { name: 'oblique', directions: obliqueDirections(25, 10) }])('draws a ball from sagittal and from coronal contours 3 mm apart: $name', async ({ directions }) => {
    const grid = makeGeometry({ ...EVEN, ...directions, sliceOffsetsMm: Array.from({ length: 21 }, (_, k) => k * 2 + (k % 2) * 0.6) });
    const centre = [37, 33, 20] as const;
    const ball = maskOf(grid, (i, j, k) => Math.hypot(i * 1.25 - centre[0], j - centre[1], grid.sliceOffsetsMm[k] - centre[2]) < 17);
    for (const axis of [0, 1] as const) {
      const contours = [-15, -12, -9, -6, -3, 0, 3, 6, 9, 12, 15].map((at) => {
        const radius = Math.sqrt(17 ** 2 - at ** 2);
        return axis === 0
          ? contourInMm(grid, disc(centre[1], centre[2], radius).map(([y, z]) => [centre[0] + at, y, z] as const))
          : contourInMm(grid, disc(centre[0], centre[2], radius).map(([x, z]) => [x, centre[1] + at, z] as const));
      });
      const own = await interpolatedMask(...structureOf(grid, ...contours), morphologicalInterpolation);
      expect([own.axis, own.problems, own.gaps]).toEqual([axis, [], []]);
      expect(own.interpolated.length).toBeGreaterThan(12);
      // The caps beyond the last contours are not drawn: 1.4 % of the ball.
      expect(dice(own.mask, ball)).toBeGreaterThan(0.955);
    }
  });

  itWithSharedData('breast-rtstruct', 'draws a clinical structure from every second contour as its own contours do', async (folder) => {
    const set = readStructureSet(await readFile(path.join(folder, 'rtss.dcm')));
    const heart = set.structures.find(({ name }) => name === 'Heart');
    const contours = heart?.contours ?? [];
    const positions = [...new Set(contours.map(({ points }) => points[2]))].sort((one, other) => one - other);
    const grid = new VolumeGeometry({
      size: [512, 512, positions.length], columnSpacingMm: 1, rowSpacingMm: 1, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0],
      originMm: [-256, -500, positions[0]], sliceOffsetsMm: positions.map((position) => position - positions[0]), frameOfReferenceUid: set.reference.frameOfReferenceUid,
    });
    const whole = maskOfStructure(set, { contours }, grid);
    expect([whole.gaps, whole.mask.volumeCc > 400]).toEqual([[], true]);
    const sparse = contours.filter(({ points }) => positions.indexOf(points[2]) % 2 === 0);
    expect(maskOfStructure(set, { contours: sparse }, grid).gaps.every(({ kind }) => kind === 'coarse')).toBe(true);
    const { mask, gaps, interpolated } = await interpolatedMask(set, { contours: sparse }, grid, morphologicalInterpolation);
    expect([gaps, interpolated]).toEqual([[], positions.flatMap((_, k) => (k % 2 === 1 ? [k] : []))]);
    expect(dice(mask, whole.mask)).toBeGreaterThan(0.98);
  });
});
