import type { FieldError } from '@fairlead/platform';
import type { Format } from '../sources/formats.js';
import { feedbackEvents } from './entry.js';
import type { Consent, Telling } from './telling.js';
import { tellingOf } from './tools.js';

/** How a tool is to be told, as somebody says it; what is null is left out. */
export interface SaidOutcomes {
  readonly token?: string | null | undefined;
  readonly client?: { readonly refreshToken?: string | null | undefined } | null | undefined;
  readonly into?: string | null | undefined;
  readonly words: Readonly<Record<string, unknown>>;
  readonly consent?: Consent | null | undefined;
}

/** What is wrong with it, field by field, as far as it can be said without a look at the tool. */
export function wrongOutcomes(format: Format, said: SaidOutcomes): FieldError[] {
  const telling = tellingOf(format);
  if (!telling) return [{ field: '/outcomes', detail: 'This tool cannot be told; its source may have feedback.' }];
  const { into, words, consent } = said;
  return [
    ...(telling.grant ? wrongClient(telling.grant, said) : wrongToken(said)),
    ...wrongInto(into, telling.into),
    ...wrongWords(words, telling.words),
    ...(!telling.byClick && consent ? [{ field: '/outcomes/consent', detail: 'This tool is not told of it.' }] : []),
  ];
}

function wrongInto(into: string | null | undefined, like: Telling['into']): FieldError[] {
  const field = '/outcomes/into';
  if (!like) return into == null ? [] : [{ field, detail: 'The words of this tool say it: leave it out.' }];
  return into != null && like.pattern.test(into) ? [] : [{ field, detail: like.detail }];
}

function wrongToken({ client }: SaidOutcomes): FieldError[] {
  const detail = 'This tool is told with a token: give token instead.';
  return client ? [{ field: '/outcomes/client', detail }] : [];
}

function wrongClient({ type }: NonNullable<Telling['grant']>, { token, client }: SaidOutcomes): FieldError[] {
  if (token != null) {
    const detail = 'Tokens of this tool end after an hour: give client, with id and secret, instead.';
    return [{ field: '/outcomes/token', detail }];
  }
  if (!client) return [];
  const field = '/outcomes/client/refreshToken';
  const wanted = type === 'refresh_token';
  if (wanted === (client.refreshToken != null)) return [];
  return [
    { field, detail: wanted ? 'Must be given: this tool gives tokens for nothing else.' : 'This tool gives none.' },
  ];
}

/** A correction is told by the word for what is right. */
const toldInWords = feedbackEvents.filter((type) => type !== 'lead.amended');
/** Every type and every reason has its own at most. */
const MAX_WORDS = 100;
const WORD_FOR = new RegExp(
  `^(?:${toldInWords.map((type) => type.replace('lead.', '')).join('|')})(?:\\.[a-z][a-z0-9-]{0,62})?$`,
);

function wrongWords(words: SaidOutcomes['words'], like: Telling['words']): FieldError[] {
  const given = Object.entries(words);
  if (given.length < 1 || given.length > MAX_WORDS)
    return [{ field: '/outcomes/words', detail: `Must have 1 to ${MAX_WORDS} words.` }];
  if (like && new Set(Object.values(words)).size > like.most)
    return [{ field: '/outcomes/words', detail: `This tool takes ${like.most} different words at most.` }];
  return given.flatMap(([name, word]) => {
    const field = `/outcomes/words/${name.slice(0, 100)}`;
    if (!WORD_FOR.test(name))
      return [{ field, detail: 'Must be what becomes of a lead, such as won or returned.spam.' }];
    const isWord = typeof word === 'string' && /^[^\p{Cc}]{1,100}$/u.test(word);
    if (!isWord) return [{ field, detail: 'Must be 1 to 100 printable characters.' }];
    return like && !like.pattern.test(word) ? [{ field, detail: like.detail }] : [];
  });
}
