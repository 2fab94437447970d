import type { PlanningCt } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';

/** Fat is near −100 HU, lung near −850, air −1000: below this there is air, in every scan of a body part. */
const AIR_HU = -500;

/** Least share of a scan that is air. Air round the patient or in the lungs is tens of percent; where a wrong rescale lifts it, none is left. */
const LEAST_AIR = 0.001;

/** Patient positions that the bundled models were trained on: supine, head or feet first. '' stands for a file that does not say. */
const TRAINED_POSITIONS = ['HFS', 'FFS', ''];

/**
 * What can be told of a scan before any model sees it.
 * @returns remarks for whoever reads the result
 * @throws RondoError `ct-no-air` when the values cannot be Hounsfield units of a patient in air
 */
export function checkScan({ volume, seriesInstanceUid, patientPosition }: PlanningCt): string[] {
  let air = 0;
  for (let index = 0; index < volume.voxels.length; index++) if (volume.voxels[index] < AIR_HU) air++;
  if (air < LEAST_AIR * volume.voxels.length) {
    throw new RondoError(
      'ct-no-air',
      `CT series refused: ${((100 * air) / volume.voxels.length).toFixed(2)} % of it is below ${AIR_HU} HU, expected at least ${100 * LEAST_AIR} % air. Its Rescale Slope and Intercept are probably wrong, or it is no CT of a patient.`,
      { uid: seriesInstanceUid },
    );
  }
  if (TRAINED_POSITIONS.includes(patientPosition)) return [];
  return [`Patient Position is ${patientPosition}; the models were trained on supine patients only, so review with special care.`];
}
