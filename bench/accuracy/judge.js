import { cropFromSurface } from '../../dist/algebra/index.js';
import { centroidMm } from '../../dist/oar/index.js';
import { findPieces } from '../../dist/oar/runs.js';

/** Targets stay this far under the skin (docs/training.md, "Goals"). */
const SKIN_MM = 5;

/** What can be said of a structure that was found, beside its agreement: `StructureOutcome` of src/report. `truth` holds the case's structures by name. */
export function judge(name, found, truth) {
  return {
    name,
    trueCc: truth.get(name).volumeCc,
    foundCc: found.volumeCc,
    pieces: findPieces(found, 1, 26).pieceCount,
    swapped: liesOnOtherSide(name, found, truth),
    ...(name.startsWith('CTV') && truth.has('External') && { nearSkinCc: nearSkinCc(found, truth.get('External')) }),
  };
}

/** The border is half way between the true pair, or, where the scan holds one side only, the middle of the true body. Left is at greater x. */
function liesOnOtherSide(name, mask, truth) {
  const side = /_([LR])$/.exec(name)?.[1];
  if (side === undefined || mask.isEmpty) return false;
  const pair = [truth.get(name), truth.get(name.replace(/_[LR]$/, side === 'L' ? '_R' : '_L'))];
  const centres = (pair.every((other) => other && !other.isEmpty) ? pair : [truth.get('External')]).map((other) => other && centroidMm(other)?.[0]);
  if (centres.includes(undefined)) return false;
  const border = centres.reduce((sum, x) => sum + x, 0) / centres.length;
  const x = centroidMm(mask)[0];
  return side === 'L' ? x < border : x > border;
}

/** What lies nearer to the true skin than the rule says by more than a pixel: closer than that, rounding to voxels decides. */
function nearSkinCc(target, external) {
  const { columnSpacingMm, rowSpacingMm } = external.geometry;
  return target.volumeCc - cropFromSurface(target, external, SKIN_MM - Math.max(columnSpacingMm, rowSpacingMm)).volumeCc;
}
