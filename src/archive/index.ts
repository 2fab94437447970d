export { Archive, type Added, type ArchivedInstance, type ArchivedSeries } from './archive.ts';
export { freeBytes } from './freeSpace.ts';
export type { InstanceHeader } from './instanceHeader.ts';
