import { LoadedNetworks, type Model, type Provider } from '../../contouring/index.ts';
import type { PlanningCt } from '../../dicom/index.ts';
import { contourPlanningCt, openModel, openProtocol, StructureSetWorkers, type ContouredCase } from '../../pipeline/index.ts';
import { modelsOf, type Protocol } from '../../protocol/index.ts';

/** A protocol and its models, checked. */
export interface OpenedProtocol {
  protocol: Protocol;
  models: readonly Model[];
}

/** Contours many CTs by protocols; networks stay loaded from case to case. */
export class ProtocolContourer {
  readonly #networks: LoadedNetworks;
  readonly #opened = new Map<string, Promise<OpenedProtocol>>();
  #workers: StructureSetWorkers | undefined;

  constructor(provider: Provider) {
    this.#networks = new LoadedNetworks(provider);
  }

  /** @throws RondoError what `openProtocol` and `openModel` throw */
  async open(nameOrFile: string): Promise<OpenedProtocol> {
    const opened = this.#opened.get(nameOrFile) ?? openWithModels(nameOrFile);
    this.#opened.set(nameOrFile, opened);
    return await opened;
  }

  /** All that decides what a protocol draws, for telling whether an earlier result still holds. */
  async identityOf(nameOrFile: string): Promise<object> {
    const { protocol, models } = await this.open(nameOrFile);
    return { protocol, models: models.map(({ manifest }) => manifest) };
  }

  /** @throws RondoError what `contourPlanningCt` throws */
  async contour(ct: PlanningCt, nameOrFile: string, signal: AbortSignal, onProgress: (stage: string, done: number, total: number) => void): Promise<ContouredCase> {
    const { protocol, models } = await this.open(nameOrFile);
    this.#workers ??= new StructureSetWorkers();
    const { profile, targets, inference } = protocol;
    return await contourPlanningCt(ct, models, this.#workers, { signal, profile, targets, protocol, networks: this.#networks, inference, onProgress });
  }

  async close(): Promise<void> {
    await this.#networks.close();
    await this.#workers?.close();
  }
}

async function openWithModels(nameOrFile: string): Promise<OpenedProtocol> {
  const protocol = await openProtocol(nameOrFile);
  return { protocol, models: await Promise.all(modelsOf(protocol).map(openModel)) };
}
