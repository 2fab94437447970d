export { summariseAccuracy, type AccuracySummary, type CaseOutcome, type StructureAccuracy, type StructureOutcome } from './accuracy.ts';
export { caseFiles, type CaseFiles } from './caseFiles.ts';
export { readCaseReport, type CaseReport, type CaseStructure, type ReportedMetrics, type ReportedSet } from './caseReport.ts';
export { compareStructures, meanDsc, type Comparison, type ComparisonOptions, type NamedMask, type Pair, type PairMeasure, type StructureComparison } from './comparison.ts';
export { comparisonTable } from './comparisonTable.ts';
export { makeCaseReport, type CaseInput } from './makeCaseReport.ts';
export { renderPlanes, type Picture, type PictureStructure } from './renderPlanes.ts';
export { makeTrend, signalsOf, trendFiles, trendTable, type TrendComparison, type TrendInput, type TrendReport, type TrendSet } from './trend/index.ts';
export {
  caseSchema, readStudyReport, structureResults, studyFiles, summariseStudy,
  type Maker, type Study, type StudyCase, type StudyFiles, type StudyReport,
} from './study/index.ts';
export { compareObservers, makeObserversReport, observersFiles, observersTable, type Observer, type ObserversComparison, type ObserversReport } from './observers/index.ts';
