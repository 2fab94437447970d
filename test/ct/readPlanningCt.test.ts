import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readCtGrid, readPlanningCt } from '../../src/ct/index.ts';
import { uidFrom, type PlanningCt } from '../../src/dicom/index.ts';
import { cross, normalize, type Vector3 } from '../../src/geometry/index.ts';
import { alterFile, alterFiles, inTemporaryFolder, PATIENT_POSITIONS, testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';

/** A lopsided body: HU grow differently to the left, to the back and to the head, and one corner is cut off. */
const lopsided = ([x, y, z]: Vector3): number => (x + y - 2 * z > 60 ? -1000 : 4 * x + 2.3 * y + 9.1 * z);

async function writtenAndRead(options: TestCtOptions, shuffle = true): Promise<PlanningCt> {
  return await inTemporaryFolder(async (folder) => {
    const files = await writeTestCt(folder, options);
    if (shuffle) await nestUnderOtherNames(folder, files);
    return await readPlanningCt(folder);
  });
}

/** Neither the order of names nor the depth of folders may matter. */
async function nestUnderOtherNames(folder: string, files: readonly string[]): Promise<void> {
  for (const [index, file] of files.entries()) {
    const nested = join(folder, `part${index % 2}`, 'deep');
    await mkdir(nested, { recursive: true });
    await rename(file, join(nested, `${(index * 7 + 3) % 11} image`));
  }
}

/** Every voxel holds what `hu` gives for the place where the geometry says it lies. */
function expectHuAtTheirPlaces(ct: PlanningCt, hu: (pointMm: Vector3) => number): void {
  const { geometry, voxels } = ct.volume;
  let worst = 0;
  for (let k = 0; k < geometry.size[2]; k++) {
    for (let j = 0; j < geometry.size[1]; j++) {
      for (let i = 0; i < geometry.size[0]; i++) worst = Math.max(worst, Math.abs(voxels[geometry.offset(i, j, k)] - Math.round(hu(geometry.toPatient([i, j, k])))));
    }
  }
  // Positions pass through sixteen-character decimals: a value at exactly .5 may round the other way.
  expect(worst).toBeLessThanOrEqual(1);
}

describe('a CT series written and read again', () => {
  it('is the same, whatever its files are called and however they are nested', async () => {
    const original = testCt({ hu: lopsided });
    const ct = await writtenAndRead({ hu: lopsided });
    expect(ct.volume.geometry.agreesWith(original.volume.geometry, 1e-9)).toBe(true);
    expect(ct.volume.geometry.sliceGapsMm()).toEqual([3, 3, 3, 4, 3]);
    expect(ct.volume.voxels).toEqual(original.volume.voxels);
    expect(ct.slices).toEqual(original.slices);
    expect({ ...ct, volume: undefined, slices: undefined, attributes: undefined }).toEqual({ ...original, volume: undefined, slices: undefined, attributes: undefined });
    expect(ct.attributes).toEqual(original.attributes);
  });

  it.each(Object.keys(PATIENT_POSITIONS))('puts the same lopsided body at the same patient coordinates in %s', async (patientPosition) => {
    const ct = await writtenAndRead({ patientPosition, hu: lopsided });
    expect(ct.patientPosition).toBe(patientPosition);
    expect(ct.volume.geometry.normal.map((value) => value + 0)).toEqual([0, 0, patientPosition.startsWith('HF') ? 1 : -1]);
    expectHuAtTheirPlaces(ct, lopsided);
    // The z of the slices must grow along the normal, toward the feet in feet-first positions.
    const [first, second] = ct.slices;
    expect(Math.sign(second.imagePositionMm[2] - first.imagePositionMm[2])).toBe(patientPosition.startsWith('HF') ? 1 : -1);
  });

  it('is placed by its direction cosines when it is oblique', async () => {
    const rowDirection = normalize([0.9, 0.3, -0.2]);
    const columnDirection = normalize(cross(normalize(cross(rowDirection, [0.1, 1, 0.25])), rowDirection));
    const ct = await writtenAndRead({ geometry: { rowDirection, columnDirection, size: [11, 17, 5], sliceOffsetsMm: [0, 2, 4.5, 6.5, 9] }, hu: lopsided });
    expect(ct.volume.geometry.size).toEqual([11, 17, 5]);
    expectHuAtTheirPlaces(ct, lopsided);
  });

  it('keeps names of every script', async () => {
    const attributes = { PatientName: 'Müller^Änne=山田^花子', StudyDescription: 'poitrine à gauche', ReferringPhysicianName: 'Łoś^É' };
    const ct = await writtenAndRead({ attributes });
    expect(ct.attributes).toMatchObject(attributes);
    expect(ct.attributes.SpecificCharacterSet).toEqual(['ISO_IR 192']);
  });

  it('keeps the extreme values of 16 bits', async () => {
    const ct = await writtenAndRead({ hu: ([x]) => (x > 0 ? 32767 : -32768) });
    expect([...new Set(ct.volume.voxels)].sort((a, b) => a - b)).toEqual([-32768, 32767]);
  });
});

describe('stored values become Hounsfield units', () => {
  /** Reads a series whose slices were each altered. */
  const altered = async (change: (file: string, index: number) => Promise<void>): Promise<PlanningCt> =>
    await inTemporaryFolder(async (folder) => {
      for (const [index, file] of (await writeTestCt(folder, { hu: lopsided })).entries()) await change(file, index);
      return await readPlanningCt(folder);
    });
  const stored = testCt({ hu: lopsided }).volume;
  const sliceSize = stored.geometry.size[0] * stored.geometry.size[1];
  const sliceOf = (index: number): number => Math.floor(index / sliceSize);

  it('by the slope and intercept of each slice, when slices differ', async () => {
    const slopes = [1, 2, 0.5, 0.25, 3, 1];
    const intercepts = [0, -1024, 10.5, 0, -7, -1024];
    const ct = await altered((file, index) => alterFile(file, { RescaleSlope: slopes[index], RescaleIntercept: intercepts[index] }));
    expect(ct.volume.voxels).toEqual(stored.voxels.map((value, index) => Math.round(value * slopes[sliceOf(index)] + intercepts[sliceOf(index)])));
  });

  it('by the signedness and width of each slice, when slices differ', async () => {
    const ct = await altered(async (file, index) => {
      if (index % 2 === 1) await alterFile(file, { PixelRepresentation: 0, RescaleIntercept: -1024, PixelData: unsigned(stored.voxels.subarray(index * sliceSize, (index + 1) * sliceSize)) });
    });
    expect(ct.volume.voxels).toEqual(stored.voxels);
  });

  it('without the bits above Bits Stored', async () => {
    const ct = await altered(async (file, index) => {
      const pixels = unsigned(stored.voxels.subarray(index * sliceSize, (index + 1) * sliceSize));
      // Overlay planes used to be kept in these bits (PS3.5 8.1.1).
      for (let at = 1; at < pixels.length; at += 2) pixels[at] |= 0xf0;
      await alterFile(file, { PixelRepresentation: 0, BitsStored: 12, HighBit: 11, RescaleIntercept: -1024, PixelData: pixels });
    });
    expect(ct.volume.voxels).toEqual(stored.voxels);
  });

  it('saturated below 16 bits, refused above', async () => {
    const low = await altered((file) => alterFile(file, { RescaleIntercept: -40000 }));
    expect(low.volume.voxels).toEqual(stored.voxels.map((value) => Math.max(-32768, value - 40000)));
    await expect(altered((file) => alterFile(file, { RescaleSlope: 1000 }))).rejects.toMatchObject({ code: 'ct-value-range' });
  });

  function unsigned(voxels: Int16Array): Uint8Array {
    const bytes = new Uint8Array(voxels.length * 2);
    const view = new DataView(bytes.buffer);
    voxels.forEach((value, index) => {
      view.setUint16(index * 2, value + 1024, true);
    });
    return bytes;
  }
});

describe('what else lies in the folder', () => {
  it('is passed over and listed with the reason', async () => {
    await inTemporaryFolder(async (folder) => {
      const files = await writeTestCt(folder);
      await writeFile(join(folder, 'notes.txt'), 'supine on the breast board');
      await writeFile(join(folder, 'empty'), '');
      const [structures, scout, enhanced, broken] = ['structures', 'scout', 'enhanced', 'broken plan'].map((name) => join(folder, name));
      for (const file of [structures, scout, enhanced, broken]) await copyFile(files[2], file);
      await alterFile(structures, { SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.3', SOPInstanceUID: uidFrom('a') });
      await alterFile(scout, { ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER', SOPInstanceUID: uidFrom('b') });
      await alterFile(enhanced, { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2.1', SOPInstanceUID: uidFrom('c') });
      await alterFile(broken, { SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.5', SOPInstanceUID: uidFrom('d') });
      await writeFile(broken, (await readFile(broken)).subarray(0, -7));
      await copyFile(files[3], join(folder, 'zcopy'));
      const ct = await readPlanningCt(folder);
      const { volume, ...rest } = ct;
      expect(await readCtGrid(folder)).toEqual({ ...rest, volume: { geometry: volume.geometry } });
      expect(ct.slices.length).toBe(6);
      expect(Object.fromEntries(ct.skipped.map(({ file, reason }) => [file, reason]))).toEqual({
        'notes.txt': 'not a DICOM file',
        empty: 'not a DICOM file',
        structures: 'a DICOM object of another kind (SOP class 1.2.840.10008.5.1.4.1.1.481.3)',
        scout: 'a localizer image, not part of the volume',
        enhanced: 'Enhanced CT Image Storage',
        'broken plan': 'a DICOM object of another kind (SOP class 1.2.840.10008.5.1.4.1.1.481.5), which cannot be read whole',
        zcopy: 'a copy of another file',
      });
    });
  });

  it('may be a second series: then one has to be chosen', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeTestCt(join(folder, 'a'), { attributes: { StudyDescription: 'HIDDEN' } });
      await writeTestCt(join(folder, 'b'), { name: 'second', geometry: { sliceOffsetsMm: [0, 5, 10], size: [13, 9, 3] } });
      const [first, second] = [uidFrom('test', 'series'), uidFrom('test', 'second')];
      await expect(readPlanningCt(folder)).rejects.toMatchObject({ code: 'ct-several-series' });
      await expect(readPlanningCt(folder)).rejects.toThrow(`${first} (series number 1, 6 images); ${second} (series number 1, 3 images)`);
      await expect(readPlanningCt(folder)).rejects.not.toThrow('HIDDEN');
      const chosen = await readPlanningCt(folder, { seriesInstanceUid: second });
      expect(chosen.volume.geometry.sliceOffsetsMm).toEqual([0, 5, 10]);
      expect(chosen.skipped.filter(({ reason }) => reason === 'a CT image of another series').length).toBe(6);
      expect((await readCtGrid(folder, { seriesInstanceUid: second })).volume).toEqual({ geometry: chosen.volume.geometry });
      await expect(readPlanningCt(folder, { seriesInstanceUid: '1.2.3' })).rejects.toMatchObject({ code: 'ct-series-absent' });
    });
  });
});

describe('a series that is not whole or not of one piece is refused', () => {
  const shear = async (files: readonly string[], mmPerSlice: number): Promise<void> => {
    for (const [index, file] of files.entries()) {
      const offsetsMm = [0, 3, 6, 9, 13, 16];
      await alterFile(file, { ImagePositionPatient: [-17.25, -100.5 + (mmPerSlice * offsetsMm[index]) / 3, 31.125 + offsetsMm[index]] });
    }
  };
  const cases: readonly [code: string, what: string, spoil: (files: string[], folder: string) => Promise<unknown>][] = [
    ['ct-missing-slice', 'a slice is missing', async (files) => { await rename(files[2], `${files[2]}.bak`); await writeFile(`${files[2]}.bak`, 'x'); }],
    ['ct-duplicate-position', 'two slices at one position', (files) => alterFile(files[2], { ImagePositionPatient: [-17.25, -100.5, 34.125] })],
    ['ct-duplicate-instance', 'one instance in two versions', async (files, folder) => { await copyFile(files[2], join(folder, 'x')); await alterFile(join(folder, 'x'), { RescaleIntercept: 1 }); }],
    ['ct-too-few-slices', 'one slice only', async (files) => { for (const file of files.slice(1)) await writeFile(file, 'x'); }],
    ['ct-none', 'no CT', (files) => alterFiles(files, { SOPClassUID: '1.2.840.10008.5.1.4.1.1.4' })],
    ['ct-enhanced', 'only multi-frame CT', (files) => alterFiles(files, { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2.1' })],
    ['ct-mixed-orientation', 'another orientation', (files) => alterFile(files[1], { ImageOrientationPatient: [1, 0, 0, 0, Math.cos(0.01), Math.sin(0.01)] })],
    ['ct-mixed-matrix', 'another matrix', (files) => alterFile(files[1], { Rows: 13, Columns: 9 })],
    ['ct-mixed-spacing', 'another pixel spacing', (files) => alterFile(files[1], { PixelSpacing: [2.5, 4] })],
    ['ct-mixed-frame-of-reference', 'another frame of reference', (files) => alterFile(files[1], { FrameOfReferenceUID: '1.2.3' })],
    ['ct-mixed-study', 'another study', (files) => alterFile(files[1], { StudyInstanceUID: '1.2.3' })],
    ['ct-mixed-patient', 'another patient', (files) => alterFile(files[5], { PatientID: 'SECRET' })],
    ['ct-mixed-patient', 'another name', (files) => alterFile(files[5], { PatientName: 'SECRET' })],
    ['ct-mixed-position', 'another patient position', (files) => alterFile(files[5], { PatientPosition: 'FFS' })],
    ['ct-frame-of-reference-absent', 'no frame of reference', (files) => alterFiles(files, { FrameOfReferenceUID: undefined })],
    ['ct-gantry-tilt', 'sheared slices', (files) => shear(files, 0.5)],
    ['ct-gantry-tilt', 'barely sheared slices', (files) => shear(files, 0.03)],
    ['ct-shifted-slice', 'one slice aside', (files) => alterFile(files[3], { ImagePositionPatient: [-16.25, -100.5, 40.125] })],
    ['ct-attribute', 'no position', (files) => alterFile(files[3], { ImagePositionPatient: undefined })],
    ['ct-attribute', 'an empty position', (files) => alterFile(files[3], { ImagePositionPatient: '' })],
    ['ct-attribute', 'two coordinates', (files) => alterFile(files[3], { ImagePositionPatient: [1, 2] })],
    ['ct-attribute', 'no orientation', (files) => alterFiles(files, { ImageOrientationPatient: undefined })],
    ['ct-attribute', 'no spacing', (files) => alterFiles(files, { PixelSpacing: undefined })],
    ['ct-attribute', 'no spacing but one', (files) => alterFiles(files, { PixelSpacing: [0, 1] })],
    ['ct-attribute', 'no rows', (files) => alterFile(files[3], { Rows: undefined })],
    ['ct-attribute', 'no instance UID', async (files) => { const bytes = await readFile(files[3]); const at = bytes.lastIndexOf(Buffer.from([8, 0, 0x18, 0])); bytes[at + 2] = 0x17; await writeFile(files[3], bytes); }],
    ['geometry-invalid', 'an orientation of zeros', (files) => alterFiles(files, { ImageOrientationPatient: [0, 0, 0, 0, 0, 0] })],
    ['geometry-invalid', 'a skewed orientation', (files) => alterFiles(files, { ImageOrientationPatient: [1, 0, 0, 0.1, 1, 0] })],
    ['ct-rescale-absent', 'no slope', (files) => alterFile(files[4], { RescaleSlope: undefined })],
    ['ct-rescale-absent', 'no intercept', (files) => alterFile(files[4], { RescaleIntercept: undefined })],
    ['ct-rescale-absent', 'slope 0', (files) => alterFile(files[4], { RescaleSlope: 0 })],
    ['ct-not-hounsfield', 'other units', (files) => alterFile(files[4], { RescaleType: 'MGML' })],
    ['ct-not-monochrome', 'colour', (files) => alterFile(files[4], { PhotometricInterpretation: 'RGB', SamplesPerPixel: 3 })],
    ['ct-not-monochrome', 'inverted grey', (files) => alterFile(files[4], { PhotometricInterpretation: 'MONOCHROME1' })],
    ['ct-multi-frame', 'several frames', (files) => alterFile(files[4], { NumberOfFrames: 2 })],
    ['ct-pixel-format', 'an odd high bit', (files) => alterFile(files[4], { HighBit: 14 })],
    ['ct-pixel-format', 'no bits stored', (files) => alterFile(files[4], { BitsStored: undefined })],
    ['ct-pixel-data', 'no pixels', (files) => alterFile(files[4], { PixelData: undefined })],
    ['ct-pixel-data', 'too few pixels', (files) => alterFile(files[4], { PixelData: new Uint8Array(100) })],
    ['ct-pixel-data', 'too many pixels', (files) => alterFile(files[4], { PixelData: new Uint8Array(1000) })],
    ['ct-no-preamble', 'a file without preamble', async (files) => { await writeFile(files[4], (await readFile(files[4])).subarray(132)); }],
    ['ct-no-preamble', 'a bare data set', async (files) => { const bytes = await readFile(files[4]); await writeFile(files[4], bytes.subarray(bytes.indexOf(Buffer.from([8, 0, 8, 0, 0x43, 0x53])))); }],
    ['dicom-truncated', 'a file cut in its pixels', async (files) => { await writeFile(files[4], (await readFile(files[4])).subarray(0, -20)); }],
    ['dicom-truncated', 'a file cut in its header', async (files) => { await writeFile(files[4], (await readFile(files[4])).subarray(0, 600)); }],
    ['dicom-not-dicom', 'a preamble and nothing behind it', async (files) => { await writeFile(files[4], (await readFile(files[4])).subarray(0, 132)); }],
  ];

  it.each(cases)('%s: %s', async (code, _, spoil) => {
    await inTemporaryFolder(async (folder) => {
      await spoil(await writeTestCt(folder), folder);
      let refusal: unknown;
      try {
        await readPlanningCt(folder);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ code });
      expect(String(refusal)).not.toMatch(/SECRET|TEST|T-1/);
      // Something to look for: a file or a UID.
      expect(Object.values((refusal as { subject: object }).subject).some((part) => part !== undefined)).toBe(true);
    });
  });

  it('and says where slices are missing', async () => {
    await inTemporaryFolder(async (folder) => {
      const files = await writeTestCt(folder);
      await writeFile(files[2], 'x');
      await expect(readPlanningCt(folder)).rejects.toThrow('between 34.13 and 40.13 mm');
    });
  });

  it('but slices that drift by rounding, or are tilted and yet in line, are not', async () => {
    await inTemporaryFolder(async (folder) => {
      const files = await writeTestCt(folder);
      await alterFiles(files, { GantryDetectorTilt: 12 });
      await alterFile(files[2], { ImagePositionPatient: [-17.3, -100.5, 37.1] });
      expect((await readPlanningCt(folder)).slices[2].imagePositionMm).toEqual([-17.3, -100.5, 37.1]);
    });
  });

  it('and so is a folder that is not there', async () => {
    await expect(readPlanningCt('no such folder')).rejects.toMatchObject({ code: 'ct-folder' });
  });

  it('and reading stops when it is told to', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeTestCt(folder);
      await expect(readPlanningCt(folder, { signal: AbortSignal.abort(new Error('stopped by the user')) })).rejects.toThrow('stopped by the user');
    });
  });
});
