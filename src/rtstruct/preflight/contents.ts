import { decimalValues, type Dataset } from '../../dicom/index.ts';
import type { RoiLabel } from './violation.ts';

/** An item of a sequence and its path: 'ROIContourSequence[3].ContourSequence[12]'. */
export interface PlacedItem {
  item: Dataset;
  path: string;
}

/** An item of Structure Set ROI Sequence. */
export interface RoiContents extends PlacedItem, RoiLabel {
  frameOfReferenceUid: string;
}

/** An item that refers to an ROI; `structure` has no name where no such ROI is listed. */
export interface RoiReference extends PlacedItem {
  structure: RoiLabel;
}

/** An item of Contour Sequence. */
export interface ContourContents extends RoiReference {
  geometricType: string;
  /** x, y, z of each point (LPS, mm); NaN for a value that is no decimal string. */
  points: Float64Array;
  /** Whether no value is NaN. */
  areNumbers: boolean;
  /** Whether there are points, all values can be read, and they are three a point. */
  isReadable: boolean;
  /** Area enclosed in mm², and how far the points lie off their common plane at most, in mm; 0 where they cannot be read. */
  areaMm2: number;
  offPlaneMm: number;
  /** Most characters of one value of Contour Data. */
  longestValue: number;
  /** Bytes of Contour Data. */
  byteLength: number;
  /** SOP Instance UIDs of the images that it names. */
  imageUids: readonly string[];
}

/** An image series of the reference chain frame → study → series → images. */
export interface SeriesContents extends PlacedItem {
  frameOfReferenceUid: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  imageUids: readonly string[];
}

/** A structure set file taken apart, with whatever is missing or broken left empty: what rules look at. */
export interface Contents {
  dataset: Dataset;
  transferSyntaxUid: string;
  rois: readonly RoiContents[];
  /** Items of ROI Contour Sequence, and their contours. */
  drawn: readonly (RoiReference & { contours: readonly ContourContents[] })[];
  observations: readonly RoiReference[];
  series: readonly SeriesContents[];
}

/** Takes a data set apart; nothing in it makes this throw. */
export function contentsOf(dataset: Dataset, transferSyntaxUid: string): Contents {
  const rois = placedItems(dataset, ['StructureSetROISequence']).map(
    (placed): RoiContents => ({ ...placed, number: integerOf(placed.item, 'ROINumber'), name: textOf(placed.item, 'ROIName'), frameOfReferenceUid: textOf(placed.item, 'ReferencedFrameOfReferenceUID') }),
  );
  const references = (keyword: string): RoiReference[] => placedItems(dataset, [keyword]).map((placed) => {
    const number = integerOf(placed.item, 'ReferencedROINumber');
    const roi = number === undefined ? undefined : rois.find((one) => one.number === number);
    return { ...placed, structure: { number, name: roi?.name ?? '' } };
  });
  return {
    dataset,
    transferSyntaxUid,
    rois,
    drawn: references('ROIContourSequence').map((reference) => ({
      ...reference,
      contours: placedItems(reference.item, ['ContourSequence'], reference.path).map((placed) => contourOf(placed, reference.structure)),
    })),
    observations: references('RTROIObservationsSequence'),
    series: seriesOf(dataset),
  };
}

function contourOf(placed: PlacedItem, structure: RoiLabel): ContourContents {
  const data = paddedTextOf(placed.item, 'ContourData');
  const { values: points, areNumbers, longest: longestValue } = decimalValues(data);
  const isReadable = areNumbers && points.length > 0 && points.length % 3 === 0;
  return {
    ...placed,
    structure,
    geometricType: textOf(placed.item, 'ContourGeometricType'),
    points,
    areNumbers,
    isReadable,
    ...(isReadable ? planeOf(points) : { areaMm2: 0, offPlaneMm: 0 }),
    longestValue,
    byteLength: data.length,
    imageUids: itemsOf(placed.item, 'ContourImageSequence').map((image) => textOf(image, 'ReferencedSOPInstanceUID')),
  };
}

/** Area enclosed by a ring in mm², and how far its points lie off their common plane at most, in mm. */
function planeOf(points: Float64Array): { areaMm2: number; offPlaneMm: number } {
  const [x0, y0, z0] = points;
  let [nx, ny, nz] = [0, 0, 0];
  for (let at = 3; at + 5 < points.length; at += 3) {
    const ax = points[at] - x0;
    const ay = points[at + 1] - y0;
    const az = points[at + 2] - z0;
    const bx = points[at + 3] - x0;
    const by = points[at + 4] - y0;
    const bz = points[at + 5] - z0;
    nx += ay * bz - az * by;
    ny += az * bx - ax * bz;
    nz += ax * by - ay * bx;
  }
  const length = Math.hypot(nx, ny, nz);
  if (length === 0) return { areaMm2: length / 2, offPlaneMm: 0 };
  let [lowest, highest] = [0, 0];
  for (let at = 3; at < points.length; at += 3) {
    const distance = ((points[at] - x0) * nx + (points[at + 1] - y0) * ny + (points[at + 2] - z0) * nz) / length;
    if (distance < lowest) lowest = distance;
    if (distance > highest) highest = distance;
  }
  return { areaMm2: length / 2, offPlaneMm: (highest - lowest) / 2 };
}

function seriesOf(dataset: Dataset): SeriesContents[] {
  return placedItems(dataset, ['ReferencedFrameOfReferenceSequence']).flatMap((frame) =>
    placedItems(frame.item, ['RTReferencedStudySequence'], frame.path).flatMap((study) =>
      placedItems(study.item, ['RTReferencedSeriesSequence'], study.path).map(({ item, path }) => ({
        item,
        path,
        frameOfReferenceUid: textOf(frame.item, 'FrameOfReferenceUID'),
        studyInstanceUid: textOf(study.item, 'ReferencedSOPInstanceUID'),
        seriesInstanceUid: textOf(item, 'SeriesInstanceUID'),
        imageUids: itemsOf(item, 'ContourImageSequence').map((image) => textOf(image, 'ReferencedSOPInstanceUID')),
      })),
    ),
  );
}

/** The items at the end of a path of sequences. */
export function placedItems(dataset: Dataset, keywords: readonly string[], path = ''): PlacedItem[] {
  return keywords.reduce<PlacedItem[]>(
    (holders, keyword) => holders.flatMap((holder) => itemsOf(holder.item, keyword).map((item, index) => ({ item, path: `${holder.path === '' ? '' : `${holder.path}.`}${keyword}[${index + 1}]` }))),
    [{ item: dataset, path }],
  );
}

/** The items of a sequence; [] where it is absent, empty or no sequence. */
export function itemsOf(dataset: Dataset, keyword: string): readonly Dataset[] {
  const value = dataset[keyword];
  return Array.isArray(value) ? value.filter((entry): entry is Dataset => typeof entry === 'object') : [];
}

/** The values of a text element with their padding; [] where it is absent, empty or no text. */
export function valuesOf(dataset: Dataset, keyword: string): readonly string[] {
  const value = dataset[keyword];
  if (typeof value === 'string') return value === '' ? [] : value.split('\\');
  if (typeof value === 'number') return [String(value)];
  return Array.isArray(value) ? value.filter((entry) => typeof entry !== 'object').map(String) : [];
}

/** The element as one text without padding, values parted by backslashes; '' where it is absent, empty or no text. */
export function textOf(dataset: Dataset, keyword: string): string {
  return paddedTextOf(dataset, keyword).trim();
}

/** The same with its padding. */
export function paddedTextOf(dataset: Dataset, keyword: string): string {
  const value = dataset[keyword];
  return typeof value === 'string' ? value : valuesOf(dataset, keyword).join('\\');
}

function integerOf(dataset: Dataset, keyword: string): number | undefined {
  const whole = textOf(dataset, keyword);
  return /^[+-]?\d+$/.test(whole) ? Number(whole) : undefined;
}
