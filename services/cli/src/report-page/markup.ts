/** Text that is HTML already: made by `markup` alone, so that what comes from elsewhere is never taken for it. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What can stand in a page. What is absent or false is left out, lists are put one after the other. */
export type Content = Markup | string | number | false | null | undefined | readonly Content[];

/**
 * HTML with values in it. Every character of a value that means something there is written otherwise, in text and in quoted attributes.
 * (Not called `html`: the formatter would lay that out, and white space is part of what is hashed.)
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, index) => part + written(values[index])).join(''));
}

function written(content: Content): string {
  if (content === undefined || content === null || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(written).join('');
  return String(content).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
