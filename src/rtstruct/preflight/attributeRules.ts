import { elementOfKeyword, type Dataset } from '../../dicom/index.ts';
import type { TpsProfile } from '../tpsProfiles.ts';
import { itemsOf, placedItems, textOf, type Contents } from './contents.ts';
import type { Finding, Rule } from './violation.ts';

/** Attributes of one module at one place (PS3.3): type 1 must have a value, type 2 must be there and may be empty. */
interface AttributeTable {
  section: string;
  /** Sequences that lead to the items which hold the attributes; [] for the data set itself. */
  at: readonly string[];
  type1?: readonly string[];
  type2?: readonly string[];
}

const IMAGE_REFERENCE = ['ReferencedSOPClassUID', 'ReferencedSOPInstanceUID'];
const REFERENCED_STUDY = ['ReferencedFrameOfReferenceSequence', 'RTReferencedStudySequence'];
const REFERENCED_SERIES = [...REFERENCED_STUDY, 'RTReferencedSeriesSequence'];

/** Modules that A.19.3 makes mandatory. */
const TABLES: readonly AttributeTable[] = [
  { section: 'C.7.1.1', at: [], type2: ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex'] },
  { section: 'C.7.2.1', at: [], type1: ['StudyInstanceUID'], type2: ['StudyDate', 'StudyTime', 'ReferringPhysicianName', 'StudyID', 'AccessionNumber'] },
  { section: 'C.8.8.1', at: [], type1: ['Modality', 'SeriesInstanceUID'], type2: ['SeriesNumber', 'OperatorsName'] },
  { section: 'C.7.5.1', at: [], type2: ['Manufacturer'] },
  { section: 'C.12.1', at: [], type1: ['SOPClassUID', 'SOPInstanceUID'] },
  { section: 'C.8.8.5', at: [], type1: ['StructureSetLabel'], type2: ['StructureSetDate', 'StructureSetTime'] },
  // Later editions allow a structure set without ROIs (type 3); importers are older than they are.
  { section: 'C.8.8.5, C.8.8.6 and C.8.8.8 of 2024c', at: [], type1: ['StructureSetROISequence', 'ROIContourSequence', 'RTROIObservationsSequence'] },
  { section: 'C.8.8.5', at: ['ReferencedFrameOfReferenceSequence'], type1: ['FrameOfReferenceUID'] },
  { section: 'C.8.8.5', at: REFERENCED_STUDY, type1: [...IMAGE_REFERENCE, 'RTReferencedSeriesSequence'] },
  { section: 'C.8.8.5', at: REFERENCED_SERIES, type1: ['SeriesInstanceUID', 'ContourImageSequence'] },
  { section: 'C.8.8.5', at: [...REFERENCED_SERIES, 'ContourImageSequence'], type1: IMAGE_REFERENCE },
  { section: 'C.8.8.5', at: ['PredecessorStructureSetSequence'], type1: IMAGE_REFERENCE },
  { section: 'C.8.8.5', at: ['StructureSetROISequence'], type1: ['ROINumber', 'ReferencedFrameOfReferenceUID'], type2: ['ROIName', 'ROIGenerationAlgorithm'] },
  { section: 'C.8.8.6', at: ['ROIContourSequence'], type1: ['ReferencedROINumber'] },
  { section: 'C.8.8.6', at: ['ROIContourSequence', 'ContourSequence'], type1: ['ContourGeometricType', 'NumberOfContourPoints', 'ContourData'] },
  { section: 'C.8.8.6', at: ['ROIContourSequence', 'ContourSequence', 'ContourImageSequence'], type1: IMAGE_REFERENCE },
  { section: 'C.8.8.8', at: ['RTROIObservationsSequence'], type1: ['ObservationNumber', 'ReferencedROINumber'], type2: ['RTROIInterpretedType', 'ROIInterpreter'] },
];

/** Retired attributes of the RT modules (PS3.6), and the sequences whose items held them. */
const RETIRED: readonly { at: readonly string[]; keywords: readonly string[] }[] = [
  { at: ['ReferencedFrameOfReferenceSequence'], keywords: ['300600C0'] },
  { at: ['ROIContourSequence', 'ContourSequence'], keywords: ['ContourSlabThickness', 'ContourOffsetVector', 'AttachedContours'] },
  { at: ['RTROIObservationsSequence'], keywords: ['ROIObservationLabel', 'ROIObservationDescription'] },
];

function missing({ dataset }: Contents, profile: TpsProfile): Finding[] {
  const tabled = TABLES.flatMap(({ section, at, type1 = [], type2 = [] }) =>
    placedItems(dataset, at).flatMap(({ item, path }) => [
      ...type1.filter((keyword) => isEmpty(item, keyword)).map((keyword): Finding => ({
        severity: 'error', keyword, path, source: `PS3.3 ${section}, type 1`,
        message: `${keyword} is absent or empty. Expected a value; add it.`,
      })),
      ...type2.filter((keyword) => item[keyword] === undefined).map((keyword) => absent(keyword, path, `PS3.3 ${section}, type 2`, profile)),
    ]),
  );
  const beyond = profile.required.value.filter((keyword) => dataset[keyword] === undefined && !TABLES.some(({ at, type2 }) => at.length === 0 && type2?.includes(keyword)));
  return [...tabled, ...beyond.map((keyword) => absent(keyword, '', '', profile))];
}

function absent(keyword: string, path: string, section: string, { required }: TpsProfile): Finding {
  const isRequired = required.value.includes(keyword);
  return {
    severity: isRequired ? 'error' : 'warning',
    keyword,
    path,
    source: [section, isRequired ? required.source : ''].filter((part) => part !== '').join('; '),
    message: `${keyword} is absent. It may be empty but must be there; add it, empty if it is not known.`,
  };
}

function isEmpty(item: Dataset, keyword: string): boolean {
  return elementOfKeyword(keyword, 0)?.vr === 'SQ' ? itemsOf(item, keyword).length === 0 : textOf(item, keyword) === '';
}

function retired({ dataset }: Contents): Finding[] {
  return RETIRED.flatMap(({ at, keywords }) =>
    placedItems(dataset, at).flatMap(({ item, path }) =>
      keywords.filter((keyword) => item[keyword] !== undefined).map((keyword): Finding => ({
        severity: 'warning', keyword, path,
        message: `${keyword === '300600C0' ? 'Frame of Reference Relationship Sequence' : keyword} is retired. Expected none; leave it out of new files.`,
      })),
    ),
  );
}

/** Attributes that must be there, and those that no longer should. */
export const ATTRIBUTE_RULES: readonly Rule[] = [
  { id: 'attribute-missing', source: 'PS3.3 A.19.3', check: missing },
  { id: 'attribute-retired', source: 'PS3.6 table 6-1', check: retired },
];
