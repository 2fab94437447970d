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

/** Middle, in pixels, between the outermost red ones in a square of the picture. */
function middleOfRed({ width, data }: { width: number; data: Uint8ClampedArray }, left: number, top: number, side: number): [number, number] {
  const [columns, rows]: [Set<number>, Set<number>] = [new Set(), new Set()];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = ((y + top) * width + x + left) * 4;
      if (data[at] < 200 || data[at + 1] > 110 || data[at + 2] > 110) continue;
      columns.add(x + 0.5);
      rows.add(y + 0.5);
    }
  }
  return [(Math.min(...columns) + Math.max(...columns)) / 2, (Math.min(...rows) + Math.max(...rows)) / 2];
}

describe('picture of three planes', () => {
  // 31 voxels of 1.6 mm at 4 pixels per mm; the views stand 14 pixels apart below and beside the first.
  const side = 198;
  const corners = { axial: [28, 62], coronal: [28, 62 + side + 14], sagittal: [28 + side + 14, 62 + side + 14] } as const;

  it.each(POSITIONS.filter(({ name }) => ['HFS', 'FFS', 'HFP', 'FFDL'].includes(name)))(
    'shows the organ 8 mm left, 7.2 mm in front and 8 mm above the middle where radiology expects it, in $name',
    async (position) => {
      const picture = await pixelsOf(await renderPlanes(patient(cube(position))));
      const [left, front, head] = [8 * 4, 7.2 * 4, 8 * 4];
      for (const [corner, dx, dy] of [[corners.axial, left, -front], [corners.coronal, left, -head], [corners.sagittal, -front, -head]] as const) {
        const [x, y] = middleOfRed(picture, corner[0], corner[1], side);
        expect(Math.abs(x - side / 2 - dx)).toBeLessThan(3);
        expect(Math.abs(y - side / 2 - dy)).toBeLessThan(3);
      }
    },
  );

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
