import { IMPLEMENTATION_CLASS_UID, uidFrom, type CtGrid } from '../dicom/index.ts';
import { definitions, distanceConventions, type DistanceConvention } from '../metrics/index.ts';
import type { CaseReport, ReportedSet } from '../report/index.ts';
import type { Code, InstanceReference, StructureCode } from '../rtstruct/index.ts';
import { concepts, conventions, figures, presenceCounts, presences, units, verdictCounts, verdicts } from './codes.ts';
import { codeValue, compositeItem, container, imageItem, numberItem, textItem, uidItem, within, type ContentItem } from './contentItem.ts';
import { structureGroup } from './structureGroup.ts';

/** The sets of a comparison as instances of an archive. */
export interface ComparedInstances {
  reference: InstanceReference;
  test: InstanceReference;
}

/**
 * A comparison as the content of a structured report: a Measurement Report (PS3.16 TID 1500) with a group for each structure, and
 * beside it what was compared and how. It holds no time, so the same comparison has the same content.
 * @param codeOf what a structure of a name is in the body, where that is known
 */
export function comparisonContent(report: CaseReport, ct: CtGrid, instances: ComparedInstances, codeOf: (structure: string) => StructureCode | undefined): ContentItem {
  return container(concepts.report, [
    within('HAS CONCEPT MOD', codeValue(concepts.language, concepts.english)),
    within('HAS OBS CONTEXT', codeValue(concepts.observerType, concepts.device)),
    within('HAS OBS CONTEXT', uidItem(concepts.deviceUid, IMPLEMENTATION_CLASS_UID)),
    ...([[concepts.deviceName, 'Rondo'], [concepts.deviceManufacturer, 'Rondo'], [concepts.deviceModel, `Rondo ${report.rondoVersion}`]] as const).map(([name, value]) => within('HAS OBS CONTEXT', textItem(name, value))),
    within('HAS CONCEPT MOD', codeValue(concepts.procedure, concepts.computedTomography)),
    within('CONTAINS', textItem(concepts.comment, report.notice)),
    within('CONTAINS', whatWasCompared(report, ct, instances)),
    within('CONTAINS', imageLibrary(ct)),
    within('CONTAINS', container(concepts.measurements, [
      within('CONTAINS', summaryGroup(report)),
      ...report.structures.map((structure) => within('CONTAINS', structureGroup(structure, report, codeOf(structure.name)))),
    ])),
    within('CONTAINS', definitionTexts(report)),
    ...report.refusedNames.map(({ names, reason }) => within('CONTAINS', textItem(concepts.notJoined, `${names.join(', ')}: ${reason}`))),
    ...report.notes.map((note) => within('CONTAINS', textItem(concepts.comment, note))),
  ], '1500');
}

function whatWasCompared({ reference, test, protocol, guideline, thresholds }: CaseReport, ct: CtGrid, instances: ComparedInstances): ContentItem {
  const texts = ([[concepts.protocol, protocol], [concepts.guideline, guideline], [concepts.thresholds, thresholds]] as const);
  return container(concepts.compared, [
    within('CONTAINS', setContainer(concepts.referenceSet, reference, instances.reference)),
    within('CONTAINS', setContainer(concepts.testSet, test, instances.test)),
    within('CONTAINS', uidItem(concepts.seriesUid, ct.seriesInstanceUid)),
    ...texts.flatMap(([name, value]) => (value === undefined ? [] : [within('CONTAINS', textItem(name, value))])),
  ]);
}

function setContainer(name: Code, { label, software, approval, models }: ReportedSet, instance: InstanceReference): ContentItem {
  const texts: readonly (readonly [Code, string])[] = [
    [concepts.label, label], [concepts.software, software], [concepts.approval, approval],
    ...models.map((model) => [concepts.model, [model.name, model.version, model.parameters].filter((part) => part !== undefined && part !== '').join(' ')] as const),
  ];
  return container(name, [
    within('CONTAINS', compositeItem(name, instance)),
    ...texts.filter(([, value]) => value !== '').map(([concept, value]) => within('CONTAINS', textItem(concept, value))),
  ]);
}

/** The images of the CT (PS3.16 TID 1600). */
function imageLibrary({ volume, sopClassUid, slices }: CtGrid): ContentItem {
  return container(concepts.imageLibrary, [within('CONTAINS', container(concepts.imageLibraryGroup, [
    within('HAS ACQ CONTEXT', codeValue(concepts.modality, concepts.ct)),
    within('HAS ACQ CONTEXT', uidItem(concepts.frameOfReference, volume.geometry.frameOfReferenceUid)),
    ...slices.map(({ sopInstanceUid }) => within('CONTAINS', imageItem({ sopClassUid, sopInstanceUid }))),
  ]))], '1600');
}

/** Figures of all structures together: none that is missing can hide in a mean. */
function summaryGroup({ structures, meanDsc, reference, test }: CaseReport): ContentItem {
  const counts = [
    ...(Object.keys(presences) as (keyof typeof presences)[]).map((presence) => [presenceCounts[presence], structures.filter((one) => one.presence === presence).length] as const),
    ...(Object.keys(verdicts) as (keyof typeof verdicts)[]).map((verdict) => [verdictCounts[verdict], structures.filter((one) => one.verdict === verdict).length] as const),
  ];
  return container(concepts.group, [
    within('HAS OBS CONTEXT', textItem(concepts.trackingName, 'All structures')),
    within('HAS OBS CONTEXT', uidItem(concepts.trackingUid, uidFrom('rondo-compared-structures', reference.sopInstanceUid, test.sopInstanceUid))),
    ...(meanDsc === undefined ? [] : [within('CONTAINS', numberItem(concepts.meanDsc, meanDsc, units.none))]),
    ...counts.map(([name, count]) => within('CONTAINS', numberItem(name, count, units.structures))),
  ], '1501');
}

function definitionTexts({ structures }: CaseReport): ContentItem {
  const others = [...new Set(structures.flatMap(({ metrics }) => Object.keys(metrics?.otherDistances ?? {}) as DistanceConvention[]))];
  return container(concepts.conventions, [
    ...(Object.keys(figures) as (keyof typeof figures)[]).map((figure) => within('CONTAINS', textItem(figures[figure], definitions[figure].definition))),
    ...others.map((convention) => within('CONTAINS', textItem(conventions[convention], distanceConventions[convention]))),
  ]);
}
