export { studyCsv } from './csv.ts';
export { makersOf } from './makers.ts';
export { structureResults } from './structureResults.ts';
export { studyPage } from './studyPage.ts';
export { caseSchema, readStudyReport, type Maker, type StudyCase, type StudyReport } from './studyReport.ts';
export { summariseStudy, type Study } from './summariseStudy.ts';
