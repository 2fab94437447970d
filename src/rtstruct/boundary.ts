/** Directions of a step along voxel edges: +column, +row, −column, −row. */
const STEP_X = [1, 0, -1, 0] as const;
const STEP_Y = [0, 1, 0, -1] as const;

/** Where the voxel inside and the voxel outside a boundary edge lie, from the edge's first corner, by direction. */
const INSIDE = [[0, 0], [-1, 0], [-1, -1], [0, -1]] as const;
const OUTSIDE = [[0, -1], [0, 0], [-1, 0], [-1, -1]] as const;

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

/** A boundary edge: the voxels on its two sides, and the corner where it starts. */
export interface BoundaryEdge {
  corner: readonly [number, number];
  inside: readonly [number, number];
  outside: readonly [number, number];
  direction: number;
}

export function boundaryEdge(edge: number, columns: number): BoundaryEdge {
  const direction = edge & 3;
  const corner = edge >> 2;
  const x = corner % (columns + 1);
  const y = (corner - x) / (columns + 1);
  return {
    corner: [x, y],
    inside: [x + INSIDE[direction][0], y + INSIDE[direction][1]],
    outside: [x + OUTSIDE[direction][0], y + OUTSIDE[direction][1]],
    direction,
  };
}

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
  const padded = new Uint8Array(stride * (rows + 2));
  for (let y = 0; y < rows; y++) padded.set(voxels.subarray(y * columns, (y + 1) * columns), (y + 1) * stride + 1);

  const boundaries: Boundary[] = [];
  // Which boundary uses the upright voxel edge at the left of column x in row y, counted from 1; 0 where none has yet.
  const owner = new Int32Array((columns + 1) * rows);

  const walk = (startX: number, startY: number, startDirection: number): number[] => {
    const label = boundaries.length + 1;
    const edges: number[] = [];
    let [x, y, direction] = [startX, startY, startDirection];
    do {
      edges.push((y * (columns + 1) + x) * 4 + direction);
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
    return edges;
  };

  for (let y = 0; y < rows; y++) {
    // The boundary on the left of the run of inside voxels that is being read.
    let runOwner = 0;
    for (let x = 0; x <= columns; x++) {
      const at = (y + 1) * stride + x + 1;
      const entering = padded[at] === 1;
      if (entering === (padded[at - 1] === 1)) continue;
      const edge = y * (columns + 1) + x;
      if (owner[edge] === 0) {
        // Reading rows, a region is first met by a left edge of its top row, a hole by the edge where a run ends.
        const edges = entering ? walk(x, y + 1, 3) : walk(x, y, 1);
        const before = entering ? undefined : runOwner - 1;
        boundaries.push({ edges: Int32Array.from(edges), outer: before === undefined ? undefined : (boundaries[before].outer ?? before) });
      }
      if (entering) runOwner = owner[edge];
    }
  }
  return boundaries;
}
