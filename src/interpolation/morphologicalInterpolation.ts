import { morphologicalContourInterpolationNode } from '@itk-wasm/morphological-contour-interpolation';
import { Image, ImageType, IntTypes, PixelTypes } from 'itk-wasm';
import { boundingBox, unionBox } from '../geometry/index.ts';

/** Empty voxels round the shapes, so that none touches the border of the image. */
const MARGIN = 2;

/**
 * The shapes between those of two planes, by ITK's morphological contour interpolation: each region is laid over those of
 * the other plane that it overlaps, and the shape in the middle is found by distances, then those in the middle of the
 * halves. A region that overlaps none tapers off. Source: Albu, Beugeling, Laurendeau, A Morphology-Based Approach for
 * Interslice Interpolation of Anatomical Slices from Volumetric Images, IEEE Trans. Biomed. Eng. 55 (2008) 2022.
 *
 * @param first, second 0 or 1, row-major, `columns` wide; each holds a 1
 * @param steps even steps from the first plane to the second, a power of two: the filter finds shapes in the middle only, so thirds would not be thirds
 * @returns the steps − 1 planes between them in order, like `first`
 */
export async function morphologicalInterpolation(first: Uint8Array, second: Uint8Array, columns: number, steps: number): Promise<Uint8Array[]> {
  const { min, size } = unionBox([first, second].map((plane) => boundingBox([columns, plane.length / columns, 1], plane, 1)));
  const [width, height] = [size[0] + 2 * MARGIN, size[1] + 2 * MARGIN];
  const image = new Image(new ImageType(3, IntTypes.UInt8, PixelTypes.Scalar, 1));
  image.size = [width, height, steps + 1];
  const data = new Uint8Array(width * height * (steps + 1));
  const forEachRow = (plane: number, visit: (inPlane: number, inImage: number) => void): void => {
    for (let row = 0; row < size[1]; row++) visit((min[1] + row) * columns + min[0], (plane * height + row + MARGIN) * width + MARGIN);
  };
  forEachRow(0, (inPlane, inImage) => { data.set(first.subarray(inPlane, inPlane + size[0]), inImage); });
  forEachRow(steps, (inPlane, inImage) => { data.set(second.subarray(inPlane, inPlane + size[0]), inImage); });
  image.data = data;
  const { outputImage } = await morphologicalContourInterpolationNode(image, {
    axis: 2,
    label: 1,
    // Told, not detected: shapes one voxel wide would be taken for slices across another axis.
    useCustomSlicePositions: true,
    labeledSliceIndicesAxis: 2,
    labeledSliceIndicesLabel: 1,
    labeledSliceIndices: [0, steps],
  });
  const found = outputImage.data as Uint8Array;
  return Array.from({ length: steps - 1 }, (_, between) => {
    const shape = new Uint8Array(first.length);
    forEachRow(between + 1, (inPlane, inImage) => { shape.set(found.subarray(inImage, inImage + size[0]), inPlane); });
    return shape;
  });
}
