import { Command } from 'commander';
import { testRulesCommand } from './test.ts';

/** `rondo rules`: which protocol a CT gets. */
export function rulesCommand(): Command {
  return new Command('rules').description('The rules that choose a protocol from the tags of a CT.').addCommand(testRulesCommand());
}
