import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CT_IMAGE_STORAGE, uidFrom, writeDicom, type CtSlice, type Dataset, type PlanningCt } from '../dicom/index.ts';

/** What a CT series is written from: a planning CT without the report of what was passed over when it was read. */
export interface CtSeries extends Omit<PlanningCt, 'skipped' | 'sopClassUid' | 'slices'> {
  /** Without them, every slice stands where the geometry puts it and has a UID made from the series' UID and its index. */
  slices?: readonly CtSlice[] | undefined;
}

/**
 * Writes one CT Image file per slice (explicit VR little endian, HU stored as signed 16-bit with rescale 1 and 0) into
 * `folder`, which is made if need be. Returns the paths in slice order; the names hold the slice number only.
 * @throws RondoError `dicom-value` when an attribute cannot stand in a DICOM file (PS3.5 6.2)
 */
export async function writeCtSeries(ct: CtSeries, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const count = ct.volume.geometry.size[2];
  const digits = String(count).length;
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const file = join(folder, `ct.${String(index + 1).padStart(digits, '0')}.dcm`);
    await writeFile(file, writeDicom(ctImage(ct, index)));
    files.push(file);
  }
  return files;
}

/** One slice as a CT Image (PS3.3 A.3), index k of the volume. */
function ctImage(ct: CtSeries, index: number): Dataset {
  const { geometry, voxels } = ct.volume;
  const [columns, rows] = geometry.size;
  const { SpecificCharacterSet, ...attributes } = ct.attributes;
  const slice = ct.slices?.[index] ?? { sopInstanceUid: uidFrom(ct.seriesInstanceUid, index), imagePositionMm: geometry.toPatient([0, 0, index]) };
  return {
    SpecificCharacterSet: SpecificCharacterSet.length > 0 ? [...SpecificCharacterSet] : undefined,
    ...attributes,
    ImageType: 'ORIGINAL\\PRIMARY\\AXIAL',
    SOPClassUID: CT_IMAGE_STORAGE,
    SOPInstanceUID: slice.sopInstanceUid,
    ContentDate: attributes.StudyDate,
    ContentTime: attributes.StudyTime,
    Modality: 'CT',
    Laterality: '',
    Manufacturer: '',
    KVP: '',
    PatientPosition: ct.patientPosition,
    SeriesInstanceUID: ct.seriesInstanceUid,
    SeriesNumber: 1,
    AcquisitionNumber: 1,
    InstanceNumber: index + 1,
    FrameOfReferenceUID: geometry.frameOfReferenceUid,
    ImagePositionPatient: [...slice.imagePositionMm],
    ImageOrientationPatient: [...geometry.rowDirection, ...geometry.columnDirection],
    SliceThickness: geometry.sliceThicknessMm(index),
    // PS3.3 10.7.1.3: distance between rows first, then between columns.
    PixelSpacing: [geometry.rowSpacingMm, geometry.columnSpacingMm],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    RescaleIntercept: 0,
    RescaleSlope: 1,
    RescaleType: 'HU',
    PixelData: littleEndianBytes(voxels.subarray(index * rows * columns, (index + 1) * rows * columns)),
  };
}

function littleEndianBytes(voxels: Int16Array): Uint8Array {
  const bytes = new Uint8Array(voxels.length * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < voxels.length; index++) view.setInt16(index * 2, voxels[index], true);
  return bytes;
}
