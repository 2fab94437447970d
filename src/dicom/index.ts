export { items, numbers, text, texts, type Dataset, type DatasetValue } from './dataset.ts';
export { CT_IMAGE_STORAGE, type CtAttributes, type CtSlice, type PlanningCt, type SkippedFile } from './planningCt.ts';
export { looksLikeDicom, readDicom, type DicomFile } from './readDicom.ts';
export { readPlanningCt } from './readPlanningCt.ts';
export { newUid, uidFrom } from './uid.ts';
export { writeCtSeries, type CtSeries } from './writeCtSeries.ts';
export { checkValueLengths, decimalString, writeDicom } from './writeDicom.ts';
