import type { CtGrid } from '../dicom/index.ts';
import { Mask, VolumeGeometry } from '../geometry/index.ts';
import { pairMetrics, type PairMetrics, type PairOptions } from '../metrics/index.ts';
import {
  checkFile, encodedContours, maskOfStructure, structureSetBytes, traceContours, traceSmoothContours, verifyStructureSet,
  type Encoding, type ImageReference, type SliceRange, type StructurePlacing, type StructureSet, type TpsName, type VerifiedStructure,
} from '../rtstruct/index.ts';
import { packContours, packEncoded, shared, unpackContours, unpackEncoded, unpackFileContours, type PackedContours, type PackedEncoded, type PackedFileContours } from './packed.ts';
import type { ContourMode } from './structureOfMask.ts';

// What comes from another thread are plain values: classes are lost on the way, and made again here.

/** A mask as it goes from thread to thread, its voxels in memory that they share. */
export type MaskValues = Pick<Mask, 'geometry' | 'box' | 'voxels'>;

/** Neighbouring slices of a structure, and their probabilities, where a model gave them: one array for each slice of the mask's box that holds voxels. */
export interface Slab {
  mode: ContourMode;
  mask: MaskValues;
  probabilities?: readonly (Float32Array | undefined)[] | undefined;
}

/** What threads do, and what they are given for it. */
export interface WorkerTasks {
  trace: (slab: Slab) => PackedContours;
  encode: (input: { contours: PackedContours; encoding: Encoding }) => PackedEncoded;
  /** The contours of a structure in parts; the file is in memory that threads share. */
  write: (input: { set: StructureSet<PackedEncoded>; ct: CtGrid }) => Uint8Array;
  check: (input: { bytes: Uint8Array; ct: CtGrid; profile: TpsName }) => void;
  verify: (input: { bytes: Uint8Array; ct: CtGrid; masks: ReadonlyMap<string, MaskValues>; range?: SliceRange }) => VerifiedStructure[];
  /** The mask in the smallest box that holds it. */
  draw: (input: { reference: ImageReference; contours: PackedFileContours; geometry: VolumeGeometry }) => StructurePlacing & { mask: MaskValues };
  compare: (input: { reference: MaskValues; test: MaskValues; options: PairOptions }) => PairMetrics;
}

export const workerTasks: WorkerTasks = {
  trace: ({ mode, mask, probabilities }) => {
    const own = received(mask);
    if (mode === 'exact') return packContours(traceContours(own));
    return packContours(traceSmoothContours({ mask: own, probability: probabilities && ((slice) => probabilities[slice - own.box.min[2]] ?? new Float32Array(0)) }));
  },
  encode: ({ contours, encoding }) => packEncoded(encodedContours(unpackContours(contours), { ...encoding, ct: onGrid(encoding.ct) })),
  write: ({ set, ct }) => {
    const structures = set.structures.map((structure) => ({ ...structure, contours: structure.contours.flatMap(unpackEncoded) }));
    return shared(structureSetBytes({ ...set, structures }, onGrid(ct)));
  },
  check: ({ bytes, ct, profile }) => { checkFile(bytes, onGrid(ct), profile); },
  verify: ({ bytes, ct, masks, range }) => verifyStructureSet(bytes, onGrid(ct), new Map(Array.from(masks, ([name, mask]) => [name, received(mask)])), range),
  draw: ({ reference, contours, geometry }) => {
    const { mask, ...placing } = maskOfStructure({ reference }, { contours: unpackFileContours(contours) }, VolumeGeometry.received(geometry));
    const { box, voxels } = mask.cropped();
    return { mask: { geometry, box, voxels: shared(voxels) }, ...placing };
  },
  compare: ({ reference, test, options }) => pairMetrics(received(reference), received(test), options),
};

function received({ geometry, box, voxels }: MaskValues): Mask {
  return new Mask(VolumeGeometry.received(geometry), box, voxels);
}

function onGrid(ct: CtGrid): CtGrid {
  return { ...ct, volume: { geometry: VolumeGeometry.received(ct.volume.geometry) } };
}
