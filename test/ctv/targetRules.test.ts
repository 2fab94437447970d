import { describe, expect, it } from '@jest/globals';
import { intersection, subtraction, union, withMargin } from '../../src/algebra/index.ts';
import { applyTargetRules, TARGET_RULES, type TargetOptions, type TargetResult } from '../../src/ctv/index.ts';
import { Mask, type Vector3 } from '../../src/geometry/index.ts';
import { obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { paintMm } from '../support/masks.ts';
import { around, ball, names, patient, predicted, reasonOf, replaced, rule, same, structure, SUPINE, surroundings, withBed, withChestwall, without, type Patient } from './patient.ts';

const apply = (treated: Patient, options: TargetOptions = {}, fieldOfViewMm?: number): TargetResult => applyTargetRules(predicted(treated), surroundings(treated, fieldOfViewMm), options);
const whole = patient();
const left = withBed(whole, 'L');
const target = (treated: Patient, name: string): Mask => treated.targets.get(name) ?? Mask.empty(treated.geometry);
const organ = (treated: Patient, name: string): Mask => treated.organs.get(name) ?? Mask.empty(treated.geometry);
const moved = (name: string, mask: Mask): Patient => replaced(left, { [name]: mask });
const changed = (result: TargetResult, id: string): string[] => rule(result, id).changes.map(({ structure: name }) => name);
const stations = (side: string): string[] => ['L1', 'L2', 'L3', 'L4', 'Interpec', 'IMN'].map((name) => `CTVn_${name}_${side}`);

describe('a patient after conserving surgery', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(8, -10) }, { name: 'sagittal', rowDirection: [0, 1, 0] as Vector3, columnDirection: [0, 0, -1] as Vector3 }])(
    'leaves with the targets of her side, in $name',
    (position) => {
      const result = apply(withBed(patient(around(position)), 'R'));
      expect(names(result)).toEqual(['CTVp_Breast_R', 'CTVp_Tumorbed_R', ...stations('R')]);
      expect(result.notFound).toEqual([]);
      expect(result.leftOutOrgans).toEqual(['Breast_R']);
      expect(result.notes.join()).toMatch(/side R: tumour bed of \d+ cm³ found on the right; no side was given/);
      expect(result.found.flatMap(({ name, notes }) => notes.filter((note) => !note.startsWith('skin-crop')).map((note) => `${name}: ${note}`))).toEqual([
        expect.stringMatching(/^CTVp_Tumorbed_R: .*compare its place with the report of the operation$/),
      ]);
    },
  );

  it('says of every rule what it did, in the order of the table, with its source', () => {
    const result = apply(left);
    expect(result.rules.map(({ id, source }) => [id, source])).toEqual(TARGET_RULES.map(({ id, source }) => [id, source]));
    expect(result.rules.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'pieces applied', 'side-and-surgery applied', 'in-place applied', 'stations-disjoint applied', 'outside-organs applied', 'outside-ribs applied',
      'skin-crop applied', 'bed-in-breast applied', 'stations-ordered applied', 'treated-breast applied', 'ptv off',
    ]);
    expect(rule(result, 'ptv').notes).toEqual(['no margin was given']);
    expect(TARGET_RULES.filter(({ source }) => source.includes('ESTRO')).every(({ source }) => source.includes('[U]'))).toBe(true);
  });

  it('accounts for every voxel: what the models marked is what leaves and what the rules report', () => {
    const result = apply(left);
    const marked = [...left.targets.values()].reduce((sum, { volumeCc }) => sum + volumeCc, 0);
    const released = result.found.reduce((sum, { mask }) => sum + mask.volumeCc, 0);
    const removed = result.rules.filter(({ id }) => id !== 'treated-breast').flatMap(({ changes }) => changes).reduce((sum, { removedCc, addedCc }) => sum + removedCc - addedCc, 0);
    expect(released + removed).toBeCloseTo(marked, 6);
  });
});

describe('side-and-surgery', () => {
  it('leaves the targets of the other side out, and of the surgery that was not', () => {
    const result = apply(withChestwall(whole, 'L'));
    expect(names(result)).toEqual(['CTVp_Chestwall_L', ...stations('L')]);
    expect(changed(result, 'side-and-surgery')).toEqual(['CTVp_Breast_R', ...stations('R')]);
    expect(rule(result, 'side-and-surgery').notes.join()).toMatch(/left out: CTVp_Breast_L, CTVp_Breast_R, CTVp_Chestwall_R/);
  });

  it('releases no target when the side is not clear: each is not found, with what to give', () => {
    const result = apply(whole);
    expect(result.found).toEqual([]);
    expect(result.notFound.map(({ name }) => name)).toEqual([...whole.targets.keys()]);
    expect(reasonOf(result, 'CTVp_Breast_L')).toMatch(/no side was given.*Give the side/);
    expect(result.notes.join()).toMatch(/no target was released/);
    expect(result.leftOutOrgans).toEqual([]);
  });

  it('refuses what contradicts what is seen', () => {
    expect(() => apply(withChestwall(whole, 'L'), { side: 'R', surgery: 'mastectomy' })).toThrow(expect.objectContaining({ code: 'ctv-contradiction' }));
    expect(() => apply(left, { side: 'R' })).toThrow(expect.objectContaining({ code: 'ctv-contradiction' }));
  });

  it('releases the stations of the side given, but neither breast nor chest wall, where what is seen does not fit the surgery', () => {
    const result = apply(withChestwall(whole, 'L'), { side: 'L', surgery: 'conserving' });
    expect(names(result)).toEqual(stations('L'));
    for (const name of ['CTVp_Breast_L', 'CTVp_Tumorbed_L', 'CTVp_Chestwall_L']) expect(reasonOf(result, name)).toMatch(/^the surgery given is conserving, but/);
    expect(result.notes.join()).toMatch(/neither breast nor chest wall of side L was released/);
    expect(changed(result, 'side-and-surgery')).toContain('CTVp_Chestwall_L');
    expect(result.leftOutOrgans).toEqual([]);
    // Withheld for one reason, a target is not taken away once more for another.
    const unseen = apply(without(withChestwall(whole, 'L'), 'External'), { side: 'L', surgery: 'conserving' });
    expect(unseen.rules.flatMap(({ changes }) => changes).filter((entry) => entry.structure === 'CTVp_Chestwall_L')).toHaveLength(1);
    expect(reasonOf(unseen, 'CTVp_Chestwall_L')).toMatch(/^the surgery given is conserving, but/);
  });

  it('does not let a false bed in the neck choose the side', () => {
    const stray = replaced(whole, { CTVp_Tumorbed_R: ball(SUPINE, [-95, -60, 140], 16) });
    expect(apply(stray).notes.join()).toMatch(/no target was released/);
    expect(names(apply(stray, { withoutRules: ['in-place'] }))).toContain('CTVp_Breast_R');
  });

  it('treats both sides when told so', () => {
    const result = apply(withChestwall(left, 'R'), { side: 'both' });
    expect(names(result).filter((name) => name.startsWith('CTVp'))).toEqual(['CTVp_Breast_L', 'CTVp_Chestwall_R', 'CTVp_Tumorbed_L']);
    expect(names(result).filter((name) => name.startsWith('CTVn'))).toHaveLength(12);
    expect(result.leftOutOrgans).toEqual(['Breast_L', 'Breast_R']);
  });

  it('switched off, all that was predicted leaves, and this is said', () => {
    const result = apply(left, { withoutRules: ['side-and-surgery'] });
    expect(names(result)).toEqual(expect.arrayContaining(['CTVp_Breast_R', ...stations('R')]));
    expect(result.notes.join()).toMatch(/side-and-surgery was switched off/);
    expect(result.notes.join()).not.toMatch(/were not used/);
    expect(rule(result, 'side-and-surgery')).toMatchObject({ status: 'off', notes: ['switched off'] });
    expect(apply(left, { side: 'R', withoutRules: ['side-and-surgery'] }).notes.join()).toMatch(/the side and surgery that were given were not used/);
  });
});

describe('treated-breast', () => {
  it('leaves the other breast an organ at risk', () => {
    const result = apply(left);
    expect(result.leftOutOrgans).toEqual(['Breast_L']);
    expect(rule(result, 'treated-breast').notes).toEqual(['Breast_L is left out: CTVp_Breast_L stands for it']);
    expect(apply(left, { withoutRules: ['treated-breast'] }).leftOutOrgans).toEqual([]);
  });

  it('keeps the breast where its target does not leave', () => {
    expect(apply(replaced(left, { CTVp_Breast_L: Mask.empty(SUPINE) }), { side: 'L' }).leftOutOrgans).toEqual([]);
  });
});

describe('skin-crop', () => {
  const skin = (result: TargetResult, mm: number): Mask[] => result.found.map(({ mask }) => subtraction(mask, withMargin(organ(whole, 'External'), -mm)));

  it('keeps targets 5 mm from the skin, the chest wall too, and says how much it took', () => {
    for (const treated of [left, withChestwall(whole, 'L')]) {
      const result = apply(treated);
      expect(skin(result, 5).every(({ isEmpty }) => isEmpty)).toBe(true);
      const primary = names(result)[0];
      const { removedCc } = rule(result, 'skin-crop').changes.find((entry) => entry.structure === primary) ?? { removedCc: 0 };
      expect(removedCc).toBeCloseTo(target(treated, primary).volumeCc - structure(result, primary).mask.volumeCc, 6);
      expect(removedCc).toBeGreaterThan(10);
      expect(structure(result, primary).notes).toMatch(/skin-crop: \d+\.\d cm³ removed/);
    }
  });

  it('takes another distance, and none when switched off', () => {
    expect(skin(apply(left, { skinMm: 12 }), 12).every(({ isEmpty }) => isEmpty)).toBe(true);
    expect(structure(apply(left, { skinMm: 12 }), 'CTVp_Breast_L').mask.volumeCc).toBeLessThan(structure(apply(left), 'CTVp_Breast_L').mask.volumeCc);
    expect(same(structure(apply(left, { withoutRules: ['skin-crop'] }), 'CTVp_Breast_L').mask, target(left, 'CTVp_Breast_L'))).toBe(true);
  });

  it('sees no skin where the scan ends', () => {
    const upTo = (z: number): Mask => paintMm(SUPINE, (_x, _y, pz) => pz > z);
    const cut = moved('CTVp_Breast_L', intersection(organ(left, 'External'), intersection(upTo(-500), paintMm(SUPINE, (x, y, z) => x > 60 && x < 120 && y < -90 && z < -20))));
    const lowest = (mask: Mask): boolean => mask.box.min[2] === 0;
    expect(lowest(structure(apply(cut, { withoutRules: ['pieces'] }), 'CTVp_Breast_L').mask)).toBe(true);
  });

  it('sees no skin where the circle of reconstruction ends', () => {
    const radius = 125;
    const inCircle = paintMm(SUPINE, (x, y) => Math.hypot(x - 3, y - 2.5) < radius);
    const seen = replaced(left, { External: intersection(organ(left, 'External'), inCircle), CTVn_L1_L: intersection(ball(SUPINE, [112, -30, 60], 20), inCircle), CTVp_Breast_L: intersection(target(left, 'CTVp_Breast_L'), inCircle) });
    const cut = apply(seen, {}, radius);
    const nearCircle = (mask: Mask): boolean => !intersection(mask, paintMm(SUPINE, (x, y) => Math.hypot(x - 3, y - 2.5) > radius - 5)).isEmpty;
    expect(nearCircle(structure(cut, 'CTVn_L1_L').mask)).toBe(true);
    expect(nearCircle(structure(apply(seen), 'CTVn_L1_L').mask)).toBe(false);
  });

  it('without External no target leaves unchecked', () => {
    const result = apply(without(left, 'External'));
    expect(result.found).toEqual([]);
    expect(reasonOf(result, 'CTVp_Breast_L')).toMatch(/skin-crop cannot check it: External was not found/);
    expect(names(apply(without(left, 'External'), { withoutRules: ['skin-crop'] }))).toContain('CTVp_Breast_L');
  });
});

describe('outside-organs', () => {
  it('keeps targets out of lung and pleura, heart and thyroid, and says how much it took', () => {
    const intruding = replaced(left, {
      CTVn_L2_L: ball(SUPINE, [96, -50, 70], 22),
      CTVn_L4_L: union(target(left, 'CTVn_L4_L'), ball(SUPINE, [24, -28, 130], 14)),
      CTVn_IMN_L: union(target(left, 'CTVn_IMN_L'), paintMm(SUPINE, (x, y, z) => Math.abs(x - 28) < 8 && y > -100 && y < -50 && z > -40 && z < 20)),
    });
    const result = apply(intruding);
    const pleura = withMargin(organ(left, 'Lung_L'), 1);
    for (const { mask } of result.found) for (const organs of [pleura, organ(left, 'Lung_R'), organ(left, 'Heart'), organ(left, 'Glnd_Thyroid')]) expect(intersection(mask, organs).isEmpty).toBe(true);
    expect(changed(result, 'outside-organs')).toEqual(expect.arrayContaining(['CTVn_L2_L', 'CTVn_L4_L', 'CTVn_IMN_L']));
    const untouched = apply(intruding, { withoutRules: ['outside-organs'] });
    for (const [name, organs] of [['CTVn_L2_L', 'Lung_L'], ['CTVn_L4_L', 'Glnd_Thyroid'], ['CTVn_IMN_L', 'Heart']]) {
      expect([name, intersection(structure(untouched, name).mask, organ(left, organs)).isEmpty]).toEqual([name, false]);
    }
  });

  it('without the lung of the side no target leaves unchecked; what else is missing is said', () => {
    const result = apply(without(left, 'Lung_L'));
    expect(result.found).toEqual([]);
    expect(reasonOf(result, 'CTVn_IMN_L')).toMatch(/outside-organs cannot check it: Lung_L was not found/);
    const noHeart = apply(without(left, 'Heart', 'Lung_R'));
    expect(names(noHeart)).toContain('CTVp_Breast_L');
    expect(rule(noHeart, 'outside-organs').notes).toEqual(['not applied to Lung_R, Heart: not there']);
  });
});

describe('outside-ribs', () => {
  it('keeps chest wall, breast and bed 4 mm from the lungs, and leaves stations at the pleura', () => {
    const deep = ball(SUPINE, [88, -45, -30], 34);
    const intruding = replaced(withChestwall(whole, 'L'), { CTVp_Chestwall_L: union(target(withChestwall(whole, 'L'), 'CTVp_Chestwall_L'), deep), CTVn_L2_L: ball(SUPINE, [96, -50, 70], 22) });
    const result = apply(intruding);
    const between = subtraction(withMargin(organ(left, 'Lung_L'), 4), withMargin(organ(left, 'Lung_L'), 1));
    expect(intersection(structure(result, 'CTVp_Chestwall_L').mask, between).isEmpty).toBe(true);
    expect(intersection(structure(result, 'CTVn_L2_L').mask, between).isEmpty).toBe(false);
    expect(changed(result, 'outside-ribs')).toEqual(['CTVp_Chestwall_L']);
    expect(structure(result, 'CTVp_Chestwall_L').notes).toMatch(/outside-ribs: \d+\.\d cm³ removed/);
    expect(intersection(structure(apply(intruding, { withoutRules: ['outside-ribs'] }), 'CTVp_Chestwall_L').mask, between).isEmpty).toBe(false);
    expect(changed(apply(replaced(left, { CTVp_Breast_L: union(target(left, 'CTVp_Breast_L'), deep), CTVp_Tumorbed_L: deep })), 'outside-ribs')).toEqual(['CTVp_Breast_L', 'CTVp_Tumorbed_L']);
  });

  it('without the lung of the side no breast or bed leaves unchecked; stations, which it does not look at, do', () => {
    const result = apply(without(left, 'Lung_L'), { withoutRules: ['outside-organs'] });
    expect(reasonOf(result, 'CTVp_Breast_L')).toMatch(/outside-ribs cannot check it: Lung_L was not found/);
    expect(names(result)).toEqual(stations('L'));
  });
});

describe('pieces', () => {
  it('removes specks and notes their volume', () => {
    const speck = ball(SUPINE, [120, -10, -100], 9);
    const result = apply(moved('CTVn_L1_L', union(target(left, 'CTVn_L1_L'), speck)));
    expect(same(structure(result, 'CTVn_L1_L').mask, structure(apply(left), 'CTVn_L1_L').mask)).toBe(true);
    expect(structure(result, 'CTVn_L1_L').notes).toMatch(/pieces: \d\.\d cm³ removed/);
    const kept = apply(moved('CTVn_L1_L', union(target(left, 'CTVn_L1_L'), speck)), { withoutRules: ['pieces'] });
    expect(structure(kept, 'CTVn_L1_L').mask.volumeCc).toBeCloseTo(structure(apply(left), 'CTVn_L1_L').mask.volumeCc + speck.volumeCc, 6);
  });

  it('removes what a crop leaves apart', () => {
    const bridge = ball(SUPINE, [80, 10, 60], 12);
    const beyond = ball(SUPINE, [80, 95, 55], 8);
    const through = paintMm(SUPINE, (x, y, z) => Math.abs(x - 80) < 9 && Math.abs(z - 60) < 9 && y > -80 && y < 95);
    const result = apply(moved('CTVn_L2_L', union(target(left, 'CTVn_L2_L'), through, bridge, beyond)));
    expect(intersection(structure(result, 'CTVn_L2_L').mask, beyond).isEmpty).toBe(true);
  });

  it('takes too little for not found, with what was taken', () => {
    expect(reasonOf(apply(moved('CTVn_L1_L', ball(SUPINE, [135, -30, 60], 7))), 'CTVn_L1_L')).toMatch(/1\.\d cm³ are left, less than the 2 cm³/);
    expect(reasonOf(apply(moved('CTVn_L1_L', ball(SUPINE, [80, 10, 60], 12))), 'CTVn_L1_L')).toMatch(/nothing is left of it \(outside-organs: \d\.\d cm³ removed\)/);
    expect(reasonOf(apply(moved('CTVn_L1_L', Mask.empty(SUPINE))), 'CTVn_L1_L')).toMatch(/the model marked no voxel/);
  });
});

describe('stations-disjoint', () => {
  const overlapping = moved('CTVn_L2_L', union(target(left, 'CTVn_L2_L'), ball(SUPINE, [118, -48, 66], 16)));
  const shared = intersection(target(overlapping, 'CTVn_L2_L'), target(left, 'CTVn_L1_L'));

  it('gives what two share to the first, without probabilities', () => {
    const result = apply(overlapping);
    expect(shared.isEmpty).toBe(false);
    expect(intersection(structure(result, 'CTVn_L1_L').mask, structure(result, 'CTVn_L2_L').mask).isEmpty).toBe(true);
    expect(rule(result, 'stations-disjoint').changes).toEqual([{ structure: 'CTVn_L2_L', removedCc: expect.closeTo(shared.volumeCc, 6) as unknown, addedCc: 0 }]);
    expect(rule(result, 'stations-disjoint').notes.join()).toMatch(/CTVn_L1_L and CTVn_L2_L shared \d+\.\d\d cm³, given to CTVn_L1_L, which stands first/);
    const kept = apply(overlapping, { withoutRules: ['stations-disjoint'] });
    expect(intersection(structure(kept, 'CTVn_L1_L').mask, structure(kept, 'CTVn_L2_L').mask).voxelCount).toBe(shared.voxelCount);
  });

  it('gives each voxel to the more probable one', () => {
    // L2 is the more probable above z = 66 mm, L1 below; along z of the patient.
    const certain = (above: number, below: number) => (box: Mask['box'], slice: number): Float32Array =>
      new Float32Array(box.size[0] * box.size[1]).fill(SUPINE.toPatient([0, 0, slice])[2] > 66 ? above : below);
    const probabilities = new Map([['CTVn_L1_L', certain(0.4, 0.9)], ['CTVn_L2_L', certain(0.6, 0.1)]]);
    const result = applyTargetRules(predicted(overlapping).map((entry) => ({ ...entry, probability: probabilities.get(entry.name) })), surroundings(overlapping));
    const upper = paintMm(SUPINE, (_x, _y, z) => z > 66);
    expect(intersection(structure(result, 'CTVn_L1_L').mask, intersection(shared, upper)).isEmpty).toBe(true);
    expect(intersection(structure(result, 'CTVn_L2_L').mask, subtraction(shared, upper)).isEmpty).toBe(true);
    expect(changed(result, 'stations-disjoint').toSorted()).toEqual(['CTVn_L1_L', 'CTVn_L2_L']);
    expect(rule(result, 'stations-disjoint').notes.join()).toMatch(/given to the more probable/);
  });

  it('a station that is not believed takes nothing', () => {
    const misplaced = replaced(left, { CTVn_L1_L: ball(SUPINE, [45, -75, 90], 24) });
    const result = apply(misplaced);
    expect(reasonOf(result, 'CTVn_L1_L')).toMatch(/mm from the midline, expected 50 to 220 mm/);
    expect(same(structure(result, 'CTVn_L3_L').mask, target(left, 'CTVn_L3_L'))).toBe(true);
  });
});

describe('in-place', () => {
  it.each([
    ['CTVn_L3_L', [-70, -70, 98], /beyond the midline, on the right/],
    ['CTVn_L4_L', [110, -40, 125], /110 mm from the midline, expected 10 to 100 mm/],
    ['CTVn_L2_L', [100, -70, -110], /mm above the top of the lung, expected -120 to 50 mm/],
    ['CTVn_L4_L', [38, 100, 125], /behind the spinal cord/],
  ] as [string, Vector3, RegExp][])('%s at %j is not found, never somewhere else in the body', (name, centre, reason) => {
    const strange = moved(name, ball(SUPINE, centre, 14));
    const result = apply(strange);
    expect(names(result)).not.toContain(name);
    expect(reasonOf(result, name)).toMatch(reason);
    expect(changed(result, 'in-place')).toEqual([name]);
    expect(names(apply(strange, { withoutRules: ['in-place'] }))).toContain(name);
  });

  it.each(POSITIONS)('knows left and behind by the patient in $name', (position) => {
    const turned = withBed(patient(around(position)), 'L');
    const result = apply(replaced(turned, { CTVn_L3_L: ball(turned.geometry, [-70, -70, 98], 14), CTVn_L4_L: ball(turned.geometry, [38, 100, 125], 14) }));
    expect(reasonOf(result, 'CTVn_L3_L')).toMatch(/on the right/);
    expect(reasonOf(result, 'CTVn_L4_L')).toMatch(/behind the spinal cord/);
  });

  it('finds the midline without a cord, by the lungs, and without a second lung by External', () => {
    for (const organs of [['SpinalCord'], ['SpinalCord', 'Lung_R']]) expect(reasonOf(apply(without(moved('CTVn_L3_L', ball(SUPINE, [-70, -70, 98], 14)), ...organs)), 'CTVn_L3_L')).toMatch(/beyond the midline/);
  });
});

describe('bed-in-breast', () => {
  const astray = moved('CTVp_Tumorbed_L', ball(SUPINE, [60, -88, -5], 14));

  it('keeps the tumour bed within what leaves of the breast, and says how much it took', () => {
    const result = apply(astray);
    const bed = structure(result, 'CTVp_Tumorbed_L');
    expect(subtraction(bed.mask, structure(result, 'CTVp_Breast_L').mask).isEmpty).toBe(true);
    expect(bed.notes).toMatch(/bed-in-breast: \d+\.\d cm³ removed/);
    expect(changed(result, 'bed-in-breast')).toEqual(['CTVp_Tumorbed_L']);
    expect(changed(apply(left), 'bed-in-breast')).toEqual([]);
    const free = structure(apply(astray, { withoutRules: ['bed-in-breast'] }), 'CTVp_Tumorbed_L').mask;
    expect(subtraction(free, structure(result, 'CTVp_Breast_L').mask).volumeCc).toBeGreaterThan(1);
  });

  it('releases no bed without its breast, nor one that lies wholly beside it', () => {
    const lost = apply(replaced(left, { CTVp_Breast_L: Mask.empty(SUPINE) }), { side: 'L' });
    expect(reasonOf(lost, 'CTVp_Tumorbed_L')).toMatch(/nothing is left of it.*bed-in-breast: CTVp_Breast_L was not found/);
    expect(reasonOf(apply(moved('CTVp_Tumorbed_L', ball(SUPINE, [150, 20, 0], 12)), { side: 'L' }), 'CTVp_Tumorbed_L')).toMatch(/nothing is left of it.*bed-in-breast/);
  });

  it('leaves a bed alone where no model contours the breast', () => {
    const alone: Patient = { ...left, targets: new Map([...left.targets].filter(([name]) => !name.startsWith('CTVp_Breast'))) };
    const result = apply(alone, { side: 'L' });
    expect(names(result)).toContain('CTVp_Tumorbed_L');
    expect(rule(result, 'bed-in-breast').notes.join()).toMatch(/no model contours CTVp_Breast_L/);
  });
});

describe('stations-ordered', () => {
  const flags = (treated: Patient): string[] => apply(treated).found.flatMap(({ name, notes }) => notes.filter((note) => note.startsWith('order')).map(() => name));
  const imn = (top: number): Mask => paintMm(SUPINE, (x, y, z) => Math.hypot(x - 28, y + 95) <= 8 && z > 35 && z < top);

  it('flags stations that change places from lateral to medial, and keeps them', () => {
    const swapped = replaced(left, { CTVn_L1_L: ball(SUPINE, [100, -75, 50], 20), CTVn_L2_L: ball(SUPINE, [130, -40, 78], 15) });
    const result = apply(swapped);
    expect(flags(swapped)).toEqual(expect.arrayContaining(['CTVn_L1_L', 'CTVn_L2_L']));
    expect(structure(result, 'CTVn_L2_L').notes).toMatch(/order: CTVn_L2_L lies as far lateral as CTVn_L1_L or farther \(\d+ and \d+ mm from the midline\): check it/);
    expect(rule(result, 'stations-ordered').notes).not.toEqual([]);
    expect(apply(swapped, { withoutRules: ['stations-ordered'] }).found.flatMap(({ notes }) => notes).join()).not.toMatch(/order/);
  });

  it('flags L4 below IMN, an IMN beside L4 for more than a slice, and one that does not reach it', () => {
    expect(flags(left)).toEqual([]);
    expect(flags(moved('CTVn_L4_L', ball(SUPINE, [38, -60, 50], 12)))).toEqual(expect.arrayContaining(['CTVn_L4_L', 'CTVn_IMN_L']));
    expect(structure(apply(moved('CTVn_IMN_L', imn(132))), 'CTVn_IMN_L').notes).toMatch(/reaches \d+ mm above the lower end of CTVn_L4_L, expected one slice at most/);
    expect(structure(apply(moved('CTVn_IMN_L', imn(80))), 'CTVn_IMN_L').notes).toMatch(/ends \d+ mm below CTVn_L4_L, expected to meet it/);
  });

  it('takes one common slice', () => {
    const [l4, other] = [target(left, 'CTVn_L4_L'), target(left, 'CTVn_IMN_L')];
    const bottom = l4.box.min[2];
    const upTo = (slice: number): Mask => intersection(imn(160), paintMm(SUPINE, (_x, _y, z) => z <= SUPINE.toPatient([0, 0, slice])[2] + 1));
    expect(other.isEmpty).toBe(false);
    expect(flags(moved('CTVn_IMN_L', upTo(bottom - 1)))).toEqual([]);
    expect(flags(moved('CTVn_IMN_L', upTo(bottom)))).toEqual([]);
    expect(flags(moved('CTVn_IMN_L', upTo(bottom + 1)))).toEqual(['CTVn_L4_L', 'CTVn_IMN_L']);
  });
});

describe('ptv', () => {
  it('grows each CTV but the bed, cropped from the skin only', () => {
    const result = apply(left, { ptvMm: 7 });
    expect(names(result).filter((name) => name.startsWith('PTV'))).toEqual(['PTVp_Breast_L', ...stations('L').map((name) => name.replace('CTV', 'PTV'))]);
    const ctv = structure(result, 'CTVp_Breast_L').mask;
    const ptv = structure(result, 'PTVp_Breast_L');
    expect(same(ptv.mask, intersection(withMargin(ctv, 7), structure(apply(left, { ptvMm: 7 }), 'PTVp_Breast_L').mask))).toBe(true);
    expect(subtraction(ctv, ptv.mask).isEmpty).toBe(true);
    const skin = subtraction(paintMm(SUPINE, () => true), withMargin(organ(left, 'External'), -5));
    expect(intersection(ptv.mask, skin).isEmpty).toBe(true);
    expect(same(ptv.mask, subtraction(withMargin(ctv, 7), skin))).toBe(true);
    expect(ptv.notes).toMatch(/CTVp_Breast_L with a margin of 7 mm; cropped 5 mm from the skin/);
    expect(intersection(structure(result, 'PTVn_IMN_L').mask, subtraction(withMargin(structure(result, 'CTVn_IMN_L').mask, 7), skin)).voxelCount).toBe(structure(result, 'PTVn_IMN_L').mask.voxelCount);
  });

  it('takes a margin for each side of the patient, and leaves the skin alone where skin-crop is off', () => {
    const sides = { left: 12, right: 0, anterior: 0, posterior: 0, superior: 0, inferior: 0 };
    const { mask } = structure(apply(left, { ptvMm: sides, withoutRules: ['skin-crop'] }), 'PTVn_L1_L');
    expect(same(mask, withMargin(target(left, 'CTVn_L1_L'), sides))).toBe(true);
  });

  it('is off without a margin', () => {
    expect(names(apply(left)).filter((name) => name.startsWith('PTV'))).toEqual([]);
    expect(names(apply(left, { ptvMm: 5, withoutRules: ['ptv'] })).filter((name) => name.startsWith('PTV'))).toEqual([]);
  });
});

describe('what is no target', () => {
  it('is refused by name', () => {
    const heart = { name: 'Heart', mask: organ(whole, 'Heart') };
    expect(() => applyTargetRules([heart], surroundings(whole))).toThrow(expect.objectContaining({ code: 'ctv-unknown' }));
    expect(() => applyTargetRules([...predicted(left), ...predicted(left)], surroundings(left))).toThrow(expect.objectContaining({ code: 'ctv-name' }));
    expect(() => apply(left, { withoutRules: ['skin'] })).toThrow(expect.objectContaining({ code: 'ctv-rule' }));
  });
});
