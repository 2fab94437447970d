import { elementOfKeyword, items, text, texts, VALUE_REPRESENTATIONS, type Dataset } from '../dicom/index.ts';
import type { Rule } from './rule.ts';

/** What an attribute is in the slices of a series: its values, [] where none has it; or not the same in all. */
export type SeriesTag = { kind: 'same'; values: readonly string[] } | { kind: 'mixed' };

/** By keyword, those that rules ask for. */
export type SeriesTags = ReadonlyMap<string, SeriesTag>;

/**
 * What rules can see of a series.
 * @param headers data sets of its slices, without pixels
 */
export function seriesTags(rules: readonly Rule[], headers: Iterable<Dataset>): SeriesTags {
  const keywords = new Set(rules.flatMap(({ when }) => Object.keys(when)).filter((keyword) => elementOfKeyword(keyword, 0) !== undefined));
  const tags = new Map<string, SeriesTag>();
  for (const header of headers) {
    for (const keyword of keywords) {
      const values = valuesOf(header, keyword);
      const before = tags.get(keyword);
      if (before === undefined) tags.set(keyword, { kind: 'same', values });
      else if (before.kind === 'same' && !isSame(before.values, values)) tags.set(keyword, { kind: 'mixed' });
    }
  }
  return tags;
}

/** Values of an attribute of the series; where it has none, those that the order it was made for has (Request Attributes Sequence, PS3.3 table 10-9). */
function valuesOf(header: Dataset, keyword: string): string[] {
  const own = read(header, keyword);
  return own.length > 0 ? own : items(header, 'RequestAttributesSequence').flatMap((item) => read(item, keyword));
}

function read(dataset: Dataset, keyword: string): string[] {
  const isSingle = VALUE_REPRESENTATIONS[elementOfKeyword(keyword, 0)?.vr ?? '']?.singleValue === true;
  return (isSingle ? [text(dataset, keyword)] : texts(dataset, keyword)).filter((value) => value !== '');
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
