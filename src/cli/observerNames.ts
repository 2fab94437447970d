import path from 'node:path';
import type { CtAttributes } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';

/** Parts of a patient's name that are shorter stand in too many other words. */
const LEAST_LETTERS = 3;

/**
 * What observers are called: as given, or by their files without extension. The files' own Operators' Name is not looked at: a report goes from hand to hand.
 * @param given one for each file and in their order, or none
 * @throws RondoError `observers-names` where they do not fit the files, are empty or not distinct, or hold the CT's Patient ID or a part of Patient's Name
 */
export function observerNames(files: readonly string[], given: readonly string[], { PatientID, PatientName }: Pick<CtAttributes, 'PatientID' | 'PatientName'>): string[] {
  const refuse = (why: string): never => { throw new RondoError('observers-names', `Comparison refused: ${why}`); };
  if (given.length > 0 && given.length !== files.length) refuse(`${given.length} names for ${files.length} structure sets. Expected --name once for each set, in their order, or not at all.`);
  const names = given.length > 0 ? given.map((name) => name.trim()) : files.map((file) => path.basename(file).replace(/\.dcm$/i, ''));
  if (names.includes('')) refuse('a name of an observer is empty. Give each a name, such as --name A.');
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  if (twice >= 0) refuse(`set ${names.indexOf(names[twice]) + 1} and set ${twice + 1} would have the same name. Give each observer a name of his own with --name, once for each set.`);
  const parts = [PatientID, ...PatientName.split(/[\s^=]+/)].map((part) => part.trim().toLowerCase()).filter(({ length }) => length >= LEAST_LETTERS);
  const index = names.findIndex((name) => parts.some((part) => name.toLowerCase().includes(part)));
  // The name itself must not stand in a message.
  if (index >= 0) refuse(`the name of observer ${index + 1} holds the Patient ID of the CT or a part of its Patient's Name. Give other names with --name, once for each set.`);
  return names;
}
