import { text, type CtGrid, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { isRegion, type FileContour, type StructureSet } from '../rtstruct/index.ts';
import { openStructureSet } from './structureSetFile.ts';

/** A structure set that may be compared on a CT. */
export interface ComparedSet {
  set: StructureSet<FileContour>;
  /** What the file holds. */
  dataset: Dataset;
  /** How it is called in messages: reference, test, or an observer's name. */
  side: string;
  /** What could not be checked, in words. */
  notes: string[];
}

/**
 * One of the structure sets that are compared on a CT: refused before anything is drawn, unless it is one of this patient, frame of reference and series.
 * @throws RondoError `other-patient`, `other-frame-of-reference`, `other-series`, `compared-set-empty`, and what `openStructureSet` throws
 */
export async function comparedSet(file: string, ct: CtGrid, side: ComparedSet['side']): Promise<ComparedSet> {
  const { set, dataset } = await openStructureSet(file);
  const subject = { file, uid: set.sopInstanceUid === '' ? undefined : set.sopInstanceUid };
  const refuse = (code: string, message: string): never => { throw new RondoError(code, `Comparison refused: ${message}`, subject); };
  const notes: string[] = [];

  const [own, ofCt] = [text(dataset, 'PatientID'), ct.attributes.PatientID];
  if (own === '' || ofCt === '') notes.push('that it is of the patient of the CT was not checked: a Patient ID is missing');
  else if (own !== ofCt) refuse('other-patient', `the ${side} has another Patient ID than the CT. Expected structure sets and CT of one patient: check which files were given, or give all of them the same Patient ID when you take out identities.`);

  const { frameOfReferenceUid, series } = set.reference;
  const frame = ct.volume.geometry.frameOfReferenceUid;
  if (frameOfReferenceUid !== frame) refuse('other-frame-of-reference', `the ${side} lies in frame of reference ${frameOfReferenceUid || '(none)'}, the CT in ${frame}. Contours of another frame would be misplaced: give the CT that it was drawn on.`);
  if (series.length === 0) notes.push('it names no image series: that it was drawn on this CT was not checked');
  else if (!series.some(({ seriesInstanceUid }) => seriesInstanceUid === ct.seriesInstanceUid)) refuse('other-series', `the ${side} was drawn on another series of the same frame of reference (${series.map(({ seriesInstanceUid }) => seriesInstanceUid).join(', ')}), the CT is ${ct.seriesInstanceUid}. Expected sets that were drawn on one CT.`);

  if (!set.structures.some(({ contours }) => contours.some(isRegion))) refuse('compared-set-empty', `the ${side} holds no closed contour. Expected a structure set with at least one drawn structure.`);
  return { set, dataset, side, notes };
}
