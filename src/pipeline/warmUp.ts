import { CT_IMAGE_STORAGE, type CtGrid } from '../dicom/index.ts';
import { Mask, VolumeGeometry } from '../geometry/index.ts';
import { referenceTo, type StructureSet } from '../rtstruct/index.ts';
import { workerTasks } from './workerTasks.ts';

/**
 * Grids unlike each other in what compiled code is made for: the second one is larger, so that memory grows, and holds fractions
 * where the first one holds whole numbers. After so many rounds nearly all code is compiled (measured); the first ones, when none is,
 * are on the small grid.
 */
const GRIDS = [
  { size: [120, 90, 3], spacingMm: 1, originMm: [-60, -45, 0], rounds: 6 },
  { size: [400, 320, 3], spacingMm: 0.9765625, originMm: [-195.5, -156.25, 0.125], rounds: 4 },
] as const;

/**
 * Runs what threads are made for on small structures, so that it is compiled by the time that there is work: the first chest
 * takes twice as long otherwise. A thread has the time, because the CT is read meanwhile.
 */
export function* warmUp(writes: boolean): Generator<undefined> {
  for (const { rounds, ...grid } of GRIDS) {
    const ct = smallCt(grid);
    const mask = roughTube(ct.volume.geometry);
    for (let round = 0; round < rounds; round++) {
      for (const mode of ['exact', 'smooth'] as const) {
        const contours = workerTasks.trace({ mode, mask });
        yield;
        if (!writes) continue;
        const set: StructureSet = { ...SET, structures: [{ number: 1, name: 'Tube', type: 'ORGAN', colour: [255, 0, 0], algorithm: '', volumeCc: mask.volumeCc, contours }], reference: referenceTo(ct) };
        const bytes = workerTasks.write({ set, ct, profile: 'generic' });
        yield;
        workerTasks.verify({ bytes, ct, masks: new Map([['Tube', mask]]) });
        yield;
      }
    }
  }
}

const SET = {
  sopInstanceUid: '2.25.1',
  seriesInstanceUid: '2.25.2',
  label: 'Tube',
  date: '20000101',
  time: '000000',
  approval: { status: 'UNAPPROVED' },
  equipment: { manufacturer: '', modelName: '', softwareVersions: [''] },
} as const;

function smallCt({ size, spacingMm, originMm }: Pick<(typeof GRIDS)[number], 'size' | 'spacingMm' | 'originMm'>): CtGrid {
  const geometry = new VolumeGeometry({
    size,
    columnSpacingMm: spacingMm,
    rowSpacingMm: spacingMm,
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    originMm,
    // Numbers of many digits, as positions of slices are.
    sliceOffsetsMm: Array.from({ length: size[2] }, (_, k) => (k * 7) / 3),
    frameOfReferenceUid: '2.25.3',
  });
  return {
    volume: { geometry },
    slices: Array.from({ length: size[2] }, (_, k) => ({ sopInstanceUid: `2.25.4.${k}`, imagePositionMm: geometry.toPatient([0, 0, k]) })),
    seriesInstanceUid: '2.25.5',
    sopClassUid: CT_IMAGE_STORAGE,
    patientPosition: 'HFS',
    attributes: {
      PatientName: '', PatientID: '', PatientBirthDate: '', PatientSex: '', StudyInstanceUID: '2.25.6', StudyDate: '', StudyTime: '',
      StudyID: '', StudyDescription: '', AccessionNumber: '', ReferringPhysicianName: '', PositionReferenceIndicator: '', SpecificCharacterSet: [],
    },
    skipped: [],
  };
}

/** A round structure with holes, as lungs have vessels, and an outline that is ragged on one side, with voxels that touch at corners. */
function roughTube(geometry: VolumeGeometry): Mask {
  const [columns, rows] = geometry.size;
  const radius = 0.45 * rows;
  const voxels = Uint8Array.from({ length: geometry.voxelCount }, (_, index) => {
    const x = (index % columns) - columns / 2;
    const y = (Math.floor(index / columns) % rows) - rows / 2;
    const raggedness = x > 0 && Math.abs(y) < radius / 4 ? (Math.imul(index, 0x9e3779b1) >>> 28) / 5 : 0;
    const isHole = Math.hypot(Math.abs(x) - radius / 2, Math.abs(y) - radius / 2) < radius / 12;
    return !isHole && Math.hypot(x, y) + raggedness < radius * (0.95 + 0.05 * Math.sin(7 * Math.atan2(y, x))) ? 1 : 0;
  });
  return new Mask(geometry, { min: [0, 0, 0], size: geometry.size }, voxels);
}
