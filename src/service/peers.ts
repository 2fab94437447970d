import type { ClientTls, Config, DimseDestination, ListenerTls, WebPeer } from '../config/index.ts';
import { DicomWeb, type SeriesListing, type Service } from '../dicomweb/index.ts';
import type { DimsePeer, PeerTls } from '../dimse/index.ts';
import type { CtSource } from '../jobs/index.ts';

/** Where the archive's DICOMweb lies below the address of the service. */
export const DICOM_WEB = 'dicom-web';

/** How long Rondo's own archive may be silent. */
const OWN_TIMEOUT_MS = 60_000;

/** How a DICOMweb service of the configuration is reached. */
export function webService({ url, headers, timeoutMs, tls }: WebPeer & { timeoutMs: number }): Service {
  return { url, headers: Object.fromEntries(Object.entries(headers).map(([name, secret]) => [name, secret.reveal()])), timeoutMs, ...(tls && { tls: pemOf(tls) }) };
}

export function dimsePeer({ host, port, aeTitle, callingAeTitle, timeoutMs, tls }: DimseDestination): DimsePeer {
  return { host, port, aeTitle, callingAeTitle, timeoutMs, ...(tls && { tls: pemOf(tls) }) };
}

function pemOf({ ca, cert, key }: ClientTls): PeerTls {
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key: key.reveal() }) };
}

/** Stands in a job for the address of Rondo's own archive, which another port or another name of the machine must not turn into a dead end. */
export const OWN_ARCHIVE = 'rondo:archive';

/** How images are fetched from an address: as the configuration says of the archive that has it. @param own how this process reaches Rondo's own archive */
export function serviceAt(url: string, { archives }: Pick<Config, 'archives'>, own: Service): Service {
  if (url === OWN_ARCHIVE) return own;
  const archive = archives.find((one) => one.url === url);
  return archive === undefined ? { url, timeoutMs: OWN_TIMEOUT_MS } : webService(archive);
}

/** How a series is listed, wherever it lies. */
export function listSeriesAt(config: Pick<Config, 'archives'>, own: Service): (source: CtSource) => Promise<SeriesListing> {
  return async ({ url, studyInstanceUid, seriesInstanceUid }) => await new DicomWeb(serviceAt(url, config, own)).listSeries(studyInstanceUid, seriesInstanceUid);
}

/**
 * How Rondo's own archive is reached.
 * @param base address of the service, without a slash at its end
 * @param key of a program that may fetch and store, where the service asks for one
 * @param tls what the service itself shows at that address
 */
export function ownArchiveAt(base: string, key: string | undefined, tls: ListenerTls | undefined): Service {
  return {
    url: `${base}/${DICOM_WEB}`,
    timeoutMs: OWN_TIMEOUT_MS,
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    ...(tls && { tls: { own: tls.cert } }),
  };
}

/** The same from another process. */
export function ownArchiveOf({ http }: Pick<Config, 'http'>, key: string | undefined): Service {
  const { base, tls } = ownAddressOf({ http });
  return ownArchiveAt(base, key, tls);
}

/** Where another process finds the service, and what it shows there. What stands at the public address may be another, with a certificate of its own. */
export function ownAddressOf({ http: { host, port, publicUrl, tls } }: Pick<Config, 'http'>): { base: string; tls: ListenerTls | undefined } {
  if (publicUrl !== undefined) return { base: publicUrl, tls: undefined };
  const reached = host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
  return { base: `${tls ? 'https' : 'http'}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`, tls };
}
