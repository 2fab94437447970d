import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { readCtGrid } from '../../ct/index.ts';
import { readDicom } from '../../dicom/index.ts';
import { RondoError } from '../../errors.ts';
import { preflight, TPS_NAMES, TPS_PROFILES, violationText, type TpsName } from '../../rtstruct/index.ts';
import { printJson } from '../output.ts';

interface CheckArguments {
  ct?: string;
  profile: TpsName;
  series?: string;
  json: boolean;
}

/** `rondo rtstruct check`: what a planning system may refuse. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Check a structure set before a planning system does: each violation with tag, rule, source and severity. Ends with 1 when there is an error. No planning system was tested.')
    .argument('<file>', 'RT Structure Set of any system')
    .option('--ct <folder>', 'also check contours and references against this CT')
    .addOption(profileOption())
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--json', 'print JSON', false)
    .action(async (file: string, { ct: folder, profile, series, json }: CheckArguments) => {
      let bytes: Uint8Array;
      try {
        bytes = await readFile(file);
      } catch (cause) {
        throw new RondoError('file-unreadable', 'The structure set cannot be read. Give an existing RT Structure Set file.', { file }, { cause });
      }
      const ct = folder === undefined ? undefined : await readCtGrid(folder, series === undefined ? {} : { seriesInstanceUid: series });
      const violations = preflight(readDicom(bytes, { file }), { profile, ...(ct && { ct }) });
      const errors = violations.filter(({ severity }) => severity === 'error').length;
      if (errors > 0) process.exitCode = 1;
      if (json) {
        printJson({ profile, errors, warnings: violations.length - errors, violations });
        return;
      }
      for (const violation of violations) console.log(violationText(violation));
      console.log(`${errors} errors, ${violations.length - errors} warnings for ${TPS_PROFILES[profile].title}; no planning system was tested.`);
    });
}

/** `--profile`, for commands that check or write for a planning system. */
export function profileOption(): Option {
  return new Option('--profile <tps>', 'planning system that shall import the file').choices(TPS_NAMES).default('generic');
}
