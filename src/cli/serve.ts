import { Command } from 'commander';
import { packageVersion } from '../pipeline/index.ts';
import { CONFIG_FILE, openConfig } from './config/index.ts';

/** `rondo serve`: receives, contours and delivers, until it is asked to end. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the service: CTs come in by C-STORE and DICOMweb, structure sets go to the destinations. Ends in order on SIGTERM and Ctrl-C.')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(async ({ config: file }: { config: string }) => {
      // Not with the other commands: what a service needs takes them half a second.
      const [{ RondoServer }, { serviceLog, untilAskedToEnd }] = [await import('../server/index.ts'), await import('./serviceProcess.ts')];
      const { config, warnings } = await openConfig(file);
      const log = serviceLog(config.log.level);
      for (const warning of warnings) log.warn(warning);
      const server = await RondoServer.start(config, log, await packageVersion());
      const asked = untilAskedToEnd();
      log.info({ url: server.url, dimsePort: server.dimsePort }, 'Rondo is ready. Research software, not for clinical use.');
      await asked;
      log.info('Rondo ends');
      await server.stop();
    });
}
