import { ICRP_89, type OarRule } from './oarRule.ts';

/** Organs inside the rib cage and the spine. Volumes without a source are the project's own limits. */
export const CHEST_RULES: readonly OarRule[] = [
  {
    name: 'Heart',
    keep: { largest: 1, minFractionOfLargest: 0 },
    fillHoles: ['3d'],
    smoothingMm: 1.5,
    contains: ['A_LAD'],
    minVolumeMm3: 15_000,
    plausibleCc: [250, 1_500],
    reasons: [
      'One organ, contoured with its chambers and the vessels in its fat.',
      'Under 15 cm³, 2 % of a heart, a partial organ at the image edge cannot be told from a false find in liver or mediastinum.',
      `Heart with blood 620 g (woman) to 840 g (man): ${ICRP_89}; half and twice that, rounded.`,
    ],
  },
  {
    name: 'A_LAD',
    keep: { inLine: { maxPieces: 20, maxGapMm: 20, maxShiftMm: 12, shiftPerGapMm: 1.5 } },
    fillHoles: [],
    minVolumeMm3: 200,
    plausibleCc: [0.5, 8],
    reasons: [
      'A vessel of 3–5 mm is often broken by a network; pieces in line are one vessel. It runs obliquely over the heart, up to 1.5 mm sideways per mm down; 20 mm of gap is what observers bridge without contrast.',
      'It is neither filled nor rounded: it is two or three voxels thick.',
      'Under 0.2 cm³, 1–2 cm of length, there is nothing to report a dose of.',
      '4 mm across and 100–130 mm long is 1.3–1.6 cm³; contours with the usual 2 mm round it hold four times that.',
    ],
  },
  ...(['Lung_L', 'Lung_R'] as const).map((name): OarRule => ({
    name,
    keep: { largest: 1, minFractionOfLargest: 0 },
    fillHoles: ['3d'],
    smoothingMm: 1.5,
    minVolumeMm3: 30_000,
    plausibleCc: [500, 4_500],
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
  {
    name: 'Esophagus',
    keep: { inLine: { maxPieces: 20, maxGapMm: 30, maxShiftMm: 10, shiftPerGapMm: 0.7 } },
    fillHoles: ['2d-axial'],
    minVolumeMm3: 2_000,
    plausibleCc: [10, 90],
    reasons: [
      'A collapsed oesophagus has no contrast to what is round it, so networks break it; pieces in line are one, pieces beside it are vessels or nodes. It leans by less than 35°; 10 mm is half its width; 30 mm is the longest gap to be trusted.',
      'Air in it belongs to it.',
      'Under 2 cm³, 1–2 cm of length, there is nothing to report a dose of.',
      `Its wall weighs 35–40 g (${ICRP_89}); with air and food in it twice that, a third where the scan shows the thorax only.`,
    ],
  },
  {
    name: 'Trachea',
    keep: { inLine: { maxPieces: 10, maxGapMm: 15, maxShiftMm: 10, shiftPerGapMm: 0.7 } },
    fillHoles: ['2d-axial'],
    minVolumeMm3: 2_000,
    plausibleCc: [12, 100],
    reasons: [
      'One tube of air; a piece in line below is its bifurcation, pieces beside it are bronchi of a lung or air in the oesophagus.',
      'Tubes and secretion in it belong to it.',
      'Under 2 cm³, 1 cm of length, it cannot be told from a bubble of air.',
      `16–20 mm across and 100–120 mm long is 20–38 cm³, its wall 8–10 g (${ICRP_89}); main bronchi add half of that.`,
    ],
  },
];
