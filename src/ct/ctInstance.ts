import { numbers, text, texts, type CtAttributes, type Dataset, type DicomFile } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Vector3 } from '../geometry/index.ts';

/** A CT Image file as found: what tells its series and kind, before anything else of it is checked. */
export interface FoundCtImage {
  /** Absolute path. */
  file: string;
  /** SHA-256 of the whole file, hexadecimal. */
  sha256: string;
  sopInstanceUid: string;
  seriesInstanceUid: string;
  seriesNumber: string;
  /** Image Type value 3 is LOCALIZER (PS3.3 C.8.2.1.1.1): a scout view, no part of the volume. */
  isLocalizer: boolean;
  contents: DicomFile;
}

/** A CT Image of the chosen series, every attribute that the volume rests on present and plausible. */
export interface CtInstance {
  file: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  imagePositionMm: Vector3;
  rowDirection: Vector3;
  columnDirection: Vector3;
  rowSpacingMm: number;
  columnSpacingMm: number;
  rows: number;
  columns: number;
  frameOfReferenceUid: string;
  gantryTiltDegrees: number;
  patientPosition: string;
  /** Everything that decides how stored pixels become HU; slices that differ in it are decoded apart. */
  pixelEncoding: string;
  attributes: CtAttributes;
}

/** @throws RondoError `ct-attribute` when the identity of the instance or of its series is absent. */
export function foundCtImage(file: string, sha256: string, contents: DicomFile): FoundCtImage {
  const { dataset } = contents;
  const [sopInstanceUid, seriesInstanceUid] = [text(dataset, 'SOPInstanceUID'), text(dataset, 'SeriesInstanceUID')];
  if (sopInstanceUid === '' || seriesInstanceUid === '') {
    throw new RondoError('ct-attribute', 'A CT image has no SOP Instance UID or no Series Instance UID. Export the series again.', { file });
  }
  const isLocalizer = texts(dataset, 'ImageType').slice(2).includes('LOCALIZER');
  return { file, sha256, sopInstanceUid, seriesInstanceUid, seriesNumber: text(dataset, 'SeriesNumber'), isLocalizer, contents };
}

/**
 * Checks one image by itself (PS3.3 C.7.6.2, C.7.6.3, C.8.2.1, C.11.1).
 * @throws RondoError `ct-no-preamble`, `ct-attribute`, `ct-frame-of-reference-absent`, `ct-not-monochrome`, `ct-multi-frame`,
 * `ct-rescale-absent`, `ct-not-hounsfield`, `ct-pixel-format`, `ct-pixel-data`
 */
export function ctInstance({ file, sopInstanceUid, contents }: FoundCtImage): CtInstance {
  const { dataset, transferSyntaxUid, hasPreamble } = contents;
  const refuse = (code: string, problem: string): RondoError =>
    new RondoError(code, `CT image refused: ${problem}.`, { file, uid: sopInstanceUid });
  const read = (keyword: string, count: number, isValid: (value: number) => boolean = Number.isFinite): number[] => {
    const values = readNumbers(dataset, keyword);
    if (values?.length !== count || !values.every(isValid)) {
      throw refuse('ct-attribute', `${keyword} is absent or invalid, expected ${count === 1 ? 'one number' : `${count} numbers`}; the position of this slice is not known without it. Export the series again`);
    }
    return values;
  };
  const positive = (value: number): boolean => value > 0;

  // ITK does not decode such files.
  if (!hasPreamble) throw refuse('ct-no-preamble', 'its file has no DICOM preamble (PS3.10 7.1). Convert it to a DICOM Part 10 file, for example by sending it through an archive');
  if (readNumbers(dataset, 'NumberOfFrames')?.some((count) => count !== 1)) throw refuse('ct-multi-frame', 'it holds several frames. Convert the series to single-frame CT images');
  const photometric = text(dataset, 'PhotometricInterpretation');
  if (photometric !== 'MONOCHROME2' || text(dataset, 'SamplesPerPixel') !== '1') {
    throw refuse('ct-not-monochrome', 'its Photometric Interpretation is not MONOCHROME2 with one sample per pixel. It is no plain CT slice; choose another series');
  }
  const frameOfReferenceUid = text(dataset, 'FrameOfReferenceUID');
  if (frameOfReferenceUid === '') {
    throw refuse('ct-frame-of-reference-absent', 'it has no Frame of Reference UID, and contours without one cannot be placed. Export the series again from its scanner or planning system');
  }
  const [rowSpacingMm, columnSpacingMm] = read('PixelSpacing', 2, positive);
  const [rows] = read('Rows', 1, positive);
  const [columns] = read('Columns', 1, positive);
  const orientation = read('ImageOrientationPatient', 6);
  const position = read('ImagePositionPatient', 3);
  return {
    file,
    sopInstanceUid,
    transferSyntaxUid,
    imagePositionMm: [position[0], position[1], position[2]],
    rowDirection: [orientation[0], orientation[1], orientation[2]],
    columnDirection: [orientation[3], orientation[4], orientation[5]],
    rowSpacingMm,
    columnSpacingMm,
    rows,
    columns,
    frameOfReferenceUid,
    gantryTiltDegrees: readNumbers(dataset, 'GantryDetectorTilt')?.[0] ?? 0,
    patientPosition: text(dataset, 'PatientPosition'),
    pixelEncoding: checkedPixelEncoding(contents, rows * columns, refuse),
    attributes: ctAttributes(dataset),
  };
}

function checkedPixelEncoding({ dataset, transferSyntaxUid, pixelData }: DicomFile, pixelCount: number, refuse: (code: string, problem: string) => RondoError): string {
  const single = (keyword: string): number => {
    const values = readNumbers(dataset, keyword);
    return values?.length === 1 ? values[0] : NaN;
  };
  const [slope, intercept] = [single('RescaleSlope'), single('RescaleIntercept')];
  if (Number.isNaN(slope) || Number.isNaN(intercept) || slope === 0) {
    throw refuse('ct-rescale-absent', 'Rescale Slope or Rescale Intercept is absent or invalid, so its values are no Hounsfield units. Export the series again');
  }
  const rescaleType = text(dataset, 'RescaleType');
  if (rescaleType !== '' && rescaleType !== 'HU') {
    throw refuse('ct-not-hounsfield', `its Rescale Type is not HU (PS3.3 C.11.1.1.2). Choose a series in Hounsfield units`);
  }
  const [allocated, stored, highBit, sign] = ['BitsAllocated', 'BitsStored', 'HighBit', 'PixelRepresentation'].map(single);
  if (![8, 16].includes(allocated) || stored < 1 || stored > allocated || highBit !== stored - 1 || ![0, 1].includes(sign)) {
    throw refuse('ct-pixel-format', `its pixels are stored as ${allocated} bits allocated, ${stored} stored, high bit ${highBit}, representation ${sign}, which no CT image may have (PS3.3 C.8.2.1)`);
  }
  if (!pixelData) throw refuse('ct-pixel-data', 'it holds no Pixel Data. Export the series again');
  const expected = Math.ceil((pixelCount * allocated) / 16) * 2;
  if (!pixelData.encapsulated && pixelData.byteLength !== expected) {
    throw refuse('ct-pixel-data', `it holds ${pixelData.byteLength} bytes of Pixel Data where its matrix needs ${expected}. Export the series again`);
  }
  return [transferSyntaxUid, slope, intercept, allocated, stored, sign].join(' ');
}

function ctAttributes(dataset: Dataset): CtAttributes {
  return {
    PatientName: text(dataset, 'PatientName'),
    PatientID: text(dataset, 'PatientID'),
    PatientBirthDate: text(dataset, 'PatientBirthDate'),
    PatientSex: text(dataset, 'PatientSex'),
    StudyInstanceUID: text(dataset, 'StudyInstanceUID'),
    StudyDate: text(dataset, 'StudyDate'),
    StudyTime: text(dataset, 'StudyTime'),
    StudyID: text(dataset, 'StudyID'),
    StudyDescription: text(dataset, 'StudyDescription'),
    AccessionNumber: text(dataset, 'AccessionNumber'),
    ReferringPhysicianName: text(dataset, 'ReferringPhysicianName'),
    PositionReferenceIndicator: text(dataset, 'PositionReferenceIndicator'),
    SpecificCharacterSet: texts(dataset, 'SpecificCharacterSet'),
  };
}

/** The element's numbers; undefined where it holds something else. */
function readNumbers(dataset: Dataset, keyword: string): number[] | undefined {
  try {
    return numbers(dataset, keyword);
  } catch (error) {
    if (error instanceof RondoError) return undefined;
    throw error;
  }
}
