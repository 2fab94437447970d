import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from '../dicom/index.ts';
import type { HoleStyle } from './encodedContours.ts';

// No planning system was tested. A value that no vendor document or public report backs is the generic one, and says so.

/** A value and where it comes from: a PS3 section, a vendor's conformance statement, a public issue thread, or the project's own caution. */
export interface Sourced<T> {
  value: T;
  source: string;
}

/** How grave it is to go against a rule: an importer may refuse or misread the file, or most importers are known to bear it. */
export type Severity = 'error' | 'warning';

/** Limits of a text that planning systems show and compare. */
export interface TextLimits {
  /** More characters than its VR takes are an error. */
  mostCharacters: number;
  /** Fewer that planning systems are known to keep whole; more are a warning. */
  advisedCharacters: number;
  /** What the whole text must look like. */
  form: RegExp;
}

/** What the importer of a planning system asks of an RT Structure Set, as far as it is known. */
export interface TpsProfile {
  /** Product, as in "Varian Eclipse". */
  title: string;
  /** The vendor's documents that were looked at. */
  documents: string;
  /** How regions with holes should be written. */
  holes: Sourced<HoleStyle>;
  /** Longest Contour Data (3006,0050) in bytes; a limit on points of its own is not known of any planning system. */
  contourDataBytes: Sourced<number>;
  /** Longest text of one coordinate. */
  coordinateCharacters: Sourced<number>;
  /** Structure Set Label (3006,0002). */
  label: Sourced<TextLimits>;
  /** ROI Name (3006,0026). */
  roiName: Sourced<TextLimits>;
  /** Values that Specific Character Set (0008,0005) may have. */
  characterSets: Sourced<RegExp>;
  /** UIDs of transfer syntaxes. */
  transferSyntaxes: Sourced<readonly string[]>;
  /** Keywords of type 2 elements whose absence is an error; the absence of others is a warning. */
  required: Sourced<readonly string[]>;
  /** Most ROIs of RT ROI Interpreted Type EXTERNAL. */
  externals: Sourced<number>;
  /** How grave it is when an ROI's frame of reference names no series or images, and when a contour names no image. */
  references: Sourced<{ chain: Severity; contourImage: Severity }>;
}

export type TpsName = 'generic' | 'eclipse' | 'raystation' | 'pinnacle' | 'monaco';

const OWN_CAUTION = "project's own caution";

/** One value, no control characters (PS3.5 6.2). */
const ONE_LINE = /^[^\\\p{Cc}]*$/u;

/** Defined terms of PS3.3 C.12.1.1.2, tables C.12-2 to C.12-5, and the default repertoire by its name. */
const DEFINED_CHARACTER_SETS = /^(ISO_IR (6|13|1(00|01|09|10|26|27|38|44|48|66)|192|203)|ISO 2022 IR (6|13|58|87|1(00|01|09|10|26|27|38|44|48|49|59|66)|203)|GB18030|GBK)$/;

const GENERIC: TpsProfile = {
  title: 'any planning system',
  documents: 'the DICOM standard, PS3.3 and PS3.5 2024',
  holes: {
    value: 'keyhole',
    source: 'PS3.3 C.8.8.6.3 knows both; an answer in the DICOM forum: most systems write XOR, all seem to import keyholes (groups.google.com/g/dicomforum/c/6MSgKXaZMA0, 2025)',
  },
  contourDataBytes: { value: 65_534, source: 'PS3.3 table C.8-42, note; PS3.5 6.2.2 (CP-1066)' },
  coordinateCharacters: { value: 16, source: 'PS3.5 6.2, DS' },
  label: { value: { mostCharacters: 16, advisedCharacters: 16, form: ONE_LINE }, source: 'PS3.5 6.2, SH' },
  roiName: {
    value: { mostCharacters: 64, advisedCharacters: 16, form: ONE_LINE },
    source: `PS3.5 6.2, LO; AAPM TG-263 (2018), none of whose names has more than 16 characters; unique whatever the case: ${OWN_CAUTION}`,
  },
  characterSets: { value: DEFINED_CHARACTER_SETS, source: 'PS3.3 C.12.1.1.2' },
  transferSyntaxes: { value: [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN], source: 'PS3.5 10.1 (default) and A.2; others: ' + OWN_CAUTION },
  required: {
    value: ['AccessionNumber', 'ReferringPhysicianName', 'StudyID', 'SeriesNumber', 'OperatorsName', 'PositionReferenceIndicator'],
    source: `PS3.5 7.4.3; some named as missing in an import log: pytrip/pytrip#193 (2016); the others: ${OWN_CAUTION}`,
  },
  externals: { value: 1, source: `${OWN_CAUTION}: dose is computed inside one external contour` },
  references: { value: { chain: 'warning', contourImage: 'warning' }, source: `type 3 in PS3.3 C.8.8.5 and C.8.8.6; ${OWN_CAUTION}` },
};

/** The generic profile in another's name: every source says that the value is not the vendor's. */
function asGeneric(title: string, documents: string): TpsProfile {
  const inherited = <T>({ value, source }: Sourced<T>): Sourced<T> => ({ value, source: `generic value, no ${title} source found: ${source}` });
  return {
    title,
    documents,
    holes: inherited(GENERIC.holes),
    contourDataBytes: inherited(GENERIC.contourDataBytes),
    coordinateCharacters: inherited(GENERIC.coordinateCharacters),
    label: inherited(GENERIC.label),
    roiName: inherited(GENERIC.roiName),
    characterSets: inherited(GENERIC.characterSets),
    transferSyntaxes: inherited(GENERIC.transferSyntaxes),
    required: inherited(GENERIC.required),
    externals: inherited(GENERIC.externals),
    references: inherited(GENERIC.references),
  };
}

/** The profiles, by the name that a user gives. */
export const TPS_PROFILES: Readonly<Record<TpsName, TpsProfile>> = {
  generic: GENERIC,
  eclipse: {
    ...asGeneric('Varian Eclipse', 'Varian System Server conformance statements VA8005D3CS (2007) and VA8804D3CS (2010), opening pages only'),
    coordinateCharacters: { value: 16, source: 'PS3.5 6.2, DS; Eclipse did not open files with longer ones: GSTT-CSC/TotalSegmentator-AIDE#11, qurit/rt-utils#81 (2023)' },
    label: { value: GENERIC.label.value, source: 'PS3.5 6.2, SH; longer ones "caused many problems in Eclipse": pytrip/pytrip#291, #285 (2017)' },
    required: {
      value: ['AccessionNumber', 'ReferringPhysicianName', 'StudyID', 'SeriesNumber'],
      source: `PS3.5 7.4.3; Eclipse's import log misses Study ID, Referring Physician's Name and Series Number: pytrip/pytrip#193, #255 (2016-17), as warnings; Eclipse 8 itself leaves out Operators' Name and the Frame of Reference module`,
    },
    references: { value: { chain: 'error', contourImage: 'error' }, source: 'a user of Eclipse on what must be there for an import: pytrip/pytrip#188 (2016)' },
  },
  raystation: {
    ...asGeneric('RaySearch RayStation', 'RayStation 6 conformance statement, opening pages only'),
    required: {
      value: [...GENERIC.required.value, 'PatientName', 'PatientID'],
      source: `PS3.5 7.4.3; RayStation 4.6 broke off on a null value while it listed patients by name and id, of a CT: pytrip/pytrip#266 (2017); the others: ${OWN_CAUTION}`,
    },
    references: { value: { chain: 'error', contourImage: 'warning' }, source: `a user of RayStation 4.6 had to make UIDs agree before an import went on: pytrip/pytrip#266 (2017); the image of each contour: ${OWN_CAUTION}` },
  },
  pinnacle: asGeneric('Philips Pinnacle³', 'conformance statements DHF181911 (R9.8, 2013) and DHF305591 (R16.2, 2018), opening pages only'),
  monaco: asGeneric('Elekta Monaco', 'conformance statement LEDDCMFCLMON0001 (Monaco 3.30, 2012), opening pages only'),
};

export const TPS_NAMES = Object.keys(TPS_PROFILES) as TpsName[];
