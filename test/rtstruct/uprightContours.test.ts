import { describe, expect, it } from '@jest/globals';
import type { VolumeGeometry } from '../../src/geometry/index.ts';
import { coverageOfStructure, maskOfStructure, type FileContour } from '../../src/rtstruct/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { contourInMm, isInside, onSlice, structureOf } from './drawings.ts';
import { maskOf, randomNumbers, sameVoxels } from './masks.ts';

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

describe('the coverage of contours on sagittal or coronal planes', () => {
  const geometry = makeGeometry(UNEVEN);
  const planes = [
    { name: 'sagittal', axis: 0, draw: sagittal, planeMm: 1.25, acrossMm: 0.75, across: 20, indices: (plane: number, across: number, k: number) => [plane, across, k] as const },
    { name: 'coronal', axis: 1, draw: coronal, planeMm: 0.75, acrossMm: 1.25, across: 14, indices: (plane: number, across: number, k: number) => [across, plane, k] as const },
  ] as const;
  type Plane = (typeof planes)[number];

  /** Where the voxels of slice k begin: half way from the slice below, as far beyond the first and the last as on the other side. */
  const borderMm = (k: number): number => (k === 0 ? -1.25 : k === 9 ? 20 : (UNEVEN.sliceOffsetsMm[k - 1] + UNEVEN.sliceOffsetsMm[k]) / 2);
  const overlap = ([from, to]: readonly [number, number], [low, high]: readonly [number, number]): number => Math.max(0, Math.min(to, high) - Math.max(from, low)) / (high - low);
  /** The middle of a voxel's cross-section is not its centre where slices are unevenly spaced. */
  const extent = ({ acrossMm }: Plane, across: number, k: number): readonly [[number, number], [number, number]] => [[(across - 0.5) * acrossMm, (across + 0.5) * acrossMm], [borderMm(k), borderMm(k + 1)]];

  /** The shares of a plane of voxels: for each voxel along the slices those of all slices. */
  const sharesOn = ({ indices, across: count }: Plane, on: VolumeGeometry, dense: Float32Array, plane: number): number[][] =>
    Array.from({ length: count }, (_, across) => Array.from({ length: 9 }, (__, k) => dense[on.offset(...indices(plane, across, k))]));
  const areaOn = (plane: Plane, shares: readonly number[][]): number =>
    shares.reduce((sum, line, across) => sum + line.reduce((total, share, k) => {
      const [[left, right], [low, high]] = extent(plane, across, k);
      return total + share * (right - left) * (high - low);
    }, 0), 0);
  /** Area of a ring that does not cross itself. */
  const areaOf = (ring: Ring): number => Math.abs(ring.reduce((sum, [x1, y1], index) => {
    const [x0, y0] = ring[(index + ring.length - 1) % ring.length];
    return sum + (x0 * y1 - x1 * y0) / 2;
  }, 0));

  /** Share of `fine` × `fine` points of a rectangle that lie inside the rings. */
  const shareOfPoints = (fine: number, [left, right]: readonly [number, number], [low, high]: readonly [number, number], rings: readonly Ring[]): number => {
    let inside = 0;
    for (let n = 0; n < fine * fine; n++) inside += isInside(left + (((n % fine) + 0.5) / fine) * (right - left), low + ((Math.floor(n / fine) + 0.5) / fine) * (high - low), rings) ? 1 : 0;
    return inside / fine ** 2;
  };

  describe.each(planes)('$name', (plane) => {
    const { axis, draw, planeMm } = plane;
    const at = (n: number): number => n * planeMm;

    it.each(FRAMES)('of a box is what its edges leave of each voxel in mm, between uneven slices too: $name', (directions) => {
      const turned = makeGeometry({ ...UNEVEN, ...directions });
      const [acrossMm, alongMm] = [[2.3, 9.7], [3.1, 16.2]] as const;
      const box: Ring = [[acrossMm[0], alongMm[0]], [acrossMm[1], alongMm[0]], [acrossMm[1], alongMm[1]], [acrossMm[0], alongMm[1]]];
      const { coverage, ...came } = coverageOfStructure(...structureOf(turned, ...[4, 5, 6].map((n) => draw(turned, at(n), box))));
      expect(came).toEqual({ problems: [], gaps: [], axis });
      const dense = coverage.toDense();
      for (const n of [3, 4, 5, 6, 7]) {
        for (const [across, line] of sharesOn(plane, turned, dense, n).entries()) {
          for (const [k, share] of line.entries()) {
            const [ofAcross, ofAlong] = extent(plane, across, k);
            const expected = n < 4 || n > 6 ? 0 : overlap(acrossMm, ofAcross) * overlap(alongMm, ofAlong);
            expect([n, across, k, Math.abs(share - expected) < 1e-6]).toEqual([n, across, k, true]);
          }
        }
      }
      expect(coverage.volumeCc / ((areaOf(box) * 3 * planeMm) / 1000)).toBeCloseTo(1, 6);
    });

    it('sums up to the area of the contours on each plane: slanted ones with a hole, an ellipse, a figure of eight', () => {
      const ellipse: Ring = Array.from({ length: 720 }, (_, n) => [7 + 4.3 * Math.cos((n * Math.PI) / 360), 9.2 + 6.1 * Math.sin((n * Math.PI) / 360)] as const);
      const eight: Ring = [[1.1, 2.3], [11.1, 14.3], [11.1, 2.3], [1.1, 14.3]];
      const { coverage, problems } = coverageOfStructure(...structureOf(geometry, draw(geometry, at(3), OUTER), draw(geometry, at(3), HOLE), draw(geometry, at(4), ellipse), draw(geometry, at(6), eight)));
      expect(problems).toEqual([]);
      const [slanted, round, none, crossing] = [3, 4, 5, 6].map((n) => areaOn(plane, sharesOn(plane, geometry, coverage.toDense(), n)));
      expect(slanted / (areaOf(OUTER) - areaOf(HOLE))).toBeCloseTo(1, 6);
      expect(round / (Math.PI * 4.3 * 6.1)).toBeCloseTo(1, 4);
      expect(none).toBe(0);
      // Two triangles with a common tip in the middle.
      expect(crossing / (2 * (12 * 5) / 2)).toBeCloseTo(1, 6);
      expect(coverage.volumeCc / (((slanted + round + crossing) * planeMm) / 1000)).toBeCloseTo(1, 6);
    });

    it('agrees with counting points and with the mask, however rings cross', () => {
      const next = randomNumbers(41);
      const rings = Array.from({ length: 3 }, (): Ring => Array.from({ length: 8 }, () => [next() * 18 - 1, next() * 24 - 2] as const));
      const drawn = structureOf(geometry, ...rings.map((ring) => draw(geometry, at(5), ring)));
      const [{ coverage, ...came }, { mask, ...cameToMask }] = [coverageOfStructure(...drawn), maskOfStructure(...drawn)];
      expect(came).toEqual(cameToMask);
      let [whole, part] = [0, 0];
      for (const [across, line] of sharesOn(plane, geometry, coverage.toDense(), 5).entries()) {
        for (const [k, share] of line.entries()) {
          const [ofAcross, ofAlong] = extent(plane, across, k);
          expect(Math.abs(share - shareOfPoints(24, ofAcross, ofAlong, rings))).toBeLessThan(0.08);
          if (share === 0 || share === 1) {
            expect([across, k, mask.has(...plane.indices(5, across, k))]).toEqual([across, k, share === 1]);
            whole++;
          } else part++;
        }
      }
      expect(Math.min(whole, part)).toBeGreaterThan(10);
    });

    it('takes the part within the matrix, which reaches half a slice beyond the outermost', () => {
      const everywhere: Ring = [[-20, -20], [60, -20], [60, 60], [-20, 60]];
      const slanted: Ring = [[-6, 3], [5, -9], [30, 18], [12, 40]];
      const { coverage, problems } = coverageOfStructure(...structureOf(geometry, draw(geometry, at(3), everywhere), draw(geometry, at(4), slanted)));
      expect(problems.map(({ index, problem, placed }) => [index, problem, placed])).toEqual([[0, 'outside-matrix', true], [1, 'outside-matrix', true]]);
      expect(sharesOn(plane, geometry, coverage.toDense(), 3).flat().every((share) => share === 1)).toBe(true);
      const [[left], [low]] = extent(plane, 0, 0);
      const [[, right], [, high]] = extent(plane, plane.across - 1, 8);
      const insideMm2 = shareOfPoints(1000, [left, right], [low, high], [slanted]) * (right - left) * (high - low);
      expect(areaOn(plane, sharesOn(plane, geometry, coverage.toDense(), 4)) / insideMm2).toBeCloseTo(1, 3);
    });

    it('takes a ring once however often it is drawn, none that lies on no plane, and none of a structure without contours', () => {
      const once = coverageOfStructure(...structureOf(geometry, draw(geometry, at(5), OUTER)));
      const again = coverageOfStructure(...structureOf(geometry, draw(geometry, at(5), OUTER), draw(geometry, at(5), [...OUTER].reverse()), draw(geometry, at(7.5), OUTER)));
      expect(again.coverage.toDense()).toEqual(once.coverage.toDense());
      expect(again.problems.map(({ index, problem }) => [index, problem])).toEqual([[1, 'repeated'], [2, 'between-slices']]);
      expect(coverageOfStructure(...structureOf(geometry, draw(geometry, at(5.5), OUTER))).coverage.volumeCc).toBe(0);
      expect(coverageOfStructure(...structureOf(geometry)).coverage.volumeCc).toBe(0);
    });
  });

  it('is that of the same contours on the slices of a volume whose axes are called otherwise', () => {
    const upright = makeGeometry({ size: [6, 20, 9], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2, 4, 6, 8, 10, 12, 14, 16] });
    const lying = makeGeometry({ size: [20, 9, 6], columnSpacingMm: 0.75, rowSpacingMm: 2, sliceOffsetsMm: [0, 1.25, 2.5, 3.75, 5, 6.25] });
    const shares = coverageOfStructure(...structureOf(upright, ...[1, 2].flatMap((i) => [OUTER, HOLE].map((ring) => sagittal(upright, i * 1.25, ring))))).coverage.toDense();
    const expected = coverageOfStructure(...structureOf(lying, ...[1, 2].flatMap((k) => [OUTER, HOLE].map((ring) => contourInMm(lying, ring.map(([x, y]) => [x, y, k * 1.25] as const)))))).coverage.toDense();
    for (let i = 0; i < 6; i++) for (let j = 0; j < 20; j++) for (let k = 0; k < 9; k++) expect(Math.abs(shares[upright.offset(i, j, k)] - expected[lying.offset(j, k, i)])).toBeLessThan(1e-6);
    expect(expected.some((share) => share > 0.1 && share < 0.9)).toBe(true);
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
