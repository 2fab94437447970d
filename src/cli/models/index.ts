import { Command } from 'commander';
import { listModelsCommand } from './list.ts';
import { verifyModelsCommand } from './verify.ts';

/** `rondo models`: the models that contour. */
export function modelsCommand(): Command {
  const group = new Command('models').description('The contouring models: list them, verify them.');
  for (const command of [listModelsCommand(), verifyModelsCommand()]) group.addCommand(command);
  return group;
}
