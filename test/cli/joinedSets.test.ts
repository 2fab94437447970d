import { describe, expect, it } from '@jest/globals';
import { joinSets } from '../../src/cli/joinedSets.ts';
import type { FileContour, StructureSet } from '../../src/rtstruct/index.ts';

function setOf(...names: string[]): StructureSet<FileContour> {
  return {
    sopInstanceUid: '1.2.3', seriesInstanceUid: '1.2.4', label: '', date: '', time: '', approval: { status: 'UNAPPROVED' }, equipment: { manufacturer: '', modelName: '', softwareVersions: [] },
    reference: { frameOfReferenceUid: '1.2.5', series: [] },
    structures: names.map((name, index) => ({ number: index + 7, name, type: '', algorithm: '', contours: [] })),
  };
}

const namesOf = (structures: readonly { name: string }[]): string[] => structures.map(({ name }) => name);

describe('two structure sets', () => {
  it('are joined by the names of the reference, each in its own order', () => {
    const { reference, test, renamed, refused } = joinSets(setOf('Lung_L', 'Heart', 'Own'), setOf('Extra', 'Herz', 'Lung_L'));
    expect(namesOf(reference)).toEqual(['Lung_L', 'Heart', 'Own']);
    expect(namesOf(test)).toEqual(['Extra', 'Heart', 'Lung_L']);
    expect(test.map(({ number, structure }) => [number, structure.name])).toEqual([[7, 'Extra'], [8, 'Herz'], [9, 'Lung_L']]);
    expect(renamed).toEqual([{ reference: 'Heart', test: 'Herz' }]);
    expect(refused).toEqual([]);
  });

  it('take other names where these are given, on both sides', () => {
    const asked: string[][] = [];
    const namesFor = (names: readonly string[]): Map<string, string> => {
      asked.push([...names]);
      return new Map([['Herz', 'Heart'], ['Extra', 'Spare']]);
    };
    const { reference, test, renamed } = joinSets(setOf('Herz', 'Own'), setOf('Extra', 'Heart'), namesFor);
    expect(asked).toEqual([['Herz', 'Own', 'Extra']]);
    expect(namesOf(reference)).toEqual(['Heart', 'Own']);
    expect(namesOf(test)).toEqual(['Spare', 'Heart']);
    expect(renamed).toEqual([{ reference: 'Spare', test: 'Extra' }]);
  });

  it('are not guessed at: what may mean several is refused, and without a test all stays as it is', () => {
    expect(joinSets(setOf('Heart'), setOf('Herz', 'Coeur')).refused).toEqual([expect.objectContaining({ names: ['Heart', 'Herz', 'Coeur'] })]);
    expect(joinSets(setOf('Heart'), undefined)).toMatchObject({ reference: [{ name: 'Heart' }], test: [], renamed: [], refused: [] });
  });
});
