import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { bundledNameTable, normaliseName, normaliseNames, type NameResult, type SetNameResult } from '../../src/names/index.ts';
import { fits, standardNames } from '../../src/names/nameRule.ts';
import { waysThrough } from '../../src/yaml/index.ts';
import { sideOf } from '../../src/names/sides.ts';
import { joined, wordsOf } from '../../src/names/words.ts';
import { STRUCTURE_STYLES } from '../../src/rtstruct/index.ts';
import { itWithSharedData } from '../support/sharedData.ts';
import { AMBIGUOUS, CLINICAL_SETS, EXAMPLES, UNKNOWN } from './examples.ts';

const ROWS = Object.entries(EXAMPLES).flatMap(([name, raws]) => raws.map((raw): [string, string] => [raw, name]));
const RULES = bundledNameTable.layers.flat();

const meaning = (result: SetNameResult): string => (result.kind === 'matched' ? result.name : result.kind);
const reasonOf = (result: NameResult): string => (result.kind === 'matched' ? '' : result.reason);

/** The name as patterns see it, with and without each word that may be a side. */
function rests(raw: string): string[] {
  const words = wordsOf(raw);
  return [joined(words), ...words.flatMap((word, index) => (sideOf(word) === undefined ? [] : [joined(words.toSpliced(index, 1))]))];
}

describe('normaliseName', () => {
  it.each(ROWS)('%s is %s', (raw, name) => {
    expect(normaliseName(raw)).toMatchObject({ kind: 'matched', name });
  });

  it('maps every standard name to itself, however its letters are written', () => {
    for (const name of STRUCTURE_STYLES.keys()) {
      for (const raw of [name, name.toLowerCase(), name.toUpperCase(), ` ${name} `]) expect([raw, normaliseName(raw)]).toEqual([raw, { kind: 'matched', name, rule: 'standard name' }]);
      expect([name, normaliseName(name.replaceAll('_', ' '))]).toMatchObject([name, { kind: 'matched', name }]);
    }
  });

  it('says which rule decided', () => {
    expect(normaliseName('Herz')).toEqual({ kind: 'matched', name: 'Heart', rule: 'bundled table, Heart (de)' });
  });

  it.each(AMBIGUOUS.map(([raw, candidates]): [string, readonly string[]] => [raw, candidates]))('%s may be %j', (raw, candidates) => {
    const result = normaliseName(raw);
    expect(result).toMatchObject({ kind: 'ambiguous', candidates });
    expect(reasonOf(result)).not.toBe('');
  });

  it.each(UNKNOWN.map(([raw, reason]): [string, string] => [raw, reason]))('"%s" is unknown: %s', (raw, reason) => {
    expect(normaliseName(raw).kind).toBe('unknown');
    expect(reasonOf(normaliseName(raw))).toContain(reason);
  });

  it('takes no derived form of any example for the structure', () => {
    const derived = ROWS.flatMap(([raw]) => [`PTV_${raw}`, `${raw}-PTV`, `${raw}_PRV05`, `${raw} opt`, `z_${raw}`, `${raw}_1`, `${raw} copy`, `${raw}^x`, `${raw}~`, `${raw}_`, `ring ${raw}`, `${raw}-CTV`]);
    expect(derived.filter((raw) => normaliseName(raw).kind !== 'unknown')).toEqual([]);
  });

  it('reads a side relative to the treated breast', () => {
    const left = { treatedSide: 'left' } as const;
    const right = { treatedSide: 'right' } as const;
    expect(meaning(normaliseName('Contralateral breast', left))).toBe('Breast_R');
    expect(meaning(normaliseName('Contralateral breast', right))).toBe('Breast_L');
    expect(meaning(normaliseName('Lung_ipsilat', left))).toBe('Lung_L');
    expect(meaning(normaliseName('Mamma kontralateral', right))).toBe('Breast_L');
    expect(meaning(normaliseName('sein controlatéral', left))).toBe('Breast_R');
    expect(meaning(normaliseName('健侧乳腺', left))).toBe('Breast_R');
    expect(meaning(normaliseName('患侧肺', right))).toBe('Lung_R');
  });

  it('does not give the treated side to a name without one', () => {
    expect(normaliseName('Breast', { treatedSide: 'left' }).kind).toBe('ambiguous');
    expect(normaliseName('CTV breast', { treatedSide: 'left' }).kind).toBe('ambiguous');
  });
});

describe('bundledNameTable', () => {
  it('names every structure of the vocabulary, and nothing else', () => {
    expect(new Set(RULES.flatMap(({ name }) => standardNames(name)))).toEqual(new Set(STRUCTURE_STYLES.keys()));
    expect(RULES.filter(({ name }) => standardNames(name).length === 0)).toEqual([]);
  });

  it('has an example for every rule', () => {
    const texts = [...ROWS.map(([raw]) => raw), ...AMBIGUOUS.map(([raw]) => raw)].flatMap(rests);
    const silent = RULES.filter(({ pattern, doubt }) => doubt === undefined && !texts.some((text) => fits(pattern, text)));
    expect(silent.map(({ source }) => source)).toEqual([]);
  });

  it('has rules that are disjoint on each other\'s examples', () => {
    const foreign = ROWS.flatMap(([raw, name]) => RULES.filter((rule) => !standardNames(rule.name).includes(name) && rests(raw).some((text) => fits(rule.pattern, text))).map(({ source }) => `${raw}: ${source}`));
    expect(foreign).toEqual([]);
  });

  it('has patterns of bounded work', () => {
    expect(RULES.filter(({ pattern }) => waysThrough(pattern.source, 64) > 1000).map(({ source }) => source)).toEqual([]);
  });
});

describe('normaliseNames', () => {
  it.each(Object.entries(CLINICAL_SETS))('reads the names of %s', (_, rows) => {
    expect(normaliseNames(rows.map(([raw]) => raw)).map(meaning)).toEqual(rows.map(([, name]) => name));
  });

  it('maps neither of two names that mean the same structure', () => {
    const names = ['Heart', 'Lt Lung', 'Herz', 'Lung_R', 'heart', 'Skin', 'BODY', 'Breast'];
    const results = normaliseNames(names);
    expect(results.map(meaning)).toEqual(['clash', 'Lung_L', 'clash', 'Lung_R', 'clash', 'ambiguous', 'External', 'ambiguous']);
    expect(results[2]).toEqual({ kind: 'clash', name: 'Heart', names: ['Heart', 'Herz', 'heart'], reason: '"Heart" and "Herz" and "heart" mean Heart, which a set can hold once.' });
  });

  it('finds clashes that only the treated side shows', () => {
    expect(normaliseNames(['Contralateral breast', 'Breast_R']).map(meaning)).toEqual(['ambiguous', 'Breast_R']);
    expect(normaliseNames(['Contralateral breast', 'Breast_R'], { treatedSide: 'left' }).map(meaning)).toEqual(['clash', 'clash']);
  });
});

describe('TG-263 as a whole', () => {
  itWithSharedData('tg263', 'gives no name of another structure to one of ours', (folder) => {
    const names = worksheetNames(folder);
    const matched = names.filter((name) => normaliseName(name).kind === 'matched' && !STRUCTURE_STYLES.has(name));
    expect(names).toHaveLength(717);
    expect(matched).toEqual(['Body', ...['L1', 'L2', 'L3'].flatMap((level) => [`LN_Ax_${level}_L`, `LN_Ax_${level}_R`]), 'LN_IMN_L', 'LN_IMN_R', 'LN_Parasternal_L', 'LN_Parasternal_R', 'LN_Sclav_L', 'LN_Sclav_R']);
    return Promise.resolve();
  });
});

function worksheetNames(folder: string): string[] {
  const rows = readFileSync(path.join(folder, 'TG263_Nomenclature_Worksheet_20170815.csv'), 'latin1').split('\n').map((row) => row.split(','));
  return rows.filter((row) => /^\d+$/.test(row[4])).map((row) => row[5]);
}
