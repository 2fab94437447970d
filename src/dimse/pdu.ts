import { RondoError } from '../errors.ts';

/** PDU types (PS3.8 9.3). */
export const ASSOCIATE_REQUEST = 1;
export const ASSOCIATE_ACCEPT = 2;
export const ASSOCIATE_REJECT = 3;
export const DATA = 4;
export const RELEASE_REQUEST = 5;
export const RELEASE_RESPONSE = 6;
export const ABORT = 7;

/** Type, a reserved byte, the length of what follows (PS3.8 9.3.1). */
export const HEADER_BYTES = 6;

/** The longest data PDU that Rondo asks its peers for (PS3.8 D.1). */
export const MOST_DATA_BYTES = 128 * 1024;
/** The longest PDU taken: room for peers that ask for an association with 128 presentation contexts, or count the header in. */
const MOST_PDU_BYTES = 2 * MOST_DATA_BYTES;
/** Every PDU has at least four bytes behind its header. */
const LEAST_PDU_BYTES = 4;

/** A-ABORT by the service provider, no reason given (PS3.8 9.3.8). */
export const ABORT_PDU = Buffer.of(ABORT, 0, 0, 0, 0, 4, 0, 0, 2, 0);

/** Where the items of an A-ASSOCIATE-RQ start (PS3.8 9.3.2). */
const ITEMS_OFFSET = 74;
const APPLICATION_CONTEXT = 0x10;
const PRESENTATION_CONTEXT = 0x20;

export function protocolError(problem: string): RondoError {
  return new RondoError('dimse-protocol', `The peer does not keep to the DICOM protocol (PS3.8): ${problem}. Check what connects to this port, and its log.`);
}

/** What dcmjs-dimse stumbles over was sent by the peer. */
export function errorOfLibrary(error: Error): RondoError {
  return error instanceof RondoError ? error : protocolError(error.message);
}

/**
 * Puts the pieces of a byte stream together to whole PDUs. No more memory is taken than the one PDU that is arriving, and none for
 * more than a peer was asked for, whatever length it states.
 */
export class PduReader {
  #pdu = Buffer.alloc(HEADER_BYTES);
  #filled = 0;

  /** The PDUs that `piece` completes. @throws RondoError `dimse-protocol` */
  *read(piece: Buffer): Generator<Buffer, void, void> {
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(this.#pdu, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled < this.#pdu.length) return;
      if (this.#filled === HEADER_BYTES) {
        this.#pdu = Buffer.concat([this.#pdu], HEADER_BYTES + statedLength(this.#pdu));
        continue;
      }
      const whole = this.#pdu;
      this.#pdu = Buffer.alloc(HEADER_BYTES);
      this.#filled = 0;
      yield whole;
    }
  }
}

function statedLength(header: Buffer): number {
  const [type, length] = [header[0], header.readUInt32BE(2)];
  if (type < ASSOCIATE_REQUEST || type > ABORT) throw protocolError(`what it sent starts no PDU (type ${type})`);
  if (length < LEAST_PDU_BYTES || length > MOST_PDU_BYTES) throw protocolError(`a PDU of type ${type} states ${length} bytes, allowed are ${LEAST_PDU_BYTES} to ${MOST_PDU_BYTES}`);
  return length;
}

/** One presentation data value of a P-DATA-TF PDU (PS3.8 9.3.5.1, E.2). */
export interface DataValue {
  contextId: number;
  isCommand: boolean;
  isLast: boolean;
  bytes: Buffer;
}

/** @throws RondoError `dimse-protocol` where the lengths do not fill the PDU exactly */
export function dataValues(pdu: Buffer): DataValue[] {
  const values: DataValue[] = [];
  for (let at = HEADER_BYTES; at < pdu.length; ) {
    const start = at + 4;
    const length = start + 2 <= pdu.length ? pdu.readUInt32BE(at) : 0;
    if (length < 2 || start + length > pdu.length) throw protocolError('a data value reaches beyond the PDU that holds it');
    const control = pdu[start + 1];
    values.push({ contextId: pdu[start], isCommand: (control & 1) !== 0, isLast: (control & 2) !== 0, bytes: pdu.subarray(start + 2, start + length) });
    at = start + length;
  }
  return values;
}

/**
 * An A-ASSOCIATE-RQ with its presentation contexts in order of their IDs: PS3.8 9.3.2.2 asks for no order, but dcmjs-dimse gives
 * contexts new IDs where they do not ascend, and then fails.
 * @throws RondoError `dimse-protocol` for items that do not fill the PDU, and IDs that are even or used twice: so there are at most 128
 */
export function withContextsInOrder(pdu: Buffer): Buffer {
  if (pdu.length < ITEMS_OFFSET) throw protocolError('its association request is cut short');
  const items: Buffer[] = [];
  for (let at = ITEMS_OFFSET; at < pdu.length; ) {
    const end = at + 4 <= pdu.length ? at + 4 + pdu.readUInt16BE(at + 2) : Infinity;
    if (end > pdu.length) throw protocolError('an item reaches beyond the association request that holds it');
    items.push(pdu.subarray(at, end));
    at = end;
  }
  const contexts = items.filter(([type]) => type === PRESENTATION_CONTEXT).sort((one, other) => one[4] - other[4]);
  if (contexts.some((item, index) => item.length < 8 || item[4] % 2 === 0 || (index > 0 && item[4] === contexts[index - 1][4]))) {
    throw protocolError('the IDs of its presentation contexts are not odd and different from one another');
  }
  const others = items.filter(([type]) => type !== PRESENTATION_CONTEXT);
  return Buffer.concat([pdu.subarray(0, ITEMS_OFFSET), ...others.filter(([type]) => type === APPLICATION_CONTEXT), ...contexts, ...others.filter(([type]) => type !== APPLICATION_CONTEXT)]);
}
