/** CT Image Storage (PS3.4 B.5), the one SOP class that a planning CT consists of. */
export const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';

/** RT Structure Set Storage (PS3.4 B.5). */
export const RT_STRUCTURE_SET_STORAGE = '1.2.840.10008.5.1.4.1.1.481.3';

/** Comprehensive SR Storage (PS3.4 B.5). */
export const COMPREHENSIVE_SR_STORAGE = '1.2.840.10008.5.1.4.1.1.88.33';
