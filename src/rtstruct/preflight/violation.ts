import { elementOfKeyword } from '../../dicom/index.ts';
import type { Severity, TpsProfile } from '../tpsProfiles.ts';
import type { Contents } from './contents.ts';

/** An ROI as a message names it. */
export interface RoiLabel {
  /** ROI Number; undefined where the file gives none that can be read. */
  number: number | undefined;
  name: string;
}

/** What a rule says about one place of a file. */
export interface Finding {
  severity: Severity;
  /** The element concerned: its keyword, or its tag 'GGGGEEEE' where it has none. */
  keyword: string;
  /** Path of the item that holds the element, or should; '' for the data set itself. Items count from 1. */
  path: string;
  structure?: RoiLabel;
  /** What is wrong, what was expected, what to do. Never a value that identifies the patient. */
  message: string;
  /** Id, where one rule has several. */
  rule?: string;
  /** Where this demand comes from, if not the rule's source. */
  source?: string;
}

/** A rule of the preflight: looks at the contents, throws nothing. */
export interface Rule {
  /** Stable, for programs. */
  id: string;
  source: string;
  check: (contents: Contents, profile: TpsProfile) => readonly Finding[];
}

/** A rule that a file goes against, at one place or at many alike. */
export interface Violation extends Finding {
  /** Id of the rule: `attribute-missing`, `coplanar` … */
  rule: string;
  /** '(3006,0050)' */
  tag: string;
  source: string;
  /** How many places there are. */
  count: number;
  /** Paths of the first of them. */
  places: readonly string[];
}

/** Places that a violation lists: enough to look at, few enough to read. */
const MOST_PLACES = 3;

/** One violation for all findings of a rule that say the same about the same structure. */
export function violationsOf({ id, source }: Rule, findings: readonly Finding[]): Violation[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = [finding.rule, finding.severity, finding.keyword, finding.structure?.number, finding.structure?.name, finding.message].join('\n');
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].map((group) => ({
    rule: id,
    source,
    ...group[0],
    tag: tagOf(group[0].keyword),
    count: group.length,
    places: group.slice(0, MOST_PLACES).map(({ path }) => path),
  }));
}

/** A violation in one line. */
export function violationText({ severity, rule, tag, keyword, places, count, structure, message, source }: Violation): string {
  const [first, ...others] = places.map((path) => (path === '' ? keyword : `${path}.${keyword}`));
  const more = count === 1 ? '' : ` and ${count - 1} more (${[...others, ...(count > places.length ? ['…'] : [])].join(', ')})`;
  const roi = structure ? `${structure.name === '' ? 'unnamed ROI' : structure.name} (${structure.number ?? 'no number'}): ` : '';
  return `${severity} ${rule}: ${roi}${message} ${tag} ${first}${more}. [${source}]`;
}

function tagOf(keyword: string): string {
  const tag = elementOfKeyword(keyword, 0)?.tag ?? keyword;
  return `(${tag.slice(0, 4)},${tag.slice(4)})`;
}
