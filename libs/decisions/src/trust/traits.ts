/**
 * What a lead was like when it was offered, as far as figures tell leads apart by it: where it came from, and its attributes. Kept as
 * text with the offer, since it never changes and is asked for only when the offer is counted.
 */
export interface Traits {
  readonly source: string;
  /** By name, of those attributes whose value is a kind: `kindOf`. */
  readonly kinds: Readonly<Record<string, string>>;
}

/** The attribute that tells campaigns apart. */
export const CAMPAIGN = 'campaign';

/** Of a lead so many attributes are counted, the first by their names; each is a row in the counts for whatever becomes of it. */
const MOST_ATTRIBUTES = 32;
const MOST_CHARACTERS = 64;

/** In figures, the kind of leads without the attribute, or with a value that is no kind. */
export const NO_KIND = 'none';

/**
 * The kind that an attribute's value makes a lead one of; undefined for what is no kind. Kinds are words of up to 64 characters, whole numbers, yes
 * and no. A number such as 12.73 is a measurement, and a longer text says something: each would be a kind of its own, and nothing to
 * compare by. What is said in writing is the same as what is meant by it: `"12"` and `12` are one kind.
 */
export function kindOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : undefined;
    case 'string': {
      const word = value.trim();
      const isWord = word.length > 0 && word.length <= MOST_CHARACTERS && word.isWellFormed() && !/\p{Cc}/u.test(word);
      return isWord && !/^[+-]?\d*[.,]\d+(?:e[+-]?\d+)?$/i.test(word) ? word : undefined;
    }
    default:
      return undefined;
  }
}

/** The same for the same lead, to the last character: names in the order of their UTF-16 code units. */
export function writeTraits(source: string | null, attributes: unknown): string {
  const all = typeof attributes === 'object' && attributes !== null ? (attributes as Record<string, unknown>) : {};
  const kinds = Object.keys(all)
    .sort()
    .flatMap((name): [string, string][] => {
      const kind = kindOf(all[name]);
      return kind === undefined ? [] : [[name, kind]];
    })
    .slice(0, MOST_ATTRIBUTES);
  return JSON.stringify({ source: source ?? '', kinds: Object.fromEntries(kinds) });
}

/** @param text  as `writeTraits` writes it */
export function readTraits(text: string): Traits {
  return JSON.parse(text) as Traits;
}

/** The same lead, come from elsewhere. */
export function ofSource(text: string, source: string | null): string {
  return JSON.stringify({ ...readTraits(text), source: source ?? '' });
}
