export { structureResults } from './structureResults.ts';
export { studyFiles, type StudyFiles } from './studyFiles.ts';
export { caseSchema, readStudyReport, type Maker, type StudyCase, type StudyReport } from './studyReport.ts';
export { summariseStudy, type Study } from './summariseStudy.ts';
