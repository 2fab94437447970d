import { once } from 'node:events';
import type { Server } from 'node:net';
import { RondoError } from './errors.ts';

/** What the system says, and what to do about it. */
const REASONS: Record<string, string> = {
  EADDRINUSE: 'another program, or another Rondo, listens there: end it, or choose another port',
  EACCES: 'ports below 1024 belong to the system: choose a higher one, or let this user have it',
  EADDRNOTAVAIL: 'this machine has no such address: name one of its own, or 0.0.0.0 for all',
};

/** Where connections are taken, and by which section of the configuration. */
export interface ListenAddress {
  section: 'http' | 'dimse';
  host: string;
  /** 0 for a free one. */
  port: number;
}

/** Resolves when connections are taken. @throws RondoError `http-listen`, `dimse-listen` where the system gives the port to nobody, or not to this process */
export async function listenAt(server: Server, { section, host, port }: ListenAddress): Promise<void> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown';
    throw new RondoError(`${section}-listen`, `${section} cannot listen at ${host}, port ${port} (${code}); ${REASONS[code] ?? `check ${section}.host and ${section}.port`}.`, {}, { cause });
  }
}
