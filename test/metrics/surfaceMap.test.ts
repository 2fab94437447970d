import { describe, expect, it } from '@jest/globals';
import { Mask, VolumeGeometry, type Vector3, type VolumeGeometryInput } from '../../src/geometry/index.ts';
import { pairMetrics, type SurfaceMap } from '../../src/metrics/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block } from '../support/masks.ts';

const geometry = makeGeometry({ size: [60, 50, 20], sliceOffsetsMm: Array.from({ length: 20 }, (_, k) => 3 * k) });
const AXIAL: VolumeGeometryInput = { size: [60, 50, 20], columnSpacingMm: 1, rowSpacingMm: 1.5, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], originMm: [-30, -40, 100], sliceOffsetsMm: Array.from({ length: 20 }, (_, k) => 3 * k), frameOfReferenceUid: '2.25.7' };
const axial = new VolumeGeometry(AXIAL);

const mapOf = (reference: Mask, test: Mask): SurfaceMap => {
  const { surfaceMap, hdMm } = pairMetrics(reference, test, { toleranceMm: 2, withMap: true });
  if (!surfaceMap) throw new Error('no map');
  expect(Math.abs(surfaceMap.farthest.distanceMm)).toBe(hdMm);
  expect(Math.max(...surfaceMap.rings.flatMap(({ distancesMm }) => distancesMm.map((distance) => Math.abs(distance ?? 0))))).toBe(hdMm);
  return surfaceMap;
};
const at = (map: SurfaceMap, positionMm: number, degrees: number): number | null => {
  const ring = map.rings.find((one) => one.positionMm === positionMm);
  return ring?.distancesMm[(degrees / 360) * map.angles] ?? null;
};

describe('map of the surface', () => {
  const reference = block(axial, [20, 20, 5], [40, 40, 15]);

  it('lies at 0 where both coincide', () => {
    const { rings, directions } = mapOf(reference, reference);
    expect(directions).toEqual(['A', 'L', 'P', 'R']);
    expect(rings.map(({ positionMm }) => positionMm)).toEqual(Array.from({ length: 11 }, (_, n) => 100 + 3 * (n + 4.5)));
    expect(new Set(rings.flatMap(({ distancesMm }) => distancesMm.filter((distance) => distance !== null)))).toEqual(new Set([0]));
  });

  it('is positive where the test reaches beyond, towards the side where it does', () => {
    // Four columns of 1 mm more on the patient's left.
    const map = mapOf(reference, block(axial, [20, 20, 5], [44, 40, 15]));
    expect([0, 90, 180, 270].map((degrees) => at(map, 128.5, degrees))).toEqual([0, 4, 0, 0]);
    expect(map.farthest.distanceMm).toBeGreaterThanOrEqual(4);
    // As far from there as from here.
    expect([-30 + 39.5, -30 + 43.5]).toContain(map.farthest.pointMm[0]);
  });

  it('is negative where the test stays behind', () => {
    // Two rows of 1.5 mm less in front.
    const map = mapOf(reference, block(axial, [20, 22, 5], [40, 40, 15]));
    expect([0, 90, 180, 270].map((degrees) => at(map, 128.5, degrees))).toEqual([-3, 0, 0, 0]);
  });

  it('shows what the test has where the reference is not', () => {
    const map = mapOf(reference, block(axial, [20, 20, 5], [40, 40, 18]));
    expect(map.rings.at(-1)?.positionMm).toBe(100 + 17.5 * 3);
    expect(map.farthest).toMatchObject({ distanceMm: 9 });
  });

  it('turns with the patient, not with the image', () => {
    // The same patient, rows and columns running the other way.
    const turned = new VolumeGeometry({ ...AXIAL, rowDirection: [-1, 0, 0], columnDirection: [0, -1, 0], originMm: axial.toPatient([59, 49, 0]) });
    const moved = (low: Vector3, high: Vector3): Mask => block(turned, [60 - high[0], 50 - high[1], low[2]], [60 - low[0], 50 - low[1], high[2]]);
    const [map, other] = [mapOf(reference, block(axial, [20, 20, 5], [44, 42, 15])), mapOf(moved([20, 20, 5], [40, 40, 15]), moved([20, 20, 5], [44, 42, 15]))];
    expect(other.directions).toEqual(map.directions);
    for (const degrees of [0, 90, 180, 270]) expect(at(other, 128.5, degrees)).toBeCloseTo(at(map, 128.5, degrees) ?? NaN, 9);
  });

  it('is made of oblique images too, and only when asked for', () => {
    const oblique = block(geometry, [10, 10, 5], [30, 30, 12]);
    expect(mapOf(oblique, block(geometry, [10, 10, 5], [30, 33, 12])).rings.length).toBe(8);
    expect(pairMetrics(oblique, oblique, { toleranceMm: 2 }).surfaceMap).toBeUndefined();
    expect(pairMetrics(oblique, Mask.empty(geometry), { toleranceMm: 2, withMap: true }).surfaceMap).toBeUndefined();
  });
});
