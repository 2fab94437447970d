/**
 * Contours a DICOM folder with one model and writes the masks as raw bytes.
 * node predictMasks.mjs <model folder> <DICOM folder> <output folder>
 * Writes `masks.json` (size x, y, z and the names in order) and `masks.raw`: one byte a voxel, x fastest, then y, z, structure.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { predict, readModel } from '../../dist/contouring/index.js';
import { readPlanningCt } from '../../dist/ct/index.js';

const [modelFolder, ctFolder, out] = process.argv.slice(2);
const { volume } = await readPlanningCt(ctFolder);
const structures = await predict(await readModel(modelFolder), volume);
const { size } = volume.geometry;
const bytes = Buffer.alloc(structures.length * size[0] * size[1] * size[2]);
let index = 0;
for (const { mask } of structures) {
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++) bytes[index++] = mask.has(i, j, k) ? 1 : 0;
    }
  }
}
await writeFile(join(out, 'masks.raw'), bytes);
await writeFile(join(out, 'masks.json'), JSON.stringify({ size, names: structures.map(({ name }) => name) }));
