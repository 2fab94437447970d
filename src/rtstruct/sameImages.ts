import { text, type CtGrid, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { structureSetOf } from './readStructureSet.ts';
import type { FileContour, ImageReference, Structure } from './structureSet.ts';
import type { StructureSetFile } from './structureSetFile.ts';

/** What is added to a structure set, and where it was drawn. */
export interface Addition {
  name: string;
  /** '' where its file says none. */
  patientId: string;
  frameOfReferenceUid: string;
  /** SOP Instance UIDs of the images that its contours name. */
  imageUids: readonly string[];
  /** Whether a contour names no image: Contour Image Sequence is type 3 (PS3.3 C.8.8.6). */
  someNameNone: boolean;
  /** The series that its file refers to. */
  seriesUids: readonly string[];
}

/** A structure drawn on a CT. */
export function drawnOn(ct: CtGrid, { name, contours }: Pick<Structure, 'name' | 'contours'>): Addition {
  const drawn = new Set(contours.map(({ slice }) => slice));
  return {
    name,
    patientId: ct.attributes.PatientID,
    frameOfReferenceUid: ct.volume.geometry.frameOfReferenceUid,
    imageUids: ct.slices.filter((_, slice) => drawn.has(slice)).map(({ sopInstanceUid }) => sopInstanceUid),
    someNameNone: false,
    seriesUids: [ct.seriesInstanceUid],
  };
}

/** A structure of another file. */
export function ofFile({ set, dataset }: Pick<StructureSetFile, 'set' | 'dataset'>, { name, contours }: Pick<Structure<FileContour>, 'name' | 'contours'>): Addition {
  return {
    name,
    patientId: text(dataset, 'PatientID'),
    frameOfReferenceUid: set.reference.frameOfReferenceUid,
    imageUids: contours.flatMap(({ imageUid }) => imageUid ?? []),
    someNameNone: contours.some(({ imageUid }) => imageUid === undefined),
    seriesUids: set.reference.series.map(({ seriesInstanceUid }) => seriesInstanceUid),
  };
}

/**
 * Refuses what was not drawn on the patient, the frame of reference and the images of a structure set. Two series of one frame are not one CT: the
 * patient may have breathed or moved between them. What a file does not say cannot be asked (`uncheckedCopies`).
 * @throws RondoError `other-patient`, `edit-other-frame`, `edit-other-images`
 */
export function requireSameImages(dataset: Dataset, { name, patientId, frameOfReferenceUid, imageUids, someNameNone, seriesUids }: Addition): void {
  const { reference } = structureSetOf(dataset);
  const own = text(dataset, 'PatientID');
  if (own !== '' && patientId !== '' && own !== patientId) {
    throw new RondoError('other-patient', `The structure set has another Patient ID than what is to be added to it (${name}). Expected both of one patient: check which files were given, or give them the same Patient ID when you take out identities.`);
  }
  if (reference.frameOfReferenceUid !== frameOfReferenceUid) {
    throw new RondoError('edit-other-frame', `The structure set lies in frame of reference ${reference.frameOfReferenceUid}, what is added to it in ${frameOfReferenceUid}. They cannot be laid over each other.`);
  }
  const known = imagesOf(reference);
  const stranger = known.size === 0 ? undefined : imageUids.find((uid) => !known.has(uid));
  if (stranger !== undefined) {
    throw new RondoError('edit-other-images', `${name} was drawn on images that the structure set does not refer to. Expected the CT series that the set was drawn on; choose that one.`, { uid: stranger });
  }
  if (known.size > 0 && !someNameNone) return;
  // Of several series that a file names, contours that name no image may lie on any.
  const other = reference.series.length === 0 ? undefined : seriesUids.find((uid) => !reference.series.some(({ seriesInstanceUid }) => seriesInstanceUid === uid));
  if (other !== undefined) {
    throw new RondoError('edit-other-images', `${name} may have been drawn on a series that the structure set does not refer to. Expected one that was drawn on the same CT series; where that is so, have its contours exported with the images that they lie on.`, { uid: other });
  }
}

/** What could not be asked of structures that are copied from one file into another because the files do not say it, in words. */
export function uncheckedCopies(into: StructureSetFile, from: StructureSetFile, structures: readonly Structure<FileContour>[]): string[] {
  const isPatientUnknown = [into, from].some(({ dataset }) => text(dataset, 'PatientID') === '');
  const isSeriesUnknown = [into, from].some(({ set }) => set.reference.series.length === 0);
  const hasImages = imagesOf(into.set.reference).size > 0;
  const unplaced = !isSeriesUnknown ? [] : structures.filter((structure) => structure.contours.length > 0 && !(hasImages && !ofFile(from, structure).someNameNone));
  return [
    ...(isPatientUnknown ? ['that both sets are of one patient was not checked: a Patient ID is missing'] : []),
    ...unplaced.map(({ name }) => `that ${name} was drawn on the same images was not checked: its contours name no images, and a set names no image series`),
  ];
}

function imagesOf({ series }: ImageReference): Set<string> {
  return new Set(series.flatMap(({ images }) => images.map(({ sopInstanceUid }) => sopInstanceUid)));
}
