import path from 'node:path';
import { Command, Option } from 'commander';
import { readCtGrid } from '../../ct/index.ts';
import { RondoError } from '../../errors.ts';
import type { Mask } from '../../geometry/index.ts';
import { readMaskFile } from '../../nifti/index.ts';
import { masksToStructureSet, StructureSetWorkers, type ContourMode } from '../../pipeline/index.ts';
import type { TpsName } from '../../rtstruct/index.ts';
import { printJson, refuseExisting, table, writeWhole } from '../output.ts';
import { profileOption } from './check.ts';

interface FromMasksArguments {
  ct: string;
  out: string;
  mode: ContourMode;
  profile: TpsName;
  series?: string;
  json: boolean;
}

/** `rondo rtstruct from-masks`: NIfTI masks as a structure set. */
export function fromMasksCommand(): Command {
  return new Command('from-masks')
    .description('Make a structure set from NIfTI masks, one file of 0 and 1 per structure, named like it: Heart.nii.gz. It is read back and compared before it is written.')
    .argument('<mask...>', 'NIfTI files on the voxels of the CT (within 0.01 mm, axes in any order)')
    .requiredOption('--ct <folder>', 'folder with the CT series')
    .requiredOption('--out <file>', 'RT Structure Set to write; an existing file is never overwritten')
    .addOption(new Option('--mode <mode>', 'contours along voxel edges, or below voxel size; both give the same voxels back').choices(['exact', 'smooth']).default('smooth'))
    .addOption(profileOption())
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--json', 'print JSON', false)
    .action(fromMasks);
}

async function fromMasks(files: readonly string[], { ct: folder, out, mode, profile, series, json }: FromMasksArguments): Promise<void> {
  await refuseExisting(out);
  const workers = new StructureSetWorkers();
  try {
    const ct = await readCtGrid(folder, series === undefined ? {} : { seriesInstanceUid: series });
    const masks = new Map<string, Mask>();
    for (const file of files) {
      const name = path.basename(file).replace(/\.nii(\.gz)?$/i, '');
      if (masks.has(name)) throw new RondoError('mask-name-twice', `Two mask files are named ${name}. Give each structure its own name.`, { file });
      masks.set(name, await readMaskFile(file, ct.volume.geometry));
    }
    const { bytes, structureSet, verified } = await masksToStructureSet(ct, masks, workers, { mode, profile });
    await writeWhole(out, bytes);
    const structures = structureSet.structures.map(({ number, name, type, contours }, index) => ({
      number, name, type, contours: contours.length, volumeCc: verified[index].volumeCc, readBackDsc: verified[index].dice,
    }));
    if (json) printJson({ file: out, sopInstanceUid: structureSet.sopInstanceUid, structures });
    else {
      console.log(table(['structure', 'volume cm³', 'contours', 'read back DSC'], structures.map((row) => [row.name, row.volumeCc.toFixed(1), String(row.contours), row.readBackDsc.toFixed(5)])));
      console.log(`Written and read back: ${out}`);
    }
  } finally {
    await workers.close();
  }
}
