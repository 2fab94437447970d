import path from 'node:path';
import type { Dataset, PlanningCt } from '../dicom/index.ts';
import { normaliseName, type JoinedNames, type NamePair } from '../names/index.ts';
import { dicomDateTime, packageVersion } from '../pipeline/index.ts';
import type { Protocol } from '../protocol/index.ts';
import { caseFiles, makeCaseReport, type CaseFiles, type CaseInput, type ReportedSet } from '../report/index.ts';
import { PTV_STYLES, STRUCTURE_STYLES, type AlgorithmIdentification, type FileContour, type StructureCode, type StructureSet } from '../rtstruct/index.ts';
import { writeComparisonReport } from '../structuredReport/index.ts';
import { refuseExisting, writeWhole } from './output.ts';

const FILES = ['report.html', 'report.json', 'report.csv'] as const;
/** The same for an archive. */
const DICOM_FILE = 'report.dcm';

/** @throws RondoError `output-exists` where a file of a report stands in the folder: before minutes of work, not after */
export async function refuseReport(folder: string): Promise<void> {
  for (const name of [...FILES, DICOM_FILE]) await refuseExisting(path.join(folder, name));
}

export interface ComparedCase extends Pick<CaseInput, 'comparison' | 'options' | 'masks' | 'notes'> {
  ct: PlanningCt;
  reference: StructureSet<FileContour>;
  test: StructureSet<FileContour>;
  /** Of both sets, where the report is also wanted for an archive: that file names the patient. */
  datasets?: { reference: Dataset; test: Dataset };
  renamed: readonly NamePair[];
  refused: JoinedNames['refused'];
  protocol: Protocol | undefined;
}

/** Writes the report of a comparison. @throws RondoError `output-exists`, and what `writeComparisonReport` throws */
export async function writeReport(folder: string, { ct, reference, test, datasets, comparison, options, masks, renamed, refused, notes, protocol }: ComparedCase): Promise<void> {
  const roiNames = new Map(protocol?.structures.map(({ roiName, name }) => [roiName, name]));
  const standard = (name: string): string => roiNames.get(name) ?? standardName(name);
  const at = new Date();
  const report = makeCaseReport({
    rondoVersion: await packageVersion(),
    at,
    ct: { studyInstanceUid: ct.attributes.StudyInstanceUID, seriesInstanceUid: ct.seriesInstanceUid, geometry: ct.volume.geometry },
    reference: reported(reference),
    test: reported(test),
    ...(protocol && { protocol: protocol.name, guideline: protocol.guideline }),
    comparison,
    options,
    masks,
    testNames: new Map(renamed.map((pair) => [pair.reference, pair.test])),
    thresholds: protocol?.thresholds && { source: `the thresholds of the protocol ${protocol.name}`, of: (name) => protocol.thresholds?.[name] },
    standardName: standard,
    refusedNames: refused.map(({ names, reason }) => ({ names: [...names], reason })),
    notes: [...renamed.map((pair) => `"${pair.test}" of the test is compared with "${pair.reference}": by the name table they mean the same`), ...notes],
  });
  const codeOf = (name: string): StructureCode | undefined => (STRUCTURE_STYLES.get(standard(name)) ?? PTV_STYLES.get(name))?.code;
  const dicom = datasets && writeComparisonReport({ report, ct, ...datasets, codeOf, ...dicomDateTime(at) });
  await writeReportFiles(folder, await caseFiles(report, ct.volume, masks));
  if (dicom) await writeWhole(path.join(folder, DICOM_FILE), dicom);
}

/** Writes page, data and table of a report. @throws RondoError `output-exists` */
export async function writeReportFiles(folder: string, files: CaseFiles): Promise<void> {
  for (const name of FILES) await writeWhole(path.join(folder, name), Buffer.from(files[name]));
}

/** What a structure is called by the name table; its own name where that is not clear. */
export function standardName(name: string): string {
  const result = normaliseName(name);
  return result.kind === 'matched' ? result.name : name;
}

/** What a report says of a set: nothing that may name a patient. */
export function reported({ label, date, time, sopInstanceUid, seriesInstanceUid, approval, equipment, description, structures }: StructureSet<FileContour>): ReportedSet {
  const { manufacturer, modelName, softwareVersions } = equipment;
  return {
    label,
    date,
    time,
    sopInstanceUid,
    seriesInstanceUid,
    approval: approval.status,
    software: [...new Set([manufacturer, modelName, ...softwareVersions])].filter((part) => part !== '').join(' '),
    // Free text of others may say anything of anybody.
    ...(manufacturer === 'Rondo' && description !== undefined && { description }),
    models: distinct(structures.flatMap(({ algorithmIdentification }) => algorithmIdentification ?? [])),
    structureCount: structures.length,
  };
}

function distinct(models: readonly AlgorithmIdentification[]): ReportedSet['models'] {
  const byText = new Map(models.map((model) => [JSON.stringify(model), model]));
  return [...byText.values()].map(({ name, version, parameters, source }) => ({ name, version, ...(parameters !== undefined && { parameters }), ...(source !== undefined && { source }) }));
}
