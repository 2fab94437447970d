import { describe, expect, it } from '@jest/globals';
import { Mask } from '../../src/geometry/index.ts';
import { calibrationOf, type ProbabilityMap } from '../../src/metrics/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block } from '../support/masks.ts';

const geometry = makeGeometry({ size: [24, 20, 9], columnSpacingMm: 1, rowSpacingMm: 1.5, sliceOffsetsMm: [0, 2, 5, 7, 10, 12, 15, 17, 20] });
const reference = block(geometry, [6, 5, 2], [16, 14, 7]);

/** Probabilities of the whole image. */
function map(probability: (inside: boolean, index: number) => number): ProbabilityMap {
  return { geometry, box: { min: [0, 0, 0], size: geometry.size }, values: Float32Array.from(reference.toDense(), (value, index) => probability(value === 1, index)) };
}

describe('calibration of probabilities', () => {
  it('is perfect for certainty that is right', () => {
    expect(calibrationOf(reference, map((inside) => (inside ? 1 : 0)))).toMatchObject({ bandMm: 10, rocAuc: 1, ece: 0 });
  });

  it('knows chance, and certainty that is wrong', () => {
    expect(calibrationOf(reference, map(() => 0.5))).toMatchObject({ rocAuc: 0.5 });
    expect(calibrationOf(reference, map((inside) => (inside ? 0 : 1)))).toMatchObject({ rocAuc: 0, ece: 1 });
  });

  it('counts ties as a half, and bins by their own means', () => {
    // Inside 0.9 and 0.4 in turn, outside 0.4 and 0.1.
    const calibration = calibrationOf(reference, map((inside, index) => (inside ? [0.9, 0.4] : [0.4, 0.1])[index % 2]));
    expect(calibration?.rocAuc).toBeCloseTo(0.5 + 0.5 * (0.5 + 0.5 / 2), 1);
    expect(calibration?.bins.map(({ meanProbability }) => meanProbability)).toEqual([0.1, 0.4, 0.9].map((value) => expect.closeTo(value, 6) as unknown));
    expect(calibration?.bins[0].shareInReference).toBe(0);
    expect(calibration?.bins[2].shareInReference).toBe(1);
  });

  it('equals the sum over all pairs and the definition of the error', () => {
    const probability = map((inside, index) => (inside ? 0.3 : 0) + ((index * 7919) % 64) / 100);
    const calibration = calibrationOf(reference, probability, 100);
    const truth = reference.toDense();
    const [inside, outside] = [1, 0].map((kind) => Array.from(probability.values).filter((_, index) => truth[index] === kind));
    const won = inside.reduce((sum, value) => sum + outside.reduce((part, other) => part + (value > other ? 1 : value === other ? 0.5 : 0), 0), 0);
    expect(calibration?.voxels).toBe(geometry.voxelCount);
    expect(calibration?.rocAuc).toBeCloseTo(won / (inside.length * outside.length), 12);
    expect(calibration?.ece).toBeCloseTo((calibration?.bins ?? []).reduce((sum, bin) => sum + (bin.voxels / geometry.voxelCount) * Math.abs(bin.shareInReference - bin.meanProbability), 0), 12);
  });

  it('looks at a band only, and takes what a map does not cover as 0', () => {
    const near = calibrationOf(reference, map(() => 0.5), 3);
    expect(near?.voxels).toBeLessThan(geometry.voxelCount / 2);
    const { box, voxels } = reference;
    expect(calibrationOf(reference, { geometry, box, values: Float32Array.from(voxels) })).toEqual(calibrationOf(reference, map((inside) => (inside ? 1 : 0))));
  });

  it('has no value without a reference, nor without a surface inside the image', () => {
    expect(calibrationOf(Mask.empty(geometry), map(() => 0.5))).toBeUndefined();
    const all = block(geometry, [0, 0, 0], geometry.size);
    expect(calibrationOf(all, map(() => 0.8))).toEqual({ bandMm: 10, voxels: 0, rocAuc: undefined, ece: undefined, bins: [] });
  });

  it('refuses another grid', () => {
    expect(() => calibrationOf(reference, { ...map(() => 0.5), geometry: makeGeometry() })).toThrow(expect.objectContaining({ code: 'grid-differs' }));
  });
});
