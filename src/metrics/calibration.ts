import { ring } from '../algebra/index.ts';
import type { Mask, VolumeGeometry, VoxelBox } from '../geometry/index.ts';
import { requireSameGrid } from './sameGrid.ts';

/** Probability from 0 to 1 that a voxel belongs to a structure, for each voxel of a box, column fastest; 0 outside it. */
export interface ProbabilityMap {
  geometry: VolumeGeometry;
  box: VoxelBox;
  values: Float32Array;
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  voxels: number;
  meanProbability: number;
  /** Share of its voxels that belong to the reference. */
  shareInReference: number;
}

/** How far probabilities can be trusted, of the voxels within `bandMm` of the reference's surface. */
export interface Calibration {
  bandMm: number;
  voxels: number;
  /** Area under the ROC curve: the chance that a voxel inside has a higher probability than one outside, ties counted half. Undefined without voxels of both kinds. */
  rocAuc: number | undefined;
  /** Expected calibration error, Σ (n_b / N) |share_b − probability_b|. */
  ece: number | undefined;
  /** Ten bins of equal width, the last one closed; those without voxels are left out. */
  bins: ReliabilityBin[];
}

export const CALIBRATION_CONVENTION =
  'ROC AUC and expected calibration error (ten bins of equal width) of the voxels within 10 mm of the reference\'s surface, inside and outside, each counted once: over the whole image both would flatter';

/** Far enough for the doubtful voxels of an organ, near enough that air and bone do not count. */
const BAND_MM = 10;

const BINS = 10;

/**
 * ROC AUC and expected calibration error (Guo 2017, Proc. ICML 70:1321) of a probability map in a band round the reference's surface. Undefined where the reference is empty.
 * @throws RondoError `frame-differs` or `grid-differs` when they do not lie on the same grid.
 */
export function calibrationOf(reference: Mask, probability: ProbabilityMap, bandMm = BAND_MM): Calibration | undefined {
  requireSameGrid(reference.geometry, probability.geometry);
  if (reference.isEmpty) return undefined;
  const { inside, outside } = probabilitiesIn(ring(reference, -bandMm, bandMm), reference, probability);
  const voxels = inside.length + outside.length;
  const bins = reliability(inside, outside);
  return {
    bandMm,
    voxels,
    rocAuc: inside.length === 0 || outside.length === 0 ? undefined : rocAuc(inside.sort(), outside.sort()),
    ece: voxels === 0 ? undefined : bins.reduce((sum, bin) => sum + (bin.voxels / voxels) * Math.abs(bin.shareInReference - bin.meanProbability), 0),
    bins,
  };
}

/** The probabilities of a band's voxels, inside the reference and outside it. */
function probabilitiesIn(band: Mask, reference: Mask, { box, values }: ProbabilityMap): { inside: Float32Array; outside: Float32Array } {
  const { min, size: [columns, rows, slices] } = band.box;
  const truth = reference.inBox(band.box).voxels;
  const [inside, outside] = [new Float32Array(band.voxels.length), new Float32Array(band.voxels.length)];
  let [insideCount, outsideCount] = [0, 0];
  for (let z = 0, at = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, at++) {
        if (band.voxels[at] === 0) continue;
        const [i, j, k] = [min[0] + x - box.min[0], min[1] + y - box.min[1], min[2] + z - box.min[2]];
        const known = i >= 0 && j >= 0 && k >= 0 && i < box.size[0] && j < box.size[1] && k < box.size[2];
        const value = known ? values[(k * box.size[1] + j) * box.size[0] + i] : 0;
        if (truth[at] === 1) inside[insideCount++] = value;
        else outside[outsideCount++] = value;
      }
    }
  }
  return { inside: inside.subarray(0, insideCount), outside: outside.subarray(0, outsideCount) };
}

/** Mann–Whitney: pairs of which the inside one is higher, ties as a half, over all pairs. Both must be rising. */
function rocAuc(inside: Float32Array, outside: Float32Array): number {
  let [below, notAbove, won] = [0, 0, 0];
  for (const value of inside) {
    while (below < outside.length && outside[below] < value) below++;
    while (notAbove < outside.length && outside[notAbove] <= value) notAbove++;
    won += (below + notAbove) / 2;
  }
  return won / (inside.length * outside.length);
}

function reliability(inside: Float32Array, outside: Float32Array): ReliabilityBin[] {
  const bins = Array.from({ length: BINS }, () => ({ voxels: 0, sum: 0, held: 0 }));
  for (const [values, held] of [[inside, 1], [outside, 0]] as const) {
    for (const value of values) {
      const bin = bins[Math.min(BINS - 1, Math.floor(value * BINS))];
      bin.voxels++;
      bin.sum += value;
      bin.held += held;
    }
  }
  return bins.filter(({ voxels }) => voxels > 0).map(({ voxels, sum, held }) => ({ voxels, meanProbability: sum / voxels, shareInReference: held / voxels }));
}
