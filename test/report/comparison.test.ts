import { describe, expect, it } from '@jest/globals';
import { Mask } from '../../src/geometry/index.ts';
import { compareStructures, comparisonTable, meanDsc } from '../../src/report/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block } from '../support/masks.ts';

const geometry = makeGeometry({ size: [40, 30, 20], sliceOffsetsMm: Array.from({ length: 20 }, (_, k) => 3 * k) });
const cube = (from: number, to: number): Mask => block(geometry, [from, from, from], [to, to, to]);

const comparison = compareStructures(
  [
    { name: 'Heart', mask: cube(3, 13) },
    { name: 'A_LAD', mask: Mask.empty(geometry) },
    { name: 'Lung_L', mask: cube(2, 9) },
    { name: 'SpinalCord', mask: cube(4, 6) },
  ],
  [
    { name: 'Heart', mask: cube(4, 13) },
    { name: 'A_LAD', mask: Mask.empty(geometry) },
    { name: 'Lung_L', mask: Mask.empty(geometry) },
    { name: 'Breast_L', mask: cube(1, 5) },
    { name: 'spinalcord', mask: cube(4, 6) },
  ],
);

describe('comparison of structures', () => {
  it('joins by the exact name, whatever the order, and loses none', () => {
    expect(comparison.structures.map(({ name }) => name)).toEqual(['Heart']);
    expect(comparison.missing).toEqual([
      { name: 'Lung_L', in: 'test' },
      { name: 'SpinalCord', in: 'test' },
      { name: 'Breast_L', in: 'reference' },
      { name: 'spinalcord', in: 'reference' },
    ]);
    expect(comparison.empty).toEqual(['A_LAD']);
  });

  it('gives the figures of a structure', () => {
    const [heart] = comparison.structures;
    expect(heart.dsc).toBeCloseTo((2 * 729) / (1000 + 729), 12);
    expect(heart.referenceCc).toBeCloseTo(1000 * 1.25 * 0.75 * 0.003, 12);
    expect(heart.testCc).toBeCloseTo(729 * 1.25 * 0.75 * 0.003, 12);
    expect(heart.hd95Mm).toBeGreaterThanOrEqual(heart.msdMm);
  });

  it('counts a missed structure as a failure of the mean, and an extra one not at all', () => {
    expect(meanDsc(comparison)).toBeCloseTo(comparison.structures[0].dsc / 3, 12);
    expect(meanDsc(compareStructures([], [{ name: 'Heart', mask: cube(1, 3) }]))).toBeUndefined();
  });

  it('refuses a name that stands twice', () => {
    const heart = { name: 'Heart', mask: cube(1, 3) };
    expect(() => compareStructures([heart, heart], [heart])).toThrow(expect.objectContaining({ code: 'comparison-name' }));
  });
});

describe('comparison table', () => {
  it('is aligned, names the missed and says how its figures are defined', () => {
    expect(comparisonTable(comparison).split('\n')).toMatchInlineSnapshot(`
[
  "Structure     DSC  HD95 mm  pooled  MSD mm  ref cm³  test cm³",
  "─────────────────────────────────────────────────────────────",
  "Heart       0.843     3.00    3.00    0.60      2.8       2.1",
  "Lung_L      MISSED: in the reference, not in the test",
  "SpinalCord  MISSED: in the reference, not in the test",
  "Breast_L    extra: in the test, not in the reference",
  "spinalcord  extra: in the test, not in the reference",
  "A_LAD       empty on both sides, not scored",
  "",
  "Mean DSC 0.281 over 3 structures of the reference, 2 missed (counted as 0)",
  "DSC: 2 · volume in common / sum of volumes, each slice with its own thickness",
  "Surface: elements of marching cubes between voxel centres, with their areas (DeepMind surface-distance); each slice gap with its own height",
  "HD95: maximum of the two directed 95th percentiles, weighted by surface area",
  "pooled HD95: 95th percentile of the distances of both directions together, weighted by surface area",
  "MSD: mean of the two directed mean surface distances, each weighted by surface area",
]
`);
  });
});
