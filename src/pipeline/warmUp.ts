import { CT_IMAGE_STORAGE, type CtGrid } from '../dicom/index.ts';
import { Mask, VolumeGeometry } from '../geometry/index.ts';
import { referenceTo, type StructureSet } from '../rtstruct/index.ts';
import type { PackedEncoded } from './packed.ts';
import { workerTasks, type WorkerTasks } from './workerTasks.ts';

/**
 * Grids unlike each other in what compiled code is made for: the second one is larger, so that memory grows, and holds fractions
 * where the first one holds whole numbers. After so many rounds nearly all code is compiled (measured); the first ones, when none is,
 * are on the small grid.
 */
const GRIDS = [
  { size: [120, 90, 3], spacingMm: 1, originMm: [-60, -45, 0], rounds: 6 },
  { size: [400, 320, 3], spacingMm: 0.9765625, originMm: [-195.5, -156.25, 0.125], rounds: 4 },
] as const;

/** Parts of a set that is written and no more, the same one again: what goes from contour to contour is not compiled for a handful of them. */
const MANY_PARTS = 40;

/**
 * Runs what threads are made for on small structures, so that it is compiled by the time that there is work: the first chest
 * takes twice as long otherwise. A thread has the time, because the CT is read meanwhile.
 */
export function* warmUp(tasks: readonly (keyof WorkerTasks)[]): Generator<undefined> {
  if (tasks.length === 0) return;
  for (const { rounds, ...grid } of GRIDS) {
    const ct = smallCt(grid);
    const mask = roughTube(ct.volume.geometry);
    for (let round = 0; round < rounds; round++) {
      for (const mode of ['exact', 'smooth'] as const) {
        const contours = workerTasks.trace(asReceived({ mode, mask }));
        yield;
        const encoded = workerTasks.encode(asReceived({ contours, encoding: { name: 'Tube', ct, xor: false } }));
        yield;
        if (!tasks.some((task) => ['write', 'check', 'verify'].includes(task))) continue;
        const setOf = (parts: readonly PackedEncoded[]): StructureSet<PackedEncoded> => ({
          ...SET,
          structures: [{ number: 1, name: 'Tube', type: 'ORGAN', colour: [255, 0, 0], algorithm: '', volumeCc: mask.volumeCc, contours: parts }],
          reference: referenceTo(ct),
        });
        const bytes = workerTasks.write(asReceived({ set: setOf([encoded]), ct }));
        yield;
        if (tasks.includes('write')) workerTasks.write(asReceived({ set: setOf(Array.from({ length: MANY_PARTS }, () => encoded)), ct }));
        yield;
        if (tasks.includes('check')) workerTasks.check(asReceived({ bytes, ct, profile: 'generic' }));
        yield;
        if (tasks.includes('verify')) workerTasks.verify(asReceived({ bytes, ct, masks: new Map([['Tube', mask]]), range: { first: 0, end: ct.slices.length } }));
        yield;
      }
    }
  }
}

/** As it comes from another thread: arrays are of another kind there, and code compiled for one kind is thrown away when it meets the other. */
function asReceived<T>(value: T): T {
  return structuredClone(value);
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

/**
 * A round structure with holes, as lungs have vessels, and an outline that is ragged on one side, with voxels that touch at corners;
 * elsewhere it is wavy, on each slice in another way, so that some rings cannot be simplified as far as others. Around it a slice holds nothing.
 */
function roughTube(geometry: VolumeGeometry): Mask {
  const [columns, rows, slices] = geometry.size;
  const box = { min: [2, 1, 0], size: [columns - 4, rows - 2, slices] } as const;
  const [width, height] = box.size;
  const radius = 0.45 * rows;
  const voxels = new Uint8Array(new SharedArrayBuffer(width * height * slices));
  for (let index = 0; index < voxels.length; index++) {
    const x = (index % width) - width / 2;
    const y = (Math.floor(index / width) % height) - height / 2;
    const slice = Math.floor(index / (width * height));
    const raggedness = x > 0 && Math.abs(y) < radius / 4 ? (Math.imul(index, 0x9e3779b1) >>> 28) / 5 : 0;
    const isHole = Math.hypot(Math.abs(x) - radius / 2, Math.abs(y) - radius / 2) < radius / 12;
    const waves = 0.95 + 0.05 * Math.sin((7 + 3 * slice) * Math.atan2(y, x) + slice);
    voxels[index] = !isHole && Math.hypot(x, y) + raggedness < radius * waves ? 1 : 0;
  }
  return new Mask(geometry, box, voxels);
}
