import type { MarginMm } from '../algebra/index.ts';
import { RondoError } from '../errors.ts';
import type { Treatment } from './sideAndSurgery.ts';
import { TARGET_RULE_IDS, type TargetRuleId } from './targetRules.ts';
import { targetOf, type BodySide } from './targetTable.ts';

/** What a protocol says of the targets. */
export interface TargetOptions extends Treatment {
  /** Rules that are not applied; each is named in the result. */
  withoutRules?: readonly string[] | undefined;
  /** Distance of targets from the skin in mm, 5 by default. */
  skinMm?: number | undefined;
  /** Margin in mm of CTV to PTV, one number or one for each side of the patient; without it no PTV is made. */
  ptvMm?: MarginMm | undefined;
}

/** Distance of targets from the skin, mm: ESTRO consensus (Offersen 2015), [U]. */
export const SKIN_MM = 5;

/** Guidelines that the rules follow begin so. */
const GUIDELINE = /^ESTRO\b/;

/**
 * Checks before any model runs that the targets asked for can be made and checked.
 * @param structures names of all that the chosen models contour
 * @param guidelines of the models that contour targets
 * @throws RondoError `ctv-no-targets` when options are given and no target is contoured, `ctv-rule` for a rule that is not
 *   there, `ctv-distance`, `ctv-guideline` when guidelines are mixed or not the one that the rules follow, `ctv-needs-structure` when
 *   no model contours what a rule needs
 */
export function checkTargetOptions(structures: readonly string[], guidelines: readonly string[], options: TargetOptions): void {
  const targets = structures.filter((name) => targetOf(name) !== undefined);
  if (targets.length === 0) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)).map(([name]) => name);
    if (given.length > 0) throw new RondoError('ctv-no-targets', `${given.join(', ')} given, but none of the chosen models contours a target. Choose one that does, or leave these out.`);
    return;
  }
  const off = rulesOff(options);
  for (const [what, value] of [['The distance from the skin', options.skinMm], ...marginsOf(options.ptvMm)] as const) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) throw new RondoError('ctv-distance', `${what} refused: ${value} mm. Expected 0 or more.`);
  }
  const [first, ...others] = [...new Set(guidelines)];
  if (others.length > 0) throw new RondoError('ctv-guideline', `Targets refused: the chosen models follow different guidelines (${[first, ...others].join('; ')}). Boundaries of two guidelines do not fit each other; choose models of one.`);
  if (!GUIDELINE.test(first)) throw new RondoError('ctv-guideline', `Targets refused: the chosen models follow the guideline "${first}". The rules of targets follow ESTRO; other boundaries would be cut wrongly.`);
  const primary = targets.some((name) => targetOf(name)?.row.kind !== 'station');
  for (const { rule, organs } of needs(off.has('side-and-surgery') ? 'both' : options.side, primary)) {
    const missing = organs.filter((name) => !structures.includes(name));
    if (!off.has(rule) && missing.length > 0) {
      throw new RondoError('ctv-needs-structure', `Targets refused: the rule ${rule} needs ${missing.join(', ')}, which none of the chosen models contours. Choose a model of the organs at risk as well, or switch the rule off.`);
    }
  }
}

/** Structures without which a rule cannot check targets, among them `primary` ones (breast, chest wall, bed). */
export function needs(side: TargetOptions['side'], primary: boolean): readonly { rule: TargetRuleId; organs: readonly string[] }[] {
  const lungs = (['L', 'R'] as const).filter((lung: BodySide) => side === undefined || side === 'both' || side === lung).map((lung) => `Lung_${lung}`);
  return [
    { rule: 'skin-crop', organs: ['External'] },
    { rule: 'outside-organs', organs: lungs },
    ...(primary ? [{ rule: 'outside-ribs' as const, organs: lungs }] : []),
  ];
}

/**
 * The rules that are not applied, each with the reason.
 * @throws RondoError `ctv-rule` for a rule that is not there
 */
export function rulesOff({ withoutRules = [], ptvMm }: TargetOptions): Map<TargetRuleId, string> {
  const off = new Map<TargetRuleId, string>();
  if (ptvMm === undefined) off.set('ptv', 'no margin was given');
  for (const given of withoutRules) {
    const id = TARGET_RULE_IDS.find((known) => known === given);
    if (id === undefined) throw new RondoError('ctv-rule', `The rule "${given}" cannot be switched off: there is none of that name. There are: ${TARGET_RULE_IDS.join(', ')}.`);
    off.set(id, 'switched off');
  }
  return off;
}

function marginsOf(margin: MarginMm | undefined): [string, number][] {
  if (margin === undefined) return [];
  return typeof margin === 'number' ? [['The margin of PTVs', margin]] : Object.entries(margin).map(([side, value]): [string, number] => [`The margin of PTVs to ${side}`, value as number]);
}
