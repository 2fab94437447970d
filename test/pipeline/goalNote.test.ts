import { describe, expect, it } from '@jest/globals';
import { goalNote } from '../../src/pipeline/goalNote.ts';

const row = (name: string, dscMean: number, figures = {}) => ({ name, dscMean, dscP5: 0, scored: 10, missed: 0, ...figures });
const manifest = { accuracy: { testSet: 'ten phantoms', method: 'DSC', structures: [
  row('Heart', 0.93), row('Lung_L', 0.9599), row('CTVp_Chestwall_L', 0.44, { missed: 3 }), row('Trachea', 0.1),
  row('A_LAD', 0.3, { msdMmMean: 2.9 }),
] } };

describe('goalNote', () => {
  it.each(['Heart', 'Trachea', 'A_LAD', 'PTVp_Chestwall_L'])('says nothing of %s, whose goal is met or which has none', (name) => {
    expect(goalNote(name, manifest)).toBeUndefined();
  });

  it('gives the figures and the goal of what falls short', () => {
    expect(goalNote('Lung_L', manifest)).toMatch(/mean DSC 0\.960, goal 0\.96/);
    expect(goalNote('CTVp_Chestwall_L', manifest)).toMatch(/mean DSC 0\.440, goal 0\.83, missed in 3 of 10.*every slice/);
  });

  it('counts a missed vessel, whose distance nobody measured, as short of its goal', () => {
    const missed = { accuracy: { ...manifest.accuracy, structures: [row('A_LAD', 0.3, { msdMmMean: 2.9, missed: 1 })] } };
    expect(goalNote('A_LAD', missed)).toMatch(/mean surface distance 2\.9 mm, goal 3 mm, missed in 1 of 10/);
    expect(goalNote('A_LAD', { accuracy: { ...manifest.accuracy, structures: [row('A_LAD', 0, { missed: 10 })] } })).toMatch(/\(missed in 10 of 10\)/);
  });

  it('says that nobody measured a model', () => {
    expect(goalNote('Heart', { accuracy: { testSet: 'not measured yet', method: 'none', structures: [] } })).toMatch(/not measured/);
  });
});
