import { describe, expect, it } from '@jest/globals';
import { joinNames } from '../../src/names/index.ts';

describe('joining the names of two sets', () => {
  it('joins what is spelled alike, and what means the same', () => {
    expect(joinNames(['Heart', 'Lung_L', 'Spinal cord'], ['SpinalCord', 'Heart', 'Left Lung'])).toEqual({
      pairs: [
        { reference: 'Heart', test: 'Heart' },
        { reference: 'Lung_L', test: 'Left Lung' },
        { reference: 'Spinal cord', test: 'SpinalCord' },
      ],
      refused: [],
    });
  });

  it('joins names that no table knows by their spelling alone', () => {
    expect(joinNames(['Couch 7', 'xyz'], ['Couch 7', 'XYZ'])).toEqual({ pairs: [{ reference: 'Couch 7', test: 'Couch 7' }], refused: [] });
  });

  it('never joins the sides of the patient', () => {
    expect(joinNames(['Lung_L'], ['Lung_R']).pairs).toEqual([]);
  });

  it('refuses two names of one set that mean the same', () => {
    const { pairs, refused } = joinNames(['Heart'], ['heart', 'Herz']);
    expect(pairs).toEqual([]);
    expect(refused).toEqual([{ names: ['Heart', 'heart', 'Herz'], reason: expect.stringContaining('Heart') as unknown }]);
  });

  it('does not take a second spelling for a structure that is joined', () => {
    const { pairs, refused } = joinNames(['Heart', 'Cor'], ['Heart', 'Herz']);
    expect(pairs).toEqual([{ reference: 'Heart', test: 'Heart' }]);
    expect(refused).toHaveLength(1);
  });

  it('lists a name without its side beside what it may mean', () => {
    const { pairs, refused } = joinNames(['Lung_L', 'Lung_R'], ['Lung']);
    expect(pairs).toEqual([]);
    expect(refused).toMatchObject([{ names: ['Lung', 'Lung_L', 'Lung_R'] }]);
  });
});
