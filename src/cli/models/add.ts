import path from 'node:path';
import { Command } from 'commander';
import { addModel } from '../../contouring/index.ts';
import { modelNames, ownModelsFolder } from '../../pipeline/index.ts';
import { printJson } from '../output.ts';

/** `rondo models add`: a network of one's own, by its manifest. */
export function addModelCommand(): Command {
  return new Command('add')
    .description('Add a model of your own: ONNX files and the manifest that describes them, checked and kept in "models" of RONDO_HOME (default: .rondo in your home).')
    .argument('<networks...>', 'the .onnx file; several are an ensemble, whose logits are averaged')
    .requiredOption('--manifest <file>', 'model.yaml: what the network expects and returns')
    .option('--json', 'print JSON', false)
    .action(async (networks: string[], { manifest: file, json }: { manifest: string; json: boolean }) => {
      const { name, version, output } = await addModel(networks, file, ownModelsFolder(), await modelNames());
      const structures = output.structures.map((structure) => structure.name);
      const folder = path.join(ownModelsFolder(), name);
      if (json) {
        printJson({ name, version, folder, structures });
        return;
      }
      console.log(`${name} ${version} is added, in ${folder}. It contours ${structures.join(', ')}.`);
      console.log(`Use it: rondo contour <ct-folder> --model ${name} --out rs.dcm`);
      console.log('Its accuracy was not measured here. Not for clinical use.');
    });
}
