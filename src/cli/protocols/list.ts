import { Command } from 'commander';
import { openProtocol, protocolNames } from '../../pipeline/index.ts';
import { printJson, table } from '../output.ts';

/** `rondo protocols list`: what is bundled. */
export function listProtocolsCommand(): Command {
  return new Command('list')
    .description('List the bundled protocols. "rondo protocols check <name>" shows one.')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const protocols = await Promise.all((await protocolNames()).map(openProtocol));
      if (json) printJson({ protocols: protocols.map(({ name, title, guideline, profile, targets, structures, derived }) => ({ name, title, guideline, profile, targets, structures: structures.map(({ roiName }) => roiName), derived: derived.map((one) => one.name) })) });
      else console.log(table(['protocol', 'structures', 'title'], protocols.map(({ name, structures, derived, title }) => [name, String(structures.length + derived.length), title])));
    });
}
