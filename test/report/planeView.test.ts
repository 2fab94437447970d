import { describe, expect, it } from '@jest/globals';
import { Mask, Volume, type Vector3, type VolumeGeometry } from '../../src/geometry/index.ts';
import { outlineOf } from '../../src/report/outline.ts';
import { patientBox, pixelOf, planeGrid, planeViews, sampleVolume, type PlaneView } from '../../src/report/planeView.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { block } from '../support/masks.ts';

const pixelsPerMm = 1.5;
const views: readonly PlaneView[] = Object.values(planeViews);

/** A volume whose value is a linear function of the patient position, so that interpolation gives it back. */
function linearVolume(geometry: VolumeGeometry): { volume: Volume; expected: (point: Vector3) => number } {
  const expected = ([x, y, z]: Vector3): number => 3 * x - 2 * y + 1.5 * z;
  const values = new Float32Array(geometry.voxelCount);
  for (let k = 0; k < geometry.size[2]; k++) {
    for (let j = 0; j < geometry.size[1]; j++) for (let i = 0; i < geometry.size[0]; i++) values[geometry.offset(i, j, k)] = expected(geometry.toPatient([i, j, k]));
  }
  return { volume: new Volume(geometry, values), expected };
}

/** Patient position at the middle of a pixel, by the letters of the view alone. */
function pointOf({ letters, normalAxis }: PlaneView, box: { low: Vector3; high: Vector3 }, pointMm: Vector3, column: number, row: number): Vector3 {
  const towards: Record<string, [number, 1 | -1]> = { L: [0, 1], R: [0, -1], P: [1, 1], A: [1, -1], H: [2, 1], F: [2, -1] };
  const point = [NaN, NaN, NaN];
  point[normalAxis] = pointMm[normalAxis];
  for (const [letter, pixel] of [[letters[1], column], [letters[3], row]] as const) {
    const [axis, sense] = towards[letter];
    point[axis] = sense > 0 ? box.low[axis] + (pixel + 0.5) / pixelsPerMm : box.high[axis] - (pixel + 0.5) / pixelsPerMm;
  }
  return [point[0], point[1], point[2]];
}

describe('planes', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(15, 25) }])('show the patient as the letters say, in $name', (position) => {
    const geometry = makeGeometry({ ...position, size: [13, 9, 7] });
    const { volume, expected } = linearVolume(geometry);
    const box = patientBox(geometry, { min: [0, 0, 0], size: geometry.size });
    const pointMm = geometry.toPatient([6, 4, 3]);
    for (const view of views) {
      const grid = planeGrid(view, geometry, box, pointMm, pixelsPerMm);
      const values = sampleVolume(volume, grid);
      let checked = 0;
      values.forEach((value, pixel) => {
        const point = pointOf(view, box, pointMm, pixel % grid.columns, Math.floor(pixel / grid.columns));
        const index = geometry.toVoxel(point);
        const withinCentres = index.every((at, axis) => at >= 0 && at <= geometry.size[axis] - 1);
        const outside = index.some((at, axis) => at < -0.51 || at > geometry.size[axis] - 0.49);
        if (outside) expect(value).toBeNaN();
        if (!withinCentres) return;
        checked++;
        if (Math.abs(value - expected(point)) > 0.01) throw new Error(`${view.title}: ${value} at ${point.join(', ')}, expected ${expected(point)}`);
      });
      expect(checked).toBeGreaterThan(30);
    }
  });

  it('have opposite letters at opposite edges', () => {
    for (const { letters } of views) {
      expect(['LR', 'RL', 'AP', 'PA', 'HF', 'FH']).toContain(letters[0] + letters[1]);
      expect(['LR', 'RL', 'AP', 'PA', 'HF', 'FH']).toContain(letters[2] + letters[3]);
    }
  });
});

describe('outline', () => {
  const geometry = makeGeometry({ size: [20, 22, 9], sliceOffsetsMm: [0, 2, 5, 5.5, 9, 12, 16, 17, 20] });
  const box = patientBox(geometry, { min: [0, 0, 0], size: geometry.size });
  const mask = block(geometry, [5, 8, 3], [12, 15, 7]);

  it.each(views)('follows the outer edges of voxels, on the real positions of uneven slices: $title', (view) => {
    const outline = outlineOf(mask, planeGrid(view, geometry, box, geometry.toPatient([8, 11, 5]), pixelsPerMm));
    const edges = patientBox(geometry, mask.box);
    for (const [direction, offset] of [[view.right, 0], [view.down, 1]] as const) {
      const pixels = outline.filter((_, index) => index % 2 === offset);
      const ends = [edges.low, edges.high].map((end) => pixelOf(direction, box, end[direction.axis], pixelsPerMm)).sort((a, b) => a - b);
      expect(Math.abs(Math.min(...pixels) - ends[0])).toBeLessThan(0.25);
      expect(Math.abs(Math.max(...pixels) - ends[1])).toBeLessThan(0.25);
    }
  });

  it.each([
    ['inside the image', mask],
    ['at its edge', block(geometry, [0, 0, 0], [20, 9, 9])],
  ])('is closed: every end of a segment is the end of two, %s', (_, one) => {
    for (const view of views) {
      const outline = outlineOf(one, planeGrid(view, geometry, box, geometry.toPatient([8, 8, 5]), pixelsPerMm));
      const ends = new Map<string, number>();
      for (let n = 0; n < outline.length; n += 2) {
        const end = `${outline[n].toFixed(4)} ${outline[n + 1].toFixed(4)}`;
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
      expect(ends.size).toBeGreaterThan(8);
      expect([...ends.values()].every((count) => count % 2 === 0)).toBe(true);
    }
  });

  it('is nothing where the plane does not cross the mask', () => {
    expect(outlineOf(mask, planeGrid(planeViews.axial, geometry, box, geometry.toPatient([8, 8, 1]), pixelsPerMm))).toEqual([]);
    expect(outlineOf(Mask.empty(geometry), planeGrid(planeViews.axial, geometry, box, geometry.toPatient([8, 8, 5]), pixelsPerMm))).toEqual([]);
  });
});
