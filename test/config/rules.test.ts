import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkReferences, chooseProtocol, protocolsNamed, ruleOutcomes, seriesTags, type Arrival, type ProtocolChoice, type Rule } from '../../src/config/index.ts';
import type { Dataset } from '../../src/dicom/index.ts';
import { configOf, refusalOf } from '../support/configFile.ts';

let folder: string;
beforeAll(async () => { folder = await mkdtemp(path.join(tmpdir(), 'rondo-rules-')); });
afterAll(async () => { await rm(folder, { recursive: true }); });

const rulesOf = async (...lines: readonly string[]): Promise<readonly Rule[]> => (await configOf(folder, lines)).config.rules;

/** What rules choose for slices that have all the same header, or the given ones. */
async function choice(when: string, header: Dataset | readonly Dataset[], arrival: Arrival = {}): Promise<ProtocolChoice> {
  const rules = await rulesOf(`rules: [{ when: ${when}, protocol: p }]`);
  return chooseProtocol(rules, seriesTags(rules, Array.isArray(header) ? header as Dataset[] : [header as Dataset, header as Dataset]), arrival);
}

describe('chooseProtocol', () => {
  it.each<[string, string, Dataset, boolean]>([
    ['a text without case and the spaces around it', '{ StudyDescription: " breast LEFT " }', { StudyDescription: 'Breast left' }, true],
    ['another text', '{ StudyDescription: breast }', { StudyDescription: 'breast left' }, false],
    ['accents however they are composed', '{ StudyDescription: Tête }', { StudyDescription: 'TE\u0302TE' }, true],
    ['one of a list', '{ StationName: [CT1, CT2] }', { StationName: 'ct2' }, true],
    ['none of a list', '{ StationName: [CT1, CT2] }', { StationName: 'CT3' }, false],
    ['an empty attribute', '{ StationName: [CT1, CT2] }', { StationName: '' }, false],
    ['one of several values', '{ ImageType: axial }', { ImageType: 'ORIGINAL\\PRIMARY\\AXIAL' }, true],
    ['a backslash that belongs to the text', "{ ImageComments: 'a\\b' }", { ImageComments: 'a\\b' }, true],
    ['a number, however it is written', '{ KVP: 120 }', { KVP: '120.0' }, true],
    ['another number', '{ KVP: [100, 140] }', { KVP: '120.0' }, false],
    ['a number in binary', '{ BitsStored: 12 }', { BitsStored: [12] }, true],
    ['nothing for a number', '{ KVP: 0 }', { KVP: '' }, false],
    ['a pattern anywhere', "{ ProtocolName: { matches: 'breast.*l(eft)?$' } }", { ProtocolName: 'RT BREAST DIBH L' }, true],
    ['a pattern that does not fit', '{ ProtocolName: { matches: ^breast } }', { ProtocolName: 'RT Breast' }, false],
    ['a pattern on nothing', '{ ProtocolName: { matches: ^breast } }', {}, false],
    ['a pattern on a text that is too long', '{ ImageComments: { matches: a } }', { ImageComments: 'a'.repeat(257) }, false],
    ['what is there', '{ Laterality: { present: true } }', { Laterality: 'L' }, true],
    ['what is not there', '{ Laterality: { present: true } }', {}, false],
    ['what shall not be there', '{ Laterality: { present: false } }', { Laterality: '' }, true],
    ['what shall not be there and is', '{ Laterality: { present: false } }', { Laterality: 'L' }, false],
    ['all conditions', '{ Laterality: L, BodyPartExamined: BREAST }', { Laterality: 'L', BodyPartExamined: 'BREAST' }, true],
    ['not all conditions', '{ Laterality: L, BodyPartExamined: BREAST }', { Laterality: 'L', BodyPartExamined: 'CHEST' }, false],
    ['no conditions', '{}', {}, true],
    ['what only the order says', '{ RequestedProcedureDescription: breast }', { RequestAttributesSequence: [{ RequestedProcedureDescription: 'Breast' }] }, true],
    ['what the image says before the order', '{ RequestedProcedureDescription: breast }', { RequestedProcedureDescription: 'lung', RequestAttributesSequence: [{ RequestedProcedureDescription: 'Breast' }] }, false],
  ])('compares %s', async (_, when, header, holds) => {
    expect((await choice(when, header)).protocol).toBe(holds ? 'p' : undefined);
  });

  it.each<[string, Arrival, boolean]>([
    ['{ CalledAETitle: rondo, CallingAETitle: [CT1, CT2] }', { calledAeTitle: 'RONDO ', callingAeTitle: 'CT2' }, true],
    ['{ CalledAETitle: rondo }', { callingAeTitle: 'rondo' }, false],
    ['{ Origin: [stow, archive] }', { origin: 'archive' }, true],
    ['{ Origin: STOW }', {}, false],
    ['{ CallingAETitle: { present: false } }', { origin: 'stow' }, true],
  ])('%s of a CT that came by %j: %s', async (when, arrival, holds) => {
    expect((await choice(when, {}, arrival)).protocol).toBe(holds ? 'p' : undefined);
  });

  it('takes the first rule that holds, and says what every rule saw', async () => {
    const rules = await rulesOf('destinations: [{ name: share, kind: folder, folder: x }]', 'rules:',
      '  - { name: left, when: { StudyDescription: { matches: left }, KVP: 120 }, protocol: breast-left }',
      '  - { when: { StationName: [CT1, CT2] }, protocol: thorax, destinations: [share] }',
      '  - { name: rest, when: {}, protocol: other }');
    expect(chooseProtocol(rules, seriesTags(rules, [{ StudyDescription: 'Breast left', KVP: '100', StationName: 'CT1' }]), {})).toEqual({
      protocol: 'thorax',
      rule: 'rule 2',
      destinations: ['share'],
      explanation: [
        { rule: 'left', protocol: 'breast-left', holds: false, conditions: [{ keyword: 'StudyDescription', expected: 'matches /left/', seen: '"Breast left"', holds: true }, { keyword: 'KVP', expected: '120', seen: '"100"', holds: false }] },
        { rule: 'rule 2', protocol: 'thorax', holds: true, conditions: [{ keyword: 'StationName', expected: 'one of "CT1", "CT2"', seen: '"CT1"', holds: true }] },
        { rule: 'rest', protocol: 'other', holds: true, conditions: [] },
      ],
    });
  });

  it('tells for a record which conditions failed, and no value of the CT', async () => {
    const { explanation } = await choice('{ StudyDescription: { matches: left }, KVP: 120, StationName: CT1 }', { StudyDescription: 'Jane Doe, right', KVP: '120', StationName: 'Jane' });
    expect(ruleOutcomes(explanation)).toEqual([{ rule: 'rule 1', holds: false, failed: ['StudyDescription', 'StationName'] }]);
  });

  it('chooses none without rules, and where none holds', async () => {
    expect(chooseProtocol([], seriesTags([], [{}]), {})).toEqual({ protocol: undefined, explanation: [] });
    expect(await choice('{ StationName: { present: true } }', {})).toEqual({ protocol: undefined, explanation: [{ rule: 'rule 1', protocol: 'p', holds: false, conditions: [{ keyword: 'StationName', expected: 'present', seen: 'absent', holds: false }] }] });
  });

  it.each([['[L, R]', 'L', 'R'], ['{ matches: . }', 'L', 'R'], ['{ present: true }', 'L', 'R'], ['{ present: true }', 'L', ''], ['{ present: false }', '', 'R']])('does not hold where slices differ: %s', async (condition, first, second) => {
    const { protocol, explanation } = await choice(`{ ImageLaterality: ${condition} }`, [{ ImageLaterality: first }, { ImageLaterality: first }, { ImageLaterality: second }]);
    expect(protocol).toBeUndefined();
    expect(explanation[0].conditions[0]).toMatchObject({ seen: 'differs between slices', holds: false });
  });

  it('says of values that are too long for patterns that they are, and shortens those that it repeats', async () => {
    const header = { ImageComments: 'a'.repeat(257) };
    expect((await choice('{ ImageComments: { matches: a } }', header)).explanation[0].conditions[0].seen).toBe('longer than 256 characters');
    expect((await choice('{ ImageComments: b }', header)).explanation[0].conditions[0].seen).toBe(`"${'a'.repeat(256)}…"`);
  });

  it('lets the AE title or the folder decide before the rules', async () => {
    const rules = await rulesOf('dimse: { aeTitles: [{ aeTitle: RONDO }, { aeTitle: LEFT, protocol: left }] }', 'watchFolders: [{ folder: In, protocol: right }]', 'rules: [{ when: {}, protocol: rest }]');
    const chosen = (arrival: Arrival): string | undefined => chooseProtocol(rules, seriesTags(rules, [{}]), arrival).protocol;
    expect(chosen({ origin: 'dimse', calledAeTitle: 'LEFT' })).toBe('left');
    expect(chosen({ origin: 'dimse', calledAeTitle: 'RONDO' })).toBe('rest');
    expect(chosen({ origin: 'folder', folder: path.join(folder, 'In') })).toBe('right');
    expect(chosen({ origin: 'stow' })).toBe('rest');
  });
});

describe('rules are refused', () => {
  const TWO = ['dimse: { aeTitles: [{ aeTitle: RONDO }], callers: [{ aeTitle: CTSIM }] }', 'destinations: [{ name: archive, kind: folder, folder: x }]'];
  it.each<[string, string, string]>([
    ['an unknown keyword', '{ when: { StudyDescripton: a }, protocol: p }', 'line 4, rules, entry 1, when, StudyDescripton: "StudyDescripton" is no DICOM keyword (PS3.6), nor one of CalledAETitle, CallingAETitle, Origin. Did you mean "StudyDescription"?'],
    ['an AE title written otherwise', '{ when: { CalledAeTitel: a }, protocol: p }', 'Did you mean "CalledAETitle"?'],
    ['a keyword that is a property of all objects', '{ when: { constructor: a }, protocol: p }', '"constructor" is no DICOM keyword'],
    ['a retired element', '{ when: { RETIRED_Initiator: a }, protocol: p }', 'is no DICOM keyword'],
    ["a patient's name", '{ when: { PatientName: a }, protocol: p }', 'line 4, rules, entry 1, when, PatientName: PatientName tells one patient, person or study from others and cannot choose a protocol'],
    ["a patient's id", '{ when: { PatientID: a }, protocol: p }', 'PatientID tells one patient'],
    ["a patient's birth date", '{ when: { PatientBirthDate: a }, protocol: p }', 'PatientBirthDate tells one patient'],
    ['other ids of the patient', '{ when: { OtherPatientIDs: a }, protocol: p }', 'OtherPatientIDs'],
    ['an accession number', '{ when: { AccessionNumber: a }, protocol: p }', 'AccessionNumber tells'],
    ['a physician', '{ when: { ReferringPhysicianName: a }, protocol: p }', 'ReferringPhysicianName tells'],
    ['a study', '{ when: { StudyInstanceUID: "1.2" }, protocol: p }', 'StudyInstanceUID tells'],
    ['a date', '{ when: { StudyDate: "20240101" }, protocol: p }', 'StudyDate tells'],
    ['a sequence', '{ when: { RequestAttributesSequence: a }, protocol: p }', 'RequestAttributesSequence holds a sequence'],
    ['bytes', '{ when: { PixelData: a }, protocol: p }', 'PixelData holds bytes'],
    ['another kind of condition', '{ when: { KVP: true }, protocol: p }', 'line 4, rules, entry 1, when, KVP: expected a text, a number, a list of them, { matches: pattern }, or { present: true } or false'],
    ['a condition with another key', '{ when: { KVP: { match: a } }, protocol: p }', 'when, KVP: expected a text'],
    ['an empty text', '{ when: { StationName: "" }, protocol: p }', 'when, StationName: expected a text; { present: false } is for what is absent or empty'],
    ['an empty list', '{ when: { StationName: [] }, protocol: p }', 'when, StationName: expected at least one value'],
    ['a pattern that does not compile', '{ when: { StationName: { matches: "(a" } }, protocol: p }', 'when, StationName, matches: the pattern is not a regular expression'],
    ['a pattern that fits everything', '{ when: { StationName: { matches: .* } }, protocol: p }', 'the pattern fits every value; use { present: true }'],
    ['a pattern of more than 200 characters', `{ when: { StationName: { matches: ${'a'.repeat(201)} } }, protocol: p }`, 'the pattern has 201 characters'],
    ...['(a+)+b', '(?:a|aa)+b', 'a*b*c*d', '(?=a)b', '(a)\\1', '(?<x>a)'].map((source): [string, string, string] => [`the pattern ${source}`, `{ when: { StationName: { matches: '${source}' } }, protocol: p }`, 'the pattern could take too long']),
    ['an origin that there is none of', '{ when: { Origin: dicom }, protocol: p }', 'line 4, rules, entry 1, when, Origin: "dicom" is no origin. There are: dimse, stow, folder, archive, worklist'],
    ['an AE title that Rondo does not have', '{ when: { CalledAETitle: [RONDO, RODNO] }, protocol: p }', 'when, CalledAETitle: Rondo does not answer to "RODNO": dimse.aeTitles has RONDO. Did you mean "RONDO"?'],
    ['a caller that may not send', '{ when: { CallingAETitle: CTSIN }, protocol: p }', 'when, CallingAETitle: "CTSIN" may not send: dimse.callers has CTSIM. Did you mean "CTSIM"?'],
    ['a destination that there is not', '{ when: {}, protocol: p, destinations: [archiv] }', 'line 4, rules, entry 1, destinations, entry 1: there is no destination "archiv". Did you mean "archive"?'],
    ['a destination twice', '{ when: {}, protocol: p, destinations: [archive, archive] }', 'line 4, rules, entry 1, destinations, entry 2: "archive" stands in the list before'],
    ['a key that programs would lose', '{ when: { __proto__: { present: true } }, protocol: p }', 'line 4, rules, entry 1, when, __proto__: no key may be called so'],
    ['no destinations', '{ when: {}, protocol: p, destinations: [] }', 'line 4, rules, entry 1, destinations: '],
    ['no conditions at all', '{ protocol: p }', 'line 4, rules, entry 1, when: '],
    ['no protocol', '{ when: {} }', 'line 4, rules, entry 1, protocol: '],
    ['a rule before others that always holds', '{ when: {}, protocol: p }\n  - { when: { KVP: 120 }, protocol: q }', 'line 4, rules, entry 1, when: the rule always holds, and those after it are never asked; put it last'],
    ['a name twice', '{ name: Rule 2, when: { KVP: 100 }, protocol: p }\n  - { when: { KVP: 120 }, protocol: q }', 'line 5, rules, entry 2, name: "rule 2" stands in the list before'],
  ])('%s', async (_, rule, message) => {
    const error = await refusalOf(configOf(folder, [...TWO, 'rules:', `  - ${rule}`]));
    expect(error.code).toBe('config');
    expect(error.message).toContain(message);
  });

  it('but not what may choose', async () => {
    await rulesOf('rules:', ...['PatientSex: F', 'SOPClassUID: "1.2"', 'InstitutionName: A', 'Manufacturer: B', 'SeriesDescription: { matches: "a.*b.*c" }', 'CallingAETitle: ANY'].map((when) => `  - { when: { ${when} }, protocol: p }`));
  });
});

describe('checkReferences', () => {
  const LINES = ['dimse: { aeTitles: [{ aeTitle: LEFT, protocol: breast-left }] }', 'destinations: [{ name: archive, kind: folder, folder: x }]', 'watchFolders:', '  - folder: in', '    protocol: own.yaml', 'rules:', '  - when: {}', '    protocol: breast-left'];

  it('finds what is there', async () => {
    const read = await configOf(folder, LINES);
    expect(protocolsNamed(read)).toEqual(['breast-left', path.join(folder, 'own.yaml')]);
    checkReferences(read, { protocols: protocolsNamed(read).map((name) => ({ name, destinations: ['archive'] })) });
  });

  it('names every protocol that is not there, with its line', async () => {
    const read = await configOf(folder, LINES);
    const error = await refusalOf(Promise.resolve().then(() => { checkReferences(read, { protocols: [{ name: 'breast-lef' }] }); }));
    expect([error.code, error.subject.file]).toEqual(['config', path.join(folder, 'rondo.yaml')]);
    expect(error.message).toContain('line 1, dimse, aeTitles, entry 1, protocol: there is no protocol "breast-left". Did you mean "breast-lef"? There are: breast-lef;');
    expect(error.message).toContain('line 5, watchFolders, entry 1, protocol: there is no protocol ');
    expect(error.message).toContain('line 8, rules, entry 1, protocol: there is no protocol "breast-left"');
  });

  it('names destinations of protocols that are not there', async () => {
    const read = await configOf(folder, LINES.slice(1, 2).concat('rules: [{ when: {}, protocol: p }]'));
    const error = await refusalOf(Promise.resolve().then(() => { checkReferences(read, { protocols: [{ name: 'p', destinations: ['archive', 'pacs'] }] }); }));
    expect(error.message).toContain('line 2, rules, entry 1, protocol: the protocol p names a destination: there is no destination "pacs". There are: archive');
  });
});
