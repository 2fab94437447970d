import { peel, placesWhere, type Outline } from './outline.ts';

/** Half way between air and water: where the skin fills half of a pixel. */
const AIR_BELOW_HU = -500;

/** How deep air is looked for, in mm: a voxel of the models. What lies deeper under the skin is lung or bowel, or a wound. */
const DEPTH_MM = 3;

/**
 * Takes air off an outline, up to 3 mm deep. A network that sees voxels of 3 mm closes narrow folds and rounds what the CT shows sharply; what keeps a
 * distance from the skin must not measure it from there.
 */
export function takeAir(outline: Outline): void {
  const { columnSpacingMm, rowSpacingMm } = outline.geometry;
  peel(outline, placesWhere(outline, (hu) => hu < AIR_BELOW_HU), Math.max(1, Math.floor(DEPTH_MM / Math.min(columnSpacingMm, rowSpacingMm))));
}
