import { readFile } from 'node:fs/promises';
import type { PlanningCt } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { contoursOnGrid, rasterize, readStructureSet } from '../rtstruct/index.ts';

export interface StructureOnCt {
  name: string;
  colour: readonly [number, number, number];
  mask: Mask;
}

export interface StructureSetOnCt {
  /** Structure Set Label, as the file holds it. */
  label: string;
  structures: StructureOnCt[];
  /** What could not be placed on the CT or not as meant, in words. */
  problems: string[];
}

/** For a structure whose file gives it no colour. */
const GREY = [160, 160, 160] as const;

/**
 * A structure set file as masks on a CT.
 * @throws RondoError `file-unreadable`, `other-frame-of-reference`, and what `readStructureSet` throws
 */
export async function structureSetOnCt(file: string, ct: PlanningCt): Promise<StructureSetOnCt> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new RondoError('file-unreadable', 'The structure set cannot be read. Give an existing RT Structure Set file.', { file }, { cause });
  }
  const set = readStructureSet(bytes, { file });
  const problems: string[] = [];
  if (!set.reference.series.some(({ seriesInstanceUid }) => seriesInstanceUid === ct.seriesInstanceUid)) {
    problems.push('the structure set was drawn on another series of the same frame of reference');
  }
  const structures = set.structures.map((structure): StructureOnCt => {
    const { contours, problems: found } = contoursOnGrid(set, structure, ct.volume.geometry);
    const kinds = found.map(({ problem, placed }) => `${problem}${placed ? '' : ', left out'}`);
    for (const kind of new Set(kinds)) problems.push(`${structure.name}: ${kinds.filter((other) => other === kind).length} of ${structure.contours.length} contours: ${kind}`);
    return { name: structure.name, colour: structure.colour ?? GREY, mask: rasterize(contours, ct.volume.geometry) };
  });
  return { label: set.label, structures, problems };
}
