import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { RondoError } from '../errors.ts';
import { listenAt } from '../listenAt.ts';
import { plainAddress } from './address.ts';
import type { DimseEvent, DimseListenerOptions } from './listenerOptions.ts';
import { C_ECHO_REQUEST, C_STORE_REQUEST } from './messageOrder.ts';
import { ABORT, ASSOCIATE_REQUEST, DATA, RELEASE_REQUEST } from './pdu.ts';
import { PduConnection, type PduRules } from './pduConnection.ts';
import { StorageScp } from './storageScp.ts';

const RULES: PduRules = {
  first: [ASSOCIATE_REQUEST],
  later: [DATA, RELEASE_REQUEST, ABORT],
  commands: new Map([
    [C_ECHO_REQUEST, 0],
    // What is stored goes to the disk, under a limit of its own.
    [C_STORE_REQUEST, Infinity],
  ]),
};

/** Else a peer that has said all and hung up would never be answered, and its connection would end before its instances are dealt with. */
const OPTIONS = { allowHalfOpen: true };

const STORES_END_MS = 10_000;

/** Connections without an association: more than hospitals open at once, and few enough for the memory that their first PDUs may take. */
const MOST_WAITING = 128;

interface Open {
  connection: PduConnection;
  scp: StorageScp;
  ended: Promise<void>;
}

/**
 * Listens for DICOM associations: answers C-ECHO, and takes CT images and RT structure sets by C-STORE (PS3.4 A, B). A sender is told of
 * success only when `onInstance` has taken the instance over. Whatever a peer sends, at worst its own connection is closed.
 */
export class DimseListener {
  readonly #options: DimseListenerOptions;
  readonly #open = new Set<Open>();
  /** Connections without an association yet, the longest waiting first. */
  readonly #waiting = new Map<string, net.Socket>();
  #associations = 0;
  #server: net.Server | undefined;
  #starting: Promise<void> | undefined;
  #isStopping = false;

  constructor(options: DimseListenerOptions) {
    this.#options = options;
  }

  /** The port listened at. @throws RondoError `dimse-not-started` */
  get port(): number {
    const address = this.#server?.address();
    if (typeof address !== 'object' || address === null) throw new RondoError('dimse-not-started', 'The DICOM listener has no port before it is started.');
    return address.port;
  }

  /** Resolves when connections are taken. @throws RondoError `dimse-listen` where the port cannot be had, Error of `node:tls` where key and certificate are unusable */
  async start(): Promise<void> {
    this.#starting ??= this.#listen();
    await this.#starting;
  }

  /**
   * Takes no more connections, lets instances that are arriving be stored and acknowledged for at most `timeoutMs`, and aborts all
   * associations. What `onInstance` still holds then is not waited for.
   */
  async stop({ timeoutMs = STORES_END_MS } = {}): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const server = this.#server;
    if (!server) return;
    this.#isStopping = true;
    const closed = once(server, 'close');
    if (server.listening) server.close();
    for (const socket of this.#waiting.values()) socket.destroy();
    for (const open of this.#open) endUnlessStoring(open);
    let latest: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      latest = setTimeout(() => {
        for (const { connection } of this.#open) connection.abort(stopping());
        resolve();
      }, timeoutMs);
    });
    await Promise.race([allEnded([...this.#open]), late]);
    clearTimeout(latest);
    await Promise.all([closed, allEnded([...this.#open].filter(({ scp }) => !scp.isHandingOver))]);
    this.#server = undefined;
    this.#starting = undefined;
    this.#isStopping = false;
  }

  async #listen(): Promise<void> {
    const { host = '127.0.0.1', port } = this.#options;
    try {
      const server = this.#createServer();
      server.on('connection', (socket: net.Socket) => { this.#wait(socket); });
      await listenAt(server, { section: 'dimse', host, port });
      // Running out of file descriptors must not end the process: what was connected goes on.
      server.on('error', (error) => { this.#report({ ...NOBODY, event: 'connection-refused', reason: 'the listener cannot take connections', error }); });
      this.#server = server;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  #createServer(): net.Server {
    const { tls: security, limits } = this.#options;
    if (!security) return net.createServer(OPTIONS, (socket) => { this.#serve(socket); });
    const { key, cert, ca, requireClientCertificate } = security;
    const server = tls.createServer({ ...OPTIONS, key, cert, ca, requestCert: requireClientCertificate, rejectUnauthorized: requireClientCertificate, handshakeTimeout: limits.idleTimeoutMs }, (socket) => { this.#serve(socket); });
    return server.on('tlsClientError', (error, socket) => {
      this.#report({ ...NOBODY, event: 'connection-refused', host: plainAddress(socket.remoteAddress), reason: 'TLS could not be agreed upon', error });
    });
  }

  /** Those who connect and say nothing give way to those who come after them. */
  #wait(socket: net.Socket): void {
    const name = nameOf(socket);
    this.#waiting.set(name, socket);
    socket.once('close', () => this.#waiting.delete(name));
    if (this.#waiting.size <= MOST_WAITING) return;
    const [longest] = this.#waiting.values();
    this.#report({ ...NOBODY, event: 'connection-refused', host: plainAddress(longest.remoteAddress), reason: 'too many connections without an association' });
    longest.destroy();
  }

  #serve(socket: net.Socket): void {
    const { aeTitles, callers, folder, limits, onInstance, createFile } = this.#options;
    const connection = new PduConnection(socket, RULES);
    let isAdmitted = false;
    const admit = (): boolean => {
      if (this.#isStopping || this.#associations >= limits.associations) return false;
      this.#waiting.delete(nameOf(socket));
      this.#associations++;
      isAdmitted = true;
      return true;
    };
    const report = (event: DimseEvent): void => { this.#report(event); };
    const scp = new StorageScp(connection, { aeTitles, callers, folder, mostBytes: limits.instanceBytes, createFile, onInstance, report, admit });
    const open: Open = { connection, scp, ended: Promise.resolve() };
    this.#open.add(open);
    open.ended = this.#converse(open).finally(() => {
      this.#open.delete(open);
      if (isAdmitted) this.#associations--;
    });
  }

  /** Until the connection ends, however it does. */
  async #converse(open: Open): Promise<void> {
    const { connection, scp } = open;
    const { idleTimeoutMs } = this.#options.limits;
    const expectPdu = (): NodeJS.Timeout => setTimeout(() => { connection.abort(new RondoError('dimse-timeout', `The peer sent nothing whole for ${idleTimeoutMs} ms.`)); }, idleTimeoutMs);
    let idle = expectPdu();
    try {
      await connection.read(async () => {
        clearTimeout(idle);
        await scp.dealtWith();
        idle = expectPdu();
        if (this.#isStopping) endUnlessStoring(open);
      });
    } catch (error) {
      scp.lose(error instanceof RondoError ? error.message : 'the connection was lost', error);
    } finally {
      clearTimeout(idle);
      await scp.abandon();
    }
  }

  #report(event: DimseEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch {
      // A log that fails must not cost an instance, and there is nowhere to tell it.
    }
  }
}

const NOBODY = { host: '', callingAeTitle: '', calledAeTitle: '' };

function endUnlessStoring({ connection, scp }: Open): void {
  if (!scp.isStoring) connection.abort(stopping());
}

async function allEnded(open: readonly Open[]): Promise<void> {
  await Promise.all(open.map(({ ended }) => ended));
}

function stopping(): RondoError {
  return new RondoError('dimse-stopping', 'The DICOM listener is being stopped. Send again later what was not acknowledged.');
}

/** The same for a connection and for the TLS socket around it. */
function nameOf({ remoteAddress = '', remotePort = 0 }: net.Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
