import { describe, expect, it } from '@jest/globals';
import { roiDescription, setDescription, type DescriptionParts } from '../../src/pipeline/description.ts';

const RESEARCH = 'Research software, not for clinical use.';
const MORE = '... (more in Rondo\'s report)';
const parts = (more: Partial<DescriptionParts> = {}): DescriptionParts => ({ version: '1.2.3', models: ['oar 1.0.0 (trained on clinical patients)'], protocol: undefined, notFound: [], remarks: [], ...more });
const many = (count: number, reason = 'the model marks nothing'): DescriptionParts['notFound'] => Array.from({ length: count }, (_, index) => ({ name: `CTVn_Station${index}_L`, reason }));

describe('the description of a structure set', () => {
  it('says what made it, that it is research, what is missing and why, then the rest', () => {
    const notFound = [{ name: 'Heart', reason: 'too small' }, { name: 'Liver', reason: 'out of the image.' }, { name: 'Trachea', reason: 'too small' }];
    expect(setDescription(parts({ protocol: 'own', notFound, remarks: ['side L', 'a coarse scan.'] }))).toBe(
      `Contoured automatically by Rondo 1.2.3 with oar 1.0.0 (trained on clinical patients), protocol own. ${RESEARCH} Heart, Trachea not found: too small. Liver not found: out of the image. side L. a coarse scan.`);
  });

  it('names every structure that is missing before remarks, and says where remarks are cut', () => {
    const notFound = many(30);
    const text = setDescription(parts({ notFound, remarks: ['x'.repeat(200), 'y'.repeat(200)] }));
    expect(text.length).toBeLessThanOrEqual(1024);
    expect(text).toContain(RESEARCH);
    for (const { name } of notFound) expect(text).toContain(name);
    expect(text.indexOf('x'.repeat(200))).toBeGreaterThan(text.indexOf('CTVn_Station29_L'));
    expect(text).not.toContain('yyy');
    expect(text.endsWith(MORE)).toBe(true);
  });

  it('leaves out reasons before names', () => {
    const notFound = many(20).map((missing, index) => ({ ...missing, reason: `reason ${index} ${'z'.repeat(40)}` }));
    const text = setDescription(parts({ notFound, remarks: ['side L'] }));
    expect(text.length).toBeLessThanOrEqual(1024);
    for (const { name } of notFound) expect(text).toContain(name);
    expect(text).toContain('Not found: CTVn_Station0_L, CTVn_Station1_L');
    expect(text).not.toContain('zzz');
    expect(text.endsWith(MORE)).toBe(true);
  });

  it('says how many are missing where not even the names fit', () => {
    const text = setDescription(parts({ notFound: many(120), remarks: ['side L'] }));
    expect(text.length).toBeLessThanOrEqual(1024);
    expect(text).toContain(`${RESEARCH} 120 structures were not found, among them CTVn_Station0_L, CTVn_Station1_L`);
    expect(text.endsWith(MORE)).toBe(true);
  });

  it('says that it is research whatever the models are called', () => {
    const text = setDescription(parts({ models: Array.from({ length: 40 }, (_, index) => `${'m'.repeat(60)} ${index}`), notFound: many(3) }));
    expect(text.length).toBeLessThanOrEqual(1024);
    expect(text).toContain(`with 40 models. ${RESEARCH} CTVn_Station0_L, CTVn_Station1_L, CTVn_Station2_L not found`);
    expect(setDescription(parts({ models: ['m'.repeat(2000)] }))).toContain(`with 1 model. ${RESEARCH}`);
  });

  it('of a single structure says where it is cut', () => {
    expect(roiDescription([])).toBeUndefined();
    expect(roiDescription(['guideline ESTRO', 'check the sides'])).toBe('guideline ESTRO; check the sides');
    expect(roiDescription(['a', 'b'.repeat(1019)])).toBe(`a; ${'b'.repeat(1019)}`.slice(0, 1024));
    const cut = roiDescription(['a', 'b'.repeat(600), 'c'.repeat(600)]) ?? '';
    expect([cut.startsWith(`a; ${'b'.repeat(600)}; `), cut.includes('ccc'), cut.endsWith(MORE), cut.length <= 1024]).toEqual([true, false, true, true]);
    // One remark that is too long by itself is not lost whole.
    const long = roiDescription(['d'.repeat(2000)]) ?? '';
    expect([long.startsWith('ddd'), long.endsWith(MORE), long.length]).toEqual([true, true, 1024]);
  });
});
