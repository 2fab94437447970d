import { z } from 'zod';
import { readYaml } from '../yaml/index.ts';
import { LANGUAGES, standardNames, wholePattern, type NameRule, type NameTable } from './nameRule.ts';
import { bundledNameTable } from './nameTable.ts';
import { patternProblem } from './patternWork.ts';

/** Bounds the work on one name together with the bounds on names and patterns. */
const MAX_ENTRIES = 200;
const MAX_PATTERNS = 50;

const BUNDLED_NAMES: ReadonlySet<string> = new Set(bundledNameTable.layers.flat().map(({ name }) => name));

const pattern = z.string().min(1).superRefine((source, context) => {
  const problem = patternProblem(source);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const tableSchema = z.strictObject({
  format: z.literal('rondo-names/1'),
  structures: z.array(z.strictObject({
    name: z.string().refine((name) => standardNames(name).length > 0, 'not a structure that Rondo knows; expected a standard name, with or without its _L or _R'),
    patterns: z.array(pattern).min(1).max(MAX_PATTERNS),
    /** Decides which short words are sides: 'd' is right in French, 're' in German. */
    language: z.enum(LANGUAGES).default('any'),
    /** True: what the bundled table calls this structure no longer counts. */
    replace: z.boolean().default(false),
  }).refine(({ name, replace }) => !replace || BUNDLED_NAMES.has(name), {
    path: ['replace'],
    message: 'the bundled table has no entry of this name; a structure with sides is replaced by its name without them',
  })).min(1).max(MAX_ENTRIES),
});

/**
 * Reads a site's own table. Its patterns are asked before the bundled ones, which are asked where it is silent; what no table
 * may map (`PTV …`, `Heart-PTV`) stays unknown. Patterns are regular expressions without case that must fit the whole name,
 * written without spaces, separators and, where `name` lacks its `_L` or `_R`, without the side; only a letter that stands
 * alone keeps an underscore before it ('Heart A' is 'heart_a').
 *
 * ```yaml
 * format: rondo-names/1
 * structures:
 *   - name: Lung            # 'Pulmo li'
 *     patterns: [pulmo, 'lungenfl(ue|ü)gel']
 *     language: de
 *     replace: true         # the bundled names of Lung no longer count
 *   - name: Breast_L        # patterns for the whole name, its side included
 *     patterns: [lbr]
 * ```
 * @param file the text's file, for messages
 * @throws RondoError `name-table`, with line and entry
 */
export function readNameTable(yamlText: string, file?: string): NameTable {
  const { data, lineOf } = readYaml(yamlText, tableSchema, { code: 'name-table', what: 'The name table', file });
  const site = data.structures.flatMap(({ name, patterns, language }, entry) =>
    patterns.map((source, index): NameRule => ({
      name,
      language,
      pattern: wholePattern(source),
      source: `site table, line ${lineOf(['structures', entry, 'patterns', index])}, ${name}`,
      doubt: undefined,
    })),
  );
  const replaced = new Set(data.structures.filter(({ replace }) => replace).map(({ name }) => name));
  const kept = bundledNameTable.layers.map((layer) => layer.filter(({ name }) => !replaced.has(name)));
  return { layers: [site, ...kept] };
}
