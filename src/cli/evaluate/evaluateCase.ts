import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCtGrid, readCtHeaders, readPlanningCt, scannerFacts } from '../../ct/index.ts';
import { text, type CtGrid, type Dataset, type PlanningCt } from '../../dicom/index.ts';
import { RondoError } from '../../errors.ts';
import type { PairWorkers } from '../../pipeline/index.ts';
import { compareStructures, structureResults, type Maker, type StudyCase } from '../../report/index.ts';
import type { Protocol } from '../../protocol/index.ts';
import type { FileContour, StructureSet } from '../../rtstruct/index.ts';
import { comparedSet } from '../comparedSet.ts';
import { standardName, writeReport } from '../compareReport.ts';
import type { CaseFolder } from './caseFolder.ts';
import { askedOf, judgedSets } from './judgedSets.ts';
import type { ProtocolContourer } from './protocolContourer.ts';

/** What cases share. */
export interface Evaluation {
  workers: PairWorkers;
  contourer: ProtocolContourer;
  /** Structures to judge; all where there are none. */
  structures: readonly string[];
  /** The protocol whose thresholds judge. */
  thresholds: Protocol | undefined;
  /** Folder of the report. */
  report: string;
  /** Whether each case gets a page of its own. */
  withPages: boolean;
  signal: AbortSignal;
  onProgress: (stage: string, done: number, total: number) => void;
}

/** The test of a case that was contoured here. */
interface Contoured {
  /** Undefined where nothing was found. */
  file: string | undefined;
  /** Why structures are not in it, by study name; and of the whole, where nothing was found. */
  withheld: ReadonlyMap<string, string>;
  problem?: string;
}

/** Refusals that are a result of what is judged: all of it is missed then. */
const NOTHING_FOUND: ReadonlySet<string> = new Set(['contour-nothing-found', 'ctv-contradiction']);

/**
 * Contours a case where it has no test, and compares.
 * @param protocol that contours it where it has no test
 * @throws RondoError `study-no-test`, and what reading, contouring and comparing throw
 */
export async function evaluateCase(folder: CaseFolder, inputs: StudyCase['inputs'], protocol: string | undefined, evaluation: Evaluation): Promise<StudyCase> {
  const { contourer, signal, onProgress, workers, structures: wanted, withPages } = evaluation;
  if (folder.test === undefined && protocol === undefined) throw new RondoError('study-no-test', 'The case has no test.dcm and no protocol contours it. Add test.dcm, or give --protocol, or a protocol in case.yaml.');
  onProgress('reading', 0, 1);
  const { headers } = await readCtHeaders(folder.ct, { signal });
  const planningCt = protocol !== undefined || withPages ? await readPlanningCt(folder.ct, { signal }) : undefined;
  const ct: CtGrid = planningCt ?? (await readCtGrid(folder.ct, { signal }));
  const reference = await comparedSet(folder.reference, ct, 'reference');
  const opened = protocol === undefined ? undefined : (await contourer.open(protocol)).protocol;
  const { file, withheld, problem }: Contoured = protocol === undefined || planningCt === undefined || opened === undefined ? { file: folder.test, withheld: new Map() } : await contoured(folder.id, planningCt, protocol, opened, evaluation);
  const test = file === undefined ? undefined : await comparedSet(file, ct, 'test');

  const asked = opened && askedOf(opened);
  const isJudged = (name: string): boolean => !folder.notDrawn.includes(name) && (wanted.length === 0 || wanted.includes(name)) && (asked?.has(name) ?? true);
  const roiNames = new Map(opened?.structures.map(({ roiName, name }) => [roiName, name]));
  const all = await judgedSets(reference, test, ct, roiNames, isJudged, workers);
  // What a protocol derives is as right as what it is derived of: where the reference does not hold it, nothing was invented.
  const isHeld = new Set([...all.reference.map(({ name }) => name), ...wanted]);
  const isDerived = new Set(opened?.derived.map(({ name }) => standardName(name)));
  const sets = { ...all, test: all.test.filter(({ name }) => isHeld.has(name) || !isDerived.has(name)) };
  onProgress('comparing', 0, 1);
  const options = { withMap: withPages };
  const comparison = await compareStructures(sets.reference, sets.test, options, (pairs) => workers.measure(pairs));
  const problems = [...sets.problems, ...(problem === undefined ? [] : [problem])];
  const page = path.join('pages', folder.id);
  const hasPage = withPages && planningCt !== undefined && test !== undefined;
  if (hasPage) {
    onProgress('drawing', 0, 1);
    // What a run made that was broken off is of an earlier state of the case.
    await rm(path.join(evaluation.report, page), { recursive: true, force: true });
    await writeReport(path.join(evaluation.report, page), { ct: planningCt, reference: reference.set, test: test.set, comparison, options, masks: sets, renamed: sets.renamed, refused: sets.refused, notes: problems, protocol: evaluation.thresholds });
  }
  return {
    id: folder.id,
    inputs,
    seriesInstanceUid: ct.seriesInstanceUid,
    facts: { ...scanFacts(headers[0]), ...folder.facts },
    ...(opened && { protocol: opened.name }),
    makers: makers(test?.set),
    // The words of `rondo contour` in Structure Set Description.
    trainedOnSynthetic: /trained on synthetic patients/.test(test?.set.description ?? ''),
    ...(hasPage && { page: `pages/${encodeURIComponent(folder.id)}/report.html` }),
    problems,
    structures: structureResults(comparison, sets.reference, sets.test, withheld),
  };
}

async function contoured(id: string, ct: PlanningCt, name: string, protocol: Protocol, { contourer, report, signal, onProgress }: Evaluation): Promise<Contoured> {
  const asked = protocol.structures.map((structure) => [structure.roiName, structure.name] as const);
  try {
    const { bytes, notFound } = await contourer.contour(ct, name, signal, onProgress);
    const folder = path.join(report, 'contours');
    const file = path.join(folder, `${id}.dcm`);
    await mkdir(folder, { recursive: true });
    await writeFile(file, bytes);
    const standard = new Map(asked);
    return { file, withheld: new Map(notFound.map(({ name: roiName, reason }) => [standard.get(roiName) ?? roiName, reason])) };
  } catch (error) {
    if (!(error instanceof RondoError) || !NOTHING_FOUND.has(error.code)) throw error;
    const { message } = error;
    return { file: undefined, withheld: new Map(asked.map(([, structure]) => [structure, message])), problem: message };
  }
}

/** Attributes of the scan to group by: none of them says whose it is. */
function scanFacts(header: Dataset): Record<string, string> {
  const thickness = text(header, 'SliceThickness');
  return { ...scannerFacts(header), ...(thickness !== '' && { 'slice thickness mm': thickness }) };
}

/** What drew the structures (ROI Derivation Algorithm Identification), else what wrote the set. */
function makers(set: StructureSet<FileContour> | undefined): Maker[] {
  if (set === undefined) return [];
  const drawn = set.structures.flatMap(({ algorithmIdentification: made }): Maker[] => (made === undefined ? [] : [{ name: made.name, version: made.version, ...(made.parameters !== undefined && { parameters: made.parameters }) }]));
  if (drawn.length > 0) return [...new Map(drawn.map((maker) => [JSON.stringify(maker), maker])).values()];
  const { manufacturer, modelName, softwareVersions } = set.equipment;
  return [{ name: [manufacturer, modelName].filter((part) => part !== '').join(' '), version: softwareVersions.join(', ') }];
}
