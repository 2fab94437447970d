import type { InLineRule } from './inLine.ts';

/** What is done to one predicted organ at risk, and what is expected of the result. */
export interface OarRule {
  /** TG-263 primary name. */
  name: string;
  /** Which of its connected pieces are kept: the largest ones, or those that follow one line along the slices. */
  keep: { largest: number; minFractionOfLargest: number } | { inLine: InLineRule };
  fillHoles: readonly ('2d-axial' | '3d')[];
  /** Parts that are thinner than this within the slice are removed where they hold more than the given volume: what hangs on the body but is no body. */
  thinParts?: { thicknessMm: number; fromCc: number };
  /** Radius in mm of the rounding within slices, the most by which it moves the outline; undefined: none. */
  smoothingMm?: number;
  /** Structures that lie inside this one: they are added to it first and cut to it afterwards. */
  contains?: readonly string[];
  /** Less than this is reported as not found, in mm³. */
  minVolumeMm3: number;
  /** Volume of an adult's organ that is wholly in the image, in cm³; outside it a note is written, nothing is changed. */
  plausibleCc: readonly [number, number];
  /** Why the values are what they are. */
  reasons: readonly string[];
}

/** Two structures that must lie on the two sides of the patient. */
export interface OarPair {
  left: string;
  right: string;
  /** Least distance in mm of their centres along the patient's left–right axis. */
  minSeparationMm: number;
  reason: string;
}

export interface OarTable {
  structures: readonly OarRule[];
  pairs: readonly OarPair[];
}

/** Mass of both lungs 950 g (woman), 1,200 g (man), left 442/558 g, right 508/642 g; heart with blood 620/840 g. */
const ICRP_89 = 'ICRP Publication 89 (2002), reference adult';

/** Rules of the organs at risk that the bundled models contour. Volumes without a source are the project's own limits. */
export const oarTable: OarTable = {
  structures: [
    {
      name: 'External',
      keep: { largest: 1, minFractionOfLargest: 0 },
      fillHoles: ['3d', '2d-axial'],
      thinParts: { thicknessMm: 9, fromCc: 5 },
      contains: ['Heart', 'Lung_L', 'Lung_R', 'SpinalCord'],
      minVolumeMm3: 1_000_000,
      plausibleCc: [5_000, 250_000],
      reasons: [
        'The body surface is one piece; couch, breast board and mask are others.',
        'Dose is computed inside it: it holds its organs and the air in them. Lungs and airways that leave the image at its first or last slice are closed slice by slice.',
        'A couch top or board that the back lies on is a sheet of a few mm; no part of a trunk of more than 5 cm³ is as thin as 9 mm.',
        'Under 1 litre there is no thorax in the image.',
      ],
    },
    {
      name: 'Heart',
      keep: { largest: 1, minFractionOfLargest: 0 },
      fillHoles: ['3d'],
      smoothingMm: 1.5,
      minVolumeMm3: 15_000,
      plausibleCc: [250, 1_500],
      reasons: [
        'One organ, contoured with its chambers.',
        'Under 15 cm³, 2 % of a heart, a partial organ at the image edge cannot be told from a false find in liver or mediastinum.',
        `Heart with blood 620 g (woman) to 840 g (man): ${ICRP_89}; half and twice that, rounded.`,
      ],
    },
    ...(['Lung_L', 'Lung_R'] as const).map((name) => ({
      name,
      keep: { largest: 1, minFractionOfLargest: 0 },
      fillHoles: ['3d'] as const,
      smoothingMm: 1.5,
      minVolumeMm3: 30_000,
      plausibleCc: [500, 4_500] as const,
      reasons: [
        'One organ; other air-filled pieces are bowel, trachea or air outside the patient.',
        'Vessels inside the lung belong to it; the hilum is open and stays out.',
        'Under 30 cm³, 2 % of a lung, a lung base at the image edge cannot be told from bowel gas: in synthetic scans of the abdomen alone version 1.0.0 of the bundled model marked up to 19 cm³.',
        `One lung weighs 440–640 g (${ICRP_89}) and fills 1–2.5 litres in quiet breathing, up to 4 in deep inspiration hold.`,
      ],
    })),
    {
      name: 'SpinalCord',
      keep: { inLine: { maxPieces: 20, maxGapMm: 40, maxShiftMm: 8, shiftPerGapMm: 0.7 } },
      fillHoles: ['2d-axial'],
      minVolumeMm3: 1_000,
      plausibleCc: [5, 80],
      reasons: [
        'Networks break it where contrast is poor: pieces in line are one cord, pieces beside it are not. It leans against the slices by less than 35° (0.7 mm per mm); 8 mm is about its width; two vertebrae (40 mm) are the longest gap to be trusted.',
        'It is not rounded: at 8–12 mm across, rounding would take part of it.',
        'Under 1 cm³, 1–2 cm of length, there is no cord to plan with.',
        '10 mm across and up to 450 mm long is 35 cm³; contours of the whole canal hold about twice that.',
      ],
    },
  ],
  pairs: [
    {
      left: 'Lung_L',
      right: 'Lung_R',
      minSeparationMm: 50,
      reason: 'The mediastinum lies between the lungs: centres of an adult\'s lie more than 100 mm apart; half of that allows for lung bases and collapse.',
    },
  ],
};
