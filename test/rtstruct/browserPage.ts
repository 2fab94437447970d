import {
  CT_IMAGE_STORAGE,
  Mask,
  maskOfStructure,
  newUid,
  rasterize,
  readStructureSet,
  readStructureSetFile,
  RondoError,
  traceContours,
  traceSmoothContours,
  Volume,
  VolumeGeometry,
  writeStructureSet,
  writeStructureSetFile,
  type Contour,
  type ContourProblem,
  type PlanningCt,
  type VolumeGeometryInput,
} from '../../src/rtstruct/index.ts';
import { makeSet } from './structureSets.ts';

// What browser.test.ts calls, in its page and in Node. Plain data goes in and comes out, for the page is another process.

/** Structures on a grid, one byte (0 or 1) for each voxel of the volume, column fastest. */
export interface Drawings {
  grid: VolumeGeometryInput;
  structures: Readonly<Record<string, Uint8Array>>;
}

export interface Traced {
  contours: Contour[];
  /** The voxels that the contours enclose. */
  voxels: Uint8Array;
}

/** Both kinds of contours of each structure, and what they enclose. */
export function traced(drawings: Drawings): { name: string; exact: Traced; smooth: Traced }[] {
  return [...masksOf(drawings)].map(([name, mask]) => {
    const enclosed = (contours: Contour[]): Traced => ({ contours, voxels: rasterize(contours, mask.geometry).toDense() });
    return { name, exact: enclosed(traceContours(mask)), smooth: enclosed(traceSmoothContours({ mask })) };
  });
}

/** All structures as a file. */
export function written(drawings: Drawings): Uint8Array {
  const ct = ctOn(new VolumeGeometry(drawings.grid));
  return writeStructureSet(makeSet(ct, masksOf(drawings), { description: 'Größe geprüft, für Jörg' }), ct);
}

/** What a file holds, and each of its structures on the grid. */
export function read({ bytes, grid }: { bytes: Uint8Array; grid: VolumeGeometryInput }): { description: string | undefined; masks: { name: string; voxels: Uint8Array; problems: ContourProblem[] }[] } {
  const set = readStructureSet(bytes);
  const geometry = new VolumeGeometry(grid);
  const masks = set.structures.map((structure) => {
    const { mask, problems } = maskOfStructure(set, structure, geometry);
    return { name: structure.name, voxels: mask.toDense(), problems };
  });
  return { description: set.description, masks };
}

/** A file read and written again. */
export function rewritten(bytes: Uint8Array): Uint8Array {
  return writeStructureSetFile(readStructureSetFile(bytes));
}

/** The code of the error that bytes are refused with, '' where they are taken. */
export function refusal(bytes: Uint8Array): string {
  try {
    readStructureSet(bytes);
    return '';
  } catch (error) {
    if (error instanceof RondoError) return error.code;
    throw error;
  }
}

export { newUid };

function masksOf({ grid, structures }: Drawings): Map<string, Mask> {
  const geometry = new VolumeGeometry(grid);
  return new Map(Object.entries(structures).map(([name, voxels]) => [name, Mask.fromVoxels(geometry, voxels, (voxel) => voxel === 1)]));
}

/** A CT of nothing but water, as a page that knows only the grid would have to make it. */
function ctOn(geometry: VolumeGeometry): PlanningCt {
  return {
    volume: new Volume(geometry, new Int16Array(geometry.voxelCount)),
    slices: geometry.sliceOffsetsMm.map((_, k) => ({ sopInstanceUid: `2.25.1${k}`, imagePositionMm: geometry.toPatient([0, 0, k]) })),
    seriesInstanceUid: '2.25.2',
    sopClassUid: CT_IMAGE_STORAGE,
    patientPosition: 'HFS',
    attributes: {
      PatientName: 'TEST^JÖRG',
      PatientID: 'T-1',
      PatientBirthDate: '19700101',
      PatientSex: 'F',
      StudyInstanceUID: '2.25.3',
      StudyDate: '20240102',
      StudyTime: '101112',
      StudyID: '7',
      StudyDescription: '',
      AccessionNumber: '',
      ReferringPhysicianName: '',
      PositionReferenceIndicator: '',
      SpecificCharacterSet: ['ISO_IR 100'],
    },
    skipped: [],
  };
}
