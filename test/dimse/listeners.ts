import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { DimseListener, type DimseEvent, type DimseListenerOptions, type ReceivedInstance } from '../../src/dimse/index.ts';
import { readDicom } from '../../src/dicom/index.ts';
import { inTemporaryFolder } from '../support/ctSeries.ts';

export const AE_TITLE = 'RONDO';
export const LIMITS = { associations: 16, instanceBytes: 64 * 1024 * 1024, idleTimeoutMs: 60_000 };

/** A listener whose instances are kept in `kept`. */
export interface TestListener {
  listener: DimseListener;
  port: number;
  /** A folder of the test's own. */
  folder: string;
  /** Where instances are written while they arrive. */
  incoming: string;
  received: ReceivedInstance[];
  events: DimseEvent[];
  /** Resolves at the first event of that kind, also one that was before. */
  event: (kind: DimseEvent['event']) => Promise<DimseEvent>;
}

export async function withListener<T>(options: Partial<DimseListenerOptions>, use: (test: TestListener) => Promise<T>): Promise<T> {
  return await inTemporaryFolder(async (folder) => {
    const [incoming, kept] = [path.join(folder, 'incoming'), path.join(folder, 'kept')];
    for (const each of [incoming, kept]) await mkdir(each);
    const received: ReceivedInstance[] = [];
    const events: DimseEvent[] = [];
    const waiting: (() => void)[] = [];
    const listener = new DimseListener({
      port: 0,
      aeTitles: [AE_TITLE],
      folder: incoming,
      limits: LIMITS,
      async onInstance(instance) {
        const file = path.join(kept, `${instance.sopInstanceUid}.dcm`);
        await rename(instance.file, file);
        received.push({ ...instance, file });
      },
      onEvent(event) {
        events.push(event);
        for (const look of waiting) look();
      },
      ...options,
    });
    const event = async (kind: DimseEvent['event']): Promise<DimseEvent> =>
      await new Promise((resolve) => {
        const look = (): void => {
          const found = events.find((each) => each.event === kind);
          if (found) resolve(found);
        };
        waiting.push(look);
        look();
      });
    await listener.start();
    try {
      return await use({ listener, port: listener.port, folder, incoming, received, events, event });
    } finally {
      await listener.stop({ timeoutMs: 0 });
    }
  });
}

export async function isEmpty(folder: string): Promise<boolean> {
  return (await readdir(folder)).length === 0;
}

/** The bytes of a Part 10 file behind its File Meta Information. */
export function datasetOf(file: Buffer): Buffer {
  return file.subarray(readDicom(file, { until: '0002FFFF' }).datasetOffset);
}
