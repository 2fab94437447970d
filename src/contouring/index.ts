export { addModel } from './addModel.ts';
export { LoadedNetworks } from './loadedNetworks.ts';
export { networkFiles, type ModelManifest } from './modelManifest.ts';
export { PROVIDERS, type Provider } from './network.ts';
export { listSupportedBackends } from './onnxruntime.ts';
export { predict, inferenceOf, type InferenceOptions, type PredictedStructure, type PredictionOptions, type PredictionStage } from './prediction.ts';
export type { ImageProbability } from './imageProbability.ts';
export { readManifest, readModel, type Model } from './readModel.ts';
export { verifyModel, type ModelCheck, type ModelVerification } from './verifyModel.ts';
