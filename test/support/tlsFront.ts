import { once } from 'node:events';
import { request as send } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface TlsFront {
  /** The base URL of the server behind it, through this. */
  url: string;
  stop: () => Promise<void>;
}

/** HTTPS before an HTTP server, as hospitals put it there: Debian's Orthanc 1.10 ends with a fault at the first request by HTTPS. */
export async function startTlsFront(target: string, options: ServerOptions): Promise<TlsFront> {
  const server = createServer(options, (request, response) => {
    const onward = send(new URL(request.url ?? '', target), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(target).pathname}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
