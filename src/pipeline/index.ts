export { contourPlanningCt, type ContouredCase, type ContouredStructure, type ContourOptions, type ContourStage } from './contourPlanningCt.ts';
export { dicomDateTime } from './dateTime.ts';
export { masksToStructureSet, type ContourMode, type MasksToStructureSetOptions } from './masksToStructureSet.ts';
export { bundledModel, modelNames } from './models.ts';
export { packageVersion } from './packageInfo.ts';
