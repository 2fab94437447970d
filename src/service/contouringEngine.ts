import { LoadedNetworks, networkFiles, type Model, type Provider } from '../contouring/index.ts';
import { readPlanningCt } from '../ct/index.ts';
import { RondoError } from '../errors.ts';
import { contourPlanningCt, openModel, openProtocol, StructureSetWorkers, type ContouredCase, type ContourStage } from '../pipeline/index.ts';
import { modelsOf, type Protocol } from '../protocol/index.ts';
import { protocolSha256 } from './ctIdentity.ts';
import { scanFacts, type ScanFacts } from './scanFacts.ts';

/** A series to contour, and how. */
export interface ContouringTask {
  /** Folder with the CT. */
  ctFolder: string;
  seriesInstanceUid: string;
  /** Name of a protocol, or a file that ends in .yaml. */
  protocol: string;
  /** `protocolSha256` of what it shall be contoured by; without it by what is there now. */
  sha256?: string | undefined;
}

/** What is kept of a contoured case beside its file: nothing of a patient. */
export interface CaseSummary {
  sopInstanceUid: string;
  seriesInstanceUid: string;
  protocol: string;
  models: readonly { name: string; version: string; sha256: readonly string[] }[];
  /** What made the images. */
  scan: ScanFacts;
  /** `model` is the name of the one that contours it; undefined for a derived structure. */
  structures: readonly { name: string; standardName: string | undefined; model: string | undefined; volumeCc: number; contours: number; readBackDsc: number; notes: readonly string[] }[];
  notFound: readonly { name: string; standardName: string | undefined; model: string | undefined; reason: string }[];
  /** What each rule of targets did. */
  rules: readonly { id: string; source: string; status: string; notes: readonly string[] }[];
  notes: readonly string[];
}

export interface Contoured {
  /** The RT Structure Set, Part 10. */
  bytes: Uint8Array;
  summary: CaseSummary;
}

/**
 * Contours one case after another with networks and threads that stay ready. Protocol, manifests and weights are read and checked for each case:
 * the service runs for months, and a model that was replaced meanwhile must not be contoured by any more. Whoever makes it closes it.
 */
export class ContouringEngine {
  readonly #workers = new StructureSetWorkers();
  readonly #networks: LoadedNetworks;

  constructor(provider: Provider) {
    this.#networks = new LoadedNetworks(provider);
  }

  /**
   * @throws RondoError as `openProtocol`, `openModel`, `LoadedNetworks.of`, `readPlanningCt` and `contourPlanningCt` say; whatever keeps a network from
   *   running before a CT is read; `contouring-changed` where protocol or models are not those of the task
   */
  async contour({ ctFolder, seriesInstanceUid, protocol: name, sha256 }: ContouringTask, onProgress: (stage: ContourStage | 'reading', done: number, total: number) => void, signal: AbortSignal): Promise<Contoured> {
    const protocol = await openProtocol(name);
    const models = await Promise.all(modelsOf(protocol).map(openModel));
    if (sha256 !== undefined && sha256 !== (await protocolSha256(protocol, models.map(({ manifest }) => manifest)))) {
      throw new RondoError('contouring-changed', `The protocol ${protocol.name} or one of its models was changed at the moment at which the case was begun. The case is begun again by what is there then.`, { uid: seriesInstanceUid });
    }
    for (const model of models) await this.#networks.of(model);
    onProgress('reading', 0, 1);
    const ct = await readPlanningCt(ctFolder, { signal, seriesInstanceUid });
    const { profile, targets, inference } = protocol;
    const result = await contourPlanningCt(ct, models, this.#workers, { signal, profile, targets, protocol, inference, networks: this.#networks, onProgress });
    return { bytes: result.bytes, summary: summaryOf(result, protocol, models, await scanFacts(ctFolder, ct)) };
  }

  async close(): Promise<void> {
    await this.#networks.close();
    await this.#workers.close();
  }
}

function summaryOf({ structureSet, structures, notFound, rules, notes }: ContouredCase, protocol: Protocol, models: readonly Model[], scan: ScanFacts): CaseSummary {
  const standardNames = new Map(protocol.structures.map(({ roiName, name }) => [roiName, name]));
  return {
    sopInstanceUid: structureSet.sopInstanceUid,
    seriesInstanceUid: structureSet.seriesInstanceUid,
    protocol: protocol.name,
    models: models.map(({ manifest }) => ({ name: manifest.name, version: manifest.version, sha256: networkFiles(manifest).map(({ sha256 }) => sha256) })),
    scan,
    structures: structures.map(({ name, standardName, volumeCc, contourCount, readBackDsc, notes: own }) => ({ name, standardName, model: modelOf(standardName, models), volumeCc, contours: contourCount, readBackDsc, notes: own })),
    notFound: notFound.map(({ name, reason }) => ({ name, standardName: standardNames.get(name), model: modelOf(standardNames.get(name) ?? name, models), reason })),
    rules: rules.map(({ id, source, status, notes: own }) => ({ id, source, status, notes: own })),
    notes,
  };
}

/** The model that contours a structure; a PTV is its CTV's model's. */
function modelOf(structure: string | undefined, models: readonly Model[]): string | undefined {
  const contoured = structure?.replace(/^PTV/, 'CTV');
  return models.find(({ manifest }) => manifest.output.structures.some(({ name }) => name === contoured))?.manifest.name;
}
