import { spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { RondoError } from '../errors.ts';
import { openModel } from '../pipeline/index.ts';
import { readStructureSet } from '../rtstruct/index.ts';
import { defaultModels } from './contour.ts';
import { StageClock, table } from './output.ts';

/** What was done to the bundled patient, as a protocol would say it. */
const TREATED = { side: 'L', surgery: 'conserving' } as const;

/** `rondo demo`: the main job on a bundled patient, by the very commands that a user types. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Contour a bundled synthetic patient end to end: phantom, contour, compare with a report, render.')
    .option('--out <folder>', 'where to write (default: a new temporary folder)')
    .action(async ({ out }: { out?: string }) => {
      const folder = out ?? (await mkdtemp(path.join(tmpdir(), 'rondo-demo-')));
      const [phantom, result, picture, report] = ['phantom', 'contours.dcm', 'contours.png', 'report'].map((name) => path.join(folder, name));
      const [ct, truth] = [path.join(phantom, 'ct'), path.join(phantom, 'truth.dcm')];
      const clock = new StageClock();
      const commands = [
        ['phantom', '--out', phantom],
        ['contour', ct, '--out', result, '--side', TREATED.side, '--surgery', TREATED.surgery],
        ['compare', truth, result, '--ct', ct, '--report', report],
        ['render', ct, result, '--out', picture],
      ];
      for (const words of commands) {
        clock.enter(words[0]);
        await rondo(words[0] === 'compare' ? [...words, ...(await asked(truth))] : words);
      }
      console.log(`\n${table(['stage', 'seconds'], Object.entries(clock.stop()).map(([stage, seconds]) => [stage, seconds.toFixed(1)]))}`);
      console.log(`\nCT             ${ct}\ntruth          ${truth}\nstructure set  ${result}\npicture        ${picture}\nreport         ${path.join(report, 'report.html')}`);
    });
}

/** Those structures of the truth that are asked for: not the targets of the other side, and not the treated breast as an organ, which its target stands for. */
async function asked(truth: string): Promise<string[]> {
  const models = await Promise.all(defaultModels(TREATED).map(openModel));
  const contoured = new Set(models.flatMap(({ manifest }) => manifest.output.structures.map(({ name }) => name)));
  const isLeftOut = (name: string): boolean => (name.startsWith('CTV') ? !name.endsWith(`_${TREATED.side}`) : name === `Breast_${TREATED.side}`);
  const { structures } = readStructureSet(await readFile(truth));
  return structures.filter(({ name }) => contoured.has(name) && !isLeftOut(name)).flatMap(({ name }) => ['--structure', name]);
}

/** Runs one rondo command as a process of its own, its output shown; fails when it fails. */
async function rondo(words: readonly string[]): Promise<void> {
  console.log(`\n$ rondo ${words.join(' ')}`);
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'rondo.js'), ...words], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new RondoError('demo-failed', `"rondo ${words[0]}" ended with ${code ?? 'a signal'}; its message is above.`);
}
