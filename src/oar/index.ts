export { fillHoles, keepLargestComponents, smoothInSlices } from './cleaning.ts';
export { keepInLine, type InLineRule } from './inLine.ts';
export { keepPieces, type KeepRule } from './keepPieces.ts';
export { type OarPair, type OarRule, type OarTable, type Precedence } from './oarRule.ts';
export { oarTable } from './oarTable.ts';
export { fieldOfViewMm, reachesFieldOfView, withUnimaged } from './fieldOfView.ts';
export { centroidMm, cutByImageEdge, leftRightProblem, type Side } from './position.ts';
export { foundStructure, postProcess, type FoundStructure, type NotFound, type PostProcessed, type PredictedStructure } from './postProcess.ts';
export { removeThinParts } from './thinParts.ts';
