import { expect, it } from '@jest/globals';
import { caseNotes } from '../../src/service/caseNotes.ts';

it('of a case are those of the scan, of what is missing, and of structures by their names, the same note once', () => {
  const structure = (name: string, ...notes: string[]) => ({ name, standardName: undefined, model: 'one', volumeCc: 1, contours: 1, readBackDsc: 1, notes });
  expect(caseNotes({
    notes: ['a coarse scan'],
    notFound: [{ name: 'Liver', standardName: 'Liver', model: 'one', reason: 'out of the image' }],
    structures: [structure('Heart'), structure('Lung_L', 'check the sides', 'cut by the image edge: inferior'), structure('Lung_R', 'cut by the image edge: inferior')],
  })).toEqual(['a coarse scan', 'Liver was not found: out of the image', 'Lung_L: check the sides', 'Lung_L, Lung_R: cut by the image edge: inferior']);
});
