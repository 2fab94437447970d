import { createCanvas } from '@napi-rs/canvas';
import { unionBox, type Mask, type Vector3, type Volume } from '../geometry/index.ts';
import { requireSameGrid } from '../metrics/index.ts';
import { outlineOf } from './outline.ts';
import { drawFrame, drawLegend, drawView, legendHeight } from './pictureParts.ts';
import { patientBox, planeGrid, planeViews, sampleVolume, type PatientBox } from './planeView.ts';

export interface PictureStructure {
  name: string;
  /** Red, green, blue, 0–255. */
  colour: readonly [number, number, number];
  mask: Mask;
}

export interface Picture {
  /** Hounsfield units. */
  volume: Volume<Int16Array>;
  structures: readonly PictureStructure[];
  /** Stands in the picture: give no patient's name or number. */
  title: string;
}

/**
 * Grey value (0 black, 1 white) of Hounsfield units, straight between the points: lung vessels in the dark quarter,
 * fat, muscle, contrast and bone above it. One linear window shows either the lungs or the soft tissues.
 */
const greyScale = [
  { hu: -1000, grey: 0 },
  { hu: -250, grey: 0.26 },
  { hu: 450, grey: 1 },
] as const;

const NOTE = 'Research software – not for clinical use';

/** Sizes in pixels. */
const layout = {
  margin: 28,
  gap: 14,
  header: 62,
  footer: 34,
  /** Room for the three views together. */
  views: { width: 1480, height: 1240 },
  legendWidth: 400,
};

/** How far the views reach beyond the contoured structures, where the image does. */
const SURROUND_MM = 30;

const MOST_PIXELS_PER_MM = 4;

/**
 * One PNG with an axial, a coronal and a sagittal view of a CT at one scale, placed so that they line up, with the
 * outlines of structures. The planes pass through the voxel at which most of the structures show most of themselves.
 * @throws RondoError `frame-differs` or `grid-differs` when a mask does not lie on the grid of the volume.
 */
export async function renderPlanes({ volume, structures, title }: Picture): Promise<Uint8Array> {
  for (const { mask } of structures) requireSameGrid(volume.geometry, mask.geometry);
  const pointMm = volume.geometry.toPatient(tellingVoxel(volume, structures));
  const box = shownBox(volume, structures);
  const [widthMm, depthMm, heightMm] = box.high.map((high, axis) => high - box.low[axis]);
  const pixelsPerMm = Math.min(layout.views.width / (widthMm + depthMm), layout.views.height / (depthMm + heightMm), MOST_PIXELS_PER_MM);
  const [width, depth, height] = [widthMm, depthMm, heightMm].map((mm) => Math.round(mm * pixelsPerMm));

  const { margin, gap, header, footer, legendWidth } = layout;
  const facts = [`Grey: ${greyScale.map(({ hu, grey }) => `${String(hu).replace('-', '−')} HU ${(grey * 100).toFixed(0)} %`).join(' · ')}`, spacingOf(volume)];
  const upper = Math.max(depth, legendHeight(structures.length, facts.length));
  const beside = Math.max(depth, legendWidth);
  const canvas = createCanvas(2 * margin + width + gap + beside, header + upper + gap + height + footer);
  const context = canvas.getContext('2d');
  const [right, lower] = [margin + width + gap, header + upper + gap];
  drawFrame(context, { width: canvas.width, height: canvas.height, margin, title, note: NOTE });

  const crossed = new Set<string>();
  const places = [[planeViews.axial, margin, header], [planeViews.coronal, margin, lower], [planeViews.sagittal, right, lower]] as const;
  for (const [view, x, y] of places) {
    const grid = planeGrid(view, volume.geometry, box, pointMm, pixelsPerMm);
    const outlines = structures.map(({ mask, colour, name }) => ({ outline: outlineOf(mask, grid), colour, name }));
    for (const { outline, name } of outlines) if (outline.length > 0) crossed.add(name);
    drawView(context, { x, y, view, grid, box, pointMm, pixelsPerMm, grey: sampleVolume(volume, grid).map(greyOf), outlines });
  }
  drawLegend(context, {
    x: right,
    y: header,
    width: beside,
    height: upper,
    facts,
    entries: structures.map(({ name, colour, mask }) => ({ name, colour, volumeCc: mask.volumeCc, crossed: crossed.has(name) })),
  });
  return canvas.encode('png');
}

/** The voxel at which, along each image axis by itself, the structures show the largest share of their largest section. */
function tellingVoxel({ geometry }: Volume, structures: readonly PictureStructure[]): Vector3 {
  const scores = geometry.size.map((count) => new Float64Array(count));
  for (const { mask } of structures) {
    const sections = sectionsOf(mask);
    sections.forEach((section, axis) => {
      const largest = section.reduce((most, count) => Math.max(most, count), 0);
      section.forEach((count, index) => (scores[axis][mask.box.min[axis] + index] += largest === 0 ? 0 : count / largest));
    });
  }
  const best = (axis: number): number => {
    const most = scores[axis].reduce((a, b) => Math.max(a, b), 0);
    return most === 0 ? Math.floor(geometry.size[axis] / 2) : scores[axis].indexOf(most);
  };
  return [best(0), best(1), best(2)];
}

/** Number of voxels of a mask in each column, row and slice of its box. */
function sectionsOf({ box, voxels }: Mask): Float64Array[] {
  const [columns, rows, slices] = box.size;
  const [perColumn, perRow, perSlice] = box.size.map((count) => new Float64Array(count));
  for (let z = 0, index = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      let inRow = 0;
      for (let x = 0; x < columns; x++, index++) {
        inRow += voxels[index];
        perColumn[x] += voxels[index];
      }
      perRow[y] += inRow;
      perSlice[z] += inRow;
    }
  }
  return [perColumn, perRow, perSlice];
}

/** The part of the volume that is shown: the structures and their surroundings, or all of it when there are none. */
function shownBox({ geometry }: Volume, structures: readonly PictureStructure[]): PatientBox {
  const whole = patientBox(geometry, { min: [0, 0, 0], size: geometry.size });
  const filled = unionBox(structures.map(({ mask }) => mask.cropped().box));
  if (filled.size[0] === 0) return whole;
  const part = patientBox(geometry, filled);
  const clip = (axis: 0 | 1 | 2): [number, number] => [Math.max(whole.low[axis], part.low[axis] - SURROUND_MM), Math.min(whole.high[axis], part.high[axis] + SURROUND_MM)];
  const [x, y, z] = [clip(0), clip(1), clip(2)];
  return { low: [x[0], y[0], z[0]], high: [x[1], y[1], z[1]] };
}

/** Hounsfield units to grey 0–255; NaN, outside the image, stays NaN. */
function greyOf(hu: number): number {
  const [black, knee, white] = greyScale;
  const [from, to] = hu < knee.hu ? [black, knee] : [knee, white];
  const grey = from.grey + ((hu - from.hu) / (to.hu - from.hu)) * (to.grey - from.grey);
  return 255 * Math.min(1, Math.max(0, grey));
}

function spacingOf({ geometry }: Volume): string {
  const gaps = geometry.sliceGapsMm();
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  const slices = most - least < 0.005 ? least.toFixed(2) : `${least.toFixed(2)}–${most.toFixed(2)}`;
  return `Voxels ${geometry.columnSpacingMm.toFixed(2)} × ${geometry.rowSpacingMm.toFixed(2)} × ${slices} mm`;
}
