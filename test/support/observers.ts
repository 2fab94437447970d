import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withMargin } from '../../src/algebra/index.ts';
import { readCtGrid } from '../../src/ct/index.ts';
import { Mask } from '../../src/geometry/index.ts';
import { masksToStructureSet, StructureSetWorkers } from '../../src/pipeline/index.ts';
import { maskOfStructure, readStructureSet } from '../../src/rtstruct/index.ts';

/** How an observer draws a structure of the truth: grown by a margin in mm, moved by voxels, under a name. */
export interface DrawnOtherwise {
  of: string;
  name?: string;
  marginMm?: number;
  moved?: readonly [number, number, number];
}

/** Writes structure sets of observers who draw structures of a truth otherwise, one file each, named like them. */
export async function writeObservers(folder: string, ctFolder: string, truthFile: string, observers: Readonly<Record<string, readonly DrawnOtherwise[]>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const ct = await readCtGrid(ctFolder);
  const truth = readStructureSet(await readFile(truthFile));
  const workers = new StructureSetWorkers();
  try {
    for (const [observer, drawn] of Object.entries(observers)) {
      const masks = new Map(drawn.map(({ of, name = of, marginMm = 0, moved = [0, 0, 0] }) => {
        const structure = truth.structures.find((one) => one.name === of);
        if (!structure) throw new Error(`the truth holds no ${of}`);
        const { mask } = maskOfStructure(truth, structure, ct.volume.geometry);
        const { geometry, box, voxels } = (marginMm === 0 ? mask : withMargin(mask, marginMm)).cropped();
        return [name, new Mask(geometry, { min: [box.min[0] + moved[0], box.min[1] + moved[1], box.min[2] + moved[2]], size: box.size }, voxels)] as const;
      }));
      const { bytes } = await masksToStructureSet(ct, masks, workers, { mode: 'exact', label: 'Study' });
      await writeFile(path.join(folder, `${observer}.dcm`), bytes);
    }
  } finally {
    await workers.close();
  }
}
