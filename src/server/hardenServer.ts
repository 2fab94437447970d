import { STATUS_CODES, type Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';

/** Times in milliseconds. */
export interface ServerTimes {
  /** In which a request's headers must have come. Node.js looks every `connectionsCheckingInterval` of `createServer`. */
  headers: number;
  /** In which a whole request must have come. */
  request: number;
  /** After which a connection on which nothing moves is closed. Streams of events say something more often. */
  idle: number;
}

/** 2 GiB, the largest request by default, in 30 minutes: 10 megabit a second. */
const TIMES: ServerTimes = { headers: 10_000, request: 30 * 60_000, idle: 60_000 };
const MOST_CONNECTIONS = 1000;
const MOST_HEADERS = 100;

/** Bounds what a connection may use, and answers in JSON what is no HTTP. */
export function hardenServer<AnyServer extends Server | TlsServer>(server: AnyServer, { headers, request, idle }: ServerTimes = TIMES): AnyServer {
  server.headersTimeout = headers;
  server.requestTimeout = request;
  server.setTimeout(idle);
  server.keepAliveTimeout = headers;
  server.maxHeadersCount = MOST_HEADERS;
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
    const body = JSON.stringify({ error: { code: 'request-invalid', message: `The request is refused: ${STATUS_CODES[status] ?? ''}. Expected HTTP/1.1 with headers of at most 16 KiB, sent without long pauses.` } });
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
  return server;
}
