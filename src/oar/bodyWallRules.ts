import { ICRP_89, type OarRule } from './oarRule.ts';

/** The body surface, breasts and arms. Volumes without a source are the project's own limits. */
export const BODY_WALL_RULES: readonly OarRule[] = [
  {
    name: 'External',
    endsAtSkin: true,
    keep: { largest: 1, minFractionOfLargest: 0 },
    fillHoles: ['3d', '2d-axial'],
    thinParts: { thicknessMm: 9, fromCc: 5 },
    contains: ['Heart', 'Lung_L', 'Lung_R', 'SpinalCord', 'Esophagus', 'Trachea', 'A_LAD', 'Glnd_Thyroid', 'Liver', 'Breast_L', 'Breast_R', 'Humerus_L', 'Humerus_R'],
    minVolumeMm3: 1_000_000,
    plausibleCc: [5_000, 250_000],
    reasons: [
      'Targets keep their distance from the skin, not from air that a network took for skin, from a couch that only this air held to it, or from a wire on a scar.',
      'The body surface is one piece; couch, breast board and mask are others.',
      'Dose is computed inside it: it holds its organs and the air in them. Lungs and airways that leave the image at its first or last slice are closed slice by slice.',
      'A couch top or board that the back lies on is a sheet of a few mm; no part of a trunk of more than 5 cm³ is as thin as 9 mm.',
      'Under 1 litre there is no thorax in the image.',
    ],
  },
  ...(['Breast_L', 'Breast_R'] as const).map((name): OarRule => ({
    name,
    keep: { largest: 1, minFractionOfLargest: 0 },
    fillHoles: ['3d'],
    smoothingMm: 1.5,
    minVolumeMm3: 20_000,
    plausibleCc: [80, 3_000],
    reasons: [
      'One organ; pieces of fat elsewhere look like it to a network.',
      'Glands, cysts and clips inside it belong to it.',
      'Under 20 cm³ the fold at the image edge cannot be told from fat of the chest wall.',
      `Both breasts weigh 500 g (woman): ${ICRP_89}; a third of one and twelve times one, since they differ more than any organ.`,
    ],
  })),
  ...(['Humerus_L', 'Humerus_R'] as const).map((name): OarRule => ({
    name,
    keep: { largest: 1, minFractionOfLargest: 0 },
    fillHoles: ['2d-axial'],
    minVolumeMm3: 5_000,
    plausibleCc: [20, 250],
    reasons: [
      'One bone, of which a scan of the breast shows the head and some shaft; clavicle, scapula and the couch\'s edge are other pieces.',
      'Marrow is darker than the bone round it and belongs to it.',
      'Under 5 cm³ a piece of it at the image edge cannot be told from the scapula.',
      'A head of 42–52 mm across is 39–74 cm³; with 10 cm of shaft up to three times that.',
    ],
  })),
];
