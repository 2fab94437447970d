import type { PlanningCt } from '../dicom/index.ts';
import type { Mask } from '../geometry/index.ts';
import { contoursOnGrid, rasterize } from '../rtstruct/index.ts';
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
  /** What could not be placed on the CT or not as meant, in words. */
  problems: string[];
}

/** For a structure whose file gives it no colour. */
const GREY = [160, 160, 160] as const;

/**
 * A structure set file as masks on a CT.
 * @throws RondoError `file-unreadable`, `other-frame-of-reference`, and what `readStructureSetFile` throws
 */
export async function structureSetOnCt(file: string, ct: PlanningCt): Promise<StructureSetOnCt> {
  const { set } = await openStructureSet(file);
  const problems: string[] = [];
  if (!set.reference.series.some(({ seriesInstanceUid }) => seriesInstanceUid === ct.seriesInstanceUid)) {
    problems.push('the structure set was drawn on another series of the same frame of reference');
  }
  const structures = set.structures.map((structure): StructureOnCt => {
    const { contours, problems: found } = contoursOnGrid(set, structure, ct.volume.geometry);
    const kinds = found.map(({ problem, placed }) => `${problem}${placed ? '' : ', left out'}`);
    for (const kind of new Set(kinds)) problems.push(`${structure.name}: ${kinds.filter((other) => other === kind).length} of ${structure.contours.length} contours: ${kind}`);
    return { number: structure.number, name: structure.name, colour: structure.colour ?? GREY, mask: rasterize(contours, ct.volume.geometry) };
  });
  return { label: set.label, structures, problems };
}
