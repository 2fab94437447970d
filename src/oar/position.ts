import { RondoError } from '../errors.ts';
import { addScaled, type Mask, type Vector3 } from '../geometry/index.ts';

export type Side = 'left' | 'right' | 'anterior' | 'posterior' | 'superior' | 'inferior';

/** Sides that the patient axes x, y, z (LPS) point away from and towards. */
const sidesOfAxes: readonly (readonly [Side, Side])[] = [['right', 'left'], ['anterior', 'posterior'], ['inferior', 'superior']];

/** Centre of mass of a mask in patient coordinates (LPS, mm), each slice with its own thickness; undefined when it is empty. */
export function centroidMm(mask: Mask): Vector3 | undefined {
  const { geometry, box } = mask;
  let volume = 0;
  let weighted: Vector3 = [0, 0, 0];
  for (let z = 0; z < box.size[2]; z++) {
    const k = box.min[2] + z;
    let [count, sumI, sumJ] = [0, 0, 0];
    const slice = mask.slice(k) ?? [];
    for (let index = 0; index < slice.length; index++) {
      if (slice[index] === 0) continue;
      count++;
      sumI += index % box.size[0];
      sumJ += Math.floor(index / box.size[0]);
    }
    if (count === 0) continue;
    const weight = count * geometry.sliceThicknessMm(k);
    weighted = addScaled(weighted, geometry.toPatient([box.min[0] + sumI / count, box.min[1] + sumJ / count, k]), weight);
    volume += weight;
  }
  return volume === 0 ? undefined : [weighted[0] / volume, weighted[1] / volume, weighted[2] / volume];
}

/** The sides of the image, named by the patient axis nearest to each, at which voxels of a mask lie: there the structure may go on outside. */
export function cutByImageEdge(mask: Mask): Side[] {
  const { geometry, box } = mask.cropped();
  if (box.size[0] === 0) return [];
  const axes = [geometry.rowDirection, geometry.columnDirection, geometry.normal];
  return axes.flatMap((direction, axis) => {
    const [low, high] = sidesTowards(direction);
    const atLow = box.min[axis] === 0;
    const atHigh = box.min[axis] + box.size[axis] === geometry.size[axis];
    return [...(atLow ? [low] : []), ...(atHigh ? [high] : [])];
  });
}

/** The sides of the patient at the low and the high end of an image axis. */
function sidesTowards(direction: Vector3): [Side, Side] {
  const lengths = direction.map(Math.abs);
  const axis = lengths.indexOf(Math.max(...lengths));
  const [negative, positive] = sidesOfAxes[axis];
  return direction[axis] > 0 ? [negative, positive] : [positive, negative];
}

/**
 * Why two masks, neither empty, are no plausible left and right organ; undefined when they are. Judged by their
 * centroids along the patient's left–right axis (LPS x, positive to the left), whatever the order of voxels.
 * @throws RondoError `oar-empty` when one of the masks is empty.
 */
export function leftRightProblem(left: Mask, right: Mask, minSeparationMm: number): { swapped: boolean; reason: string } | undefined {
  const [leftMm, rightMm] = [centroidMm(left), centroidMm(right)];
  if (!leftMm || !rightMm) throw new RondoError('oar-empty', `Sides cannot be compared: the ${leftMm ? 'right' : 'left'} mask is empty. Expected voxels in both.`);
  const separationMm = leftMm[0] - rightMm[0];
  if (separationMm < 0) return { swapped: true, reason: `the left one lies ${(-separationMm).toFixed(0)} mm to the right of the right one` };
  if (separationMm >= minSeparationMm) return undefined;
  return { swapped: false, reason: `left and right lie only ${separationMm.toFixed(0)} mm apart, expected at least ${minSeparationMm} mm` };
}
