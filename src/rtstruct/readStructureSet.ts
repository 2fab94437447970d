import { RondoError } from '../errors.ts';
import { decimals, items, numbers, readDicom, RT_STRUCTURE_SET_STORAGE, text, texts, type Dataset } from '../dicom/index.ts';
import { type AlgorithmIdentification, type Approval, type Code, type FileContour, type InstanceReference, type ReferencedSeries, type Structure, type StructureCode, type StructureSet } from './structureSet.ts';

/**
 * An RT Structure Set file of any system as data (PS3.3 A.19.3). Lenient where files of planning systems are: any
 * transfer syntax that `readDicom` reads; ROIs without contours, observation, code or colour; contours without number
 * or image reference; type 2 and 3 elements left out. Items are joined by ROI Number, never by their order.
 *
 * @throws RondoError of `readDicom`, and `rtstruct-wrong-class`, `rtstruct-roi-number` (missing, repeated, or contours
 *   of an ROI that is not listed), `rtstruct-contour-data`, `rtstruct-several-frames`: what would lose or misplace contours
 */
export function readStructureSet(bytes: Uint8Array, options: { file?: string } = {}): StructureSet<FileContour> {
  return structureSetOf(readDicom(bytes, options).dataset, options);
}

/** What Rondo understands of a structure set's data set. @throws RondoError as `readStructureSet` */
export function structureSetOf(dataset: Dataset, options: { file?: string } = {}): StructureSet<FileContour> {
  const sopInstanceUid = text(dataset, 'SOPInstanceUID');
  try {
    return understood(dataset, sopInstanceUid);
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    throw new RondoError(error.code, error.message, { file: options.file, uid: sopInstanceUid === '' ? undefined : sopInstanceUid }, { cause: error });
  }
}

function understood(dataset: Dataset, sopInstanceUid: string): StructureSet<FileContour> {
  const sopClassUid = text(dataset, 'SOPClassUID');
  if (sopClassUid !== RT_STRUCTURE_SET_STORAGE) {
    throw new RondoError('rtstruct-wrong-class', `Not an RT Structure Set: its SOP class is ${sopClassUid === '' ? 'missing' : sopClassUid}, expected ${RT_STRUCTURE_SET_STORAGE}.`);
  }
  return {
    sopInstanceUid,
    seriesInstanceUid: text(dataset, 'SeriesInstanceUID'),
    label: text(dataset, 'StructureSetLabel'),
    name: optional(dataset, 'StructureSetName'),
    description: optional(dataset, 'StructureSetDescription'),
    date: text(dataset, 'StructureSetDate'),
    time: text(dataset, 'StructureSetTime'),
    structures: structuresOf(dataset),
    reference: { frameOfReferenceUid: frameOf(dataset), series: seriesOf(dataset) },
    predecessor: items(dataset, 'PredecessorStructureSetSequence').map(instanceReference).at(0),
    approval: approvalOf(dataset),
    equipment: {
      manufacturer: text(dataset, 'Manufacturer'),
      modelName: text(dataset, 'ManufacturerModelName'),
      softwareVersions: texts(dataset, 'SoftwareVersions'),
    },
  };
}

function structuresOf(dataset: Dataset): Structure<FileContour>[] {
  const rois = items(dataset, 'StructureSetROISequence');
  const drawn = byNumber(items(dataset, 'ROIContourSequence'), 'ReferencedROINumber');
  const observed = byNumber(items(dataset, 'RTROIObservationsSequence'), 'ReferencedROINumber');
  const listed = new Set<number>();
  const structures = rois.map((roi): Structure<FileContour> => {
    const number = numberOf(roi, 'ROINumber');
    if (listed.has(number)) throw new RondoError('rtstruct-roi-number', `ROI Number ${number} stands twice in Structure Set ROI Sequence. Its contours cannot be told apart.`);
    listed.add(number);
    const colour = drawn.get(number)?.map((item) => numbers(item, 'ROIDisplayColor')).find((values) => values.length === 3);
    const observation = observed.get(number)?.at(0);
    const algorithm = items(roi, 'ROIDerivationAlgorithmIdentificationSequence').at(0);
    return {
      number,
      name: text(roi, 'ROIName'),
      description: optional(roi, 'ROIDescription'),
      code: observation && items(observation, 'RTROIIdentificationCodeSequence').map((item) => structureCode(item, observation)).at(0),
      type: observation ? text(observation, 'RTROIInterpretedType') : '',
      colour: colour && [colour[0], colour[1], colour[2]],
      algorithm: text(roi, 'ROIGenerationAlgorithm'),
      algorithmIdentification: algorithm && algorithmOf(algorithm),
      volumeCc: numbers(roi, 'ROIVolume').at(0),
      contours: (drawn.get(number) ?? []).flatMap((item) => items(item, 'ContourSequence').map((contour) => fileContour(contour, number))),
    };
  });
  for (const [number, contourItems] of drawn) {
    if (!listed.has(number) && contourItems.some((item) => items(item, 'ContourSequence').length > 0)) {
      throw new RondoError('rtstruct-roi-number', `ROI Contour Sequence holds contours of ROI Number ${number}, which Structure Set ROI Sequence does not list.`);
    }
  }
  return structures;
}

function fileContour(item: Dataset, roiNumber: number): FileContour {
  const points = decimals(item, 'ContourData');
  const count = numbers(item, 'NumberOfContourPoints').at(0) ?? points.length / 3;
  if (points.length !== count * 3) {
    throw new RondoError('rtstruct-contour-data', `A contour of ROI Number ${roiNumber} holds ${points.length} coordinates for ${count} points. Expected three a point; the file is damaged.`);
  }
  const images = items(item, 'ContourImageSequence');
  return {
    geometricType: text(item, 'ContourGeometricType'),
    points,
    imageUid: images.length === 1 ? optional(images[0], 'ReferencedSOPInstanceUID') : undefined,
  };
}

/** The one frame of reference of all ROIs; of the images or the object where ROIs name none. */
function frameOf(dataset: Dataset): string {
  const uids = (sequence: string, keyword: string): string[] => [...new Set(items(dataset, sequence).map((item) => text(item, keyword)).filter((uid) => uid !== ''))];
  const ofRois = uids('StructureSetROISequence', 'ReferencedFrameOfReferenceUID');
  const named = ofRois.length > 0 ? ofRois : uids('ReferencedFrameOfReferenceSequence', 'FrameOfReferenceUID');
  if (named.length > 1) {
    throw new RondoError('rtstruct-several-frames', `The ROIs lie in ${named.length} frames of reference. Structure sets of one frame are supported; export one per image series.`);
  }
  return named.at(0) ?? text(dataset, 'FrameOfReferenceUID');
}

function seriesOf(dataset: Dataset): ReferencedSeries[] {
  return items(dataset, 'ReferencedFrameOfReferenceSequence').flatMap((frame) =>
    items(frame, 'RTReferencedStudySequence').flatMap((study) =>
      items(study, 'RTReferencedSeriesSequence').map((series) => ({
        studyInstanceUid: text(study, 'ReferencedSOPInstanceUID'),
        seriesInstanceUid: text(series, 'SeriesInstanceUID'),
        images: items(series, 'ContourImageSequence').map(instanceReference),
      })),
    ),
  );
}

function approvalOf(dataset: Dataset): Approval {
  const status = text(dataset, 'ApprovalStatus');
  if (status !== 'APPROVED' && status !== 'REJECTED') return { status: 'UNAPPROVED' };
  return { status, reviewer: text(dataset, 'ReviewerName'), date: text(dataset, 'ReviewDate'), time: text(dataset, 'ReviewTime') };
}

function structureCode(item: Dataset, observation: Dataset): StructureCode {
  return {
    ...codeOf(item),
    category: items(observation, 'SegmentedPropertyCategoryCodeSequence').map(codeOf).at(0),
    laterality: items(item, 'SegmentedPropertyTypeModifierCodeSequence').map(codeOf).at(0),
  };
}

function algorithmOf(item: Dataset): AlgorithmIdentification {
  return {
    name: text(item, 'AlgorithmName'),
    version: text(item, 'AlgorithmVersion'),
    parameters: optional(item, 'AlgorithmParameters'),
    source: optional(item, 'AlgorithmSource'),
  };
}

function codeOf(item: Dataset): Code {
  return { value: text(item, 'CodeValue'), scheme: text(item, 'CodingSchemeDesignator'), meaning: text(item, 'CodeMeaning') };
}

function instanceReference(item: Dataset): InstanceReference {
  return { sopClassUid: text(item, 'ReferencedSOPClassUID'), sopInstanceUid: text(item, 'ReferencedSOPInstanceUID') };
}

function byNumber(sequence: readonly Dataset[], keyword: string): Map<number, Dataset[]> {
  const found = new Map<number, Dataset[]>();
  for (const item of sequence) {
    const number = numberOf(item, keyword);
    found.set(number, [...(found.get(number) ?? []), item]);
  }
  return found;
}

function numberOf(item: Dataset, keyword: string): number {
  const number = numbers(item, keyword).at(0);
  if (number === undefined) throw new RondoError('rtstruct-roi-number', `An item has no ${keyword}. It cannot be joined to its ROI.`);
  return number;
}

function optional(dataset: Dataset, keyword: string): string | undefined {
  const value = text(dataset, keyword);
  return value === '' ? undefined : value;
}
