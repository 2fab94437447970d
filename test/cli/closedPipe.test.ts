import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const RONDO = path.join(import.meta.dirname, '../../dist/cli/rondo.js');

it.each([[['models', 'list']], [['models', 'list', '--json']], [['--help']]])('"rondo %j" ends quietly where nobody reads on, as behind "| head"', async (words) => {
  const child = spawn(process.execPath, [RONDO, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  // Long before the command has anything to write.
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  expect([code, said]).toEqual([0, '']);
});

it('a command that fails says so with its code also where nobody reads why', async () => {
  const child = spawn(process.execPath, [RONDO, 'rtstruct', 'list', 'nowhere.dcm'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.destroy();
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  expect([code, said]).toEqual([1, '']);
});
