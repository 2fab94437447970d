import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { readCtGrid } from '../../ct/index.ts';
import type { CtGrid } from '../../dicom/index.ts';
import { Mask, type Coverage } from '../../geometry/index.ts';
import { morphologicalInterpolation } from '../../interpolation/index.ts';
import { writeCoverageFile, writeMaskFile } from '../../nifti/index.ts';
import { dicomDateTime, packageVersion } from '../../pipeline/index.ts';
import { coverageOfStructure, interpolatedMask, maskOfStructure, type FileContour, type Structure } from '../../rtstruct/index.ts';
import { writeSegmentation } from '../../segmentation/index.ts';
import { printJson, refuseExisting, table, writeWhole } from '../output.ts';
import { openStructureSet } from '../structureSetFile.ts';
import { problemsOfSeries, problemsOfStructure } from '../structureSetOnCt.ts';
import { structureNamed } from './rename.ts';
import { segmentOf } from './segmentOf.ts';

interface ToMasksArguments {
  ct: string;
  out: string;
  structure: string[];
  coverage: boolean;
  interpolate: boolean;
  format: 'nifti' | 'seg';
  series?: string;
  json: boolean;
}

/** A structure and what of the voxels it takes. */
interface Drawn {
  structure: Structure<FileContour>;
  voxels: Mask | Coverage;
}

interface Written {
  name: string;
  file: string;
  volumeCc: number;
}

/** Characters that some file system does not take in a name. */
const NOT_IN_FILE_NAMES = /[^\p{L}\p{N} _.,+()=-]/gu;

/** `rondo rtstruct to-masks`: each structure as a mask on the CT's voxels. */
export function toMasksCommand(): Command {
  return new Command('to-masks')
    .description('Write each structure as a mask on the voxels of its CT, as NIfTI or DICOM Segmentation: a voxel belongs when its centre lies inside the contours by the even-odd rule.')
    .argument('<file>', 'RT Structure Set of any system')
    .requiredOption('--ct <folder>', 'folder with the CT series that it was drawn on')
    .requiredOption('--out <folder>', 'folder to write to; it must not exist yet')
    .option('--structure <name>', 'name or number of a structure to write; may be given several times (default: all)', (name: string, names: string[]) => [...names, name], [])
    .addOption(new Option('--coverage', 'write the exact share of each voxel that lies inside the contours of its plane instead, from 0 to 1 (float32)').default(false).conflicts(['interpolate', 'format']))
    .option('--interpolate', 'where contours lie on wider planes than the slices, up to 10 mm apart, or between slices, draw the slices between them too; without this they stay empty and are listed', false)
    .addOption(new Option('--format <format>', 'one NIfTI file for each structure, or one DICOM Segmentation, in which slices may be unevenly spaced').choices(['nifti', 'seg']).default('nifti'))
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--json', 'print JSON', false)
    .action(async (file: string, { ct: folder, out, structure: names, coverage: asCoverage, interpolate, format, series, json }: ToMasksArguments) => {
      await refuseExisting(out);
      const ct = await readCtGrid(folder, series === undefined ? {} : { seriesInstanceUid: series });
      const { geometry } = ct.volume;
      const { set } = await openStructureSet(file);
      const chosen = names.length === 0 ? set.structures : names.map((name) => structureNamed(name, set.structures));
      const problems = problemsOfSeries(set, ct);
      const drawn: Drawn[] = [];
      for (const structure of chosen) {
        const onCt = asCoverage
          ? coverageOfStructure(set, structure, geometry)
          : interpolate
            ? await interpolatedMask(set, structure, geometry, morphologicalInterpolation)
            : maskOfStructure(set, structure, geometry);
        const voxels = 'coverage' in onCt ? onCt.coverage : onCt.mask;
        problems.push(...problemsOfStructure(structure, onCt));
        if (voxels.volumeCc > 0) drawn.push({ structure, voxels });
        else problems.push(`${structure.name}: no voxel on this CT, so no file was written`);
      }
      await mkdir(out, { recursive: true });
      const written = format === 'seg' ? await writeOneSegmentation(drawn, ct, out) : await writeNiftiFiles(drawn, out);
      if (json) printJson({ folder: out, structures: written, problems });
      else {
        console.log(table(['structure', 'volume cm³', 'file'], written.map((row) => [row.name, row.volumeCc.toFixed(1), path.basename(row.file)])));
        for (const problem of problems) console.log(`note: ${problem}`);
      }
    });
}

async function writeNiftiFiles(drawn: readonly Drawn[], out: string): Promise<Written[]> {
  const taken = new Set<string>();
  const written: Written[] = [];
  for (const { structure: { name, number }, voxels } of drawn) {
    const file = path.join(out, `${fileName(name, number, taken)}.nii.gz`);
    await (voxels instanceof Mask ? writeMaskFile(voxels, file) : writeCoverageFile(voxels, file));
    written.push({ name, file, volumeCc: voxels.volumeCc });
  }
  return written;
}

async function writeOneSegmentation(drawn: readonly Drawn[], ct: CtGrid, out: string): Promise<Written[]> {
  const file = path.join(out, 'segmentation.dcm');
  const segments = drawn.flatMap(({ structure, voxels }) => (voxels instanceof Mask ? [segmentOf(structure, voxels)] : []));
  await writeWhole(file, writeSegmentation(segments, ct, { product: 'Rondo', version: await packageVersion(), ...dicomDateTime(new Date()) }));
  return drawn.map(({ structure: { name }, voxels }) => ({ name, file, volumeCc: voxels.volumeCc }));
}

/** The structure's name as a file's; with its number behind where that would not be its own. */
function fileName(name: string, number: number, taken: Set<string>): string {
  const plain = name.replace(NOT_IN_FILE_NAMES, '_').replace(/^\.+/, '_');
  const own = taken.has(plain.toLowerCase()) ? `${plain} (${number})` : plain;
  taken.add(own.toLowerCase());
  return own;
}
