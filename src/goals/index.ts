export { goalOf, leastScoredCc, meetsGoal, type AccuracyGoal } from './accuracyGoals.ts';
export { goalThresholds, judge, JUDGED_FIGURES, type JudgedFigure, type Threshold, type Thresholds } from './thresholds.ts';
