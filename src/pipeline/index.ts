export { contourPlanningCt, type ContouredCase, type ContouredStructure, type ContourOptions, type ContourStage } from './contourPlanningCt.ts';
export { dicomDateTime } from './dateTime.ts';
export { deriveStructures, type DerivedStructure } from './deriveStructures.ts';
export { masksToStructureSet, type MasksToStructureSetOptions } from './masksToStructureSet.ts';
export { bundledModel, modelFolder, modelNames } from './models.ts';
export { packageVersion } from './packageInfo.ts';
export { type ContourMode } from './structureOfMask.ts';
export { StructureSetWorkers } from './structureSetWorkers.ts';
