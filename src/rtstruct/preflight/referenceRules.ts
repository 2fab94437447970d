import { itemsOf, textOf, type Contents } from './contents.ts';
import type { TpsProfile } from '../tpsProfiles.ts';
import type { Finding, Rule } from './violation.ts';

function framesListed({ dataset, rois }: Contents): Finding[] {
  const listed = itemsOf(dataset, 'ReferencedFrameOfReferenceSequence').map((item) => textOf(item, 'FrameOfReferenceUID'));
  return rois.flatMap(({ path, frameOfReferenceUid }): Finding[] => {
    const times = listed.filter((uid) => uid === frameOfReferenceUid).length;
    if (frameOfReferenceUid === '' || times === 1) return [];
    return [{
      severity: 'error', keyword: 'ReferencedFrameOfReferenceUID', path,
      message: `The frame of reference of the ROI stands ${times} times in Referenced Frame of Reference Sequence. Expected it once and only once; list it so.`,
    }];
  });
}

function imageChain({ dataset, rois, series }: Contents, { references: { value, source } }: TpsProfile): Finding[] {
  const frames = new Set(itemsOf(dataset, 'ReferencedFrameOfReferenceSequence').map((item) => textOf(item, 'FrameOfReferenceUID')));
  const used = new Set([...rois.map(({ frameOfReferenceUid }) => frameOfReferenceUid), ...(frames.size === 0 ? [''] : [])]);
  return [...used].filter((uid) => !series.some((one) => one.frameOfReferenceUid === uid && one.imageUids.length > 0)).map(() => ({
    severity: value.chain, keyword: 'ReferencedFrameOfReferenceSequence', path: '', source,
    message: 'The frame of reference of the ROIs leads to no study, series and images. Planning systems find the planning image by them; refer to study, series and every image.',
  }));
}

function imagesListed({ drawn, series }: Contents): Finding[] {
  const listed = new Set(series.flatMap(({ imageUids }) => imageUids));
  if (listed.size === 0) return [];
  return drawn.flatMap(({ contours }) => contours).filter(({ imageUids }) => imageUids.some((uid) => !listed.has(uid))).map(({ path, structure }) => ({
    severity: 'error', keyword: 'ContourImageSequence', path, structure,
    message: 'A contour names an image that no referenced series lists. Planning systems cannot tell where it belongs; list every image of the series.',
  }));
}

/** What the file refers to, without looking at the images themselves. */
export const REFERENCE_RULES: readonly Rule[] = [
  { id: 'frame-listed', source: 'PS3.3 C.8.8.5.1', check: framesListed },
  { id: 'image-chain', source: 'PS3.3 C.8.8.5', check: imageChain },
  { id: 'contour-image-listed', source: "PS3.3 C.8.8.5, C.8.8.6; project's own caution", check: imagesListed },
];
