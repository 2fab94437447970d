import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { verifyModel, type ModelCheck } from '../../contouring/index.ts';
import { modelFolder, modelNames } from '../../pipeline/index.ts';
import { printJson } from '../output.ts';

/** `rondo models verify`: whether models are whole and compute here what they computed where they were trained. */
export function verifyModelsCommand(): Command {
  return new Command('verify')
    .description('Verify models: manifest, size and SHA-256 of the files, card, the network against the manifest, and its logits against parity vectors. Ends with 1 when a check fails.')
    .argument('[models...]', 'names of models, or model folders (default: all models)')
    .option('--json', 'print JSON', false)
    .action(async (wanted: string[], { json }: { json: boolean }) => {
      const models = [];
      for (const model of wanted.length > 0 ? wanted : await modelNames()) {
        const { manifest, checks } = await verifyModel(await folderOf(model));
        models.push({ model, version: manifest?.version, ok: checks.every(({ result }) => result === 'ok'), checks });
      }
      if (models.some(({ ok }) => !ok)) process.exitCode = 1;
      if (json) {
        printJson({ models: models.map(({ checks, ...model }) => ({ ...model, checks: checks.map(({ check, result, problem }) => ({ check, result, code: problem?.code, message: problem?.message })) })) });
        return;
      }
      for (const { model, version, checks } of models) console.log([`${model}${version === undefined ? '' : ` ${version}`}`, ...checks.map(inWords)].join('\n  '));
    });
}

/** A known model's folder, or a folder as given. @throws RondoError `model-unknown`, `model-twice` */
async function folderOf(model: string): Promise<string> {
  if ((await modelNames()).includes(model)) return await modelFolder(model);
  const isFolder = await stat(model).then((found) => found.isDirectory(), () => false);
  return isFolder ? model : await modelFolder(model);
}

function inWords({ check, result, problem }: ModelCheck): string {
  return `${check.padEnd(9)} ${problem === undefined ? result : `FAILED (${problem.code}): ${problem.message}`}`;
}
