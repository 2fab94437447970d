export { compareObservers, type Observer, type ObserversComparison } from './compareObservers.ts';
export { observersFiles } from './observersFiles.ts';
export { makeObserversReport, type ObserversReport } from './observersReport.ts';
export { observersTable } from './observersTable.ts';
