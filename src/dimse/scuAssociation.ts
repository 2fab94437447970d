import net from 'node:net';
import { addAbortSignal } from 'node:stream';
import tls from 'node:tls';
import { types } from 'node:util';
import type { Association as AssociationOfLibrary, PresentationContext, Request, Response } from 'dcmjs-dimse';
import { RondoError } from '../errors.ts';
import { Association, Scp } from './library.ts';
import { C_ECHO_RESPONSE, C_FIND_RESPONSE, C_STORE_RESPONSE } from './messageOrder.ts';
import { ABORT, ASSOCIATE_ACCEPT, ASSOCIATE_REJECT, DATA, errorOfLibrary, protocolError, RELEASE_RESPONSE } from './pdu.ts';
import { PduConnection, type PduRules } from './pduConnection.ts';
import type { DimsePeer } from './peer.ts';
import { describeRejection, describeStatus, REJECTED_FOR_NOW, type Rejection } from './statuses.ts';
import { CONTEXT_ACCEPTED } from './syntaxes.ts';

/** One match of a query has some hundred bytes; dcmjs-dimse holds it in memory. */
const MOST_MATCH_BYTES = 1024 * 1024;

const RULES: PduRules = {
  first: [ASSOCIATE_ACCEPT, ASSOCIATE_REJECT, ABORT],
  later: [DATA, RELEASE_RESPONSE, ABORT],
  commands: new Map([
    [C_ECHO_RESPONSE, 0],
    [C_STORE_RESPONSE, 0],
    [C_FIND_RESPONSE, MOST_MATCH_BYTES],
  ]),
};

/** DCMTK takes no less than 4096; below that the data would be cut into more PDUs than memory has room for. */
const LEAST_PDU_BYTES = 1024;

/** An abstract syntax with one transfer syntax: one each, so that the peer's answer says exactly what it takes. */
export interface ProposedContext {
  abstractSyntaxUid: string;
  transferSyntaxUid: string;
}

/** An association that Rondo asked for (PS3.8 7.1). */
export class ScuAssociation extends Scp {
  readonly #connection: PduConnection;
  readonly #peer: DimsePeer;
  #contexts: PresentationContext[] = [];
  /** Rejects when the connection ends before `use` is done. */
  #lost: Promise<never> = new Promise(() => undefined);

  private constructor(connection: PduConnection, peer: DimsePeer) {
    super(connection);
    this.#connection = connection;
    this.#peer = peer;
    this.on('networkError', (error) => { connection.abort(errorOfLibrary(error)); });
  }

  /**
   * Runs `use` with an association, and releases it; whatever happens, the connection is closed.
   * @throws RondoError `dimse-connection`, `dimse-rejected`, `dimse-busy`, `dimse-timeout`, `dimse-context` where none of `contexts` is accepted; what `use` throws; the reason of `signal`
   */
  static async with<T>(peer: DimsePeer, contexts: readonly ProposedContext[], signal: AbortSignal | undefined, use: (association: ScuAssociation) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const socket = connect(peer);
    if (signal) addAbortSignal(signal, socket);
    const connection = new PduConnection(socket, RULES);
    const association = new ScuAssociation(connection, peer);
    try {
      await association.#request(contexts);
      const result = await use(association);
      await association.#release();
      return result;
    } catch (error) {
      connection.abort(error);
      signal?.throwIfAborted();
      throw error;
    } finally {
      socket.destroy();
    }
  }

  /** Whether the peer takes the abstract syntax in the transfer syntax. */
  accepts({ abstractSyntaxUid, transferSyntaxUid }: ProposedContext): boolean {
    return this.#contexts.some((context) => context.getAbstractSyntaxUid() === abstractSyntaxUid && context.getAcceptedTransferSyntaxUid() === transferSyntaxUid);
  }

  /**
   * Sends a request in an accepted context, and waits for its last response.
   * @param onPending called with each response before the last
   * @returns the status of the last response
   */
  async perform(request: Request, onPending: (response: Response) => void = () => undefined): Promise<number> {
    const status = new Promise<number>((resolve) => {
      request.on('response', (response) => {
        // The library keeps a response without data set, and takes the next one for its continuation.
        this.dimseStream = undefined;
        const code = response.getStatus();
        if (describeStatus(Number(code)).status.startsWith('FF')) onPending(response);
        else if (typeof code === 'number') resolve(code);
        else this.#connection.abort(protocolError('a response has no status'));
      });
    });
    this.sendRequests(request);
    return await Promise.race([status, this.#lost]);
  }

  override abort(): void {
    this.#connection.abort(connectionError(this.#peer, new Error('it aborted the association')));
  }

  async #request(contexts: readonly ProposedContext[]): Promise<void> {
    const { socket } = this.#connection;
    const proposal = new Association(this.#peer.callingAeTitle, this.#peer.aeTitle);
    for (const { abstractSyntaxUid, transferSyntaxUid } of contexts) {
      proposal.addTransferSyntaxToPresentationContext(proposal.addPresentationContext(abstractSyntaxUid), transferSyntaxUid);
    }
    const accepted = new Promise<void>((resolve) => {
      this.on('associationAccepted', (association) => {
        this.#accept(association);
        resolve();
      });
      this.on('associationRejected', (rejection) => {
        this.#connection.abort(rejectionError(this.#peer, rejection));
      });
    });
    // Not before the peer has shown its certificate: nothing is said to a stranger.
    socket.once(this.#peer.tls ? 'secureConnect' : 'connect', () => { this.sendAssociationRequest(proposal); });
    this.#lost = this.#untilLost();
    // Whoever waits sees it; when nobody does, the association is over anyway.
    this.#lost.catch(() => undefined);
    await Promise.race([accepted, this.#lost]);
    if (this.#contexts.length === 0) throw new RondoError('dimse-context', 'The DICOM peer accepts none of the objects in any of the encodings that were offered. Allow its SOP classes and transfer syntaxes there.');
  }

  async #untilLost(): Promise<never> {
    try {
      await this.#connection.read(() => Promise.resolve());
    } catch (error) {
      throw error instanceof RondoError && error.code !== 'dimse-protocol' ? error : connectionError(this.#peer, error);
    }
    throw connectionError(this.#peer, new Error('it closed the connection'));
  }

  #accept(association: AssociationOfLibrary): void {
    const most = association.getMaxPduLength();
    if (most > 0 && most < LEAST_PDU_BYTES) {
      this.#connection.abort(protocolError(`it takes PDUs of at most ${most} bytes, expected at least ${LEAST_PDU_BYTES}`));
      return;
    }
    // Fragments have an even number of bytes (PS3.8 E.2).
    association.setMaxPduLength(most - (most % 2));
    this.#contexts = association.getPresentationContexts().map(({ context }) => context).filter((context) => context.getResult() === CONTEXT_ACCEPTED);
  }

  async #release(): Promise<void> {
    const released = new Promise<void>((resolve) => this.on('associationReleaseResponse', () => { resolve(); }));
    this.sendAssociationReleaseRequest();
    // All has been answered: a peer that closes the connection instead has done what was wanted.
    await Promise.race([released, this.#lost.catch(() => undefined)]);
  }
}

function connect(peer: DimsePeer): net.Socket {
  const { host, port, timeoutMs } = peer;
  const socket = peer.tls ? tls.connect({ host, port, ...peer.tls }) : net.connect({ host, port });
  return socket.setTimeout(timeoutMs, () => {
    socket.destroy(new RondoError('dimse-timeout', `The DICOM peer at ${host}, port ${port}, did nothing for ${timeoutMs} ms. Check whether it is overloaded, or allow it more time.`));
  });
}

function rejectionError({ callingAeTitle, aeTitle }: DimsePeer, rejection: Rejection): RondoError {
  const reason = describeRejection(rejection);
  if (rejection.result === REJECTED_FOR_NOW) return new RondoError('dimse-busy', `The DICOM peer rejected the association for now: ${reason}. Try again later; if it stays so, allow more associations there.`);
  return new RondoError('dimse-rejected', `The DICOM peer rejected the association: ${reason}. Expected it to know "${callingAeTitle}" and to be "${aeTitle}": compare the AE titles with its configuration.`);
}

function connectionError({ host, port }: DimsePeer, cause: unknown): RondoError {
  const problem = types.isNativeError(cause) ? cause.message : String(cause);
  return new RondoError('dimse-connection', `The connection to the DICOM peer at ${host}, port ${port}, failed: ${problem}. Check host, port and TLS, and the log of the peer.`, {}, { cause });
}
