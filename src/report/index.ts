export { summariseAccuracy, type AccuracySummary, type CaseOutcome, type StructureAccuracy, type StructureOutcome } from './accuracy.ts';
export { compareStructures, meanDsc, type Comparison, type NamedMask, type StructureComparison } from './comparison.ts';
export { comparisonTable } from './comparisonTable.ts';
export { dice, DICE_CONVENTION } from './dice.ts';
export {
  hd95Mm,
  meanSurfaceDistanceMm,
  pooledHd95Mm,
  surfaceConventions,
  surfaceDistances,
  type DirectedDistances,
  type SurfaceDistances,
} from './surfaceDistance.ts';
export { renderPlanes, type Picture, type PictureStructure } from './renderPlanes.ts';
