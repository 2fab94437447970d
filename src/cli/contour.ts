import path from 'node:path';
import { Command, Option } from 'commander';
import { LoadedNetworks, networkFiles } from '../contouring/index.ts';
import { readPlanningCt } from '../ct/index.ts';
import type { TargetOptions } from '../ctv/index.ts';
import type { PlanningCt } from '../dicom/index.ts';
import { openModel, contourPlanningCt, openProtocol, StructureSetWorkers } from '../pipeline/index.ts';
import { modelsOf } from '../protocol/index.ts';
import type { TpsName } from '../rtstruct/index.ts';
import { fetchedCt, headerFromEnv, seriesAddress, type CtReading, type HeadersFromEnv, type SeriesAddress } from './fetchedCt.ts';
import { addInferenceOptions, inferenceOptions, type InferenceArguments } from './inferenceOptions.ts';
import { cancelOnInterrupt, printJson, Progress, refuseExisting, StageClock, table, writeWhole } from './output.ts';
import { profileOption } from './rtstruct/check.ts';
import { addTargetOptions, rulesJson, rulesText, TARGET_OPTIONS, targetOptions, type TargetArguments } from './targetOptions.ts';

interface ContourArguments extends TargetArguments, InferenceArguments {
  out: string;
  protocol?: string;
  model: string[];
  profile: TpsName;
  series?: string;
  from?: SeriesAddress;
  headerFromEnv: HeadersFromEnv;
  json: boolean;
}

/** What contours where no model is named: organs at risk, and targets where something is said of them. */
const ORGAN_MODEL = 'oar-thorax';
const TARGET_MODELS = ['ctv-breast', 'ctv-nodes'];

/** The models that contour where none is named. */
export function defaultModels(targets: TargetOptions): readonly string[] {
  return Object.keys(targets).length === 0 ? [ORGAN_MODEL] : [ORGAN_MODEL, ...TARGET_MODELS];
}

/** `rondo contour`: a folder with a planning CT → an RT Structure Set file. */
export function contourCommand(): Command {
  const command = new Command('contour')
    .description('Contour a planning CT: a folder of DICOM files, or a series in an archive, becomes an RT Structure Set, read back and checked before it is written.')
    .argument('[ct-folder]', 'folder with the CT series; other files in it are passed over and listed')
    .addOption(new Option('--from <dicomweb:url>', 'instead of a folder: dicomweb:https://…/studies/<uid>/series/<uid> in a DICOMweb archive. NODE_EXTRA_CA_CERTS names the authority of its certificate').argParser(seriesAddress).conflicts('series'))
    .addOption(new Option('--header-from-env <name=variable>', 'HTTP header for the archive, whose whole value stands in an environment variable, as Authorization=ARCHIVE_AUTHORIZATION; may be given several times').argParser(headerFromEnv).default({}, 'none'))
    .requiredOption('--out <file>', 'the RT Structure Set to write; an existing file is never overwritten')
    .addOption(new Option('--protocol <name or file>', 'what to contour and how it is written, as "rondo protocols list" names it or in a file of your own; instead of the options of models, targets and profile').conflicts(['model', 'profile', ...TARGET_OPTIONS]))
    .option('--model <name>', `model to use; may be given several times (default: ${ORGAN_MODEL}, and with any option of targets ${TARGET_MODELS.join(' and ')})`, (name: string, names: string[]) => [...names, name], [])
    .addOption(profileOption())
    .option('--series <uid>', 'Series Instance UID, where the folder holds several CT series')
    .option('--json', 'print JSON', false);
  return addInferenceOptions(addTargetOptions(command)).action(contour);
}

/** How the CT is had, from a folder or an archive; other words are wrong usage. */
function ctReader(folder: string | undefined, { from, headerFromEnv: headers, series }: ContourArguments, command: Command): (reading: CtReading) => Promise<PlanningCt> {
  if (from !== undefined && folder === undefined) return async (reading) => await fetchedCt(from, headers, reading);
  if (folder === undefined || from !== undefined) return command.error('error: expected a folder with the CT, or --from with a series in an archive');
  if (Object.keys(headers).length > 0) return command.error('error: --header-from-env is for --from only');
  return async ({ signal, onProgress }) => {
    onProgress('reading', 0, 1);
    return await readPlanningCt(folder, { signal, ...(series !== undefined && { seriesInstanceUid: series }) });
  };
}

async function contour(folder: string | undefined, given: ContourArguments, command: Command): Promise<void> {
  const { out, json } = given;
  const readCt = ctReader(folder, given, command);
  const signal = cancelOnInterrupt();
  const progress = new Progress(json);
  const clock = new StageClock();
  const protocol = given.protocol === undefined ? undefined : await openProtocol(given.protocol);
  const { targets, profile } = protocol ?? { targets: targetOptions(given), profile: given.profile };
  const names = protocol !== undefined ? modelsOf(protocol) : given.model.length > 0 ? given.model : defaultModels(targets);
  let tiles = 0;
  await refuseExisting(out);
  const workers = new StructureSetWorkers();
  const networks = new LoadedNetworks(given.provider);
  try {
    clock.enter('models');
    const models = await Promise.all([...new Set(names)].map(openModel));
    // Whatever keeps a network from running is said before a patient's data is touched.
    for (const model of models) await networks.of(model);
    const ct = await readCt({
      signal,
      onProgress: (stage, done, total) => {
        clock.enter(stage);
        progress.update(stage, done, total);
      },
    });
    const result = await contourPlanningCt(ct, models, workers, {
      signal,
      profile,
      targets,
      protocol,
      networks,
      inference: inferenceOptions(given, protocol?.inference),
      onProgress: (stage, done, total) => {
        clock.enter(stage);
        progress.update(stage, done, total);
        if (stage === 'network' && done === total) tiles += total;
      },
    });
    clock.enter('saving');
    await writeWhole(out, result.bytes);
    const seconds = clock.stop();
    progress.stop();

    const structures = result.structures.map(({ name, standardName, volumeCc, contourCount, readBackDsc, notes }) => ({ name, standardName, volumeCc, contours: contourCount, readBackDsc, notes }));
    const { notFound, notes: scanNotes, rules } = result;
    if (json) {
      printJson({
        file: out,
        sopInstanceUid: result.structureSet.sopInstanceUid,
        protocol: protocol?.name,
        models: models.map(({ manifest }) => ({ name: manifest.name, version: manifest.version, sha256: networkFiles(manifest).map((file) => file.sha256) })),
        structures,
        notFound,
        rules: rulesJson(rules),
        notes: scanNotes,
        skipped: ct.skipped,
        tiles,
        seconds,
      });
      return;
    }
    console.log(table(['structure', 'volume cm³', 'contours', 'read back DSC'], structures.map((row) => [row.name, row.volumeCc.toFixed(1), String(row.contours), row.readBackDsc.toFixed(5)])));
    for (const note of scanNotes) console.log(`NOTE: ${note}`);
    for (const { name, notes } of structures) for (const note of notes) console.log(`note: ${name}: ${note}`);
    for (const line of rulesText(rules)) console.log(line);
    for (const { name, reason } of notFound) console.log(`NOT FOUND: ${name}: ${reason}`);
    for (const { file, reason } of ct.skipped) console.log(`passed over: ${file}: ${reason}`);
    console.log(`\nWritten and read back: ${path.relative(process.cwd(), out) || out}, in ${Object.values(seconds).reduce((sum, value) => sum + value, 0).toFixed(1)} s`);
    console.log('Research software, not for clinical use: review every contour.');
  } finally {
    progress.stop();
    await networks.close();
    await workers.close();
  }
}
