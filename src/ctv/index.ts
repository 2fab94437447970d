export { applyTargetRules, type PredictedTarget, type TargetResult, type TargetSurroundings } from './applyTargetRules.ts';
export { ptvNameOf } from './planningTargets.ts';
export { type RuleChange, type RuleReport } from './ruleLedger.ts';
export { decideTreatment, type Decision, type Seen, type Surgery, type Treatment } from './sideAndSurgery.ts';
export { checkTargetOptions, type TargetOptions } from './targetOptions.ts';
export { TARGET_RULE_IDS, TARGET_RULES, type TargetRule, type TargetRuleId } from './targetRules.ts';
export { TARGET_TABLE, targetOf, type BodySide, type TargetRow } from './targetTable.ts';
