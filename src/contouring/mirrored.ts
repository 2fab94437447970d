import type { Vector3 } from '../geometry/index.ts';
import type { ModelManifest } from './modelManifest.ts';
import { meanOf, type Runner } from './network.ts';

/** How tiles are mirrored, and what changes places then. */
export interface Mirroring {
  axes: readonly ('x' | 'y' | 'z')[];
  /** The channel that stands in place of channel c after a flip along x: left and right change places. */
  channelSwap: readonly number[];
}

/** The mirroring that a manifest allows. */
export function mirroringOf({ mirroring, output }: ModelManifest): Mirroring {
  const channelSwap = Array.from({ length: output.channels }, (_, channel) => channel);
  const channelsOf = (name: string): readonly number[] => output.structures.find((structure) => structure.name === name)?.channels ?? [];
  for (const [one, other] of mirroring.swap) {
    for (const [at, channel] of channelsOf(one).entries()) {
      const opposite = channelsOf(other)[at];
      channelSwap[channel] = opposite;
      channelSwap[opposite] = channel;
    }
  }
  return { axes: mirroring.axes, channelSwap };
}

/** Runs each tile as it is and flipped along every combination of axes; the mean of the logits, flipped back. */
export function mirrored(runner: Runner, { axes, channelSwap }: Mirroring): Runner {
  const flips = axes.reduce<(readonly boolean[])[]>((known, axis) => known.flatMap((flip) => [flip, flip.map((on, at) => on || 'xyz'[at] === axis)]), [[false, false, false]]);
  return {
    run: meanOf(flips.map((flip) => async (tile, size) => {
      if (!flip.includes(true)) return await runner.run(tile, size);
      const logits = await runner.run(flipped(tile, size, flip, [0]), size);
      const channels = Array.from({ length: logits.length / tile.length }, (_, channel) => (flip[0] ? channelSwap[channel] : channel));
      return flipped(logits, size, flip, channels);
    })),
  };
}

/** Blocks [z][y][x] of values, in the given order, each flipped along the axes (x, y, z) that are on. */
function flipped(values: Float32Array, [width, height, depth]: Vector3, [acrossX, acrossY, acrossZ]: readonly boolean[], blocks: readonly number[]): Float32Array {
  const result = new Float32Array(values.length);
  let to = 0;
  for (const block of blocks) {
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        const row = ((block * depth + (acrossZ ? depth - 1 - z : z)) * height + (acrossY ? height - 1 - y : y)) * width;
        for (let x = 0; x < width; x++) result[to++] = values[row + (acrossX ? width - 1 - x : x)];
      }
    }
  }
  return result;
}
