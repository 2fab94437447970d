import { InvalidArgumentError, Option, type Command } from 'commander';
import type { DirectionalMarginsMm, MarginMm } from '../algebra/index.ts';
import { TARGET_RULE_IDS, type BodySide, type RuleReport, type Surgery, type TargetOptions } from '../ctv/index.ts';

export interface TargetArguments {
  side?: BodySide | 'both';
  surgery?: Surgery;
  skinMm?: number;
  ptvMm?: MarginMm;
  withoutRule: string[];
}

/** The options that `addTargetOptions` adds, as commander names them. */
export const TARGET_OPTIONS = ['side', 'surgery', 'skinMm', 'ptvMm', 'withoutRule'] as const satisfies (keyof TargetArguments)[];

/** Adds what can be said of the targets to a command. */
export function addTargetOptions(command: Command): Command {
  return command
    .addOption(new Option('--side <side>', 'treated side; without it the one that shows surgery, and the result says so').choices(['L', 'R', 'both']))
    .addOption(new Option('--surgery <kind>', 'what was done to the breast; without it what is seen, and the result says so').choices(['conserving', 'mastectomy']))
    .option('--skin-mm <mm>', 'distance of targets from the skin (default: 5)', millimetres)
    .option('--ptv-mm <mm>', 'also make a PTV of each CTV: one margin, or three with commas: left–right, anterior–posterior, superior–inferior', margin)
    .addOption(new Option('--without-rule <id>', `switch a rule of targets off; may be given several times: ${TARGET_RULE_IDS.join(', ')}`).argParser((id: string, ids: string[]) => [...ids, id]).default([], 'none'));
}

/** The options as the pipeline takes them: only what was given. */
export function targetOptions({ side, surgery, skinMm, ptvMm, withoutRule }: TargetArguments): TargetOptions {
  return {
    ...(side !== undefined && { side }),
    ...(surgery !== undefined && { surgery }),
    ...(skinMm !== undefined && { skinMm }),
    ...(ptvMm !== undefined && { ptvMm }),
    ...(withoutRule.length > 0 && { withoutRules: withoutRule }),
  };
}

/** What the rules of targets did, for machines: totals in cm³, and each structure apart. */
export function rulesJson(rules: readonly RuleReport[]): object[] {
  return rules.map(({ id, source, status, changes, notes }) => ({
    id,
    source,
    status,
    structures: changes.map(({ structure }) => structure),
    removedCc: changes.reduce((sum, { removedCc }) => sum + removedCc, 0),
    addedCc: changes.reduce((sum, { addedCc }) => sum + addedCc, 0),
    changes,
    notes,
  }));
}

/** The same for people, a line or more for each rule. */
export function rulesText(rules: readonly RuleReport[]): string[] {
  return rules.flatMap(({ id, source, status, changes, notes }) => {
    const volumes = changes.map(({ structure, removedCc, addedCc }) => `${structure} ${[...(addedCc > 0 ? [`+${addedCc.toFixed(2)}`] : []), ...(removedCc > 0 ? [`−${removedCc.toFixed(2)}`] : [])].join(' ')}`);
    const what = status === 'off' ? 'off' : volumes.length > 0 ? `${volumes.join(', ')} cm³` : 'nothing changed';
    return [`rule ${id}: ${what} (${source})`, ...notes.map((note) => `rule ${id}: ${note}`)];
  });
}

function millimetres(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Expected millimetres, 0 or more.');
  return value;
}

function margin(text: string): MarginMm {
  const values = text.split(',').map(millimetres);
  if (values.length === 1) return values[0];
  if (values.length !== 3) throw new InvalidArgumentError('Expected one margin in mm, or three: left–right, anterior–posterior, superior–inferior.');
  const [x, y, z] = values;
  return { left: x, right: x, anterior: y, posterior: y, superior: z, inferior: z } satisfies DirectionalMarginsMm;
}
