/** Members of one row of pixels: start, end (exclusive), start, end … ascending, apart from each other. */
export type RowStretches = readonly number[];

/** The stretches of ones in a row of bytes. */
export function stretchesOf(line: Uint8Array): RowStretches {
  const stretches: number[] = [];
  for (let start = line.indexOf(1); start >= 0; ) {
    const stop = line.indexOf(0, start);
    stretches.push(start, stop < 0 ? line.length : stop);
    start = stop < 0 ? -1 : line.indexOf(1, stop);
  }
  return stretches;
}

/**
 * Opening of a plane by a disc: the union of all discs that fit into its members. A row of hundreds of pixels holds few
 * stretches, so that the cost follows the outline, not the area.
 *
 * `halfWidths[n]`: pixels that the disc covers to either side of its axis, n rows from its centre. Beyond the plane
 * everything counts as a member, so that discs may reach over its edge.
 */
export function openedByDisc(rows: readonly RowStretches[], columns: number, halfWidths: readonly number[]): RowStretches[] {
  const centres = rows.map((_, y) => {
    let kept: RowStretches = [0, columns];
    forEachRowOfDisc(rows.length, y, halfWidths, (row, halfWidth) => {
      if (kept.length > 0) kept = intersected(kept, narrowed(rows[row], halfWidth, columns));
    });
    return kept;
  });
  return rows.map((_, y) => {
    const covered: number[][] = [];
    forEachRowOfDisc(rows.length, y, halfWidths, (row, halfWidth) => {
      for (let n = 0; n < centres[row].length; n += 2) covered.push([Math.max(centres[row][n] - halfWidth, 0), Math.min(centres[row][n + 1] + halfWidth, columns)]);
    });
    return united(covered);
  });
}

function forEachRowOfDisc(rowCount: number, centre: number, halfWidths: readonly number[], visit: (row: number, halfWidth: number) => void): void {
  const reach = halfWidths.length - 1;
  for (let row = Math.max(centre - reach, 0); row <= Math.min(centre + reach, rowCount - 1); row++) visit(row, halfWidths[Math.abs(row - centre)]);
}

/** Where a stretch of 2 · halfWidth + 1 pixels is all members; ends at the plane's edge stay. */
function narrowed(stretches: RowStretches, halfWidth: number, columns: number): RowStretches {
  const narrow: number[] = [];
  for (let n = 0; n < stretches.length; n += 2) {
    const start = stretches[n] === 0 ? 0 : stretches[n] + halfWidth;
    const end = stretches[n + 1] === columns ? columns : stretches[n + 1] - halfWidth;
    if (start < end) narrow.push(start, end);
  }
  return narrow;
}

function intersected(a: RowStretches, b: RowStretches): RowStretches {
  const common: number[] = [];
  for (let n = 0, m = 0; n < a.length && m < b.length; ) {
    const start = Math.max(a[n], b[m]);
    const end = Math.min(a[n + 1], b[m + 1]);
    if (start < end) common.push(start, end);
    if (a[n + 1] < b[m + 1]) n += 2;
    else m += 2;
  }
  return common;
}

function united(stretches: number[][]): RowStretches {
  stretches.sort((a, b) => a[0] - b[0]);
  const union: number[] = [];
  for (const [start, end] of stretches) {
    if (union.length > 0 && start <= union[union.length - 1]) union[union.length - 1] = Math.max(union[union.length - 1], end);
    else union.push(start, end);
  }
  return union;
}
