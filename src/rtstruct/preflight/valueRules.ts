import { elementOfKeyword, RT_STRUCTURE_SET_STORAGE, VALUE_REPRESENTATIONS, type Dataset, type ValueRepresentation } from '../../dicom/index.ts';
import type { TpsProfile } from '../tpsProfiles.ts';
import { itemsOf, paddedTextOf, textOf, valuesOf, type Contents } from './contents.ts';
import type { Finding, Rule } from './violation.ts';

/** Looked at by rules of their own. */
const OWN_RULES = new Set(['SpecificCharacterSet', 'ContourData', 'StructureSetLabel', 'ROIName']);

function sopClass({ dataset }: Contents): Finding[] {
  const uid = textOf(dataset, 'SOPClassUID');
  if (uid === '' || uid === RT_STRUCTURE_SET_STORAGE) return [];
  return [{ severity: 'error', keyword: 'SOPClassUID', path: '', message: `The object is no RT Structure Set. Expected SOP class ${RT_STRUCTURE_SET_STORAGE}; choose another file.` }];
}

function modality({ dataset }: Contents): Finding[] {
  const value = textOf(dataset, 'Modality');
  if (value === '' || value === 'RTSTRUCT') return [];
  return [{ severity: 'error', keyword: 'Modality', path: '', message: 'Modality is not RTSTRUCT, so archives and planning systems take the series for something else. Set it to RTSTRUCT.' }];
}

function transferSyntax({ transferSyntaxUid }: Contents, { transferSyntaxes: { value, source } }: TpsProfile): Finding[] {
  if (value.includes(transferSyntaxUid)) return [];
  return [{ severity: 'error', keyword: 'TransferSyntaxUID', path: '', source, message: `The file is written in transfer syntax ${transferSyntaxUid}. Expected ${value.join(' or ')}; write it anew.` }];
}

function characterSet({ dataset }: Contents, { characterSets }: TpsProfile): Finding[] {
  const keyword = 'SpecificCharacterSet';
  const declared = valuesOf(dataset, keyword).map((value) => value.trim()).filter((value) => value !== '');
  const unknown = declared.filter((value) => !characterSets.value.test(value));
  if (unknown.length > 0) {
    return [{ severity: 'error', keyword, path: '', source: characterSets.source, message: `${keyword} names ${unknown.join(', ')}, which is no defined term. Names would be garbled; write the text as UTF-8 under ISO_IR 192.` }];
  }
  if (declared.length > 0) return [];
  const findings: Finding[] = [];
  visitElements(dataset, '', ({ item, keyword: named, vr }, _, path) => {
    if (vr !== 'DS' && /[\u0080-\uffff]/.test(paddedTextOf(item, named))) {
      findings.push({ severity: 'error', keyword: named, path, message: `Text outside ASCII stands in ${named}, and no character set is declared. Accents would be lost; declare ISO_IR 192 and write it as UTF-8.` });
    }
  });
  return findings;
}

function valueForm({ dataset }: Contents): Finding[] {
  const findings: Finding[] = [];
  visitElements(dataset, '', ({ item, keyword, vr }, { maxCharacters = Infinity, pattern, singleValue }, path) => {
    if (OWN_RULES.has(keyword)) return;
    const values = singleValue ? [paddedTextOf(item, keyword)] : valuesOf(item, keyword);
    const refuse = (problem: string, expected: string): void => {
      findings.push({ severity: 'error', keyword, path, message: `${keyword} (${vr}) holds ${problem}. Expected ${expected}; correct it at its source.` });
    };
    const parts = vr === 'PN' ? values.flatMap((value) => value.split('=')) : values;
    if (parts.some((value) => characters(value) > maxCharacters)) refuse('a value that is too long', `${maxCharacters} characters at most`);
    else if (pattern && values.some((value) => value.trim() !== '' && !pattern.test(value.trim()))) refuse('a value that breaks the form of its VR', vr === 'UI' ? 'numbers parted by dots, none with a leading zero' : `a value as PS3.5 describes ${vr}`);
    else if (vr === 'IS' && values.some((value) => Math.abs(Number(value) + 0.5) > 2 ** 31)) refuse('a number out of range', '-2147483648 to 2147483647');
  });
  return findings;
}

/** Calls `visit` with every text element that the dictionary lists, in the data set and its sequences. */
function visitElements(dataset: Dataset, path: string, visit: (element: { item: Dataset; keyword: string; vr: string }, representation: ValueRepresentation, path: string) => void): void {
  for (const keyword of Object.keys(dataset)) {
    const vr = elementOfKeyword(keyword, 0)?.vr;
    const representation = vr === undefined ? undefined : VALUE_REPRESENTATIONS[vr];
    if (vr === undefined || !representation) continue;
    if (representation.kind === 'sequence') {
      itemsOf(dataset, keyword).forEach((item, index) => {
        visitElements(item, `${path === '' ? '' : `${path}.`}${keyword}[${index + 1}]`, visit);
      });
    } else if (representation.kind === 'text' || representation.kind === 'encodedText') {
      visit({ item: dataset, keyword, vr }, representation, path);
    }
  }
}

/** Characters as DICOM counts them: code points, not UTF-16 units. */
function characters(value: string): number {
  return Array.from(value).length;
}

/** What kind of object the file holds; where this speaks, the other rules have nothing to say. */
export const SOP_CLASS_RULE: Rule = { id: 'sop-class', source: 'PS3.4 B.5', check: sopClass };

/** How the file and its values are encoded. */
export const VALUE_RULES: readonly Rule[] = [
  { id: 'modality', source: 'PS3.3 C.8.8.1', check: modality },
  { id: 'transfer-syntax', source: 'PS3.5 10.1', check: transferSyntax },
  { id: 'character-set', source: 'PS3.3 C.12.1, type 1C', check: characterSet },
  { id: 'value-form', source: 'PS3.5 6.2', check: valueForm },
];
