export { contourPlanningCt, type ContouredCase, type ContouredStructure, type ContourOptions, type ContourStage } from './contourPlanningCt.ts';
export { bundledModel, modelNames } from './models.ts';
export { packageVersion } from './packageInfo.ts';
