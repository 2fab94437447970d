import type { Config } from '../config/index.ts';
import { elementOfKeyword } from '../dicom/index.ts';

/** Attributes of a CT that rules ask for, by keyword. */
export function ruleKeywords(rules: Config['rules']): string[] {
  return [...new Set(rules.flatMap(({ when }) => Object.keys(when)))].filter((keyword) => elementOfKeyword(keyword, 0) !== undefined);
}
