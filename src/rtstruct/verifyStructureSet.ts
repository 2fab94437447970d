import { RondoError } from '../errors.ts';
import { items, readDicom, text, type CtGrid, type Dataset } from '../dicom/index.ts';
import { Mask } from '../geometry/index.ts';
import { overlapOfRings } from './rasterize.ts';
import { structureSetOf } from './readStructureSet.ts';
import { ringsOnGrid } from './ringsOnGrid.ts';
import { referenceTo, type FileContour, type Structure, type StructureSet } from './structureSet.ts';

/** What reading a written structure set back showed for one structure. */
export interface VerifiedStructure {
  name: string;
  /** Dice coefficient of the file's contours, rasterised, with the mask: 1, since every voxel must come back. */
  dice: number;
  /** Volume in cm³ of the file's contours, rasterised. */
  volumeCc: number;
}

/** The axis of a stack of slices. */
const SLICES = 2;

/** Slices `first` … `end` − 1 of a CT. */
export interface SliceRange {
  first: number;
  end: number;
}

/**
 * Reads a written structure set back and compares it with the masks that it was made from: what this lets pass may
 * be released. Checks every reference to the CT, the image that each contour names, and each structure's voxels.
 *
 * @param masks by structure name, one for every structure of the set and no more
 * @param range looks at the voxels of these slices only, and at the contours that name one of them or no image of the CT: ranges
 *   that hold every slice once find together what is found without one, each with the volume of its own slices
 * @throws RondoError `verify-reference`, `verify-structures`, `verify-contours`, `verify-voxels`, naming the structure;
 *   those of `readStructureSet` and `ringsOnGrid`
 */
export function verifyStructureSet(bytes: Uint8Array, ct: CtGrid, masks: ReadonlyMap<string, Mask>, range?: SliceRange): VerifiedStructure[] {
  const { dataset } = readDicom(bytes);
  const set = structureSetOf(range ? contoursWithin(dataset, ct, range) : dataset);
  checkReferences(set, ct);
  const names = set.structures.map(({ name }) => name);
  const odd = [...names.filter((name) => !masks.has(name)), ...[...masks.keys()].filter((name) => !names.includes(name))];
  if (odd.length > 0 || new Set(names).size !== names.length) {
    throw new RondoError('verify-structures', `The written structure set does not hold exactly the structures it should: ${odd.join(', ')}. It must not be released.`, { uid: set.sopInstanceUid });
  }
  return set.structures.flatMap((structure) => {
    const mask = masks.get(structure.name);
    return mask ? [verifyStructure(set, structure, range ? maskWithin(mask, range) : mask, ct)] : [];
  });
}

/** The data set without the contours that name an image of other slices. */
function contoursWithin(dataset: Dataset, ct: CtGrid, { first, end }: SliceRange): Dataset {
  const others = new Set(ct.slices.filter((_, slice) => slice < first || slice >= end).map(({ sopInstanceUid }) => sopInstanceUid));
  const ofOthers = (contour: Dataset): boolean => {
    const images = items(contour, 'ContourImageSequence');
    return images.length === 1 && others.has(text(images[0], 'ReferencedSOPInstanceUID'));
  };
  const drawn = items(dataset, 'ROIContourSequence').map((item) => ({ ...item, ContourSequence: items(item, 'ContourSequence').filter((contour) => !ofOthers(contour)) }));
  return { ...dataset, ROIContourSequence: drawn };
}

/** The slices of a mask that lie in a range: a view, not a copy. */
function maskWithin({ geometry, box: { min, size }, voxels }: Mask, { first, end }: SliceRange): Mask {
  const from = Math.max(first, min[2]);
  const to = Math.min(end, min[2] + size[2]);
  if (from >= to) return Mask.empty(geometry);
  const area = size[0] * size[1];
  return new Mask(geometry, { min: [min[0], min[1], from], size: [size[0], size[1], to - from] }, voxels.subarray((from - min[2]) * area, (to - min[2]) * area));
}

/**
 * Compares one structure of a set that was read back with the mask that it was made from.
 * @throws RondoError `verify-contours`, `verify-voxels`, and those of `ringsOnGrid`
 */
export function verifyStructure(set: StructureSet<FileContour>, structure: Structure<FileContour>, mask: Mask, ct: CtGrid): VerifiedStructure {
  const { geometry } = ct.volume;
  const { name } = structure;
  const fail = (code: string, problem: string): RondoError =>
    new RondoError(code, `${name}: ${problem}. The structure set must not be released.`, { uid: set.sopInstanceUid });
  const { rings, problems, axis } = ringsOnGrid(set, structure, geometry, {});
  if (axis !== SLICES) throw fail('verify-contours', 'its contours do not lie on slices');
  for (const { index, problem } of problems) throw fail('verify-contours', `contour ${index + 1} of the written file cannot be read back as it was meant (${problem})`);
  const sliceOf = new Map(ct.slices.map(({ sopInstanceUid }, slice) => [sopInstanceUid, slice]));
  structure.contours.forEach(({ imageUid, points }, index) => {
    const named = imageUid === undefined ? undefined : sliceOf.get(imageUid);
    const k = geometry.toVoxel([points[0], points[1], points[2]])[2];
    if (named === undefined || Math.round(k) !== named) throw fail('verify-contours', `contour ${index + 1} of the written file names another image than the one it lies on`);
  });
  const { enclosed, common } = overlapOfRings(rings, mask);
  const differing = mask.voxelCount + enclosed - 2 * common;
  // Both ways of tracing give every voxel back; a Dice coefficient near 1 could hide a lost island or slice.
  if (differing > 0) throw fail('verify-voxels', `the written contours draw ${differing} voxels otherwise than the mask (DSC ${((2 * common) / (mask.voxelCount + enclosed)).toFixed(5)}), expected none`);
  return { name, dice: 1, volumeCc: mask.volumeCc };
}

function checkReferences({ reference, sopInstanceUid }: StructureSet<FileContour>, ct: CtGrid): void {
  const expected = referenceTo(ct);
  if (reference.frameOfReferenceUid !== expected.frameOfReferenceUid || JSON.stringify(reference.series) !== JSON.stringify(expected.series)) {
    throw new RondoError('verify-reference', 'The written structure set does not refer to frame, study, series and every image of its CT. It must not be released.', { uid: sopInstanceUid });
  }
}
