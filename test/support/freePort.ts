import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to outgoing connections (32768 and up): a service that is killed and started again on its port must not
 * find it taken by somebody's connection, nor a client that tries a closed one connect to itself.
 */
const [FIRST, COUNT] = [10_000, 22_000];
const given = new Set<number>();

/** A port on loopback that nobody listened on a moment ago; never the same one twice in a process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (!given.has(port) && await isFree(port)) {
      given.add(port);
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve) => server.once('error', () => { resolve(false); }).listen(port, '127.0.0.1', () => { resolve(true); }));
  if (listens) await new Promise((resolve) => server.close(resolve));
  return listens;
}
