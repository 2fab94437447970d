import { z } from 'zod';
import { evaluate, parseDefinition, structuresIn, type Definition, type Expression } from '../algebra/index.ts';
import { checkTargetOptions, ptvNameOf, TARGET_RULE_IDS, targetOf, type TargetOptions } from '../ctv/index.ts';
import { RondoError } from '../errors.ts';
import { JUDGED_FIGURES, type JudgedFigure, type Threshold, type Thresholds } from '../goals/index.ts';
import { Mask, VolumeGeometry } from '../geometry/index.ts';
import { normaliseName } from '../names/index.ts';
import { INTERPRETED_TYPES, STRUCTURE_STYLES, TPS_NAMES, type TpsName } from '../rtstruct/index.ts';
import { readYaml } from '../yaml/index.ts';

/** How a structure stands in the file, where that is not as the table of names has it. */
export interface RoiStyle {
  /** RT ROI Interpreted Type. */
  type?: string | undefined;
  /** ROI Display Color: red, green, blue. */
  colour?: readonly [number, number, number] | undefined;
}

/** A structure that a model contours and the file shall hold. */
export interface WantedStructure extends RoiStyle {
  /** As its model calls it. */
  name: string;
  model: string;
  /** ROI Name; `name` by default. */
  roiName: string;
}

/** A structure that is made of others: those that the models contour, PTVs, and such as were defined before it. */
export interface DerivedStructureWanted extends RoiStyle, Definition {
  /** As it stands in the protocol. */
  definition: string;
}

/** What a department sets once for a kind of patient. */
export interface Protocol {
  name: string;
  title: string;
  /** Of all models that contour targets; `none` where there are no targets. */
  guideline: string;
  profile: TpsName;
  targets: TargetOptions;
  /** How networks are run, where that is not as their manifests have it. */
  inference: { overlap?: number | undefined; mirroring?: boolean | undefined };
  /** In the order of the file that is written; PTVs and derived structures follow. */
  structures: readonly WantedStructure[];
  derived: readonly DerivedStructureWanted[];
  /** Names of the destinations of the service that structure sets go to, where whoever asks or the rule names none; all of them without it. */
  destinations?: readonly string[];
  /** By structure, what a comparison with a reference is judged by. */
  thresholds?: Readonly<Record<string, Thresholds>>;
}

/** Largest distances in mm that a protocol may ask for: more is a slip of the pen, as a margin in tenths of a millimetre. */
const MOST_SKIN_MM = 20;
const MOST_MARGIN_MM = 50;
const MOST_DISTANCE_MM = 100;

/** Tiles that overlap by more cost a thousand times as much as tiles that do not. */
const MOST_OVERLAP = 0.9;

/** Characters that every character set of DICOM has (PS3.5 6.1): what set a CT has is not known before it comes. A backslash would part two values. */
const ROI_NAME = /^(?! )[ -[\]-~]{1,64}(?<! )$/;

const roiName = z.string().regex(ROI_NAME, 'expected 1 to 64 characters of ASCII, no backslash and no space at either end (PS3.5 6.2, LO)');
const marginMm = z.number().min(0).max(MOST_MARGIN_MM);
const colour = z.tuple([0, 1, 2].map(() => z.number().int().min(0).max(255)) as [z.ZodNumber, z.ZodNumber, z.ZodNumber]);
const type = z.string().refine((term) => INTERPRETED_TYPES.has(term), `expected an RT ROI Interpreted Type (PS3.3 C.8.8.8): ${[...INTERPRETED_TYPES].join(', ')}`);

/** The smallest image there can be, to try definitions on. */
const ONE_VOXEL = new Mask(
  new VolumeGeometry({ size: [1, 1, 2], columnSpacingMm: 1, rowSpacingMm: 1, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], originMm: [0, 0, 0], sliceOffsetsMm: [0, 1], frameOfReferenceUid: '2.25.1' }),
  { min: [0, 0, 0], size: [1, 1, 1] },
  Uint8Array.of(1),
);

function distancesMm(expression: Expression): number[] {
  switch (expression.kind) {
    case 'structure':
      return [];
    case 'margin':
      return [...distancesMm(expression.of), ...(typeof expression.marginMm === 'number' ? [expression.marginMm] : (Object.values(expression.marginMm) as number[]))];
    case 'crop':
      return [...distancesMm(expression.of), ...distancesMm(expression.surface), expression.distanceMm];
    case 'ring':
      return [...distancesMm(expression.of), expression.innerMm, expression.outerMm];
    default:
      return [...distancesMm(expression.left), ...distancesMm(expression.right)];
  }
}

const sideOf = (name: string): string | undefined => /_([LR])$/.exec(name)?.[1];

/** Which other structure than `name` its ROI Name says that it is; the other side above all. */
function otherMeaning(name: string, given: string): string | undefined {
  const read = normaliseName(given);
  const meanings = read.kind === 'matched' ? [read.name] : read.kind === 'ambiguous' ? read.candidates : [];
  // A department may call the target of a breast a breast.
  if (meanings.length > 0) return [name, name.replace(/^CTVp_/, '')].some((own) => meanings.includes(own)) ? undefined : meanings.join(' or ');
  return sideOf(name) !== undefined && sideOf(given) !== undefined && sideOf(name) !== sideOf(given) ? `a structure of the side ${sideOf(given) ?? ''}` : undefined;
}

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const nameLike = 'expected small letters and digits in words joined by hyphens';

/** A single number passes or fails; with two, a look is called for between them. */
const threshold = z.union([z.number().min(0).transform((pass): Threshold => ({ pass, fail: pass })), z.strictObject({ pass: z.number().min(0), fail: z.number().min(0).optional() })]);
const thresholds = z.partialRecord(z.enum(Object.keys(JUDGED_FIGURES) as [JudgedFigure, ...JudgedFigure[]]), threshold);

const shape = z.strictObject({
  format: z.literal('rondo-protocol/1'),
  name: z.string().regex(NAME, nameLike),
  title: z.string().min(1).max(200),
  guideline: z.string().min(1).max(200),
  profile: z.enum(TPS_NAMES),
  side: z.enum(['L', 'R', 'both']).optional(),
  surgery: z.enum(['conserving', 'mastectomy']).optional(),
  skinMm: z.number().min(0).max(MOST_SKIN_MM).optional(),
  ptvMm: z.union([marginMm, z.strictObject({ left: marginMm, right: marginMm, anterior: marginMm, posterior: marginMm, superior: marginMm, inferior: marginMm })]).optional(),
  withoutRules: z.array(z.enum(TARGET_RULE_IDS)).min(1).optional(),
  inference: z.strictObject({ overlap: z.number().min(0).max(MOST_OVERLAP).optional(), mirroring: z.boolean().optional() }).default({}),
  structures: z.array(z.strictObject({ name: z.string().min(1).max(64), model: z.string().min(1), roiName: roiName.optional(), type: type.optional(), colour: colour.optional() })).min(1).max(200),
  derived: z.array(z.strictObject({ definition: z.string(), type: type.optional(), colour: colour.optional() })).max(200).default([]),
  destinations: z.array(z.string().regex(NAME, nameLike)).min(1, 'expected at least one name; leave the key out for all').max(100).optional(),
  thresholds: z.record(z.string(), thresholds).optional(),
}).superRefine(({ structures, derived, ptvMm, destinations = [], thresholds: judged = {} }, context) => {
  const refuse = (message: string, ...path: (string | number)[]): void => { context.addIssue({ code: 'custom', path, message }); };
  const roiNames = new Set<string>();
  const takeRoiName = (wanted: string, ...path: (string | number)[]): void => {
    // Planning systems compare names without case.
    if (roiNames.has(wanted.toLowerCase())) refuse(`"${wanted}" is the name of another structure too, ignoring case`, ...path);
    roiNames.add(wanted.toLowerCase());
  };
  const names = structures.map(({ name }) => name);
  for (const [index, { name, roiName: given, ...style }] of structures.entries()) {
    if (names.indexOf(name) < index) refuse('the structure is asked for twice', 'structures', index, 'name');
    if (!STRUCTURE_STYLES.has(name) && (style.type === undefined || style.colour === undefined)) refuse('not a structure that Rondo knows: correct its name, or give the type and the colour it shall have', 'structures', index, 'name');
    takeRoiName(given ?? name, 'structures', index, given === undefined ? 'name' : 'roiName');
    const meaning = given === undefined ? undefined : otherMeaning(name, given);
    if (meaning !== undefined) refuse(`"${given ?? ''}" reads as ${meaning}, but the structure is ${name}`, 'structures', index, 'roiName');
    const ptvName = ptvMm === undefined ? undefined : ptvNameOf(name);
    if (ptvName !== undefined) takeRoiName(ptvName, 'structures', index, 'name');
  }
  const externals = [...structures.map(({ name, type: given }) => given ?? STRUCTURE_STYLES.get(name)?.type), ...derived.map((wanted) => wanted.type)].filter((one) => one === 'EXTERNAL');
  if (externals.length > 1) refuse('two structures are of type EXTERNAL, and planning systems take one external contour only', 'structures');
  for (const [name, figures] of Object.entries(judged)) {
    if (!STRUCTURE_STYLES.has(name) && !names.includes(name)) refuse('not a structure that Rondo knows, nor one of the protocol: correct its name', 'thresholds', name);
    for (const [figure, { pass, fail = pass }] of Object.entries(figures)) {
      const isReversed = JUDGED_FIGURES[figure as JudgedFigure] === 'least' ? fail > pass : fail < pass;
      if (isReversed) refuse(`${figure} fails at ${fail} before it passes at ${pass}: exchange the two`, 'thresholds', name, figure);
    }
  }
  for (const [index, name] of destinations.entries()) if (destinations.indexOf(name) < index) refuse(`"${name}" stands in the list before`, 'destinations', index);
  for (const [index, { definition }] of derived.entries()) {
    try {
      const { name, expression } = parseDefinition(definition);
      // Distances that contradict each other are found by trying: better now than after the network.
      evaluate(expression, () => ONE_VOXEL);
      const far = distancesMm(expression).find((distance) => Math.abs(distance) > MOST_DISTANCE_MM);
      if (far !== undefined) refuse(`${far} mm are more than the ${MOST_DISTANCE_MM} mm that a definition may ask for; distances are in mm`, 'derived', index, 'definition');
      if (!ROI_NAME.test(name)) refuse(`"${name}" is no ROI Name: expected 1 to 64 characters of ASCII`, 'derived', index, 'definition');
      const sides = structuresIn(expression).flatMap((used) => sideOf(used) ?? []);
      if (sideOf(name) !== undefined && sides.length > 0 && !sides.includes(sideOf(name) ?? '')) refuse(`"${name}" is made of structures of the other side only`, 'derived', index, 'definition');
      takeRoiName(name, 'derived', index, 'definition');
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
      refuse(error.message, 'derived', index, 'definition');
    }
  }
});

/**
 * Reads a protocol. Whether the models contour what it wants is for `checkProtocol` to say.
 * @param file the text's file, for messages
 * @throws RondoError `protocol`, with line and place of each fault
 */
export function readProtocol(yamlText: string, file?: string): Protocol {
  const { data } = readYaml(yamlText, shape, { code: 'protocol', what: 'The protocol', file });
  const { name, title, guideline, profile, inference, structures, derived, side, surgery, skinMm, ptvMm, withoutRules, destinations, thresholds: judged } = data;
  return {
    name,
    title,
    guideline,
    profile,
    inference,
    targets: {
      ...(side !== undefined && { side }),
      ...(surgery !== undefined && { surgery }),
      ...(skinMm !== undefined && { skinMm }),
      ...(ptvMm !== undefined && { ptvMm }),
      ...(withoutRules !== undefined && { withoutRules }),
    },
    structures: structures.map((structure) => ({ ...structure, roiName: structure.roiName ?? structure.name })),
    derived: derived.map((wanted) => ({ ...wanted, ...parseDefinition(wanted.definition) })),
    ...(destinations && { destinations }),
    ...(judged && { thresholds: judged }),
  };
}

/** What a protocol is checked against: what a model contours, by which guideline. */
export interface ProtocolModel {
  name: string;
  guideline: string;
  structures: readonly string[];
}

/** Names of the models that a protocol uses, each once. */
export function modelsOf({ structures }: Pick<Protocol, 'structures'>): string[] {
  return [...new Set(structures.map(({ model }) => model))];
}

/**
 * Checks a protocol against its models before a patient's data is touched.
 * @param models those of `modelsOf`
 * @throws RondoError `protocol-structure`, `protocol-guideline`, naming all that does not fit, and those of `checkTargetOptions`
 */
export function checkProtocol(protocol: Protocol, models: readonly ProtocolModel[]): void {
  const unknown = protocol.structures.filter(({ name, model }) => !models.some((one) => one.name === model && one.structures.includes(name)));
  if (unknown.length > 0) throw new RondoError('protocol-structure', `The protocol ${protocol.name} wants what its models do not contour: ${unknown.map(({ name, model }) => `${name} of ${model}`).join(', ')}. There are: ${models.map(({ name, structures }) => `${name}: ${structures.join(', ')}`).join('; ')}.`);

  const contoured = models.flatMap(({ structures }) => structures);
  const twice = contoured.filter((name, index) => contoured.indexOf(name) < index);
  if (twice.length > 0) throw new RondoError('protocol-structure', `The protocol ${protocol.name} uses two models that both contour ${twice.join(', ')}. Choose one of them.`);
  const known = new Set([...contoured, ...(protocol.targets.ptvMm === undefined ? [] : contoured.flatMap((name) => ptvNameOf(name) ?? []))]);
  for (const { name, definition, expression } of protocol.derived) {
    const missing = structuresIn(expression).filter((used) => !known.has(used));
    if (missing.length > 0) throw new RondoError('protocol-structure', `The protocol ${protocol.name} derives "${definition}" from what is not there: ${missing.join(', ')}. Expected structures of its models, PTVs if it gives ptvMm, or such as it derives before.`);
    if (known.has(name)) throw new RondoError('protocol-structure', `The protocol ${protocol.name} derives "${definition}", but a model contours ${name}, or it is a PTV. Give it another name.`);
    known.add(name);
  }

  const guidelines = models.filter(({ structures }) => structures.some((name) => targetOf(name) !== undefined)).map(({ guideline }) => guideline);
  const other = guidelines.find((guideline) => guideline !== protocol.guideline);
  if (other !== undefined || (guidelines.length === 0 && protocol.guideline !== 'none')) {
    throw new RondoError('protocol-guideline', `The protocol ${protocol.name} is for the guideline "${protocol.guideline}", its models of targets follow "${other ?? 'none'}". Boundaries of one guideline are not those of another; choose models of the protocol's.`);
  }
  checkTargetOptions(contoured, guidelines, protocol.targets);
}
