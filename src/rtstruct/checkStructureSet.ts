import { RondoError } from '../errors.ts';
import type { CtGrid } from '../dicom/index.ts';
import type { StructureSet } from './structureSet.ts';

/** Longest values (PS3.5 6.2) of Structure Set Label (SH) and ROI Name (LO). */
const LONGEST_LABEL = 16;
const LONGEST_NAME = 64;

/**
 * Checks what must hold before a structure set is written, for a planning system to take it as it is meant.
 * @throws RondoError `structure-set-empty`, `structure-set-label`, `structure-name`, `structure-number`,
 *   `structure-duplicate-name`, `structure-duplicate-number`, `structure-two-externals`, `structure-set-other-frame`,
 *   `structure-set-other-ct`
 */
export function checkStructureSet(set: StructureSet, ct: CtGrid): void {
  if (set.structures.length === 0) throw new RondoError('structure-set-empty', 'Structure set refused: it holds no structures (PS3.3 C.8.8.5 asks for one at least).');
  if (!fits(set.label, LONGEST_LABEL)) {
    throw new RondoError('structure-set-label', `Structure Set Label has ${characters(set.label)} characters. Expected 1 to ${LONGEST_LABEL} (SH), no backslash.`);
  }
  const [names, numbers] = [new Set<string>(), new Set<number>()];
  for (const { name, number } of set.structures) {
    if (!fits(name, LONGEST_NAME)) throw new RondoError('structure-name', `The name of structure ${number} has ${characters(name)} characters. Expected 1 to ${LONGEST_NAME} (LO), no backslash.`);
    if (!Number.isInteger(number) || number < 0 || number >= 2 ** 31) throw new RondoError('structure-number', `${name}: ROI Number ${number} refused. Expected a whole number from 0 to 2147483647 (IS).`);
    // Planning systems compare names without case, and rename or merge the second one.
    if (names.has(name.trim().toLowerCase())) throw new RondoError('structure-duplicate-name', `Two structures are named ${name}, ignoring case. Give each its own name.`);
    if (numbers.has(number)) throw new RondoError('structure-duplicate-number', `Two structures have the ROI Number ${number}. Give each its own (PS3.3 C.8.8.5).`);
    names.add(name.trim().toLowerCase());
    numbers.add(number);
  }
  const externals = set.structures.filter(({ type }) => type === 'EXTERNAL').map(({ name }) => name);
  if (externals.length > 1) throw new RondoError('structure-two-externals', `${externals.join(' and ')} are both of type EXTERNAL. Planning systems take one external contour only.`);
  checkReference(set, ct);
}

function checkReference({ reference }: StructureSet, ct: CtGrid): void {
  const frame = ct.volume.geometry.frameOfReferenceUid;
  if (reference.frameOfReferenceUid !== frame) {
    throw new RondoError('structure-set-other-frame', `The structure set lies in frame of reference ${reference.frameOfReferenceUid}, the CT in ${frame}. Contours of another frame would be misplaced.`, { uid: ct.seriesInstanceUid });
  }
  const [series] = reference.series.length === 1 ? reference.series : [undefined];
  const same =
    series?.studyInstanceUid === ct.attributes.StudyInstanceUID &&
    series.seriesInstanceUid === ct.seriesInstanceUid &&
    series.images.length === ct.slices.length &&
    new Set([...series.images, ...ct.slices].map(({ sopInstanceUid }) => sopInstanceUid)).size === ct.slices.length;
  if (!same) throw new RondoError('structure-set-other-ct', 'The structure set does not refer to this CT: study, series and every image must be those of the CT it is written for.', { uid: ct.seriesInstanceUid });
}

function fits(value: string, longest: number): boolean {
  return value.trim() !== '' && characters(value) <= longest && !value.includes('\\');
}

/** Characters as DICOM counts them: code points, not UTF-16 units. */
function characters(value: string): number {
  return Array.from(value).length;
}
