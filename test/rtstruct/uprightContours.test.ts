import { describe, expect, it } from '@jest/globals';
import type { VolumeGeometry } from '../../src/geometry/index.ts';
import { maskOfStructure, type FileContour } from '../../src/rtstruct/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { contourInMm, isInside, onSlice, structureOf } from './drawings.ts';
import { maskOf, sameVoxels } from './masks.ts';

type Ring = readonly (readonly [number, number])[];

const FRAMES = [...POSITIONS, { name: 'oblique', ...obliqueDirections(25, 10) }];
const UNEVEN = { size: [14, 20, 9], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.5, 11, 14.5, 17, 19] } as const;

/** A ring with slanted edges and a hole, in mm along the rows or columns and along the normal. */
const OUTER: Ring = [[0.6, 0.4], [11.9, 3.2], [13.3, 9.7], [7.1, 18.6], [2.2, 12.3]];
const HOLE: Ring = [[4.1, 6.2], [8.7, 5.1], [9.3, 11.9]];

/** A ring on the sagittal plane (across the columns) at x mm, or the coronal one (across the rows) at y mm. */
const sagittal = (geometry: VolumeGeometry, x: number, ring: Ring): FileContour => contourInMm(geometry, ring.map(([y, z]) => [x, y, z] as const));
const coronal = (geometry: VolumeGeometry, y: number, ring: Ring): FileContour => contourInMm(geometry, ring.map(([x, z]) => [x, y, z] as const));

describe('contours on sagittal or coronal planes', () => {
  it.each(FRAMES)('are filled through the slices where these are: $name', (directions) => {
    const geometry = makeGeometry({ ...UNEVEN, ...directions });
    const planes = [3, 4, 5, 6];
    const columns = maskOfStructure(...structureOf(geometry, ...planes.flatMap((plane) => [OUTER, HOLE].map((ring) => sagittal(geometry, plane * 1.25, ring)))));
    expect([columns.axis, columns.problems, columns.gaps]).toEqual([0, [], []]);
    expect(columns.mask.voxelCount).toBeGreaterThan(100);
    expect(sameVoxels(columns.mask, maskOf(geometry, (i, j, k) => planes.includes(i) && isInside(j * 0.75, geometry.sliceOffsetsMm[k], [OUTER, HOLE])))).toBe(true);

    const rows = maskOfStructure(...structureOf(geometry, ...planes.flatMap((plane) => [HOLE, OUTER].map((ring) => coronal(geometry, plane * 0.75 + 0.1, ring)))));
    expect([rows.axis, rows.problems, rows.gaps]).toEqual([1, [], []]);
    expect(rows.mask.voxelCount).toBeGreaterThan(60);
    expect(sameVoxels(rows.mask, maskOf(geometry, (i, j, k) => planes.includes(j) && isInside(i * 1.25, geometry.sliceOffsetsMm[k], [OUTER, HOLE])))).toBe(true);
  });

  const geometry = makeGeometry(UNEVEN);

  it('are listed between planes of voxels and beyond them, repeated, and beside the image', () => {
    const shifted = OUTER.map(([y, z]) => [y + 12, z] as const);
    const { mask, problems, gaps, axis } = maskOfStructure(...structureOf(geometry,
      sagittal(geometry, 3.75, OUTER), sagittal(geometry, 4.3, OUTER), sagittal(geometry, 5, [...OUTER].reverse()), sagittal(geometry, 5.1, [...OUTER.slice(2), ...OUTER.slice(0, 2)]),
      sagittal(geometry, 17, OUTER), sagittal(geometry, 6.25, shifted), { ...sagittal(geometry, 7.5, OUTER), geometricType: 'OPEN_PLANAR' }, sagittal(geometry, 7.5, [[1, 1], [5, 5], [3, 3]]),
    ));
    expect(axis).toBe(0);
    expect(problems.map(({ index, problem, placed }) => [index, problem, placed])).toEqual([
      [1, 'between-slices', false], [3, 'repeated', false], [4, 'beyond-slices', false], [5, 'outside-matrix', true], [6, 'not-closed', false], [7, 'no-area', false],
    ]);
    expect([3, 4, 5, 6].map((i) => [...Array(20).keys()].some((j) => [...Array(9).keys()].some((k) => mask.has(i, j, k))))).toEqual([true, true, true, false]);
    expect(gaps).toEqual([{ first: 6, last: 13, distanceMm: expect.closeTo(10.75, 6), kind: 'open' }]);
  });

  it('that are drawn on wider planes than the voxels leave coarse gaps', () => {
    const { mask, problems, gaps } = maskOfStructure(...structureOf(geometry, ...[1.25, 4.25, 7.25, 10.25, 13.25].map((x) => sagittal(geometry, x, OUTER))));
    expect(problems.map(({ index, problem }) => [index, problem])).toEqual([1, 2, 3, 4].map((index) => [index, 'between-slices']));
    expect([mask.box.min[0], mask.box.size[0]]).toEqual([1, 1]);
    expect(gaps.map(({ kind, first, last }) => [kind, first, last])).toEqual([['coarse', 2, 3], ['coarse', 4, 5], ['coarse', 6, 8], ['coarse', 9, 10]]);
  });

  it('are left out where others lie on slices or on other planes, and where they lean', () => {
    const leaning = contourInMm(geometry, OUTER.map(([y, z]) => [4 + 0.3 * y, y, z] as const));
    const mixed: [string, FileContour[]][] = [
      ['slices', [sagittal(geometry, 3.75, OUTER), onSlice(geometry, 2, [[2, 2], [9, 2], [9, 9]])]],
      ['coronal', [sagittal(geometry, 3.75, OUTER), coronal(geometry, 3.75, OUTER)]],
      ['leaning', [sagittal(geometry, 3.75, OUTER), leaning]],
    ];
    for (const [name, contours] of mixed) {
      const { mask, problems, axis } = maskOfStructure(...structureOf(geometry, ...contours));
      expect([name, axis, problems.map(({ problem }) => problem)]).toEqual([name, 2, name === 'slices' ? ['not-planar'] : ['not-planar', 'not-planar']]);
      expect(mask.isEmpty).toBe(name !== 'slices');
    }
  });
});

describe('gaps between contours', () => {
  const geometry = makeGeometry({ size: [14, 20, 24], sliceOffsetsMm: Array.from({ length: 24 }, (_, k) => k * 2) });
  const ring: Ring = [[2, 2], [10, 3], [7, 15]];
  const gapsAt = (...slices: number[]): [string, number, number][] => {
    const { gaps } = maskOfStructure(...structureOf(geometry, ...slices.map((k) => contourInMm(geometry, ring.map(([i, j]) => [i * 1.25, j * 0.75, k * 2] as const)))));
    return gaps.map(({ kind, first, last }) => [kind, first, last]);
  };

  it('are none on every slice, coarse on every second or fourth, open where they are farther apart than usual', () => {
    expect(gapsAt(3, 4, 5, 6)).toEqual([]);
    expect(gapsAt(3, 5, 7, 9)).toEqual([['coarse', 4, 4], ['coarse', 6, 6], ['coarse', 8, 8]]);
    expect(gapsAt(0, 4, 8, 12)).toEqual([['coarse', 1, 3], ['coarse', 5, 7], ['coarse', 9, 11]]);
    // Two pieces, as of a lymph node chain, or a slice forgotten: not for a program to tell.
    expect(gapsAt(3, 4, 5, 9, 10)).toEqual([['open', 6, 8]]);
    expect(gapsAt(3, 4, 6, 7)).toEqual([['open', 5, 5]]);
    expect(gapsAt(3, 5, 7, 15, 17)).toEqual([['coarse', 4, 4], ['coarse', 6, 6], ['open', 8, 14], ['coarse', 16, 16]]);
    expect(gapsAt(3, 5, 6, 7)).toEqual([['open', 4, 4]]);
  });

  it('are open beyond 10 mm, however often', () => {
    expect(gapsAt(0, 5, 10)).toEqual([['coarse', 1, 4], ['coarse', 6, 9]]);
    expect(gapsAt(0, 6, 12)).toEqual([['open', 1, 5], ['open', 7, 11]]);
  });

  it('are coarse where all contours lie between slices', () => {
    expect(gapsAt(3.5, 4.5, 5.5)).toEqual([['coarse', 4, 4], ['coarse', 5, 5]]);
    expect(gapsAt(3.25, 5.25, 7.25)).toEqual([['coarse', 4, 5], ['coarse', 6, 7]]);
    expect(gapsAt(-1.5, -0.5, 0.5)).toEqual([['coarse', 0, 0]]);
  });
});
