import { Command } from 'commander';
import { addModelCommand } from './add.ts';
import { listModelsCommand } from './list.ts';
import { verifyModelsCommand } from './verify.ts';

/** `rondo models`: the models that contour. */
export function modelsCommand(): Command {
  const group = new Command('models').description('The contouring models: list them, verify them, add your own.');
  for (const command of [listModelsCommand(), verifyModelsCommand(), addModelCommand()]) group.addCommand(command);
  return group;
}
