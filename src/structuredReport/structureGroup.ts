import { uidFrom } from '../dicom/index.ts';
import { JUDGED_FIGURES } from '../goals/index.ts';
import { definitions, type DistanceConvention } from '../metrics/index.ts';
import type { CaseReport, CaseStructure } from '../report/index.ts';
import type { Code, StructureCode } from '../rtstruct/index.ts';
import { concepts, conventions, figures, hausdorff, methods, presences, thresholdCodes, units, verdicts } from './codes.ts';
import { codeValue, container, numberItem, textItem, uidItem, within, type ContentItem } from './contentItem.ts';

type Reported = keyof typeof figures;
const reported = Object.keys(figures) as Reported[];

/**
 * What was found of one structure, as a measurement group (PS3.16 TID 1501).
 * @param code what the structure is in the body, where that is known
 */
export function structureGroup(structure: CaseStructure, { reference, test }: Pick<CaseReport, 'reference' | 'test'>, code: StructureCode | undefined): ContentItem {
  const { name, testName, presence, verdict, reason, referenceCc, testCc, metrics } = structure;
  return container(concepts.group, [
    within('HAS OBS CONTEXT', textItem(concepts.trackingName, name)),
    within('HAS OBS CONTEXT', uidItem(concepts.trackingUid, uidFrom('rondo-compared-structure', reference.sopInstanceUid, test.sopInstanceUid, name))),
    ...(code === undefined ? [] : [within('CONTAINS', codeValue(concepts.findingSite, code, code.laterality === undefined ? [] : [within('HAS CONCEPT MOD', codeValue(concepts.laterality, code.laterality))]))]),
    ...(testName === undefined ? [] : [within('CONTAINS', textItem(concepts.nameInTest, testName))]),
    within('CONTAINS', codeValue(concepts.presence, presences[presence])),
    within('CONTAINS', codeValue(concepts.verdict, verdicts[verdict])),
    ...(reason === undefined ? [] : [within('CONTAINS', textItem(concepts.reason, reason))]),
    ...([[concepts.reference, referenceCc], [concepts.test, testCc]] as const).map(([set, volumeCc]) => within('CONTAINS', numberItem(concepts.volume, volumeCc, units.cm3, [within('HAS CONCEPT MOD', codeValue(concepts.ofSet, set))]))),
    ...(metrics === undefined ? [] : reported.map((figure) => within('CONTAINS', figureItem(figure, structure, metrics)))),
    ...Object.entries(metrics?.otherDistances ?? {}).flatMap(([convention, { hdMm, hd95Mm, msdMm }]) => ([[hausdorff, hdMm], [figures.hd95Mm, hd95Mm], [figures.msdMm, msdMm]] as const)
      .map(([figure, value]) => within('CONTAINS', numberItem(figure, value, units.mm, [methodItem(conventions[convention as DistanceConvention])])))),
  ], '1501');
}

/** A figure with its method, tolerance and thresholds; where it has no value, why. */
function figureItem(figure: Reported, { judged }: CaseStructure, { figures: values, undefinedBecause, toleranceMm, addedPathToleranceMm }: NonNullable<CaseStructure['metrics']>): ContentItem {
  const tolerance = { surfaceDsc: toleranceMm, addedPathMm: addedPathToleranceMm, addedPathShare: addedPathToleranceMm }[figure as string];
  const unit = unitOf(figure);
  const value = values[figure];
  if (value === undefined) return textItem(concepts.noValue, `${figures[figure].meaning}: ${undefinedBecause[figure] ?? ''}`);
  return numberItem(figures[figure], value, unit, [
    methodItem(methods[figure]),
    ...(tolerance === undefined ? [] : [within('HAS PROPERTIES', numberItem(concepts.tolerance, tolerance, units.mm))]),
    ...judged.filter((one) => one.figure === figure).flatMap(({ figure: judgedFigure, pass, fail, verdict }) => {
      const codes = thresholdCodes[JUDGED_FIGURES[judgedFigure]];
      return [
        within('HAS PROPERTIES', numberItem(codes.pass, pass, unit)),
        ...(fail === undefined ? [] : [within('HAS PROPERTIES', numberItem(codes.fail, fail, unit))]),
        within('HAS PROPERTIES', codeValue(concepts.verdict, verdicts[verdict])),
      ];
    }),
  ]);
}

function methodItem(method: Code): ContentItem {
  return within('HAS CONCEPT MOD', codeValue(concepts.method, method));
}

function unitOf(figure: Reported): Code {
  return 'unit' in definitions[figure] ? units.mm : units.none;
}
