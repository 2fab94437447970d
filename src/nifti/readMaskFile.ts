import { RondoError } from '../errors.ts';
import { addScaled, dot, Mask, norm, subtract, type Vector3, type VolumeGeometry } from '../geometry/index.ts';
import { readNifti, type NiftiImage } from './readNifti.ts';

/** Farthest that a voxel of the file may lie from that of the CT. */
const GRID_TOLERANCE_MM = 0.01;

/** Cosine between an axis of the file and that of the CT which it runs along: below it they are not the same axis. */
const SAME_AXIS = 0.999;

/**
 * Reads a binary mask that lies on the voxels of a CT. The file's axes may be ordered and directed otherwise, as other
 * tools write them; every voxel must stand where one of the CT's stands.
 * @throws RondoError `nifti-unreadable`, `nifti-other-grid`, `nifti-not-binary` (several labels, or fractions)
 */
export async function readMaskFile(file: string, geometry: VolumeGeometry): Promise<Mask> {
  const image = await readNifti(file);
  const axes = axesOnGrid(image, geometry, file);
  const strides = [1, image.size[0], image.size[0] * image.size[1]];
  const { voxels } = image;
  const [columns, rows, slices] = geometry.size;
  const step = (axes[0].reversed ? -1 : 1) * strides[axes[0].axis];
  const dense = new Uint8Array(geometry.voxelCount);
  let label = 0;
  let at = 0;
  for (let k = 0; k < slices; k++) {
    for (let j = 0; j < rows; j++) {
      let from = place(axes[0], 0, image, strides) + place(axes[1], j, image, strides) + place(axes[2], k, image, strides);
      for (let i = 0; i < columns; i++, at++, from += step) {
        const value = voxels[from];
        if (value === 0) continue;
        if (label === 0) label = value;
        if (value !== label || !(value > 0)) {
          throw new RondoError('nifti-not-binary', 'The NIfTI file is no binary mask: it holds several values besides 0, or negative ones. Give one file of 0 and 1 for each structure.', { file });
        }
        dense[at] = 1;
      }
    }
  }
  return new Mask(geometry, { min: [0, 0, 0], size: geometry.size }, dense).cropped();
}

/** The axis of the file that runs along an axis of the CT, and which way. */
interface FileAxis {
  axis: 0 | 1 | 2;
  reversed: boolean;
}

function place({ axis, reversed }: FileAxis, index: number, { size }: NiftiImage, strides: readonly number[]): number {
  return (reversed ? size[axis] - 1 - index : index) * strides[axis];
}

function axesOnGrid(image: NiftiImage, geometry: VolumeGeometry, file: string): FileAxis[] {
  const refuse = (problem: string): RondoError =>
    new RondoError('nifti-other-grid', `NIfTI file refused: ${problem}. Expected a mask on the voxels of the CT, within ${GRID_TOLERANCE_MM} mm; resample it in the tool that made it.`, { file });
  const axes = [geometry.rowDirection, geometry.columnDirection, geometry.normal].map((direction, own): FileAxis => {
    const axis = ([0, 1, 2] as const).find((candidate) => Math.abs(dot(image.directions[candidate], direction)) >= SAME_AXIS);
    if (axis === undefined) throw refuse('its axes do not run along those of the CT');
    if (image.size[axis] !== geometry.size[own]) throw refuse(`it has ${image.size.join('×')} voxels, the CT ${geometry.size.join('×')}`);
    return { axis, reversed: dot(image.directions[axis], direction) < 0 };
  });
  const [last, lastRow] = [geometry.size[0] - 1, geometry.size[1] - 1];
  // Both grids are affine in the plane of a slice: three corners fix every voxel of it.
  const worst = Math.max(
    ...geometry.sliceOffsetsMm.flatMap((_, k) =>
      ([[0, 0, k], [last, 0, k], [0, lastRow, k]] as const).map((index) => norm(subtract(geometry.toPatient(index), positionIn(image, axes, index)))),
    ),
  );
  if (!(worst <= GRID_TOLERANCE_MM)) throw refuse(`its voxels lie up to ${worst.toFixed(3)} mm from those of the CT`);
  return axes;
}

/** Where the file puts the voxel that is (i, j, k) of the CT. */
function positionIn({ size, spacingMm, directions, originMm }: NiftiImage, axes: readonly FileAxis[], index: Vector3): Vector3 {
  return axes.reduce<Vector3>((position, { axis, reversed }, own) => {
    const along = reversed ? size[axis] - 1 - index[own] : index[own];
    return addScaled(position, directions[axis], along * spacingMm[axis]);
  }, originMm);
}
