import { Command } from 'commander';
import { readCtGrid } from '../../ct/index.ts';
import { contourVolumeCc } from '../../rtstruct/index.ts';
import { printJson, table } from '../output.ts';
import { openStructureSet } from '../structureSetFile.ts';
import { structureSetOnCt } from '../structureSetOnCt.ts';

interface ListArguments {
  ct?: string;
  json: boolean;
}

/** `rondo rtstruct list`: what a structure set holds. */
export function listCommand(): Command {
  return new Command('list')
    .description('List the structures of a structure set: number, name, type, contours, and the volume that the contours enclose.')
    .argument('<file>', 'RT Structure Set of any system')
    .option('--ct <folder>', 'measure volumes on the voxels of this CT instead of from the contours alone')
    .option('--json', 'print JSON', false)
    .action(async (file: string, { ct: folder, json }: ListArguments) => {
      const { set } = await openStructureSet(file);
      const onCt = folder === undefined ? undefined : await structureSetOnCt(file, await readCtGrid(folder));
      const structures = set.structures.map(({ number, name, type, contours }, index) => ({
        number,
        name,
        type,
        contours: contours.length,
        volumeCc: (onCt ? onCt.structures[index].mask.volumeCc : contourVolumeCc(contours)) ?? null,
      }));
      const problems = onCt?.problems ?? [];
      if (json) {
        printJson({ sopInstanceUid: set.sopInstanceUid, label: set.label, approval: set.approval.status, structures, problems });
        return;
      }
      console.log(`${set.label}, ${set.date} ${set.time}, ${set.approval.status}`);
      console.log(table(['name', 'number', 'type', 'contours', 'volume cm³'], structures.map((row) => [row.name, String(row.number), row.type, String(row.contours), row.volumeCc?.toFixed(1) ?? '–'])));
      for (const problem of problems) console.log(`note: ${problem}`);
    });
}
