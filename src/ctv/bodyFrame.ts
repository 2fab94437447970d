import type { Mask } from '../geometry/index.ts';
import { centroidMm, cutByImageEdge } from '../oar/index.ts';
import { SIDE_WORDS, type BodySide, type TargetRow } from './targetTable.ts';

/** Where targets are looked for, in patient coordinates (LPS, mm), whatever the order of voxels. */
export interface BodyFrame {
  /** Patient x of the midline, and the organ that tells it; undefined when none does. */
  midline: { xMm: number; from: string } | undefined;
  /** Patient y of the spinal cord's centre. */
  cordYMm: number | undefined;
  /** Patient z of the top of each lung; `cut` where the image ends there, so that the lung goes on. */
  lungTop: Readonly<Record<BodySide, { zMm: number; cut: boolean } | undefined>>;
}

/**
 * The midline is that of the spinal cord, which neither collapse of a lung nor the field of view moves; without it, half way
 * between the centres of the lungs; without these, the centre of External.
 */
export function bodyFrame(organs: ReadonlyMap<string, Mask>): BodyFrame {
  const centre = (name: string): readonly number[] | undefined => {
    const mask = organs.get(name);
    return mask && centroidMm(mask);
  };
  const [cord, left, right, external] = ['SpinalCord', 'Lung_L', 'Lung_R', 'External'].map(centre);
  const midline =
    cord !== undefined
      ? { xMm: cord[0], from: 'the spinal cord' }
      : left !== undefined && right !== undefined
        ? { xMm: (left[0] + right[0]) / 2, from: 'the middle between the lungs' }
        : external !== undefined
          ? { xMm: external[0], from: 'the centre of External' }
          : undefined;
  const lungTop = (side: BodySide): { zMm: number; cut: boolean } | undefined => {
    const lung = organs.get(`Lung_${side}`);
    const reach = lung && reachMm(lung);
    return reach && { zMm: reach.highMm, cut: cutByImageEdge(lung).includes('superior') };
  };
  return { midline, cordYMm: cord?.[1], lungTop: { L: lungTop('L'), R: lungTop('R') } };
}

/** Distance in mm of a point from the midline towards a side of the patient. */
export function lateralMm(xMm: number, side: BodySide, midlineXMm: number): number {
  return (xMm - midlineXMm) * (side === 'L' ? 1 : -1);
}

/** Patient z (mm) of the lowest and highest voxel centres of a mask, and the extent of its voxels along z; undefined when it is empty. */
export function reachMm(mask: Mask): { lowMm: number; highMm: number; stepMm: number } | undefined {
  const { geometry, box } = mask;
  const [columns, rows, slices] = box.size;
  let [lowMm, highMm, thicknessMm] = [Infinity, -Infinity, 0];
  for (let z = 0; z < slices; z++) {
    const slice = box.min[2] + z;
    for (let y = 0; y < rows; y++) {
      const row = mask.voxels.subarray((z * rows + y) * columns, (z * rows + y + 1) * columns);
      const first = row.indexOf(1);
      if (first < 0) continue;
      thicknessMm = Math.max(thicknessMm, geometry.sliceThicknessMm(slice));
      for (const x of [first, row.lastIndexOf(1)]) {
        const at = geometry.toPatient([box.min[0] + x, box.min[1] + y, slice])[2];
        lowMm = Math.min(lowMm, at);
        highMm = Math.max(highMm, at);
      }
    }
  }
  if (highMm < lowMm) return undefined;
  const { rowDirection, columnDirection, normal, columnSpacingMm, rowSpacingMm } = geometry;
  return { lowMm, highMm, stepMm: Math.abs(rowDirection[2]) * columnSpacingMm + Math.abs(columnDirection[2]) * rowSpacingMm + Math.abs(normal[2]) * thicknessMm };
}

/**
 * Why a target cannot be where it is; undefined when it can. Checks that cannot be made for want of an organ are left out.
 */
export function misplacement(mask: Mask, { side, row }: { side: BodySide; row: Pick<TargetRow, 'lateralMm' | 'aboveLungMm'> }, frame: BodyFrame): string | undefined {
  const centre = centroidMm(mask);
  if (!centre) return undefined;
  const [x, y, z] = centre;
  if (frame.midline !== undefined) {
    const lateral = lateralMm(x, side, frame.midline.xMm);
    if (lateral < 0) return `its centre lies ${(-lateral).toFixed(0)} mm beyond the midline, on the ${SIDE_WORDS[side === 'L' ? 'R' : 'L']}`;
    const [least, most] = row.lateralMm;
    if (lateral < least || lateral > most) return `its centre lies ${lateral.toFixed(0)} mm from the midline, expected ${least} to ${most} mm`;
  }
  if (frame.cordYMm !== undefined && y > frame.cordYMm) return `its centre lies ${(y - frame.cordYMm).toFixed(0)} mm behind the spinal cord`;
  const top = frame.lungTop[side];
  if (top !== undefined) {
    const above = z - top.zMm;
    const [least, most] = row.aboveLungMm;
    // Where the scan ends in the lung its top lies higher: what is too low stays so, what is too high may not be.
    if (above < least || (above > most && !top.cut)) return `its centre lies ${above.toFixed(0)} mm above the top of the lung, expected ${least} to ${most} mm`;
  }
  return undefined;
}
