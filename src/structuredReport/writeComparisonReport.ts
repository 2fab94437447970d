import { COMPREHENSIVE_SR_STORAGE, RT_STRUCTURE_SET_STORAGE, text, texts, uidFrom, writeDicom, type CtGrid, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { CaseReport } from '../report/index.ts';
import type { InstanceReference, StructureCode } from '../rtstruct/index.ts';
import { comparisonContent } from './comparisonContent.ts';
import { instanceItem } from './contentItem.ts';

/** What a comparison report is made of. */
export interface ComparisonReportInput {
  report: CaseReport;
  ct: CtGrid;
  /** The data sets of both structure sets. */
  reference: Dataset;
  test: Dataset;
  /** What a structure is in the body, by its name in the report; undefined where that is not known. */
  codeOf: (structure: string) => StructureCode | undefined;
  /** When it is written: YYYYMMDD, HHMMSS. */
  date: string;
  time: string;
}

/** Patient and General Study: as the reference holds them, type 2 attributes also when empty (PS3.3 C.7.1.1, C.7.2.1). */
const COPIED = ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyInstanceUID', 'StudyDate', 'StudyTime', 'StudyID', 'AccessionNumber', 'ReferringPhysicianName'] as const;
const COPIED_IF_THERE = ['IssuerOfPatientID', 'StudyDescription'] as const;

/**
 * A comparison of two structure sets as a Comprehensive SR (PS3.3 A.35.3), in the study of the reference: Part 10, explicit VR little endian. Its
 * UIDs come from its patient, study and content, so the same comparison is the same instance, and another result another one.
 * @throws RondoError `set-not-referable` for a set without the UIDs that a reference needs; `dicom-value` for a value that its VR does not take
 */
export function writeComparisonReport({ report, ct, reference, test, codeOf, date, time }: ComparisonReportInput): Uint8Array {
  const sets = { reference: archived(reference, 'reference'), test: archived(test, 'test') };
  const content = comparisonContent(report, ct, sets, codeOf);
  const copied = {
    ...Object.fromEntries(COPIED.map((keyword) => [keyword, text(reference, keyword)])),
    ...Object.fromEntries(COPIED_IF_THERE.filter((keyword) => text(reference, keyword) !== '').map((keyword) => [keyword, text(reference, keyword)])),
  };
  // A patient that was corrected keeps the UIDs of images and sets.
  const identity = JSON.stringify([copied, content]);
  const characterSet = texts(reference, 'SpecificCharacterSet');
  return writeDicom({
    ...(characterSet.length > 0 && { SpecificCharacterSet: characterSet }),
    ...copied,
    SOPClassUID: COMPREHENSIVE_SR_STORAGE,
    SOPInstanceUID: uidFrom('rondo-comparison-report', identity),
    CodingSchemeIdentificationSequence: [{ CodingSchemeDesignator: '99RONDO', CodingSchemeName: 'Rondo', CodingSchemeResponsibleOrganization: 'Rondo' }],
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    Modality: 'SR',
    SeriesInstanceUID: uidFrom('rondo-comparison-report-series', identity),
    SeriesNumber: 1,
    SeriesDescription: 'Comparison of structure sets',
    ReferencedPerformedProcedureStepSequence: [],
    Manufacturer: 'Rondo',
    ManufacturerModelName: 'Rondo',
    DeviceSerialNumber: '0',
    SoftwareVersions: report.rondoVersion,
    InstanceNumber: 1,
    ContentDate: date,
    ContentTime: time,
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: evidence([...Object.values(sets), ...imagesOf(ct)]),
    ...content,
  });
}

/** An instance by all the levels of an archive. */
interface Archived extends InstanceReference {
  studyInstanceUid: string;
  seriesInstanceUid: string;
}

function archived(dataset: Dataset, side: string): Archived {
  const uid = (keyword: string): string => {
    const value = text(dataset, keyword);
    if (value === '') throw new RondoError('set-not-referable', `The ${side} holds no ${keyword}: a DICOM report cannot refer to it. Expected a structure set with Study, Series and SOP Instance UID: export it again from its source.`);
    return value;
  };
  return { studyInstanceUid: uid('StudyInstanceUID'), seriesInstanceUid: uid('SeriesInstanceUID'), sopClassUid: RT_STRUCTURE_SET_STORAGE, sopInstanceUid: uid('SOPInstanceUID') };
}

function imagesOf({ attributes, seriesInstanceUid, sopClassUid, slices }: CtGrid): Archived[] {
  return slices.map(({ sopInstanceUid }) => ({ studyInstanceUid: attributes.StudyInstanceUID, seriesInstanceUid, sopClassUid, sopInstanceUid }));
}

/** Every instance that the content names, once, by study and series (PS3.3 C.17.2). */
function evidence(instances: readonly Archived[]): Dataset[] {
  const distinct = [...new Map(instances.map((one) => [one.sopInstanceUid, one])).values()];
  return grouped(distinct, 'studyInstanceUid').map(([StudyInstanceUID, ofStudy]) => ({
    StudyInstanceUID,
    ReferencedSeriesSequence: grouped(ofStudy, 'seriesInstanceUid').map(([SeriesInstanceUID, ofSeries]) => ({ SeriesInstanceUID, ReferencedSOPSequence: ofSeries.map(instanceItem) })),
  }));
}

function grouped(instances: readonly Archived[], level: 'studyInstanceUid' | 'seriesInstanceUid'): [string, Archived[]][] {
  return [...new Set(instances.map((one) => one[level]))].map((uid) => [uid, instances.filter((one) => one[level] === uid)]);
}
