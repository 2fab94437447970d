/** Text that is markup already: what `html` made, or what `markup` vouches for. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template. Nothing is written for undefined and false. */
export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/** Markup whose values are escaped, in text as in attributes between double quotes, unless they are markup themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.map((part, index) => (index === 0 ? part : written(values[index - 1]) + part)).join(''));
}

/** Takes a text for markup: for what a program made, such as a plot, never for what a file holds. */
export function markup(text: string): Html {
  return new Html(text);
}

function written(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(written).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
