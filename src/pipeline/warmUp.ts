import { CT_IMAGE_STORAGE, type CtGrid } from '../dicom/index.ts';
import { Mask, VolumeGeometry } from '../geometry/index.ts';
import { referenceTo, type StructureSet } from '../rtstruct/index.ts';
import { workerTasks } from './workerTasks.ts';

/** After so many rounds nearly all code is compiled; measured. */
const ROUNDS = 12;

const SIZE = [160, 140, 6] as const;

/**
 * Runs what threads are made for on a small structure, so that it is compiled by the time that there is work: the first chest
 * takes twice as long otherwise. A thread has the time, because the CT is read meanwhile.
 */
export function* warmUp(writes: boolean): Generator<undefined> {
  const ct = smallCt();
  const mask = wavyTube(ct.volume.geometry);
  for (let round = 0; round < ROUNDS; round++) {
    for (const mode of ['exact', 'smooth'] as const) {
      const contours = workerTasks.trace({ mode, mask });
      yield;
      if (!writes) continue;
      const set: StructureSet = { ...SET, structures: [{ number: 1, name: 'Tube', type: 'ORGAN', colour: [255, 0, 0], algorithm: '', contours }], reference: referenceTo(ct) };
      const bytes = workerTasks.write({ set, ct, profile: 'generic' });
      yield;
      workerTasks.verify({ bytes, ct, masks: new Map([['Tube', mask]]) });
      yield;
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

function smallCt(): CtGrid {
  const geometry = new VolumeGeometry({
    size: SIZE,
    columnSpacingMm: 0.9765625,
    rowSpacingMm: 0.9765625,
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    originMm: [-78, -68, 0],
    sliceOffsetsMm: Array.from({ length: SIZE[2] }, (_, k) => 2.5 * k),
    frameOfReferenceUid: '2.25.3',
  });
  return {
    volume: { geometry },
    slices: Array.from({ length: SIZE[2] }, (_, k) => ({ sopInstanceUid: `2.25.4.${k}`, imagePositionMm: [-78, -68, 2.5 * k] })),
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

/** A round structure with a rough outline and some holes, as lungs have vessels. */
function wavyTube(geometry: VolumeGeometry): Mask {
  const [columns, rows] = geometry.size;
  const voxels = Uint8Array.from({ length: geometry.voxelCount }, (_, index) => {
    const x = (index % columns) - columns / 2;
    const y = (Math.floor(index / columns) % rows) - rows / 2;
    const angle = Math.atan2(y, x);
    return Math.hypot(x, y) < 60 + 4 * Math.sin(7 * angle) && Math.hypot(Math.abs(x) - 25, Math.abs(y) - 25) > 4 ? 1 : 0;
  });
  return new Mask(geometry, { min: [0, 0, 0], size: geometry.size }, voxels);
}
