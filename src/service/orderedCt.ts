import type { Config } from '../config/index.ts';
import type { Dataset } from '../dicom/index.ts';
import { DicomWeb, isTransient, type FoundSeries, type SeriesListing, type Service, type WorkitemInput } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import type { CtSource } from '../jobs/index.ts';
import { OWN_ARCHIVE, serviceAt } from './peers.ts';

/** A CT that a workitem names, where it lies. */
export interface OrderedCt {
  source: CtSource;
  listing: SeriesListing;
  /** Of the attributes that were asked for, those that the archive has. */
  attributes: Dataset;
}

export interface CtSearch {
  config: Pick<Config, 'archives'>;
  ownArchive: Service;
  /** Of the attributes wanted. */
  keywords: readonly string[];
  signal: AbortSignal;
  /** Addresses of archives that gave no answer: they are not asked again while this set is used. */
  silent: Set<string>;
}

/**
 * Looks for a CT in Rondo's own archive and in those of the configuration, in their order: the first that has all instances that the workitem names. Where
 * the workitem itself says that they lie is not read, let alone fetched from: whoever writes workitems must not choose whom Rondo asks, with what credentials.
 * @throws RondoError `workitem-elsewhere`; where an archive gave no answer, that failure
 */
export async function findOrderedCt({ studyInstanceUid, seriesInstanceUid, instances }: WorkitemInput, { config, ownArchive, keywords, signal, silent }: CtSearch): Promise<OrderedCt> {
  let failure: RondoError | undefined;
  let most = 0;
  for (const url of [OWN_ARCHIVE, ...config.archives.map((archive) => archive.url)]) {
    if (silent.has(url)) continue;
    try {
      const web = new DicomWeb(serviceAt(url, config, ownArchive));
      const [series] = (await web.searchSeries({ match: { StudyInstanceUID: studyInstanceUid, SeriesInstanceUID: seriesInstanceUid }, attributes: keywords, signal })) as [FoundSeries?];
      if (series === undefined) continue;
      const listing = await web.listSeries(studyInstanceUid, seriesInstanceUid, { signal });
      const held = new Set(listing.instanceUids);
      const there = instances.filter(({ sopInstanceUid }) => held.has(sopInstanceUid)).length;
      if (there === instances.length) return { source: { kind: 'dicomweb', url, studyInstanceUid, seriesInstanceUid }, listing, attributes: series.attributes };
      most = Math.max(most, there);
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
      if (isTransient(error)) silent.add(url);
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  if (silent.size > 0) throw new RondoError('workitem-archive', 'An archive that may have the CT of a workitem does not answer. It is asked again.', { uid: seriesInstanceUid });
  throw new RondoError('workitem-elsewhere', `No archive of the configuration has the CT that a workitem names: ${most} of its ${instances.length} images were found. It is looked for again; send it to Rondo, or add its archive to "archives".`, { uid: seriesInstanceUid });
}
