import { Command } from 'commander';
import { checkConfigCommand } from './check.ts';

export { CONFIG_FILE, openConfig } from './openConfig.ts';

/** `rondo config`: the service's one file. */
export function configCommand(): Command {
  return new Command('config').description('The configuration of the service, rondo.yaml.').addCommand(checkConfigCommand());
}
