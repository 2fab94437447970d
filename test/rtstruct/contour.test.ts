import { describe, expect, it } from '@jest/globals';
import { toPatientRing, toPlane } from '../../src/rtstruct/contour.ts';
import { testCt } from '../support/ctSeries.ts';
import { randomNumbers } from './masks.ts';

describe('contours on the grid and in the patient', () => {
  it.each(['HFS', 'FFP', 'HFDR'])('are placed to the last bit as the geometry places points (%s)', (patientPosition) => {
    const { geometry } = testCt({ patientPosition }).volume;
    const next = randomNumbers(5);
    const coordinates = Float64Array.from({ length: 200 }, () => next() * 40 - 10);
    for (const slice of [0, 3, geometry.size[2] - 1]) {
      const points = toPatientRing(coordinates, slice, geometry);
      const voxels: (readonly [number, number, number])[] = [];
      for (let point = 0; point < coordinates.length / 2; point++) {
        const place = [...points.subarray(point * 3, point * 3 + 3)] as [number, number, number];
        expect(place).toEqual(geometry.toPatient([coordinates[point * 2], coordinates[point * 2 + 1], slice]));
        voxels.push(geometry.toVoxel(place));
      }
      expect(toPlane(points, geometry)).toEqual({
        coordinates: Float64Array.from(voxels.flatMap(([i, j]) => [i, j])),
        lowestSlice: Math.min(...voxels.map(([, , k]) => k)),
        highestSlice: Math.max(...voxels.map(([, , k]) => k)),
      });
    }
  });
});
