import { InvalidArgumentError, Option, type Command } from 'commander';
import { PROVIDERS, type InferenceOptions, type Provider } from '../contouring/index.ts';

export interface InferenceArguments {
  overlap?: number;
  mirroring?: 'on' | 'off';
  provider: Provider;
}

/** Adds how networks are run to a command. */
export function addInferenceOptions(command: Command): Command {
  return command
    .option('--overlap <share>', 'least share of a tile that the next one covers too, 0 to 0.9 (default: as the model says)', share)
    .addOption(new Option('--mirroring <on or off>', 'average over mirrored images, at several times the cost (default: as the model says)').choices(['on', 'off']))
    .addOption(new Option('--provider <name>', 'what computes; where it cannot, the CPU does, and the result says so').choices(PROVIDERS).default('cpu'));
}

/** The options as the pipeline takes them: only what was given, over what a protocol says. */
export function inferenceOptions({ overlap, mirroring }: InferenceArguments, protocol: InferenceOptions = {}): InferenceOptions {
  return { ...protocol, ...(overlap !== undefined && { overlap }), ...(mirroring !== undefined && { mirroring: mirroring === 'on' }) };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 0.9)) throw new InvalidArgumentError('Expected a number from 0 to 0.9.');
  return value;
}
