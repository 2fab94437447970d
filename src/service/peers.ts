import type { ClientTls, Config, DimseDestination } from '../config/index.ts';
import type { Service } from '../dicomweb/index.ts';
import type { DimsePeer, PeerTls } from '../dimse/index.ts';

/** How long Rondo's own archive may be silent. */
const OWN_TIMEOUT_MS = 60_000;

interface HeaderSecrets {
  headers: Readonly<Record<string, { reveal(): string }>>;
}

export function headersOf({ headers }: HeaderSecrets): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, secret]) => [name, secret.reveal()]));
}

export function dimsePeer({ host, port, aeTitle, callingAeTitle, timeoutMs, tls }: DimseDestination): DimsePeer {
  return { host, port, aeTitle, callingAeTitle, timeoutMs, ...(tls && { tls: peerTls(tls) }) };
}

function peerTls({ ca, cert, key }: ClientTls): PeerTls {
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key: key.reveal() }) };
}

/** How images are fetched from an address: as the configuration says of the archive that has it; of Rondo's own by what this process may use there. */
export function serviceAt(url: string, { archives }: Pick<Config, 'archives'>, own: Service | undefined): Service {
  if (own?.url === url) return own;
  const archive = archives.find((one) => one.url === url);
  return archive === undefined ? { url, timeoutMs: OWN_TIMEOUT_MS } : { url, headers: headersOf(archive), timeoutMs: archive.timeoutMs };
}
