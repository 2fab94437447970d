/**
 * Turns a plane of 0 (feature) and Infinity (none) into squared distances in mm² to the nearest feature, in place.
 * `plane` is row-major, `columns` × `rows`; Infinity stays everywhere when there is no feature.
 * Exact for any pixel proportions. Source: Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions,
 * Theory of Computing 8 (2012) 415–428: one pass along rows, then the lower envelope of parabolas along each column.
 */
export function squaredDistanceTransform(plane: Float64Array, columns: number, rows: number, columnMm: number, rowMm: number): void {
  for (let row = 0; row < rows; row++) transformRow(plane.subarray(row * columns, (row + 1) * columns), columnMm);
  const values = new Float64Array(rows);
  const vertices = new Int32Array(rows);
  const starts = new Float64Array(rows);
  const rowSquared = rowMm * rowMm;
  for (let column = 0; column < columns; column++) {
    let count = 0;
    for (let row = 0; row < rows; row++) {
      const value = plane[row * columns + column];
      values[row] = value;
      if (value === Infinity) continue;
      const height = value + row * row * rowSquared;
      let start = -Infinity;
      while (count > 0) {
        const vertex = vertices[count - 1];
        start = (height - values[vertex] - vertex * vertex * rowSquared) / (2 * rowMm * (row - vertex));
        if (start > starts[count - 1]) break;
        count--;
        start = -Infinity;
      }
      vertices[count] = row;
      starts[count++] = start;
    }
    for (let row = 0, parabola = 0; row < rows && count > 0; row++) {
      const positionMm = row * rowMm;
      while (parabola + 1 < count && starts[parabola + 1] < positionMm) parabola++;
      const vertex = vertices[parabola];
      plane[row * columns + column] = values[vertex] + (row - vertex) * (row - vertex) * rowSquared;
    }
  }
}

/** Squared distance along one row to its nearest 0. */
function transformRow(row: Float64Array, columnMm: number): void {
  const first = row.indexOf(0);
  if (first < 0) return;
  const columnSquared = columnMm * columnMm;
  let feature = first;
  for (let column = 0; column < row.length; column++) {
    if (row[column] === 0) feature = column;
    row[column] = (column - feature) * (column - feature) * columnSquared;
  }
  for (let column = row.length - 1; column >= first; column--) {
    if (row[column] === 0) feature = column;
    row[column] = Math.min(row[column], (column - feature) * (column - feature) * columnSquared);
  }
}
