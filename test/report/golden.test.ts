import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Mask, VolumeGeometry } from '../../src/geometry/index.ts';
import { dice, hd95Mm, meanSurfaceDistanceMm, surfaceDistances, type DirectedDistances } from '../../src/report/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { paint } from '../support/masks.ts';

type Triple = [number, number, number];
type Shape = { low: Triple; high: Triple } | { centre: Triple; radii: Triple };
interface Painting {
  shapes: Shape[];
  without?: Shape[];
}
interface Golden {
  name: string;
  size: Triple;
  spacing: Triple;
  a: Painting;
  b: Painting;
  voxels: [number, number];
  dsc: number;
  hd95Mm: number;
  directedMeansMm: [number, number];
  areasMm2: [number, number];
  maximaMm: [number, number];
}

/** Figures of DeepMind surface-distance 0.1; made by golden/make.py. */
const golden = JSON.parse(readFileSync(new URL('./golden/surface_distance.json', import.meta.url), 'utf8')) as Golden[];

function contains(shape: Shape, voxel: Triple): boolean {
  if ('low' in shape) return voxel.every((index, axis) => index >= shape.low[axis] && index < shape.high[axis]);
  return voxel.reduce((sum, index, axis) => sum + ((index - shape.centre[axis]) / shape.radii[axis]) ** 2, 0) <= 1;
}

function maskOf(geometry: VolumeGeometry, { shapes, without = [] }: Painting): Mask {
  return paint(geometry, (i, j, k) => {
    const voxel: Triple = [k, j, i];
    return shapes.some((shape) => contains(shape, voxel)) && !without.some((shape) => contains(shape, voxel));
  });
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const mean = ({ distancesMm, areasMm2 }: DirectedDistances): number => sum(distancesMm.map((distance, n) => distance * areasMm2[n])) / sum(areasMm2);

describe('agreement with DeepMind surface-distance', () => {
  it.each(golden)('$name', (expected) => {
    const [slices, rows, columns] = expected.size;
    const [sliceMm, rowMm, columnMm] = expected.spacing;
    const sliceOffsetsMm = Array.from({ length: slices }, (_, k) => k * sliceMm);
    const geometry = makeGeometry({ size: [columns, rows, slices], columnSpacingMm: columnMm, rowSpacingMm: rowMm, sliceOffsetsMm });
    const [a, b] = [maskOf(geometry, expected.a), maskOf(geometry, expected.b)];
    expect([a.voxelCount, b.voxelCount]).toEqual(expected.voxels);

    const distances = surfaceDistances(a, b);
    const directed = [distances.referenceToTest, distances.testToReference] as const;
    expect(dice(a, b)).toBeCloseTo(expected.dsc, 12);
    expect(hd95Mm(distances)).toBeCloseTo(expected.hd95Mm, 9);
    expect(meanSurfaceDistanceMm(distances)).toBeCloseTo((expected.directedMeansMm[0] + expected.directedMeansMm[1]) / 2, 9);
    directed.forEach((direction, index) => {
      expect(mean(direction)).toBeCloseTo(expected.directedMeansMm[index], 9);
      expect(sum(direction.areasMm2)).toBeCloseTo(expected.areasMm2[index], 6);
      expect(Math.max(...direction.distancesMm)).toBeCloseTo(expected.maximaMm[index], 9);
    });
  });
});
