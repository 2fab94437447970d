import type { CtGrid, DicomFile } from '../dicom/index.ts';
import { ATTRIBUTE_RULES } from './preflight/attributeRules.ts';
import { contentsOf } from './preflight/contents.ts';
import { CONTOUR_RULES } from './preflight/contourRules.ts';
import { ctRules } from './preflight/ctRules.ts';
import { REFERENCE_RULES } from './preflight/referenceRules.ts';
import { ROI_RULES } from './preflight/roiRules.ts';
import { SOP_CLASS_RULE, VALUE_RULES } from './preflight/valueRules.ts';
import { violationsOf, type Violation } from './preflight/violation.ts';
import { TPS_PROFILES, type TpsName } from './tpsProfiles.ts';

export interface PreflightOptions {
  /** The planning system that shall import the file; `generic` by default. */
  profile?: TpsName;
  /** The CT that the file was drawn on: contours and references are then checked against it. */
  ct?: CtGrid;
}

/**
 * What a planning system may refuse or misread in an RT Structure Set, by the standard (PS3.3 A.19.3) and by the
 * profile of the planning system. Errors first. Broken data is reported, never thrown; nothing said here means that a
 * planning system was tried.
 */
export function preflight(file: Pick<DicomFile, 'dataset' | 'transferSyntaxUid'>, { profile = 'generic', ct }: PreflightOptions = {}): Violation[] {
  const contents = contentsOf(file.dataset, file.transferSyntaxUid);
  const wrongClass = violationsOf(SOP_CLASS_RULE, SOP_CLASS_RULE.check(contents, TPS_PROFILES[profile]));
  if (wrongClass.length > 0) return wrongClass;
  const rules = [...VALUE_RULES, ...ATTRIBUTE_RULES, ...REFERENCE_RULES, ...ROI_RULES, ...CONTOUR_RULES, ...(ct ? ctRules(ct) : [])];
  const violations = rules.flatMap((rule) => violationsOf(rule, rule.check(contents, TPS_PROFILES[profile])));
  return violations.sort((one, other) => Number(one.severity === 'warning') - Number(other.severity === 'warning'));
}
