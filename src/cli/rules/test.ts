import { Command, Option } from 'commander';
import { chooseProtocol, ORIGINS, seriesTags, type Origin, type ProtocolChoice, type RuleSeen } from '../../config/index.ts';
import { readCtHeaders } from '../../ct/index.ts';
import { CONFIG_FILE, openConfig } from '../config/index.ts';
import { printJson } from '../output.ts';

interface TestOptions {
  config: string;
  series?: string;
  called?: string;
  calling?: string;
  origin?: Origin;
  json: boolean;
}

/** `rondo rules test`: which protocol a CT would get, and why. */
export function testRulesCommand(): Command {
  return new Command('test')
    .description('Show which protocol a CT would get, and what each rule saw. Exit code 1 if none. Nothing is contoured.')
    .argument('<ct-folder>', 'folder of the CT, of which only headers are looked at')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--called <AE title>', 'as if the CT was sent to this AE title')
    .option('--calling <AE title>', 'as if the CT was sent by this AE title')
    .addOption(new Option('--origin <origin>', 'as if the CT came in this way (default: dimse with an AE title, else unknown)').choices(ORIGINS))
    .option('--json', 'print JSON', false)
    .action(async (folder: string, { config: file, series, called, calling, origin, json }: TestOptions) => {
      const { config: { rules } } = await openConfig(file);
      const { seriesInstanceUid, headers } = await readCtHeaders(folder, series === undefined ? {} : { seriesInstanceUid: series });
      const sent = called !== undefined || calling !== undefined;
      const choice = chooseProtocol(rules, seriesTags(rules, headers), { origin: origin ?? (sent ? 'dimse' : undefined), calledAeTitle: called, callingAeTitle: calling });
      if (json) printJson({ seriesInstanceUid, slices: headers.length, ...choice, protocol: choice.protocol ?? null });
      else console.log([...choice.explanation.flatMap(ruleLines), '', conclusion(choice)].join('\n'));
      if (choice.protocol === undefined) process.exitCode = 1;
    });
}

function ruleLines({ rule, protocol, holds, conditions }: RuleSeen): string[] {
  return [`${holds ? '+' : '-'} ${rule} → ${protocol}`, ...conditions.map(({ keyword, expected, seen, holds: met }) => `    ${met ? '+' : '-'} ${keyword}: expected ${expected}, found ${seen}`)];
}

function conclusion(choice: ProtocolChoice): string {
  if (choice.protocol === undefined) return choice.explanation.length === 0 ? 'No protocol: the configuration has no rules.' : 'No protocol: no rule holds.';
  return `Protocol ${choice.protocol}, by ${choice.rule}.${choice.destinations ? ` Destinations: ${choice.destinations.join(', ')}.` : ''}`;
}
