import { Command } from 'commander';
import { networkFiles, readManifest } from '../../contouring/index.ts';
import { modelFolder, modelNames } from '../../pipeline/index.ts';
import { printJson, table } from '../output.ts';

/** `rondo models list`: what there is, by the manifests. */
export function listModelsCommand(): Command {
  return new Command('list')
    .description('List the models, bundled and your own, by their manifests: version, guideline, size, structures. Accuracy: "rondo info".')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const manifests = await Promise.all((await modelNames()).map(async (name) => await readManifest(await modelFolder(name))));
      const models = manifests.map(({ name, version, task, guideline, licence, files, output }) => ({
        name, version, task, guideline, licence, bytes: networkFiles({ files }).reduce((sum, file) => sum + file.bytes, 0), sha256: networkFiles({ files }).map((file) => file.sha256), structures: output.structures.map((structure) => structure.name),
      }));
      if (json) {
        printJson({ models });
        return;
      }
      console.log(table(['model', 'version', 'MB', 'structures', 'guideline'], models.map((model) => [model.name, model.version, (model.bytes / 1e6).toFixed(1), String(model.structures.length), model.guideline])));
      for (const { name, task, structures } of models) console.log(`\n${name}: ${task}\n  ${structures.join(', ')}`);
    });
}
