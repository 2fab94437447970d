import { Command } from 'commander';
import { readPlanningCt } from '../ct/index.ts';
import { renderPlanes } from '../report/index.ts';
import { printJson, refuseExisting, writeWhole } from './output.ts';
import { structureSetOnCt } from './structureSetOnCt.ts';

interface RenderArguments {
  out: string;
  series?: string;
  json: boolean;
}

/** `rondo render`: three views of a CT with the contours of a structure set. */
export function renderCommand(): Command {
  return new Command('render')
    .description('Draw axial, coronal and sagittal views of a CT with the contours of a structure set, as a PNG.')
    .argument('<ct-folder>', 'folder with the CT series')
    .argument('<rtstruct>', 'RT Structure Set drawn on it')
    .requiredOption('--out <png>', 'picture to write; an existing file is never overwritten')
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--json', 'print JSON', false)
    .action(async (folder: string, file: string, { out, series, json }: RenderArguments) => {
      await refuseExisting(out);
      const ct = await readPlanningCt(folder, series === undefined ? {} : { seriesInstanceUid: series });
      const { label, structures, problems } = await structureSetOnCt(file, ct);
      await writeWhole(out, await renderPlanes({ volume: ct.volume, structures, title: `${label} – ${structures.length} structures` }));
      if (json) printJson({ file: out, structures: structures.map(({ name }) => name), problems });
      else console.log([...problems.map((problem) => `note: ${problem}`), `Picture of ${structures.length} structures in ${out}`].join('\n'));
    });
}
