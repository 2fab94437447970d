import type { CtGrid } from '../dicom/index.ts';
import { Mask, VolumeGeometry } from '../geometry/index.ts';
import {
  checkFile, encodedContours, structureSetBytes, traceContours, traceSmoothContours, verifyStructureSet,
  type Contour, type EncodedContour, type Encoding, type SliceRange, type StructureSet, type TpsName, type VerifiedStructure,
} from '../rtstruct/index.ts';
import type { ContourMode } from './structureOfMask.ts';

// What comes from another thread are plain values: classes are lost on the way, and made again here.

/** Neighbouring slices of a structure, and their probabilities, where a model gave them: one array for each slice of the mask's box that holds voxels. */
export interface Slab {
  mode: ContourMode;
  mask: Pick<Mask, 'geometry' | 'box' | 'voxels'>;
  probabilities?: readonly (Float32Array | undefined)[] | undefined;
}

/** What threads do, and what they are given for it. */
export interface WorkerTasks {
  trace: (slab: Slab) => Contour[];
  encode: (input: { contours: readonly Contour[]; encoding: Encoding }) => EncodedContour[];
  write: (input: { set: StructureSet<EncodedContour>; ct: CtGrid }) => Uint8Array;
  check: (input: { bytes: Uint8Array; ct: CtGrid; profile: TpsName }) => void;
  verify: (input: { bytes: Uint8Array; ct: CtGrid; masks: ReadonlyMap<string, Slab['mask']>; range?: SliceRange }) => VerifiedStructure[];
}

export const workerTasks: WorkerTasks = {
  trace: ({ mode, mask, probabilities }) => {
    const own = received(mask);
    if (mode === 'exact') return inSharedMemory(traceContours(own));
    return inSharedMemory(traceSmoothContours({ mask: own, probability: probabilities && ((slice) => probabilities[slice - own.box.min[2]] ?? new Float32Array(0)) }));
  },
  encode: ({ contours, encoding }) => encodedContours(contours, { ...encoding, ct: onGrid(encoding.ct) }),
  write: ({ set, ct }) => structureSetBytes(set, onGrid(ct)),
  check: ({ bytes, ct, profile }) => { checkFile(bytes, onGrid(ct), profile); },
  verify: ({ bytes, ct, masks, range }) => verifyStructureSet(bytes, onGrid(ct), new Map(Array.from(masks, ([name, mask]) => [name, received(mask)])), range),
};

/** Contours with the points of all rings in one piece of memory that threads share: thousands of pieces would take longer to hand over than to draw. */
function inSharedMemory(contours: readonly Contour[]): Contour[] {
  const count = contours.reduce((sum, contour) => sum + contour.holes.reduce((holes, hole) => holes + hole.length, contour.points.length), 0);
  const points = new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT));
  let end = 0;
  const moved = (ring: Float64Array): Float64Array => {
    points.set(ring, end);
    end += ring.length;
    return points.subarray(end - ring.length, end);
  };
  return contours.map(({ slice, points: ring, holes }) => ({ slice, points: moved(ring), holes: holes.map(moved) }));
}

function received({ geometry, box, voxels }: Slab['mask']): Mask {
  return new Mask(VolumeGeometry.received(geometry), box, voxels);
}

function onGrid(ct: CtGrid): CtGrid {
  return { ...ct, volume: { geometry: VolumeGeometry.received(ct.volume.geometry) } };
}
