import { Command, Option } from 'commander';
import { readCtGrid } from '../../ct/index.ts';
import { deriveStructures, StructureSetWorkers, type ContourMode } from '../../pipeline/index.ts';
import { printJson, refuseExisting, table, writeWhole } from '../output.ts';
import { openStructureSet } from '../structureSetFile.ts';
import { problemsOfSeries, problemsOfStructure } from '../structureSetOnCt.ts';

interface DeriveArguments {
  ct: string;
  out: string;
  mode: ContourMode;
  series?: string;
  json: boolean;
}

/** `rondo rtstruct derive`: structures made from others. */
export function deriveCommand(): Command {
  return new Command('derive')
    .description('Add structures defined by others: unions, intersections, differences, margins, rings, crops. Everything else stays as it was; what is added is read back and compared.')
    .argument('<file>', 'RT Structure Set of any system')
    .argument('<definition...>', 'such as "Lungs = Lung_L | Lung_R" "PTV = crop(margin(CTVp_Breast_L, 5), External, 5)"')
    .requiredOption('--ct <folder>', 'folder with the CT series that it was drawn on')
    .requiredOption('--out <file>', 'RT Structure Set to write; an existing file is never overwritten')
    .addOption(new Option('--mode <mode>', 'contours along voxel edges, or below voxel size; both give the same voxels back').choices(['exact', 'smooth']).default('smooth'))
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      `
Definitions:
  A | B   A & B   A - B            union, intersection, difference; parentheses between different signs
  margin(A, 5)   margin(A, -3)     grown or shrunk by mm, exact distances
  margin(A, left 5, superior 10)   by side of the patient; 0 where none is given
  crop(A, External, 5)             what of A lies more than 5 mm inside External
  ring(A, 5, 20)                   what lies between 5 and 20 mm of A
  "Name with spaces"               names of other than letters, digits and _`,
    )
    .action(derive);
}

async function derive(file: string, definitions: readonly string[], { ct: folder, out, mode, series, json }: DeriveArguments): Promise<void> {
  await refuseExisting(out);
  const source = await openStructureSet(file);
  const workers = new StructureSetWorkers();
  try {
    const ct = await readCtGrid(folder, series === undefined ? {} : { seriesInstanceUid: series });
    const { bytes, derived, used } = await deriveStructures(source, ct, definitions, workers, { mode });
    await writeWhole(out, bytes);
    const structures = derived.map(({ number, name, definition, volumeCc, dice }) => ({ number, name, definition, volumeCc, readBackDsc: dice }));
    const problems = [...problemsOfSeries(source.set, ct), ...used.flatMap(({ structure, drawn }) => problemsOfStructure(structure, drawn))];
    if (json) printJson({ file: out, structures, problems });
    else console.log([table(['structure', 'volume cm³', 'read back DSC'], structures.map((row) => [row.name, row.volumeCc.toFixed(1), row.readBackDsc.toFixed(5)])), ...problems.map((problem) => `note: ${problem}`), `Written and read back: ${out}`].join('\n'));
  } finally {
    await workers.close();
  }
}
