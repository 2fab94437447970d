/**
 * A closed planar region on one CT slice. Rings are closed without repeating their first point, and need no
 * particular sense of rotation.
 */
export interface Contour {
  /** Slice of the CT that the contour lies on (0-based index k of the volume). */
  slice: number;
  /** Outer ring: x, y, z of each point in patient coordinates (LPS, mm); at least three points. */
  points: Float64Array;
  /** Rings cut out of the outer ring, written like it. Islands inside holes are contours of their own. */
  holes: readonly Float64Array[];
}
