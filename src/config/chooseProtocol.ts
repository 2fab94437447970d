import type { Arrival, Rule } from './rule.ts';
import { MOST_VALUE_CHARACTERS, type Condition } from './ruleKeys.ts';
import type { SeriesTag, SeriesTags } from './seriesTags.ts';

/** What a condition of a rule found. */
export interface ConditionSeen {
  keyword: string;
  /** In words: `"breast"`, `one of "a", "b"`, `matches /breast/`, `present`, `absent`. */
  expected: string;
  /** The value, in quotes; or what is there instead of one. */
  seen: string;
  holds: boolean;
}

/** What a rule found; those after the one that was chosen are asked too, so that a person sees what else would hold. */
export interface RuleSeen {
  rule: string;
  protocol: string;
  holds: boolean;
  conditions: readonly ConditionSeen[];
}

/** Which protocol a CT gets, and why. The explanation repeats texts of the scanner, which may name a patient: it is for whoever asked on the terminal, `ruleOutcomes` for records. */
export type ProtocolChoice =
  | { protocol: string; rule: string; destinations?: readonly string[]; explanation: readonly RuleSeen[] }
  | { protocol: undefined; explanation: readonly RuleSeen[] };

/**
 * The protocol of the first rule whose conditions all hold. A text is the value where both are equal without case and the spaces
 * around them, a number where both are the same number; one of several values is enough. What differs between slices never holds.
 * @param tags those of `seriesTags` for the same rules
 */
export function chooseProtocol(rules: readonly Rule[], tags: SeriesTags, arrival: Arrival): ProtocolChoice {
  const explanation = rules.map(({ name, protocol, when }): RuleSeen => {
    const conditions = Object.entries(when).map(([keyword, condition]) => conditionSeen(keyword, condition, arrivalTag(keyword, arrival) ?? tags.get(keyword) ?? NOTHING));
    return { rule: name, protocol, holds: conditions.every(({ holds }) => holds), conditions };
  });
  const chosen = rules.find((_, index) => explanation[index].holds);
  if (chosen === undefined) return { protocol: undefined, explanation };
  const { protocol, name, destinations } = chosen;
  return { protocol, rule: name, ...(destinations && { destinations }), explanation };
}

/** What became of a rule, without any value of the CT. */
export interface RuleOutcome {
  rule: string;
  holds: boolean;
  /** Keywords of the conditions that did not hold. */
  failed: readonly string[];
}

/** An explanation for records that are kept, as the events of a job are. */
export function ruleOutcomes(explanation: readonly RuleSeen[]): RuleOutcome[] {
  return explanation.map(({ rule, holds, conditions }) => ({ rule, holds, failed: conditions.filter((condition) => !condition.holds).map(({ keyword }) => keyword) }));
}

const NOTHING: SeriesTag = { kind: 'same', values: [] };

/** What is known of how the CT came; undefined for attributes of the CT. */
function arrivalTag(keyword: string, { calledAeTitle, callingAeTitle, origin, folder }: Arrival): SeriesTag | undefined {
  const known: Readonly<Record<string, { value: string | undefined } | undefined>> = {
    CalledAETitle: { value: calledAeTitle },
    CallingAETitle: { value: callingAeTitle },
    Origin: { value: origin },
    WatchedFolder: { value: folder },
  };
  const found = known[keyword];
  return found && { kind: 'same', values: found.value === undefined ? [] : [found.value.trim()] };
}

function conditionSeen(keyword: string, condition: Condition, tag: SeriesTag): ConditionSeen {
  const expected = conditionText(condition);
  if (tag.kind === 'mixed') return { keyword, expected, seen: 'differs between slices', holds: false };
  const { values } = tag;
  const tooLong = condition.kind === 'matches' && values.some((value) => value.length > MOST_VALUE_CHARACTERS);
  const seen = values.length === 0 ? 'absent' : tooLong ? `longer than ${MOST_VALUE_CHARACTERS} characters` : values.map(quoted).join(', ');
  return { keyword, expected, seen, holds: !tooLong && holds(condition, values) };
}

function holds(condition: Condition, values: readonly string[]): boolean {
  switch (condition.kind) {
    case 'oneOf':
      return values.some((value) => condition.values.some((wanted) => isEqual(value, wanted)));
    case 'matches':
      return values.some((value) => condition.pattern.test(value.normalize('NFC')));
    case 'present':
      return condition.present === values.length > 0;
  }
}

function isEqual(value: string, wanted: string | number): boolean {
  if (typeof wanted === 'number') return value.trim() !== '' && Number(value) === wanted;
  return plain(value) === plain(wanted);
}

const plain = (text: string): string => text.normalize('NFC').trim().toLowerCase();
const quoted = (text: string): string => `"${text.length > MOST_VALUE_CHARACTERS ? `${text.slice(0, MOST_VALUE_CHARACTERS)}…` : text}"`;

/** A condition in words. */
export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'oneOf': {
      const values = condition.values.map((value) => (typeof value === 'number' ? String(value) : quoted(value)));
      return values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
    }
    case 'matches':
      return `matches /${condition.pattern.source}/`;
    case 'present':
      return condition.present ? 'present' : 'absent';
  }
}
