import { Command } from 'commander';
import { dicomDateTime } from '../../pipeline/index.ts';
import { editStructureSet, uncheckedCopies, writeStructureSetFile, type StructureEdit } from '../../rtstruct/index.ts';
import { printJson, refuseExisting, writeWhole } from '../output.ts';
import { openStructureSet } from '../structureSetFile.ts';
import { structureNamed } from './rename.ts';

interface CopyArguments {
  out: string;
  structure: string[];
  into?: string;
  json: boolean;
}

/** `rondo rtstruct copy`: some structures of a file as a file of their own, or into another structure set. */
export function copyCommand(): Command {
  return new Command('copy')
    .description('Copy structures, with all that the file says of them, to a structure set of their own or into another one on the same CT.')
    .argument('<file>', 'RT Structure Set of any system')
    .requiredOption('--out <file>', 'RT Structure Set to write; an existing file is never overwritten')
    .option('--structure <name>', 'name or number of a structure to copy; may be given several times (default: all)', (name: string, names: string[]) => [...names, name], [])
    .option('--into <file>', 'RT Structure Set that the copies are added to; it is not changed itself')
    .option('--json', 'print JSON', false)
    .action(async (file: string, { out, structure: names, into, json }: CopyArguments) => {
      await refuseExisting(out);
      const source = await openStructureSet(file);
      const target = into === undefined ? undefined : await openStructureSet(into);
      const { structures } = source.set;
      const chosen = names.length === 0 ? structures : names.map((name) => structureNamed(name, structures));
      const edits = target
        ? chosen.map(({ number }): StructureEdit => ({ edit: 'copy', from: source, number }))
        : structures.filter((structure) => !chosen.includes(structure)).map(({ number }): StructureEdit => ({ edit: 'remove', number }));
      const result = editStructureSet(target ?? source, edits, dicomDateTime(new Date()));
      await writeWhole(out, writeStructureSetFile(result));
      const notes = target ? uncheckedCopies(target, source, chosen) : [];
      const held = result.set.structures.map(({ name }) => name);
      if (json) printJson({ file: out, sopInstanceUid: result.set.sopInstanceUid, copied: chosen.map(({ name }) => name), structures: held, notes });
      else console.log([`Copied ${chosen.map(({ name }) => name).join(', ')}. Written with ${held.length} structures: ${out}`, ...notes.map((note) => `note: ${note}`)].join('\n'));
    });
}
