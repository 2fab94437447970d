import type { Transferable } from 'node:worker_threads';
import type { CtGrid } from '../dicom/index.ts';
import { Mask, VolumeGeometry } from '../geometry/index.ts';
import { traceContours, traceSmoothContours, verifyStructureSet, writeStructureSet, type Contour, type StructureSet, type TpsName, type VerifiedStructure } from '../rtstruct/index.ts';
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
  write: (input: { set: StructureSet; ct: CtGrid; profile: TpsName }) => Uint8Array;
  verify: (input: { bytes: Uint8Array; ct: CtGrid; masks: ReadonlyMap<string, Slab['mask']> }) => VerifiedStructure[];
}

export const workerTasks: WorkerTasks = {
  trace: ({ mode, mask, probabilities }) => {
    const own = received(mask);
    if (mode === 'exact') return traceContours(own);
    return traceSmoothContours({ mask: own, probability: probabilities && ((slice) => probabilities[slice - own.box.min[2]] ?? new Float32Array(0)) });
  },
  write: ({ set, ct, profile }) => writeStructureSet(set, onGrid(ct), { profile }),
  verify: ({ bytes, ct, masks }) => verifyStructureSet(bytes, onGrid(ct), new Map(Array.from(masks, ([name, mask]) => [name, received(mask)]))),
};

/** What a task gave, laid out so that it goes to another thread without being copied, and the memory that goes. */
export function packed(output: ReturnType<WorkerTasks[keyof WorkerTasks]>): { output: typeof output; transfer: Transferable[] } {
  if (output instanceof Uint8Array) return { output, transfer: [output.buffer as ArrayBuffer] };
  if (!isContours(output)) return { output, transfer: [] };
  // The points of all rings in one piece of memory: thousands of pieces would take longer to hand over than to draw.
  const points = new Float64Array(output.reduce((sum, contour) => sum + contour.holes.reduce((holes, hole) => holes + hole.length, contour.points.length), 0));
  let end = 0;
  const moved = (ring: Float64Array): Float64Array => {
    points.set(ring, end);
    end += ring.length;
    return points.subarray(end - ring.length, end);
  };
  return { output: output.map(({ slice, points: ring, holes }) => ({ slice, points: moved(ring), holes: holes.map(moved) })), transfer: [points.buffer] };
}

function isContours(output: readonly Contour[] | readonly VerifiedStructure[]): output is Contour[] {
  return output.length > 0 && 'points' in output[0];
}

function received({ geometry, box, voxels }: Slab['mask']): Mask {
  return new Mask(VolumeGeometry.received(geometry), box, voxels);
}

function onGrid(ct: CtGrid): CtGrid {
  return { ...ct, volume: { geometry: VolumeGeometry.received(ct.volume.geometry) } };
}
