import type { Severity, Sourced, TextLimits, TpsProfile } from '../tpsProfiles.ts';
import { placedItems, textOf, valuesOf, type Contents } from './contents.ts';
import type { Finding, Rule } from './violation.ts';

/** Defined terms of RT ROI Interpreted Type (PS3.3 C.8.8.8). */
export const INTERPRETED_TYPES: ReadonlySet<string> = new Set([
  'EXTERNAL', 'PTV', 'CTV', 'GTV', 'TREATED_VOLUME', 'IRRAD_VOLUME', 'OAR', 'BOLUS', 'AVOIDANCE', 'ORGAN', 'MARKER', 'REGISTRATION', 'ISOCENTER', 'CONTRAST_AGENT',
  'CAVITY', 'BRACHY_CHANNEL', 'BRACHY_ACCESSORY', 'BRACHY_SRC_APP', 'BRACHY_CHNL_SHLD', 'SUPPORT', 'FIXATION', 'DOSE_REGION', 'CONTROL', 'DOSE_MEASUREMENT',
]);

/** Numbers that "shall be unique" among the items of a sequence. */
const UNIQUE: readonly { at: readonly string[]; sequence: string; keyword: string; source: string }[] = [
  { at: [], sequence: 'StructureSetROISequence', keyword: 'ROINumber', source: 'PS3.3 C.8.8.5' },
  { at: ['ROIContourSequence'], sequence: 'ContourSequence', keyword: 'ContourNumber', source: 'PS3.3 C.8.8.6' },
  { at: [], sequence: 'RTROIObservationsSequence', keyword: 'ObservationNumber', source: 'PS3.3 C.8.8.8' },
];

/** Required, possibly empty, once a structure set is approved or rejected (type 2C). */
const REVIEW = ['ReviewDate', 'ReviewTime', 'ReviewerName'];

function textLimits({ dataset, rois }: Contents, { label, roiName }: TpsProfile): Finding[] {
  return [
    ...beyondLimits(textOf(dataset, 'StructureSetLabel'), label, { keyword: 'StructureSetLabel', path: '' }),
    ...rois.flatMap(({ path, number, name }) =>
      name === ''
        ? [{ severity: 'warning' as const, keyword: 'ROIName', path, structure: { number, name }, message: 'The ROI has no name. Planning systems show and match structures by name; give it one.' }]
        : beyondLimits(name, roiName, { keyword: 'ROIName', path, structure: { number, name } }),
    ),
  ];
}

function beyondLimits(value: string, { value: limits, source }: Sourced<TextLimits>, place: Pick<Finding, 'keyword' | 'path' | 'structure'>): Finding[] {
  const length = Array.from(value).length;
  const has = `${place.keyword} has ${length} characters`;
  if (length > limits.mostCharacters) return [{ ...place, severity: 'error', source, message: `${has}. Expected ${limits.mostCharacters} at most; shorten it.` }];
  if (!limits.form.test(value)) return [{ ...place, severity: 'error', source, message: `${place.keyword} holds a backslash or a control character. Expected one line of plain text; rename it.` }];
  if (length > limits.advisedCharacters) return [{ ...place, severity: 'warning', source, message: `${has}; planning systems may cut it after ${limits.advisedCharacters}. Expected ${limits.advisedCharacters} at most; shorten it.` }];
  return [];
}

function uniqueNames({ rois }: Contents, { roiName: { source } }: TpsProfile): Finding[] {
  return rois.flatMap(({ path, number, name }, index): Finding[] => {
    const first = name === '' ? undefined : rois.slice(0, index).find((other) => other.name.toLowerCase() === name.toLowerCase());
    if (!first) return [];
    return [{
      severity: 'error', keyword: 'ROIName', path, structure: { number, name }, source,
      message: `ROI ${first.number ?? '(no number)'} has the same name, ignoring case. Planning systems rename or merge one of them; give each its own.`,
    }];
  });
}

function uniqueNumbers({ dataset }: Contents): Finding[] {
  return UNIQUE.flatMap(({ at, sequence, keyword, source }) =>
    placedItems(dataset, at).flatMap(({ item, path }) => {
      const seen = new Set<string>();
      return placedItems(item, [sequence], path).filter((placed) => {
        const value = textOf(placed.item, keyword);
        const again = value !== '' && seen.has(value);
        seen.add(value);
        return again;
      }).map((placed): Finding => ({ severity: 'error', keyword, path: placed.path, source, message: `${keyword} stands twice in ${sequence}. Items cannot be told apart; number them anew.` }));
    }),
  );
}

function roiReferences({ rois, drawn, observations }: Contents): Finding[] {
  const listed = new Set(rois.map(({ number }) => number));
  return [...drawn, ...observations].filter(({ structure: { number } }) => number !== undefined && !listed.has(number)).map(({ path, structure }) => ({
    severity: 'error', keyword: 'ReferencedROINumber', path, structure,
    message: 'No ROI of that number stands in Structure Set ROI Sequence. Contours without an ROI are lost; list it or leave them out.',
  }));
}

function observed({ rois, observations }: Contents): Finding[] {
  const numbers = new Set(observations.map(({ structure: { number } }) => number));
  return rois.filter(({ number }) => number !== undefined && !numbers.has(number)).map(({ path, number, name }) => ({
    severity: 'warning', keyword: 'RTROIObservationsSequence', path, structure: { number, name },
    message: 'The ROI has no RT ROI Observation, so no type and no code. Add one.',
  }));
}

function interpretedTypes({ observations }: Contents): Finding[] {
  return observations.filter(({ item }) => textOf(item, 'RTROIInterpretedType') !== '' && !INTERPRETED_TYPES.has(textOf(item, 'RTROIInterpretedType'))).map(({ path, structure }) => ({
    severity: 'warning', keyword: 'RTROIInterpretedType', path, structure,
    message: 'The type is none of the defined terms. Planning systems may drop it; use ORGAN, CTV or another term of the standard.',
  }));
}

function externals({ observations }: Contents, { externals: { value, source } }: TpsProfile): Finding[] {
  const found = observations.filter(({ item }) => textOf(item, 'RTROIInterpretedType') === 'EXTERNAL');
  const distinct = found.filter(({ structure }, index) => found.findIndex((other) => other.structure.number === structure.number) === index);
  return distinct.slice(value).map(({ path, structure }) => ({
    severity: 'error', keyword: 'RTROIInterpretedType', path, structure, source,
    message: `${distinct[0].structure.name} is of type EXTERNAL already. Expected ${value} at most; give this one another type.`,
  }));
}

function colours({ drawn }: Contents): Finding[] {
  return drawn.filter(({ item }) => item.ROIDisplayColor !== undefined && !isColour(valuesOf(item, 'ROIDisplayColor'))).map(({ path, structure }) => ({
    severity: 'error', keyword: 'ROIDisplayColor', path, structure,
    message: 'The colour is not three whole numbers. Expected red, green and blue from 0 to 255; correct it or leave it out.',
  }));
}

function isColour(values: readonly string[]): boolean {
  return values.length === 3 && values.every((value) => /^\+?\d+$/.test(value.trim()) && Number(value) <= 255);
}

function approval({ dataset }: Contents): Finding[] {
  const status = textOf(dataset, 'ApprovalStatus');
  const say = (severity: Severity, keyword: string, message: string): Finding => ({ severity, keyword, path: '', message });
  const given = REVIEW.filter((keyword) => textOf(dataset, keyword) !== '');
  switch (status) {
    case '':
      return given.map((keyword) => say('warning', keyword, `${keyword} stands there without Approval Status. Add the status or leave the review out.`));
    case 'UNAPPROVED':
      return given.map((keyword) => say('warning', keyword, `${keyword} stands in an unapproved structure set. Expected it only with APPROVED or REJECTED; leave it out.`));
    case 'APPROVED':
    case 'REJECTED':
      return REVIEW.filter((keyword) => !given.includes(keyword)).map((keyword) =>
        say(dataset[keyword] === undefined ? 'error' : 'warning', keyword, `${keyword} is absent or empty although the structure set is ${status}. Expected reviewer, date and time; add it.`),
      );
    default:
      return [say('error', 'ApprovalStatus', 'Approval Status is none of the terms of the standard. Expected APPROVED, UNAPPROVED or REJECTED.')];
  }
}

/** What the file says about each ROI, and about the set as a whole. */
export const ROI_RULES: readonly Rule[] = [
  { id: 'text-limits', source: "project's own caution", check: textLimits },
  { id: 'roi-name-unique', source: "project's own caution", check: uniqueNames },
  { id: 'number-unique', source: 'PS3.3 C.8.8.5', check: uniqueNumbers },
  { id: 'roi-reference', source: 'PS3.3 C.8.8.6, C.8.8.8', check: roiReferences },
  { id: 'observation-missing', source: "project's own caution: type and code are all that tells a target from an organ", check: observed },
  { id: 'interpreted-type', source: 'PS3.3 C.8.8.8, defined terms', check: interpretedTypes },
  { id: 'external', source: "project's own caution", check: externals },
  { id: 'colour', source: 'PS3.3 C.8.8.6', check: colours },
  { id: 'approval', source: 'PS3.3 C.8.8.16', check: approval },
];
