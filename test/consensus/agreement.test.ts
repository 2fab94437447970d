import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { union } from '../../src/algebra/index.ts';
import { isProbable, STAPLE, staple, Votes } from '../../src/consensus/index.ts';
import type { Mask } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { paintShapes, type PaintedShape } from '../support/paintedShapes.ts';

interface Estimated {
  elapsed: number;
  sensitivity: number[];
  specificity: number[];
  meanProbability: number;
  voxels: number;
  sha256: string;
}
interface Case {
  number: number;
  size: [number, number, number];
  spacing: [number, number, number];
  observers: PaintedShape[][];
  whole: Estimated | null;
  drawn: Estimated | null;
}

/** By itk::STAPLEImageFilter of SimpleITK 2.5.7 (ITK 5.4); made by training/peer_consensus.py, which says how. */
const golden = JSON.parse(gunzipSync(readFileSync(new URL('./golden/staple.json.gz', import.meta.url))).toString()) as { mostIterations: number; cases: Case[] };

const RELATIVE = 1e-6;

function masksOf({ size, spacing: [columnSpacingMm, rowSpacingMm, sliceMm], observers }: Case): Mask[] {
  const geometry = makeGeometry({ size, columnSpacingMm, rowSpacingMm, sliceOffsetsMm: Array.from({ length: size[2] }, (_, k) => k * sliceMm) });
  return observers.map((shapes) => paintShapes(geometry, shapes));
}

function ours(masks: readonly Mask[], region: 'whole' | 'drawn'): Estimated {
  const votes = new Votes(masks);
  const { geometry } = masks[0];
  const drawnCc = union(masks[0], ...masks.slice(1)).volumeCc;
  const imageCc = geometry.voxelCount * geometry.voxelVolumeCc(0);
  const regionCc = region === 'whole' ? imageCc : drawnCc;
  const { performances, iterations, probabilityOf } = staple(votes, regionCc - drawnCc);
  const dense = votes.maskOf((pattern) => isProbable(probabilityOf(pattern))).toDense();
  const probable = [{ pattern: 0, volumeCc: regionCc - drawnCc }, ...votes.patterns].reduce((sum, { pattern, volumeCc }) => sum + volumeCc * probabilityOf(pattern), 0);
  return {
    // ITK counts from 0.
    elapsed: iterations - 1,
    sensitivity: performances.map(({ sensitivity }) => sensitivity),
    specificity: performances.map(({ specificity = NaN }) => specificity),
    meanProbability: probable / regionCc,
    voxels: dense.reduce((sum, voxel) => sum + voxel, 0),
    sha256: createHash('sha256').update(dense).digest('hex'),
  };
}

describe.each(['whole', 'drawn'] as const)('STAPLE on the %s region', (region) => {
  const compared = golden.cases.flatMap((one) => (one[region] === null ? [] : [{ one, theirs: one[region], own: ours(masksOf(one), region) }]));

  it('was estimated by ITK in nearly all of the 150 cases', () => {
    expect(golden.cases).toHaveLength(150);
    expect(golden.mostIterations).toBe(STAPLE.mostIterations);
    expect(compared.length).toBeGreaterThan(145);
  });

  it('has the voxels of the consensus of ITK, in every case', () => {
    expect(compared.filter(({ theirs, own }) => theirs.sha256 !== own.sha256 || theirs.voxels !== own.voxels).map(({ one, theirs, own }) => [one.number, theirs.voxels, own.voxels])).toEqual([]);
  });

  it('has its sensitivities, specificities, probabilities and number of iterations', () => {
    expect(compared.flatMap(({ one, theirs, own }) => {
      const pairs = [...theirs.sensitivity.map((value, n) => [value, own.sensitivity[n]]), ...theirs.specificity.map((value, n) => [value, own.specificity[n]]), [theirs.meanProbability, own.meanProbability]];
      const apart = Math.max(...pairs.map(([expected, value]) => Math.abs(value - expected) / Math.max(expected, RELATIVE)));
      return apart <= RELATIVE && Math.abs(theirs.elapsed - own.elapsed) <= 1 ? [] : [`case ${one.number}: ${apart} apart, ${own.elapsed} iterations for ${theirs.elapsed}`];
    })).toEqual([]);
  });
});
