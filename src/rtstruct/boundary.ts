/** Directions of a step along voxel edges: +column, +row, −column, −row. */
const STEP_X = [1, 0, -1, 0] as const;
const STEP_Y = [0, 1, 0, -1] as const;

/** Columns and rows from a boundary edge's first corner to the voxel inside and to the voxel outside, by direction. */
export const INSIDE_X = [0, -1, -1, 0] as const;
export const INSIDE_Y = [0, 0, -1, -1] as const;
export const OUTSIDE_X = [0, 0, -1, -1] as const;
export const OUTSIDE_Y = [-1, 0, 0, -1] as const;

/**
 * One closed walk along the voxel edges between a region and its surroundings, the region on the right hand when
 * columns grow to the right and rows downwards. Corner (x, y) is the corner shared by voxels (x − 1, y − 1) and (x, y).
 */
export interface Boundary {
  /** One entry per voxel edge in walking order: (y · (columns + 1) + x) · 4 + direction, (x, y) being the corner where the edge starts. */
  edges: Int32Array;
  /** The boundary, by its place in the list, of the region that this hole is cut out of; undefined for the outer boundary of a region. */
  outer: number | undefined;
}

/** Room for a slice with its margin, for the owners of its edges (all 0 between two slices) and for a walk, used again for every slice: new memory for each takes longer than the walks. */
let voxelRoom = new Uint8Array(0);
let ownerRoom = new Int32Array(0);
let edges = new Int32Array(1024);

/**
 * All boundaries of the voxels of one slice, in exact integers.
 *
 * Voxels that share only a corner are separate regions (4-neighbours are connected); the surroundings are joined
 * through corners in turn (8-neighbours). So each boundary is a closed walk that uses no voxel edge twice, and two
 * walks meet at corners at most. The slice's border counts as surrounded by empty voxels.
 *
 * @param voxels row-major, 1 inside and 0 outside, columns × rows
 * @returns outer boundaries and holes, in the order in which reading the rows meets them; an island in a hole is an outer boundary
 */
export function traceBoundaries(voxels: Uint8Array, columns: number, rows: number): Boundary[] {
  const stride = columns + 2;
  const ahead = [0, -1, -stride - 1, -stride];
  const size = stride * (rows + 2);
  if (voxelRoom.length < size) voxelRoom = new Uint8Array(size);
  const padded = voxelRoom.subarray(0, size).fill(0);
  for (let y = 0; y < rows; y++) padded.set(voxels.subarray(y * columns, (y + 1) * columns), (y + 1) * stride + 1);

  // Which boundary uses the upright voxel edge at the left of column x in row y, counted from 1; 0 where none has yet.
  const owner = ownerRoom.length < size ? new Int32Array(size) : ownerRoom;
  // Only what is all 0 again is given back: a walk that fails leaves nothing behind.
  ownerRoom = new Int32Array(0);
  const boundaries: Boundary[] = [];

  /** The boundary through an upright edge that none uses yet, walked from its first corner. @returns its label in `owner` */
  const walk = (startX: number, startY: number, startDirection: number, outer?: number): number => {
    const label = boundaries.length + 1;
    let count = 0;
    let [x, y, direction] = [startX, startY, startDirection];
    do {
      if (count === edges.length) {
        const longer = new Int32Array(2 * count);
        longer.set(edges);
        edges = longer;
      }
      edges[count++] = (y * (columns + 1) + x) * 4 + direction;
      if (direction === 1) owner[y * (columns + 1) + x] = label;
      else if (direction === 3) owner[(y - 1) * (columns + 1) + x] = label;
      x += STEP_X[direction];
      y += STEP_Y[direction];
      // The voxels ahead of corner (x, y): on the right hand and on the left hand.
      const at = (y + 1) * stride + x + 1;
      const right = padded[at + ahead[direction]];
      const left = padded[at + ahead[(direction + 3) & 3]];
      // Right before left keeps voxels apart that share only this corner.
      if (right === 0) direction = (direction + 1) & 3;
      else if (left === 1) direction = (direction + 3) & 3;
    } while (x !== startX || y !== startY || direction !== startDirection);
    boundaries.push({ edges: edges.slice(0, count), outer });
    return label;
  };

  // One run of inside voxels after another, row by row; the voxels around the slice end the last run of a row.
  for (let start = padded.indexOf(1); start >= 0; ) {
    const end = padded.indexOf(0, start);
    const y = Math.floor(start / stride) - 1;
    const [left, right] = [(start % stride) - 1, (end % stride) - 1];
    // Reading rows, a region is first met by a left edge of its top row, a hole by the edge where a run ends.
    const before = (owner[y * (columns + 1) + left] || walk(left, y + 1, 3)) - 1;
    if (owner[y * (columns + 1) + right] === 0) walk(right, y, 1, boundaries[before].outer ?? before);
    start = padded.indexOf(1, end);
  }
  for (const boundary of boundaries) for (const edge of boundary.edges) owner[(edge >> 2) - (edge & 2 ? columns + 1 : 0)] = 0;
  ownerRoom = owner;
  return boundaries;
}
