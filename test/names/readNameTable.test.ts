import { describe, expect, it } from '@jest/globals';
import { RondoError } from '../../src/errors.ts';
import { normaliseName, normaliseNames, readNameTable } from '../../src/names/index.ts';
import { patternProblem } from '../../src/names/patternWork.ts';

const table = (...structures: string[]): string => ['format: rondo-names/1', 'structures:', ...structures].join('\n');

function failure(yamlText: string): RondoError {
  try {
    readNameTable(yamlText, 'names.yaml');
  } catch (error) {
    if (error instanceof RondoError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('readNameTable', () => {
  it('adds a site\'s names to the bundled ones', () => {
    const site = readNameTable(table('  - name: Heart', "    patterns: [hrz, 'pump(?:e|en)']", '  - name: Lung', '    patterns: [pulmones]', '    language: fr'));
    expect(normaliseName('HRZ', { table: site })).toEqual({ kind: 'matched', name: 'Heart', rule: 'site table, line 4, Heart' });
    expect(normaliseName('Pumpe', { table: site })).toMatchObject({ name: 'Heart' });
    expect(normaliseName('Herz', { table: site })).toMatchObject({ name: 'Heart', rule: 'bundled table, Heart (de)' });
    expect(normaliseName('Pulmones D', { table: site })).toMatchObject({ name: 'Lung_R' });
    expect(normaliseName('HRZ').kind).toBe('unknown');
  });

  it('asks a site\'s patterns before the bundled ones', () => {
    const site = readNameTable(table('  - name: External', '    patterns: [skin]', '  - name: SpinalCanal', '    patterns: [myelon]', '  - name: CTVp_Breast_L', '    patterns: [breast]'));
    expect(normaliseName('Skin', { table: site })).toMatchObject({ kind: 'matched', name: 'External' });
    expect(normaliseName('Myelon', { table: site })).toMatchObject({ kind: 'matched', name: 'SpinalCanal' });
    expect(normaliseName('Breast', { table: site })).toMatchObject({ kind: 'matched', name: 'CTVp_Breast_L' });
    expect(normaliseName('Breast L', { table: site })).toMatchObject({ kind: 'matched', name: 'Breast_L' });
  });

  it('replaces the bundled names of a structure', () => {
    const site = readNameTable(table('  - name: CTVn_L4', '    patterns: [estro4]', '    replace: true'));
    expect(normaliseName('ESTRO4 L', { table: site })).toMatchObject({ name: 'CTVn_L4_L' });
    expect(normaliseName('SCV L', { table: site }).kind).toBe('unknown');
    expect(normaliseName('CTVn_L4_L', { table: site })).toMatchObject({ name: 'CTVn_L4_L', rule: 'standard name' });
    expect(normaliseName('L3 L', { table: site })).toMatchObject({ name: 'CTVn_L3_L' });
  });

  it('takes accents, capitals and sides as they are written', () => {
    const site = readNameTable(table('  - name: Liver', "    patterns: ['LÄBERLI']", '  - name: Breast_L', '    patterns: [lbr, "brust_a"]'));
    expect(normaliseName('Läberli', { table: site })).toMatchObject({ name: 'Liver' });
    expect(normaliseName('L Br', { table: site })).toMatchObject({ name: 'Breast_L' });
    expect(normaliseName('Brust A', { table: site })).toMatchObject({ name: 'Breast_L' });
  });

  it('keeps names that two patterns of the site fit ambiguous', () => {
    const site = readNameTable(table('  - name: Heart', '    patterns: [pump]', '  - name: Liver', '    patterns: ["pump?"]'));
    expect(normaliseName('pump', { table: site })).toEqual({ kind: 'ambiguous', candidates: ['Heart', 'Liver'], reason: 'The name fits several rules: site table, line 4, Heart; site table, line 6, Liver.' });
  });

  it('cannot map what is no organ, nor a standard name to another', () => {
    const site = readNameTable(table('  - name: Heart', '    patterns: [".+", lungl]'));
    expect(normaliseNames(['PTV_Breast_L', 'Heart-PTV', 'Heart_PRV', 'Lung_L', 'Heart~'], { table: site }).map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown', 'matched', 'unknown']);
    expect(normaliseName('Lung_L', { table: site })).toMatchObject({ name: 'Lung_L' });
  });

  it.each([
    ['a name that is no structure', table('  - name: Heart', '    patterns: [a]', '  - name: Hart', '    patterns: [b]'), 'line 5, structures, entry 2 (Hart), name: not a structure that Rondo knows'],
    ['no patterns', table('  - name: Heart', '    patterns: []'), 'line 4, structures, entry 1 (Heart), patterns: '],
    ['a missing key', table('  - name: Heart'), 'line 3, structures, entry 1 (Heart), patterns: '],
    ['an unknown key', table('  - name: Heart', '    pattern: a', '    patterns: [a]'), 'line 4, structures, entry 1 (Heart), pattern: '],
    ['a number for a pattern', table('  - name: Heart', '    patterns:', '      - a', '      - 12'), 'line 6, structures, entry 1 (Heart), patterns, entry 2: '],
    ['a pattern that does not compile', table('  - name: Heart', '    patterns:', '      - a', "      - '(b'"), 'line 6, structures, entry 1 (Heart), patterns, entry 2: the pattern is not a regular expression'],
    ['a pattern with spaces', table('  - name: Heart', "    patterns: ['le coeur']"), 'leave them out'],
    ['a pattern with underscores', table('  - name: Heart', "    patterns: ['le_coeur']"), 'leave them out'],
    ['a pattern that fits nothing', table('  - name: Heart', "    patterns: ['a?']"), 'fits an empty name'],
    ['an unknown language', table('  - name: Heart', '    patterns: [a]', '    language: xx'), 'line 5, structures, entry 1 (Heart), language: '],
    ['a side that cannot be replaced alone', table('  - name: Lung_L', '    patterns: [a]', '    replace: true'), 'line 5, structures, entry 1 (Lung_L), replace: the bundled table has no entry of this name'],
    ['another format', 'format: rondo-names/2\nstructures:\n  - name: Heart\n    patterns: [a]', 'line 1, format: '],
    ['no table', '- a\n- b', 'line 1, the whole: '],
    ['an empty text', '', 'line 1, the whole: '],
    ['broken YAML', table('  - name: [Heart'), 'line 3'],
    ['an alias without its anchor', table('  - name: *heart', '    patterns: [a]'), 'not valid YAML'],
  ])('refuses %s', (_, yamlText, message) => {
    const error = failure(yamlText);
    expect([error.code, error.subject.file]).toEqual(['name-table', 'names.yaml']);
    expect(error.message).toContain(message);
  });

  it('names every fault at once', () => {
    const { message } = failure(table('  - name: Hart', "    patterns: ['(']", '  - name: Liver', '    patterns: [1]'));
    expect(message).toMatch(/line 3, structures, entry 1 .*\n.*line 4, structures, entry 1 .*\n.*line 6, structures, entry 2/);
  });
});

describe('patternProblem', () => {
  it.each(['(a+)+b', '(?:a|aa)+', '(a*)*', '(?:ab){2,}', '(?:a|b){3}', 'a*b*', '.*x.*y', 'a?'.repeat(12), '(?:a|b)'.repeat(12), 'a{1,40}b{1,40}', '(?=a)b', '(?<!a)b', '(a)\\1', '(?<x>a)\\k<x>', '(?<x>a)'])(
    'refuses %s, whose work is not bounded',
    (source) => {
      expect(patternProblem(`x${source}`)).toContain('could take too long');
    },
  );

  it('refuses patterns of more than 200 characters', () => {
    expect(patternProblem('a'.repeat(200))).toBeUndefined();
    expect(patternProblem('a'.repeat(201))).toContain('201 characters');
  });
});
