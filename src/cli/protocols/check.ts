import { Command } from 'commander';
import { openProtocol } from '../../pipeline/index.ts';
import { modelsOf } from '../../protocol/index.ts';
import { printJson, table } from '../output.ts';

/** `rondo protocols check`: whether a protocol can be used, and what it says. */
export function checkProtocolCommand(): Command {
  return new Command('check')
    .description('Check a protocol as "rondo contour --protocol" would, without a patient, and show what it says.')
    .argument('<name or file>', 'a bundled protocol, or a YAML file')
    .option('--json', 'print JSON', false)
    .action(async (nameOrFile: string, { json }: { json: boolean }) => {
      const protocol = await openProtocol(nameOrFile);
      if (json) {
        printJson(protocol);
        return;
      }
      const { name, title, guideline, profile, targets, structures, derived, destinations } = protocol;
      const given = Object.entries(targets).map(([what, value]) => `${what} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
      console.log([
        `${name}: ${title}`,
        `guideline ${guideline}; profile ${profile}; models ${modelsOf(protocol).join(', ')}${given.length > 0 ? `; ${given.join(', ')}` : ''}`,
        '',
        table(['structure', 'written as', 'model'], structures.map((structure) => [structure.name, structure.roiName, structure.model])),
        ...derived.map(({ definition }) => definition),
        ...(destinations ? [`sent to ${destinations.join(', ')}`] : []),
        '',
        'The protocol can be used.',
      ].join('\n'));
    });
}
