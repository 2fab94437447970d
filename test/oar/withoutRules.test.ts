import { describe, expect, it } from '@jest/globals';
import { Mask, type Vector3, type VolumeGeometry } from '../../src/geometry/index.ts';
import { acceptWithoutRules } from '../../src/oar/index.ts';
import { makeGeometry, POSITIONS } from '../support/geometries.ts';
import { paint } from '../support/masks.ts';

/** What lies on one side of the patient's middle, in whatever frame the image has. */
function half(geometry: VolumeGeometry, side: 'left' | 'right'): Mask {
  const [middle] = geometry.toPatient(geometry.size.map((size) => (size - 1) / 2) as unknown as Vector3);
  return paint(geometry, (i, j, k) => (geometry.toPatient([i, j, k])[0] - middle) * (side === 'left' ? 1 : -1) > 3);
}

describe('structures without rules', () => {
  it.each(POSITIONS)('keep their voxels, with a note, when left is on the left, $name', ({ rowDirection, columnDirection }) => {
    const geometry = makeGeometry({ size: [30, 24, 8], rowDirection, columnDirection });
    const [left, right] = [half(geometry, 'left'), half(geometry, 'right')];
    const { found, notFound } = acceptWithoutRules([{ name: 'Kidney_L', mask: left }, { name: 'Kidney_R', mask: right }, { name: 'Spleen', mask: Mask.empty(geometry) }]);
    expect(found.map(({ name, mask }) => [name, mask])).toEqual([['Kidney_L', left], ['Kidney_R', right]]);
    // Each half goes on beyond the image.
    for (const { notes } of found) expect(notes).toEqual([expect.stringContaining('no rules'), expect.stringContaining('cut by the image edge')]);
    expect(notFound).toEqual([{ name: 'Spleen', reason: expect.stringContaining('no voxel') }]);
  });

  it.each(POSITIONS)('are refused when left is on the right, $name', ({ rowDirection, columnDirection }) => {
    const geometry = makeGeometry({ size: [30, 24, 8], rowDirection, columnDirection });
    const swapped = [{ name: 'Kidney_R', mask: half(geometry, 'left') }, { name: 'Kidney_L', mask: half(geometry, 'right') }];
    expect(() => acceptWithoutRules(swapped)).toThrow(expect.objectContaining({ code: 'oar-left-right', message: expect.stringContaining('Kidney_L') as unknown }));
  });
});
