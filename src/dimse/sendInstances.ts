import { readFile } from 'node:fs/promises';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, readDicom, text, writeDicom } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { CStoreRequest, Dataset } from './library.ts';
import type { DimsePeer } from './peer.ts';
import { ScuAssociation, type ProposedContext } from './scuAssociation.ts';
import { describeStatus, isWarning, SUCCESS, type Status } from './statuses.ts';
import { NATIVE_SYNTAXES } from './syntaxes.ts';

/** What the peer would say itself, had it been asked (PS3.7 C.5.11). */
const SOP_CLASS_NOT_SUPPORTED = 0x0122;

/** A Part 10 file, or its bytes. */
export type InstanceToSend = { sopInstanceUid: string } & ({ file: string } | { bytes: Uint8Array });

/** What became of an instance: `warning` says that the peer stored it, but not quite as it was sent. */
export interface SentInstance extends Status {
  sopInstanceUid: string;
  outcome: 'stored' | 'warning' | 'failed';
}

export interface SendOptions {
  signal?: AbortSignal;
  /** Called when the peer has answered for an instance: what was stored is known even where the connection breaks later. */
  onSent?: (sent: SentInstance) => void;
}

interface Outgoing {
  sopClassUid: string;
  /** The encodings in which it can be sent, that of the file first. */
  transferSyntaxUids: string[];
}

/**
 * Stores instances with a peer, one after another in one association (PS3.4 B). A data set goes out with the very bytes of its file
 * where the peer takes its transfer syntax; else, where it has no pixels, in one that the peer takes.
 * @throws RondoError `dimse-connection`, `dimse-rejected`, `dimse-busy`, `dimse-timeout`, `dimse-context` where the peer takes none of them; those of `readDicom`; `dimse-instance` where a file cannot be read or is not the instance it is said to be; the reason of `signal`
 */
export async function sendInstances(peer: DimsePeer, instances: readonly InstanceToSend[], { signal, onSent }: SendOptions = {}): Promise<SentInstance[]> {
  if (instances.length === 0) return [];
  const outgoing: Outgoing[] = [];
  // Read twice, here for what to propose, so that no more than one is held in memory.
  for (const instance of instances) outgoing.push(describe(await bytesOf(instance), instance));
  return await ScuAssociation.with(peer, proposalFor(outgoing), signal, async (association) => {
    const sent: SentInstance[] = [];
    for (const [index, instance] of instances.entries()) {
      const one = await send(association, instance, outgoing[index]);
      sent.push(one);
      onSent?.(one);
    }
    return sent;
  });
}

async function send(association: ScuAssociation, instance: InstanceToSend, { sopClassUid, transferSyntaxUids }: Outgoing): Promise<SentInstance> {
  const { sopInstanceUid } = instance;
  const transferSyntaxUid = transferSyntaxUids.find((each) => association.accepts({ abstractSyntaxUid: sopClassUid, transferSyntaxUid: each }));
  if (transferSyntaxUid === undefined) return { sopInstanceUid, outcome: 'failed', ...describeStatus(SOP_CLASS_NOT_SUPPORTED) };
  const dataset = new EncodedDataset(sopClassUid, sopInstanceUid, transferSyntaxUid, encoded(await bytesOf(instance), transferSyntaxUid));
  const request = new CStoreRequest(dataset);
  const status = await association.perform(request);
  // The library keeps every request until the association ends.
  request.setDataset(undefined);
  return { sopInstanceUid, outcome: status === SUCCESS ? 'stored' : isWarning(status) ? 'warning' : 'failed', ...describeStatus(status) };
}

/** A data set that is encoded already: the library would decode it and encode it anew, by a reader and writer that lose text and private elements. */
class EncodedDataset extends Dataset {
  readonly #bytes: Buffer;

  constructor(sopClassUid: string, sopInstanceUid: string, transferSyntaxUid: string, bytes: Buffer) {
    super({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid }, transferSyntaxUid);
    this.#bytes = bytes;
  }

  override getDenaturalizedDataset(): Buffer {
    return this.#bytes;
  }
}

async function bytesOf(instance: InstanceToSend): Promise<Uint8Array> {
  if ('bytes' in instance) return instance.bytes;
  try {
    return await readFile(instance.file);
  } catch (cause) {
    throw new RondoError('dimse-instance', 'An instance that shall be sent cannot be read. Expected a DICOM file.', { file: instance.file, uid: instance.sopInstanceUid }, { cause });
  }
}

function describe(bytes: Uint8Array, { sopInstanceUid }: InstanceToSend): Outgoing {
  const { dataset, transferSyntaxUid, pixelData } = readDicom(bytes);
  const sopClassUid = text(dataset, 'SOPClassUID');
  if (sopClassUid === '' || text(dataset, 'SOPInstanceUID') !== sopInstanceUid) {
    throw new RondoError('dimse-instance', 'What shall be sent has no SOP Class UID, or another SOP Instance UID than the one given. Give the file of the instance.', { uid: sopInstanceUid });
  }
  const canBeEncodedAnew = NATIVE_SYNTAXES.includes(transferSyntaxUid) && !pixelData;
  return { sopClassUid, transferSyntaxUids: [...new Set([transferSyntaxUid, ...(canBeEncodedAnew ? [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN] : [])])] };
}

function proposalFor(outgoing: readonly Outgoing[]): ProposedContext[] {
  const contexts = outgoing.flatMap(({ sopClassUid, transferSyntaxUids }) => transferSyntaxUids.map((transferSyntaxUid) => ({ abstractSyntaxUid: sopClassUid, transferSyntaxUid })));
  return [...new Map(contexts.map((context) => [`${context.abstractSyntaxUid} ${context.transferSyntaxUid}`, context])).values()];
}

/** The data set in the transfer syntax: as it stands in the file where that is the file's own. */
function encoded(bytes: Uint8Array, transferSyntaxUid: string): Buffer {
  const file = readDicom(bytes);
  if (file.transferSyntaxUid === transferSyntaxUid) return Buffer.from(bytes.buffer, bytes.byteOffset + file.datasetOffset, bytes.byteLength - file.datasetOffset);
  const anew = writeDicom(file.dataset, { transferSyntaxUid: transferSyntaxUid === IMPLICIT_LITTLE_ENDIAN ? IMPLICIT_LITTLE_ENDIAN : EXPLICIT_LITTLE_ENDIAN, asRead: true });
  return Buffer.from(anew).subarray(readDicom(anew).datasetOffset);
}
