import { describe, expect, it } from '@jest/globals';
import { subtraction } from '../../src/algebra/index.ts';
import { Mask, type VolumeGeometry } from '../../src/geometry/index.ts';
import { centroidMm, cutByImageEdge, leftRightProblem, postProcess, type PostProcessed, type PredictedStructure } from '../../src/oar/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { block, ctOf, paint } from '../support/masks.ts';

/** A coarse thorax of 360 × 280 × 300 mm in patient coordinates, in whatever frame its image has; centre at (0, 0, 0). */
function thorax(geometry: VolumeGeometry, mirrored = false): PredictedStructure[] {
  const points = Array.from({ length: geometry.voxelCount }, (_, index) => {
    const [columns, rows] = geometry.size;
    const [x, y, z] = geometry.toPatient([index % columns, Math.floor(index / columns) % rows, Math.floor(index / (columns * rows))]);
    return [mirrored ? -x : x, y, z] as const;
  });
  const ellipsoid = (x: number, y: number, z: number, a: number, b: number, c: number): Mask =>
    Mask.fromVoxels(geometry, points, (point) => ((point[0] - x) / a) ** 2 + ((point[1] - y) / b) ** 2 + ((point[2] - z) / c) ** 2 <= 1);
  const heart = ellipsoid(20, -30, -20, 55, 45, 55);
  const organs = [
    { name: 'Heart', mask: heart },
    { name: 'Lung_L', mask: subtraction(ellipsoid(95, 10, 0, 45, 70, 100), heart) },
    { name: 'Lung_R', mask: subtraction(ellipsoid(-95, 10, 0, 45, 70, 100), heart) },
    { name: 'SpinalCord', mask: ellipsoid(0, 80, 0, 9, 9, 1000) },
  ];
  const trunk = ellipsoid(0, 0, 0, 170, 120, 1000);
  return [...organs, { name: 'External', mask: paint(geometry, (i, j, k) => trunk.has(i, j, k) && !organs.some(({ mask }) => mask.has(i, j, k))) }];
}

/** A volume of the given size in mm round (0, 0, 0). */
function centred(directions: Pick<VolumeGeometry, 'rowDirection' | 'columnDirection'>): VolumeGeometry {
  const size = [45, 37, 30] as const;
  const [columnSpacingMm, rowSpacingMm] = [9, 10];
  const sliceOffsetsMm = Array.from({ length: size[2] }, (_, k) => 10 * k + (k % 3));
  const at = (originMm: readonly [number, number, number]): VolumeGeometry => makeGeometry({ size, columnSpacingMm, rowSpacingMm, sliceOffsetsMm, ...directions, originMm });
  const middle = at([0, 0, 0]).toPatient([22, 18, 14.5]);
  return at([-middle[0], -middle[1], -middle[2]]);
}

/** On a CT that shows no air. */
const afterRules = (predicted: readonly PredictedStructure[]): PostProcessed => postProcess(predicted, ctOf(predicted[0].mask.geometry));
const names = ({ found }: PostProcessed): string[] => found.map(({ name }) => name);
const notesOf = ({ found }: PostProcessed, name: string): string => found.find((structure) => structure.name === name)?.notes.join('; ') ?? 'not found';
const supine = centred({ rowDirection: [1, 0, 0], columnDirection: [0, 1, 0] });
const replaced = (structures: readonly PredictedStructure[], name: string, mask: Mask): PredictedStructure[] =>
  structures.map((structure) => (structure.name === name ? { name, mask } : structure));

describe('post-processing of a thorax', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(12, 20) }])('finds all organs in $name, and their sides', (position) => {
    const result = afterRules(thorax(centred(position)));
    expect(result.notFound).toEqual([]);
    expect(names(result)).toEqual(['Heart', 'Lung_L', 'Lung_R', 'SpinalCord', 'External']);
    expect(notesOf(result, 'Lung_L')).toBe('');
    expect(result.found[4].cutByImageEdge.toSorted()).toEqual(['inferior', 'superior']);
    expect(result.found[4].mask.voxelCount).toBe(paint(result.found[4].mask.geometry, (i, j, k) => thoraxTrunkHolds(result, i, j, k)).voxelCount);
  });

  it.each(POSITIONS)('refuses mirrored lungs in $name', (position) => {
    expect(() => afterRules(thorax(centred(position), true))).toThrow(expect.objectContaining({ code: 'oar-left-right' }));
  });

  it('reports an empty and a too small structure as not found, with the reason', () => {
    const structures = replaced(replaced(thorax(supine), 'Heart', Mask.empty(supine)), 'SpinalCord', block(supine, [22, 26, 14], [23, 27, 15]));
    const result = afterRules(structures);
    expect(names(result)).toEqual(['Lung_L', 'Lung_R', 'External']);
    expect(result.notFound.map(({ name }) => name)).toEqual(['Heart', 'SpinalCord']);
    expect(result.notFound[0].reason).toMatch(/no voxel/);
    expect(result.notFound[1].reason).toMatch(/less than the 1 cm³/);
  });

  it('says when one lung stands alone or both stand on one side', () => {
    const structures = thorax(supine);
    expect(notesOf(afterRules(replaced(structures, 'Lung_R', Mask.empty(supine))), 'Lung_L')).toMatch(/without Lung_R/);
    const [upper, lower] = [paint(supine, (i, j, k) => k >= 16 && structures[1].mask.has(i, j, k)), paint(supine, (i, j, k) => k < 14 && structures[1].mask.has(i, j, k))];
    const sideBySide = replaced(replaced(structures, 'Lung_L', upper), 'Lung_R', paint(supine, (i, j, k) => lower.has(i + 1, j, k)));
    expect(notesOf(afterRules(sideBySide), 'Lung_R')).toMatch(/only \d+ mm apart/);
  });

  it('takes off specks and couch, fills vessels, and notes both', () => {
    const structures = thorax(supine);
    const couch = block(supine, [3, 35, 0], [42, 36, 30]);
    const [, left, , , external] = structures.map(({ mask }) => mask);
    const vessel = block(supine, [32, 18, 13], [33, 19, 15]);
    const withVessel = paint(supine, (i, j, k) => (left.has(i, j, k) && !vessel.has(i, j, k)) || (i === 42 && j === 3 && k === 3));
    const withCouch = paint(supine, (i, j, k) => external.has(i, j, k) || couch.has(i, j, k));
    const clean = afterRules(structures);
    const cleaned = afterRules(replaced(replaced(structures, 'Lung_L', withVessel), 'External', withCouch));
    clean.found.forEach(({ mask }, index) => {
      expect(cleaned.found[index].mask.voxelCount).toBe(mask.voxelCount);
    });
    expect(notesOf(cleaned, 'Lung_L')).toMatch(/separate pieces removed: \d\.\d cm³; holes filled: 1\.\d cm³/);
    expect(notesOf(cleaned, 'External')).toMatch(/separate pieces removed/);
  });

  it('says where a long organ is missing: beside what it must run along, and between its own ends', () => {
    const cord = thorax(supine).find(({ name }) => name === 'SpinalCord')?.mask ?? Mask.empty(supine);
    const without = (...slices: readonly number[]): string => notesOf(afterRules(replaced(thorax(supine), 'SpinalCord', subtraction(cord, paint(supine, (_i, _j, k) => slices.includes(k))))), 'SpinalCord');
    const lungs = thorax(supine).filter(({ name }) => name.startsWith('Lung'));
    const held = Array.from({ length: 30 }, (_, k) => k).filter((k) => lungs.some(({ mask }) => mask.slice(k)?.includes(1)));
    expect(without()).not.toContain('no contour');
    expect(without(14, 15)).toContain(`no contour on 2 of the 30 slices that hold Lung_L or Lung_R or lie between its own ends: it is incomplete, check it`);
    expect(without(0, 1, 2)).not.toContain('no contour');
    const lower = Array.from({ length: held[0] + 4 }, (_, k) => k);
    expect(without(...lower)).toContain(`no contour on 4 of the ${30 - held[0]} slices`);
  });

  it('says that organs were not checked against an External that is missing', () => {
    const result = afterRules(replaced(thorax(supine), 'External', Mask.empty(supine)));
    expect(notesOf(result, 'Heart')).toMatch(/External, which was not found/);
  });

  it('warns of a whole organ outside its plausible volume, and of a part only when it is too large', () => {
    const small = paint(supine, (...index) => Math.hypot(...supine.toPatient(index)) < 30);
    expect(notesOf(afterRules(replaced(thorax(supine), 'Heart', small)), 'Heart')).toMatch(/plausible 250–1500/);
    const part = paint(supine, (i, j, k) => k < 4 && Math.hypot(i - 22, j - 15) < 5);
    const noted = notesOf(afterRules(replaced(thorax(supine), 'Heart', part)), 'Heart');
    expect(noted).toMatch(/cut by the image edge: inferior/);
    expect(noted).not.toMatch(/plausible/);
  });

  it('refuses what it has no rules for, names that stand twice, and masks on other grids', () => {
    const heart = { name: 'Heart', mask: block(supine, [15, 15, 10], [25, 25, 20]) };
    const elsewhere = { name: 'Lung_L', mask: block(makeGeometry({ size: supine.size }), [1, 1, 1], [5, 5, 5]) };
    expect(() => afterRules([{ ...heart, name: 'Spleen' }])).toThrow(expect.objectContaining({ code: 'oar-unknown' }));
    expect(() => afterRules([heart, heart])).toThrow(expect.objectContaining({ code: 'oar-name' }));
    expect(() => afterRules([heart, elsewhere])).toThrow(expect.objectContaining({ code: 'oar-grid' }));
  });
});

describe('the image edge', () => {
  it.each(POSITIONS)('is named by the patient, not by the index, in $name', (position) => {
    const geometry = centred(position);
    const corner = paint(geometry, (...index) => {
      const [x, y, z] = geometry.toPatient(index);
      return x > 60 && y < -60 && z > 60;
    });
    expect(cutByImageEdge(corner).toSorted()).toEqual(['anterior', 'left', 'superior']);
  });

  it('does not touch a structure one voxel away', () => {
    expect(cutByImageEdge(block(supine, [1, 1, 1], [44, 36, 29]))).toEqual([]);
    expect(cutByImageEdge(Mask.empty(supine))).toEqual([]);
  });
});

describe('left and right', () => {
  it('are judged in millimetres of the patient', () => {
    const [a, b] = [block(supine, [10, 20, 10], [15, 30, 20]), block(supine, [30, 20, 10], [35, 30, 20])];
    expect(leftRightProblem(b, a, 50)).toBeUndefined();
    expect(leftRightProblem(a, b, 50)).toEqual({ swapped: true, reason: 'the left one lies 180 mm to the right of the right one' });
    expect(leftRightProblem(b, a, 200)?.swapped).toBe(false);
    expect(() => leftRightProblem(a, Mask.empty(supine), 50)).toThrow(expect.objectContaining({ code: 'oar-empty' }));
  });

  it('centroid weighs each slice with its thickness', () => {
    const uneven = makeGeometry({ size: [5, 5, 4], sliceOffsetsMm: [0, 2, 10, 12], originMm: [0, 0, 0] });
    const [x, y, z] = centroidMm(block(uneven, [1, 2, 0], [4, 3, 4])) ?? [NaN, NaN, NaN];
    expect([x, y]).toEqual([2 * 1.25, 2 * 0.75]);
    expect(z).toBeCloseTo((2 * 0 + 5 * 2 + 5 * 10 + 2 * 12) / 14, 12);
    expect(centroidMm(Mask.empty(uneven))).toBeUndefined();
  });
});

/** Whether a voxel lies in the trunk that `thorax` paints. */
function thoraxTrunkHolds({ found }: PostProcessed, ...index: [number, number, number]): boolean {
  const [x, y, z] = found[0].mask.geometry.toPatient(index);
  return (x / 170) ** 2 + (y / 120) ** 2 + (z / 1000) ** 2 <= 1;
}
