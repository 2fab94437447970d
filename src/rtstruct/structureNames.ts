import type { Code, StructureCode } from './structureSet.ts';

type Colour = readonly [number, number, number];

/** How a structure is named, coded, typed and coloured in a structure set; a `Structure` takes these over as they are. */
export interface StructureStyle {
  name: string;
  code: StructureCode;
  type: 'EXTERNAL' | 'ORGAN' | 'CTV' | 'PTV';
  colour: Colour;
}

const sct = (value: string, meaning: string): Code => ({ value, scheme: 'SCT', meaning });
const dcm = (value: string, meaning: string): Code => ({ value, scheme: 'DCM', meaning });

/** Segmented property categories (PS3.16 CID 9580). */
const ANATOMY = sct('91723000', 'Anatomical Structure');
const TARGET = dcm('130041', 'RT Target');

/** Laterality (PS3.16 CID 244), by the ending of the name (TG-263). */
const LATERALITY: Readonly<Record<string, Code | undefined>> = { _L: sct('7771000', 'Left'), _R: sct('24028007', 'Right') };

/**
 * Structures without their side. Names: AAPM TG-263 (2018) style for organs, its target grammar for the CTVs, whose
 * sites it does not list. Codes: SNOMED CT, checked against PS3.16 CID 9514 and the CodeX radiotherapy tables; External
 * is DCM 130047. Types: PS3.3 C.8.8.8.1. The code says which part of the body; category and type say that a CTV is a target.
 */
const STRUCTURES: readonly { name: string; sides: boolean; code: Code; type: StructureStyle['type']; colour: Colour }[] = [
  { name: 'External', sides: false, code: dcm('130047', 'External Body Model'), type: 'EXTERNAL', colour: [0, 255, 0] },
  { name: 'Heart', sides: false, code: sct('80891009', 'Heart'), type: 'ORGAN', colour: [220, 20, 60] },
  { name: 'Lungs', sides: false, code: sct('39607008', 'Lung'), type: 'ORGAN', colour: [100, 149, 237] },
  { name: 'Lung', sides: true, code: sct('39607008', 'Lung'), type: 'ORGAN', colour: [65, 105, 225] },
  { name: 'Breast', sides: true, code: sct('76752008', 'Breast'), type: 'ORGAN', colour: [255, 182, 193] },
  { name: 'SpinalCord', sides: false, code: sct('2748008', 'Spinal cord'), type: 'ORGAN', colour: [255, 255, 0] },
  { name: 'SpinalCanal', sides: false, code: sct('61853006', 'Spinal canal'), type: 'ORGAN', colour: [240, 230, 140] },
  { name: 'Esophagus', sides: false, code: sct('32849002', 'Esophagus'), type: 'ORGAN', colour: [210, 105, 30] },
  { name: 'Trachea', sides: false, code: sct('44567001', 'Trachea'), type: 'ORGAN', colour: [0, 206, 209] },
  { name: 'Glnd_Thyroid', sides: false, code: sct('69748006', 'Thyroid'), type: 'ORGAN', colour: [218, 112, 214] },
  { name: 'Humerus', sides: true, code: sct('85050009', 'Humerus'), type: 'ORGAN', colour: [245, 222, 179] },
  { name: 'A_LAD', sides: false, code: sct('59438005', 'Anterior descending branch of left coronary artery'), type: 'ORGAN', colour: [255, 69, 0] },
  { name: 'Liver', sides: false, code: sct('10200004', 'Liver'), type: 'ORGAN', colour: [139, 69, 19] },
  { name: 'Sternum', sides: false, code: sct('56873002', 'Sternum'), type: 'ORGAN', colour: [222, 184, 135] },
  { name: 'BrachialPlex', sides: true, code: sct('36582005', 'Brachial plexus'), type: 'ORGAN', colour: [154, 205, 50] },
  { name: 'CTVp_Breast', sides: true, code: sct('76752008', 'Breast'), type: 'CTV', colour: [255, 20, 147] },
  { name: 'CTVp_Chestwall', sides: true, code: sct('78904004', 'Chest wall'), type: 'CTV', colour: [199, 21, 133] },
  { name: 'CTVp_Tumorbed', sides: true, code: sct('76752008', 'Breast'), type: 'CTV', colour: [138, 43, 226] },
  { name: 'CTVn_L1', sides: true, code: sct('277733009', 'Level I axillary lymph node'), type: 'CTV', colour: [255, 140, 0] },
  { name: 'CTVn_L2', sides: true, code: sct('277734003', 'Level II axillary lymph node'), type: 'CTV', colour: [255, 165, 0] },
  { name: 'CTVn_L3', sides: true, code: sct('277735002', 'Level III axillary lymph node'), type: 'CTV', colour: [255, 215, 0] },
  { name: 'CTVn_L4', sides: true, code: sct('76838003', 'Supraclavicular lymph node'), type: 'CTV', colour: [173, 255, 47] },
  { name: 'CTVn_IMN', sides: true, code: sct('245282001', 'Internal mammary lymph node'), type: 'CTV', colour: [0, 250, 154] },
  { name: 'CTVn_Interpec', sides: true, code: sct('420800007', 'Interpectoral lymph node'), type: 'CTV', colour: [64, 224, 208] },
];

/** A PTV is drawn in a darker shade of its CTV, so that the two can be told apart and still belong together. */
function darkened([red, green, blue]: Colour): Colour {
  const darker = (part: number): number => Math.round(part * 0.6);
  return [darker(red), darker(green), darker(blue)];
}

/** Right structures are drawn in a lighter shade of their left ones, so that the sides can be told apart. */
function lightened([red, green, blue]: Colour): Colour {
  const lighter = (part: number): number => Math.round(part + (255 - part) * 0.45);
  return [lighter(red), lighter(green), lighter(blue)];
}

/** Every structure that Rondo knows, by name: 'Heart', 'Lung_L', 'Lung_R', 'CTVn_L1_L' … */
export const STRUCTURE_STYLES: ReadonlyMap<string, StructureStyle> = new Map(
  STRUCTURES.flatMap(({ name, sides, code, type, colour }) =>
    (sides ? ['_L', '_R'] : ['']).map((side): [string, StructureStyle] => {
      const laterality = LATERALITY[side];
      const category = type === 'CTV' ? TARGET : ANATOMY;
      return [name + side, { name: name + side, type, colour: side === '_R' ? lightened(colour) : colour, code: { ...code, category, ...(laterality && { laterality }) } }];
    }),
  ),
);

/** The PTV of each CTV, by its own name (`PTVp_Breast_L`): code, category and side of its CTV. Rondo makes them and looks for none in other structure sets. */
export const PTV_STYLES: ReadonlyMap<string, StructureStyle> = new Map(
  [...STRUCTURE_STYLES.values()].flatMap((style): [string, StructureStyle][] => {
    const name = style.name.replace(/^CTV/, 'PTV');
    return style.type === 'CTV' ? [[name, { ...style, name, type: 'PTV', colour: darkened(style.colour) }]] : [];
  }),
);
