import { ICRP_89, type OarRule } from './oarRule.ts';

/** Organs that a scan of the breast shows at its upper and lower end. Volumes without a source are the project's own limits. */
export const NECK_AND_ABDOMEN_RULES: readonly OarRule[] = [
  {
    name: 'Glnd_Thyroid',
    keep: { largest: 2, minFractionOfLargest: 0.2 },
    fillHoles: ['2d-axial'],
    minVolumeMm3: 1_000,
    plausibleCc: [5, 60],
    reasons: [
      'Two lobes: the isthmus between them is a few mm thick, and one in three glands shows none. A third piece, or one of less than a fifth, is a vessel or a node.',
      'Nodules and cysts belong to it.',
      'Under 1 cm³ a tip at the image edge cannot be told from a vessel with contrast.',
      `17 g (woman) to 20 g (man): ${ICRP_89}; a third of that after treatment, three times for a goitre.`,
    ],
  },
  {
    name: 'Liver',
    keep: { largest: 1, minFractionOfLargest: 0 },
    fillHoles: ['3d'],
    smoothingMm: 1.5,
    minVolumeMm3: 20_000,
    plausibleCc: [700, 3_000],
    reasons: [
      'One organ; the scan usually ends in it, which is noted as cut by the image edge.',
      'Vessels and lesions inside it belong to it.',
      'Under 20 cm³ its dome at the image edge cannot be told from the heart or the diaphragm.',
      `1,400 g (woman) to 1,800 g (man): ${ICRP_89}; half and 1.7 times that, rounded.`,
    ],
  },
];
