/** The rules of targets, in the order in which they are applied. */
export const TARGET_RULE_IDS = ['pieces', 'side-and-surgery', 'in-place', 'stations-disjoint', 'outside-organs', 'outside-ribs', 'skin-crop', 'bed-in-breast', 'stations-ordered', 'treated-breast', 'ptv'] as const;

export type TargetRuleId = (typeof TARGET_RULE_IDS)[number];

export interface TargetRule {
  id: TargetRuleId;
  /** What it does to the structures. */
  does: string;
  /** Where it comes from; [U]: recalled, not read, so that a clinician must confirm it. */
  source: string;
}

/** The consensus that the rules follow. */
const ESTRO = 'ESTRO consensus (Offersen 2015, Radiother Oncol 114:3-10; v1.1 2016) [U]';
const OWN = "the project's own limit";

/** What is done to targets after the models. Each can be switched off by its id, and says what it changed. */
export const TARGET_RULES: readonly TargetRule[] = [
  { id: 'pieces', does: 'removes specks: keeps the pieces that the table of targets names, before and after the crops', source: OWN },
  {
    id: 'side-and-surgery',
    does: 'lets only the targets of the treated side leave: breast and tumour bed after conserving surgery, chest wall after mastectomy, neither where what is seen does not fit',
    source: `${ESTRO}; that a tumour bed or a chest wall without a breast shows the side: ${OWN}`,
  },
  {
    id: 'in-place',
    does: 'takes a target, before and after the crops, whose centre lies beyond the midline, behind the spinal cord or outside its band for not found',
    source: `${OWN}: bands of 40 synthetic patients, widened`,
  },
  { id: 'stations-disjoint', does: 'gives a voxel of two stations to the more probable one, else to the one that stands first: L1, L2, L3, L4, interpectoral, IMN', source: ESTRO },
  {
    id: 'outside-organs',
    does: 'keeps targets out of the lungs and the pleura (1 mm round them), out of the heart and the thyroid',
    source: `${ESTRO}: dorsal limits pleura, ribs or intercostals; L4 excludes the thyroid; 1 mm of pleura: ${OWN}`,
  },
  {
    id: 'outside-ribs',
    does: 'keeps breast, chest wall and tumour bed 4 mm from the lungs: ribs and the muscles between are seldom thinner. Where they are thicker the limit is the one that the models learnt: review it',
    source: `${ESTRO}: dorsal limit ribs or intercostals; 4 mm: ${OWN}`,
  },
  { id: 'skin-crop', does: 'keeps targets, the chest wall too, a distance (5 mm) from the surface of External; where the scan or its circle of reconstruction cuts External there is no skin', source: ESTRO },
  { id: 'bed-in-breast', does: 'keeps a tumour bed within the breast target of its side; without that breast it is not found', source: `${ESTRO}: the bed is a part of the breast target` },
  {
    id: 'stations-ordered',
    does: 'flags stations whose centres do not follow L1, L2, L3, L4 from lateral to medial, an L4 below the IMN, and an IMN that does not meet L4',
    source: `${ESTRO}: L3 medial of L2, L4 meets L3, the cranial end of IMN is the caudal one of L4; within one slice, at most 5 mm of gap: ${OWN}`,
  },
  { id: 'treated-breast', does: 'leaves out the organ at risk Breast on a side whose breast or chest wall is a target', source: `${OWN}: dose to the target is no dose to an organ at risk` },
  { id: 'ptv', does: 'grows each CTV by a margin into a PTV, cropped from the skin like its CTV', source: 'the margin is the site\'s own; 5 mm from the skin as for CTVs' },
];
