import { describe, expect, it } from '@jest/globals';
import { bodyFrame, misplacement, reachMm, type BodyFrame } from '../../src/ctv/bodyFrame.ts';
import { Mask } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { block } from '../support/masks.ts';
import { around, ball, patient } from './patient.ts';

describe('the reach of a mask from foot to head', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(20, 15) }, { name: 'sagittal', rowDirection: [0, 1, 0] as const, columnDirection: [0, 0, -1] as const }])('is that of its voxel centres in the patient, in $name', (position) => {
    const geometry = makeGeometry({ size: [11, 9, 8], ...position });
    const mask = block(geometry, [2, 3, 1], [9, 6, 5]);
    const heights: number[] = [];
    for (let k = 1; k < 5; k++) for (let j = 3; j < 6; j++) for (let i = 2; i < 9; i++) heights.push(geometry.toPatient([i, j, k])[2]);
    const reach = reachMm(mask);
    expect(reach?.lowMm).toBeCloseTo(Math.min(...heights), 9);
    expect(reach?.highMm).toBeCloseTo(Math.max(...heights), 9);
    expect(reach?.stepMm).toBeGreaterThan(0.7);
  });

  it('is none of an empty mask', () => {
    expect(reachMm(Mask.empty(makeGeometry()))).toBeUndefined();
  });
});

describe('the frame of a body', () => {
  it('is told by cord and lungs, in the patient whatever the position', () => {
    for (const position of POSITIONS) {
      const frame = bodyFrame(patient(around(position)).organs);
      expect(frame.midline?.from).toBe('the spinal cord');
      expect(Math.abs(frame.midline?.xMm ?? 99)).toBeLessThan(3);
      expect(Math.abs((frame.cordYMm ?? 0) - 80)).toBeLessThan(3);
      expect(Math.abs((frame.lungTop.L?.zMm ?? 0) - 110)).toBeLessThan(7);
      expect(frame.lungTop.L?.cut).toBe(false);
    }
  });

  it('judges nothing without organs', () => {
    const frame = bodyFrame(new Map());
    expect(frame).toEqual({ midline: undefined, cordYMm: undefined, lungTop: { L: undefined, R: undefined } });
    const { geometry } = patient();
    expect(misplacement(ball(geometry, [-70, 100, 0], 20), { side: 'L', row: { lateralMm: [10, 20], aboveLungMm: [0, 1] } }, frame)).toBeUndefined();
  });

  it('does not call a target too high where the scan ends in the lung, but too low', () => {
    const { geometry } = patient();
    const target = ball(geometry, [60, 0, 0], 20);
    const frame = (cut: boolean): BodyFrame => ({ midline: undefined, cordYMm: undefined, lungTop: { L: { zMm: 3, cut }, R: undefined } });
    const judged = (cut: boolean, aboveLungMm: readonly [number, number]): string | undefined => misplacement(target, { side: 'L', row: { lateralMm: [0, 99], aboveLungMm } }, frame(cut));
    expect(judged(false, [-170, -10])).toMatch(/above the top of the lung/);
    expect(judged(true, [-170, -10])).toBeUndefined();
    expect(judged(true, [20, 40])).toMatch(/above the top of the lung/);
  });
});
