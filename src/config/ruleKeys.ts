import { z } from 'zod';
import { waysThrough } from '../yaml/index.ts';
import { ORIGINS, ruleKeywordProblem } from './ruleKeyword.ts';
import { didYouMean } from './nearest.ts';
import { section } from './section.ts';

/** Longer patterns are lists that should be several. */
const MOST_PATTERN_CHARACTERS = 200;

/** Longer values are reports, not descriptions; no pattern is tried on them. */
export const MOST_VALUE_CHARACTERS = 256;

/** Two repeated characters in a row fit: some 20 ms on the longest value, where three take a second. As many ways by alternatives take 0.2 s at worst. */
const MOST_WAYS = (MOST_VALUE_CHARACTERS + 1) ** 2;

/** A pattern of a rule: it may fit anywhere in a value, and ignores case. */
const rulePattern = (source: string): RegExp => new RegExp(source.normalize('NFC'), 'iu');

function patternProblem(source: string): string | undefined {
  if (source.length > MOST_PATTERN_CHARACTERS) return `the pattern has ${source.length} characters, at most ${MOST_PATTERN_CHARACTERS} are allowed; divide it into several rules`;
  let pattern: RegExp;
  try {
    pattern = rulePattern(source);
  } catch (error) {
    return `the pattern is not a regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (pattern.test('')) return 'the pattern fits every value; use { present: true } for that';
  if (waysThrough(source, MOST_VALUE_CHARACTERS) > MOST_WAYS) return 'the pattern could take too long on some values: at most two repeated characters (.* or \\d+) in a row, with no repeated groups, no lookaround, no references back and no named groups';
  return undefined;
}

/** What a rule expects of one attribute. */
export type Condition =
  | { kind: 'oneOf'; values: readonly (string | number)[] }
  | { kind: 'matches'; pattern: RegExp }
  | { kind: 'present'; present: boolean };

const EXPECTED = 'expected a text, a number, a list of them, { matches: pattern }, or { present: true } or false';
const value = z.union([z.string().trim().min(1, 'expected a text; { present: false } is for what is absent or empty'), z.number()], { error: EXPECTED });
const expected = { error: (issue: { code: string }): string | undefined => (issue.code === 'too_small' ? undefined : EXPECTED) };

const condition = z.union([
  value,
  z.array(value, expected).min(1, 'expected at least one value'),
  z.strictObject({
    matches: z.string().min(1).superRefine((source, context) => {
      const message = patternProblem(source);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }).describe('Regular expression that fits some part of the value, case ignored'),
  }),
  z.strictObject({ present: z.boolean().describe('Whether the attribute has a value') }),
], { error: EXPECTED }).transform((written): Condition => {
  if (typeof written !== 'object') return { kind: 'oneOf', values: [written] };
  if (Array.isArray(written)) return { kind: 'oneOf', values: written };
  return 'matches' in written ? { kind: 'matches', pattern: rulePattern(written.matches) } : { kind: 'present', present: written.present };
});

/** Values of Origin are few, and another one never comes. */
function originProblem(keyword: string, wanted: Condition): string | undefined {
  if (keyword !== 'Origin' || wanted.kind !== 'oneOf') return undefined;
  const unknown = wanted.values.find((one) => !ORIGINS.some((origin) => origin === String(one).toLowerCase()));
  return unknown === undefined ? undefined : `"${unknown}" is no origin.${didYouMean(String(unknown), ORIGINS)} There are: ${ORIGINS.join(', ')}`;
}

/** One of `rules`. */
export const rule = section({
  name: z.string().trim().min(1).max(100).describe('Name by which explanations call the rule; "rule" and its place in the list without it').optional(),
  when: z.record(z.string(), condition).superRefine((when, context) => {
    for (const [keyword, wanted] of Object.entries(when)) {
      const message = ruleKeywordProblem(keyword) ?? originProblem(keyword, wanted);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [keyword], message });
    }
  }).describe('DICOM keyword, CalledAETitle, CallingAETitle or Origin, and what it must be: a text (case ignored), a list of which one, { matches: pattern }, { present: true or false }. All must hold; {} always does'),
  protocol: z.string().min(1).describe('Protocol that is chosen, by its name or as a file that ends in .yaml'),
  destinations: z.array(z.string()).min(1).describe('Names of the destinations of the result; those that the protocol names, else all of them without it').optional(),
});
