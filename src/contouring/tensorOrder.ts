import type { Vector3 } from '../geometry/index.ts';

/**
 * Values with the order of their spatial axes turned round: x fastest becomes z fastest and the other way round.
 * @param size along the fastest axis, the middle one and the slowest
 * @param channels blocks of that size, each turned round by itself
 */
export function inOtherOrder(values: Float32Array, [first, second, third]: Vector3, channels: number): Float32Array {
  const turned = new Float32Array(values.length);
  const count = first * second * third;
  for (let channel = 0, from = 0; channel < channels; channel++) {
    for (let c = 0; c < third; c++) {
      for (let b = 0; b < second; b++) {
        for (let a = 0, to = channel * count + b * third + c; a < first; a++, from++, to += second * third) turned[to] = values[from];
      }
    }
  }
  return turned;
}
