import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { contourVolumeCc, readStructureSet, traceContours, writeStructureSet, type FileContour } from '../../src/rtstruct/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { itWithSharedData } from '../support/sharedData.ts';
import { contourInMm } from './drawings.ts';
import { maskOf, randomNumbers } from './masks.ts';
import { makeSet, makeStructure } from './structureSets.ts';

const square = (halfMm: number, zMm: number, geometricType = 'CLOSED_PLANAR'): FileContour => ({
  geometricType,
  imageUid: undefined,
  points: Float64Array.from([-halfMm, -halfMm, zMm, halfMm, -halfMm, zMm, halfMm, halfMm, zMm, -halfMm, halfMm, zMm]),
});

type Ring = readonly (readonly [number, number])[];

/** Two triangles with a common tip at (5, 5), of 25 mm² each: their signed areas cancel out. */
const FIGURE_EIGHT: Ring = [[0, 0], [10, 10], [10, 0], [0, 10]];
const SQUARE: Ring = [[0, 0], [10, 0], [10, 10], [0, 10]];
const HOLE: Ring = [[2, 3], [6, 3], [6, 8], [2, 8]];
const ISLAND: Ring = [[3, 4], [5, 4], [5, 6], [3, 6]];

/** How the planes of a structure lie: on slices, sagittal and coronal planes, and on slices that lean. */
const LEANING = makeGeometry(obliqueDirections(25, 10));
const LAYINGS: [string, (x: number, y: number, planeMm: number) => FileContour['points']][] = [
  ['slices', (x, y, z) => Float64Array.of(x, y, z)],
  ['sagittal', (y, z, x) => Float64Array.of(x, y, z)],
  ['coronal', (x, z, y) => Float64Array.of(x, y, z)],
  ['leaning', (x, y, z) => contourInMm(LEANING, [[x, y, z]]).points],
];

describe('contourVolumeCc', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(25, 10) }])('is the volume of the voxels that were outlined, holes left out: $name', ({ rowDirection, columnDirection }) => {
    const ct = testCt({ geometry: { size: [40, 30, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 7, 9.5], rowDirection, columnDirection } });
    const mask = maskOf(ct.volume.geometry, (i, j) => Math.hypot(i - 20, j - 15) < 12 && !(Math.hypot(i - 18, j - 14) < 5) );
    const set = { ...makeSet(ct, new Map()), structures: [makeStructure(1, 'Heart', traceContours(mask))] };
    const [structure] = readStructureSet(writeStructureSet(set, ct)).structures;
    expect(contourVolumeCc(structure.contours)).toBeCloseTo(mask.volumeCc, 1);
    expect(Math.abs((contourVolumeCc(structure.contours) ?? NaN) / mask.volumeCc - 1)).toBeLessThan(0.003);
  });

  it('counts each plane with half the gaps beside it, and no gap between two pieces', () => {
    expect(contourVolumeCc([square(5, 0), square(5, 2), square(5, 5)])).toBeCloseTo((100 * (2 + 2.5 + 3)) / 1000, 9);
    expect(contourVolumeCc([0, 2, 4, 30, 32].map((z) => square(5, z)))).toBeCloseTo((100 * 10) / 1000, 9);
    expect(contourVolumeCc([square(5, 0), square(3, 0), square(1, 0), square(5, 2)])).toBeCloseTo(((100 - 36 + 4 + 100) * 2) / 1000, 9);
  });

  it('is not told where the file does not tell it', () => {
    expect(contourVolumeCc([])).toBeUndefined();
    expect(contourVolumeCc([square(5, 0)])).toBeUndefined();
    expect(contourVolumeCc([square(5, 0, 'POINT'), square(5, 3, 'OPEN_PLANAR')])).toBeUndefined();
    const upright = { ...square(5, 0), points: Float64Array.from([0, 0, 0, 5, 0, 0, 5, 0, 5, 0, 0, 5]) };
    expect(contourVolumeCc([square(5, 0), square(5, 2), upright])).toBeUndefined();
    const far = { ...square(5, 2), points: square(5, 2).points.map((value) => value * 1e6) };
    expect(contourVolumeCc([square(5, 0), far])).toBeUndefined();
    const next = randomNumbers(3);
    const scribble = { ...square(5, 2), points: Float64Array.from({ length: 90_000 }, (_, at) => (at % 3 === 2 ? 2 : next() * 20)) };
    expect(contourVolumeCc([square(5, 0), scribble])).toBeUndefined();
  });

  it('takes planes from the whole of a ring: positions rounded to 0.1 mm, small rings and nearly balanced lobes do not turn it', () => {
    const rounded = (points: FileContour['points']): FileContour => ({ ...square(5, 0), points: points.map((value) => Math.round(value * 10) / 10) });
    const rings = [0, 2.5, 5, 7.5].map((z) => contourInMm(LEANING, FIGURE_EIGHT.map(([x, y]) => [x * 8, y * 8, z] as const)).points);
    const tip = contourInMm(LEANING, SQUARE.map(([x, y]) => [x / 10, y / 10, 10] as const)).points;
    const volumeCc = contourVolumeCc([tip, ...rings].map(rounded)) ?? NaN;
    expect(volumeCc / ((50 * 64 * 10 + 2.5) / 1000)).toBeCloseTo(1, 2);
  });

  itWithSharedData('breast-rtstruct', 'finds the volumes of a clinical structure set', async (folder) => {
    const { structures } = readStructureSet(await readFile(join(folder, 'rtss.dcm')));
    const volume = (name: RegExp): number => contourVolumeCc(structures.find((structure) => name.test(structure.name))?.contours ?? []) ?? NaN;
    expect(volume(/^breast$/i) / 401).toBeCloseTo(1, 1);
    expect(volume(/^heart$/i) / 440).toBeCloseTo(1, 1);
  });
});

describe.each(LAYINGS)('the area of a plane is the even-odd area of its rings, each once: %s', (_, lay) => {
  const ring = (planeMm: number, points: Ring): FileContour => ({
    geometricType: 'CLOSED_PLANAR',
    imageUid: undefined,
    points: Float64Array.from(points.flatMap(([x, y]) => [...lay(x, y, planeMm)])),
  });
  /** Of the same rings on two planes 3 mm apart. */
  const areaMm2 = (...rings: Ring[]): number => ((contourVolumeCc([0, 3].flatMap((planeMm) => rings.map((points) => ring(planeMm, points)))) ?? NaN) * 1000) / 6;

  it('a ring that crosses itself', () => {
    expect(areaMm2(FIGURE_EIGHT)).toBeCloseTo(50, 6);
    // Crosses itself at (40/3, 20/3): a side of 20 mm is 40/3 mm from there, a side of 10 mm 20/3 mm.
    expect(areaMm2([[0, 0], [20, 10], [20, 0], [0, 20]])).toBeCloseTo((20 * (40 / 3)) / 2 + (10 * (20 / 3)) / 2, 6);
    const star: Ring = [0, 2, 4, 1, 3].map((n) => [10 * Math.sin((n * 2 * Math.PI) / 5), 10 * Math.cos((n * 2 * Math.PI) / 5)] as const);
    const inner = (10 * Math.cos((2 * Math.PI) / 5)) / Math.cos(Math.PI / 5);
    // Ten triangles from the middle to neighbouring corners, less the pentagon in the middle: five tips.
    expect(areaMm2(star)).toBeCloseTo(5 * 10 * inner * Math.sin(Math.PI / 5) - (5 / 2) * inner ** 2 * Math.sin((2 * Math.PI) / 5), 6);
  });

  it('a ring walked twice, or drawn again from another point, the other way round or with points repeated', () => {
    const again: Ring[] = [SQUARE, [...SQUARE.slice(2), ...SQUARE.slice(0, 2)], [...SQUARE].reverse(), [...SQUARE, SQUARE[0]], SQUARE.flatMap((point) => [point, point])];
    for (const other of again) expect(areaMm2(SQUARE, other)).toBeCloseTo(100, 6);
    expect(areaMm2(SQUARE, ...again, HOLE, HOLE)).toBeCloseTo(100 - 20, 6);
    expect(areaMm2(FIGURE_EIGHT, [...FIGURE_EIGHT].reverse())).toBeCloseTo(50, 6);
    expect(contourVolumeCc([0, 3].map((planeMm) => ring(planeMm, [...SQUARE, ...SQUARE])))).toBeUndefined();
  });

  it('rings that overlap: what both enclose is left out', () => {
    expect(areaMm2(SQUARE, [[6, 7], [18, 7], [18, 15], [6, 15]])).toBeCloseTo(100 + 96 - 2 * 4 * 3, 6);
    expect(areaMm2(SQUARE, [[5, -2], [12, 5], [5, 12], [-2, 5]])).toBeCloseTo(4 * (4 * 2) / 2 + 4 * (3 * 3) / 2, 6);
  });

  it('holes, as rings of their own or joined by a bridge, and islands in them', () => {
    expect(areaMm2(SQUARE, HOLE)).toBeCloseTo(100 - 20, 6);
    expect(areaMm2(ISLAND, HOLE, SQUARE)).toBeCloseTo(100 - 20 + 4, 6);
    expect(areaMm2([...SQUARE, SQUARE[0], ...HOLE, HOLE[0]])).toBeCloseTo(100 - 20, 6);
    expect(areaMm2([...SQUARE, SQUARE[0], ...HOLE, HOLE[0]], ISLAND)).toBeCloseTo(100 - 20 + 4, 6);
  });

  it('rings that enclose nothing are no plane', () => {
    const [line, spike]: Ring[] = [[[0, 0], [4, 4], [8, 8]], [[0, 0], [4, 4], [8, 2], [4, 4]]];
    const squares = [0, 2, 4].map((planeMm) => ring(planeMm, SQUARE));
    for (const nothing of [line, spike, [[1, 1]], []] as Ring[]) {
      expect(contourVolumeCc([ring(3, nothing), ...squares, ring(9, nothing)])).toBeCloseTo((100 * 6) / 1000, 9);
      expect(contourVolumeCc([0, 2].map((planeMm) => ring(planeMm, nothing)))).toBeUndefined();
    }
  });
});
