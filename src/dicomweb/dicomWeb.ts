import { numbers, readDicom, text, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { Connection, type Service } from './connection.ts';
import { DICOM_JSON, datasetsOf } from './dicomJson.ts';
import { multipartOf } from './multipart.ts';
import { retrieveInstances, type Retrieval, type RetrievedSeries, type SeriesListing } from './retrieveSeries.ts';
import { checkedUid, searchAll } from './search.ts';
import { storeOutcomes, type Stored } from './storeAnswer.ts';

export interface SeriesQuery {
  /** Values to match by DICOM keyword: `{ Modality: 'CT', StudyInstanceUID: '…' }`. */
  match: Readonly<Record<string, string | undefined>>;
  /** Keywords of the attributes wanted, for rules that choose a protocol: `StudyDescription`, `ProtocolName` … */
  attributes?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

export interface FoundSeries {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  /** '' where the archive does not say. */
  modality: string;
  /** Undefined where the archive does not say. */
  instances: number | undefined;
  /** The attributes that were asked for and that the archive has. */
  attributes: Dataset;
}

/**
 * A DICOMweb archive: QIDO-RS, WADO-RS and STOW-RS (PS3.18 section 10). Searches and retrievals are tried again after failures that may pass;
 * storing is not, as an answer that was lost does not tell whether it was done: ask `holds`. `isTransient` tells which failures are worth
 * another try. Every method throws the RondoErrors of `Connection.ask`, and `dicomweb-uid` for UIDs that are none.
 */
export class DicomWeb {
  readonly #connection: Connection;

  /** @throws RondoError `dicomweb-url` */
  constructor(service: Service) {
    this.#connection = new Connection(service);
  }

  /** All series that match, however many. @throws RondoError `dicomweb-answer`, `dicomweb-paging`, `dicomweb-doubled`, and `dicom-value` for unknown keywords */
  async searchSeries({ match, attributes = [], signal }: SeriesQuery): Promise<FoundSeries[]> {
    // Not every archive searches for series across studies.
    const { StudyInstanceUID: study, ...others } = match;
    const path = study === undefined ? 'series' : `studies/${checkedUid(study, 'StudyInstanceUID')}/series`;
    const found = await searchAll(this.#connection, { path, match: others, attributes: ['NumberOfSeriesRelatedInstances', ...attributes], uid: 'SeriesInstanceUID', signal });
    return Array.from(found, ([seriesInstanceUid, dataset]) => ({
      studyInstanceUid: checkedUid(study ?? text(dataset, 'StudyInstanceUID'), 'StudyInstanceUID'),
      seriesInstanceUid,
      modality: text(dataset, 'Modality'),
      instances: numbers(dataset, 'NumberOfSeriesRelatedInstances').at(0),
      attributes: Object.fromEntries(attributes.map((keyword) => [keyword, dataset[keyword]]).filter(([, value]) => value !== undefined)) as Dataset,
    }));
  }

  /**
   * What an archive has of a series: no instances where it does not have it.
   * @throws RondoError `dicomweb-incomplete` where it has more than it lists, `dicomweb-answer`, `dicomweb-paging`, `dicomweb-doubled`, `dicomweb-foreign`
   */
  async listSeries(studyInstanceUid: string, seriesInstanceUid: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<SeriesListing> {
    // Asked before the list, which can only be longer if the series is still growing.
    const [series] = await this.searchSeries({ match: { StudyInstanceUID: studyInstanceUid, SeriesInstanceUID: checkedUid(seriesInstanceUid, 'SeriesInstanceUID') }, attributes: ['PatientID'], signal }) as [FoundSeries?];
    const found = await searchAll(this.#connection, { path: `${seriesPath(studyInstanceUid, seriesInstanceUid)}/instances`, match: {}, attributes: [], uid: 'SOPInstanceUID', signal });
    for (const [uid, dataset] of found) {
      const series = text(dataset, 'SeriesInstanceUID');
      if (series !== '' && series !== seriesInstanceUid) throw new RondoError('dicomweb-foreign', 'The archive lists an instance of another series under this one. Have the archive repaired.', { uid });
    }
    // Orthanc with LimitFindInstances ends its list there without a word, whatever the offset: a CT would lack slices.
    if (found.size < (series?.instances ?? 0)) {
      throw new RondoError('dicomweb-incomplete', `The archive has ${series?.instances} instances of this series and lists ${found.size}. Raise the limit of its searches (Orthanc: LimitFindInstances, LimitFindResults).`, { uid: seriesInstanceUid });
    }
    return { instanceUids: [...found.keys()], patientId: text(series?.attributes ?? {}, 'PatientID') };
  }

  /**
   * Fetches every instance of a series into a folder, made if need be, as `<SOP Instance UID>.dcm`; each is written whole or not at all,
   * in the transfer syntax that it is stored in. What had been fetched before a failure stays.
   * @throws RondoError `dicomweb-series-empty`, `series-limit` before anything is fetched, `dicomweb-incomplete`, `dicomweb-missing`, `dicomweb-doubled`, `dicomweb-foreign`, `dicomweb-changed` for a series that
   * grew meanwhile, or came to another patient, `dicomweb-folder`, `cancelled`, and the codes of `readDicom`
   */
  async retrieveSeries(studyInstanceUid: string, seriesInstanceUid: string, folder: string, retrieval: Retrieval = {}): Promise<RetrievedSeries> {
    const list = (): Promise<SeriesListing> => this.listSeries(studyInstanceUid, seriesInstanceUid, retrieval);
    return await retrieveInstances(this.#connection, { studyInstanceUid, seriesInstanceUid }, list, folder, retrieval);
  }

  /**
   * Stores instances (Part 10 files) by one request, and says what became of each by the archive's word, in the order given. Ask `holds`
   * before a delivery counts as done: Orthanc says to have stored what its own filter threw away.
   * @throws RondoError `dicomweb-answer` when the answer cannot be read, `dicomweb-doubled` for the same UID twice, and the codes of `readDicom`
   */
  async store(instances: readonly Uint8Array[], { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Stored[]> {
    const sent = instances.map((bytes) => checkedUid(text(readDicom(bytes).dataset, 'SOPInstanceUID'), 'SOPInstanceUID'));
    const twice = sent.find((uid, index) => sent.indexOf(uid) < index);
    if (twice !== undefined) throw new RondoError('dicomweb-doubled', 'The same instance shall be stored twice by one request. Expected each once.', { uid: twice });
    if (sent.length === 0) return [];
    // 202 and 409: some or all instances were refused, and the answer says which and why (PS3.18 table 10.5.3-1).
    const answer = await this.#connection.ask({ method: 'POST', path: 'studies', accept: DICOM_JSON, ...multipartOf(instances), statuses: [200, 202, 409], signal });
    return storeOutcomes(sent, datasetsOf(answer).at(0));
  }

  /** Whether the archive lists an instance, to verify a delivery. */
  async holds(studyInstanceUid: string, seriesInstanceUid: string, sopInstanceUid: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<boolean> {
    const query = new URLSearchParams({ '00080018': checkedUid(sopInstanceUid, 'SOPInstanceUID') }).toString();
    return await this.#connection.get({ path: `${seriesPath(studyInstanceUid, seriesInstanceUid)}/instances`, query, // 404: some archives say so of a study or series that they do not have yet.
      accept: DICOM_JSON, statuses: [200, 204, 404], signal }, (answer) =>
      answer.status !== 404 && datasetsOf(answer).some((dataset) => text(dataset, 'SOPInstanceUID') === sopInstanceUid),
    );
  }
}

function seriesPath(studyInstanceUid: string, seriesInstanceUid: string): string {
  return `studies/${checkedUid(studyInstanceUid, 'StudyInstanceUID')}/series/${checkedUid(seriesInstanceUid, 'SeriesInstanceUID')}`;
}
