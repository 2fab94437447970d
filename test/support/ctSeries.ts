import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCtSeries } from '../../src/ct/index.ts';
import { CT_IMAGE_STORAGE, readDicom, uidFrom, writeDicom, type CtAttributes, type Dataset, type PlanningCt } from '../../src/dicom/index.ts';
import { Volume, VolumeGeometry, type Vector3, type VolumeGeometryInput } from '../../src/geometry/index.ts';
import { POSITIONS } from './geometries.ts';

/** Row and column direction (LPS) of axial images in each Patient Position. */
export const PATIENT_POSITIONS: Readonly<Record<string, { rowDirection: Vector3; columnDirection: Vector3 }>> = Object.fromEntries(
  POSITIONS.map(({ name, ...directions }) => [name, directions]),
);

/** 13 columns × 9 rows × 6 uneven slices of unequal spacings, head first supine. */
const DEFAULT_GEOMETRY: VolumeGeometryInput = {
  size: [13, 9, 6],
  columnSpacingMm: 2.5,
  rowSpacingMm: 4,
  rowDirection: [1, 0, 0],
  columnDirection: [0, 1, 0],
  originMm: [-17.25, -100.5, 31.125],
  sliceOffsetsMm: [0, 3, 6, 9, 13, 16],
  frameOfReferenceUid: uidFrom('test', 'frame of reference'),
};

const DEFAULT_ATTRIBUTES: CtAttributes = {
  PatientName: 'TEST^CASE',
  PatientID: 'T-1',
  PatientBirthDate: '19700101',
  PatientSex: 'F',
  StudyInstanceUID: uidFrom('test', 'study'),
  StudyDate: '20240102',
  StudyTime: '101112',
  StudyID: '7',
  StudyDescription: 'test',
  AccessionNumber: '',
  ReferringPhysicianName: '',
  PositionReferenceIndicator: '',
  SpecificCharacterSet: [],
};

export interface TestCtOptions {
  /** Laid over a small uneven head-first supine volume. */
  geometry?: Partial<VolumeGeometryInput>;
  /** Sets the direction cosines as scanners do, unless the geometry gives others. */
  patientPosition?: string;
  /** HU at a patient position (LPS, mm), rounded to whole numbers. */
  hu?: (pointMm: Vector3) => number;
  attributes?: Partial<CtAttributes>;
  /** Makes the UIDs of a second series: two CTs of the same name have the same UIDs. */
  name?: string;
}

/** A small planning CT in memory. */
export function testCt(options: TestCtOptions = {}): PlanningCt {
  const { patientPosition = 'HFS', name = 'series', hu = defaultHu } = options;
  const geometry = new VolumeGeometry({ ...DEFAULT_GEOMETRY, ...PATIENT_POSITIONS[patientPosition], ...options.geometry });
  const [columns, rows, slices] = geometry.size;
  const voxels = new Int16Array(geometry.voxelCount);
  for (let k = 0, index = 0; k < slices; k++) {
    for (let j = 0; j < rows; j++) for (let i = 0; i < columns; i++, index++) voxels[index] = Math.round(hu(geometry.toPatient([i, j, k])));
  }
  return {
    volume: new Volume(geometry, voxels),
    slices: Array.from({ length: slices }, (_, k) => ({ sopInstanceUid: uidFrom('test', name, k), imagePositionMm: geometry.toPatient([0, 0, k]) })),
    seriesInstanceUid: uidFrom('test', name),
    sopClassUid: CT_IMAGE_STORAGE,
    patientPosition,
    attributes: { ...DEFAULT_ATTRIBUTES, ...options.attributes },
    skipped: [],
  };
}

/** Every voxel of the default volume has a value of its own. */
function defaultHu([x, y, z]: Vector3): number {
  return 3 * x + 1.7 * y + 11.3 * z;
}

/** Runs `use` with an empty folder that is removed afterwards, whatever happens. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a small CT series into `folder`; returns its files in slice order. */
export async function writeTestCt(folder: string, options: TestCtOptions = {}): Promise<string[]> {
  return await writeCtSeries(testCt(options), folder);
}

/** Rewrites one file with changed elements; `undefined` removes an element. Values must be writable (PS3.5 6.2). */
export async function alterFile(file: string, changes: Dataset): Promise<void> {
  const bytes = await readFile(file);
  const { dataset, pixelData } = readDicom(bytes, { file });
  const pixels = bytes.subarray(bytes.length - (pixelData?.byteLength ?? 0));
  await writeFile(file, writeDicom({ ...dataset, ...(pixelData ? { PixelData: pixels } : {}), ...changes }));
}

/** Rewrites every file with changed elements. */
export async function alterFiles(files: readonly string[], changes: Dataset): Promise<void> {
  for (const file of files) await alterFile(file, changes);
}
