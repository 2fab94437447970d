import { Command } from 'commander';
import { checkCommand } from './check.ts';
import { copyCommand } from './copy.ts';
import { deriveCommand } from './derive.ts';
import { fromMasksCommand } from './fromMasks.ts';
import { listCommand } from './list.ts';
import { renameCommand } from './rename.ts';
import { toMasksCommand } from './toMasks.ts';

/** `rondo rtstruct`: work with structure set files of any system. */
export function rtstructCommand(): Command {
  const group = new Command('rtstruct').description('Work with RT Structure Sets of any system: list, check, rename, derive, copy, to and from masks.');
  for (const command of [listCommand(), checkCommand(), fromMasksCommand(), toMasksCommand(), renameCommand(), deriveCommand(), copyCommand()]) group.addCommand(command);
  return group;
}
