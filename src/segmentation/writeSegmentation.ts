import { decimalString, newUid, writeDicom, type Dataset, type CtGrid } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { filledSlices, packFrames } from './bitFrames.ts';

/** Segmentation Storage (PS3.4 B.5). */
export const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4';

/** A coded concept (PS3.3 section 8). */
interface Code {
  value: string;
  scheme: string;
  meaning: string;
}

export interface Segment {
  /** Segment Label (LO, at most 64 characters). */
  label: string;
  /** On the grid of the CT, not empty. */
  mask: Mask;
  /** How the mask came about: AUTOMATIC, SEMIAUTOMATIC or MANUAL. */
  algorithm: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';
  category: Code;
  property: Code;
}

export interface SegmentationIdentity {
  /** What wrote it: Manufacturer's Model Name and Software Versions. */
  product: string;
  version: string;
  /** YYYYMMDD, HHMMSS. */
  date: string;
  time: string;
}

/** Tags that the dimension index points at (PS3.3 C.8.20.2): group · 65536 + element. */
const REFERENCED_SEGMENT_NUMBER = 0x0062000b;
const SEGMENT_IDENTIFICATION_SEQUENCE = 0x0062000a;
const IMAGE_POSITION_PATIENT = 0x00200032;
const PLANE_POSITION_SEQUENCE = 0x00209113;

/** PS3.16 CID 7203 and CID 7202. */
const SEGMENTATION: Code = { value: '113076', scheme: 'DCM', meaning: 'Segmentation' };
const SOURCE_IMAGE: Code = { value: '121322', scheme: 'DCM', meaning: 'Source image for image processing operation' };

/** How far slice gaps may differ for a spacing to be given. */
const EVEN_MM = 0.001;

/**
 * Masks as a DICOM Segmentation (PS3.3 A.51), BINARY, one frame for each slice that holds voxels: each at its own slice's
 * position, so that uneven slices stay where they are; segments may overlap. Part 10, explicit VR little endian.
 * @throws RondoError `seg-empty` without segments or for one without voxels, `seg-grid` for one that is not on the CT's grid
 */
export function writeSegmentation(segments: readonly Segment[], ct: CtGrid, identity: SegmentationIdentity): Uint8Array {
  if (segments.length === 0) throw new RondoError('seg-empty', 'A segmentation needs at least one segment.');
  for (const { label, mask } of segments) {
    if (mask.geometry !== ct.volume.geometry) throw new RondoError('seg-grid', `${label} does not lie on the grid of the CT. Expected a mask on its voxels.`);
    if (mask.isEmpty) throw new RondoError('seg-empty', `${label} holds no voxel. Leave it out.`);
  }
  const frames = segments.flatMap(({ mask }, index) => filledSlices(mask).map((slice) => ({ segment: index + 1, mask, slice })));
  const organization = newUid();
  return writeDicom({
    ...instance(ct, identity),
    ...image(ct, frames.length),
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'UNDEFINED',
    ContentLabel: 'SEGMENTATION',
    ContentDescription: 'Research software, not for clinical use.',
    ContentCreatorName: '',
    SegmentSequence: segments.map((segment, index) => segmentItem(segment, index + 1, identity)),
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [
      { DimensionOrganizationUID: organization, DimensionIndexPointer: [REFERENCED_SEGMENT_NUMBER], FunctionalGroupPointer: [SEGMENT_IDENTIFICATION_SEQUENCE] },
      { DimensionOrganizationUID: organization, DimensionIndexPointer: [IMAGE_POSITION_PATIENT], FunctionalGroupPointer: [PLANE_POSITION_SEQUENCE] },
    ],
    SharedFunctionalGroupsSequence: [sharedGroups(ct)],
    PerFrameFunctionalGroupsSequence: frames.map(({ segment, slice }) => frameGroups(segment, slice, ct)),
    PixelData: packFrames(frames),
  });
}

/** Patient, General Study, Segmentation Series, Frame of Reference, Enhanced General Equipment, Common Instance Reference, SOP Common. */
function instance(ct: CtGrid, { product, version, date, time }: SegmentationIdentity): Dataset {
  const { SpecificCharacterSet, ...attributes } = ct.attributes;
  return {
    ...attributes,
    ...(SpecificCharacterSet.length > 0 && { SpecificCharacterSet: [...SpecificCharacterSet] }),
    StudyDescription: attributes.StudyDescription === '' ? undefined : attributes.StudyDescription,
    SOPClassUID: SEGMENTATION_STORAGE,
    SOPInstanceUID: newUid(),
    Modality: 'SEG',
    SeriesInstanceUID: newUid(),
    SeriesNumber: 1,
    InstanceNumber: 1,
    ContentDate: date,
    ContentTime: time,
    FrameOfReferenceUID: ct.volume.geometry.frameOfReferenceUid,
    Manufacturer: product,
    ManufacturerModelName: product,
    DeviceSerialNumber: '0',
    SoftwareVersions: version,
    ReferencedSeriesSequence: [{ SeriesInstanceUID: ct.seriesInstanceUid, ReferencedInstanceSequence: ct.slices.map((_, slice) => reference(ct, slice)) }],
  };
}

function image(ct: CtGrid, numberOfFrames: number): Dataset {
  const [columns, rows] = ct.volume.geometry.size;
  return {
    ImageType: 'DERIVED\\PRIMARY',
    AcquisitionContextSequence: [],
    NumberOfFrames: numberOfFrames,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    LossyImageCompression: '00',
  };
}

function segmentItem({ label, algorithm, category, property }: Segment, number: number, { product, version }: SegmentationIdentity): Dataset {
  return {
    SegmentNumber: number,
    SegmentLabel: label,
    SegmentAlgorithmType: algorithm,
    ...(algorithm !== 'MANUAL' && { SegmentAlgorithmName: `${product} ${version}` }),
    SegmentedPropertyCategoryCodeSequence: [codeItem(category)],
    SegmentedPropertyTypeCodeSequence: [codeItem(property)],
  };
}

function sharedGroups({ volume: { geometry } }: CtGrid): Dataset {
  const gaps = geometry.sliceGapsMm();
  const even = Math.max(...gaps) - Math.min(...gaps) <= EVEN_MM;
  return {
    PlaneOrientationSequence: [{ ImageOrientationPatient: [...geometry.rowDirection, ...geometry.columnDirection] }],
    PixelMeasuresSequence: [
      {
        // PS3.3 10.7.1.3: distance between rows first, then between columns.
        PixelSpacing: [geometry.rowSpacingMm, geometry.columnSpacingMm],
        SliceThickness: decimalString(Math.min(...gaps)),
        ...(even && { SpacingBetweenSlices: decimalString(gaps[0]) }),
      },
    ],
  };
}

function frameGroups(segment: number, slice: number, ct: CtGrid): Dataset {
  return {
    FrameContentSequence: [{ DimensionIndexValues: [segment, slice + 1] }],
    PlanePositionSequence: [{ ImagePositionPatient: [...ct.slices[slice].imagePositionMm] }],
    SegmentIdentificationSequence: [{ ReferencedSegmentNumber: [segment] }],
    DerivationImageSequence: [
      {
        DerivationCodeSequence: [codeItem(SEGMENTATION)],
        SourceImageSequence: [{ ...reference(ct, slice), PurposeOfReferenceCodeSequence: [codeItem(SOURCE_IMAGE)] }],
      },
    ],
  };
}

function reference(ct: CtGrid, slice: number): Dataset {
  return { ReferencedSOPClassUID: ct.sopClassUid, ReferencedSOPInstanceUID: ct.slices[slice].sopInstanceUid };
}

function codeItem({ value, scheme, meaning }: Code): Dataset {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}
