import { describe, expect, it } from '@jest/globals';
import { RondoError } from '../../src/errors.ts';
import { checkProtocol, modelsOf, readProtocol, type ProtocolModel } from '../../src/protocol/index.ts';

const HEAD = ['format: rondo-protocol/1', 'name: left-breast', 'title: Left breast', 'guideline: ESTRO 2015', 'profile: eclipse'];
const STRUCTURES = ['structures:', '  - { name: External, model: oar }', '  - { name: Lung_L, model: oar, roiName: Lunge li }', '  - { name: CTVp_Breast_L, model: ctv, type: PTV, colour: [1, 2, 3] }'];

const protocol = (...lines: readonly string[]): string => [...HEAD, ...lines].join('\n');

function failure(call: () => unknown): RondoError {
  try {
    call();
  } catch (error) {
    if (error instanceof RondoError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('readProtocol', () => {
  it('reads what shall be contoured, how it is written, and what is made of it', () => {
    const read = readProtocol(protocol('side: L', 'surgery: conserving', 'skinMm: 4', 'ptvMm: { left: 1, right: 2, anterior: 3, posterior: 4, superior: 5, inferior: 6 }', 'withoutRules: [skin-crop]', ...STRUCTURES,
      'derived:', "  - { definition: 'Ring = ring(PTVp_Breast_L, 5, 20)', colour: [9, 9, 9] }"));
    expect(read).toMatchObject({ name: 'left-breast', title: 'Left breast', guideline: 'ESTRO 2015', profile: 'eclipse' });
    expect(read.targets).toEqual({ side: 'L', surgery: 'conserving', skinMm: 4, ptvMm: { left: 1, right: 2, anterior: 3, posterior: 4, superior: 5, inferior: 6 }, withoutRules: ['skin-crop'] });
    expect(read.structures.map(({ name, model, roiName, type, colour }) => [name, model, roiName, type, colour])).toEqual([
      ['External', 'oar', 'External', undefined, undefined], ['Lung_L', 'oar', 'Lunge li', undefined, undefined], ['CTVp_Breast_L', 'ctv', 'CTVp_Breast_L', 'PTV', [1, 2, 3]],
    ]);
    expect(read.derived).toMatchObject([{ name: 'Ring', definition: 'Ring = ring(PTVp_Breast_L, 5, 20)', colour: [9, 9, 9], expression: { kind: 'ring' } }]);
    expect(modelsOf(read)).toEqual(['oar', 'ctv']);
  });

  it('gives no target option that is not given, and takes a structure that Rondo does not know with type and colour', () => {
    const read = readProtocol(protocol('structures:', '  - { name: Stomach, model: own, type: ORGAN, colour: [0, 0, 255] }'));
    expect(read.targets).toEqual({});
    expect(read.derived).toEqual([]);
    expect(read.destinations).toBeUndefined();
  });

  it('says where the structure sets go', () => {
    expect(readProtocol(protocol(...STRUCTURES, 'destinations: [planning, own-archive]')).destinations).toEqual(['planning', 'own-archive']);
  });

  it('says what a comparison is judged by: a single number passes or fails, two leave room for a look', () => {
    expect(readProtocol(protocol(...STRUCTURES)).thresholds).toBeUndefined();
    expect(readProtocol(protocol(...STRUCTURES, 'thresholds:', '  Heart: { dsc: { pass: 0.93, fail: 0.85 }, hd95Mm: 5, msdMm: { pass: 2 } }')).thresholds).toEqual({
      Heart: { dsc: { pass: 0.93, fail: 0.85 }, hd95Mm: { pass: 5, fail: 5 }, msdMm: { pass: 2 } },
    });
  });

  it.each([
    ['thresholds of a structure that nobody knows', [...STRUCTURES, 'thresholds:', '  Hart: { dsc: 0.9 }'], 'line 11, thresholds, Hart: not a structure that Rondo knows'],
    ['a threshold of a figure that there is none of', [...STRUCTURES, 'thresholds:', '  Heart: { dice: 0.9 }'], 'line 11, thresholds, Heart'],
    ['thresholds in the wrong order', [...STRUCTURES, 'thresholds:', '  Heart: { hd95Mm: { pass: 5, fail: 3 } }'], 'line 11, thresholds, Heart, hd95Mm: hd95Mm fails at 3 before it passes at 5'],
    ['no destination', [...STRUCTURES, 'destinations: []'], 'line 10, destinations: expected at least one name'],
    ['a destination that is no name', [...STRUCTURES, 'destinations: [planning, Big TPS]'], 'line 10, destinations, entry 2: expected small letters'],
    ['a destination twice', [...STRUCTURES, 'destinations: [tps, tps]'], 'line 10, destinations, entry 2: "tps" stands in the list before'],
    ['an unknown key', [...STRUCTURES, 'sides: L'], 'line 10, sides: '],
    ['a side that there is none of', ['side: left', ...STRUCTURES], 'line 6, side: '],
    ['a distance out of range', ['skinMm: 50', ...STRUCTURES], 'line 6, skinMm: '],
    ['a negative margin', ['ptvMm: -3', ...STRUCTURES], 'line 6, ptvMm'],
    ['a margin with its unit', ['ptvMm: 5 mm', ...STRUCTURES], 'line 6, ptvMm'],
    ['a margin of some sides', ['ptvMm: { left: 5 }', ...STRUCTURES], 'line 6, ptvMm'],
    ['a rule that there is none of', ['withoutRules: [gravity]', ...STRUCTURES], 'line 6, withoutRules, entry 1: '],
    ['no structures', ['structures: []'], 'line 6, structures: '],
    ['a structure twice', [...STRUCTURES, '  - { name: External, model: ctv, roiName: Skin }'], 'line 10, structures, entry 4 (External), name: the structure is asked for twice'],
    ['a structure that nobody knows', ['structures:', '  - { name: Hart, model: oar }'], 'line 7, structures, entry 1 (Hart), name: not a structure that Rondo knows'],
    ['a name of two structures, in another case', [...STRUCTURES, '  - { name: Lung_R, model: oar, roiName: LUNGE LI }'], 'line 10, structures, entry 4 (Lung_R), roiName: "LUNGE LI" is the name of another structure too'],
    ['a name with a backslash', ['structures:', '  - { name: Heart, model: oar, roiName: "a\\\\b" }'], 'line 7, structures, entry 1 (Heart), roiName: '],
    ['a name that not every character set has', ['structures:', '  - { name: Heart, model: oar, roiName: Cœur }'], 'line 7, structures, entry 1 (Heart), roiName: expected'],
    ['a name too long', ['structures:', `  - { name: Heart, model: oar, roiName: ${'a'.repeat(65)} }`], 'roiName: expected 1 to 64'],
    ['a name of the other side', ['structures:', '  - { name: Lung_L, model: oar, roiName: Lung_R }'], 'line 7, structures, entry 1 (Lung_L), roiName: "Lung_R" reads as Lung_R'],
    ['a name of the other side in other words', ['structures:', '  - { name: Lung_L, model: oar, roiName: Lunge re }'], '"Lunge re" reads as Lung_R'],
    ['a name of the other side that no table knows', ['structures:', '  - { name: CTVp_Breast_L, model: ctv, roiName: Target_R }'], '"Target_R" reads as a structure of the side R'],
    ['a name of another structure', ['structures:', '  - { name: Heart, model: oar, roiName: Liver }'], '"Liver" reads as Liver, but the structure is Heart'],
    ['two external contours', ['structures:', '  - { name: External, model: oar }', '  - { name: Heart, model: oar, type: EXTERNAL }'], 'two structures are of type EXTERNAL'],
    ['a type that DICOM does not have', ['structures:', '  - { name: Heart, model: oar, type: RISK }'], 'line 7, structures, entry 1 (Heart), type: expected an RT ROI Interpreted Type'],
    ['a colour beyond 255', ['structures:', '  - { name: Heart, model: oar, colour: [0, 0, 256] }'], 'line 7, structures, entry 1 (Heart), colour, entry 3: '],
    ['a definition that cannot be read', [...STRUCTURES, 'derived:', '  - definition: Lungs = Lung_L + Lung_R'], 'line 11, derived, entry 1, definition: "Lungs = Lung_L + Lung_R" cannot be read'],
    ['a derived structure that is named for the other side', [...STRUCTURES, 'derived:', '  - definition: Boost_R = margin(Lung_L, 5)'], 'line 11, derived, entry 1, definition: "Boost_R" is made of structures of the other side only'],
    ['a ring whose inside lies outside', [...STRUCTURES, 'derived:', '  - definition: Ring = ring(Lung_L, 20, 5)'], 'line 11, derived, entry 1, definition: Ring refused: from 20 mm to 5 mm'],
    ['a distance in tenths of a millimetre', [...STRUCTURES, 'derived:', '  - definition: Big = crop(External | margin(Lung_L, left 150), External, 5)'], '150 mm are more than the 100 mm'],
    ['a derived structure that is named as another', [...STRUCTURES, 'derived:', '  - definition: external = Lung_L'], 'line 11, derived, entry 1, definition: "external" is the name of another'],
    ['a derived structure that is named as a PTV', ['ptvMm: 5', ...STRUCTURES, 'derived:', '  - definition: PTVp_Breast_L = Lung_L'], '"PTVp_Breast_L" is the name of another'],
  ])('refuses %s', (_, lines, message) => {
    const error = failure(() => readProtocol(protocol(...lines), 'own.yaml'));
    expect([error.code, error.subject.file]).toEqual(['protocol', 'own.yaml']);
    expect(error.message).toContain(message);
  });
});

describe('checkProtocol', () => {
  const models: ProtocolModel[] = [
    { name: 'oar', guideline: 'none', structures: ['External', 'Heart', 'Lung_L', 'Lung_R'] },
    { name: 'ctv', guideline: 'ESTRO 2015', structures: ['CTVp_Breast_L', 'CTVp_Tumorbed_L'] },
  ];
  const check = (lines: readonly string[], of = models): void => { checkProtocol(readProtocol(protocol(...lines)), of); };

  it('takes definitions of what models contour, of PTVs, and of what was derived before', () => {
    check(['ptvMm: 5', ...STRUCTURES, 'derived:', '  - definition: Both = Lung_L | Lung_R', '  - definition: Rest = External - (Both | PTVp_Breast_L)']);
    check([...STRUCTURES, 'derived:', '  - definition: PTVp_Breast_L = margin(CTVp_Breast_L, 5)']);
  });

  it.each([
    ['a structure of another model', ['structures:', '  - { name: Heart, model: ctv }'], 'Heart of ctv'],
    ['a definition of a structure that nobody contours', [...STRUCTURES, 'derived:', '  - definition: Both = Lung_L | Liver'], 'from what is not there: Liver'],
    ['a PTV without a margin', [...STRUCTURES, 'derived:', '  - definition: Ring = ring(PTVp_Breast_L, 5, 20)'], 'PTVp_Breast_L'],
    ['the PTV of a tumour bed, which is not made', ['ptvMm: 5', ...STRUCTURES, 'derived:', '  - definition: Boost = PTVp_Tumorbed_L'], 'PTVp_Tumorbed_L'],
    ['what is derived later', [...STRUCTURES, 'derived:', '  - definition: A = B', '  - definition: B = Lung_L'], 'from what is not there: B'],
    ['a derived structure that a model contours', [...STRUCTURES, 'derived:', '  - definition: Heart = Lung_L'], 'a model contours Heart'],
  ])('refuses %s', (_, lines, message) => {
    const error = failure(() => { check(lines); });
    expect(error.code).toBe('protocol-structure');
    expect(error.message).toContain(message);
  });

  it('refuses two models of one structure, and targets that no rule could check', () => {
    const [oar, ctv] = models;
    expect(failure(() => { check(STRUCTURES, [oar, { ...ctv, structures: [...ctv.structures, 'Heart'] }]); }).message).toContain('both contour Heart');
    expect(failure(() => { check(['structures:', '  - { name: CTVp_Breast_L, model: ctv }'], [ctv]); }).code).toBe('ctv-needs-structure');
  });

  it('refuses models of another guideline, or of two', () => {
    const [oar, ctv] = models;
    expect(failure(() => { check(STRUCTURES, [oar, { ...ctv, guideline: 'RTOG' }]); }).code).toBe('protocol-guideline');
    expect(failure(() => { check(STRUCTURES, [{ ...oar, guideline: 'RTOG', structures: [...oar.structures, 'CTVn_L1_L'] }, ctv]); }).code).toBe('protocol-guideline');
    expect(failure(() => { check(['structures:', '  - { name: Heart, model: oar }'], [oar]); }).message).toContain('"ESTRO 2015"');
  });
});
