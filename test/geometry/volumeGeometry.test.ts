import { describe, expect, it } from '@jest/globals';
import { norm, subtract, type Vector3 } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';

const INDICES: readonly Vector3[] = [[0, 0, 0], [12, 0, 0], [0, 8, 0], [0, 0, 6], [12, 8, 6], [3.25, 7.5, 2.6], [-2, 10, -1.5], [5, 5, 8]];

describe('VolumeGeometry', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(17, -23) }])('maps indices to the patient and back, $name', (directions) => {
    const geometry = makeGeometry(directions);
    for (const index of INDICES) {
      const back = geometry.toVoxel(geometry.toPatient(index));
      for (const axis of [0, 1, 2]) expect(back[axis]).toBeCloseTo(index[axis], 9);
    }
  });

  it('places four known voxels of an unevenly sliced, feet-first volume', () => {
    const geometry = makeGeometry({ rowDirection: [-1, 0, 0], columnDirection: [0, 1, 0] });
    expect(geometry.normal).toEqual([0, 0, -1]);
    expect(geometry.toPatient([0, 0, 0])).toEqual([-31, 17, 101.5]);
    expect(geometry.toPatient([4, 0, 0])[0]).toBeCloseTo(-31 - 4 * 1.25, 12);
    expect(geometry.toPatient([0, 4, 0])[1]).toBeCloseTo(17 + 4 * 0.75, 12);
    expect(geometry.toPatient([0, 0, 3])[2]).toBeCloseTo(101.5 - 8, 12);
    expect(geometry.toPatient([0, 0, 2.5])[2]).toBeCloseTo(101.5 - 6.25, 12);
  });

  it('counts each slice with its own thickness', () => {
    const geometry = makeGeometry();
    expect([0, 1, 2, 3].map((k) => geometry.sliceThicknessMm(k))).toEqual([2.5, 2.25, 2.75, 3]);
    expect(geometry.sliceGapsMm()).toEqual([2.5, 2, 3.5, 2.5, 2, 3.5]);
    expect(geometry.voxelVolumeCc(1)).toBeCloseTo((1.25 * 0.75 * 2.25) / 1000, 12);
  });

  it('keeps a right angle to the last bit when the cosines were rounded', () => {
    const { rowDirection, columnDirection } = obliqueDirections(31.7, 12.9);
    const rounded = (vector: Vector3): Vector3 => [Number(vector[0].toFixed(4)), Number(vector[1].toFixed(4)), Number(vector[2].toFixed(4))];
    const geometry = makeGeometry({ rowDirection: rounded(rowDirection), columnDirection: rounded(columnDirection) });
    const corner: Vector3 = [511, 399, 6];
    expect(norm(subtract(geometry.toPatient(geometry.toVoxel(geometry.toPatient(corner))), geometry.toPatient(corner)))).toBeLessThan(1e-9);
  });

  it('agrees with itself and with no other frame, size, spacing or place', () => {
    const geometry = makeGeometry();
    expect(geometry.agreesWith(makeGeometry(), 0)).toBe(true);
    expect(geometry.agreesWith(makeGeometry({ originMm: [-31, 17, 101.504] }), 0.01)).toBe(true);
    expect(geometry.agreesWith(makeGeometry({ originMm: [-31, 17, 101.52] }), 0.01)).toBe(false);
    expect(geometry.agreesWith(makeGeometry({ frameOfReferenceUid: '2.25.78' }), 0.01)).toBe(false);
    expect(geometry.agreesWith(makeGeometry({ size: [13, 9, 6] }), 0.01)).toBe(false);
    expect(geometry.agreesWith(makeGeometry({ columnSpacingMm: 1.26 }), 0.01)).toBe(false);
    expect(geometry.agreesWith(makeGeometry({ sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.5, 12.5, 16.02] }), 0.01)).toBe(false);
  });

  it.each([
    ['one slice', { size: [4, 4, 1] as Vector3 }, 'at least 2'],
    ['no columns', { size: [0, 4, 3] as Vector3 }, 'whole numbers'],
    ['a spacing of zero', { rowSpacingMm: 0 }, 'positive'],
    ['a spacing that is no number', { columnSpacingMm: Number.NaN }, 'positive'],
    ['a direction that is no unit vector', { rowDirection: [2, 0, 0] as Vector3 }, 'unit vector'],
    ['directions not at right angles', { columnDirection: [Math.SQRT1_2, Math.SQRT1_2, 0] as Vector3 }, 'right angles'],
    ['equal slice positions', { sliceOffsetsMm: [0, 2, 2, 4, 6, 8, 10] }, 'strictly increase'],
    ['falling slice positions', { sliceOffsetsMm: [0, -2, -4, -6, -8, -10, -12] }, 'strictly increase'],
    ['a missing slice position', { sliceOffsetsMm: [0, 2, 4] }, '3 slice offsets for 7 slices'],
    ['no frame of reference', { frameOfReferenceUid: '' }, 'Frame of Reference'],
  ])('refuses %s', (_, options, message) => {
    expect(() => makeGeometry(options)).toThrow(message);
  });
});
