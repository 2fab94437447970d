import { text, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { Connection, type Answer, type Service } from './connection.ts';
import { badAnswer } from './failures.ts';
import { DICOM_JSON, datasetsOf, jsonFromDataset } from './dicomJson.ts';
import { checkedUid, searchAll } from './search.ts';
import { readWorkitem, WORKITEM_ATTRIBUTES, type Code, type Workitem, type WorkitemInput, type WorkitemState } from './workitem.ts';

export interface WorkitemQuery {
  state: WorkitemState;
  /** Further values to match by DICOM keyword, dots for items: `{ 'ScheduledWorkitemCodeSequence.CodeValue': '…' }`. */
  match?: Readonly<Record<string, string>> | undefined;
}

/** What a completed workitem led to. */
export interface Performed {
  outputs: readonly (WorkitemInput & { from: readonly OutputPlace[] })[];
  startedAt: Date;
  endedAt: Date;
}

/** Where outputs can be had (PS3.3 table 10-3b asks for one at least). */
export type OutputPlace = { aeTitle: string } | { retrieveUrl: string };

/** "Discontinued for unspecified reason" (PS3.16 CID 9300); the reason itself stands in words beside it. */
const DISCONTINUED: Code = { value: '110513', scheme: 'DCM', meaning: 'Discontinued for unspecified reason' };

/** What `not ours`, `wrong state` and `malformed` are answered with, by some servers one for the other (PS3.18 tables 11.6.3-1 and 11.7.3-1). */
const CONFLICT = [400, 409];

/**
 * A worklist by UPS-RS (PS3.18 section 11): workitems are claimed, worked on and finished under a transaction UID, which the caller makes and
 * keeps before `claim`. Every change may be asked for again with the same UIDs, as after an answer that was lost, and is then done once.
 * Every method throws the RondoErrors of `Connection.ask`, and `dicomweb-uid` for UIDs that are none.
 */
export class Worklist {
  readonly #connection: Connection;
  readonly #station: Code;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param service with the name of this Rondo in workitems, as its AE title may be, and what ends every request with `cancelled`
   * @throws RondoError `dicomweb-url`
   */
  constructor({ stationName, signal, ...service }: Service & { stationName: string; signal?: AbortSignal | undefined }) {
    this.#connection = new Connection(service);
    this.#signal = signal;
    this.#station = { value: stationName, scheme: '99RONDO', meaning: stationName };
  }

  /** All workitems that match, however many. @throws RondoError `dicomweb-answer`, `dicomweb-paging`, and `dicom-value` for unknown keywords */
  async search({ state, match = {} }: WorkitemQuery): Promise<Workitem[]> {
    const found = await searchAll(this.#connection, { path: 'workitems', match: { ...match, ProcedureStepState: state }, attributes: WORKITEM_ATTRIBUTES, uid: 'SOPInstanceUID', signal: this.#signal });
    // A server that does not match the state lists others too.
    return [...found].filter(([, dataset]) => text(dataset, 'ProcedureStepState') === state).map(([uid, dataset]) => readWorkitem(dataset, uid));
  }

  /** One workitem as it is now. @throws RondoError `workitem`, `dicomweb-answer` */
  async retrieve(uid: string): Promise<Workitem> {
    return await this.#connection.get({ path: workitemPath(uid), accept: DICOM_JSON, statuses: [200], signal: this.#signal }, (answer) => {
      const [dataset] = datasetsOf(answer) as [Dataset?];
      if (!dataset) throw badAnswer(answer.asked, 'the answer holds no workitem');
      return readWorkitem(dataset, uid);
    });
  }

  /**
   * Takes a scheduled workitem: true when it is now in progress under this transaction UID, also when it was before.
   * False when someone else has it, or it was finished or canceled.
   * @throws RondoError `workitem-refused` when the worklist refuses although it is scheduled
   */
  async claim(uid: string, transaction: string): Promise<boolean> {
    if ((await this.#changeState(uid, transaction, 'IN PROGRESS')).status === 200) return true;
    const { state } = await this.retrieve(uid);
    if (state === 'SCHEDULED') throw refused('claim', uid);
    // Nobody is told whose it is (PS3.18 11.5): only the performer's update is taken.
    return state === 'IN PROGRESS' && (await this.#update(uid, transaction, progressOf(0, ''))).status === 200;
  }

  /** Says how far the work is. @param percent 0 to 100 @throws RondoError `workitem-refused` when it is not in progress under this transaction UID */
  async progress(uid: string, transaction: string, percent: number, description: string): Promise<void> {
    const answer = await this.#update(uid, transaction, progressOf(percent, description));
    if (answer.status !== 200) throw refused('report progress of', uid);
  }

  /**
   * Finishes a workitem: what was performed first, as its final state demands (PS3.4 CC.2.5.1.1, table CC.2.5-3), then its state.
   * @throws RondoError `workitem-refused` when it is not in progress, or completed, under this transaction UID
   */
  async complete(uid: string, transaction: string, { outputs, startedAt, endedAt }: Performed): Promise<void> {
    const { code } = await this.retrieve(uid);
    const performed: Dataset = {
      PerformedStationNameCodeSequence: [codeItem(this.#station)],
      PerformedWorkitemCodeSequence: code ? [codeItem(code)] : [],
      PerformedProcedureStepStartDateTime: dateTime(startedAt),
      PerformedProcedureStepEndDateTime: dateTime(endedAt),
      OutputInformationSequence: outputs.map(outputItem),
    };
    await this.#finish(uid, transaction, 'COMPLETED', { UnifiedProcedureStepPerformedProcedureSequence: [performed] });
  }

  /**
   * Gives up a workitem in progress, with a reason in words that name no patient.
   * @throws RondoError `workitem-refused` when it is not in progress, or canceled, under this transaction UID
   */
  async cancel(uid: string, transaction: string, reason: string): Promise<void> {
    await this.#finish(uid, transaction, 'CANCELED', {
      ProcedureStepProgressInformationSequence: [{ ProcedureStepCancellationDateTime: dateTime(new Date()), ReasonForCancellation: reason, ProcedureStepDiscontinuationReasonCodeSequence: [codeItem(DISCONTINUED)] }],
    });
  }

  async #finish(uid: string, transaction: string, state: 'COMPLETED' | 'CANCELED', update: Dataset): Promise<void> {
    const updated = (await this.#update(uid, transaction, update)).status === 200;
    // Finished before: whether by this transaction is told by changing the state again, which is a warning (PS3.4 table CC.1.1-2).
    if (!updated && (await this.retrieve(uid)).state !== state) throw refused(`set ${state}`, uid);
    if ((await this.#changeState(uid, transaction, state)).status !== 200) throw refused(`set ${state}`, uid);
  }

  async #changeState(uid: string, transaction: string, state: WorkitemState): Promise<Answer> {
    const payload = { TransactionUID: checkedUid(transaction, 'TransactionUID'), ProcedureStepState: state };
    return await this.#send('PUT', `${workitemPath(uid)}/state`, '', payload);
  }

  async #update(uid: string, transaction: string, update: Dataset): Promise<Answer> {
    // The query is the UID alone (PS3.18 11.6.1); servers built on DIMSE look for it in the data set (PS3.4 CC.2.6).
    return await this.#send('POST', workitemPath(uid), checkedUid(transaction, 'TransactionUID'), { ...update, TransactionUID: transaction });
  }

  async #send(method: 'POST' | 'PUT', path: string, query: string, payload: Dataset): Promise<Answer> {
    const body = JSON.stringify([jsonFromDataset(payload)]);
    return await this.#connection.ask({ method, path, query, accept: DICOM_JSON, contentType: DICOM_JSON, body, statuses: [200, ...CONFLICT], signal: this.#signal });
  }
}

function workitemPath(uid: string): string {
  return `workitems/${checkedUid(uid, 'SOPInstanceUID')}`;
}

function progressOf(percent: number, description: string): Dataset {
  return { ProcedureStepProgressInformationSequence: [{ ProcedureStepProgress: percent, ProcedureStepProgressDescription: description }] };
}

function codeItem({ value, scheme, meaning }: Code): Dataset {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}

function outputItem({ studyInstanceUid, seriesInstanceUid, instances, from }: Performed['outputs'][number]): Dataset {
  return {
    TypeOfInstances: 'DICOM',
    StudyInstanceUID: studyInstanceUid,
    SeriesInstanceUID: seriesInstanceUid,
    ReferencedSOPSequence: instances.map(({ sopClassUid, sopInstanceUid }) => ({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid })),
    ...accessItems('DICOMRetrievalSequence', from.flatMap((place) => ('aeTitle' in place ? [{ RetrieveAETitle: place.aeTitle }] : []))),
    ...accessItems('WADORSRetrievalSequence', from.flatMap((place) => ('retrieveUrl' in place ? [{ RetrieveURL: place.retrieveUrl }] : []))),
  };
}

/** A sequence that must not be empty where it is present (PS3.3 table 10-3b). */
function accessItems(keyword: string, access: readonly Dataset[]): Dataset {
  return access.length === 0 ? {} : { [keyword]: access };
}

/** DT in universal time (PS3.5 6.2). */
function dateTime(at: Date): string {
  return `${at.toISOString().replace(/\D/g, '').slice(0, 14)}+0000`;
}

function refused(what: string, uid: string): RondoError {
  return new RondoError('workitem-refused', `The worklist refuses to ${what} a workitem. Expected it to be in progress under the transaction UID that it was claimed with; someone may have changed it meanwhile.`, { uid });
}
