import { isUid, text, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { DICOM_JSON, datasetsOf, queryTag } from './dicomJson.ts';

/** Asked for at once. Archives may answer with fewer. */
const PAGE = 500;

export interface Search {
  /** Below the base URL: `studies/1.2/series`. */
  path: string;
  /** Values to match by keyword, or by keywords parted by dots for items of a sequence (PS3.18 8.3.4.1). */
  match: Readonly<Record<string, string | undefined>>;
  /** Keywords of attributes to be returned beside those that always are. */
  attributes: readonly string[];
  /** Keyword of the UID that tells the results apart. */
  uid: 'SeriesInstanceUID' | 'SOPInstanceUID';
  signal?: AbortSignal | undefined;
}

/**
 * All results of a search, page by page, by their UIDs. Archives cut answers off at limits of their own, some without saying so: only an
 * empty page is the end (PS3.18 8.3.4.4). One that knows no paging answers with the same page again, and has then given all.
 * @throws RondoError `dicomweb-answer`, `dicomweb-doubled`, `dicomweb-paging`, those of `Connection.ask`, and `dicom-value` for unknown keywords
 */
export async function searchAll(connection: Connection, { path, match, attributes, uid, signal }: Search): Promise<Map<string, Dataset>> {
  const fixed = [...Object.entries(match).flatMap(([keyword, value]): [string, string][] => (value === undefined ? [] : [[queryTag(keyword), value]])), ...attributes.map((keyword): [string, string] => ['includefield', queryTag(keyword)])];
  const found = new Map<string, Dataset>();
  for (let received = 0; ; ) {
    const query = new URLSearchParams([...fixed, ['limit', String(PAGE)], ['offset', String(received)]]).toString();
    const { results, saysMore } = await connection.get({ path, query, accept: DICOM_JSON, statuses: [200, 204], signal }, (answer) => ({
      results: byUid(datasetsOf(answer), uid),
      saysMore: answer.headers.get('warning')?.startsWith('299') === true,
    }));
    if (results.size === 0) return found;
    const known = found.size;
    for (const [each, dataset] of results) found.set(each, dataset);
    if (found.size === known) {
      if (results.size === known && known !== PAGE && !saysMore) return found;
      throw new RondoError('dicomweb-paging', `The archive repeats results instead of giving the ones after the first ${received}: there may be more. Narrow the search, or have paging (offset and limit, PS3.18 8.3.4.4) switched on in the archive.`);
    }
    received += results.size;
  }
}

function byUid(results: readonly Dataset[], keyword: string): Map<string, Dataset> {
  const found = new Map<string, Dataset>();
  for (const result of results) {
    const uid = checkedUid(text(result, keyword), keyword);
    if (found.has(uid)) throw new RondoError('dicomweb-doubled', 'The archive lists the same object twice. Expected each once: have the archive repaired.', { uid });
    found.set(uid, result);
  }
  return found;
}

/** A UID that may become a part of a URL and the name of a file. @throws RondoError `dicomweb-uid` */
export function checkedUid(uid: string, keyword: string): string {
  if (isUid(uid)) return uid;
  throw new RondoError('dicomweb-uid', `${keyword} is not a valid UID. Expected digits and dots, at most 64 characters (PS3.5 9.1). Correct it at its source.`);
}
