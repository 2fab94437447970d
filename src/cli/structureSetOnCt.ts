import type { CtGrid } from '../dicom/index.ts';
import type { Mask } from '../geometry/index.ts';
import { maskOfStructure, type FileContour, type InterpolatedMask, type Structure, type StructurePlacing, type StructureSet } from '../rtstruct/index.ts';
import { openStructureSet } from './structureSetFile.ts';

export interface StructureOnCt {
  number: number;
  name: string;
  colour: readonly [number, number, number];
  mask: Mask;
}

export interface StructureSetOnCt {
  /** Structure Set Label, as the file holds it. */
  label: string;
  structures: StructureOnCt[];
  /** What could not be placed on the CT or not as meant, or is missing, in words. */
  problems: string[];
}

/** For a structure whose file gives it no colour. */
const GREY = [160, 160, 160] as const;

/**
 * A structure set file as masks on a CT.
 * @throws RondoError `file-unreadable`, `other-frame-of-reference`, and what `readStructureSetFile` throws
 */
export async function structureSetOnCt(file: string, ct: CtGrid): Promise<StructureSetOnCt> {
  const { set } = await openStructureSet(file);
  const problems = problemsOfSeries(set, ct);
  const structures = set.structures.map((structure) => {
    const drawn = maskOfStructure(set, structure, ct.volume.geometry);
    problems.push(...problemsOfStructure(structure, drawn));
    return structureOnCt(structure, drawn.mask);
  });
  return { label: set.label, structures, problems };
}

/** A structure and its mask. */
export function structureOnCt({ number, name, colour = GREY }: Structure<FileContour>, mask: Mask): StructureOnCt {
  return { number, name, colour, mask };
}

/** Whether the structure set refers to this CT, in words where it does not. */
export function problemsOfSeries({ reference }: StructureSet<FileContour>, ct: CtGrid): string[] {
  const isOwn = reference.series.some(({ seriesInstanceUid }) => seriesInstanceUid === ct.seriesInstanceUid);
  return isOwn ? [] : ['the structure set was drawn on another series of the same frame of reference'];
}

/** What could not be placed, was placed otherwise than on slices, or is missing between contours, in words. */
export function problemsOfStructure({ name, contours }: Structure<FileContour>, { problems, gaps, axis, interpolated = [] }: StructurePlacing & Partial<Pick<InterpolatedMask, 'interpolated'>>): string[] {
  const kinds = problems.map(({ problem, placed }) => `${problem}${placed ? '' : ', left out'}`);
  const planes = ['columns', 'rows', 'slices'][axis];
  const empty = (kind: string): { count: number; distanceMm: number } => {
    const found = gaps.filter((gap) => gap.kind === kind);
    return { count: found.reduce((sum, { first, last }) => sum + last - first + 1, 0), distanceMm: Math.max(0, ...found.map(({ distanceMm }) => distanceMm)) };
  };
  const [coarse, open] = [empty('coarse'), empty('open')];
  return [
    ...[...new Set(kinds)].map((kind) => `${kinds.filter((other) => other === kind).length} of ${contours.length} contours: ${kind}`),
    ...(axis === 2 ? [] : [`drawn on planes along the ${planes} of the image, not on slices`]),
    ...(coarse.count === 0 ? [] : [`${coarse.count} ${planes} between contours hold none, because the contours lie up to ${coarse.distanceMm.toFixed(1)} mm apart; left empty ("rondo rtstruct to-masks --interpolate" fills them)`]),
    ...(open.count === 0 ? [] : [`${open.count} ${planes} between contours hold none, and the contours beside them lie farther apart than usual; left empty`]),
    ...(interpolated.length === 0 ? [] : [`${interpolated.length} ${planes} between contours interpolated`]),
  ].map((problem) => `${name}: ${problem}`);
}
