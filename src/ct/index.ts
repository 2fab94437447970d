export { readCtGrid, readCtHeaders, readPlanningCt, type CtHeaders } from './readPlanningCt.ts';
export { writeCtSeries, type CtSeries } from './writeCtSeries.ts';
