import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { readPlanningCt } from '../../src/ct/index.ts';
import type { PlanningCt } from '../../src/dicom/index.ts';
import { Mask } from '../../src/geometry/index.ts';
import { centroidMm, fillHoles, keepLargestComponents } from '../../src/oar/index.ts';
import { dice } from '../../src/metrics/index.ts';
import { contoursOnGrid, rasterize, readStructureSet } from '../../src/rtstruct/index.ts';
import { rondo } from '../support/rondo.ts';
import { itWithSharedData } from '../support/sharedData.ts';

/** Air in the lungs is below, soft tissue above. */
const LUNG_HU = -320;

/**
 * Both lungs by threshold alone, as reference: what is air within the outline of the largest piece of tissue (the couch is
 * another), its largest pieces (joined by the airways, or one a side), with the vessels inside filled.
 */
function thresholdLungs({ volume: { geometry, voxels } }: PlanningCt): Mask {
  const body = keepLargestComponents(Mask.fromVoxels<number>(geometry, voxels, (hu) => hu >= LUNG_HU), 1);
  const tissue = body.toDense();
  const air = fillHoles(body, '2d-axial').toDense().map((value, index) => value - tissue[index]);
  return fillHoles(keepLargestComponents(Mask.fromVoxels<number>(geometry, air, (value) => value === 1), 2, 0.2), '3d');
}

async function contoured(folder: string, out: string): Promise<{ masks: Map<string, Mask>; notFound: string[]; ct: PlanningCt }> {
  const { code, stdout, stderr } = await rondo('contour', folder, '--out', out, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { notFound } = JSON.parse(stdout) as { notFound: { name: string }[] };
  const ct = await readPlanningCt(folder);
  const set = readStructureSet(await readFile(out));
  const masks = new Map(set.structures.map((structure) => [structure.name, rasterize(contoursOnGrid(set, structure, ct.volume.geometry).contours, ct.volume.geometry)]));
  return { masks, notFound: notFound.map(({ name }) => name), ct };
}

describe('real scans, which no model was trained on', () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(path.join(tmpdir(), 'rondo-real-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  itWithSharedData('chest-ct', 'lungs of a chest CT (JPEG-LS, male, contrast) agree with a threshold', async (scan) => {
    const { masks, ct } = await contoured(scan, path.join(folder, 'chest.dcm'));
    const { geometry } = ct.volume;
    const [left, right] = ['Lung_L', 'Lung_R'].map((name) => masks.get(name) ?? Mask.empty(geometry));
    const rightVoxels = right.toDense();
    const lungs = Mask.fromVoxels<number>(geometry, left.toDense().map((value, index) => value | rightVoxels[index]), (value) => value === 1);
    const dsc = dice(thresholdLungs(ct), lungs);
    expect(dsc).toBeGreaterThan(0.95);
    expect((centroidMm(left)?.[0] ?? 0) - (centroidMm(right)?.[0] ?? 0)).toBeGreaterThan(100);
  });

  itWithSharedData('ffs-ct', 'an abdomen with lung bases, scanned feet first, gets nothing that is not there', async (scan) => {
    const { masks, ct } = await contoured(scan, path.join(folder, 'abdomen.dcm'));
    const reference = thresholdLungs(ct).toDense();
    for (const name of ['Lung_L', 'Lung_R']) {
      const found = masks.get(name);
      if (found === undefined) continue;
      const voxels = found.toDense();
      const outside = voxels.reduce((count, value, index) => count + (value === 1 && reference[index] === 0 ? 1 : 0), 0);
      expect(outside / found.voxelCount).toBeLessThan(0.2);
    }
    expect(masks.get('External')?.volumeCc).toBeGreaterThan(1000);
  });
});
