import { loadNetwork, type Network, type Provider } from './network.ts';
import type { Model } from './readModel.ts';

/** Networks kept loaded, so that one case after another is contoured without loading them again. Whoever makes them closes them. */
export class LoadedNetworks {
  readonly provider: Provider;
  readonly #networks = new Map<string, Promise<Network>>();

  /** @param provider where networks run, as `loadNetwork` takes it */
  constructor(provider: Provider = 'cpu') {
    this.provider = provider;
  }

  /** The network of a model, loaded when it is asked for first. It is not to be released by whoever asked. @throws RondoError as `loadNetwork` says */
  async of(model: Model): Promise<Network> {
    // Not the files alone: the same weights under another manifest take their axes in another order.
    const key = JSON.stringify(model.manifest);
    const network = this.#networks.get(key) ?? loadNetwork(model, this.provider);
    this.#networks.set(key, network);
    try {
      return await network;
    } catch (error) {
      this.#networks.delete(key);
      throw error;
    }
  }

  /** Releases all of them. */
  async close(): Promise<void> {
    const networks = [...this.#networks.values()];
    this.#networks.clear();
    for (const network of await Promise.allSettled(networks)) if (network.status === 'fulfilled') await network.value.release();
  }
}
