import { describe, expect, it } from '@jest/globals';
import { observerNames } from '../../src/cli/observerNames.ts';

const FILES = ['/study/anna.dcm', '/study/ben.DCM', '/study/RS.1.2'];
const NOBODY = { PatientID: '', PatientName: '' };
const PATIENT = { PatientID: 'X-0815', PatientName: 'Muster^Erika^^Dr' };
const refusal = (files: readonly string[], given: readonly string[], patient = NOBODY): unknown => {
  try {
    return observerNames(files, given, patient);
  } catch (error) {
    return error;
  }
};

describe('names of observers', () => {
  it('are those given, or those of the files', () => {
    expect(observerNames(FILES, [], PATIENT)).toEqual(['anna', 'ben', 'RS.1.2']);
    expect(observerNames(FILES, ['A', ' B ', 'C'], PATIENT)).toEqual(['A', 'B', 'C']);
  });

  it.each([
    ['too few', ['A', 'B'], /2 names for 3/],
    ['empty', ['A', ' ', 'C'], /empty/],
    ['alike', ['A', 'B', 'A'], /set 1 and set 3/],
  ])('are refused where they are %s', (_what, given, message) => {
    expect(refusal(FILES, given)).toMatchObject({ code: 'observers-names', message: expect.stringMatching(message) as unknown });
  });

  it.each(['rs x-0815', 'muster', 'ERIKA 2'])('are refused where they hold the Patient ID or a part of the name, which the message does not repeat: %s', (name) => {
    const error = refusal(FILES, ['A', name, 'C'], PATIENT);
    expect(error).toMatchObject({ code: 'observers-names', message: expect.stringMatching(/observer 2/) as unknown });
    expect((error as { message: string }).message.toLowerCase()).not.toMatch(/0815|muster|erika/);
    expect(refusal(['/study/a.dcm', `/study/${name}.dcm`], [], PATIENT)).toMatchObject({ code: 'observers-names' });
  });

  it('may hold short parts, which stand in other words', () => {
    expect(observerNames(FILES, ['Dr A', 'B', 'C'], PATIENT)).toEqual(['Dr A', 'B', 'C']);
  });
});
