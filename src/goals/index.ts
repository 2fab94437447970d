export { goalOf, leastScoredCc, meetsGoal, type AccuracyGoal } from './accuracyGoals.ts';
