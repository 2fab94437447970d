import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCtGrid, readCtHeaders, readPlanningCt } from '../../ct/index.ts';
import { text, type CtGrid, type Dataset } from '../../dicom/index.ts';
import { RondoError } from '../../errors.ts';
import type { PairWorkers } from '../../pipeline/index.ts';
import { compareStructures, structureResults, type Maker, type NamedMask, type StudyCase } from '../../report/index.ts';
import type { Protocol } from '../../protocol/index.ts';
import type { FileContour, StructureSet } from '../../rtstruct/index.ts';
import { structureSetOnCt } from '../structureSetOnCt.ts';
import type { CaseFolder } from './caseFolder.ts';
import type { ProtocolContourer } from './protocolContourer.ts';

/** What cases share. */
export interface Evaluation {
  workers: PairWorkers;
  contourer: ProtocolContourer;
  /** Structures to judge; all where there are none. */
  structures: readonly string[];
  /** Folder for the structure sets that are made here. */
  contours: string;
  signal: AbortSignal;
  onProgress: (stage: string, done: number, total: number) => void;
}

/** The test of a case, as given or as contoured here. */
interface Test {
  structures: readonly NamedMask[];
  problems: readonly string[];
  /** Undefined where nothing was found. */
  set: StructureSet<FileContour> | undefined;
  /** Why structures are not in it. */
  withheld: ReadonlyMap<string, string>;
  /** The names that were asked for; undefined where nobody knows. */
  asked: ReadonlySet<string> | undefined;
}

/** Refusals that are a result of what is judged: all of it is missed then. */
const NOTHING_FOUND: ReadonlySet<string> = new Set(['contour-nothing-found', 'ctv-contradiction']);

/** Attributes of the scan to group by (PS3.3 C.7.5.1, C.8.2.1): none of them says whose it is. */
const SCAN_FACTS = { manufacturer: 'Manufacturer', model: 'ManufacturerModelName', kernel: 'ConvolutionKernel', 'slice thickness mm': 'SliceThickness' } as const;

/**
 * Contours a case where it has no test, and compares.
 * @param protocol that contours it where it has no test
 * @throws RondoError `study-no-test`, and what reading, contouring and comparing throw
 */
export async function evaluateCase(folder: CaseFolder, inputs: StudyCase['inputs'], protocol: string | undefined, evaluation: Evaluation): Promise<StudyCase> {
  const { signal, onProgress, workers, structures: wanted } = evaluation;
  onProgress('reading', 0, 1);
  const { headers } = await readCtHeaders(folder.ct, { signal });
  const [ct, test] = folder.test === undefined ? await contoured(folder, protocol, evaluation) : await given(folder.ct, folder.test, signal);
  const drawn = await structureSetOnCt(folder.reference, ct);
  const isJudged = (name: string): boolean => !folder.notDrawn.includes(name) && (wanted.length === 0 || wanted.includes(name)) && (test.asked?.has(name) ?? true);
  const [references, tests] = [drawn.structures, test.structures].map((set) => set.filter(({ name }) => isJudged(name)));
  onProgress('comparing', 0, 1);
  const comparison = await compareStructures(references, tests, {}, (pairs) => workers.measure(pairs));
  return {
    id: folder.id,
    inputs,
    seriesInstanceUid: ct.seriesInstanceUid,
    facts: { ...scanFacts(headers[0]), ...folder.facts },
    ...(folder.test === undefined && protocol !== undefined && { protocol }),
    makers: makers(test.set),
    // The words of `rondo contour` in Structure Set Description.
    trainedOnSynthetic: /trained on synthetic patients/.test(test.set?.description ?? ''),
    problems: [...drawn.problems.map((problem) => `reference: ${problem}`), ...test.problems.map((problem) => `test: ${problem}`)],
    structures: structureResults(comparison, references, tests, test.withheld),
  };
}

async function given(ctFolder: string, file: string, signal: AbortSignal): Promise<[CtGrid, Test]> {
  const ct = await readCtGrid(ctFolder, { signal });
  return [ct, { ...(await structureSetOnCt(file, ct)), withheld: new Map(), asked: undefined }];
}

async function contoured({ id, ct: ctFolder }: CaseFolder, name: string | undefined, { contourer, contours, signal, onProgress }: Evaluation): Promise<[CtGrid, Test]> {
  if (name === undefined) throw new RondoError('study-no-test', 'The case has no test.dcm and no protocol contours it. Add test.dcm, or give --protocol, or a protocol in case.yaml.');
  const { protocol } = await contourer.open(name);
  const asked = askedOf(protocol);
  const ct = await readPlanningCt(ctFolder, { signal });
  try {
    const { bytes, notFound } = await contourer.contour(ct, name, signal, onProgress);
    const file = path.join(contours, `${id}.dcm`);
    await mkdir(contours, { recursive: true });
    await writeFile(file, bytes);
    return [ct, { ...(await structureSetOnCt(file, ct)), withheld: new Map(notFound.map(({ name: structure, reason }) => [structure, reason])), asked }];
  } catch (error) {
    if (!(error instanceof RondoError) || !NOTHING_FOUND.has(error.code)) throw error;
    const { message } = error;
    return [ct, { structures: [], problems: [message], set: undefined, withheld: new Map([...asked].map((structure) => [structure, message])), asked }];
  }
}

/** The names that a protocol gives to what it contours and derives. */
function askedOf({ structures, derived }: Protocol): Set<string> {
  return new Set([...structures.map(({ roiName }) => roiName), ...derived.map(({ name }) => name)]);
}

function scanFacts(header: Dataset): Record<string, string> {
  return Object.fromEntries(Object.entries(SCAN_FACTS).flatMap(([fact, keyword]) => {
    const value = text(header, keyword);
    return value === '' ? [] : [[fact, value]];
  }));
}

/** What drew the structures (ROI Derivation Algorithm Identification), else what wrote the set. */
function makers(set: StructureSet<FileContour> | undefined): Maker[] {
  if (set === undefined) return [];
  const found = new Map(set.structures.flatMap(({ algorithmIdentification: made }) => (made ? [[JSON.stringify(made), { name: made.name, version: made.version, ...(made.parameters !== undefined && { parameters: made.parameters }) }]] : [])) as [string, Maker][]);
  if (found.size > 0) return [...found.values()];
  const { manufacturer = '', modelName = '', softwareVersions = [] } = set.equipment;
  return [{ name: [manufacturer, modelName].filter((part) => part !== '').join(' '), version: softwareVersions.join(', ') }];
}
