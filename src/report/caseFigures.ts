import { definitions, type Figure } from '../metrics/index.ts';
import type { CaseStructure } from './caseReport.ts';
import { figureOr, type HtmlValue } from './page/index.ts';

/** Digits after the point of a figure. */
const DIGITS: Readonly<Partial<Record<Figure, number>>> = { addedPathMm: 0, changedSlices: 0, hd95Mm: 1, pooledHd95Mm: 1, hdMm: 1, msdMm: 2, centroidShiftMm: 1, firstSliceMm: 1, lastSliceMm: 1 };

export function digitsOf(name: Figure): number {
  return DIGITS[name] ?? 3;
}

/** A figure of a structure, or a dash with the reason why it has none. */
export function valueOf({ metrics, reason = '' }: Pick<CaseStructure, 'metrics' | 'reason'>, name: Figure, digits: number): HtmlValue {
  return figureOr(metrics?.figures[name], digits, metrics?.undefinedBecause[name] ?? reason);
}

export function unitOf(name: Figure): string | undefined {
  const { unit } = definitions[name] as { unit?: string };
  return unit;
}

/** Names hold what they like; an anchor holds letters and digits. */
export function anchor(name: string): string {
  return `s-${Buffer.from(name).toString('hex')}`;
}
