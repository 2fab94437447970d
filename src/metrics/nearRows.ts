import type { PointGrid } from './surface.ts';

/** How far from a point rows are looked at, and how many words lie between neighbouring rows and layers. */
export interface RowReach {
  rows: number;
  layers: number;
  rowStride: number;
  layerStride: number;
}

/** The rows of bits around a point, nearest first: who looks through them in this order can stop at the first that is too far off. */
export class NearRows {
  readonly count: number;
  /** Distance of each from the row of the point, squared; Infinity beyond the grid. Rising. */
  readonly squaredMm: Float64Array;
  /** Words from the row of the point to each. */
  readonly words: Int32Array;
  readonly #layers: Int32Array;
  readonly #inLayer: Float64Array;
  readonly #layerMm: Float64Array;

  constructor({ rowMm, layerMm }: PointGrid, { rows, layers, rowStride, layerStride }: RowReach) {
    const around = Array.from({ length: 2 * layers + 1 }, (_, k) => Array.from({ length: 2 * rows + 1 }, (__, j) => ({ row: j - rows, layer: k - layers }))).flat();
    // Of evenly spaced layers this is the order already, and of uneven ones nearly.
    const nominalMm = (layerMm[layerMm.length - 1] - layerMm[0]) / Math.max(1, layerMm.length - 1);
    const nominal = ({ row, layer }: { row: number; layer: number }): number => (row * rowMm) ** 2 + (layer * nominalMm) ** 2;
    around.sort((one, other) => nominal(one) - nominal(other));
    this.count = around.length;
    this.squaredMm = new Float64Array(this.count);
    this.words = Int32Array.from(around, ({ row, layer }) => row * rowStride + layer * layerStride);
    this.#layers = Int32Array.from(around, ({ layer }) => layer);
    this.#inLayer = Float64Array.from(around, ({ row }) => row * row * (rowMm * rowMm));
    this.#layerMm = layerMm;
  }

  /** Makes them those around points of a layer. */
  moveTo(z: number): void {
    const { squaredMm, words } = this;
    const [layers, inLayer, layerMm] = [this.#layers, this.#inLayer, this.#layerMm];
    for (let n = 0; n < this.count; n++) {
      const k = z + layers[n];
      squaredMm[n] = k < 0 || k >= layerMm.length ? Infinity : (layerMm[k] - layerMm[z]) * (layerMm[k] - layerMm[z]) + inLayer[n];
    }
    // By insertion: from one layer to the next next to nothing changes.
    for (let n = 1; n < this.count; n++) {
      const squared = squaredMm[n];
      if (squaredMm[n - 1] <= squared) continue;
      const [word, layer, within] = [words[n], layers[n], inLayer[n]];
      let at = n;
      for (; at > 0 && squaredMm[at - 1] > squared; at--) {
        squaredMm[at] = squaredMm[at - 1];
        words[at] = words[at - 1];
        layers[at] = layers[at - 1];
        inLayer[at] = inLayer[at - 1];
      }
      squaredMm[at] = squared;
      words[at] = word;
      layers[at] = layer;
      inLayer[at] = within;
    }
  }
}
