import { describe, expect, it } from '@jest/globals';
import { items, readDicom, text, writeDicom, type Dataset } from '../../src/dicom/index.ts';
import { preflight, writeStructureSet, type PreflightOptions } from '../../src/rtstruct/index.ts';
import { ATTRIBUTE_RULES } from '../../src/rtstruct/preflight/attributeRules.ts';
import { CONTOUR_RULES } from '../../src/rtstruct/preflight/contourRules.ts';
import { REFERENCE_RULES } from '../../src/rtstruct/preflight/referenceRules.ts';
import { ROI_RULES } from '../../src/rtstruct/preflight/roiRules.ts';
import { SOP_CLASS_RULE, VALUE_RULES } from '../../src/rtstruct/preflight/valueRules.ts';
import { testCt } from '../support/ctSeries.ts';
import { maskOf } from './masks.ts';
import { makeSet } from './structureSets.ts';

const ct = testCt({ geometry: { size: [40, 30, 4], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8], originMm: [-20, -10, 100] } });
const masks = new Map([
  ['External', maskOf(ct.volume.geometry, (i, j) => i > 1 && i < 38 && j > 1 && j < 28)],
  ['Heart', maskOf(ct.volume.geometry, (i, j, k) => i > 8 && i < 20 && j > 8 && j < 20 && k < 3)],
  ['Liver', maskOf(ct.volume.geometry, (i, j, k) => i > 25 && j > 20 && k > 1)],
]);
const written = readDicom(writeStructureSet(makeSet(ct, masks), ct));
const good = written.dataset;

/** The data set with one item changed: its path names sequences and places, counted from 1. */
function changed(path: readonly (string | number)[], change: (item: Dataset) => Dataset, dataset = good): Dataset {
  if (path.length === 0) return change(dataset);
  const [keyword, place, ...rest] = path as [string, number];
  return { ...dataset, [keyword]: items(dataset, keyword).map((item, index) => (index === place - 1 ? changed(rest, change, item) : item)) };
}

const top = (changes: Dataset): Dataset => ({ ...good, ...changes });
const roi = (place: number, changes: Dataset): Dataset => changed(['StructureSetROISequence', place], (item) => ({ ...item, ...changes }));
const roiContour = (place: number, changes: Dataset): Dataset => changed(['ROIContourSequence', place], (item) => ({ ...item, ...changes }));
const observation = (place: number, changes: Dataset): Dataset => changed(['RTROIObservationsSequence', place], (item) => ({ ...item, ...changes }));
/** A contour of the heart. */
const contour = (changes: Dataset): Dataset => changed(['ROIContourSequence', 2, 'ContourSequence', 1], (item) => ({ ...item, ...changes }));
const points = (...xyz: number[][]): Dataset => ({ ContourData: xyz.flat().join('\\'), NumberOfContourPoints: String(xyz.length) });
const square = (x: number, y: number, size: number, z: number): number[][] => [[x, y, z], [x + size, y, z], [x + size, y + size, z], [x, y + size, z]];
const study = ['ReferencedFrameOfReferenceSequence', 1, 'RTReferencedStudySequence', 1];
const series = [...study, 'RTReferencedSeriesSequence', 1];
const image = (slice: number): Dataset => ({ ReferencedSOPClassUID: ct.sopClassUid, ReferencedSOPInstanceUID: ct.slices[slice].sopInstanceUid });
const manyPoints = Array.from({ length: 4000 }, (_, index) => [Number((10 * Math.cos(index / 637)).toFixed(4)), Number((10 * Math.sin(index / 637)).toFixed(4)), 100]);

interface Case {
  /** Severity, rule and keyword of what is expected; nothing else may be said. */
  says: string;
  name: string;
  dataset: Dataset;
  path?: string;
  transferSyntaxUid?: string;
  options?: PreflightOptions;
}

const WITHOUT_CT: Case[] = [
  { says: 'error sop-class SOPClassUID', name: 'a plan', dataset: top({ SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.5' }) },
  { says: 'error modality Modality', name: 'another modality', dataset: top({ Modality: 'CT' }) },
  { says: 'error transfer-syntax TransferSyntaxUID', name: 'big endian', dataset: good, transferSyntaxUid: '1.2.840.10008.1.2.2' },
  { says: 'error character-set ROIName', name: 'accents under no character set', dataset: roi(2, { ROIName: 'Cœur' }), path: 'StructureSetROISequence[2]' },
  { says: 'error character-set SpecificCharacterSet', name: 'an unknown character set', dataset: top({ SpecificCharacterSet: 'UTF-8' }) },
  { says: 'error value-form StudyID', name: 'a short string of 17 characters', dataset: top({ StudyID: 'x'.repeat(17) }) },
  { says: 'error value-form PatientName', name: 'a component group of 65 characters', dataset: top({ PatientName: `a=${'x'.repeat(65)}` }) },
  { says: 'error value-form StructureSetDate', name: 'a date with dots', dataset: top({ StructureSetDate: '2025.02.03' }) },
  { says: 'error value-form SeriesInstanceUID', name: 'a UID with a leading zero', dataset: top({ SeriesInstanceUID: '1.2.03' }) },
  { says: 'error value-form SeriesInstanceUID', name: 'a UID of 65 characters', dataset: top({ SeriesInstanceUID: `1.${'2'.repeat(63)}` }) },
  { says: 'error value-form SeriesInstanceUID', name: 'a UID with letters', dataset: top({ SeriesInstanceUID: '1.2.a' }) },
  { says: 'error value-form InstanceNumber', name: 'a fraction for a whole number', dataset: top({ InstanceNumber: '1.5' }) },
  { says: 'error value-form InstanceNumber', name: 'a whole number out of range', dataset: top({ InstanceNumber: '2147483648' }) },
  { says: 'error value-form ROIVolume', name: 'a decimal of 17 characters', dataset: roi(2, { ROIVolume: '1234567.123456789' }), path: 'StructureSetROISequence[2]' },
  { says: 'error value-form ROIVolume', name: 'a decimal comma', dataset: roi(2, { ROIVolume: '1,5' }) },
  { says: 'error attribute-missing StudyInstanceUID', name: 'no study', dataset: top({ StudyInstanceUID: undefined }) },
  { says: 'error attribute-missing StructureSetLabel', name: 'an empty label', dataset: top({ StructureSetLabel: '' }) },
  { says: 'error attribute-missing AccessionNumber', name: 'no accession number', dataset: top({ AccessionNumber: undefined }) },
  { says: 'error attribute-missing PositionReferenceIndicator', name: 'no position reference indicator', dataset: top({ PositionReferenceIndicator: undefined }) },
  { says: 'error attribute-missing PatientID', name: 'no patient id for RayStation', dataset: top({ PatientID: undefined }), options: { profile: 'raystation' } },
  { says: 'warning attribute-missing PatientID', name: 'no patient id for others', dataset: top({ PatientID: undefined }) },
  { says: 'warning attribute-missing ROIGenerationAlgorithm', name: 'no generation algorithm', dataset: roi(3, { ROIGenerationAlgorithm: undefined }), path: 'StructureSetROISequence[3]' },
  { says: 'warning attribute-missing ROIInterpreter', name: 'no interpreter', dataset: observation(1, { ROIInterpreter: undefined }), path: 'RTROIObservationsSequence[1]' },
  { says: 'error attribute-missing ContourGeometricType', name: 'a contour without type', dataset: contour({ ContourGeometricType: undefined }), path: 'ROIContourSequence[2].ContourSequence[1]' },
  { says: 'error attribute-missing ContourData', name: 'a contour without data', dataset: contour({ ContourData: '' }) },
  { says: 'error attribute-missing RTReferencedSeriesSequence', name: 'a study without series', dataset: changed(['ReferencedFrameOfReferenceSequence', 1], (item) => ({ ...item, RTReferencedStudySequence: [...items(item, 'RTReferencedStudySequence'), { ReferencedSOPClassUID: '1.2', ReferencedSOPInstanceUID: '1.3' }] })) },
  { says: 'warning attribute-retired ROIObservationLabel', name: 'a retired observation label', dataset: observation(2, { ROIObservationLabel: 'x' }) },
  { says: 'warning attribute-retired ContourSlabThickness', name: 'a retired slab thickness', dataset: contour({ ContourSlabThickness: '3' }) },
  { says: 'warning attribute-retired 300600C0', name: 'retired relations of frames', dataset: changed(['ReferencedFrameOfReferenceSequence', 1], (item) => ({ ...item, '300600C0': { vr: 'SQ', value: [] } })) },
  { says: 'error frame-listed ReferencedFrameOfReferenceUID', name: 'a frame of reference listed twice', dataset: top({ ReferencedFrameOfReferenceSequence: [...items(good, 'ReferencedFrameOfReferenceSequence'), { FrameOfReferenceUID: ct.volume.geometry.frameOfReferenceUid }] }) },
  { says: 'warning image-chain ReferencedFrameOfReferenceSequence', name: 'a frame without images', dataset: changed(['ReferencedFrameOfReferenceSequence', 1], (item) => ({ ...item, RTReferencedStudySequence: undefined })) },
  { says: 'error image-chain ReferencedFrameOfReferenceSequence', name: 'a frame without images for RayStation', dataset: changed(['ReferencedFrameOfReferenceSequence', 1], (item) => ({ ...item, RTReferencedStudySequence: undefined })), options: { profile: 'raystation' } },
  { says: 'error contour-image-listed ContourImageSequence', name: 'a contour on an image of no series', dataset: contour({ ContourImageSequence: [{ ...image(0), ReferencedSOPInstanceUID: '1.2.3' }] }) },
  { says: 'error text-limits StructureSetLabel', name: 'a label of 17 characters', dataset: top({ StructureSetLabel: 'x'.repeat(17) }) },
  { says: 'error text-limits ROIName', name: 'a name of 65 characters', dataset: roi(2, { ROIName: 'x'.repeat(65) }) },
  { says: 'error text-limits ROIName', name: 'a name with a backslash', dataset: roi(2, { ROIName: 'a\\b' }) },
  { says: 'error text-limits ROIName', name: 'a name with a line break', dataset: roi(2, { ROIName: 'a\nb' }) },
  { says: 'warning text-limits ROIName', name: 'a name of 17 characters', dataset: roi(2, { ROIName: 'x'.repeat(17) }) },
  { says: 'warning text-limits ROIName', name: 'an ROI without name', dataset: roi(2, { ROIName: '' }) },
  { says: 'error roi-name-unique ROIName', name: 'names that differ in case only', dataset: roi(3, { ROIName: 'HEART' }), path: 'StructureSetROISequence[3]' },
  { says: 'error number-unique ContourNumber', name: 'a contour number used twice', dataset: contour({ ContourNumber: '2' }), path: 'ROIContourSequence[2].ContourSequence[2]' },
  { says: 'error number-unique ObservationNumber', name: 'an observation number used twice', dataset: observation(3, { ObservationNumber: '1' }) },
  { says: 'error number-unique ROINumber', name: 'an ROI number used twice', dataset: top({ StructureSetROISequence: [...items(good, 'StructureSetROISequence'), { ...items(good, 'StructureSetROISequence')[0], ROIName: 'Other' }] }), path: 'StructureSetROISequence[4]' },
  { says: 'error roi-reference ReferencedROINumber', name: 'contours of no ROI', dataset: roiContour(2, { ReferencedROINumber: '9' }), path: 'ROIContourSequence[2]' },
  { says: 'error roi-reference ReferencedROINumber', name: 'an observation of no ROI', dataset: top({ RTROIObservationsSequence: [...items(good, 'RTROIObservationsSequence'), { ...items(good, 'RTROIObservationsSequence')[1], ObservationNumber: '9', ReferencedROINumber: '9' }] }) },
  { says: 'warning observation-missing RTROIObservationsSequence', name: 'an ROI without observation', dataset: top({ RTROIObservationsSequence: items(good, 'RTROIObservationsSequence').slice(1) }), path: 'StructureSetROISequence[1]' },
  { says: 'warning interpreted-type RTROIInterpretedType', name: 'a type of its own', dataset: observation(2, { RTROIInterpretedType: 'HEART' }) },
  { says: 'error external RTROIInterpretedType', name: 'two externals', dataset: observation(3, { RTROIInterpretedType: 'EXTERNAL' }), path: 'RTROIObservationsSequence[3]' },
  { says: 'error colour ROIDisplayColor', name: 'a colour of two values', dataset: roiContour(2, { ROIDisplayColor: '1\\2' }) },
  { says: 'error colour ROIDisplayColor', name: 'a colour out of range', dataset: roiContour(2, { ROIDisplayColor: '1\\2\\256' }) },
  { says: 'error approval ReviewerName', name: 'an approval by nobody', dataset: top({ ApprovalStatus: 'APPROVED', ReviewDate: '20250101', ReviewTime: '101010' }) },
  { says: 'warning approval ReviewDate', name: 'an approval on no day', dataset: top({ ApprovalStatus: 'REJECTED', ReviewDate: '', ReviewTime: '101010', ReviewerName: 'X' }) },
  { says: 'warning approval ReviewerName', name: 'a reviewer of an unapproved set', dataset: top({ ReviewerName: 'X' }) },
  { says: 'warning approval ReviewerName', name: 'a reviewer without status', dataset: top({ ApprovalStatus: undefined, ReviewerName: 'X' }) },
  { says: 'error approval ApprovalStatus', name: 'a status of its own', dataset: top({ ApprovalStatus: 'CHECKED' }) },
  { says: 'error geometric-type ContourGeometricType', name: 'a type of its own', dataset: contour({ ContourGeometricType: 'CLOSED' }) },
  { says: 'error mixed-types ContourGeometricType, warning hole-style ContourGeometricType', name: 'an XOR ring beside others', dataset: contour({ ContourGeometricType: 'CLOSEDPLANAR_XOR' }), path: 'ROIContourSequence[2]' },
  { says: 'error coordinate-form ContourData', name: 'a coordinate of 18 characters', dataset: contour({ ContourData: text(items(items(good, 'ROIContourSequence')[1], 'ContourSequence')[0], 'ContourData').replace(/^[^\\]*/, '-6.355495691299439') }) },
  { says: 'error coordinate-form ContourData', name: 'a coordinate that is empty', dataset: contour({ ContourData: '1\\2\\100\\2\\\\100\\2\\3\\100', NumberOfContourPoints: '3' }) },
  { says: 'error coordinate-form ContourData', name: 'a coordinate in hexadecimal', dataset: contour({ ContourData: '1\\2\\100\\2\\0x1\\100\\2\\3\\100', NumberOfContourPoints: '3' }) },
  { says: 'error point-number NumberOfContourPoints', name: 'a point too few', dataset: contour({ NumberOfContourPoints: '7' }) },
  { says: 'error point-count ContourData', name: 'a ring of two points', dataset: contour(points([0, 0, 100], [5, 5, 100])) },
  { says: 'error point-count ContourData', name: 'a point of two points', dataset: contour({ ...points([0, 0, 100], [5, 5, 100]), ContourGeometricType: 'POINT' }) },
  { says: 'error coplanar ContourData', name: 'a ring off its plane', dataset: contour(points([0, 0, 100], [5, 0, 100], [5, 5, 100.2], [0, 5, 100])) },
  { says: 'warning closing-point ContourData', name: 'the first point repeated', dataset: contour(points(...square(0, 0, 5, 100), [0, 0, 100])) },
  { says: 'error zero-area ContourData', name: 'points on one line', dataset: contour(points([0, 0, 100], [1, 1, 100], [2.5, 2.5, 100])) },
  { says: 'error contour-data-bytes ContourData', name: 'over 65,534 bytes in explicit VR', dataset: contour(points(...manyPoints)) },
  { says: 'warning contour-data-bytes ContourData', name: 'over 65,534 bytes in implicit VR', dataset: contour(points(...manyPoints)), transferSyntaxUid: '1.2.840.10008.1.2' },
  { says: 'warning contour-image ContourImageSequence', name: 'a contour on no image', dataset: contour({ ContourImageSequence: undefined }) },
  { says: 'error contour-image ContourImageSequence', name: 'a contour on no image for Eclipse', dataset: contour({ ContourImageSequence: [] }), options: { profile: 'eclipse' } },
];

const WITH_CT: Case[] = [
  { says: 'error ct-frame ReferencedFrameOfReferenceUID', name: 'another frame of reference', dataset: changed(['ReferencedFrameOfReferenceSequence', 1], (item) => ({ ...item, FrameOfReferenceUID: '1.2.3' }), changed([], () => ({ ...good, StructureSetROISequence: items(good, 'StructureSetROISequence').map((item) => ({ ...item, ReferencedFrameOfReferenceUID: '1.2.3' })) }))) },
  { says: 'error ct-images RTReferencedSeriesSequence', name: 'another series', dataset: changed(series, (item) => ({ ...item, SeriesInstanceUID: '1.2.3' })) },
  { says: 'error ct-images RTReferencedStudySequence', name: 'another study', dataset: changed(study, (item) => ({ ...item, ReferencedSOPInstanceUID: '1.2.3' })) },
  { says: 'error ct-images ContourImageSequence', name: 'an image that the CT does not have', dataset: changed(series, (item) => ({ ...item, ContourImageSequence: [...items(item, 'ContourImageSequence'), { ...image(0), ReferencedSOPInstanceUID: '1.2.3' }] })) },
  { says: 'error ct-other-image ContourImageSequence', name: 'a contour that names the next slice', dataset: contour({ ContourImageSequence: [image(1)] }), path: 'ROIContourSequence[2].ContourSequence[1]' },
  { says: 'warning ct-off-slice ContourData', name: 'a contour 0.1 mm off its slice', dataset: contour(points(...square(0, 0, 5, 100.1))) },
  { says: 'error ct-between-slices ContourData', name: 'a contour between slices', dataset: contour(points(...square(0, 0, 5, 101))) },
  { says: 'error ct-beyond-slices ContourData', name: 'a contour beyond the slices', dataset: contour(points(...square(0, 0, 5, 95))) },
  { says: 'error ct-far-away ContourData', name: 'a contour far away', dataset: contour(points(...square(1e7, 0, 5, 100))) },
  { says: 'error ct-not-planar ContourData', name: 'a contour across slices', dataset: contour(points([0, 0, 100], [5, 0, 102], [5, 5, 102], [0, 5, 100])) },
  { says: 'warning ct-outside-matrix ContourData', name: 'a contour beside the image', dataset: contour(points(...square(25, 0, 10, 100))) },
  { says: 'warning ct-overlaps ContourData', name: 'contours that cross', dataset: roiContour(2, { ContourSequence: [square(-5, -5, 6, 100), square(-2, -2, 6, 100)].map((ring, index) => ({ ...points(...ring), ContourGeometricType: 'CLOSED_PLANAR', ContourNumber: String(index), ContourImageSequence: [image(0)] })) }) },
  { says: 'warning ct-nested ContourGeometricType', name: 'a ring inside another', dataset: roiContour(2, { ContourSequence: [square(-5, -5, 9, 100), square(-2, -2, 3, 100)].map((ring, index) => ({ ...points(...ring), ContourGeometricType: 'CLOSED_PLANAR', ContourNumber: String(index), ContourImageSequence: [image(0)] })) }) },
  { says: 'warning ct-repeated ContourData', name: 'a contour that stands twice', dataset: changed(['ROIContourSequence', 2], (item) => ({ ...item, ContourSequence: [...items(item, 'ContourSequence'), { ...items(item, 'ContourSequence')[0], ContourNumber: '99' }] })) },
];

function check({ says, dataset, path, transferSyntaxUid = written.transferSyntaxUid, options }: Case): void {
  const violations = preflight({ dataset, transferSyntaxUid }, options);
  expect(violations.map(({ severity, rule, keyword }) => `${severity} ${rule} ${keyword}`).join(', ')).toBe(says);
  if (path !== undefined) expect(violations[0].path).toBe(path);
  expect(violations[0].message).toMatch(/[.!]$/);
}

describe('each rule of the preflight', () => {
  it('passes what is written well, before and after another reading', () => {
    expect(preflight(written, { ct })).toEqual([]);
    expect(preflight(readDicom(writeDicom(good)), { ct })).toEqual([]);
  });

  it.each(WITHOUT_CT)('finds $name ($says)', check);
  it.each(WITH_CT)('finds on the CT $name ($says)', (one) => { check({ ...one, options: { ct } }); });

  it('warns where an image of the CT is not listed', () => {
    const dataset = changed(series, (item) => ({ ...item, ContourImageSequence: items(item, 'ContourImageSequence').slice(0, 3) }), top({ ROIContourSequence: items(good, 'ROIContourSequence').map((item) => ({ ...item, ContourSequence: items(item, 'ContourSequence').slice(0, 1) })) }));
    const shown = preflight({ ...written, dataset }, { ct }).filter(({ rule }) => rule === 'ct-images');
    expect(shown.map(({ severity, keyword }) => `${severity} ${keyword}`)).toEqual(['warning ContourImageSequence']);
  });

  it('has a failing input', () => {
    const all = [SOP_CLASS_RULE, ...VALUE_RULES, ...ATTRIBUTE_RULES, ...REFERENCE_RULES, ...ROI_RULES, ...CONTOUR_RULES];
    const failed = WITHOUT_CT.flatMap(({ says }) => says.split(', ').map((one) => one.split(' ')[1]));
    expect(all.map(({ id }) => id).filter((id) => !failed.includes(id))).toEqual([]);
  });
});
