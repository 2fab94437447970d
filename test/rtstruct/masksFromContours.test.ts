import { describe, expect, it } from '@jest/globals';
import { items, readDicom, writeDicom, type Dataset } from '../../src/dicom/index.ts';
import type { Mask } from '../../src/geometry/index.ts';
import { editStructureSet, maskOfStructure, readStructureSetFile, writeStructureSet, writeStructureSetFile, type FileContour } from '../../src/rtstruct/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { contourThrough, isInside, onSlice, structureOf } from './drawings.ts';
import { maskOf, randomNumbers, sameVoxels } from './masks.ts';
import { makeSet } from './structureSets.ts';

type Ring = readonly (readonly [number, number])[];

const GEOMETRY = makeGeometry({ size: [30, 24, 5], sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.5] });

/** The voxels of slice k whose centres lie inside, by a rasterisation that shares no code with the one under test. */
const expected = (geometry: typeof GEOMETRY, k: number, ...rings: Ring[]): Mask => maskOf(geometry, (i, j, slice) => slice === k && isInside(i, j, rings));
const drawn = (...contours: FileContour[]): ReturnType<typeof maskOfStructure> => maskOfStructure(...structureOf(GEOMETRY, ...contours));

describe('maskOfStructure', () => {
  it('fills a ring that crosses itself by the even-odd rule, one whose two halves sum up to no area too', () => {
    const eight: Ring = [[3.3, 3.2], [20.3, 18.2], [20.3, 3.2], [3.3, 18.2]];
    const star: Ring = [0, 2, 4, 1, 3].map((n) => [14.2 + 11 * Math.sin((n * 2 * Math.PI) / 5), 11.3 - 11 * Math.cos((n * 2 * Math.PI) / 5)] as const);
    for (const ring of [eight, star]) {
      const { mask, problems } = drawn(onSlice(GEOMETRY, 2, ring));
      expect(problems).toEqual([]);
      expect(mask.voxelCount).toBeGreaterThan(50);
      expect(sameVoxels(mask, expected(GEOMETRY, 2, ring))).toBe(true);
    }
    // The pentagon in the middle of the star lies inside twice.
    expect(drawn(onSlice(GEOMETRY, 2, star)).mask.has(14, 11, 2)).toBe(false);
  });

  it('fills a ring that touches itself, at a point or along an edge, as the regions that it encloses', () => {
    const atPoint: Ring = [[3.3, 3.3], [12.4, 10.6], [20.3, 3.3], [20.3, 18.4], [12.4, 10.6], [3.3, 18.4]];
    const alongEdge: Ring = [[3.3, 3.3], [24.4, 3.3], [24.4, 9.6], [10.2, 9.6], [24.4, 9.6], [24.4, 20.7], [3.3, 20.7]];
    for (const ring of [atPoint, alongEdge]) {
      const { mask, problems } = drawn(onSlice(GEOMETRY, 1, ring));
      expect(problems).toEqual([]);
      expect(mask.voxelCount).toBeGreaterThan(80);
      expect(sameVoxels(mask, expected(GEOMETRY, 1, ring))).toBe(true);
    }
  });

  it('lists what encloses nothing: a line walked there and back', () => {
    const { mask, problems } = drawn(onSlice(GEOMETRY, 1, [[3, 3], [14, 7], [20, 19], [14, 7]]), onSlice(GEOMETRY, 1, [[2, 2], [9, 9], [5, 5]]));
    expect(problems).toEqual([0, 1].map((index) => ({ index, problem: 'no-area', placed: false })));
    expect(mask.isEmpty).toBe(true);
  });

  it('fills all rings of a slice at once: any rings, crossing themselves and each other, on any slices', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const next = randomNumbers(seed);
      const slices = Array.from({ length: 5 }, () => Array.from({ length: Math.floor(next() * 4) }, (): Ring => Array.from({ length: 3 + Math.floor(next() * 9) }, () => [next() * 40 - 5, next() * 34 - 5] as const)));
      const { mask } = drawn(...slices.flatMap((rings, k) => rings.map((ring) => onSlice(GEOMETRY, k, ring))));
      expect([seed, sameVoxels(mask, maskOf(GEOMETRY, (i, j, k) => isInside(i, j, slices[k])))]).toEqual([seed, true]);
    }
  });

  it('takes several contours on a slice, apart or one in the other, whatever their order', () => {
    const rings: Ring[] = [[[2, 2], [9.5, 2], [9.5, 20.5], [2, 20.5]], [[4.5, 5.5], [7.5, 5.5], [7.5, 15.5], [4.5, 15.5]], [[5.2, 8.2], [6.8, 8.2], [6.8, 11.8], [5.2, 11.8]], [[15.3, 3.3], [25.6, 4.7], [20.1, 19.8]]];
    for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]]) {
      const { mask, problems } = drawn(...order.map((ring) => onSlice(GEOMETRY, 3, rings[ring])));
      expect(problems).toEqual([]);
      expect(sameVoxels(mask, expected(GEOMETRY, 3, ...rings))).toBe(true);
    }
  });

  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(25, 10) }, { name: 'steeply oblique', ...obliqueDirections(65, -40) }])('gives the same voxels in every frame: $name', (directions) => {
    const turned = makeGeometry({ size: [30, 24, 5], sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.5], ...directions });
    const ring: Ring = [[3, 3], [20.5, 2.5], [26.3, 12.5], [14, 21], [14, 8.25]];
    const hole: Ring = [[17, 6], [21, 6], [21, 10], [17, 10]];
    const { mask, problems } = maskOfStructure(...structureOf(turned, onSlice(turned, 0, ring), onSlice(turned, 4, ring), onSlice(turned, 4, hole)));
    expect(problems).toEqual([]);
    const upright = drawn(onSlice(GEOMETRY, 0, ring), onSlice(GEOMETRY, 4, ring), onSlice(GEOMETRY, 4, hole)).mask;
    expect(Array.from(mask.toDense())).toEqual(Array.from(upright.toDense()));
  });

  it('takes a contour just within the tolerance of its slice, and lists one just beyond it', () => {
    const ring = [[3, 3], [20, 3], [20, 20]] as const;
    const at = (offsetMm: number, toleranceMm?: number): (string | undefined)[] => {
      const k = GEOMETRY.sliceIndexAt(4.5 + offsetMm);
      const { problems } = maskOfStructure(...structureOf(GEOMETRY, contourThrough(GEOMETRY, ring.map(([i, j]) => [i, j, k] as const))), toleranceMm === undefined ? {} : { sliceToleranceMm: toleranceMm });
      return problems.map(({ problem }) => problem);
    };
    for (const side of [-1, 1]) {
      expect(at(side * 0.1999)).toEqual([]);
      expect(at(side * 0.2001)).toEqual(['between-slices']);
      expect(at(side * 0.4, 0.5)).toEqual([]);
      // A quarter of the slice's 2.75 mm, however much is asked for.
      expect(at(side * 0.687, 5)).toEqual([]);
      expect(at(side * 0.688, 5)).toEqual(['between-slices']);
    }
    expect(drawn(contourThrough(GEOMETRY, ring.map(([i, j]) => [i, j, -0.079] as const))).problems).toEqual([]);
    expect(drawn(contourThrough(GEOMETRY, ring.map(([i, j]) => [i, j, -0.081] as const))).problems).toMatchObject([{ problem: 'beyond-slices' }]);
  });

  it('keeps points and open contours when a file is written again, and does not fill them', () => {
    const ct = testCt({ geometry: { size: [20, 16, 4], sliceOffsetsMm: [0, 2, 5, 7.5] } });
    const mask = maskOf(ct.volume.geometry, (i, j) => i > 3 && i < 9 && j > 2 && j < 8);
    const { dataset } = readDicom(writeStructureSet(makeSet(ct, new Map([['Heart', mask]])), ct));
    const others: Dataset[] = ['POINT', 'OPEN_PLANAR', 'OPEN_NONPLANAR', 'CLOSED_NONPLANAR'].map((ContourGeometricType, n) => {
      const ring = [[1, 1], [12, 1], [12, 11], [1, 11]].slice(0, n === 0 ? 1 : 4);
      const points = ring.flatMap(([i, j]) => [...ct.volume.geometry.toPatient([i, j, 1])]);
      return { ContourGeometricType, NumberOfContourPoints: ring.length, ContourData: points.map((value) => value.toFixed(3)).join('\\') };
    });
    const [drawing] = items(dataset, 'ROIContourSequence');
    const file = readStructureSetFile(writeDicom({ ...dataset, ROIContourSequence: [{ ...drawing, ContourSequence: [...others, ...items(drawing, 'ContourSequence')] }] }));
    const again = readStructureSetFile(writeStructureSetFile(editStructureSet(file, [{ edit: 'rename', number: 1, name: 'Cor' }], { date: '20250101', time: '000000' })));
    expect(again.set.structures[0].contours).toEqual(file.set.structures[0].contours);
    expect(again.set.structures[0].contours.map(({ geometricType }) => geometricType).slice(0, 5)).toEqual(['POINT', 'OPEN_PLANAR', 'OPEN_NONPLANAR', 'CLOSED_NONPLANAR', 'CLOSED_PLANAR']);
    const { mask: filled, problems } = maskOfStructure(again.set, again.set.structures[0], ct.volume.geometry);
    expect(problems).toEqual([0, 1, 2, 3].map((index) => ({ index, problem: 'not-closed', placed: false })));
    expect(sameVoxels(filled, mask)).toBe(true);
  });
});
