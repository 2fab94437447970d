export { Archive, type Added, type ArchivedInstance, type ArchivedSeries } from './archive.ts';
export { isUid, type InstanceHeader } from './instanceHeader.ts';
