import { afterAll, describe, expect, it } from '@jest/globals';
import { RondoError } from '../../src/errors.ts';
import type { Mask } from '../../src/geometry/index.ts';
import { StructureSetWorkers } from '../../src/pipeline/structureSetWorkers.ts';
import { WorkerPool } from '../../src/pipeline/workerPool.ts';
import { checkFile, traceContours, traceSmoothContours, verifyStructureSet, writeStructureSet, type Contour, type SmoothField, type VerifiedStructure } from '../../src/rtstruct/index.ts';
import { blobs, maskOf, noise, randomNumbers } from '../rtstruct/masks.ts';
import { makeSet } from '../rtstruct/structureSets.ts';
import { testCt } from '../support/ctSeries.ts';
import { makeGeometry, obliqueDirections } from '../support/geometries.ts';

/** The error that a call throws, at once or later. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Every slice and every coordinate, in as many digits as it has. */
function inFull(drawn: readonly (readonly Contour[])[]): string {
  return JSON.stringify(drawn.map((contours) => contours.map(({ slice, points, holes }) => [slice, Array.from(points), ...holes.map((hole) => Array.from(hole))])));
}

const grid = makeGeometry({ size: [27, 19, 40], ...obliqueDirections(17, -8) });
const masks = [blobs(grid, 3, 12), noise(grid, 5, 0.4), maskOf(grid, (i, j, k) => i === 7 && j === 9 && k === 30), maskOf(grid, () => true), maskOf(grid, (_i, _j, k) => k % 13 === 0)];

/** Probabilities that agree with a mask, but for one voxel in ten. */
function withProbability(mask: Mask): SmoothField {
  const next = randomNumbers(7);
  const area = mask.box.size[0] * mask.box.size[1];
  const values = Float32Array.from(mask.voxels, (voxel) => (next() < 0.1 ? next() : (voxel + next()) / 2));
  return { mask, probability: (slice) => values.subarray((slice - mask.box.min[2]) * area, (slice - mask.box.min[2] + 1) * area) };
}

describe.each([1, 3])('structure set workers in %s threads', (threads) => {
  const workers = new StructureSetWorkers(new WorkerPool(threads));
  afterAll(() => workers.close());

  it('draw what the library draws, to the last bit', async () => {
    expect(inFull(await workers.trace(masks.map((mask) => ({ mask })), 'exact'))).toBe(inFull(masks.map(traceContours)));
    expect(inFull(await workers.trace(masks.map((mask) => ({ mask })), 'smooth'))).toBe(inFull(masks.map((mask) => traceSmoothContours({ mask }))));
    const begun: number[] = [];
    const drawn = await workers.trace(masks.map(withProbability), 'smooth', (index) => begun.push(index));
    expect(inFull(drawn)).toBe(inFull(masks.map((mask) => traceSmoothContours(withProbability(mask)))));
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(await workers.trace([], 'smooth')).toEqual([]);
  });

  it('write and read back what the library does', async () => {
    const ct = testCt({ geometry: { size: [64, 40, 6], columnSpacingMm: 1.25, rowSpacingMm: 0.75, ...obliqueDirections(20, 12) } });
    const named = new Map([['Heart', blobs(ct.volume.geometry, 1, 4)], ['Lung_L', blobs(ct.volume.geometry, 8, 12)]]);
    const set = makeSet(ct, named);
    const bytes = await workers.write(set, ct, 'eclipse');
    expect(Buffer.compare(bytes, writeStructureSet(set, ct, { profile: 'eclipse' }))).toBe(0);
    // Volumes are sums over the threads' slices.
    const rounded = (found: readonly VerifiedStructure[]) => found.map(({ volumeCc, ...structure }) => ({ ...structure, volumeCc: volumeCc.toFixed(9) }));
    expect(rounded(await workers.check(bytes, ct, 'eclipse', named))).toEqual(rounded(verifyStructureSet(bytes, ct, named)));
  });

  it('write a structure of many points and holes, which is shared out, in its order', async () => {
    const ct = testCt({ geometry: { size: [190, 140, 6], columnSpacingMm: 1.25, rowSpacingMm: 0.75 } });
    const named = new Map([['Heart', noise(ct.volume.geometry, 5, 0.7)], ['Lung_L', blobs(ct.volume.geometry, 8, 12)]]);
    const set = makeSet(ct, named);
    expect(set.structures[0].contours.reduce((sum, { points }) => sum + points.length / 3, 0)).toBeGreaterThan(15_000);
    expect(Buffer.compare(await workers.write(set, ct, 'generic'), writeStructureSet(set, ct))).toBe(0);
  });

  it('throw what the library throws, for the first mask that it refuses', async () => {
    const broken = masks.map(withProbability).map((field, index): SmoothField => (index < 3 ? field : { ...field, probability: () => new Float32Array(index) }));
    const error = await errorOf(() => workers.trace(broken, 'smooth'));
    expect(error).toBeInstanceOf(RondoError);
    expect(error).toEqual(await errorOf(() => traceSmoothContours(broken[3])));
    expect(error).toMatchObject({ code: 'probability-size', message: (await errorOf(() => traceSmoothContours(broken[3])) as RondoError).message });
    expect((error as RondoError).message).toContain('3 probabilities given for slice 0');

    const ct = testCt();
    const mask = blobs(ct.volume.geometry, 1, 4);
    const set = makeSet(ct, new Map([['Heart', mask]]));
    const bytes = writeStructureSet(set, ct);
    const others = new Map([['Heart', maskOf(ct.volume.geometry, () => true)]]);
    const refused = await errorOf(() => workers.check(bytes, ct, 'generic', others));
    const expected = await errorOf(() => verifyStructureSet(bytes, ct, others));
    expect(refused).toEqual(expected);
    expect(refused).toMatchObject({ code: 'verify-voxels', message: (expected as RondoError).message, subject: (expected as RondoError).subject });
    // The next question is answered all the same.
    expect(await workers.check(bytes, ct, 'generic', new Map([['Heart', mask]]))).toHaveLength(1);
  });

  it('refuse what the preflight refuses, before what reading back finds', async () => {
    const ct = testCt();
    const mask = blobs(ct.volume.geometry, 1, 4);
    const bytes = writeStructureSet(makeSet(ct, new Map([['Heart', mask]])), ct);
    const other = testCt({ geometry: { frameOfReferenceUid: '2.25.77' } });
    const refused = await errorOf(() => workers.check(bytes, other, 'generic', new Map([['Heart', mask]])));
    expect(refused).toMatchObject({ code: 'preflight-failed' });
    expect(refused).toEqual(await errorOf(() => { checkFile(bytes, other, 'generic'); }));
  });

  it('refuse what the library refuses to write', async () => {
    const ct = testCt();
    const set = makeSet(ct, new Map([['Heart', blobs(ct.volume.geometry, 1, 4)]]));
    const [structure] = set.structures;
    const empty = { ...set, structures: [structure, { ...structure, number: 2, name: 'Lung_L', contours: [] }] };
    expect(await errorOf(() => workers.write(empty, ct, 'generic'))).toMatchObject({ code: 'structure-empty' });
    const off = { ...set, structures: [{ ...structure, contours: structure.contours.map((contour) => ({ ...contour, slice: contour.slice + 1 })) }] };
    expect(await errorOf(() => workers.write(off, ct, 'generic'))).toEqual(await errorOf(() => writeStructureSet(off, ct)));
  });
});

describe('a worker pool', () => {
  it('hands on an error that is not expected, as it is', async () => {
    const pool = new WorkerPool(1);
    try {
      const error = await errorOf(() => pool.map('trace', [{ mode: 'exact', mask: undefined as never }]));
      expect(error).toMatchObject({ name: 'TypeError' });
      expect(error).not.toBeInstanceOf(RondoError);
      expect(await errorOf(() => pool.map('trace', [{ mode: 'exact', mask: (() => undefined) as never }]))).toMatchObject({ name: 'DataCloneError' });
    } finally {
      await pool.close();
    }
  });

  it('ends when it is closed, refuses what it has not done, and may be closed again', async () => {
    const pool = new WorkerPool(2);
    const waiting = errorOf(() => pool.map('trace', masks.map((mask) => ({ mode: 'smooth' as const, mask: { geometry: mask.geometry, box: mask.box, voxels: mask.voxels } }))));
    await pool.close();
    expect(await waiting).toMatchObject({ code: 'workers-closed' });
    expect(await errorOf(() => pool.map('trace', [{ mode: 'exact', mask: masks[0] }]))).toMatchObject({ code: 'workers-closed' });
    await pool.close();
  });
});
