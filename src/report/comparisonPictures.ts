import { createCanvas } from '@napi-rs/canvas';
import { unionBox, type Mask, type Vector3, type Volume } from '../geometry/index.ts';
import { requireSameGrid } from '../metrics/index.ts';
import type { ReportedMetrics } from './caseReport.ts';
import { chainsOf, type Chain } from './chains.ts';
import { outlineOf } from './outline.ts';
import { patientBox, planeGrid, planeViews, sampleVolume, type PatientBox, type PlaneView } from './planeView.ts';

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

/** A square section of the CT with the outlines of both structures. */
export interface ComparisonPicture {
  /** What is shown, and why. */
  title: string;
  view: PlaneView;
  /** Where the plane lies along the patient axis across it. */
  positionMm: number;
  window: CtWindow;
  /** Grey values, as a data URI. */
  image: string;
  pixels: number;
  pixelsPerMm: number;
  /** In pixels. */
  reference: readonly Chain[];
  test: readonly Chain[];
  /** Of the farthest element, in pixels, where the plane goes through it. */
  mark?: readonly [number, number];
}

const PIXELS = 340;

/** How far a picture reaches beyond the structures, and how much it shows at least. */
const SURROUND_MM = 15;
const LEAST_MM = 60;

const JPEG_QUALITY = 82;

/**
 * Pictures of a structure that two sets hold: the slice in which the larger area belongs to one of them alone, and the three planes through the
 * farthest element of their surfaces.
 * @throws RondoError `frame-differs` or `grid-differs` when a mask does not lie on the grid of the volume.
 */
export async function comparisonPictures(volume: Volume<Int16Array>, reference: Mask, test: Mask, { slices, surfaceMap }: Pick<ReportedMetrics, 'slices' | 'surfaceMap'>): Promise<ComparisonPicture[]> {
  for (const mask of [reference, test]) requireSameGrid(volume.geometry, mask.geometry);
  const window = windowFor(volume, reference);
  const box = patientBox(volume.geometry, unionBox([reference.cropped().box, test.cropped().box]));
  const middle = box.low.map((low, axis) => (low + box.high[axis]) / 2) as unknown as Vector3;
  const apart = ({ referenceMm2, testMm2, commonMm2 }: (typeof slices)[number]): number => referenceMm2 + testMm2 - 2 * commonMm2;
  const worst = slices.reduce((most, slice) => (apart(slice) > apart(most) ? slice : most));
  const onWorst = onSlice(volume, middle, worst.slice);
  const views: readonly { title: string; view: PlaneView; pointMm: Vector3; isThrough: boolean }[] = [
    { title: 'Worst slice', view: planeViews.axial, pointMm: onWorst, isThrough: false },
    ...(surfaceMap === undefined ? [] : (['axial', 'coronal', 'sagittal'] as const).map((name) => ({ title: `${planeViews[name].title}, greatest difference`, view: planeViews[name], pointMm: besideMm(reference, test, surfaceMap.farthest.pointMm), isThrough: true }))),
  ];
  return await Promise.all(views.map(async ({ title, view, pointMm, isThrough }): Promise<ComparisonPicture> => {
    const square = squareOf(view, box);
    const pixelsPerMm = PIXELS / (square.high[view.right.axis] - square.low[view.right.axis]);
    const grid = planeGrid(view, volume.geometry, square, pointMm, pixelsPerMm);
    const across = (direction: PlaneView['right']): number => (direction.sense > 0 ? pointMm[direction.axis] - square.low[direction.axis] : square.high[direction.axis] - pointMm[direction.axis]) * pixelsPerMm;
    return {
      title,
      view,
      positionMm: pointMm[view.normalAxis],
      window,
      image: await jpegOf(sampleVolume(volume, grid), grid.columns, grid.rows, window),
      pixels: PIXELS,
      pixelsPerMm,
      reference: chainsOf(outlineOf(reference, grid)),
      test: chainsOf(outlineOf(test, grid)),
      ...(isThrough && { mark: [across(view.right), across(view.down)] as const }),
    };
  }));
}

/**
 * The centre of a voxel beside an element of a surface: of one that belongs to one structure alone, where there is one. The element itself lies
 * between slices, where a difference of one voxel cannot be seen.
 */
function besideMm(reference: Mask, test: Mask, elementMm: Vector3): Vector3 {
  const { geometry } = reference;
  const [i, j, k] = geometry.toVoxel(elementMm);
  const around = Array.from({ length: 8 }, (_, corner): Vector3 => [Math.round(i - 0.5) + (corner & 1), Math.round(j - 0.5) + ((corner >> 1) & 1), Math.round(k - 0.5) + (corner >> 2)]);
  const differing = around.find(([x, y, z]) => reference.has(x, y, z) !== test.has(x, y, z));
  return geometry.toPatient(differing ?? around[0]);
}

/** The point of slice k that lies nearest to another along the axes of the image. */
function onSlice({ geometry }: Volume, pointMm: Vector3, k: number): Vector3 {
  const [i, j] = geometry.toVoxel(pointMm);
  return geometry.toPatient([i, j, k]);
}

function windowFor(volume: Volume<Int16Array>, mask: Mask): CtWindow {
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
