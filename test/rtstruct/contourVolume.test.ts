import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { contourVolumeCc, readStructureSet, traceContours, writeStructureSet, type FileContour } from '../../src/rtstruct/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { itWithSharedData } from '../support/sharedData.ts';
import { maskOf } from './masks.ts';
import { makeSet, makeStructure } from './structureSets.ts';

const square = (halfMm: number, zMm: number, geometricType = 'CLOSED_PLANAR'): FileContour => ({
  geometricType,
  imageUid: undefined,
  points: Float64Array.from([-halfMm, -halfMm, zMm, halfMm, -halfMm, zMm, halfMm, halfMm, zMm, -halfMm, halfMm, zMm]),
});

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
  });

  itWithSharedData('breast-rtstruct', 'finds the volumes of a clinical structure set', async (folder) => {
    const { structures } = readStructureSet(await readFile(join(folder, 'rtss.dcm')));
    const volume = (name: RegExp): number => contourVolumeCc(structures.find((structure) => name.test(structure.name))?.contours ?? []) ?? NaN;
    expect(volume(/^breast$/i) / 401).toBeCloseTo(1, 1);
    expect(volume(/^heart$/i) / 440).toBeCloseTo(1, 1);
  });
});
