import type { Arrival } from '../config/index.ts';
import type { Job, JobEvent } from '../jobs/index.ts';
import { OWN_ARCHIVE } from './peers.ts';

/** What is written of a job whose images have left the archive. */
export const IMAGES_DELETED = 'images deleted';

/**
 * Whether a job waits of a series that came here image by image. One that was asked for, by a request or a workitem, is none: it has a protocol of its
 * own choice or gets one by a look of its own, however its images come.
 */
export function isOwnWaiting({ state, origin, source }: Pick<Job, 'state' | 'origin' | 'source'>): boolean {
  return state === 'waiting' && origin !== 'api' && origin !== 'worklist' && source?.url === OWN_ARCHIVE;
}

/** What may choose a protocol beside the images: the AE title that was called, or the watched folder. Undefined by STOW-RS. */
export function wayOf({ calledAeTitle, folder }: Pick<Arrival, 'calledAeTitle' | 'folder'>): string | undefined {
  return calledAeTitle ?? folder;
}

/** Of how many images a job was made, or the one that it was a double of; 0 where they have left the archive since. @param events oldest first */
export function imagesOf(events: readonly JobEvent[]): number {
  const since = events.slice(events.findLastIndex(({ what }) => what === IMAGES_DELETED) + 1);
  return Math.max(0, ...since.map(({ details }) => (typeof details?.instances === 'number' ? details.instances : 0)));
}
