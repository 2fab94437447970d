import type { Mask, VolumeGeometry, VoxelBox } from '../geometry/index.ts';

/** Which voxels touch: all 26 neighbours, the 6 across faces, or the 4 across edges of a pixel within its own slice. */
export type Adjacency = 26 | 6 | 4;

/** Connected pieces of one value (0 or 1) in the box of a mask, held as stretches along its rows: memory follows the surface, not the volume. */
export interface Pieces {
  box: VoxelBox;
  /** Stretch n covers columns start[n] … end[n] − 1 of row row[n] = z · rows + y, counted within the box, in the order of memory. */
  count: number;
  start: Int32Array;
  end: Int32Array;
  row: Int32Array;
  /** The piece that a stretch belongs to, 0 … pieceCount − 1. */
  piece: Int32Array;
  pieceCount: number;
}

/** The connected pieces of the voxels of a mask's box that equal `value`. */
export function findPieces(mask: Mask, value: 0 | 1, adjacency: Adjacency): Pieces {
  const { count, start, end, row, firstOfRow } = findStretches(mask, value);
  const parent = Int32Array.from({ length: count }, (_, n) => n);
  const rows = mask.box.size[1];
  const reach = adjacency === 26 ? 1 : 0;

  const join = (rowA: number, rowB: number): void => {
    let [a, b] = [firstOfRow[rowA], firstOfRow[rowB]];
    const [endA, endB] = [firstOfRow[rowA + 1], firstOfRow[rowB + 1]];
    while (a < endA && b < endB) {
      if (start[a] < end[b] + reach && start[b] < end[a] + reach) unite(parent, a, b);
      if (end[a] < end[b]) a++;
      else b++;
    }
  };
  for (let r = 0; r < firstOfRow.length - 1; r++) {
    if (firstOfRow[r] === firstOfRow[r + 1]) continue;
    const y = r % rows;
    if (y > 0) join(r, r - 1);
    if (adjacency === 4 || r < rows) continue;
    join(r, r - rows);
    if (adjacency === 6) continue;
    if (y > 0) join(r, r - rows - 1);
    if (y < rows - 1) join(r, r - rows + 1);
  }

  const piece = new Int32Array(count);
  let pieceCount = 0;
  // The root of a piece is its first stretch, so it is numbered before the others ask for it.
  for (let n = 0; n < count; n++) {
    const root = rootOf(parent, n);
    piece[n] = root === n ? pieceCount++ : piece[root];
  }
  return { box: mask.box, count, start, end, row, piece, pieceCount };
}

/** Writes `value` into the voxels (of a box like the pieces') of every piece for which `chosen` holds. */
export function paintPieces(pieces: Pieces, chosen: (piece: number) => boolean, voxels: Uint8Array, value: 0 | 1): void {
  const columns = pieces.box.size[0];
  for (let n = 0; n < pieces.count; n++) {
    if (chosen(pieces.piece[n])) voxels.fill(value, pieces.row[n] * columns + pieces.start[n], pieces.row[n] * columns + pieces.end[n]);
  }
}

/** Volume in cm³ of each piece; each slice counts with its own thickness. */
export function pieceVolumesCc(pieces: Pieces, geometry: VolumeGeometry): Float64Array {
  const { box, count, start, end, row, piece } = pieces;
  const voxelCc = Float64Array.from({ length: box.size[2] }, (_, z) => geometry.voxelVolumeCc(box.min[2] + z));
  const volumes = new Float64Array(pieces.pieceCount);
  for (let n = 0; n < count; n++) volumes[piece[n]] += (end[n] - start[n]) * voxelCc[Math.floor(row[n] / box.size[1])];
  return volumes;
}

function findStretches(mask: Mask, value: 0 | 1): Omit<Pieces, 'box' | 'piece' | 'pieceCount'> & { firstOfRow: Int32Array } {
  const [columns, rows, slices] = mask.box.size;
  const firstOfRow = new Int32Array(rows * slices + 1);
  let count = 0;
  let [start, end, row] = [new Int32Array(1024), new Int32Array(1024), new Int32Array(1024)];
  for (let r = 0; r < rows * slices; r++) {
    firstOfRow[r] = count;
    const line = mask.voxels.subarray(r * columns, (r + 1) * columns);
    for (let from = line.indexOf(value); from >= 0; ) {
      const stop = line.indexOf(1 - value, from);
      if (count === start.length) [start, end, row] = [doubled(start), doubled(end), doubled(row)];
      start[count] = from;
      end[count] = stop < 0 ? columns : stop;
      row[count++] = r;
      from = stop < 0 ? -1 : line.indexOf(value, stop);
    }
  }
  firstOfRow[rows * slices] = count;
  return { count, start, end, row, firstOfRow };
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(values.length * 2);
  longer.set(values);
  return longer;
}

function rootOf(parent: Int32Array, index: number): number {
  let root = index;
  while (parent[root] !== root) {
    parent[root] = parent[parent[root]];
    root = parent[root];
  }
  return root;
}

function unite(parent: Int32Array, a: number, b: number): void {
  const [rootA, rootB] = [rootOf(parent, a), rootOf(parent, b)];
  if (rootA < rootB) parent[rootB] = rootA;
  else parent[rootA] = rootB;
}
