import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { RondoError } from '../../errors.ts';
import type { NewComparison } from '../../jobs/index.ts';
import { readCaseReport, type CaseReport } from '../../report/index.ts';
import { openConfig } from '../config/index.ts';
import { printJson } from '../output.ts';
import { openTrendPlace } from './trendPlace.ts';

/** `rondo trend record`: how delivered structure sets were corrected, into the database of the service. */
export function recordCommand(): Command {
  return new Command('record')
    .description('Record comparisons of corrected structure sets (reference) with those that the service delivered (test), as "rondo compare <corrected> <delivered> --report" wrote them. Each is recorded once and never changed.')
    .argument('<report.json...>', 'reports of comparisons')
    .addHelpText('after', '\n--config and --json as of "rondo trend".')
    .action(async (files: string[], _: unknown, command: Command) => {
      const { config: file, json } = command.optsWithGlobals<{ config: string; json: boolean }>();
      const comparisons = await Promise.all(files.map(async (one) => comparisonOf(readCaseReport(await readReport(one), one))));
      const { config } = await openConfig(file);
      const place = await openTrendPlace(config, process.env.RONDO_KEY);
      try {
        const done: { file: string; sopInstanceUid: string; recorded: number; known: number }[] = [];
        for (const [index, comparison] of comparisons.entries()) {
          const recorded = await place.record(comparison);
          done.push({ file: files[index], sopInstanceUid: comparison.sopInstanceUid, recorded, known: comparison.structures.length - recorded });
        }
        if (json) printJson(done);
        else for (const { file: from, recorded, known } of done) console.log(`${from}: ${recorded} structures recorded, ${known} were there already`);
      } finally {
        await place.close();
      }
    });
}

async function readReport(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RondoError('file-unreadable', 'The report cannot be read. Give a report.json that "rondo compare --report" wrote.', { file }, { cause });
  }
}

function comparisonOf({ ct, reference, test, structures }: CaseReport): NewComparison {
  return {
    sopInstanceUid: test.sopInstanceUid,
    referenceUid: reference.sopInstanceUid,
    seriesInstanceUid: ct.seriesInstanceUid,
    structures: structures.flatMap(({ name, testName, presence, referenceCc, testCc, metrics }) => {
      if (presence === 'neither' || metrics === undefined) return [];
      const { toleranceMm, figures: { dsc, hd95Mm, msdMm, surfaceDsc, addedPathMm } } = metrics;
      const known = Object.entries({ dsc, hd95Mm, msdMm, surfaceDsc, addedPathMm }).filter(([, value]) => value !== undefined);
      return [{ name: testName ?? name, figures: { presence, toleranceMm, referenceCc, testCc, ...Object.fromEntries(known) } }];
    }),
  };
}
