import { Command } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { addTargetOptions, rulesJson, rulesText, targetOptions, type TargetArguments } from '../../src/cli/targetOptions.ts';
import type { RuleReport, TargetOptions } from '../../src/ctv/index.ts';

function parsed(...words: string[]): TargetOptions {
  const command = addTargetOptions(new Command('test')).exitOverride().configureOutput({ writeErr: () => undefined });
  return targetOptions(command.parse(words, { from: 'user' }).opts<TargetArguments>());
}

describe('options of the targets', () => {
  it('hold only what was given', () => {
    expect(parsed()).toEqual({});
    expect(parsed('--side', 'L', '--surgery', 'mastectomy', '--skin-mm', '4', '--ptv-mm', '5', '--without-rule', 'pieces', '--without-rule', 'in-place')).toEqual({
      side: 'L', surgery: 'mastectomy', skinMm: 4, ptvMm: 5, withoutRules: ['pieces', 'in-place'],
    });
    expect(parsed('--ptv-mm', '5,6,8')).toEqual({ ptvMm: { left: 5, right: 5, anterior: 6, posterior: 6, superior: 8, inferior: 8 } });
  });

  it.each([['--side', 'left'], ['--surgery', 'none'], ['--skin-mm', '-1'], ['--skin-mm', ''], ['--ptv-mm', '5,6'], ['--ptv-mm', 'five']])('%s %s is wrong usage', (...words) => {
    expect(() => parsed(...words)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
  });
});

describe('what the rules did', () => {
  const rules: RuleReport[] = [
    { id: 'skin-crop', does: '', source: 'ESTRO [U]', status: 'applied', changes: [{ structure: 'CTVp_Breast_L', removedCc: 12.34, addedCc: 0 }, { structure: 'CTVn_L1_L', removedCc: 1, addedCc: 0 }], notes: ['5 mm'] },
    { id: 'ptv', does: '', source: 'own', status: 'applied', changes: [{ structure: 'PTVp_Breast_L', removedCc: 3, addedCc: 40 }], notes: [] },
    { id: 'pieces', does: '', source: 'own', status: 'applied', changes: [], notes: [] },
    { id: 'in-place', does: '', source: 'own', status: 'off', changes: [], notes: ['switched off'] },
  ];

  it('for people', () => {
    expect(rulesText(rules)).toEqual([
      'rule skin-crop: CTVp_Breast_L −12.34, CTVn_L1_L −1.00 cm³ (ESTRO [U])',
      'rule skin-crop: 5 mm',
      'rule ptv: PTVp_Breast_L +40.00 −3.00 cm³ (own)',
      'rule pieces: nothing changed (own)',
      'rule in-place: off (own)',
      'rule in-place: switched off',
    ]);
  });

  it('for machines, with totals', () => {
    const [skin, ptv, pieces] = rulesJson(rules);
    expect(skin).toMatchObject({ id: 'skin-crop', source: 'ESTRO [U]', status: 'applied', structures: ['CTVp_Breast_L', 'CTVn_L1_L'], removedCc: 13.34, addedCc: 0 });
    expect(ptv).toMatchObject({ removedCc: 3, addedCc: 40 });
    expect(pieces).toMatchObject({ structures: [], removedCc: 0 });
  });
});
