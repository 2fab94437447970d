export { readCtGrid, readPlanningCt } from './readPlanningCt.ts';
export { writeCtSeries, type CtSeries } from './writeCtSeries.ts';
