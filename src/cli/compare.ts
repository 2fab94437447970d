import { Command, InvalidArgumentError, Option } from 'commander';
import type { ConsensusMethod } from '../consensus/index.ts';
import { readCtGrid, readPlanningCt } from '../ct/index.ts';
import { definitions, distanceConventions, type DistanceConvention } from '../metrics/index.ts';
import { openProtocol, PairWorkers } from '../pipeline/index.ts';
import { compareStructures, comparisonTable } from '../report/index.ts';
import { comparedSet } from './comparedSet.ts';
import { compareObserverSets } from './compareObservers.ts';
import { refuseReport, writeReport } from './compareReport.ts';
import { comparedMasks, joinSets } from './joinedSets.ts';
import { printJson } from './output.ts';
import { structureNamed } from './rtstruct/rename.ts';

interface CompareArguments extends PairArguments {
  consensus?: ConsensusMethod;
  name: string[];
  consensusOut?: string;
}

interface PairArguments {
  ct: string;
  series?: string;
  structure: string[];
  convention: DistanceConvention[];
  tolerance?: number;
  pathTolerance: number;
  report?: string;
  protocol?: string;
  json: boolean;
}

/** `rondo compare`: two structure sets on one CT, or those of several observers, structure by structure. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('Compare structure sets drawn on one CT, joined by name: two as reference and test, by DSC, HD95, surface DSC, added path length and more, each with its convention; three and more as observers, in pairs and with their consensus.')
    .argument('<sets...>', 'two RT Structure Sets: what to compare with, and what to judge; or three and more, of observers of equal rank')
    .requiredOption('--ct <folder>', 'folder with the CT series that all were drawn on')
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--structure <name>', 'compare this structure of the reference only; may be given several times (default: all)', (name: string, names: string[]) => [...names, name], [])
    .addOption(new Option('--convention <names...>', 'HD, HD95 and mean surface distance also by these conventions').choices(Object.keys(distanceConventions)).default([]))
    .option('--tolerance <mm>', 'τ of the surface DSC (default: 2 for organs, 3 for targets)', millimetres)
    .option('--path-tolerance <mm>', 'contours within this distance need not be drawn anew (added path length)', millimetres, 0)
    .option('--report <folder>', 'also write report.html, report.json, report.csv and report.dcm (a DICOM structured report for the archive) there; existing files are never overwritten')
    .option('--protocol <name or file>', 'whose thresholds the report judges by, as "rondo protocols list" names it or in a file of your own (default: the goals of docs/training.md)')
    .addOption(new Option('--consensus <method>', 'what observers agree on; two sets are compared as observers where it is given (default: staple)').choices(['staple', 'majority']))
    .option('--name <name>', 'what an observer is called, once for each set and in their order; never the name of a patient (default: the name of the file)', (name: string, names: string[]) => [...names, name], [])
    .option('--consensus-out <file>', 'also write the consensus of the observers as an RT Structure Set, read back and compared; an existing file is never overwritten')
    .option('--json', 'print JSON', false)
    .action(compare);
}

/** Options that only two sets take, and that only observers take. */
const OF_TWO = ['convention', 'pathTolerance', 'protocol'];
const OF_OBSERVERS = ['name', 'consensusOut'];

async function compare(files: readonly string[], { consensus: method, name: names, consensusOut, ...asked }: CompareArguments, command: Command): Promise<void> {
  if (files.length < 2) command.error('error: give two structure sets, or more');
  const areObservers = files.length > 2 || method !== undefined;
  const foreign = (areObservers ? OF_TWO : OF_OBSERVERS).find((option) => command.getOptionValueSource(option) === 'cli');
  if (foreign !== undefined) command.error(`error: --${foreign.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)} is for ${areObservers ? 'two sets, a reference and a test' : 'observers: give three sets or more, or --consensus'}`);
  if (areObservers) await compareObserverSets(files, { ...asked, method: method ?? 'staple', names, consensusOut });
  else await comparePair(files[0], files[1], asked, command);
}

async function comparePair(referenceFile: string, testFile: string, { ct: folder, series, structure: asked, convention: conventions, tolerance, pathTolerance, report, protocol: wanted, json }: PairArguments, command: Command): Promise<void> {
  if (wanted !== undefined && report === undefined) command.error('error: --protocol is for --report only');
  const protocol = wanted === undefined ? undefined : await openProtocol(wanted);
  if (report !== undefined) await refuseReport(report);
  const workers = new PairWorkers();
  try {
    const reading = series === undefined ? {} : { seriesInstanceUid: series };
    const planningCt = report === undefined ? undefined : await readPlanningCt(folder, reading);
    const ct = planningCt ?? (await readCtGrid(folder, reading));
    const [reference, test] = [await comparedSet(referenceFile, ct, 'reference'), await comparedSet(testFile, ct, 'test')];

    const joined = joinSets(reference.set, test.set);
    const ofReference = asked.length === 0 ? joined.reference : asked.map((name) => structureNamed(name, joined.reference));
    const kept = new Set(ofReference.map(({ name }) => name));
    const ofTest = joined.test.filter(({ name }) => asked.length === 0 || kept.has(name));
    const [drawn, testDrawn] = await Promise.all([comparedMasks(reference, ofReference, ct, workers), comparedMasks(test, ofTest, ct, workers)]);
    const masks = { reference: drawn.structures, test: testDrawn.structures };
    const options = { addedPathToleranceMm: pathTolerance, conventions, withMap: planningCt !== undefined, ...(tolerance !== undefined && { toleranceMm: tolerance }) };
    const comparison = await compareStructures(masks.reference, masks.test, options, (measured) => workers.measure(measured));
    const renamed = joined.renamed.filter((pair) => kept.has(pair.reference));
    const { refused } = joined;
    const problems = [...drawn.problems, ...testDrawn.problems];
    if (planningCt !== undefined && report !== undefined) await writeReport(report, { ct: planningCt, reference: reference.set, test: test.set, datasets: { reference: reference.dataset, test: test.dataset }, comparison, options, masks, renamed, refused, notes: problems, protocol });
    if (json) {
      printJson({ ...comparison, found: masks.test.map(({ name, mask }) => ({ name, volumeCc: mask.volumeCc })), renamed, refused, problems, definitions, ...(report !== undefined && { report }) });
      return;
    }
    console.log(comparisonTable(comparison));
    for (const pair of renamed) console.log(`note: "${pair.test}" of the test is compared with "${pair.reference}"`);
    for (const { names: left, reason } of refused) console.log(`NOT JOINED: ${left.join(', ')}: ${reason}`);
    for (const problem of problems) console.log(`note: ${problem}`);
    if (report !== undefined) console.log(`\nReport: ${report}`);
  } finally {
    await workers.close();
  }
}

function millimetres(text: string): number {
  const mm = Number(text);
  if (text.trim() === '' || !Number.isFinite(mm) || mm < 0) throw new InvalidArgumentError('Expected a distance in mm, 0 or more.');
  return mm;
}
