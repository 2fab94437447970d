import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { readPlanningCt } from '../../ct/index.ts';
import { writeMaskFile } from '../../nifti/index.ts';
import { printJson, refuseExisting, table } from '../output.ts';
import { structureSetOnCt } from '../structureSetOnCt.ts';
import { structureNamed } from './rename.ts';

interface ToMasksArguments {
  ct: string;
  out: string;
  structure: string[];
  series?: string;
  json: boolean;
}

/** Characters that some file system does not take in a name. */
const NOT_IN_FILE_NAMES = /[^\p{L}\p{N} _.,+()=-]/gu;

/** `rondo rtstruct to-masks`: each structure as a NIfTI mask on the CT's voxels. */
export function toMasksCommand(): Command {
  return new Command('to-masks')
    .description('Write each structure as a NIfTI mask (0 and 1) on the voxels of its CT, by the rule of voxel centres.')
    .argument('<file>', 'RT Structure Set of any system')
    .requiredOption('--ct <folder>', 'folder with the CT series that it was drawn on')
    .requiredOption('--out <folder>', 'folder to write to; it must not exist yet')
    .option('--structure <name>', 'name or number of a structure to write; may be given several times (default: all)', (name: string, names: string[]) => [...names, name], [])
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--json', 'print JSON', false)
    .action(async (file: string, { ct: folder, out, structure: names, series, json }: ToMasksArguments) => {
      await refuseExisting(out);
      const ct = await readPlanningCt(folder, series === undefined ? {} : { seriesInstanceUid: series });
      const { structures, problems } = await structureSetOnCt(file, ct);
      const chosen = names.length === 0 ? structures : names.map((name) => structureNamed(name, structures));
      await mkdir(out, { recursive: true });
      const taken = new Set<string>();
      const written = [];
      for (const { name, number, mask } of chosen) {
        if (mask.isEmpty) {
          problems.push(`${name}: no voxel on this CT, so no file was written`);
          continue;
        }
        const maskFile = path.join(out, `${fileName(name, number, taken)}.nii.gz`);
        await writeMaskFile(mask, maskFile);
        written.push({ name, file: maskFile, volumeCc: mask.volumeCc });
      }
      if (json) printJson({ folder: out, structures: written, problems });
      else {
        console.log(table(['structure', 'volume cm³', 'file'], written.map((row) => [row.name, row.volumeCc.toFixed(1), path.basename(row.file)])));
        for (const problem of problems) console.log(`note: ${problem}`);
      }
    });
}

/** The structure's name as a file's; with its number behind where that would not be its own. */
function fileName(name: string, number: number, taken: Set<string>): string {
  const plain = name.replace(NOT_IN_FILE_NAMES, '_').replace(/^\.+/, '_');
  const own = taken.has(plain.toLowerCase()) ? `${plain} (${number})` : plain;
  taken.add(own.toLowerCase());
  return own;
}
