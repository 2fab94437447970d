import { mkdtemp, rm } from 'node:fs/promises';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { readPlanningCt } from '../ct/index.ts';
import type { PlanningCt } from '../dicom/index.ts';
import type { FoundSeries } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';

/** A series in a DICOMweb archive. */
export interface SeriesAddress {
  /** Root of its DICOMweb services. */
  url: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
}

/** HTTP header by name: the environment variable that holds its whole value. */
export type HeadersFromEnv = Readonly<Record<string, string>>;

/** Milliseconds without progress after which the archive is given up. */
const TIMEOUT_MS = 60_000;

const ADDRESS = /^dicomweb:(https?:.+)\/studies\/([\d.]+)\/series\/([\d.]+)\/?$/;

/** For commander: `dicomweb:<url>/studies/<uid>/series/<uid>`. */
export function seriesAddress(text: string): SeriesAddress {
  const [, url, studyInstanceUid, seriesInstanceUid] = (ADDRESS.exec(text) ?? []) as (string | undefined)[];
  if (url === undefined || studyInstanceUid === undefined || seriesInstanceUid === undefined) throw new InvalidArgumentError('Expected dicomweb:https://…/studies/<Study Instance UID>/series/<Series Instance UID>.');
  return { url, studyInstanceUid, seriesInstanceUid };
}

/** For commander: adds `<header>=<variable>`. */
export function headerFromEnv(text: string, before: HeadersFromEnv): HeadersFromEnv {
  const [, name, variable] = (/^([^=]+)=([A-Z_][A-Z0-9_]*)$/.exec(text) ?? []) as (string | undefined)[];
  if (name === undefined || variable === undefined) throw new InvalidArgumentError('Expected the name of a header, "=", and the name of an environment variable in capitals; never the value itself.');
  try {
    validateHeaderName(name);
  } catch {
    throw new InvalidArgumentError('Expected the name of an HTTP header before "=".');
  }
  return { ...before, [name]: variable };
}

/** What whoever waits for a CT wants to know, and to end. */
export interface CtReading {
  signal: AbortSignal;
  onProgress: (stage: 'fetching' | 'reading', done: number, total: number) => void;
}

/**
 * The planning CT that a series in an archive is. Its images lie in a folder of this user only, until they are read or that fails.
 * @throws RondoError `header-missing`, `series-not-ct`, those of `DicomWeb` and `readPlanningCt`
 */
export async function fetchedCt({ url, studyInstanceUid, seriesInstanceUid }: SeriesAddress, headers: HeadersFromEnv, { signal, onProgress }: CtReading): Promise<PlanningCt> {
  // Not with every contouring: what speaks HTTP takes some tenths of a second to load.
  const { DicomWeb } = await import('../dicomweb/index.ts');
  const web = new DicomWeb({ url, headers: Object.fromEntries(Object.entries(headers).map(([name, variable]) => [name, valueOf(variable)])), timeoutMs: TIMEOUT_MS });
  const [found] = (await web.searchSeries({ match: { StudyInstanceUID: studyInstanceUid, SeriesInstanceUID: seriesInstanceUid }, signal })) as [FoundSeries?];
  if (found !== undefined && !['', 'CT'].includes(found.modality)) throw new RondoError('series-not-ct', `The series is one of modality ${found.modality}. Expected a CT: give the UID of the planning CT.`, { uid: seriesInstanceUid });
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-ct-'));
  try {
    await web.retrieveSeries(studyInstanceUid, seriesInstanceUid, folder, { signal, onProgress: ({ instances, of }) => { onProgress('fetching', instances, of); } });
    onProgress('reading', 0, 1);
    return await readPlanningCt(folder, { signal, seriesInstanceUid });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function valueOf(variable: string): string {
  const value = process.env[variable]?.trim() ?? '';
  try {
    if (value === '') throw new Error('empty');
    validateHeaderValue('x', value);
    return value;
  } catch {
    throw new RondoError('header-missing', `The environment variable ${variable} holds no value that a header may have: it is not set, empty, or has line breaks. Set it to the whole value, as "Bearer …".`);
  }
}
