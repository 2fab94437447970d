import { elementOfKeyword, keywords, VALUE_REPRESENTATIONS } from '../dicom/index.ts';
import { didYouMean } from './nearest.ts';

/** What is known of how a CT came, beside its attributes. */
export const ARRIVAL_KEYWORDS = ['CalledAETitle', 'CallingAETitle', 'Origin'] as const;

/** How a CT came: by C-STORE, by STOW-RS, in a watched folder, from an archive that was asked, by an order of the worklist. */
export const ORIGINS = ['dimse', 'stow', 'folder', 'archive', 'worklist'] as const;
export type Origin = (typeof ORIGINS)[number];

let known: ReadonlySet<string> | undefined;

/** Why a keyword is none; undefined for one of `others` and of the dictionary (PS3.6). */
export function unknownKeyword(keyword: string, others: readonly string[]): string | undefined {
  known ??= new Set(keywords());
  if (others.includes(keyword) || known.has(keyword)) return undefined;
  return `"${keyword}" is no DICOM keyword (PS3.6)${others.length === 0 ? '' : `, nor one of ${others.join(', ')}`}.${didYouMean(keyword, [...others, ...known])}`;
}

/** The one attribute of the patient (group 0010) that is a kind and not an identity. */
const PATIENT_KIND = 'PatientSex';

/** Identifiers of one visit, order or study, by which it can be found again (PS3.15 table E.1-1). */
const IDENTIFIERS: ReadonlySet<string> = new Set([
  'AccessionNumber', 'StudyID', 'AdmissionID', 'ServiceEpisodeID', 'RequestedProcedureID', 'ScheduledProcedureStepID', 'PerformedProcedureStepID',
  'PlacerOrderNumberImagingServiceRequest', 'FillerOrderNumberImagingServiceRequest', 'PatientInstitutionResidence', 'CurrentPatientLocation',
]);

/**
 * Why no rule may ask for a keyword: explanations repeat the values seen, and no patient shall be found by them.
 * Dates and times are refused with them: they tell one study from others, never kinds of study.
 */
export function ruleKeywordProblem(keyword: string): string | undefined {
  const unknown = unknownKeyword(keyword, ARRIVAL_KEYWORDS);
  if (unknown !== undefined) return unknown;
  const element = elementOfKeyword(keyword, 0);
  if (element === undefined) return undefined;
  const { tag, vr } = element;
  if (keyword === PATIENT_KIND || keyword === 'SOPClassUID') return undefined;
  if (tag.startsWith('0010') || ['PN', 'UI', 'DA', 'DT', 'TM'].includes(vr) || IDENTIFIERS.has(keyword)) {
    return `${keyword} tells one patient, person or study from others and cannot choose a protocol; expected a keyword of the kind of examination, such as StudyDescription or StationName`;
  }
  const kind = VALUE_REPRESENTATIONS[vr]?.kind;
  if (kind !== 'text' && kind !== 'encodedText' && kind !== 'number') return `${keyword} holds ${kind === 'sequence' ? 'a sequence' : 'bytes'}; expected a keyword whose value is a text or a number`;
  return undefined;
}
