// What a user of the library needs beside it, as the package has no other door.
export { CT_IMAGE_STORAGE, newUid, uidFrom, type CtAttributes, type CtGrid, type CtSlice, type Dataset, type PlanningCt, type SkippedFile } from '../dicom/index.ts';
export { RondoError, type ErrorSubject } from '../errors.ts';
export { Coverage, Mask, Volume, VolumeGeometry, type Vector3, type VolumeGeometryInput, type VoxelArray, type VoxelBox } from '../geometry/index.ts';

export { checkStructureSet } from './checkStructureSet.ts';
export { type Contour } from './contour.ts';
export { contourVolumeCc } from './contourVolume.ts';
export { contoursOnGrid, type ContoursOnGrid } from './contoursOnGrid.ts';
export { coverage } from './coverage.ts';
export { coverageOfStructure, type StructureCoverage } from './coverageOfStructure.ts';
export { type PlacingOptions } from './drawnPlanes.ts';
export { editStructureSet, type EditIdentity, type StructureEdit } from './editStructureSet.ts';
export { encodedContours, needsXor, type EncodedContour, type Encoding, type HoleStyle } from './encodedContours.ts';
export { type Gap } from './gaps.ts';
export { interpolatedMask, type InterpolatedMask, type PlaneInterpolation } from './interpolatedMask.ts';
export { type SmoothField } from './isoLine.ts';
export { maskOfStructure, type StructureMask } from './maskOfStructure.ts';
export { type ContourProblem } from './placeContour.ts';
export { type StackAxis } from './planeStack.ts';
export { preflight, type PreflightOptions } from './preflight.ts';
export { INTERPRETED_TYPES } from './preflight/roiRules.ts';
export { type Finding, type RoiLabel, violationText, type Violation } from './preflight/violation.ts';
export { rasterize } from './rasterize.ts';
export { readStructureSet } from './readStructureSet.ts';
export { type StructurePlacing } from './ringsOnGrid.ts';
export { uncheckedCopies } from './sameImages.ts';
export { PTV_STYLES, STRUCTURE_STYLES, type StructureStyle } from './structureNames.ts';
export {
  isRegion,
  referenceTo,
  type AlgorithmIdentification,
  type Approval,
  type Code,
  type Equipment,
  type FileContour,
  type GenerationAlgorithm,
  type ImageReference,
  type InstanceReference,
  type ReferencedSeries,
  type Structure,
  type StructureCode,
  type StructureSet,
} from './structureSet.ts';
export { readStructureSetFile, writeStructureSetFile, type StructureSetFile } from './structureSetFile.ts';
export { TPS_NAMES, TPS_PROFILES, type Severity, type Sourced, type TextLimits, type TpsName, type TpsProfile } from './tpsProfiles.ts';
export { traceContours, traceSmoothContours } from './traceContours.ts';
export { verifyStructure, verifyStructureSet, type SliceRange, type VerifiedStructure } from './verifyStructureSet.ts';
export { checkFile, checkWritable, structureSetBytes, writeStructureSet, type WriteOptions } from './writeStructureSet.ts';
