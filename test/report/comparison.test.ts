import { describe, expect, it } from '@jest/globals';
import { Mask } from '../../src/geometry/index.ts';
import { compareStructures, comparisonTable, meanDsc } from '../../src/report/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block } from '../support/masks.ts';

const geometry = makeGeometry({ size: [40, 30, 20], sliceOffsetsMm: Array.from({ length: 20 }, (_, k) => 3 * k) });
const cube = (from: number, to: number): Mask => block(geometry, [from, from, from], [to, to, to]);

const comparison = await compareStructures(
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

  it('gives the figures of a structure, each by the tolerance of its own', () => {
    const [heart] = comparison.structures;
    expect(heart.dsc).toBeCloseTo((2 * 729) / (1000 + 729), 12);
    expect(heart.referenceCc).toBeCloseTo(1000 * 1.25 * 0.75 * 0.003, 12);
    expect(heart.testCc).toBeCloseTo(729 * 1.25 * 0.75 * 0.003, 12);
    expect(heart).toMatchObject({ presence: 'both', toleranceMm: 2, addedPathToleranceMm: 0, undefinedBecause: {} });
  });

  it('counts a missed structure as a failure of the mean, and an extra one not at all', async () => {
    expect(meanDsc(comparison)).toBeCloseTo((2 * 729) / (1000 + 729) / 3, 12);
    expect(meanDsc(await compareStructures([], [{ name: 'Heart', mask: cube(1, 3) }]))).toBeUndefined();
  });

  it('refuses a name that stands twice', async () => {
    const heart = { name: 'Heart', mask: cube(1, 3) };
    await expect(compareStructures([heart, heart], [heart])).rejects.toThrow(expect.objectContaining({ code: 'comparison-name' }));
  });
});

describe('comparison table', () => {
  it('is aligned, names the missed and says how its figures are defined', () => {
    expect(comparisonTable(comparison).split('\n')).toMatchInlineSnapshot(`
[
  "Structure     DSC  HD95 mm  pooled HD95 mm  MSD mm  Surface DSC  APL mm  τ mm  ref cm³  test cm³",
  "────────────────────────────────────────────────────────────────────────────────────────────────",
  "Heart       0.843     3.00            3.00    0.60        0.930     221     2      2.8       2.1",
  "Lung_L      MISSED: in the reference, not in the test",
  "SpinalCord  MISSED: in the reference, not in the test",
  "Breast_L    extra: in the test, not in the reference",
  "spinalcord  extra: in the test, not in the reference",
  "A_LAD       empty on both sides, not scored",
  "",
  "Mean DSC 0.281 over 3 structures of the reference, 2 missed (counted as 0)",
  "DSC: 2 · volume in common / sum of volumes, each slice with its own thickness",
  "HD95: larger of the two directed 95th percentiles; surfaces of marching cubes between voxel centres, their elements weighted by area (DeepMind surface-distance)",
  "pooled HD95: 95th percentile of the distances of both directions together; surfaces of marching cubes between voxel centres, their elements weighted by area (DeepMind surface-distance)",
  "MSD: mean of the two directed mean distances; surfaces of marching cubes between voxel centres, their elements weighted by area (DeepMind surface-distance)",
  "Surface DSC: share of the area of both surfaces that lies within the tolerance τ of the other (Nikolov 2021); surfaces of marching cubes between voxel centres, their elements weighted by area (DeepMind surface-distance)",
  "APL: added path length: length of the reference's contours farther than the tolerance from the test's in the same slice; contours per slice by marching squares between voxel centres; Vaassen 2020, who counts contour voxels",
  "τ of the surface DSC stands in its column; tolerance of the added path 0 mm",
]
`);
  });
});
