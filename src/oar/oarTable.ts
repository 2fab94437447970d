import { BODY_WALL_RULES } from './bodyWallRules.ts';
import { CHEST_RULES } from './chestRules.ts';
import { NECK_AND_ABDOMEN_RULES } from './neckAndAbdomenRules.ts';
import type { OarTable } from './oarRule.ts';

/** Rules of the organs at risk that the models contour, by region. */
export const oarTable: OarTable = {
  structures: [...BODY_WALL_RULES, ...CHEST_RULES, ...NECK_AND_ABDOMEN_RULES],
  pairs: [
    {
      left: 'Lung_L',
      right: 'Lung_R',
      minSeparationMm: 50,
      reason: 'The mediastinum lies between the lungs: centres of an adult\'s lie more than 100 mm apart; half of that allows for lung bases and collapse.',
    },
    {
      left: 'Breast_L',
      right: 'Breast_R',
      minSeparationMm: 80,
      reason: 'Centres of breasts lie 180 mm apart or more in the synthetic patients; less than half of that allows for pendulous ones.',
    },
    {
      left: 'Humerus_L',
      right: 'Humerus_R',
      minSeparationMm: 150,
      reason: 'The trunk lies between the arms, raised or not: shoulders of an adult are 300 mm wide or more.',
    },
  ],
  precedence: {
    names: ['SpinalCord', 'Trachea', 'Esophagus', 'Glnd_Thyroid', 'Heart', 'Lung_L', 'Lung_R', 'Liver', 'Humerus_L', 'Humerus_R', 'Breast_L', 'Breast_R'],
    reason:
      'No voxel is two organs. Rounding and filling let neighbours overlap by a voxel: the organ of the tighter dose limit, or the smaller one, keeps it. Lung never lies in a breast or the liver, air never in the lung.',
  },
};
