import { RondoError } from '../errors.ts';
import type { CtGrid } from '../dicom/index.ts';
import type { Mask } from '../geometry/index.ts';
import { maskOfStructure } from './maskOfStructure.ts';
import { readStructureSet } from './readStructureSet.ts';
import { referenceTo, type FileContour, type Structure, type StructureSet } from './structureSet.ts';

/** What reading a written structure set back showed for one structure. */
export interface VerifiedStructure {
  name: string;
  /** Dice coefficient of the file's contours, rasterised, with the mask: 1, since every voxel must come back. */
  dice: number;
  /** Volume in cm³ of the file's contours, rasterised. */
  volumeCc: number;
}

/**
 * Reads a written structure set back and compares it with the masks that it was made from: what this lets pass may
 * be released. Checks every reference to the CT, the image that each contour names, and each structure's voxels.
 *
 * @param masks by structure name, one for every structure of the set and no more
 * @throws RondoError `verify-reference`, `verify-structures`, `verify-contours`, `verify-voxels`, naming the structure;
 *   those of `readStructureSet` and `maskOfStructure`
 */
export function verifyStructureSet(bytes: Uint8Array, ct: CtGrid, masks: ReadonlyMap<string, Mask>): VerifiedStructure[] {
  const set = readStructureSet(bytes);
  checkReferences(set, ct);
  const names = set.structures.map(({ name }) => name);
  const odd = [...names.filter((name) => !masks.has(name)), ...[...masks.keys()].filter((name) => !names.includes(name))];
  if (odd.length > 0 || new Set(names).size !== names.length) {
    throw new RondoError('verify-structures', `The written structure set does not hold exactly the structures it should: ${odd.join(', ')}. It must not be released.`, { uid: set.sopInstanceUid });
  }
  return set.structures.flatMap((structure) => {
    const mask = masks.get(structure.name);
    return mask ? [verifyStructure(set, structure, mask, ct)] : [];
  });
}

/**
 * Compares one structure of a set that was read back with the mask that it was made from.
 * @throws RondoError `verify-contours`, `verify-voxels`, and those of `maskOfStructure`
 */
export function verifyStructure(set: StructureSet<FileContour>, structure: Structure<FileContour>, mask: Mask, ct: CtGrid): VerifiedStructure {
  const { geometry } = ct.volume;
  const { name } = structure;
  const fail = (code: string, problem: string): RondoError =>
    new RondoError(code, `${name}: ${problem}. The structure set must not be released.`, { uid: set.sopInstanceUid });
  const { mask: drawn, problems } = maskOfStructure(set, structure, geometry);
  for (const { index, problem } of problems) throw fail('verify-contours', `contour ${index + 1} of the written file cannot be read back as it was meant (${problem})`);
  const sliceOf = new Map(ct.slices.map(({ sopInstanceUid }, slice) => [sopInstanceUid, slice]));
  structure.contours.forEach(({ imageUid, points }, index) => {
    const named = imageUid === undefined ? undefined : sliceOf.get(imageUid);
    const k = geometry.toVoxel([points[0], points[1], points[2]])[2];
    if (named === undefined || Math.round(k) !== named) throw fail('verify-contours', `contour ${index + 1} of the written file names another image than the one it lies on`);
  });
  const differing = mask.differenceFrom(drawn);
  const dice = differing === 0 ? 1 : 1 - differing / (mask.voxelCount + drawn.voxelCount);
  // Both ways of tracing give every voxel back; a Dice coefficient near 1 could hide a lost island or slice.
  if (differing > 0) throw fail('verify-voxels', `the written contours draw ${differing} voxels otherwise than the mask (DSC ${dice.toFixed(5)}), expected none`);
  return { name, dice, volumeCc: drawn.volumeCc };
}

function checkReferences({ reference, sopInstanceUid }: StructureSet<FileContour>, ct: CtGrid): void {
  const expected = referenceTo(ct);
  if (reference.frameOfReferenceUid !== expected.frameOfReferenceUid || JSON.stringify(reference.series) !== JSON.stringify(expected.series)) {
    throw new RondoError('verify-reference', 'The written structure set does not refer to frame, study, series and every image of its CT. It must not be released.', { uid: sopInstanceUid });
  }
}
