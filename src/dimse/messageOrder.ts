import { dataValues, protocolError } from './pdu.ts';

/** Command Field (PS3.7 E.1). */
export const C_STORE_REQUEST = 0x0001;
export const C_ECHO_REQUEST = 0x0030;
export const C_STORE_RESPONSE = 0x8001;
export const C_FIND_RESPONSE = 0x8020;
export const C_ECHO_RESPONSE = 0x8030;

/** Command Data Set Type: no data set follows (PS3.7 E.1). */
const NO_DATASET = 0x0101;
const COMMAND_FIELD = 0x0100;
const COMMAND_DATASET_TYPE = 0x0800;
/** Commands have some hundred bytes; dcmjs-dimse holds them in memory. */
const MOST_COMMAND_BYTES = 16 * 1024;

/** The commands that one side may send, each with the bytes that its data set may have. */
export type AllowedCommands = ReadonlyMap<number, number>;

/**
 * Follows the messages of one association, so that dcmjs-dimse sees none that it would hold in memory without end, nor one that
 * its reader of data sets could stumble over.
 */
export class MessageOrder {
  readonly #allowed: AllowedCommands;
  #command: Buffer[] = [];
  #commandBytes = 0;
  /** Bytes that the data set which is arriving may still have; undefined while a command is expected. */
  #datasetBytes: number | undefined;

  constructor(allowed: AllowedCommands) {
    this.#allowed = allowed;
  }

  /** @param pdu P-DATA-TF @throws RondoError `dimse-protocol` */
  check(pdu: Buffer): void {
    for (const { isCommand, isLast, bytes } of dataValues(pdu)) {
      if (isCommand !== (this.#datasetBytes === undefined)) throw protocolError(isCommand ? 'a command begins where the rest of a data set was expected' : 'data was sent where a command was expected');
      if (this.#datasetBytes === undefined) this.#addToCommand(bytes, isLast);
      else this.#addToDataset(this.#datasetBytes, bytes, isLast);
    }
  }

  #addToCommand(bytes: Buffer, isLast: boolean): void {
    this.#command.push(bytes);
    this.#commandBytes += bytes.length;
    if (this.#commandBytes > MOST_COMMAND_BYTES) throw protocolError(`a command has more than ${MOST_COMMAND_BYTES} bytes`);
    if (!isLast) return;
    const { field, hasDataset } = readCommand(Buffer.concat(this.#command));
    this.#command = [];
    this.#commandBytes = 0;
    const most = this.#allowed.get(field);
    if (most === undefined) throw protocolError(`its command ${field.toString(16).padStart(4, '0')}H does not belong to what was agreed upon`);
    this.#datasetBytes = hasDataset ? most : undefined;
  }

  #addToDataset(room: number, bytes: Buffer, isLast: boolean): void {
    if (bytes.length > room) throw protocolError('a data set is longer than its command can have');
    this.#datasetBytes = isLast ? undefined : room - bytes.length;
  }
}

/** A command set is group 0000 in implicit VR little endian, nothing else (PS3.7 6.3.1). */
function readCommand(bytes: Buffer): { field: number; hasDataset: boolean } {
  const shorts = new Map<number, number>();
  for (let at = 0; at < bytes.length; ) {
    const start = at + 8;
    const end = start <= bytes.length && bytes.readUInt16LE(at) === 0 ? start + bytes.readUInt32LE(at + 4) : Infinity;
    if (end > bytes.length) throw protocolError('a command is no command set');
    if (end - start === 2) shorts.set(bytes.readUInt16LE(at + 2), bytes.readUInt16LE(start));
    at = end;
  }
  const [field, datasetType] = [shorts.get(COMMAND_FIELD), shorts.get(COMMAND_DATASET_TYPE)];
  if (field === undefined || datasetType === undefined) throw protocolError('a command lacks its Command Field or Command Data Set Type');
  return { field, hasDataset: datasetType !== NO_DATASET };
}
