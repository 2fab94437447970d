export { readCtGrid, readCtHeaders, readPlanningCt, type CtHeaders } from './readPlanningCt.ts';
export { scannerFacts, type ScannerFacts } from './scannerFacts.ts';
export { writeCtSeries, type CtSeries } from './writeCtSeries.ts';
