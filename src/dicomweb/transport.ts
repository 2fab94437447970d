import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { Agent, buildConnector, fetch as fetchBy } from 'undici';
import { isServerAlert } from './failures.ts';

/** How HTTPS is checked and what is shown; everything in PEM. */
export type ServiceTls =
  | {
    /** Authorities that the server is trusted by; those of Node.js without it. */
    ca?: string | undefined;
    /** For servers that demand a certificate. */
    key?: string | undefined;
    cert?: string | undefined;
  }
  /** The very certificate that the server shows, with those that lead to its authority, whatever names it is for: Rondo's own. */
  | { own: string };

/** A fetch with connections of its own. Its limits of time are the caller's: Node's global one gives up after 300 s, whatever its caller allows. */
export function fetchOver(tls: ServiceTls | undefined): typeof fetch {
  const connect = buildConnector(tls === undefined ? {} : connectionOptions(tls));
  // Of a connection that the server ended by an alert undici says only that it ended.
  let alert: unknown;
  const dispatcher = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(options, done) {
      connect(options, (...made) => {
        made[1]?.once('error', (error) => { if (isServerAlert(error)) alert = error; });
        done(...made);
      });
    },
  });
  const ask = async (url: URL, init: object): Promise<unknown> => {
    alert = undefined;
    return await fetchBy(url, { ...init, dispatcher }).catch((error: unknown) => { throw alert ?? error; });
  };
  return ask as typeof fetch;
}

function connectionOptions(tls: ServiceTls): SecureContextOptions & Pick<ConnectionOptions, 'checkServerIdentity'> {
  if (!('own' in tls)) return { ca: tls.ca, key: tls.key, cert: tls.cert };
  const { fingerprint256 } = new X509Certificate(tls.own);
  return {
    ca: tls.own,
    allowPartialTrustChain: true,
    checkServerIdentity: (_, shown) => (shown.fingerprint256 === fingerprint256 ? undefined : Object.assign(new Error('another certificate'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })),
  };
}
