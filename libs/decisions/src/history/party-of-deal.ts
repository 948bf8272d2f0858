import { foldName } from '../normalise/text.js';
import { DIRECT, isPartnerId } from '../route/party.js';

/** The one party that all partners are where a history does not tell them apart. */
export const CHANNEL = 'channel';

/** Letters that are not composed of others, as they are written where there are only 26. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
};

export type DealParty =
  { readonly party: string } | { readonly wrong: 'channel' | 'owner'; readonly rule: string; readonly detail: string };

/**
 * Whose deal it was. `direct`: direct’s, whoever there owned it: the name of a person at work is no figure, and is not kept.
 * `channel`: the partner’s that `owner` names, by its id or by its name made one (`Müller & Söhne` is `muller-sohne`); without an
 * owner `channel`, which then stands for all partners. Anything else is a partner’s id.
 * @param channel  not empty
 * @param owner  empty, where nothing was said
 */
export function partyOfDeal(channel: string, owner: string): DealParty {
  const word = channel.toLowerCase();
  if (word === DIRECT) return { party: DIRECT };
  if (word === CHANNEL) return owner === '' ? { party: CHANNEL } : partnerNamed(owner);
  if (isPartnerId(channel)) return { party: channel };
  const detail =
    'Neither direct, nor channel, nor a partner’s id: a mapping’s values.channel says which of them each word means.';
  return { wrong: 'channel', rule: 'channel', detail };
}

function partnerNamed(owner: string): DealParty {
  if (owner.includes('@')) {
    const detail = 'Must be the partner’s id or name, and not somebody’s address.';
    return { wrong: 'owner', rule: 'personal-data', detail };
  }
  const party = isPartnerId(owner) ? owner : idOf(owner);
  if (isPartnerId(party)) return { party };
  const detail = 'No partner’s id can be made of this: a mapping’s values.owner gives each name its id.';
  return { wrong: 'owner', rule: 'owner', detail };
}

function idOf(name: string): string {
  const spelled = foldName(name).replace(
    /[^a-z0-9]/g,
    (letter) => SPELLED[letter] ?? (/[\s\p{M}]/u.test(letter) ? '-' : letter),
  );
  // Letters that nobody here can spell make no id: two names could become one.
  return /^[a-z0-9-]+$/.test(spelled) ? spelled.slice(0, 63).replace(/-+$/, '') : '';
}
