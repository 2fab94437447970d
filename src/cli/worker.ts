import { hostname } from 'node:os';
import { Command } from 'commander';
import type { Logger } from 'pino';
import type { Service } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import { CONFIG_FILE, openConfig } from './config/index.ts';

/** `rondo worker`: another process, on this machine or another, that works on the jobs of a service. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Work on the jobs of a service that keeps them in PostgreSQL: fetch, contour, deliver. Any number of workers may run. Ends in order on SIGTERM and Ctrl-C.')
    .option('--config <file>', 'the configuration of the service', CONFIG_FILE)
    .addHelpText('after', '\nWhere the service asks for a key, the worker takes it from the environment variable RONDO_KEY.')
    .action(async ({ config: file }: { config: string }) => {
      // Not with the other commands: what a service needs takes them half a second.
      const [{ JobRunner, openStores, ownArchiveOf, workFolder }, { serviceLog, untilAskedToEnd }] = [await import('../service/index.ts'), await import('./serviceProcess.ts')];
      const { config, warnings } = await openConfig(file);
      if (config.database.url === undefined) throw new RondoError('worker-database', 'The configuration has no database.url: the embedded database belongs to "rondo serve" alone. Workers need PostgreSQL.', { file });
      const log = serviceLog(config.log.level);
      for (const warning of warnings) log.warn(warning);
      const onError = (error: unknown, job?: string): void => { log.error({ err: error, job }, 'something went wrong'); };
      const ownArchive = ownArchiveOf(config, process.env.RONDO_KEY);
      await checkMayFetch(ownArchive, log);
      const stores = await openStores(config, onError);
      const runner = new JobRunner({ name: `worker ${hostname()} ${process.pid}`, ...stores, config, folder: await workFolder(config.folder), ownArchive, onError });
      try {
        await stores.queue.start();
        await runner.start();
        const asked = untilAskedToEnd();
        log.info('The worker is ready');
        await asked;
        log.info('The worker ends');
      } finally {
        await runner.stop();
        await stores.queue.stop();
        await stores.database.close();
      }
    });
}

/** Of nothing that anybody has: whether one may ask is all that is asked. */
const NO_STUDY = '2.25.0';

/** Before it takes the first job, which would fail. A service that is not there yet may come. @throws RondoError `worker-key` */
async function checkMayFetch(ownArchive: Service, log: Logger): Promise<void> {
  const { DicomWeb } = await import('../dicomweb/index.ts');
  try {
    await new DicomWeb(ownArchive).searchSeries({ match: { StudyInstanceUID: NO_STUDY } });
  } catch (error) {
    if (error instanceof RondoError && (error.code === 'dicomweb-unauthorized' || error.code === 'dicomweb-forbidden')) {
      throw new RondoError('worker-key', 'The service does not let this worker fetch images. Expected in the environment variable RONDO_KEY a key of "authentication.keys" with the role reviewer.', {}, { cause: error });
    }
    log.warn({ err: error }, 'the service cannot be reached yet');
  }
}
