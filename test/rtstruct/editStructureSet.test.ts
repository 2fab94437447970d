import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { IMPLICIT_LITTLE_ENDIAN, items, readDicom, text, writeDicom, type Dataset } from '../../src/dicom/index.ts';
import {
  contoursOnGrid, editStructureSet, rasterize, readStructureSet, readStructureSetFile, traceContours, writeStructureSet, writeStructureSetFile, type StructureEdit, type StructureSetFile,
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
