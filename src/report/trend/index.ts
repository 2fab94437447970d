export { makeTrend } from './makeTrend.ts';
export { trendFiles, type TrendFiles } from './trendFiles.ts';
export { signalsOf, trendTable } from './signals.ts';
export type { TrendComparison, TrendInput, TrendReport, TrendSet } from './trendReport.ts';
