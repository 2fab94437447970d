import type { Mask } from '../geometry/index.ts';
import { PTV_STYLES, STRUCTURE_STYLES, type Contour, type Structure } from '../rtstruct/index.ts';

/** `exact`: along voxel edges. `smooth`: below voxel size. Both give back the same voxels. */
export type ContourMode = 'exact' | 'smooth';

/** Colours that differ to the eye, for names without one of their own. */
const COLOURS = [[230, 25, 75], [60, 180, 75], [255, 225, 25], [0, 130, 200], [245, 130, 48], [145, 30, 180], [70, 240, 240], [240, 50, 230]] as const;

/** RT ROI Interpreted Types (PS3.3 C.8.8.8.1) that names of targets begin with. */
const TARGET_TYPES = ['PTV', 'CTV', 'GTV'];

/** The type that the name of a target says; undefined for other names. */
export function targetTypeOf(name: string): string | undefined {
  return TARGET_TYPES.find((target) => name.toUpperCase().startsWith(target));
}

/** Type, code and colour of a name where Rondo knows it, else the type that a target's name says, or none, and a colour by its number. */
export function styleOf(name: string, number: number): Pick<Structure, 'name' | 'code' | 'type' | 'colour'> {
  return STRUCTURE_STYLES.get(name) ?? PTV_STYLES.get(name) ?? { name, type: targetTypeOf(name) ?? '', colour: COLOURS[number % COLOURS.length] };
}

/** A mask and its contours as a structure, in the style of its name. */
export function structureOfMask(name: string, mask: Mask, { number, algorithm, contours }: { number: number; algorithm: string; contours: readonly Contour[] }): Structure {
  return { ...styleOf(name, number), number, algorithm, volumeCc: mask.volumeCc, contours };
}
