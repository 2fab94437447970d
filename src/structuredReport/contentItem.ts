import { decimalString, type Dataset } from '../dicom/index.ts';
import type { Code, InstanceReference } from '../rtstruct/index.ts';

/** How a content item stands to the one that it lies in (PS3.3 C.17.3.2.4). */
export type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'HAS ACQ CONTEXT' | 'HAS PROPERTIES';

/** An item of a Content Sequence (PS3.3 C.17.3); its place is given by `within`. */
export type ContentItem = Dataset;

/** A content item under its parent. */
export function within(relationship: Relationship, item: ContentItem): ContentItem {
  return { RelationshipType: relationship, ...item };
}

/** @param template the template of PS3.16 that its content follows, by number */
export function container(name: Code, content: readonly ContentItem[], template?: string): ContentItem {
  return {
    ...item('CONTAINER', name),
    ContinuityOfContent: 'SEPARATE',
    ...(template !== undefined && { ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: template }] }),
    ...children(content),
  };
}

export function textItem(name: Code, value: string): ContentItem {
  return { ...item('TEXT', name), TextValue: value };
}

export function codeValue(name: Code, value: Code, content: readonly ContentItem[] = []): ContentItem {
  return { ...item('CODE', name), ConceptCodeSequence: [codeItem(value)], ...children(content) };
}

/** A number with its unit. One without a value is left out: readers stumble over an empty Measured Value Sequence, which PS3.3 C.18.1 allows. */
export function numberItem(name: Code, value: number, unit: Code, content: readonly ContentItem[] = []): ContentItem {
  return {
    ...item('NUM', name),
    MeasuredValueSequence: [{ NumericValue: decimalString(value), MeasurementUnitsCodeSequence: [codeItem(unit)] }],
    ...children(content),
  };
}

export function uidItem(name: Code, uid: string): ContentItem {
  return { ...item('UIDREF', name), UID: uid };
}

/** An instance that is not an image, such as an RT Structure Set. */
export function compositeItem(name: Code, instance: InstanceReference): ContentItem {
  return { ...item('COMPOSITE', name), ReferencedSOPSequence: [instanceItem(instance)] };
}

export function imageItem(instance: InstanceReference): ContentItem {
  return { ValueType: 'IMAGE', ReferencedSOPSequence: [instanceItem(instance)] };
}

export function instanceItem({ sopClassUid, sopInstanceUid }: InstanceReference): Dataset {
  return { ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid };
}

function item(valueType: string, name: Code): Dataset {
  return { ValueType: valueType, ConceptNameCodeSequence: [codeItem(name)] };
}

function children(content: readonly ContentItem[]): Dataset {
  return content.length > 0 ? { ContentSequence: content } : {};
}

function codeItem({ value, scheme, meaning }: Code): Dataset {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}
