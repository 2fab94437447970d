import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { packageVersion } from '../../pipeline/index.ts';
import { makeTrend, signalsOf, trendFiles, trendTable } from '../../report/index.ts';
import { CONFIG_FILE, openConfig } from '../config/index.ts';
import { printJson, refuseExisting, writeWhole } from '../output.ts';
import { recordCommand } from './record.ts';
import { openTrendPlace } from './trendPlace.ts';

const FILES = ['trend.html', 'trend.json', 'trend.csv'] as const;

/** Values that limits are made of, and the fewest that are taken for it. */
const BASELINE = 20;
const LEAST_BASELINE = 10;

interface TrendArguments {
  config: string;
  report?: string;
  since?: Date;
  protocol?: string;
  baseline: number;
  json: boolean;
}

/** `rondo trend`: how the contours of a service develop over time. */
export function trendCommand(): Command {
  return new Command('trend')
    .description('Control charts of what the service contoured: volumes, structures not found, agreement with corrected sets; with limits for each version of a model.')
    .option('--config <file>', 'the configuration of the service', CONFIG_FILE)
    .option('--report <folder>', 'write trend.html, trend.json and trend.csv there; existing files are never overwritten')
    .option('--since <date>', 'only structure sets made on this day or later, as 2026-01-31', dateOf)
    .option('--protocol <name>', 'only structure sets of this protocol')
    .option('--baseline <n>', `values of each version of a model that limits are made of, at least ${LEAST_BASELINE}`, baselineOf, BASELINE)
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nWhile the service runs on its embedded database it is asked over its API; where it asks for a key, that is taken from the environment variable RONDO_KEY (role physicist).')
    .addCommand(recordCommand())
    .action(async ({ config: file, report: folder, since, protocol, baseline, json }: TrendArguments) => {
      if (folder !== undefined) for (const name of FILES) await refuseExisting(path.join(folder, name));
      const { config } = await openConfig(file);
      const place = await openTrendPlace(config, process.env.RONDO_KEY);
      const records = await place.read({ since, protocol }).finally(async () => { await place.close(); });
      const report = makeTrend({ rondoVersion: await packageVersion(), at: new Date(), ...records, baseline, since: since?.toISOString(), protocol });
      if (folder !== undefined) {
        const files = await trendFiles(report);
        for (const name of FILES) await writeWhole(path.join(folder, name), Buffer.from(files[name]));
      }
      if (json) printJson({ ...report, signals: signalsOf(report), ...(folder !== undefined && { report: folder }) });
      else console.log([trendTable(report), ...(folder === undefined ? [] : ['', `Report: ${folder}`])].join('\n'));
    });
}

function dateOf(text: string): Date {
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime())) throw new InvalidArgumentError('Expected a day as 2026-01-31.');
  return date;
}

function baselineOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < LEAST_BASELINE) throw new InvalidArgumentError(`Expected a whole number, ${LEAST_BASELINE} or more.`);
  return count;
}
