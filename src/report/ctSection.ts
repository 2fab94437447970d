import { createCanvas } from '@napi-rs/canvas';
import type { Mask, Vector3, Volume } from '../geometry/index.ts';
import { pixelOf, planeGrid, sampleVolume, type PatientBox, type PlaneGrid, type PlaneView } from './planeView.ts';

/** Grey values of a CT: the middle of the window and its width, in Hounsfield units. */
export interface CtWindow {
  name: string;
  levelHu: number;
  widthHu: number;
}

const LUNG: CtWindow = { name: 'lung', levelHu: -600, widthHu: 1600 };
const SOFT_TISSUE: CtWindow = { name: 'soft tissue', levelHu: 40, widthHu: 400 };

/** A structure of a lower mean is air for the most part. */
const AIR_BELOW_HU = -400;

/** A square section of a CT, ready for contours. */
export interface CtSection {
  view: PlaneView;
  /** Where the plane lies along the patient axis across it. */
  positionMm: number;
  window: CtWindow;
  /** Grey values, as a data URI. */
  image: string;
  pixels: number;
  pixelsPerMm: number;
}

/** How far a section reaches beyond the structures, and how much it shows at least. */
const SURROUND_MM = 15;
const LEAST_MM = 60;

const JPEG_QUALITY = 82;

/**
 * The section of a CT through a point, square, around a box.
 * @returns also the voxel of each pixel, for outlines, and where the point lies in it, in pixels
 */
export async function ctSection(volume: Volume<Int16Array>, view: PlaneView, box: PatientBox, pointMm: Vector3, window: CtWindow, pixels: number): Promise<{ section: CtSection; grid: PlaneGrid; point: readonly [number, number] }> {
  const square = squareOf(view, box);
  const pixelsPerMm = pixels / (square.high[view.right.axis] - square.low[view.right.axis]);
  const grid = planeGrid(view, volume.geometry, square, pointMm, pixelsPerMm);
  const across = (direction: PlaneView['right']): number => pixelOf(direction, square, pointMm[direction.axis], pixelsPerMm);
  return {
    section: { view, positionMm: pointMm[view.normalAxis], window, image: await jpegOf(sampleVolume(volume, grid), grid.columns, grid.rows, window), pixels, pixelsPerMm },
    grid,
    point: [across(view.right), across(view.down)],
  };
}

/** The point of slice k that lies nearest to another along the axes of the image. */
export function onSlice({ geometry }: Volume, pointMm: Vector3, k: number): Vector3 {
  const [i, j] = geometry.toVoxel(pointMm);
  return geometry.toPatient([i, j, k]);
}

/** The window in which the CT of a structure is shown: that of the lung where it is air for the most part. */
export function windowFor(volume: Volume<Int16Array>, mask: Mask): CtWindow {
  const { min, size: [columns, rows, slices] } = mask.box;
  let [sum, count] = [0, 0];
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      const [from, own] = [volume.geometry.offset(min[0], min[1] + y, min[2] + z), (z * rows + y) * columns];
      for (let x = 0; x < columns; x++) {
        if (mask.voxels[own + x] === 0) continue;
        sum += volume.voxels[from + x];
        count++;
      }
    }
  }
  return sum / count < AIR_BELOW_HU ? LUNG : SOFT_TISSUE;
}

/** The square of a view around a box. */
function squareOf({ right, down }: PlaneView, { low, high }: PatientBox): PatientBox {
  const half = Math.max(LEAST_MM, ...[right.axis, down.axis].map((axis) => high[axis] - low[axis] + 2 * SURROUND_MM)) / 2;
  const along = (sense: 1 | -1): Vector3 => low.map((from, axis) => (from + high[axis]) / 2 + sense * half) as unknown as Vector3;
  return { low: along(-1), high: along(1) };
}

/** Black outside the image, as air is: the picture has no room to say more. */
async function jpegOf(hu: Float32Array, columns: number, rows: number, { levelHu, widthHu }: CtWindow): Promise<string> {
  const canvas = createCanvas(columns, rows);
  const context = canvas.getContext('2d');
  const image = context.createImageData(columns, rows);
  const { data } = image;
  for (let pixel = 0; pixel < hu.length; pixel++) {
    const grey = Number.isNaN(hu[pixel]) ? 0 : 255 * ((hu[pixel] - levelHu) / widthHu + 0.5);
    for (let channel = 0; channel < 3; channel++) data[4 * pixel + channel] = grey;
    data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return `data:image/jpeg;base64,${(await canvas.encode('jpeg', JPEG_QUALITY)).toString('base64')}`;
}
