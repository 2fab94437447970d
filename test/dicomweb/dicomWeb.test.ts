import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readDicom, text, uidFrom, writeDicom } from '../../src/dicom/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import { readPlanningCt } from '../../src/ct/index.ts';
import { alterFiles, inTemporaryFolder, testCt, writeTestCt } from '../support/ctSeries.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';

const SLICES = 40;
const GEOMETRY = { size: [13, 9, SLICES] as const, sliceOffsetsMm: Array.from({ length: SLICES }, (_, k) => 2.5 * k) };
const STUDY = testCt().attributes.StudyInstanceUID;
const PLANNING = testCt({ name: 'planning' }).seriesInstanceUid;
const OTHER = testCt({ name: 'other' }).seriesInstanceUid;
const RT_STRUCTURE_SET_STORAGE = '1.2.840.10008.5.1.4.1.1.481.3';

/** The data set of a file, Pixel Data included; file meta information, which names who wrote, is left out (PS3.10 7.1). */
function dataSetOf(bytes: Buffer): Buffer {
  return bytes.subarray(144 + bytes.readUInt32LE(140));
}

describe('a DICOMweb archive: Orthanc', () => {
  let orthanc: Orthanc;
  let archive: DicomWeb;
  let sent: Buffer[];

  beforeAll(async () => {
    orthanc = await startOrthanc();
    archive = new DicomWeb({ url: orthanc.dicomWebUrl, timeoutMs: 20_000 });
    await inTemporaryFolder(async (folder) => {
      const planning = await writeTestCt(folder, { name: 'planning', geometry: GEOMETRY });
      await alterFiles(planning, { SeriesDescription: 'Thorax DIBH', ProtocolName: 'Müller', BodyPartExamined: 'BREAST', StationName: 'CT1' });
      const other = await writeTestCt(path.join(folder, 'other'), { name: 'other' });
      sent = await Promise.all([...planning, ...other].map((file) => readFile(file)));
    });
  });

  afterAll(async () => { await orthanc.stop(); });

  it('stores two series of a study, and lists them with the attributes asked for', async () => {
    const outcomes = await archive.store(sent);
    expect(outcomes).toEqual(sent.map((bytes) => ({ sopInstanceUid: text(readDicom(bytes).dataset, 'SOPInstanceUID'), outcome: 'stored' })));

    const attributes = ['StudyDescription', 'SeriesDescription', 'ProtocolName', 'BodyPartExamined', 'StationName'];
    const found = await archive.searchSeries({ match: { Modality: 'CT' }, attributes });
    expect(found.map(({ seriesInstanceUid }) => seriesInstanceUid).sort()).toEqual([PLANNING, OTHER].sort());
    const planning = found.find(({ seriesInstanceUid }) => seriesInstanceUid === PLANNING);
    expect(planning).toMatchObject({ studyInstanceUid: STUDY, modality: 'CT', instances: SLICES });
    expect(attributes.map((keyword) => text(planning?.attributes ?? {}, keyword))).toEqual(['test', 'Thorax DIBH', 'Müller', 'BREAST', 'CT1']);
    expect(Object.keys(planning?.attributes ?? {}).sort()).toEqual([...attributes].sort());

    const ofStudy = await archive.searchSeries({ match: { StudyInstanceUID: STUDY, SeriesInstanceUID: OTHER } });
    expect(ofStudy).toEqual([{ studyInstanceUid: STUDY, seriesInstanceUid: OTHER, modality: 'CT', instances: 6, attributes: {} }]);
  });

  it('fetches a series byte for byte as it was stored, and nothing of the other', async () => {
    await inTemporaryFolder(async (folder) => {
      const seen: number[] = [];
      const { files, patientId } = await archive.retrieveSeries(STUDY, PLANNING, path.join(folder, 'new', 'ct'), { parallel: 7, onProgress: ({ instances, of }) => { seen.push(instances); expect(of).toBe(SLICES); } });
      expect([files.length, patientId]).toEqual([SLICES, testCt().attributes.PatientID]);
      expect(seen).toEqual(Array.from({ length: SLICES }, (_, index) => index + 1));
      expect((await readdir(path.join(folder, 'new', 'ct'))).sort()).toEqual(files.map((file) => path.basename(file)).sort());
      const stored = new Map(sent.map((bytes) => [text(readDicom(bytes).dataset, 'SOPInstanceUID'), bytes]));
      for (const file of files) {
        const bytes = stored.get(path.basename(file, '.dcm'));
        if (!bytes) throw new Error('a file that was not sent');
        expect(dataSetOf(await readFile(file)).equals(dataSetOf(bytes))).toBe(true);
      }
      const ct = await readPlanningCt(path.join(folder, 'new', 'ct'));
      expect([ct.volume.geometry.size[2], ct.skipped]).toEqual([SLICES, []]);
    });
  });

  it('fetches both series into one folder, and a series again over itself', async () => {
    await inTemporaryFolder(async (folder) => {
      // What a process that was killed while writing leaves behind.
      await writeFile(path.join(folder, `${testCt({ name: 'other' }).slices[0].sopInstanceUid}.dcm.part`), 'half');
      for (const series of [OTHER, PLANNING, OTHER]) await archive.retrieveSeries(STUDY, series, folder);
      expect(await readdir(folder)).toHaveLength(SLICES + 6);
    });
  });

  it('stores a structure set, and tells that the archive holds it', async () => {
    const [series, instance] = [uidFrom('test', 'structures'), uidFrom('test', 'structures', 1)];
    expect(await archive.holds(STUDY, series, instance)).toBe(false);
    const structureSet = writeDicom({ ...testCt().attributes, SpecificCharacterSet: 'ISO_IR 100', SOPClassUID: RT_STRUCTURE_SET_STORAGE, SOPInstanceUID: instance, SeriesInstanceUID: series, Modality: 'RTSTRUCT', StructureSetLabel: 'RONDO' });
    for (let time = 1; time <= 2; time++) expect(await archive.store([structureSet])).toEqual([{ sopInstanceUid: instance, outcome: 'stored' }]);
    expect(await archive.holds(STUDY, series, instance)).toBe(true);
    expect(await archive.holds(STUDY, PLANNING, instance)).toBe(false);
    expect((await archive.searchSeries({ match: { StudyInstanceUID: STUDY, Modality: 'RTSTRUCT' } })).map(({ instances }) => instances)).toEqual([1]);
  });

  it('knows no unknown UIDs', async () => {
    const unknown = uidFrom('test', 'unknown');
    expect(await archive.listSeries(unknown, PLANNING)).toEqual({ instanceUids: [], patientId: '' });
    expect(await archive.listSeries(STUDY, unknown)).toEqual({ instanceUids: [], patientId: '' });
    expect(await archive.searchSeries({ match: { StudyInstanceUID: unknown } })).toEqual([]);
    await inTemporaryFolder(async (folder) => {
      await expect(archive.retrieveSeries(STUDY, unknown, path.join(folder, 'ct'))).rejects.toMatchObject({ code: 'dicomweb-series-empty', subject: { uid: unknown } });
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('asks for no UID that is none, and no attribute that there is none of', async () => {
    await expect(archive.listSeries('../..', PLANNING)).rejects.toMatchObject({ code: 'dicomweb-uid' });
    await expect(archive.holds(STUDY, PLANNING, '1.2/3')).rejects.toMatchObject({ code: 'dicomweb-uid' });
    await expect(archive.retrieveSeries(STUDY, '', 'never-made')).rejects.toMatchObject({ code: 'dicomweb-uid' });
    await expect(archive.searchSeries({ match: { Modalty: 'CT' } })).rejects.toMatchObject({ code: 'dicom-value' });
    await expect(archive.store([sent[0], sent[0]])).rejects.toMatchObject({ code: 'dicomweb-doubled' });
    await expect(archive.store([Buffer.from('no DICOM at all')])).rejects.toMatchObject({ code: 'dicom-not-dicom' });
    expect(await archive.store([])).toEqual([]);
  });

  it('refuses a series that the archive lists in part only', async () => {
    const limited = await startOrthanc({ LimitFindInstances: 3 });
    try {
      const cutOff = new DicomWeb({ url: limited.dicomWebUrl, timeoutMs: 20_000 });
      await cutOff.store(sent.slice(SLICES));
      await expect(cutOff.listSeries(STUDY, OTHER)).rejects.toMatchObject({ code: 'dicomweb-incomplete', subject: { uid: OTHER } });
    } finally {
      await limited.stop();
    }
  });

  it('tells what the archive holds, also where it says to have stored what it refused', async () => {
    await inTemporaryFolder(async (folder) => {
      const filter = path.join(folder, 'filter.lua');
      await writeFile(filter, "function ReceivedInstanceFilter(dicom, origin) return dicom.InstanceNumber ~= '2' end");
      const choosy = await startOrthanc({ LuaScripts: [filter] });
      try {
        const refusing = new DicomWeb({ url: choosy.dicomWebUrl, timeoutMs: 20_000 });
        const outcomes = await refusing.store(sent.slice(SLICES, SLICES + 3));
        const held = await Promise.all(outcomes.map(({ sopInstanceUid }) => refusing.holds(STUDY, OTHER, sopInstanceUid)));
        expect(held).toEqual([true, false, true]);
      } finally {
        await choosy.stop();
      }
    });
  });
});
