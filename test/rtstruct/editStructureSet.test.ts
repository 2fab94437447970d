import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { IMPLICIT_LITTLE_ENDIAN, items, readDicom, text, writeDicom, type Dataset, type PlanningCt } from '../../src/dicom/index.ts';
import {
  contoursOnGrid, editStructureSet, rasterize, readStructureSet, readStructureSetFile, traceContours, uncheckedCopies, writeStructureSet, writeStructureSetFile, type StructureEdit, type StructureSetFile,
} from '../../src/rtstruct/index.ts';
import { inTemporaryFolder, testCt } from '../support/ctSeries.ts';
import { itWithSharedData } from '../support/sharedData.ts';
import { blobs } from './masks.ts';
import { makeSet, makeStructure } from './structureSets.ts';

const CHANGED = { date: '20250304', time: '050607' };
/** Elements that every edit changes; the rest is what was asked for. */
const IDENTITY = ['SOPInstanceUID', 'StructureSetDate', 'StructureSetTime', 'PredecessorStructureSetSequence'];

const ct = testCt({ geometry: { size: [64, 40, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.625] } });
const { geometry } = ct.volume;
const masks = new Map([['Heart', blobs(geometry, 1, 4)], ['Lung_L', blobs(geometry, 8, 12)], ['Lung_R', blobs(geometry, 3, 9)]]);

/** A structure set as another system might have written it: private elements on every level, odd numbers, a review. */
function foreignFile(changes: Dataset = {}): StructureSetFile {
  const set = makeSet(ct, masks, { approval: { status: 'APPROVED', reviewer: 'REVIEWER', date: '20250203', time: '120000' } });
  const dataset: Dataset = { ...readDicom(writeStructureSet(set, ct)).dataset, ...changes };
  const mark = (sequence: string): Dataset[] => items(dataset, sequence).map((item, index) => ({ ...item, '30890010': { vr: 'LO', value: 'ACME' }, '30891001': { vr: 'DS', value: `${index}.50` } }));
  const foreign = {
    ...dataset,
    StructureSetROISequence: mark('StructureSetROISequence'),
    ROIContourSequence: mark('ROIContourSequence').reverse(),
    RTROIObservationsSequence: mark('RTROIObservationsSequence'),
    '30890010': { vr: 'LO', value: 'ACME' },
  };
  return readStructureSetFile(writeDicom(foreign));
}

function edited(file: StructureSetFile, ...edits: StructureEdit[]): Dataset {
  return readDicom(writeStructureSetFile(editStructureSet(file, edits, CHANGED))).dataset;
}

function itemOf(dataset: Dataset, sequence: string, number: number): Dataset | undefined {
  return items(dataset, sequence).find((item) => text(item, sequence === 'StructureSetROISequence' ? 'ROINumber' : 'ReferencedROINumber') === String(number));
}

function without(dataset: Dataset, ...keywords: string[]): Dataset {
  return Object.fromEntries(Object.entries(dataset).filter(([keyword]) => !keywords.includes(keyword)));
}

describe('a structure set of another system', () => {
  it('is written again as it was read', () => {
    const file = foreignFile();
    expect(readDicom(writeStructureSetFile(file)).dataset).toEqual(file.dataset);
    expect(writeStructureSetFile(file)).toEqual(writeStructureSetFile(readStructureSetFile(writeStructureSetFile(file))));
  });

  it('is a new, unreviewed instance after an edit, with the old one as predecessor', () => {
    const file = foreignFile();
    const dataset = edited(file, { edit: 'rename', number: 1, name: 'Heart_old' });
    expect(text(dataset, 'SOPInstanceUID')).not.toBe(file.set.sopInstanceUid);
    expect(readStructureSet(writeDicom(dataset)).predecessor?.sopInstanceUid).toBe(file.set.sopInstanceUid);
    expect([text(dataset, 'ApprovalStatus'), dataset['ReviewerName'], dataset['ReviewDate']]).toEqual(['UNAPPROVED', undefined, undefined]);
    expect([text(dataset, 'StructureSetDate'), text(dataset, 'StructureSetTime')]).toEqual([CHANGED.date, CHANGED.time]);
  });

  it('changes in nothing but the name when a structure is renamed', () => {
    const file = foreignFile({ ApprovalStatus: 'UNAPPROVED' });
    const dataset = edited(file, { edit: 'rename', number: 2, name: 'Lung left' });
    expect(without(dataset, ...IDENTITY, 'StructureSetROISequence')).toEqual(without(file.dataset, ...IDENTITY, 'StructureSetROISequence'));
    const [before, after] = [itemOf(file.dataset, 'StructureSetROISequence', 2), itemOf(dataset, 'StructureSetROISequence', 2)];
    expect(after).toEqual({ ...before, ROIName: 'Lung left' });
  });

  it('keeps the other structures bit for bit when one is redrawn', () => {
    const file = foreignFile();
    const mask = blobs(geometry, 5, 6);
    const drawn = { contours: traceContours(mask), volumeCc: mask.volumeCc, algorithm: 'SEMIAUTOMATIC' };
    const result = editStructureSet(file, [{ edit: 'redraw', number: 1, drawn, ct }], CHANGED);
    const dataset = readDicom(writeStructureSetFile(result)).dataset;
    for (const number of [2, 3]) {
      for (const sequence of ['StructureSetROISequence', 'ROIContourSequence', 'RTROIObservationsSequence']) {
        expect(itemOf(dataset, sequence, number)).toEqual(itemOf(file.dataset, sequence, number));
      }
    }
    expect(itemOf(dataset, 'RTROIObservationsSequence', 1)).toEqual(itemOf(file.dataset, 'RTROIObservationsSequence', 1));
    expect(without(itemOf(dataset, 'ROIContourSequence', 1) ?? {}, 'ContourSequence')).toEqual(without(itemOf(file.dataset, 'ROIContourSequence', 1) ?? {}, 'ContourSequence'));
    const [heart] = result.set.structures;
    expect(rasterize(contoursOnGrid(result.set, heart, geometry).contours, geometry).toDense()).toEqual(mask.toDense());
    expect([heart.volumeCc?.toFixed(6), heart.algorithm]).toEqual([mask.volumeCc.toFixed(6), 'SEMIAUTOMATIC']);
  });

  it('loses a removed structure everywhere, gains an added one and a copied one', () => {
    const file = foreignFile();
    const removed = edited(file, { edit: 'remove', number: 2 });
    for (const sequence of ['StructureSetROISequence', 'ROIContourSequence', 'RTROIObservationsSequence']) expect(items(removed, sequence)).toHaveLength(2);
    expect(readStructureSet(writeDicom(removed)).structures.map(({ name }) => name)).toEqual(['Heart', 'Lung_R']);

    const mask = blobs(geometry, 4, 5);
    const added = editStructureSet(file, [{ edit: 'remove', number: 2 }, { edit: 'add', structure: makeStructure(9, 'Liver', traceContours(mask)), ct }], CHANGED);
    expect(added.set.structures.map(({ number, name }) => [number, name])).toEqual([[1, 'Heart'], [3, 'Lung_R'], [9, 'Liver']]);

    // Number 2 is free in the copy's target, number 1 is not.
    const back = editStructureSet(added, [{ edit: 'copy', from: file, number: 2 }], CHANGED);
    expect(itemOf(back.dataset, 'ROIContourSequence', 2)).toEqual(itemOf(file.dataset, 'ROIContourSequence', 2));
    const other = editStructureSet(foreignFile(), [{ edit: 'rename', number: 1, name: 'Heart AI' }], CHANGED);
    const both = editStructureSet(file, [{ edit: 'copy', from: other, number: 1 }], CHANGED);
    expect(both.set.structures.map(({ number, name }) => [number, name])).toEqual([[1, 'Heart'], [2, 'Lung_L'], [3, 'Lung_R'], [4, 'Heart AI']]);
    expect(both.set.structures[3].contours).toEqual(other.set.structures[0].contours);
    expect(items(both.dataset, 'RTROIObservationsSequence').map((item) => text(item, 'ObservationNumber'))).toEqual(['1', '2', '3', '4']);
  });

  it.each<[string, (file: StructureSetFile) => StructureEdit, string]>([
    ['a number that is not there', () => ({ edit: 'rename', number: 77, name: 'x' }), 'edit-no-structure'],
    ['a name that another structure has', () => ({ edit: 'rename', number: 1, name: 'lung_l' }), 'edit-name'],
    ['an empty name', () => ({ edit: 'rename', number: 1, name: ' ' }), 'edit-name'],
    ['a name too long', () => ({ edit: 'rename', number: 1, name: 'x'.repeat(65) }), 'edit-name'],
    ['a taken number', () => ({ edit: 'add', structure: makeStructure(1, 'Liver', []), ct }), 'edit-no-structure'],
    ['a structure of the same name', (file) => ({ edit: 'copy', from: file, number: 1 }), 'edit-name'],
    ['a CT of another frame', () => ({ edit: 'redraw', number: 1, drawn: { contours: [], algorithm: 'MANUAL' }, ct: testCt({ geometry: { frameOfReferenceUid: '1.2.3' } }) }), 'edit-other-frame'],
  ])('refuses %s', (_, edit, code) => {
    const file = foreignFile();
    expect(() => editStructureSet(file, [edit(file)], CHANGED)).toThrow(expect.objectContaining({ code }));
  });
});

describe('contours drawn on another series of the same frame of reference', () => {
  // The same patient and frame, other images: an earlier phase or a reconstruction with another kernel.
  const other = testCt({ geometry: { size: [64, 40, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.625] }, name: 'another series' });
  const contours = traceContours(blobs(other.volume.geometry, 5, 3));

  it.each<StructureEdit>([
    { edit: 'add', structure: makeStructure(9, 'Liver', contours), ct: other },
    { edit: 'redraw', number: 1, drawn: { contours, algorithm: 'MANUAL' }, ct: other },
  ])('are not taken in: the set would name images that it does not refer to ($edit)', (edit) => {
    expect(other.volume.geometry.frameOfReferenceUid).toBe(geometry.frameOfReferenceUid);
    expect(() => editStructureSet(foreignFile(), [edit], CHANGED)).toThrow(expect.objectContaining({ code: 'edit-other-images' }));
  });

  it('are taken in where the set names no images at all', () => {
    const [frame] = items(foreignFile().dataset, 'ReferencedFrameOfReferenceSequence');
    const bare = foreignFile({ ReferencedFrameOfReferenceSequence: [without(frame, 'RTReferencedStudySequence')] });
    expect(readStructureSet(writeStructureSetFile(editStructureSet(bare, [{ edit: 'add', structure: makeStructure(9, 'Liver', contours), ct: other }], CHANGED))).structures).toHaveLength(4);
  });
});

describe('structures that are copied from a set of another series or patient in the same frame of reference', () => {
  const grid = { size: [64, 40, 5] as [number, number, number], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.625] };
  /** A set with a Liver alone, drawn on a CT. */
  const setOn = (made: PlanningCt, change: (dataset: Dataset) => Dataset = (dataset) => dataset): StructureSetFile =>
    readStructureSetFile(writeDicom(change(readDicom(writeStructureSet(makeSet(made, new Map([['Liver', blobs(made.volume.geometry, 5, 3)]])), made)).dataset)));
  /** Contour Image Sequence of a contour is type 3 (PS3.3 C.8.8.6). */
  const withoutImages = (dataset: Dataset): Dataset => ({
    ...dataset,
    ROIContourSequence: items(dataset, 'ROIContourSequence').map((item) => ({ ...item, ContourSequence: items(item, 'ContourSequence').map((contour) => without(contour, 'ContourImageSequence')) })),
  });
  const withoutSeries = (dataset: Dataset): Dataset => ({ ...dataset, ReferencedFrameOfReferenceSequence: items(dataset, 'ReferencedFrameOfReferenceSequence').map((frame) => without(frame, 'RTReferencedStudySequence')) });
  const other = testCt({ geometry: grid, name: 'another series' });
  const copied = (from: StructureSetFile, into = foreignFile()): string[] => editStructureSet(into, [{ edit: 'copy', from, number: 1 }], CHANGED).set.structures.map(({ name }) => name);

  it.each<[string, () => StructureSetFile, string]>([
    ['on images of another series', () => setOn(other), 'edit-other-images'],
    ['on no images, in a set of another series', () => setOn(other, withoutImages), 'edit-other-images'],
    ['on the same images, of another patient', () => setOn(testCt({ geometry: grid, attributes: { PatientID: 'T-2' } })), 'other-patient'],
    ['on no images, of another patient and series', () => setOn(testCt({ geometry: grid, name: 'another series', attributes: { PatientID: 'T-2' } }), withoutImages), 'other-patient'],
  ])('are refused where they were drawn %s', (_, from, code) => {
    const file = from();
    expect(file.set.reference.frameOfReferenceUid).toBe(geometry.frameOfReferenceUid);
    expect(() => copied(file)).toThrow(expect.objectContaining({ code, message: expect.not.stringMatching(/T-[12]/) as unknown }));
  });

  it('are refused where one of several series that their set names is another', () => {
    const both = (dataset: Dataset): Dataset => {
      const [own] = items(dataset, 'ReferencedFrameOfReferenceSequence');
      const [foreign] = items(setOn(other).dataset, 'ReferencedFrameOfReferenceSequence');
      return { ...dataset, ReferencedFrameOfReferenceSequence: [{ ...own, RTReferencedStudySequence: [...items(own, 'RTReferencedStudySequence'), ...items(foreign, 'RTReferencedStudySequence')] }] };
    };
    expect(copied(setOn(ct, both))).toContain('Liver');
    expect(() => copied(setOn(ct, (dataset) => withoutImages(both(dataset))))).toThrow(expect.objectContaining({ code: 'edit-other-images' }));
  });

  it('are taken in where patient and series are the same, or a file does not say them', () => {
    const all = ['Heart', 'Lung_L', 'Lung_R', 'Liver'];
    expect(copied(setOn(ct, withoutImages))).toEqual(all);
    expect(copied(setOn(ct, (dataset) => ({ ...withoutSeries(withoutImages(dataset)), PatientID: '' })))).toEqual(all);
  });

  it('are, what was not checked said, where a file does not say them', () => {
    const bare = setOn(ct, (dataset) => ({ ...withoutSeries(withoutImages(dataset)), PatientID: '' }));
    const [liver] = bare.set.structures;
    expect(uncheckedCopies(foreignFile(), bare, [liver])).toEqual([
      'that both sets are of one patient was not checked: a Patient ID is missing',
      'that Liver was drawn on the same images was not checked: its contours name no images, and a set names no image series',
    ]);
    expect(uncheckedCopies(foreignFile(), setOn(ct), setOn(ct).set.structures)).toEqual([]);
    expect(uncheckedCopies(foreignFile(), setOn(ct, withoutImages), setOn(ct, withoutImages).set.structures)).toEqual([]);
  });

  it('neither are structures drawn on a CT of another patient or series', () => {
    const contours = traceContours(blobs(geometry, 5, 3));
    const add = (made: PlanningCt): StructureEdit => ({ edit: 'add', structure: makeStructure(9, 'Liver', contours), ct: made });
    const redraw = (made: PlanningCt): StructureEdit => ({ edit: 'redraw', number: 1, drawn: { contours, algorithm: 'MANUAL' }, ct: made });
    // A set that names its series and no image of it.
    const imageless = foreignFile({
      ReferencedFrameOfReferenceSequence: items(foreignFile().dataset, 'ReferencedFrameOfReferenceSequence').map((frame) => ({
        ...frame,
        RTReferencedStudySequence: items(frame, 'RTReferencedStudySequence').map((study) => ({ ...study, RTReferencedSeriesSequence: items(study, 'RTReferencedSeriesSequence').map((series) => without(series, 'ContourImageSequence')) })),
      })),
    });
    for (const edit of [add, redraw]) {
      expect(() => editStructureSet(foreignFile(), [edit(testCt({ geometry: grid, attributes: { PatientID: 'T-2' } }))], CHANGED)).toThrow(expect.objectContaining({ code: 'other-patient' }));
      expect(() => editStructureSet(imageless, [edit(other)], CHANGED)).toThrow(expect.objectContaining({ code: 'edit-other-images' }));
      expect(() => editStructureSet(imageless, [edit(ct)], CHANGED)).not.toThrow();
    }
  });
});

describe('structure sets of planning systems', () => {
  for (const [folder, name] of [['breast-rtstruct', 'rtss.dcm'], ['eclipse-rtstruct', 'RS.1.2.246.352.71.4.2088656855.2404649.20110920153449.dcm']]) {
    itWithSharedData(folder, `are written again as they were, as DCMTK sees it: ${folder}`, async (at) => {
      const bytes = await readFile(join(at, name));
      const file = readStructureSetFile(bytes);
      expect(file.transferSyntaxUid).toBe(IMPLICIT_LITTLE_ENDIAN);
      const again = writeStructureSetFile(file);
      expect(readDicom(again).dataset).toEqual(readDicom(bytes).dataset);
      await inTemporaryFolder(async (own) => {
        await writeFile(join(own, 'again.dcm'), again);
        expect(dumped(join(own, 'again.dcm'))).toEqual(dumped(join(at, name)));
      });
      const [first, ...others] = file.set.structures.filter(({ contours }) => contours.length > 0);
      const renamed = readStructureSet(writeStructureSetFile(editStructureSet(file, [{ edit: 'rename', number: first.number, name: 'renamed' }], CHANGED)));
      for (const { number, contours } of others) expect(renamed.structures.find((structure) => structure.number === number)?.contours).toEqual(contours);
    });
  }
});

/** Every element as DCMTK prints it, whole values, without lengths, offsets and group lengths. */
function dumped(file: string): string[] {
  const lines = execFileSync('dcmdump', ['+L', '-M', file], { encoding: 'latin1', maxBuffer: 2 ** 28 }).split('\n');
  return lines.filter((line) => /^\s*\([0-9a-f]{4},[0-9a-f]{4}\)/.test(line) && !/\((0002|fffe),/.test(line) && !/\([0-9a-f]{4},0000\)/.test(line)).map((line) => line.replace(/\s*#.*$/, '').replace(/\(Sequence with .*$/, '(Sequence'));
}
