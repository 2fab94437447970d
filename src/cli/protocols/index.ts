import { Command } from 'commander';
import { checkProtocolCommand } from './check.ts';
import { listProtocolsCommand } from './list.ts';

/** `rondo protocols`: what a department sets once for a kind of patient. */
export function protocolsCommand(): Command {
  const group = new Command('protocols').description('Protocols: which structures are contoured by which model, and how they are written.');
  for (const command of [listProtocolsCommand(), checkProtocolCommand()]) group.addCommand(command);
  return group;
}
