import { access } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/index.ts';
import { RondoError } from '../../errors.ts';
import type { NewComparison, TrendQuery, TrendRecords } from '../../jobs/index.ts';

/** Where the service keeps what it made. Whoever opens it closes it. */
export interface TrendPlace {
  read: (query: TrendQuery) => Promise<TrendRecords>;
  /** @returns how many structures were new */
  record: (comparison: NewComparison) => Promise<number>;
  close: () => Promise<void>;
}

/**
 * The database of the service, or, where the embedded one is open in the service, the service itself.
 * @param key of the API, with the role physicist, where the service asks for one
 * @throws RondoError `trend-no-database`, and as `openDatabase` says
 */
export async function openTrendPlace(config: Config, key: string | undefined): Promise<TrendPlace> {
  // Not with the other commands: a database takes them some tenths of a second.
  const { openDatabase, TrendStore } = await import('../../jobs/index.ts');
  const { database: { url }, folder } = config;
  const place = path.join(folder, 'database');
  if (url === undefined && !(await access(place).then(() => true, () => false))) {
    throw new RondoError('trend-no-database', 'There is no database of the service yet. Expected the configuration of a service that has run: give it with --config.', { file: place });
  }
  try {
    const database = await openDatabase(url === undefined ? { folder: place } : { url: url.reveal() });
    const store = new TrendStore(database);
    const who = `${userInfo().username}@${hostname()}`;
    return { read: async (query) => await store.read(query), record: async (comparison) => await store.record(comparison, who), close: async () => { await database.close(); } };
  } catch (error) {
    if (!(error instanceof RondoError) || error.code !== 'database-in-use') throw error;
    return await runningService(config, key);
  }
}

async function runningService(config: Config, key: string | undefined): Promise<TrendPlace> {
  const [{ trendRecords }, { ownAddressOf }, { fetchOver }] = [await import('../../jobs/index.ts'), await import('../../service/index.ts'), await import('../../dicomweb/index.ts')];
  const { base, tls } = ownAddressOf(config);
  const fetchFrom = fetchOver(tls && { own: tls.cert });
  const ask = async (address: string, init: RequestInit = {}): Promise<unknown> => {
    const answer = await fetchFrom(new URL(address, `${base}/`), { ...init, headers: { ...(init.body !== undefined && { 'content-type': 'application/json' }), ...(key !== undefined && { authorization: `Bearer ${key}` }) } }).catch((cause: unknown) => {
      throw new RondoError('trend-service', `The database is open in another process, and no service answers at ${base}. Expected "rondo serve" with this configuration.`, {}, { cause });
    });
    const body = await answer.json().catch(() => undefined) as { error?: { code: string; message: string } } | undefined;
    if (answer.status === 401 || answer.status === 403) throw new RondoError('trend-key', 'The service does not let you see its trend. Expected in the environment variable RONDO_KEY a key of "authentication.keys" with the role physicist.');
    if (!answer.ok) throw new RondoError(body?.error?.code ?? 'trend-service', body?.error?.message ?? `The service answered with status ${answer.status} at ${base}. Look at its log.`);
    return body;
  };
  return {
    async read({ since, protocol }) {
      const query = new URLSearchParams({ ...(since && { since: since.toISOString() }), ...(protocol !== undefined && { protocol }) });
      const read = trendRecords.safeParse(await ask(`api/trend?${query.toString()}`));
      if (!read.success) throw new RondoError('trend-service', `What the service at ${base} answers is not as this Rondo expects it. Use the version of the service.`);
      return read.data;
    },
    record: async (comparison) => ((await ask('api/comparisons', { method: 'POST', body: JSON.stringify(comparison) })) as { recorded: number }).recorded,
    close: async () => Promise.resolve(),
  };
}
