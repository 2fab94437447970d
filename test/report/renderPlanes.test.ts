import { loadImage, createCanvas } from '@napi-rs/canvas';
import { describe, expect, it } from '@jest/globals';
import { Mask, Volume, type VolumeGeometry } from '../../src/geometry/index.ts';
import { renderPlanes, type Picture } from '../../src/report/index.ts';
import { makeGeometry, POSITIONS } from '../support/geometries.ts';
import { block, paint } from '../support/masks.ts';

/** A cube of voxels round (0, 0, 0): in every patient position the voxels lie at the same places. */
function cube(position: Pick<VolumeGeometry, 'rowDirection' | 'columnDirection'>): VolumeGeometry {
  const at = (originMm: readonly [number, number, number]): VolumeGeometry =>
    makeGeometry({ size: [31, 31, 31], columnSpacingMm: 1.6, rowSpacingMm: 1.6, sliceOffsetsMm: Array.from({ length: 31 }, (_, k) => 1.6 * k), ...position, originMm });
  const middle = at([0, 0, 0]).toPatient([15, 15, 15]);
  return at([-middle[0], -middle[1], -middle[2]]);
}

/** The same patient, unlike on every side, as an image in the given position would hold it. */
function patient(geometry: VolumeGeometry): Picture {
  const organ = paint(geometry, (...index) => {
    const [x, y, z] = geometry.toPatient(index);
    return x > 2 && x < 13 && y > -16 && y < 1 && z > -4 && z < 20;
  });
  const values = new Int16Array(geometry.voxelCount).fill(-1000);
  const body = paint(geometry, (...index) => Math.hypot(...geometry.toPatient(index)) < 20);
  body.toDense().forEach((voxel, index) => (values[index] = voxel === 1 ? -50 : -1000));
  organ.toDense().forEach((voxel, index) => (values[index] = voxel === 1 ? 200 : values[index]));
  return {
    volume: new Volume(geometry, values),
    structures: [
      { name: 'External', colour: [90, 200, 120], mask: body },
      { name: 'Heart', colour: [255, 60, 60], mask: organ },
    ],
    title: 'Phantom',
  };
}

async function pixelsOf(png: Uint8Array): Promise<{ width: number; height: number; data: Uint8ClampedArray }> {
  const image = await loadImage(Buffer.from(png));
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  return { width: image.width, height: image.height, data: context.getImageData(0, 0, image.width, image.height).data };
}

/** Middle of the pixels of about one colour, as fractions of the picture's width and height. */
function middleOf({ width, height, data }: { width: number; height: number; data: Uint8ClampedArray }, [r, g, b]: readonly number[], within: (x: number, y: number) => boolean): [number, number] {
  let [count, x, y] = [0, 0, 0];
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (!within((pixel % width) / width, Math.floor(pixel / width) / height)) continue;
    if (Math.abs(data[pixel * 4] - r) + Math.abs(data[pixel * 4 + 1] - g) + Math.abs(data[pixel * 4 + 2] - b) > 60) continue;
    count++;
    x += (pixel % width) / width;
    y += Math.floor(pixel / width) / height;
  }
  return [x / count, y / count];
}

describe('picture of three planes', () => {
  it('shows the organ at the patient\'s left, front and head: right, upper and left, upper in the views', async () => {
    const picture = await pixelsOf(await renderPlanes(patient(cube({ rowDirection: [1, 0, 0], columnDirection: [0, 1, 0] }))));
    const red = [255, 60, 60];
    const axial = middleOf(picture, red, (x, y) => x < 0.48 && y < 0.5);
    expect(axial[0]).toBeGreaterThan(0.27);
    expect(axial[1]).toBeLessThan(0.27);
    const coronal = middleOf(picture, red, (x, y) => x < 0.48 && y > 0.52);
    expect(coronal[0]).toBeCloseTo(axial[0], 2);
    expect(coronal[1]).toBeLessThan(0.73);
    const sagittal = middleOf(picture, red, (x, y) => x > 0.52 && y > 0.52);
    expect(sagittal[0]).toBeLessThan(0.75);
    expect(sagittal[1]).toBeCloseTo(coronal[1], 2);
  });

  it('is the same in every patient position', async () => {
    const [first, ...others] = await Promise.all(POSITIONS.map(async (position) => pixelsOf(await renderPlanes(patient(cube(position))))));
    for (const other of others) {
      expect([other.width, other.height]).toEqual([first.width, first.height]);
      const different = first.data.filter((value, index) => Math.abs(value - other.data[index]) > 24).length;
      expect(different / first.data.length).toBeLessThan(0.002);
    }
  });

  it('comes out without structures, with empty ones and with an image of two thin slices', async () => {
    const geometry = makeGeometry({ size: [40, 25, 2] });
    const volume = new Volume(geometry, new Int16Array(geometry.voxelCount));
    for (const structures of [[], [{ name: 'Heart', colour: [255, 0, 0] as const, mask: Mask.empty(geometry) }]]) {
      const { width, height } = await pixelsOf(await renderPlanes({ volume, structures, title: 'Phantom' }));
      expect(Math.min(width, height)).toBeGreaterThan(200);
    }
  });

  it('refuses a mask of another frame of reference', async () => {
    const picture = patient(cube({ rowDirection: [1, 0, 0], columnDirection: [0, 1, 0] }));
    const mask = block(makeGeometry({ size: [31, 31, 31] }), [3, 3, 3], [9, 9, 9]);
    await expect(renderPlanes({ ...picture, structures: [{ name: 'Heart', colour: [255, 0, 0], mask }] })).rejects.toThrow(expect.objectContaining({ code: 'grid-differs' }));
  });
});
