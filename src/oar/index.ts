export { fillHoles, keepLargestComponents, smoothInSlices } from './cleaning.ts';
export { keepInLine, type InLineRule } from './inLine.ts';
export { oarTable, type OarPair, type OarRule, type OarTable } from './oarTable.ts';
export { fieldOfViewMm, reachesFieldOfView } from './fieldOfView.ts';
export { centroidMm, cutByImageEdge, leftRightProblem, type Side } from './position.ts';
export { postProcess, type FoundStructure, type NotFound, type PostProcessed, type PredictedStructure } from './postProcess.ts';
export { removeThinParts } from './thinParts.ts';
