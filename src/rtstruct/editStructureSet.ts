import { items, newUid, numbers, text, type CtGrid, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { encodedStructure, type HoleStyle } from './encodedContours.ts';
import { structureSetOf } from './readStructureSet.ts';
import { drawnOn, ofFile, requireSameImages } from './sameImages.ts';
import { observationItem, roiContourItem, roiItem } from './structureItems.ts';
import type { Structure } from './structureSet.ts';
import type { StructureSetFile } from './structureSetFile.ts';

/** One change of a structure set; structures are named by their ROI Number. */
export type StructureEdit =
  | { edit: 'rename'; number: number; name: string }
  | { edit: 'remove'; number: number }
  /** Other contours for a structure, which keeps its name, type, colour, code and observation. Its ROI Volume becomes that given, or none. */
  | { edit: 'redraw'; number: number; drawn: Pick<Structure, 'contours' | 'volumeCc' | 'algorithm'>; ct: CtGrid; holes?: HoleStyle }
  /** A structure of Rondo's own. */
  | { edit: 'add'; structure: Structure; ct: CtGrid; holes?: HoleStyle }
  /** A structure of another file, with all that the file says of it; its number may change, nothing else does. */
  | { edit: 'copy'; from: StructureSetFile; number: number };

export interface EditIdentity {
  /** SOP Instance UID of the result; a new one by default. */
  sopInstanceUid?: string;
  /** Structure Set Date and Time of the result: YYYYMMDD, HHMMSS. */
  date: string;
  time: string;
}

/** The sequences that make a structure, and the element that holds its number in each. */
const SEQUENCES = { StructureSetROISequence: 'ROINumber', ROIContourSequence: 'ReferencedROINumber', RTROIObservationsSequence: 'ReferencedROINumber' } as const;

/** Longest ROI Name (LO). */
const LONGEST_NAME = 64;

/**
 * A structure set with some things changed and everything else as it was, to the last digit and private element: a new
 * instance, whose predecessor is the one that it was made from (PS3.3 C.8.8.5). It is UNAPPROVED where that was
 * approved or rejected: nobody has reviewed it yet (PS3.3 C.8.8.16).
 *
 * @throws RondoError `edit-no-structure` (no such number), `edit-name` (empty, too long, or taken, ignoring case),
 *   `other-patient`, `edit-other-frame`, `edit-other-images` (drawn on images or a series that the set does not refer to), and what `encodedContours` throws
 */
export function editStructureSet(file: StructureSetFile, edits: readonly StructureEdit[], identity: EditIdentity): StructureSetFile {
  const edited = edits.reduce(applied, file.dataset);
  const reviewed = file.set.approval.status !== 'UNAPPROVED';
  const dataset: Dataset = {
    ...edited,
    SOPInstanceUID: identity.sopInstanceUid ?? newUid(),
    StructureSetDate: identity.date,
    StructureSetTime: identity.time,
    PredecessorStructureSetSequence: [{ ReferencedSOPClassUID: text(file.dataset, 'SOPClassUID'), ReferencedSOPInstanceUID: file.set.sopInstanceUid }],
    ...(reviewed && { ApprovalStatus: 'UNAPPROVED', ReviewDate: undefined, ReviewTime: undefined, ReviewerName: undefined }),
  };
  return { ...file, dataset, set: structureSetOf(dataset) };
}

function applied(dataset: Dataset, edit: StructureEdit): Dataset {
  switch (edit.edit) {
    case 'rename':
      refuseName(dataset, edit.name, edit.number);
      return changed(dataset, 'StructureSetROISequence', edit.number, (roi) => ({ ...roi, ROIName: edit.name }));
    case 'remove':
      requireStructure(dataset, edit.number);
      return mapSequences(dataset, (sequence, numberOf) => sequence.filter((item) => numberOf(item) !== edit.number));
    case 'redraw':
      return redrawn(dataset, edit);
    case 'add':
      return added(dataset, edit);
    case 'copy':
      return copied(dataset, edit);
  }
}

function redrawn(dataset: Dataset, { number, drawn, ct, holes }: Extract<StructureEdit, { edit: 'redraw' }>): Dataset {
  const structure: Structure = { number, name: requireStructure(dataset, number), type: '', ...drawn };
  requireSameImages(dataset, drawnOn(ct, structure));
  const { ContourSequence } = drawnItem(structure, ct, holes);
  const { ROIVolume, ROIGenerationAlgorithm } = roiItem(structure, '');
  const withRoi = changed(dataset, 'StructureSetROISequence', number, (roi) => ({ ...roi, ROIVolume, ROIGenerationAlgorithm }));
  const drawings = items(dataset, 'ROIContourSequence').filter((item) => numberIn(item, 'ReferencedROINumber') === number);
  // Some files hold several items of one ROI: the first gets the contours, the others lose theirs.
  const first = drawings.at(0);
  if (!first) return { ...withRoi, ROIContourSequence: [...items(dataset, 'ROIContourSequence'), { ContourSequence, ReferencedROINumber: number }] };
  return changed(withRoi, 'ROIContourSequence', number, (item) => ({ ...item, ContourSequence: item === first ? ContourSequence : undefined }));
}

function added(dataset: Dataset, { structure, ct, holes }: Extract<StructureEdit, { edit: 'add' }>): Dataset {
  requireSameImages(dataset, drawnOn(ct, structure));
  refuseName(dataset, structure.name);
  if (numbersOf(dataset).includes(structure.number)) throw new RondoError('edit-no-structure', `ROI Number ${structure.number} is taken. Give ${structure.name} one of its own.`);
  return {
    ...dataset,
    StructureSetROISequence: [...items(dataset, 'StructureSetROISequence'), roiItem(structure, ct.volume.geometry.frameOfReferenceUid)],
    ROIContourSequence: [...items(dataset, 'ROIContourSequence'), drawnItem(structure, ct, holes)],
    RTROIObservationsSequence: [...items(dataset, 'RTROIObservationsSequence'), observationItem(structure, freeObservationNumber(dataset))],
  };
}

const ASCII = new TextDecoder();

/** An item of ROI Contour Sequence as one that was read: it stands in a data set that is read on. */
function drawnItem(structure: Structure, ct: CtGrid, holes: HoleStyle = 'keyhole'): Dataset {
  const encoded = encodedStructure(structure, ct, holes);
  const item = roiContourItem(encoded, ct);
  if (encoded.contours.length === 0) return item;
  return { ...item, ContourSequence: items(item, 'ContourSequence').map((contour, index) => ({ ...contour, ContourData: ASCII.decode(encoded.contours[index].data) })) };
}

function copied(dataset: Dataset, { from, number }: Extract<StructureEdit, { edit: 'copy' }>): Dataset {
  const name = requireStructure(from.dataset, number);
  requireSameImages(dataset, ofFile(from, from.set.structures.find((structure) => structure.number === number) ?? { name, contours: [] }));
  refuseName(dataset, name);
  const taken = numbersOf(dataset);
  const own = taken.includes(number) ? Math.max(0, ...taken) + 1 : number;
  const ofStructure = (sequence: keyof typeof SEQUENCES): Dataset[] =>
    items(from.dataset, sequence)
      .filter((item) => numberIn(item, SEQUENCES[sequence]) === number)
      .map((item) => ({ ...item, [SEQUENCES[sequence]]: String(own) }));
  const firstObservation = freeObservationNumber(dataset);
  return {
    ...dataset,
    StructureSetROISequence: [...items(dataset, 'StructureSetROISequence'), ...ofStructure('StructureSetROISequence')],
    ROIContourSequence: [...items(dataset, 'ROIContourSequence'), ...ofStructure('ROIContourSequence')],
    RTROIObservationsSequence: [
      ...items(dataset, 'RTROIObservationsSequence'),
      ...ofStructure('RTROIObservationsSequence').map((item, index) => ({ ...item, ObservationNumber: String(firstObservation + index) })),
    ],
  };
}

/** The data set with each of a structure's items in one sequence replaced. */
function changed(dataset: Dataset, sequence: keyof typeof SEQUENCES, number: number, change: (item: Dataset) => Dataset): Dataset {
  requireStructure(dataset, number);
  return { ...dataset, [sequence]: items(dataset, sequence).map((item) => (numberIn(item, SEQUENCES[sequence]) === number ? change(item) : item)) };
}

function mapSequences(dataset: Dataset, change: (sequence: readonly Dataset[], numberOf: (item: Dataset) => number | undefined) => Dataset[]): Dataset {
  const sequences = Object.entries(SEQUENCES).map(([sequence, keyword]) => [sequence, change(items(dataset, sequence), (item) => numberIn(item, keyword))] as const);
  return { ...dataset, ...Object.fromEntries(sequences) };
}

function numbersOf(dataset: Dataset): number[] {
  return items(dataset, 'StructureSetROISequence').flatMap((roi) => numberIn(roi, 'ROINumber') ?? []);
}

function numberIn(item: Dataset, keyword: string): number | undefined {
  return numbers(item, keyword).at(0);
}

function freeObservationNumber(dataset: Dataset): number {
  return Math.max(0, ...items(dataset, 'RTROIObservationsSequence').flatMap((item) => numberIn(item, 'ObservationNumber') ?? [])) + 1;
}

/** The name of a structure, which must be there. */
function requireStructure(dataset: Dataset, number: number): string {
  const roi = items(dataset, 'StructureSetROISequence').find((item) => numberIn(item, 'ROINumber') === number);
  if (!roi) throw new RondoError('edit-no-structure', `The structure set has no ROI Number ${number}; it has ${numbersOf(dataset).join(', ')}.`);
  return text(roi, 'ROIName');
}

/** Planning systems compare names without case and rename or merge the second one. */
function refuseName(dataset: Dataset, name: string, except?: number): void {
  const length = Array.from(name).length;
  if (name.trim() === '' || length > LONGEST_NAME || name.includes('\\')) {
    throw new RondoError('edit-name', `A structure name of ${length} characters was refused. Expected 1 to ${LONGEST_NAME} (LO), no backslash.`);
  }
  const same = items(dataset, 'StructureSetROISequence').some((roi) => numberIn(roi, 'ROINumber') !== except && text(roi, 'ROIName').toLowerCase() === name.trim().toLowerCase());
  if (same) throw new RondoError('edit-name', `The structure set has a structure named ${name} already, ignoring case. Choose another name.`);
}
