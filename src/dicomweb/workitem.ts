import { CT_IMAGE_STORAGE, isUid, items, text, texts, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';

/** States of a Unified Procedure Step (PS3.4 CC.1.1). */
export type WorkitemState = 'SCHEDULED' | 'IN PROGRESS' | 'CANCELED' | 'COMPLETED';

const STATES: readonly string[] = ['SCHEDULED', 'IN PROGRESS', 'CANCELED', 'COMPLETED'] satisfies WorkitemState[];

/** A coded entry (PS3.3 section 8). */
export interface Code {
  value: string;
  scheme: string;
  meaning: string;
}

/** Instances of one series that work is done on (PS3.3 table 10-3b). */
export interface WorkitemInput {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  instances: { sopClassUid: string; sopInstanceUid: string }[];
}

/** A Unified Procedure Step as far as contouring needs it (PS3.3 C.30.2): nothing of the patient. */
export interface Workitem {
  uid: string;
  state: WorkitemState;
  /** Whether Input Readiness State is READY: the inputs are complete and will not change. */
  isReady: boolean;
  /** Worklist Label; '' where there is none. */
  worklist: string;
  /** Procedure Step Label; '' where there is none. */
  label: string;
  /** Scheduled Workitem Code: what shall be done. */
  code: Code | undefined;
  inputs: WorkitemInput[];
  /** Scheduled Processing Parameters: what may name a protocol. Codes stand as their values, numbers as written. */
  parameters: { name: Code; value: string }[];
}

/** Keywords of what `readWorkitem` reads, to be asked for in searches. */
export const WORKITEM_ATTRIBUTES = ['ProcedureStepState', 'InputReadinessState', 'WorklistLabel', 'ProcedureStepLabel', 'ScheduledWorkitemCodeSequence', 'InputInformationSequence', 'ScheduledProcessingParametersSequence'];

/** UIDs of its inputs stand as they were written: `ctOf` checks those that count. @throws RondoError `workitem` for a state that there is none of */
export function readWorkitem(dataset: Dataset, uid: string): Workitem {
  const state = text(dataset, 'ProcedureStepState');
  if (!isState(state)) throw new RondoError('workitem', `A workitem has no valid Procedure Step State. Expected ${STATES.join(', ')} (PS3.4 CC.1.1). Correct it in the worklist.`, { uid });
  return {
    uid,
    state,
    isReady: text(dataset, 'InputReadinessState') === 'READY',
    worklist: text(dataset, 'WorklistLabel'),
    label: text(dataset, 'ProcedureStepLabel'),
    code: codeOf(dataset, 'ScheduledWorkitemCodeSequence'),
    inputs: items(dataset, 'InputInformationSequence').filter((input) => text(input, 'SeriesInstanceUID') !== '').map(readInput),
    parameters: items(dataset, 'ScheduledProcessingParametersSequence').flatMap(readParameter),
  };
}

function isState(text: string): text is WorkitemState {
  return STATES.includes(text);
}

function readInput(input: Dataset): WorkitemInput {
  return {
    studyInstanceUid: text(input, 'StudyInstanceUID'),
    seriesInstanceUid: text(input, 'SeriesInstanceUID'),
    instances: items(input, 'ReferencedSOPSequence').map((instance) => ({
      sopClassUid: text(instance, 'ReferencedSOPClassUID'),
      sopInstanceUid: text(instance, 'ReferencedSOPInstanceUID'),
    })),
  };
}

/** A content item of type TEXT, CODE or NUMERIC (PS3.3 table 10-2); others name no protocol. */
function readParameter(item: Dataset): Workitem['parameters'] {
  const name = codeOf(item, 'ConceptNameCodeSequence');
  if (!name) return [];
  const value = codeOf(item, 'ConceptCodeSequence')?.value ?? (text(item, 'TextValue') || texts(item, 'NumericValue').join('\\'));
  return value === '' ? [] : [{ name, value }];
}

function codeOf(dataset: Dataset, keyword: string): Code | undefined {
  const code = items(dataset, keyword).at(0);
  return code && { value: text(code, 'CodeValue') || text(code, 'LongCodeValue') || text(code, 'URNCodeValue'), scheme: text(code, 'CodingSchemeDesignator'), meaning: text(code, 'CodeMeaning') };
}

/**
 * The one CT series that a contouring workitem is about.
 * @throws RondoError `workitem-input` where it names none or several, or by UIDs that are none
 */
export function ctOf({ uid, inputs }: Workitem): WorkitemInput {
  const series = inputs.filter(({ instances }) => instances.some(({ sopClassUid }) => sopClassUid === CT_IMAGE_STORAGE));
  const [ct] = series;
  if (new Set(series.map(({ seriesInstanceUid }) => seriesInstanceUid)).size !== 1) {
    throw new RondoError('workitem-input', `The workitem names ${series.length} series of CT images in its Input Information Sequence. Expected one, with the SOP class of its instances: schedule one workitem for each planning CT.`, { uid });
  }
  const instances = series.flatMap((each) => each.instances);
  if (![...series.flatMap(({ studyInstanceUid, seriesInstanceUid }) => [studyInstanceUid, seriesInstanceUid]), ...instances.map(({ sopInstanceUid }) => sopInstanceUid)].every(isUid)) {
    throw new RondoError('workitem-input', 'The workitem names its CT by a UID that is none. Expected digits and dots, at most 64 characters (PS3.5 9.1). Correct it in the worklist.', { uid });
  }
  return { ...ct, instances };
}
