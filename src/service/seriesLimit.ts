import type { Config } from '../config/index.ts';
import { RondoError } from '../errors.ts';

/** That a series has no more images than are contoured at most. @throws RondoError `series-limit` */
export function checkSeriesLimit(seriesInstanceUid: string, instances: number, { limits: { seriesInstances } }: { limits: Pick<Config['limits'], 'seriesInstances'> }): void {
  if (instances <= seriesInstances) return;
  throw new RondoError('series-limit', `The series has ${instances} images, more than the ${seriesInstances} that are contoured at most. Send fewer, or allow more in "limits.seriesInstances".`, { uid: seriesInstanceUid });
}
