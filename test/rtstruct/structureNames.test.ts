import { describe, expect, it } from '@jest/globals';
import { PTV_STYLES, STRUCTURE_STYLES } from '../../src/rtstruct/index.ts';

const styles = [...STRUCTURE_STYLES.values()];

describe('STRUCTURE_STYLES', () => {
  it('follows TG-263: at most 16 characters, no spaces, unique ignoring case, the side last', () => {
    expect(styles.filter(({ name }) => name.length > 16 || !/^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$/.test(name)).map(({ name }) => name)).toEqual([]);
    expect(new Set(styles.map(({ name }) => name.toLowerCase())).size).toBe(styles.length);
    expect(styles.filter(({ name }) => /_[LR]_/.test(name))).toEqual([]);
  });

  it('has one external, and a side on exactly the names that end in one', () => {
    expect(styles.filter(({ type }) => type === 'EXTERNAL').map(({ name }) => name)).toEqual(['External']);
    for (const { name, code } of styles) expect([name, code.laterality?.value]).toEqual([name, name.endsWith('_L') ? '7771000' : name.endsWith('_R') ? '24028007' : undefined]);
  });

  it('gives every left structure its right one, of the same code and type in a lighter colour', () => {
    for (const left of styles.filter(({ name }) => name.endsWith('_L'))) {
      const right = STRUCTURE_STYLES.get(left.name.replace(/_L$/, '_R'));
      expect([right?.type, right?.code.value]).toEqual([left.type, left.code.value]);
      left.colour.forEach((part, index) => { expect(right?.colour[index]).toBeGreaterThanOrEqual(part); });
      expect(right?.colour).not.toEqual(left.colour);
    }
  });

  it.each([
    ['Heart', 'ORGAN', 'SCT', '80891009'],
    ['Lung_L', 'ORGAN', 'SCT', '39607008'],
    ['SpinalCord', 'ORGAN', 'SCT', '2748008'],
    ['A_LAD', 'ORGAN', 'SCT', '59438005'],
    ['External', 'EXTERNAL', 'DCM', '130047'],
    ['CTVp_Breast_R', 'CTV', 'SCT', '76752008'],
    ['CTVp_Chestwall_L', 'CTV', 'SCT', '78904004'],
    ['CTVp_Tumorbed_R', 'CTV', 'SCT', '76752008'],
    ['CTVn_IMN_L', 'CTV', 'SCT', '245282001'],
  ])('knows %s', (name, type, scheme, value) => {
    expect(STRUCTURE_STYLES.get(name)).toMatchObject({ name, type, code: { scheme, value } });
  });

  it('calls targets RT targets and organs anatomical structures', () => {
    for (const { type, code } of styles) expect(code.category?.value).toBe(type === 'CTV' ? '130041' : '91723000');
  });

  it('has a PTV for every CTV: 16 characters at most, the code and side of its CTV, a colour of its own', () => {
    const targets = styles.filter(({ type }) => type === 'CTV');
    expect([...PTV_STYLES.keys()]).toEqual(targets.map(({ name }) => name.replace('CTV', 'PTV')));
    for (const ctv of targets) {
      const ptv = PTV_STYLES.get(ctv.name.replace('CTV', 'PTV'));
      expect(ptv).toMatchObject({ type: 'PTV', code: ctv.code });
      expect(ptv?.name.length).toBeLessThanOrEqual(16);
      expect(ptv?.colour).not.toEqual(ctv.colour);
    }
  });

  it('uses colours of 0 to 255 that differ between structures, sides aside', () => {
    const sideless = new Map(styles.map(({ name, colour }) => [name.replace(/_[LR]$/, ''), colour]));
    expect(styles.every(({ colour }) => colour.every((part) => Number.isInteger(part) && part >= 0 && part <= 255))).toBe(true);
    expect(new Set([...sideless.values()].map(String)).size).toBe(sideless.size);
  });
});
