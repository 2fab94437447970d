import { freeBytes } from '../archive/index.ts';
import type { ReadyCheck } from '../service/index.ts';
import type { AppOptions, WatchedPlace } from './options.ts';

/** A CT of 500 slices is a quarter of it: below this a series may not fit any more. */
const LEAST_FREE_BYTES = 2 ** 30;
const TIMEOUT_MS = 5000;

/** What the service needs, asked now; whoever asks meanwhile gets the same answer. */
export function readyChecks({ database, archive, actions, watches = [], log }: Pick<AppOptions, 'database' | 'archive' | 'actions' | 'watches' | 'log'>): () => Promise<ReadyCheck[]> {
  const check = async (): Promise<ReadyCheck[]> => {
    const found = (await Promise.all([
      tried('database', async () => { await database.query('SELECT 1', []); return []; }),
      tried('disk', async () => {
        const bytes = await freeBytes(archive.incoming);
        return [{ name: 'disk', ok: bytes >= LEAST_FREE_BYTES, detail: `${(bytes / 2 ** 30).toFixed(1)} GiB free, expected at least ${LEAST_FREE_BYTES / 2 ** 30}` }];
      }),
      tried('service', () => actions.ready()),
    ])).flat();
    const missing = found.filter(isMissing);
    if (missing.length > 0) log.warn({ missing }, 'the service is not ready');
    return [...found, ...watchChecks(watches)];
  };
  let running: Promise<ReadyCheck[]> | undefined;
  return () => running ??= check().finally(() => { running = undefined; });
}

/** Whether the service cannot work for want of this. */
export function isMissing({ ok, needed = true }: ReadyCheck): boolean {
  return needed && !ok;
}

/** One check for all archives, and one for all folders: what each is called is for the detail. What comes in otherwise is taken while they fail. */
function watchChecks(watches: readonly WatchedPlace[]): ReadyCheck[] {
  return (['archive', 'folder'] as const).flatMap((kind) => {
    const its = watches.filter((watch) => watch.kind === kind);
    if (its.length === 0) return [];
    const failing = its.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem.message}`]));
    return [{ name: `watched ${kind}s`, ok: failing.length === 0, needed: false, ...(failing.length > 0 && { detail: failing.join(' ') }) }];
  });
}

/** What a check finds; that it is well, where it finds nothing. */
async function tried(name: string, check: () => Promise<ReadyCheck[]>): Promise<ReadyCheck[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error(`no answer in ${TIMEOUT_MS / 1000} seconds`)); }, TIMEOUT_MS); });
  try {
    const found = await Promise.race([check(), late]);
    return found.length > 0 ? found : [{ name, ok: true }];
  } catch (error) {
    return [{ name, ok: false, detail: error instanceof Error ? error.message : String(error) }];
  } finally {
    clearTimeout(timer);
  }
}
