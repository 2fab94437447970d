export { Coverage } from './coverage.ts';
export { squaredDistanceTransform } from './distanceTransform.ts';
export { Mask } from './mask.ts';
export { addScaled, cross, dot, norm, normalize, subtract, type Vector3 } from './vector.ts';
export { Volume, type VoxelArray } from './volume.ts';
export { VolumeGeometry, type VolumeGeometryInput } from './volumeGeometry.ts';
export { boundingBox, EMPTY_BOX, grownBox, unionBox, type VoxelBox } from './voxelBox.ts';
