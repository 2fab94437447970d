import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { types } from 'node:util';
import { MessageOrder, type AllowedCommands } from './messageOrder.ts';
import { ABORT_PDU, ASSOCIATE_REQUEST, DATA, PduReader, protocolError, withContextsInOrder } from './pdu.ts';

/** A peer that sends on without reading its answers would have them pile up in memory. */
const MOST_UNREAD_BYTES = 64 * 1024;

export interface PduRules {
  /** The PDU types that may come first, and after that (PS3.8 9.2). */
  first: readonly number[];
  later: readonly number[];
  commands: AllowedCommands;
}

/**
 * A socket as dcmjs-dimse may have it: it is given whole PDUs, checked, one at a time, and the next one only when the last has been
 * dealt with. By itself the library takes every length on trust, holds what arrives in memory without end, and mixes up the order of
 * data where writing to the disk is slower than the network.
 */
export class PduConnection extends EventEmitter {
  readonly socket: Socket;
  readonly #rules: PduRules;
  readonly #messages: MessageOrder;
  #expected: readonly number[];
  #isEnded = false;

  constructor(socket: Socket, rules: PduRules) {
    super();
    this.socket = socket;
    this.#rules = rules;
    this.#messages = new MessageOrder(rules.commands);
    this.#expected = rules.first;
    // A command and its data are written apart: the data must not wait until the peer has acknowledged the command.
    socket.setNoDelay(true);
    // An error of writing after the peer has gone; reading reports every other one.
    socket.on('error', () => undefined);
    socket.once('close', () => this.emit('close'));
  }

  /**
   * Reads until the peer closes the connection, or `abort`; the socket is closed then. Who closes it before having said anything does no harm.
   * @param dealtWith waited for after each PDU that was handed on
   * @throws RondoError `dimse-protocol`, what `abort` was given, and errors of the socket
   */
  async read(dealtWith: () => Promise<void>): Promise<void> {
    const reader = new PduReader();
    try {
      for await (const piece of this.socket) {
        for (const pdu of reader.read(piece as Buffer)) {
          if (this.#isEnded) continue;
          this.emit('data', this.#checked(pdu));
          await dealtWith();
          if (this.socket.writableLength > MOST_UNREAD_BYTES) throw protocolError('it does not read its answers');
        }
      }
      if (this.#expected !== this.#rules.first && !this.#isEnded) throw protocolError('it closed the connection in the middle of an association');
    } catch (error) {
      this.abort(error);
      throw error;
    } finally {
      this.socket.destroy();
    }
  }

  write(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Sends what was written, and takes nothing more. */
  end(): void {
    this.#isEnded = true;
    this.socket.end();
  }

  abort(reason: unknown): void {
    if (this.socket.destroyed) return;
    this.#isEnded = true;
    this.write(ABORT_PDU);
    this.socket.destroy(types.isNativeError(reason) ? reason : undefined);
  }

  /** dcmjs-dimse would also end an association whose peer waits for an answer: timeouts are kept outside of it. */
  setTimeout(): void {
    return;
  }

  #checked(pdu: Buffer): Buffer {
    const [type] = pdu;
    if (!this.#expected.includes(type)) throw protocolError(`a PDU of type ${type} was sent where one of ${this.#expected.join(', ')} was expected`);
    this.#expected = this.#rules.later;
    if (type === DATA) this.#messages.check(pdu);
    return type === ASSOCIATE_REQUEST ? withContextsInOrder(pdu) : pdu;
  }
}
