export { SEGMENTATION_STORAGE, writeSegmentation, type Segment, type SegmentationIdentity } from './writeSegmentation.ts';
