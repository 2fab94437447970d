import type { NotFound } from '../oar/index.ts';

/** Longest ST value (PS3.5 6.2), that of Structure Set Description and ROI Description. */
const MOST_DESCRIPTION = 1024;
/** Room for what made the file; beyond it models are only counted: their names stand in Software Versions too. */
const MOST_MADE_BY = 500;
/** Stands where something was left out: all of it is in the report of the command and of the job. ASCII, as the character set is the CT's. */
const MORE = '... (more in Rondo\'s report)';
const RESEARCH = 'Research software, not for clinical use.';

export interface DescriptionParts {
  /** Of Rondo. */
  version: string;
  /** The models, each in words. */
  models: readonly string[];
  protocol: string | undefined;
  notFound: readonly NotFound[];
  /** What else a reader should know, the most important first. */
  remarks: readonly string[];
}

/**
 * Structure Set Description: often all that a planning system shows. What is missing stands before remarks, and nothing is cut without a word: of
 * structures that are missing reasons are left out before names, and where the names do not fit either their number is said.
 */
export function setDescription({ version, models, protocol, notFound, remarks }: DescriptionParts): string {
  const count = `${models.length} model${models.length === 1 ? '' : 's'}`;
  const madeBy = [[models.join(', '), protocol], [count, protocol], [count]].map(([by, named]) => `Contoured automatically by Rondo ${version} with ${by}${named === undefined ? '' : `, protocol ${named}`}.`);
  const first = `${madeBy.find((text) => text.length <= MOST_MADE_BY) ?? madeBy[2]} ${RESEARCH}`;
  const sentences = remarks.map(sentence);
  const fits = (text: string): boolean => first.length + text.length + MORE.length + 2 <= MOST_DESCRIPTION;

  const withReasons = notFoundByReason(notFound);
  if (fits(withReasons.join(' '))) return joined([first, ...withReasons, ...sentences], ' ');
  const names = notFound.map(({ name }) => name);
  const withNames = `Not found: ${names.join(', ')}.`;
  if (fits(withNames)) return joined([first, withNames, ...sentences], ' ', true);
  return joined([`${first} ${names.length} structures were not found, among them ${names[0]}`, ...names.slice(1)], ', ');
}

/** ROI Description; undefined where there is nothing to say. @param remarks the most important first */
export function roiDescription(remarks: readonly string[]): string | undefined {
  return remarks.length === 0 ? undefined : joined(remarks, '; ');
}

/** The parts, as many as there is room for, and a sign where that is not all that there is to say. */
function joined(parts: readonly string[], separator: string, isMore = false): string {
  const whole = parts.join(separator);
  if (!isMore && whole.length <= MOST_DESCRIPTION) return whole;
  const end = `${separator}${MORE}`;
  const room = MOST_DESCRIPTION - end.length;
  let text = '';
  for (const [index, part] of parts.entries()) {
    const longer = index === 0 ? part : `${text}${separator}${part}`;
    if (longer.length > room) break;
    text = longer;
  }
  // Half of a long remark is better than none; half of a surrogate pair is no character.
  return `${text === '' ? parts[0].slice(0, room).replace(/[\uD800-\uDBFF]$/, '') : text}${end}`;
}

/** One sentence for all structures that were not found for the same reason. */
function notFoundByReason(notFound: readonly NotFound[]): string[] {
  const reasons = [...new Set(notFound.map(({ reason }) => reason))];
  return reasons.map((reason) => sentence(`${notFound.filter((entry) => entry.reason === reason).map(({ name }) => name).join(', ')} not found: ${reason}`));
}

function sentence(text: string): string {
  return text.replace(/\.?$/, '.');
}
