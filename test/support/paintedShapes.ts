import type { Mask, VolumeGeometry } from '../../src/geometry/index.ts';
import { paint, speckle } from './masks.ts';

type Six = readonly [number, number, number, number, number, number];

/** A shape in whole numbers, as training/peer_shapes.py describes it, and whether it adds voxels or removes them. */
export type PaintedShape = readonly ['+' | '-', 'box' | 'ball', Six] | readonly ['+' | '-', 'dust', readonly [seed: number, share: number]];

/** The voxels that training/peer_shapes.py paints. */
export function paintShapes(geometry: VolumeGeometry, shapes: readonly PaintedShape[]): Mask {
  const painted = shapes.map((shape) => ({ adds: shape[0] === '+', inside: insideOf(geometry, shape) }));
  return paint(geometry, (i, j, k) => painted.reduce((belongs, { adds, inside }) => (inside(i, j, k) ? adds : belongs), false));
}

function insideOf(geometry: VolumeGeometry, [, kind, values]: PaintedShape): (i: number, j: number, k: number) => boolean {
  if (kind === 'dust') {
    const dust = speckle(geometry, values[0], values[1] / 2 ** 32);
    return (i, j, k) => dust.has(i, j, k);
  }
  const [a, b, c, p, q, r] = values;
  if (kind === 'box') return (i, j, k) => i >= a && i < a + p && j >= b && j < b + q && k >= c && k < c + r;
  return (i, j, k) => ((2 * i - a) * q * r) ** 2 + ((2 * j - b) * p * r) ** 2 + ((2 * k - c) * p * q) ** 2 <= (p * q * r) ** 2;
}
