import { Command } from 'commander';
import { listSupportedBackends, networkFiles, type ModelManifest } from '../contouring/index.ts';
import { openModel, modelNames, packageVersion } from '../pipeline/index.ts';
import { printJson, table } from './output.ts';

/** `rondo info`: versions, execution providers, models with checksums and accuracy. */
export function infoCommand(): Command {
  return new Command('info')
    .description('Show versions, execution providers, and models with their checksums and measured accuracy.')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const models = await Promise.all((await modelNames()).map(async (name) => (await openModel(name)).manifest));
      const info = {
        rondo: await packageVersion(),
        node: process.versions.node,
        platform: `${process.platform} ${process.arch}`,
        executionProviders: listSupportedBackends().filter(({ bundled }) => bundled).map(({ name }) => name),
        models: models.map(({ name, version, task, trainingData, files, accuracy }) => ({ name, version, task, trainingData, sha256: networkFiles({ files }).map((file) => file.sha256), accuracy })),
      };
      if (json) {
        printJson(info);
        return;
      }
      console.log(`rondo ${info.rondo} on Node ${info.node}, ${info.platform}`);
      console.log(`execution providers: ${info.executionProviders.join(', ')}`);
      for (const model of models) console.log(`\n${describe(model)}`);
      console.log('\nResearch software, not for clinical use.');
    });
}

function describe({ name, version, task, architecture, trainingData, files, accuracy }: ModelManifest): string {
  const count = (part: number | undefined, of: number | undefined): string => (part === undefined || of === undefined ? '–' : `${part}/${of}`);
  const rows = accuracy.structures.map((row) => [row.name, row.dscMean.toFixed(3), row.dscP5.toFixed(3), row.hd95MmMean?.toFixed(1) ?? '–', row.msdMmMean?.toFixed(2) ?? '–', count(row.missed, row.scored), count(row.invented, row.absent)]);
  return [
    `${name} ${version}: ${task}`,
    `  ${architecture.name}, ${architecture.parameters} parameters, SHA-256 ${networkFiles({ files }).map((file) => file.sha256).join(', ')} (verified)`,
    `  trained on ${trainingData.cases} ${trainingData.kind} cases: ${trainingData.description}`,
    `  measured on ${accuracy.testSet}: ${accuracy.method}`,
    table(['structure', 'mean DSC', '5th percentile', 'mean HD95 mm', 'mean MSD mm', 'missed', 'invented'], rows).replaceAll(/^/gm, '  '),
  ].join('\n');
}
