import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ConsensusMethod } from '../consensus/index.ts';
import { readCtGrid, readPlanningCt } from '../ct/index.ts';
import type { CtGrid } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { joinNamesOfSets, type SharedStructure } from '../names/index.ts';
import { masksToStructureSet, packageVersion, PairWorkers, StructureSetWorkers } from '../pipeline/index.ts';
import { compareObservers, makeObserversReport, observersFiles, observersTable, type Observer, type ObserversComparison } from '../report/index.ts';
import { comparedSet, type ComparedSet } from './comparedSet.ts';
import { refuseReport, reported, standardName, writeReportFiles } from './compareReport.ts';
import { comparedMasks } from './joinedSets.ts';
import { observerNames } from './observerNames.ts';
import { printJson, refuseExisting, writeWhole } from './output.ts';

export interface ObserverArguments {
  ct: string;
  series?: string;
  structure: readonly string[];
  tolerance?: number;
  report?: string;
  json: boolean;
  method: ConsensusMethod;
  names: readonly string[];
  consensusOut: string | undefined;
}

/**
 * `rondo compare` of observers of equal rank: all pairs, and each against the consensus.
 * @throws RondoError `observers-names`, `same-set-twice`, what `comparedSet` and `compareObservers` throw, and `no-consensus` where one is to be written and there is none
 */
export async function compareObserverSets(files: readonly string[], { ct: folder, series, structure: asked, tolerance, report, json, method, names: given, consensusOut }: ObserverArguments): Promise<void> {
  if (report !== undefined) await refuseReport(report);
  if (consensusOut !== undefined) await refuseExisting(consensusOut);
  const workers = new PairWorkers();
  try {
    const reading = series === undefined ? {} : { seriesInstanceUid: series };
    const planningCt = report === undefined ? undefined : await readPlanningCt(folder, reading);
    const ct: CtGrid = planningCt ?? (await readCtGrid(folder, reading));
    const names = observerNames(files, given, ct.attributes);
    await refuseSameFiles(files);
    const sets: ComparedSet[] = [];
    for (const [index, file] of files.entries()) sets.push(await comparedSet(file, ct, names[index]));
    refuseSameSets(sets, files);

    const { structures, refused } = joinNamesOfSets(sets.map(namesOf));
    const wanted = wantedOf(structures, asked);
    const observers: Observer[] = [];
    const problems: string[] = [];
    for (const [index, compared] of sets.entries()) {
      const own = compared.set.structures.flatMap((structure) => {
        const shared = wanted.find(({ spellings }) => spellings[index] === structure.name);
        return shared === undefined ? [] : [{ number: structure.number, name: shared.name, structure }];
      });
      const drawn = await comparedMasks(compared, own, ct, workers);
      observers.push({ name: names[index], structures: drawn.structures });
      problems.push(...drawn.problems);
    }
    const comparison = await compareObservers(observers, wanted.map(({ name }) => name), method, tolerance === undefined ? {} : { toleranceMm: tolerance }, (pairs) => workers.measure(pairs));
    const renamed = wanted.flatMap(({ name, spellings }) => spellings.flatMap((spelling, index) => (spelling === undefined || spelling === name ? [] : [`"${spelling}" of ${names[index]} is compared as "${name}": by the name table they mean the same`])));
    const observersReport = makeObserversReport({
      rondoVersion: await packageVersion(),
      at: new Date(),
      ct: { studyInstanceUid: ct.attributes.StudyInstanceUID, seriesInstanceUid: ct.seriesInstanceUid, geometry: ct.volume.geometry },
      comparison,
      sets: new Map(sets.map(({ set, side }) => [side, reported(set)])),
      standardName,
      refusedNames: refused.map(({ names: left, reason }) => ({ names: [...left], reason })),
      // In an order that does not depend on that of the files.
      notes: [...renamed, ...problems].sort(),
    });
    if (consensusOut !== undefined) await writeConsensus(consensusOut, ct, comparison);
    if (planningCt !== undefined && report !== undefined) await writeReportFiles(report, await observersFiles(observersReport, planningCt.volume, comparison));
    if (json) printJson({ ...observersReport, ...(report !== undefined && { report }), ...(consensusOut !== undefined && { consensusOut }) });
    else console.log([observersTable(observersReport), ...(report === undefined ? [] : [`Report: ${report}`]), ...(consensusOut === undefined ? [] : [`Consensus, written and read back: ${consensusOut}`])].join('\n'));
  } finally {
    await workers.close();
  }
}

/** The names of a set. @throws RondoError `comparison-name` where one stands twice */
function namesOf({ set, side }: ComparedSet): string[] {
  const names = set.structures.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new RondoError('comparison-name', `Comparison refused: ${side} holds two structures named "${twice}". Rename or remove one.`);
  return names;
}

/** @throws RondoError `structure-unknown` */
function wantedOf(structures: readonly SharedStructure[], asked: readonly string[]): readonly SharedStructure[] {
  const unknown = asked.find((name) => !structures.some(({ spellings }) => spellings.includes(name)));
  if (unknown !== undefined) throw new RondoError('structure-unknown', `No structure of any observer is named "${unknown}". Expected a name of: ${structures.map(({ name }) => name).join(', ')}.`);
  return asked.length === 0 ? structures : structures.filter(({ spellings }) => asked.some((name) => spellings.includes(name)));
}

/** @throws RondoError `same-set-twice`: one who is counted twice decides every vote */
async function refuseSameFiles(files: readonly string[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const file of files) {
    const digest = await readFile(file).then((bytes) => createHash('sha256').update(bytes).digest('hex'), () => file);
    const earlier = seen.get(digest);
    if (earlier !== undefined) refuseTwice(earlier, file);
    seen.set(digest, file);
  }
}

/** @throws RondoError `same-set-twice` where two files are one instance */
function refuseSameSets(sets: readonly ComparedSet[], files: readonly string[]): void {
  for (const [index, { set: { sopInstanceUid } }] of sets.entries()) {
    const earlier = sets.findIndex(({ set }) => set.sopInstanceUid !== '' && set.sopInstanceUid === sopInstanceUid);
    if (earlier >= 0 && earlier < index) refuseTwice(files[earlier], files[index]);
  }
}

function refuseTwice(earlier: string, file: string): never {
  throw new RondoError('same-set-twice', `Comparison refused: ${path.basename(earlier)} and ${path.basename(file)} are the same structure set (the same bytes, or the same SOP Instance UID). Expected one set of each observer: who is counted twice would outvote the others.`, { file });
}

const METHODS: Readonly<Record<ConsensusMethod, string>> = { staple: 'STAPLE (Warfield 2004)', majority: 'majority (more than half)' };

/** @throws RondoError `no-consensus`, and what `masksToStructureSet` throws */
async function writeConsensus(file: string, ct: CtGrid, { method, observers, structures }: ObserversComparison): Promise<void> {
  const masks = new Map(structures.flatMap(({ name, consensus }) => (consensus ? [[name, consensus.mask] as const] : [])));
  if (masks.size === 0) throw new RondoError('no-consensus', `There is no consensus to write: ${structures.map(({ name, noConsensus }) => `${name}: ${noConsensus ?? ''}`).join('; ')}. Leave out --consensus-out, or compare sets with more in common.`, { file });
  const workers = new StructureSetWorkers();
  try {
    const { bytes } = await masksToStructureSet(ct, masks, workers, { mode: 'smooth', label: 'Consensus', madeOf: `Consensus of ${observers.length} observers by ${METHODS[method]}, each structure by itself; made` });
    await writeWhole(file, bytes);
  } finally {
    await workers.close();
  }
}
