import { describe, expect, it } from '@jest/globals';
import { checkScan } from '../../src/pipeline/checkScan.ts';
import { testCt } from '../support/ctSeries.ts';

describe('a scan before contouring', () => {
  it('passes with air round the patient', () => {
    expect(checkScan(testCt({ hu: ([x]) => (x < 0 ? -1000 : 40) }))).toEqual([]);
  });

  it('is refused when a wrong rescale lifted air to water', () => {
    expect(() => checkScan(testCt({ hu: ([x]) => (x < 0 ? 24 : 1064) }))).toThrow(expect.objectContaining({ code: 'ct-no-air' }));
  });

  it.each(['HFP', 'FFP', 'HFDL', 'FFDR'])('lying %s is remarked on', (patientPosition) => {
    const ct = testCt({ hu: ([x]) => (x < 0 ? -1000 : 40) });
    expect(checkScan({ ...ct, patientPosition })).toEqual([expect.stringContaining(`Patient Position is ${patientPosition}`)]);
  });
});
