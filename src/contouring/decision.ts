import type { ModelManifest } from './modelManifest.ts';

/** Channels of values and, for each structure of a manifest, those whose sum is 0.5 or more where the structure is. */
export interface StructureFields {
  channels: readonly Float32Array[];
  used: readonly (readonly number[])[];
}

/**
 * What decides where the structures of a manifest are: probabilities themselves, or where a structure is decided otherwise than by
 * their sum, values made of them that pass 0.5 where it begins.
 * @param channels probabilities of each channel at each voxel, or logits
 */
export function structureFields({ activation, decision, structures }: ModelManifest['output'], channels: readonly Float32Array[], areLogits = false): StructureFields {
  if (activation === 'softmax' && decision === 'half') return { channels, used: structures.map((structure) => structure.channels) };
  const field = decision === 'argmax' ? mostProbable : anyOf;
  // A region begins at a logit of 0.
  const values = areLogits && activation === 'sigmoid' ? channels.map((channel) => channel.map((logit) => 0.5 + logit)) : channels;
  return { channels: structures.map((structure) => field(values, structure.channels)), used: structures.map((_, index) => [index]) };
}

/** Regions that overlap: a voxel belongs where one of them holds it. */
function anyOf(channels: readonly Float32Array[], own: readonly number[]): Float32Array {
  if (own.length === 1) return channels[own[0]];
  return channels[own[0]].map((first, index) => own.reduce((most, channel) => Math.max(most, channels[channel][index]), first));
}

/** The largest single number below 0.5. */
const BELOW_HALF = 0.5 - 2 ** -25;

/** Half of what separates the most probable of the structure's channels from the most probable of the others, about 0.5. */
function mostProbable(channels: readonly Float32Array[], own: readonly number[]): Float32Array {
  const others = channels.map((_, channel) => channel).filter((channel) => !own.includes(channel));
  const highest = (wanted: readonly number[], index: number): number => wanted.reduce((most, channel) => Math.max(most, channels[channel][index]), -Infinity);
  return channels[0].map((_, index) => {
    const lead = highest(own, index) - highest(others, index);
    // Rounding must not give a voxel to two structures.
    return lead < 0 ? Math.min(0.5 + lead / 2, BELOW_HALF) : 0.5 + lead / 2;
  });
}
