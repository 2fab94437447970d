import { RondoError } from '../errors.ts';

/** Codes of failures that may pass by themselves: the archive is down, slow or busy, a connection was cut, a series still arrives. */
const TRANSIENT = new Set(['dicomweb-unreachable', 'dicomweb-timeout', 'dicomweb-server', 'dicomweb-cut', 'dicomweb-changed']);

/** Whether the same request may succeed later, without anyone doing anything. */
export function isTransient(error: unknown): boolean {
  return error instanceof RondoError && TRANSIENT.has(error.code);
}

/** A request as errors name it: without credentials and query, which may name a patient. */
export interface Asked {
  method: string;
  url: URL;
}

function named({ method, url }: Asked): string {
  return `${method} ${url.origin}${url.pathname}`;
}

/** What a server says that does not take the certificate which it was shown, or demands one (RFC 8446 6.2), by OpenSSL's codes. */
const SERVER_ALERT = /_ALERT_(.*CERTIFICATE.*|UNKNOWN_CA|HANDSHAKE_FAILURE)$/;

export function isServerAlert(error: unknown): boolean {
  return SERVER_ALERT.test(causeCode(error));
}

/** OpenSSL's and Node's codes of certificates that are not trusted, and what to do. */
const CERTIFICATES: readonly [code: RegExp, problem: string][] = [
  [/^CERT_HAS_EXPIRED$|^CERT_NOT_YET_VALID$/, 'is not valid today. Have it renewed, and check the clock of this machine'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'is for another name. Use a name that it is for in the address, or have it corrected'],
  [/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/, "is not trusted. Name the hospital's certificate authority in tls.ca of the configuration, or in the environment variable NODE_EXTRA_CA_CERTS"],
];

/** What a connection died of: a RondoError that says so without the words of fetch, which may hold the whole URL. */
export function connectionFailure(asked: Asked, error: unknown): RondoError {
  const code = causeCode(error);
  if (isServerAlert(error)) return new RondoError('dicomweb-client-certificate', `${named(asked)}: the archive does not take the certificate that it was shown, or demands one (${code}). Give key and cert in tls of the configuration, of an authority that the archive trusts.`);
  const certificate = CERTIFICATES.find(([pattern]) => pattern.test(code));
  if (certificate !== undefined) return new RondoError('dicomweb-certificate', `${named(asked)}: the archive's certificate ${certificate[1]} (${code}).`);
  return new RondoError('dicomweb-unreachable', `${named(asked)}: no whole answer came (${code === '' ? 'the connection was cut' : code}). Expected a DICOMweb archive there. Check that it runs, its address, and the network between${asked.url.protocol === 'https:' ? '; and whether it demands a certificate, which it may do without a word' : ''}.`);
}

export function timeout(asked: Asked): RondoError {
  return new RondoError('dicomweb-timeout', `${named(asked)}: the archive was silent for longer than allowed. Check whether it is overloaded, or allow more in timeoutMs.`);
}

export function cancelled(reason: unknown): RondoError {
  return new RondoError('cancelled', 'The transfer was cancelled.', {}, { cause: reason });
}

/** What a status that was not expected means (PS3.18 8.5), and what to do. The body is not repeated: it may name a patient. */
export function statusFailure(asked: Asked, status: number): RondoError {
  const [code, advice] = meaning(status);
  return new RondoError(code, `${named(asked)} was answered with the status ${status}: ${advice}`);
}

function meaning(status: number): [string, string] {
  switch (status) {
    case 401:
      return ['dicomweb-unauthorized', 'the credentials are missing, wrong or expired. Correct the headers for this archive.'];
    case 403:
      return ['dicomweb-forbidden', 'these credentials may not do this. Have the right granted in the archive.'];
    case 404:
    case 410:
      return ['dicomweb-not-found', 'the archive has nothing there. Check that the object was not deleted, and the address of the archive.'];
    case 408:
    case 429:
      return ['dicomweb-server', 'the archive is busy. Try again later.'];
    case 501:
      return ['dicomweb-refused', 'the archive does not offer this service. See its conformance statement.'];
    default:
      if (status >= 500) return ['dicomweb-server', 'the archive failed. Try again later; if it stays so, see its log.'];
      if (status >= 300 && status < 400) return ['dicomweb-redirect', 'it leads elsewhere. Credentials are not sent after it: give the final address of the archive.'];
      return ['dicomweb-refused', 'the archive refuses the request. See its log and its conformance statement.'];
  }
}

/** An answer that cannot be read; `problem` says what about it, never what it holds. */
export function badAnswer(asked: Asked, problem: string, cause?: unknown): RondoError {
  return new RondoError('dicomweb-answer', `${named(asked)}: ${problem}. Expected an answer by PS3.18. Check that the address is that of a DICOMweb service, and see its conformance statement.`, {}, { cause });
}

/** An answer that ends before its end. */
export function cutAnswer(asked: Asked, cause?: unknown): RondoError {
  return new RondoError('dicomweb-cut', `${named(asked)}: the answer ends in its middle. Try again; if it stays so, see the archive's log and that of any proxy between.`, {}, { cause });
}

/** The system's code of an error or of what caused it, such as ECONNREFUSED; '' where there is none. */
export function causeCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? causeCode(error.cause) : '';
}
