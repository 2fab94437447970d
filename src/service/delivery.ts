import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Destination, FolderDestination } from '../config/index.ts';
import { readDicom, text } from '../dicom/index.ts';
import { DicomWeb, type Service } from '../dicomweb/index.ts';
import { findInstance, sendInstances } from '../dimse/index.ts';
import { RondoError } from '../errors.ts';
import { dimsePeer, webService } from './peers.ts';

/** A structure set on its way. */
interface Parcel {
  bytes: Uint8Array;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
}

export interface DeliveryOptions {
  /** How Rondo's own archive is reached, for destinations of that kind. */
  ownArchive: Service;
  signal: AbortSignal;
}

/**
 * Brings a structure set to a destination. Bringing it again does no harm: it has the same UID, and where the destination can be asked,
 * one that is there already is not sent again.
 * @param signal ends it on the way
 * @returns `verified` where the destination was asked and has it, else `delivered`
 * @throws RondoError `delivery-refused`, `delivery-busy`, `delivery-unverified`, `delivery-timeout`, `delivery-folder`, those of `DicomWeb` and `sendInstances`
 */
export async function deliver(bytes: Uint8Array, destination: Destination, { ownArchive, signal }: DeliveryOptions): Promise<'delivered' | 'verified'> {
  const timeout = AbortSignal.timeout(destination.timeoutMs);
  try {
    return await bring(bytes, destination, { ownArchive, signal: AbortSignal.any([signal, timeout]) });
  } catch (error) {
    // Each of the doors says in its own words that it was closed on the way.
    if (!timeout.aborted || signal.aborted || (error instanceof RondoError && error.code !== 'cancelled')) throw error;
    throw new RondoError('delivery-timeout', `${destination.name} did not take the structure set within ${destination.timeoutMs / 1000} s. Check whether it is overloaded, or allow more in its "timeoutMs".`, {}, { cause: error });
  }
}

async function bring(bytes: Uint8Array, destination: Destination, { ownArchive, signal }: DeliveryOptions): Promise<'delivered' | 'verified'> {
  const { dataset } = readDicom(bytes);
  const parcel = { bytes, studyInstanceUid: text(dataset, 'StudyInstanceUID'), seriesInstanceUid: text(dataset, 'SeriesInstanceUID'), sopInstanceUid: text(dataset, 'SOPInstanceUID') };
  const door = doorOf(destination, parcel, ownArchive, signal);
  if (destination.verify && !door.compares && (await door.has())) return 'verified';
  await door.put();
  if (!destination.verify) return 'delivered';
  const isThere = await door.has();
  if (isThere === undefined) return 'delivered';
  if (isThere) return 'verified';
  throw new RondoError('delivery-unverified', `${destination.name} took the structure set, but does not list it. Expected to find it there. It is looked for again; if it stays so, see the log of ${destination.name}, or set "verify: false" where it never lists what it has.`, { uid: parcel.sopInstanceUid });
}

/** A way into a destination. */
interface Door {
  /** It takes the same parcel again, and refuses another of the same UID: what lies there may be another. */
  compares?: true;
  put(): Promise<void>;
  /** Whether the destination has the parcel; undefined where it cannot be asked. */
  has(): Promise<boolean | undefined>;
}

function doorOf(destination: Destination, parcel: Parcel, ownArchive: Service, signal: AbortSignal): Door {
  switch (destination.kind) {
    case 'stow':
      return webDoor(webService(destination), destination, parcel, signal);
    case 'archive':
      return { ...webDoor(ownArchive, destination, parcel, signal), compares: true };
    case 'dimse': {
      const peer = dimsePeer(destination);
      return {
        async put() {
          const [{ outcome, status, meaning }] = await sendInstances(peer, [parcel], { signal });
          if (outcome === 'failed') throw refused(destination, parcel, `${meaning} (status ${status})`);
        },
        async has() {
          try {
            return await findInstance(peer, parcel, { signal });
          } catch (error) {
            // Planning systems often take structure sets without offering a search.
            if (error instanceof RondoError && ['dimse-context', 'dimse-rejected', 'dimse-status'].includes(error.code)) return undefined;
            throw error;
          }
        },
      };
    }
    case 'folder':
      return folderDoor(destination, parcel);
  }
}

function webDoor(service: Service, destination: Destination, parcel: Parcel, signal: AbortSignal): Door {
  const web = new DicomWeb(service);
  return {
    async put() {
      const [{ outcome, reason }] = await web.store([parcel.bytes], { signal });
      if (outcome === 'failed') throw refused(destination, parcel, reason ?? 'without a reason');
    },
    has: async () => await web.holds(parcel.studyInstanceUid, parcel.seriesInstanceUid, parcel.sopInstanceUid, { signal }),
  };
}

function folderDoor({ folder }: FolderDestination, { bytes, sopInstanceUid }: Parcel): Door {
  const file = path.join(folder, `RS.${sopInstanceUid}.dcm`);
  return {
    async put() {
      const growing = `${file}.part`;
      try {
        const handle = await open(growing, 'w');
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(growing, file);
      } catch (cause) {
        await rm(growing, { force: true });
        throw new RondoError('delivery-folder', 'The structure set could not be written. Expected a folder that exists and may be written, with space.', { file: folder }, { cause });
      }
    },
    has: async () => await readFile(file).then((found) => found.equals(bytes), () => false),
  };
}

function refused({ name }: Destination, { sopInstanceUid }: Parcel, reason: string): RondoError {
  const isBusy = /out of resources|short of resources|limited resources/.test(reason);
  return new RondoError(isBusy ? 'delivery-busy' : 'delivery-refused', `${name} did not take the structure set: ${reason}. ${isBusy ? 'It is tried again.' : 'See its log; when it is mended, try the delivery again.'}`, { uid: sopInstanceUid });
}
