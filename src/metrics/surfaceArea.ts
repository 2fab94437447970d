import type { Vector3 } from '../geometry/index.ts';

/** Area-weighted normals of the surface in one kind of 2×2×2 neighbourhood; a component of 8 is one whole cell face. */
interface CornerPattern {
  /** Bits 4z + 2y + x of the corners that belong to the mask. */
  code: number;
  /** |normal| · area of each triangle along x, y, z, in eighths of the cell's face across that axis. */
  normals: readonly Vector3[];
}

/**
 * The 14 neighbourhoods of marching cubes that differ under rotation, mirroring and exchange of inside and outside.
 * Source: DeepMind surface-distance 0.1, lookup_tables.py, _NEIGHBOUR_CODE_TO_NORMALS (Apache-2.0), whose 256 rows
 * are these up to symmetry.
 */
const cornerPatterns: readonly CornerPattern[] = [
  { code: 0b00000000, normals: [] },
  { code: 0b00000001, normals: [[1, 1, 1]] },
  { code: 0b00000011, normals: [[0, 2, 2], [0, 2, 2]] },
  { code: 0b00000110, normals: [[1, 1, 1], [1, 1, 1]] },
  { code: 0b00000111, normals: [[1, 1, 1], [2, 2, 2], [0, 0, 4]] },
  { code: 0b00001111, normals: [[0, 0, 4], [0, 0, 4]] },
  { code: 0b00010110, normals: [[1, 1, 1], [1, 1, 1], [1, 1, 1]] },
  { code: 0b00010111, normals: [[1, 1, 1], [1, 1, 1], [2, 2, 2], [2, 2, 2]] },
  { code: 0b00011000, normals: [[1, 1, 1], [1, 1, 1]] },
  { code: 0b00011001, normals: [[2, 2, 0], [2, 2, 0], [1, 1, 1]] },
  { code: 0b00011011, normals: [[2, 2, 0], [1, 1, 1], [2, 0, 2], [3, 3, 3]] },
  { code: 0b00011110, normals: [[1, 1, 1], [1, 1, 1], [2, 2, 2], [0, 0, 4]] },
  { code: 0b00111100, normals: [[0, 2, 2], [0, 2, 2], [0, 2, 2], [0, 2, 2]] },
  { code: 0b01101001, normals: [[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]] },
];

const axisOrders: readonly Vector3[] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

const normalsByCode = expandPatterns();

/**
 * Surface area in mm² inside one cell of the grid of voxel centres, for each of the 256 ways in which its eight
 * corners can belong to a mask (bit 4z + 2y + x). `cellMm` is the cell's extent along columns, rows and slices.
 */
export function surfaceAreasMm2([x, y, z]: Vector3): Float64Array {
  const faceMm2: Vector3 = [y * z, x * z, x * y];
  return Float64Array.from(normalsByCode, (normals) =>
    normals.reduce((area, normal) => area + Math.hypot(normal[0] * faceMm2[0], normal[1] * faceMm2[1], normal[2] * faceMm2[2]) / 8, 0),
  );
}

function expandPatterns(): (readonly Vector3[])[] {
  const table: (readonly Vector3[])[] = Array.from({ length: 256 }, () => []);
  for (const { code, normals } of cornerPatterns) {
    for (const order of axisOrders) {
      const turned = normals.map((normal): Vector3 => [normal[order[0]], normal[order[1]], normal[order[2]]]);
      for (let mirror = 0; mirror < 8; mirror++) {
        let moved = 0;
        for (let corner = 0; corner < 8; corner++) {
          const source = order.reduce((bits, from, to) => bits | ((((corner ^ mirror) >> to) & 1) << from), 0);
          moved |= ((code >> source) & 1) << corner;
        }
        table[moved] = turned;
        table[255 - moved] = turned;
      }
    }
  }
  return table;
}
