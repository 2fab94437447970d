import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { PROVIDERS, type Provider } from '../../contouring/index.ts';
import { RondoError } from '../../errors.ts';
import { goalThresholds } from '../../goals/index.ts';
import { packageVersion, PairWorkers } from '../../pipeline/index.ts';
import { readStudyReport, studyFiles, summariseStudy, type Study, type StudyCase, type StudyReport } from '../../report/index.ts';
import { cancelOnInterrupt, printJson, Progress, table } from '../output.ts';
import { caseNames, openCase, sha256Of } from './caseFolder.ts';
import { CaseRecords } from './caseRecords.ts';
import { evaluateCase, type Evaluation } from './evaluateCase.ts';
import { ProtocolContourer } from './protocolContourer.ts';

interface EvaluateArguments {
  report: string;
  protocol?: string;
  structure: string[];
  against?: string;
  pages: boolean;
  title: string;
  provider: Provider;
  json: boolean;
}

const GOALS = 'Rondo\'s own goals (docs/training.md), about what experts reach among themselves. Set those of your department in a protocol.';

/** `rondo evaluate`: many cases, their report, and what changed since an earlier one. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('Compare test with reference over many cases, for commissioning and follow-up: figures against goals, outliers, bias, and the difference to an earlier report. Goes on where it was broken off.')
    .argument('<cases>', 'folder with a folder for each case: ct/ (DICOM series), reference.dcm, test.dcm unless a protocol contours it, and case.yaml (facts to group by) if wanted')
    .requiredOption('--report <folder>', 'folder for report.html, report.json, results.csv and the results of each case')
    .option('--protocol <name or file>', 'contours the cases that have no test.dcm and name no protocol in case.yaml; its thresholds judge, where it has any (default: the goals of docs/training.md)')
    .option('--pages', 'also write a page with pictures for each case, as "rondo compare --report" does', false)
    .option('--structure <name>', 'judge this structure only; may be given several times (default: all that a reference holds, or of these what the protocol asks for)', (name: string, names: string[]) => [...names, name], [])
    .option('--against <report.json>', 'earlier report to compare with, case by case')
    .option('--title <text>', 'title of the report: give no patient\'s name or number', 'Evaluation of contours')
    .addOption(new Option('--provider <name>', 'what computes where a protocol contours').choices(PROVIDERS).default('cpu'))
    .option('--json', 'print JSON', false)
    .action(evaluate);
}

async function evaluate(cases: string, { report, protocol, structure: structures, against, pages: withPages, title, provider, json }: EvaluateArguments): Promise<void> {
  const earlier = against === undefined ? undefined : await readEarlier(against);
  const ids = await caseNames(cases);
  const records = await CaseRecords.in(report);
  const rondo = await packageVersion();
  const progress = new Progress(json);
  const contourer = new ProtocolContourer(provider);
  const workers = new PairWorkers();
  const signal = cancelOnInterrupt();
  const done: StudyCase[] = [];
  const failed: StudyReport['failed'] = [];
  let thresholds: Study['thresholds'] = { source: GOALS, of: goalThresholds };
  try {
    // A protocol that does not exist is no fault of the cases.
    const judging = protocol === undefined ? undefined : (await contourer.open(protocol)).protocol;
    if (judging?.thresholds) thresholds = { source: `those of the protocol ${judging.name}`, of: (name) => judging.thresholds?.[name] };
    const evaluation = { workers, contourer, structures, thresholds: judging, report, withPages, signal };
    for (const [index, id] of ids.entries()) {
      signal.throwIfAborted();
      const onProgress: Evaluation['onProgress'] = (stage, part, total) => { progress.update(`case ${index + 1} of ${ids.length}: ${stage}`, part, total); };
      try {
        const { result, isNew } = await resultOf(id, cases, protocol, records, { ...evaluation, onProgress }, rondo);
        done.push(result);
        say(`${index + 1}/${ids.length} ${id}: ${inWords(result)}${isNew ? '' : ' (as before)'}`);
      } catch (error) {
        signal.throwIfAborted();
        const failure = { id, code: error instanceof RondoError ? error.code : 'unexpected', message: error instanceof Error ? error.message : String(error) };
        failed.push(failure);
        say(`${index + 1}/${ids.length} ${id}: FAILED: ${failure.message}`);
      }
    }
  } finally {
    progress.stop();
    await contourer.close();
    await workers.close();
  }
  if (done.length === 0) throw new RondoError('study-nothing', `None of ${ids.length} cases gave a result, so there is nothing to report. The first: ${failed[0].id}: ${failed[0].message}`, { file: cases });

  const study = summariseStudy({ title, madeAt: new Date().toISOString(), rondo, cases: done, failed, named: structures, thresholds, earlier });
  const files = await studyFiles(study);
  for (const [name, contents] of Object.entries(files)) await writeFile(path.join(report, name), contents);
  if (json) printJson({ report, files: Object.keys(files), cases: done.length, failed, structures: study.structures, against: study.against });
  else say(`\n${summaryTable(study)}${notJudgedText(study)}\n\n${done.length} cases, ${failed.length} without a result. The report is ${path.join(report, 'report.html')}\nResearch software, not for clinical use.`);

  function say(line: string): void {
    progress.stop();
    if (!json) console.log(line);
  }
}

/** The result of a case: that of an earlier run where nothing that it depends on has changed. */
async function resultOf(id: string, cases: string, given: string | undefined, records: CaseRecords, evaluation: Evaluation, rondo: string): Promise<{ result: StudyCase; isNew: boolean }> {
  const folder = await openCase(cases, id);
  const protocol = folder.test === undefined ? folder.protocol ?? given : undefined;
  const identity = protocol === undefined ? undefined : await evaluation.contourer.identityOf(protocol);
  const [ct, reference, test] = await Promise.all([sha256Of(folder.ct), sha256Of(folder.reference), folder.test === undefined ? '' : sha256Of(folder.test)]);
  const inputs = { ct, reference, test };
  const { facts, notDrawn } = folder;
  const { structures, withPages, thresholds } = evaluation;
  const made = { rondo, inputs, facts, notDrawn, structures, ...(withPages && { pagesBy: thresholds?.thresholds ?? 'goals' }), ...(identity && { protocol, identity }) };
  const earlier = await records.find(id, made);
  if (earlier !== undefined) return { result: earlier, isNew: false };
  const result = await evaluateCase(folder, inputs, protocol, evaluation);
  await records.keep(id, made, result);
  return { result, isNew: true };
}

async function readEarlier(file: string): Promise<StudyReport> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RondoError('file-unreadable', 'The earlier report cannot be read. Give the report.json of an earlier "rondo evaluate".', { file }, { cause });
  });
  return readStudyReport(text, file);
}

/** What both hold, and one alone: whether that is a failure shows when all cases are known. */
function inWords({ structures }: StudyCase): string {
  const count = (outcome: string): number => structures.filter((one) => one.outcome === outcome).length;
  return `${count('found')} in both, ${count('missed')} in the reference alone, ${count('invented')} in the test alone`;
}

function notJudgedText({ notJudged }: StudyReport): string {
  const reasons = [...new Set(notJudged.map(({ reason }) => reason))];
  return reasons.map((reason) => `\n\nNOT JUDGED: ${notJudged.filter((one) => one.reason === reason).map(({ name }) => name).join(', ')}: ${reason}`).join('');
}

function summaryTable({ structures }: StudyReport): string {
  const fixed = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–';
  return table(
    ['structure', 'verdict', 'counted', 'missed', 'invented', 'cases pass', 'DSC, counted mean', 'median', '5th percentile', 'HD95 mm'],
    structures.map(({ name, verdict, counted, missed, invented, passed, dscCounted, hd95Mm }) => [name, verdict, String(counted), String(missed), String(invented), passed === undefined ? '–' : `${passed}/${counted}`, fixed(dscCounted.mean, 3), fixed(dscCounted.median, 3), fixed(dscCounted.p5, 3), fixed(hd95Mm.median, 2)]),
  );
}
