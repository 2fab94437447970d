export { addedPathOf, type SlicePath } from './addedPath.ts';
export { CALIBRATION_CONVENTION, calibrationOf, type Calibration, type ProbabilityMap, type ReliabilityBin } from './calibration.ts';
export { definitions, undefinedReasons, type Definition, type Figure, type UndefinedReason } from './definitions.ts';
export { type DirectedDistances, type Distances } from './distances.ts';
export {
  accuracyOf, conformityOf, dice, diceOf, iouOf, overlapOf, precisionOf, recallOf, volumeRatioOf,
  type Overlap, type SliceOverlap,
} from './overlap.ts';
export { pairMetrics, type PairMetrics, type PairOptions, type Presence, type SliceMetrics } from './pairMetrics.ts';
export { centroidMm, centroidShift, extentDifferences, type CentroidShift, type EndDifference, type ExtentDifferences } from './position.ts';
export { requireSameGrid } from './sameGrid.ts';
export {
  distanceConventions, distanceFigures, pooledFigures, surfaceDice, surfaceDistances, surfaceFigures,
  type DistanceConvention, type DistanceFigures,
} from './surfaceDistance.ts';
export { type MapRing, type SurfaceMap } from './surfaceMap.ts';
export { surfaceTolerance, type SurfaceTolerance } from './tolerances.ts';
