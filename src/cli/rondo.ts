#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../pipeline/index.ts';
import { compareCommand } from './compare.ts';
import { configCommand } from './config/index.ts';
import { contourCommand } from './contour.ts';
import { demoCommand } from './demo.ts';
import { evaluateCommand } from './evaluate/index.ts';
import { infoCommand } from './info.ts';
import { modelsCommand } from './models/index.ts';
import { phantomCommand } from './phantom.ts';
import { protocolsCommand } from './protocols/index.ts';
import { renderCommand } from './render.ts';
import { rulesCommand } from './rules/index.ts';
import { rtstructCommand } from './rtstruct/index.ts';
import { ignoreClosedPipes, reportFailure } from './output.ts';
import { serveCommand } from './serve.ts';
import { trendCommand } from './trend/index.ts';
import { workerCommand } from './worker.ts';

const program = new Command('rondo')
  .description('Radiotherapy contouring and RT-STRUCT bridge. Research software, not for clinical use.')
  .version(await packageVersion())
  .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage.');

for (const command of [contourCommand(), compareCommand(), evaluateCommand(), trendCommand(), renderCommand(), rtstructCommand(), phantomCommand(), protocolsCommand(), modelsCommand(), configCommand(), rulesCommand(), serveCommand(), workerCommand(), infoCommand(), demoCommand()]) {
  program.addCommand(command);
}
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) command.exitOverride().showHelpAfterError();

ignoreClosedPipes();
// Libraries that print to the console must not break what machines read.
if (process.argv.includes('--json')) console.log = console.error;

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message by now; help and version end with 0.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    reportFailure(error, process.argv.includes('--json'));
    process.exitCode = 1;
  }
}
