import { describe, expect, it } from '@jest/globals';
import { intersection, subtraction, union } from '../../src/algebra/index.ts';
import { Mask } from '../../src/geometry/index.ts';
import { oarTable, postProcess, withUnimaged, type PostProcessed, type PredictedStructure } from '../../src/oar/index.ts';
import { STRUCTURE_STYLES } from '../../src/rtstruct/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block, ctOf, paint, paintMm } from '../support/masks.ts';

/** 5 × 4 mm pixels; slices of 7 and 6 mm in turn; voxel (0, 0, 0) at the patient's right, front and foot end. */
const geometry = makeGeometry({
  size: [72, 60, 42],
  columnSpacingMm: 5,
  rowSpacingMm: 4,
  originMm: [-178, -120, -135],
  sliceOffsetsMm: Array.from({ length: 42 }, (_, k) => 6.5 * k + 0.5 * (k % 2)),
});
const everything = paint(geometry, () => true);
const ball = (x: number, y: number, z: number, radius: number): Mask => paintMm(geometry, (px, py, pz) => Math.hypot(px - x, py - y, pz - z) <= radius);
const tube = (x: number, y: number, low: number, high: number, radius: number): Mask => paintMm(geometry, (px, py, pz) => Math.hypot(px - x, py - y) <= radius && pz >= low && pz <= high);
const same = (a: Mask, b: Mask): boolean => subtraction(a, b).isEmpty && subtraction(b, a).isEmpty;
const found = (result: PostProcessed, name: string): { mask: Mask; notes: string } => {
  const structure = result.found.find((candidate) => candidate.name === name);
  return { mask: structure?.mask ?? Mask.empty(geometry), notes: structure?.notes.join('; ') ?? 'not found' };
};
const afterRules = (predicted: readonly PredictedStructure[]): PostProcessed => postProcess(predicted, ctOf(geometry));
const alone = (name: string, mask: Mask): { mask: Mask; notes: string } => found(afterRules([{ name, mask }]), name);

describe('the table of organs', () => {
  const organs = oarTable.structures.map(({ name }) => name).filter((name) => name !== 'External');

  it('holds every organ of the thorax model once, each with a style, reasons and a least volume below the plausible one', () => {
    expect(organs.toSorted()).toEqual(['A_LAD', 'Breast_L', 'Breast_R', 'Esophagus', 'Glnd_Thyroid', 'Heart', 'Humerus_L', 'Humerus_R', 'Liver', 'Lung_L', 'Lung_R', 'SpinalCord', 'Trachea']);
    for (const { name, reasons, minVolumeMm3, plausibleCc } of oarTable.structures) {
      expect(STRUCTURE_STYLES.has(name)).toBe(true);
      expect(reasons.length).toBeGreaterThanOrEqual(3);
      expect(minVolumeMm3 / 1000).toBeLessThan(plausibleCc[0]);
    }
  });

  it('puts every organ into External, and says of any two who keeps what both hold, of a vessel and its heart excepted', () => {
    expect(oarTable.structures.find(({ name }) => name === 'External')?.contains?.toSorted()).toEqual(organs.toSorted());
    expect(oarTable.precedence.names.toSorted()).toEqual(organs.filter((name) => name !== 'A_LAD').toSorted());
  });
});

describe('pieces of organs', () => {
  it('a thyroid has two lobes; a third piece and a speck are removed', () => {
    const lobes = union(ball(-20, -20, 100, 13), ball(20, -20, 100, 12));
    const { mask, notes } = alone('Glnd_Thyroid', union(lobes, ball(0, 40, 100, 9), ball(0, -60, 60, 5)));
    expect(same(mask, lobes)).toBe(true);
    expect(notes).toMatch(/separate pieces removed: \d\.\d cm³/);
    expect(same(alone('Glnd_Thyroid', union(ball(-20, -20, 100, 13), ball(20, -20, 100, 5))).mask, ball(-20, -20, 100, 13))).toBe(true);
  });

  it.each(['Esophagus', 'Trachea'])('pieces of %s in line are one, a piece beside it is none', (name) => {
    const line = union(tube(0, 20, -100, -20, 9), tube(3, 22, -12, 90, 9));
    expect(same(alone(name, union(line, tube(60, 20, -60, 0, 9))).mask, line)).toBe(true);
  });

  it('the LAD follows its line, is bound to the heart and belongs to it', () => {
    const heart = ball(20, -30, -20, 60);
    // The lowest piece begins in the slice under the second, 24 mm aside, as where the vessel turns over the front of the heart.
    const vessel = union(tube(22, -62, -20, 12, 4), tube(30, -60, -45, -30, 4), tube(54, -58, -60, -48, 4));
    const stray = tube(-60, 60, -80, -62, 4);
    const withoutVessel = subtraction(heart, vessel);
    const result = afterRules([{ name: 'External', mask: everything }, { name: 'A_LAD', mask: union(vessel, stray) }, { name: 'Heart', mask: withoutVessel }]);
    expect(same(found(result, 'A_LAD').mask, vessel)).toBe(true);
    expect(subtraction(vessel, found(result, 'Heart').mask).isEmpty).toBe(true);
  });

  it('an LAD beyond the heart is cut to it, and stays as it is where there is no heart', () => {
    const heart = ball(20, -30, -20, 50);
    const vessel = tube(20, -60, -30, 75, 5);
    const cut = found(afterRules([{ name: 'A_LAD', mask: vessel }, { name: 'Heart', mask: subtraction(heart, vessel) }]), 'A_LAD');
    expect(intersection(cut.mask, heart).voxelCount).toBeLessThanOrEqual(cut.mask.voxelCount);
    const far = found(afterRules([{ name: 'A_LAD', mask: tube(-100, 60, -30, 30, 5) }, { name: 'Heart', mask: heart }]), 'A_LAD');
    expect(far.notes).toBe('not found');
    expect(found(afterRules([{ name: 'A_LAD', mask: vessel }, { name: 'Heart', mask: ball(20, -30, -20, 12) }]), 'A_LAD').notes).toMatch(/not checked against Heart/);
  });

  it('specks of a heart are gone before External takes its organs in, whatever the order', () => {
    const body = tube(0, 0, -200, 200, 110);
    const onSkin = ball(0, -112, 0, 12);
    const result = afterRules([{ name: 'External', mask: body }, { name: 'Heart', mask: union(ball(0, 0, 0, 50), onSkin) }, { name: 'A_LAD', mask: tube(0, -30, -30, 30, 5) }]);
    expect(same(found(result, 'External').mask, alone('External', body).mask)).toBe(true);
  });

  it('a liver that the scan ends in is noted as cut, not as too small', () => {
    const liver = intersection(ball(-40, 0, -120, 60), block(geometry, [0, 0, 0], [72, 60, 9]));
    const { notes } = alone('Liver', liver);
    expect(notes).toBe('cut by the image edge: inferior');
  });

  it.each(['Liver', 'Humerus_L', 'Breast_L'])('%s is one piece', (name) => {
    const organ = ball(60, 0, -20, 40);
    const { mask, notes } = alone(name, union(organ, ball(-60, 0, -20, 25)));
    expect(intersection(mask, ball(-60, 0, -20, 25)).isEmpty).toBe(true);
    expect(notes).toMatch(/separate pieces removed/);
  });

  it.each([['Esophagus', 6], ['Trachea', 6], ['Glnd_Thyroid', 4], ['Liver', 14], ['Humerus_R', 9], ['Breast_R', 14], ['A_LAD', 2]])('a speck of %s of %d mm radius is not found', (name, radius) => {
    expect(alone(name, ball(0, 0, 0, radius)).notes).toBe('not found');
  });

  it.each(['Humerus', 'Breast'])('%s on the wrong sides stops everything, two too close are noted', (name) => {
    const pair = (left: Mask, right: Mask): PredictedStructure[] => [{ name: `${name}_L`, mask: left }, { name: `${name}_R`, mask: right }];
    const [left, right] = [ball(120, 0, 0, 36), ball(-120, 0, 0, 36)];
    expect(afterRules(pair(left, right)).found.map(({ notes }) => notes)).toEqual([[], []]);
    expect(() => afterRules(pair(right, left))).toThrow(expect.objectContaining({ code: 'oar-left-right' }));
    expect(found(afterRules(pair(ball(35, 0, 60, 35), ball(-36, 0, -60, 35))), `${name}_L`).notes).toMatch(/only \d+ mm apart/);
  });
});

describe('organs that overlap', () => {
  it('share no voxel afterwards: the one that stands first in the table keeps them, and the other says so', () => {
    const [lung, breast] = [ball(80, 0, 0, 60), ball(90, -80, 0, 40)];
    const result = afterRules([{ name: 'Breast_L', mask: breast }, { name: 'Lung_L', mask: lung }]);
    expect(intersection(found(result, 'Lung_L').mask, found(result, 'Breast_L').mask).isEmpty).toBe(true);
    expect(found(result, 'Lung_L').mask.voxelCount).toBe(alone('Lung_L', lung).mask.voxelCount);
    expect(found(result, 'Breast_L').notes).toMatch(/part in Lung_L removed: \d+\.\d cm³/);
  });

  it('an organ that was not found takes nothing', () => {
    const [lung, breast] = [ball(80, -50, 0, 15), ball(90, -80, 0, 40)];
    const result = afterRules([{ name: 'Breast_L', mask: breast }, { name: 'Lung_L', mask: lung }]);
    expect(result.notFound.map(({ name }) => name)).toEqual(['Lung_L']);
    expect(same(found(result, 'Breast_L').mask, alone('Breast_L', breast).mask)).toBe(true);
  });
});

describe('what the circle of reconstruction hides', () => {
  it('belongs to a mask with it: beyond the circle less a rim, in the slices of the mask only', () => {
    const whole = withUnimaged(block(geometry, [26, 22, 10], [46, 38, 20]), 110);
    for (const [i, j, k, inside] of [[36, 30, 15, true], [0, 0, 15, true], [0, 0, 25, false], [36, 15, 15, false], [20, 30, 15, false], [14, 30, 15, true], [36, 3, 15, true]] as const) {
      expect([i, j, k, whole.has(i, j, k)]).toEqual([i, j, k, inside]);
    }
  });
});
