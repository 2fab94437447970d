import type { KeepRule } from '../oar/index.ts';

/** What is expected of one target, on either side of the patient. Limits without a source are the project's own. */
export interface TargetRow {
  /** Name without its side. */
  name: string;
  kind: 'breast' | 'chestwall' | 'tumourbed' | 'station';
  keep: KeepRule;
  /** Less than this, in cm³, is reported as not found. */
  minVolumeCc: number;
  /** Volume of a target that is wholly in the image, in cm³; outside it a note is written, nothing is changed. */
  plausibleCc: readonly [number, number];
  /** Where its centre may lie, in mm from the midline towards its own side. */
  lateralMm: readonly [number, number];
  /** Where its centre may lie, in mm above the top of the lung of its side. */
  aboveLungMm: readonly [number, number];
  reasons: readonly string[];
}

/** The largest piece; what a crop leaves beside it is smaller. */
const ONE_PIECE: KeepRule = { largest: 1, minFractionOfLargest: 0 };

const PHANTOMS = '40 synthetic patients of the training set (November 2026)';

/**
 * The targets that the models contour. Bands are those of the centres in 40 synthetic patients, widened by a third or 20 mm
 * and more for other postures and sizes: beyond them lies another part of the body.
 */
export const TARGET_TABLE: readonly TargetRow[] = [
  {
    name: 'CTVp_Breast',
    kind: 'breast',
    keep: ONE_PIECE,
    minVolumeCc: 20,
    plausibleCc: [80, 3_000],
    lateralMm: [40, 230],
    aboveLungMm: [-300, -20],
    reasons: ['One organ; a piece apart is fat of the chest wall or of the arm.', 'Under 20 cm³ it cannot be told from the fold below it.', `100–2,200 cm³, centres 90–144 mm lateral and 84–184 mm below the top of the lung in ${PHANTOMS}.`],
  },
  {
    name: 'CTVp_Chestwall',
    kind: 'chestwall',
    keep: { largest: 2, minFractionOfLargest: 0.1 },
    minVolumeCc: 15,
    plausibleCc: [40, 800],
    lateralMm: [40, 220],
    aboveLungMm: [-300, -20],
    reasons: ['A sheet of 5–20 mm less 5 mm of skin may part in two; a tenth of it or more is no speck.', 'Under 15 cm³ it cannot be told from a scar.', `34–350 cm³, centres 88–118 mm lateral and 101–171 mm below the top of the lung in ${PHANTOMS}.`],
  },
  {
    name: 'CTVp_Tumorbed',
    kind: 'tumourbed',
    keep: ONE_PIECE,
    minVolumeCc: 0.5,
    plausibleCc: [1, 250],
    lateralMm: [10, 270],
    aboveLungMm: [-300, 20],
    reasons: ['The seroma or the clips of one operation; a second bed has to be drawn by a clinician.', 'Under 0.5 cm³ it cannot be told from a gland.', `0.5–90 cm³, anywhere in the breast, in ${PHANTOMS}.`],
  },
  {
    name: 'CTVn_L1',
    kind: 'station',
    keep: ONE_PIECE,
    minVolumeCc: 2,
    plausibleCc: [10, 150],
    lateralMm: [50, 220],
    aboveLungMm: [-150, 40],
    reasons: ['The largest station, between the pectoral muscles, the latissimus and the ribs.', 'Under 2 cm³ it is a fold of the axilla.', `Centres 91–159 mm lateral and 32–95 mm below the top of the lung in ${PHANTOMS}.`],
  },
  {
    name: 'CTVn_L2',
    kind: 'station',
    keep: ONE_PIECE,
    minVolumeCc: 1,
    plausibleCc: [5, 60],
    lateralMm: [40, 180],
    aboveLungMm: [-120, 50],
    reasons: ['Behind the pectoralis minor, one space.', 'Under 1 cm³ there is no station to plan with.', `Centres 67–120 mm lateral and 27–67 mm below the top of the lung in ${PHANTOMS}.`],
  },
  {
    name: 'CTVn_L3',
    kind: 'station',
    keep: ONE_PIECE,
    minVolumeCc: 1,
    plausibleCc: [3, 40],
    lateralMm: [25, 140],
    aboveLungMm: [-70, 60],
    reasons: ['Medial of the pectoralis minor, under the clavicle, one space.', 'Under 1 cm³ there is no station to plan with.', `Centres 57–91 mm lateral and 0–16 mm below the top of the lung in ${PHANTOMS}.`],
  },
  {
    name: 'CTVn_L4',
    kind: 'station',
    keep: ONE_PIECE,
    minVolumeCc: 1,
    plausibleCc: [4, 50],
    lateralMm: [10, 100],
    aboveLungMm: [-70, 70],
    reasons: ['Above the clavicle beside the jugular vein, one space.', 'Under 1 cm³ there is no station to plan with.', `Centres 30–50 mm lateral, from 14 mm below to 3 mm above the top of the lung in ${PHANTOMS}.`],
  },
  {
    name: 'CTVn_Interpec',
    kind: 'station',
    keep: { largest: 3, minFractionOfLargest: 0.15 },
    minVolumeCc: 0.5,
    plausibleCc: [1, 30],
    lateralMm: [35, 190],
    aboveLungMm: [-120, 40],
    reasons: ['A sheet of fat of a few mm between two muscles parts where they touch; smaller pieces are specks.', 'Under 0.5 cm³ the muscles touch and there is no space.', `Centres 72–125 mm lateral and 29–69 mm below the top of the lung in ${PHANTOMS}.`],
  },
  {
    name: 'CTVn_IMN',
    kind: 'station',
    keep: { near: { maxDistanceMm: 20, minPieceCc: 0.1 } },
    minVolumeCc: 0.5,
    plausibleCc: [1, 20],
    lateralMm: [5, 75],
    aboveLungMm: [-170, -5],
    reasons: ['10 mm round a vessel of 2–3 mm beside the sternum, parted by costal cartilages and, where it turns back towards the great veins, by the lung: up to 15 mm in 48 stations of the validation range. Under 0.1 cm³ it is a speck.', 'Under 0.5 cm³, 1 cm of length, there is no chain to plan with.', `Centres 19–35 mm lateral and 50–95 mm below the top of the lung in ${PHANTOMS}.`],
  },
];

/** Stations from lateral to medial: of two that hold a voxel alike, the one that stands first keeps it. */
export const STATION_ORDER = ['CTVn_L1', 'CTVn_L2', 'CTVn_L3', 'CTVn_L4', 'CTVn_Interpec', 'CTVn_IMN'] as const;

/** A side of the patient, as names of structures end. */
export type BodySide = 'L' | 'R';

export const SIDE_WORDS: Readonly<Record<BodySide, string>> = { L: 'left', R: 'right' };

/** The row and side of a target's name, undefined for what is no target. */
export function targetOf(name: string): { row: TargetRow; side: BodySide } | undefined {
  const row = TARGET_TABLE.find((candidate) => name === `${candidate.name}_L` || name === `${candidate.name}_R`);
  return row && { row, side: name.endsWith('_L') ? 'L' : 'R' };
}
