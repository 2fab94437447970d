import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request. */
export type Fault =
  /** Passed on whole. */
  | 'none'
  /** Passed on; of its answer half comes back before the connection is cut. */
  | 'cut'
  /** Passed on, and its answer is lost. */
  | 'lost'
  /** Passed on, and its answer is kept back. */
  | 'kept'
  /** Never answered. */
  | 'silent'
  /** Passed on; its answer comes back in twenty pieces, one every 40 ms. */
  | 'slow'
  /** Answered with this status, without asking the server; redirections lead to another path. */
  | number
  /** Answered so, without asking the server. */
  | { status: number; dicomJson: unknown };

const PIECES = 20;
const PIECE_MS = 40;

/** A network between a client and an HTTP server that fails as it is told to. */
export class FaultyProxy {
  /** Chooses what happens to a request, of which `nth` counts from 1. */
  fault: (request: { method: string; url: string }, nth: number) => Fault = () => 'none';
  /** Requests so far: those for a fault included, those while it was down not. */
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  readonly #server = createServer((request, response) => { this.#pass(request, response); });
  readonly #target: URL;
  #port = 0;

  private constructor(target: URL) {
    this.#target = target;
  }

  /** @param target base URL of the server behind it */
  static async start(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(new URL(target));
    await proxy.up();
    return proxy;
  }

  /** The base URL of the server, through this proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.#target.pathname}`;
  }

  /** Refuses connections from now on, and cuts those that there are. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Takes connections again, where it did before. */
  async up(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    const fault = this.fault(asked, this.requests.push(asked));
    if (fault === 'silent') return;
    if (typeof fault === 'number') {
      request.resume().once('end', () => response.writeHead(fault, { location: '/elsewhere' }).end('PatientName TEST^CASE'));
      return;
    }
    if (typeof fault === 'object') {
      request.resume().once('end', () => response.writeHead(fault.status, { 'content-type': 'application/dicom+json' }).end(JSON.stringify(fault.dicomJson)));
      return;
    }
    const onward = send(new URL(asked.url, this.#target), { method: asked.method, headers: asked.headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).once('end', () => {
        const body = Buffer.concat(chunks);
        if (fault === 'kept') return;
        if (fault === 'lost') {
          response.destroy();
          return;
        }
        // It says how long it is, also where the server sent it in chunks: a cut is seen by its length.
        const headers = { ...answer.headers, 'content-length': String(body.length) };
        delete headers['transfer-encoding'];
        response.writeHead(answer.statusCode ?? 502, headers);
        if (fault === 'slow') inPieces(body, response);
        else if (fault === 'cut') response.write(body.subarray(0, body.length / 2), () => response.destroy());
        else response.end(body);
      });
    });
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  }
}

function inPieces(body: Buffer, response: ServerResponse): void {
  const size = Math.ceil(body.length / PIECES);
  let at = 0;
  const timer = setInterval(() => {
    if (at < body.length) response.write(body.subarray(at, (at += size)));
    else response.end();
  }, PIECE_MS);
  response.once('close', () => { clearInterval(timer); });
}
