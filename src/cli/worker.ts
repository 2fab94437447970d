import { hostname } from 'node:os';
import { Command } from 'commander';
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
      const { config } = await openConfig(file);
      if (config.database.url === undefined) throw new RondoError('worker-database', 'The configuration has no database.url: the embedded database belongs to "rondo serve" alone. Workers need PostgreSQL.', { file });
      const log = serviceLog(config.log.level);
      const onError = (error: unknown, job?: string): void => { log.error({ err: error, job }, 'something went wrong'); };
      const stores = await openStores(config, onError);
      const runner = new JobRunner({ name: `worker ${hostname()} ${process.pid}`, ...stores, config, folder: await workFolder(config.folder), ownArchive: ownArchiveOf(config, process.env.RONDO_KEY), onError });
      try {
        await stores.queue.start();
        await runner.start();
        log.info('The worker is ready');
        await untilAskedToEnd();
        log.info('The worker ends');
      } finally {
        await runner.stop();
        await stores.queue.stop();
        await stores.database.close();
      }
    });
}
