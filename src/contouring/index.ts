export { readManifest, readModel, type Model, type ModelManifest } from './modelManifest.ts';
export { predict, type PredictedStructure, type PredictionOptions, type PredictionStage } from './prediction.ts';
export type { ImageProbability } from './resample.ts';
export { verifyModel, type ModelCheck, type ModelVerification } from './verifyModel.ts';
