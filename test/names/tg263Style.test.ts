import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isTg263Style } from '../../src/names/index.ts';
import { STRUCTURE_STYLES } from '../../src/rtstruct/index.ts';
import { itWithSharedData } from '../support/sharedData.ts';

describe('isTg263Style', () => {
  it('accepts every standard name', () => {
    expect([...STRUCTURE_STYLES.keys()].filter((name) => !isTg263Style(name))).toEqual([]);
  });

  it.each(['Lung~_L', 'Lungs^Ex', 'Lungs-PTV', 'Kidney_L-GTV', 'SpinalCord_PRV05', 'zPTVopt', '_Ring', 'PTV!_5040', 'PTV_50.4Gy', 'PTVp2_High', 'PTV-03', 'Lung_LUL'])('accepts %s', (name) => {
    expect(isTg263Style(name)).toBe(true);
  });

  it.each([
    ['', 'empty'],
    ['CTVp_Chestwall_L1', 'more than 16 characters'],
    ['Lung L', 'a space'],
    ['Lung_L ', 'a space at the end'],
    ['heart', 'no capital'],
    ['L_Lung', 'the side first: a reverse order name'],
    ['Lung_L_Opt', 'the side not last'],
    ['Lung_l', 'a side in lower case'],
    ['Lung_Left', 'a side spelled out'],
    ['Lung_Lt', 'a side spelled out'],
    ['Lung__L', 'an empty category'],
    ['Lung_', 'an empty category'],
    ['Heart-', 'nothing subtracted'],
    ['Lungs^', 'an empty qualifier'],
    ['Lungs^A^B', 'two qualifiers'],
    ['Heart (2)', 'marks'],
    ['Herz*', 'marks'],
    ['心脏', 'not Latin'],
  ])('refuses "%s": %s', (name) => {
    expect(isTg263Style(name)).toBe(false);
  });

  itWithSharedData('tg263', 'accepts every name of the worksheet but placeholders and slips of the pen', (folder) => {
    const rows = readFileSync(path.join(folder, 'TG263_Nomenclature_Worksheet_20170815.csv'), 'latin1').split('\n').map((row) => row.split(','));
    const names = rows.filter((row) => /^\d+$/.test(row[4])).map((row) => row[5]);
    expect(names.filter((name) => !isTg263Style(name))).toEqual(['Bolus_xxmm', 'E-PTV_Ev05_xxxx', 'E-PTV_xxxx', 'LN_lliac_Int_R', 'Spc_Bowel ', 'Strct ', 'Tendon ']);
    return Promise.resolve();
  });
});
