export { writeComparisonReport, type ComparisonReportInput } from './writeComparisonReport.ts';
