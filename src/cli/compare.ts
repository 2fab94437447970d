import { Command, InvalidArgumentError, Option } from 'commander';
import { readCtGrid } from '../ct/index.ts';
import { definitions, distanceConventions, type DistanceConvention } from '../metrics/index.ts';
import { PairWorkers } from '../pipeline/index.ts';
import { compareStructures, comparisonTable } from '../report/index.ts';
import { printJson } from './output.ts';
import { structureNamed } from './rtstruct/rename.ts';
import { structureSetOnCt } from './structureSetOnCt.ts';

interface CompareArguments {
  ct: string;
  series?: string;
  structure: string[];
  convention: DistanceConvention[];
  tolerance?: number;
  pathTolerance: number;
  json: boolean;
}

/** `rondo compare`: two structure sets on one CT, structure by structure. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('Compare two structure sets drawn on one CT, joined by name: DSC, HD95, surface DSC, added path length and more, each with its convention.')
    .argument('<reference>', 'RT Structure Set to compare with')
    .argument('<test>', 'RT Structure Set to judge')
    .requiredOption('--ct <folder>', 'folder with the CT series that both were drawn on')
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--structure <name>', 'compare this structure of the reference only; may be given several times (default: all)', (name: string, names: string[]) => [...names, name], [])
    .addOption(new Option('--convention <names...>', 'HD, HD95 and mean surface distance also by these conventions').choices(Object.keys(distanceConventions)).default([]))
    .option('--tolerance <mm>', 'τ of the surface DSC (default: 2 for organs, 3 for targets)', millimetres)
    .option('--path-tolerance <mm>', 'contours within this distance need not be drawn anew (added path length)', millimetres, 0)
    .option('--json', 'print JSON', false)
    .action(async (referenceFile: string, testFile: string, { ct: folder, series, structure: names, convention: conventions, tolerance, pathTolerance, json }: CompareArguments) => {
      const workers = new PairWorkers();
      try {
        const ct = await readCtGrid(folder, series === undefined ? {} : { seriesInstanceUid: series });
        const reference = await structureSetOnCt(referenceFile, ct, (all) => (names.length === 0 ? all : names.map((name) => structureNamed(name, all))));
        const asked = new Set(reference.structures.map(({ name }) => name));
        const test = await structureSetOnCt(testFile, ct, (all) => (names.length === 0 ? all : all.filter(({ name }) => asked.has(name))));
        const comparison = await compareStructures(
          reference.structures,
          test.structures,
          { addedPathToleranceMm: pathTolerance, conventions, ...(tolerance !== undefined && { toleranceMm: tolerance }) },
          (pairs) => workers.measure(pairs),
        );
        const problems = [...reference.problems.map((problem) => `reference: ${problem}`), ...test.problems.map((problem) => `test: ${problem}`)];
        if (json) {
          printJson({ ...comparison, found: test.structures.map(({ name, mask }) => ({ name, volumeCc: mask.volumeCc })), problems, definitions });
          return;
        }
        console.log(comparisonTable(comparison));
        for (const problem of problems) console.log(`note: ${problem}`);
      } finally {
        await workers.close();
      }
    });
}

function millimetres(text: string): number {
  const mm = Number(text);
  if (text.trim() === '' || !Number.isFinite(mm) || mm < 0) throw new InvalidArgumentError('Expected a distance in mm, 0 or more.');
  return mm;
}
