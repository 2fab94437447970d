import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { z } from 'zod';
import { RondoError } from '../errors.ts';

/** Where a value stands: keys and indices from the top. */
export type YamlPath = readonly PropertyKey[];

/** A fault and where it stands. */
export interface YamlIssue {
  path: YamlPath;
  /** What was expected, and what to do. */
  message: string;
}

/** What a YAML text says, as its schema reads it. */
export interface YamlContents<T> {
  data: T;
  /** Line of a value, from 1; of what holds it where it is not written. */
  lineOf: (path: YamlPath) => number;
  /** The error for faults that only show after reading, in the words of those that the schema finds. */
  refusal: (issues: readonly YamlIssue[]) => RondoError;
}

/** How a text is spoken of where it is refused. */
export interface YamlSubject {
  /** Code of the error. */
  code: string;
  /** As in "The name table is not valid YAML". */
  what: string;
  file?: string | undefined;
}

/**
 * Reads a YAML text by a schema.
 * @throws RondoError with the code of `subject`: not valid YAML, or all that the schema finds, each with its line and place
 */
export function readYaml<Schema extends z.ZodType>(text: string, schema: Schema, { code, what, file }: YamlSubject): YamlContents<z.output<Schema>> {
  const invalid = (cause: unknown): RondoError => new RondoError(code, `${what} is not valid YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { file }, { cause });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) throw invalid(document.errors[0]);
  let plain: unknown;
  try {
    plain = document.toJS();
  } catch (cause) {
    throw invalid(cause);
  }
  const lineOf = (path: YamlPath): number => line(document, lines, path);
  const refusal = (issues: readonly YamlIssue[]): RondoError => {
    const said = issues.map(({ path, message }) => `line ${lineOf(path)}, ${place(path, document)}: ${message}`);
    return new RondoError(code, `${what} is not as expected:\n${said.join('\n')}`, { file });
  };
  const lost = lostKeys(document);
  if (lost.length > 0) throw refusal(lost);
  const parsed = schema.safeParse(plain);
  // Zod says of a key that nobody knows where it was expected not to be; the key itself is what the reader looks for.
  if (!parsed.success) throw refusal(parsed.error.issues.map((issue) => ({ path: issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path, message: issue.message })));
  return { data: parsed.data, lineOf, refusal };
}

/** Keys that JavaScript takes for something else: mappings read without them would say less than was written. */
function lostKeys(document: Document): YamlIssue[] {
  const issues: YamlIssue[] = [];
  visit(document, {
    Pair(_, pair, above) {
      if (!isScalar(pair.key) || pair.key.value !== '__proto__') return;
      const nodes = [...above, pair];
      const path = nodes.flatMap((node, index): PropertyKey[] => (isPair(node) ? [String(node.key)] : isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : []));
      issues.push({ path, message: 'no key may be called so; expected another, or none' });
    },
  });
  return issues;
}

/** Line of the innermost part of the path that stands in the text: of its key, where it has one. */
function line(document: Document, lines: LineCounter, path: YamlPath): number {
  const holder = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
  const key = isMap(holder) ? holder.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key : undefined;
  const node = key ?? (path.length === 0 ? document.contents : document.getIn(path, true));
  if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  return path.length === 0 ? 1 : line(document, lines, path.slice(0, -1));
}

/** The path in words: `structures, entry 2 (Lung), patterns, entry 1`. */
function place(path: YamlPath, document: Document): string {
  if (path.length === 0) return 'the whole';
  return path.map((part, index) => (typeof part === 'number' ? entry(part, document.getIn([...path.slice(0, index + 1), 'name'])) : String(part))).join(', ');
}

function entry(index: number, name: unknown): string {
  return `entry ${index + 1}${typeof name === 'string' ? ` (${name})` : ''}`;
}
