import { RondoError } from '../errors.ts';
import { badAnswer, cancelled, connectionFailure, statusFailure, timeout, type Asked } from './failures.ts';
import { retried, type RetryClock } from './retry.ts';
import { fetchOver, type ServiceTls } from './transport.ts';

// undici's fetch, which is Node's, and not dicomweb-client (0.11) with xhr2: there a connection cut in the middle of an answer counts as an answer
// without content, status 200 and 202 cannot be told apart, nothing can be cancelled, redirects take the credentials along, and it has no UPS-RS.

/** Room for the largest multi-frame object; a broken server must not exhaust memory. */
const MOST_ANSWER_BYTES = 2 ** 30;

/** 1 Mbit/s: how long an upload may take beyond `timeoutMs` before the server answers, as nothing tells how much of it has gone. */
const LEAST_UPLOAD_BYTES_PER_MS = 125;

/** How a DICOMweb service is reached. */
export interface Service {
  /** Base URL of the service, without credentials and query: `https://pacs.example/dicom-web`. */
  url: string;
  /** Sent with every request: `{ authorization: 'Bearer …' }`. */
  headers?: Readonly<Record<string, string>> | undefined;
  tls?: ServiceTls | undefined;
  /** Longest silence of the server before a request is given up. */
  timeoutMs: number;
  /** In place of the real one, for tests. */
  fetch?: typeof fetch | undefined;
  /** How the pauses between attempts pass, for tests. */
  clock?: RetryClock | undefined;
}

export interface Ask {
  method: 'GET' | 'POST' | 'PUT';
  /** Below the base URL, without a slash at its start; UIDs in it are checked. */
  path: string;
  /** Behind the question mark, encoded. */
  query?: string | undefined;
  accept: string;
  contentType?: string | undefined;
  body?: Blob | string | undefined;
  /** Statuses that are an answer; every other one is an error. */
  statuses: readonly number[];
  signal?: AbortSignal | undefined;
}

export interface Answer {
  asked: Asked;
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

/** Requests to one service: each answered whole, or a named error. */
export class Connection {
  readonly #base: URL;
  readonly #service: Service;
  readonly #fetch: typeof fetch;

  /** @throws RondoError `dicomweb-url` */
  constructor(service: Service) {
    this.#base = baseUrl(service.url);
    this.#service = service;
    this.#fetch = service.fetch ?? fetchOver(service.tls);
  }

  /**
   * One request, once.
   * @throws RondoError `cancelled`, `dicomweb-unreachable`, `dicomweb-timeout`, `dicomweb-certificate`, `dicomweb-client-certificate`, `dicomweb-answer`, and for
   * statuses `dicomweb-unauthorized`, `dicomweb-forbidden`, `dicomweb-not-found`, `dicomweb-redirect`, `dicomweb-refused`, `dicomweb-server`
   */
  async ask({ method, path, query = '', accept, contentType, body, statuses, signal }: Ask): Promise<Answer> {
    refuseIfCancelled(signal);
    const url = new URL(path, this.#base);
    url.search = query;
    const asked = { method, url };
    const silence = new AbortController();
    const timer = setTimeout(() => { silence.abort(); }, this.#service.timeoutMs + uploadMs(body));
    try {
      const response = await this.#fetch(url, {
        method,
        // Compressing a CT on the fly costs an archive more time than the network saves: with gzip, Orthanc takes about twice as long.
        headers: { 'accept-encoding': 'identity', ...this.#service.headers, accept, ...(contentType === undefined ? {} : { 'content-type': contentType }) },
        redirect: 'manual',
        signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
        ...(body === undefined ? {} : { body }),
      });
      const bytes = await bytesOf(response, asked, () => timer.refresh());
      if (!statuses.includes(response.status)) throw statusFailure(asked, response.status);
      return { asked, status: response.status, headers: response.headers, bytes };
    } catch (error) {
      if (error instanceof RondoError) throw error;
      refuseIfCancelled(signal);
      throw silence.signal.aborted ? timeout(asked) : connectionFailure(asked, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A request that changes nothing, and what is read from its answer: tried again as `retried` does. */
  async get<T>(ask: Omit<Ask, 'method' | 'contentType' | 'body'>, read: (answer: Answer) => T): Promise<T> {
    return await retried(async () => read(await this.ask({ ...ask, method: 'GET' })), ask.signal, this.#service.clock);
  }
}

function refuseIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal.reason);
}

function baseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new RondoError('dicomweb-url', 'The address of a DICOMweb service is not valid. Expected http:// or https:// with host and path, without credentials and query; give credentials as headers.');
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function uploadMs(body: Blob | string | undefined): number {
  return body === undefined || typeof body === 'string' ? 0 : body.size / LEAST_UPLOAD_BYTES_PER_MS;
}

async function bytesOf(response: Response, asked: Asked, arrived: () => void): Promise<Uint8Array> {
  arrived();
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body) {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      arrived();
      length += chunk.length;
      if (length > MOST_ANSWER_BYTES) throw badAnswer(asked, `the answer has more than ${MOST_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
}
