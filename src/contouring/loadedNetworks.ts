import { loadNetwork, type Network, type Provider } from './network.ts';
import type { Model } from './readModel.ts';

interface Loaded {
  manifest: string;
  network: Promise<Network>;
}

/** Networks kept loaded, so that one case after another is contoured without loading them again. Whoever makes them closes them. */
export class LoadedNetworks {
  readonly provider: Provider;
  /** By the name of the model. */
  readonly #networks = new Map<string, Loaded>();

  /** @param provider where networks run, as `loadNetwork` takes it */
  constructor(provider: Provider = 'cpu') {
    this.provider = provider;
  }

  /**
   * The network of a model, loaded when it is asked for first. It is not to be released by whoever asked. One of the same name under another
   * manifest takes its place and releases it: it must not be running then.
   * @throws RondoError as `loadNetwork` says
   */
  async of(model: Model): Promise<Network> {
    const { name } = model.manifest;
    // Not the files alone: the same weights under another manifest take their axes in another order.
    const manifest = JSON.stringify(model.manifest);
    const kept = this.#networks.get(name);
    if (kept?.manifest === manifest) return await kept.network;
    const loaded = { manifest, network: this.#replace(kept, model) };
    this.#networks.set(name, loaded);
    try {
      return await loaded.network;
    } catch (error) {
      if (this.#networks.get(name) === loaded) this.#networks.delete(name);
      throw error;
    }
  }

  async #replace(kept: Loaded | undefined, model: Model): Promise<Network> {
    const [former] = await Promise.allSettled([kept?.network]);
    if (former.status === 'fulfilled') await former.value?.release();
    return await loadNetwork(model, this.provider);
  }

  /** Releases all of them. */
  async close(): Promise<void> {
    const networks = [...this.#networks.values()].map(({ network }) => network);
    this.#networks.clear();
    for (const network of await Promise.allSettled(networks)) if (network.status === 'fulfilled') await network.value.release();
  }
}
