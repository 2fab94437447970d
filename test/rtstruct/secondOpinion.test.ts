import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { writeRtStructNode } from '@itk-wasm/dicom';
import { writeCtSeries } from '../../src/ct/index.ts';
import { contoursOnGrid, rasterize, readStructureSet, traceContours, writeStructureSet, type FileContour, type StructureSet } from '../../src/rtstruct/index.ts';
import { inTemporaryFolder, testCt } from '../support/ctSeries.ts';
import { plastimatchContours } from '../support/plastimatch.ts';
import { blobs, drawn, maskOf, sameVoxels } from './masks.ts';
import { makeSet, makeStructure } from './structureSets.ts';

/** plastimatch keeps coordinates as 32-bit floats and writes six decimals: below 200 mm they are right to this. */
const CXT_MM = 1e-5;

/** plastimatch reads evenly spaced, unturned slices only. */
const ct = testCt({ geometry: { size: [64, 48, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 5, 7.5, 10], originMm: [-37.5, 12.25, -101.25] } });
const { geometry } = ct.volume;
const ISLAND_IN_HOLE = Array.from({ length: 5 }, () => '..........\n.########.\n.########.\n.##....##.\n.##.##.##.\n.##.##.##.\n.##....##.\n.########.\n.########.');
const masks = new Map([
  ['External', maskOf(geometry, (i, j) => (i - 30) ** 2 / 700 + (j - 22) ** 2 / 400 < 1)],
  ['Lung_L', blobs(geometry, 8, 9)],
  ['Heart', drawn(geometry, ...ISLAND_IN_HOLE)],
  ['A_LAD', maskOf(geometry, (i, j, k) => i === 20 && j === 10 && k === 3)],
]);

/** The same contours written by DCMTK (3.6.8, in @itk-wasm/dicom), to which plastimatch hands them as text. */
async function writtenByDcmtk(ours: Uint8Array): Promise<StructureSet<FileContour>> {
  return await inTemporaryFolder(async (folder) => {
    const [ctFolder, file, cxt, out] = ['ct', 'rs.dcm', 'rs.cxt', 'dcmtk.dcm'].map((name) => join(folder, name));
    await mkdir(ctFolder);
    await writeCtSeries(ct, ctFolder);
    await writeFile(file, ours);
    await plastimatchContours(file, ctFolder, cxt);
    await writeRtStructNode(cxt, out);
    return readStructureSet(await readFile(out));
  });
}

describe('a second opinion by DCMTK: a writer that shares no code with ours', () => {
  const smooth = makeSet(ct, masks);
  const exact = makeSet(ct, masks, { structures: [...masks].map(([name, mask], index) => makeStructure(index + 1, name, traceContours(mask))) });

  it.each([{ name: 'smooth', set: smooth }, { name: 'exact', set: exact }])('what it makes of $name contours is read as what we wrote', async ({ set }) => {
    const bytes = writeStructureSet(set, ct);
    const [ours, theirs] = [readStructureSet(bytes), await writtenByDcmtk(bytes)];
    expect(theirs.equipment.manufacturer).toBe('ITK-Wasm');
    expect(theirs.reference.frameOfReferenceUid).toBe(ours.reference.frameOfReferenceUid);
    expect(theirs.reference.series.map(({ studyInstanceUid, seriesInstanceUid }) => [studyInstanceUid, seriesInstanceUid])).toEqual(ours.reference.series.map(({ studyInstanceUid, seriesInstanceUid }) => [studyInstanceUid, seriesInstanceUid]));
    expect(theirs.structures.map(({ number, name, colour }) => [number, name, colour])).toEqual(ours.structures.map(({ number, name, colour }) => [number, name, colour]));
    for (const [index, structure] of theirs.structures.entries()) {
      const { name, contours } = ours.structures[index];
      expect(structure.contours.map(({ geometricType, imageUid, points }) => [geometricType, imageUid, points.length])).toEqual(contours.map(({ geometricType, imageUid, points }) => [geometricType, imageUid, points.length]));
      const apartMm = structure.contours.flatMap(({ points }, contour) => [...points].map((value, at) => Math.abs(value - contours[contour].points[at])));
      expect(Math.max(...apartMm)).toBeLessThan(CXT_MM);
      const { contours: placed, problems } = contoursOnGrid(theirs, structure, geometry);
      expect(problems).toEqual([]);
      const mask = masks.get(name);
      expect([name, mask && sameVoxels(rasterize(placed, geometry), mask)]).toEqual([name, true]);
    }
  });
});
