import { folded } from '../document/shapes.js';
import type { Contact } from '../normalise/normalise-lead.js';

// Who may be the same, although nothing about them is exactly equal. It is proposed to a person and never done by itself: a lead
// that is lost in somebody else's is worse than one person offered twice.

/** Why two leads may be one person. */
export type NearReason = 'address' | 'phone-and-name' | 'id-domain-and-name';

/** Providers that take `jane+shop@` for `jane@`, as they say of themselves. */
const withTags: ReadonlySet<string> = new Set(
  (
    'gmail.com googlemail.com outlook.com hotmail.com live.com msn.com icloud.com me.com mac.com protonmail.com proton.me pm.me ' +
    'fastmail.com fastmail.fm yandex.ru yandex.com zoho.com'
  ).split(' '),
);
/** Providers that take `jane.doe@` for `janedoe@`. */
const withoutDots: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

/** Where most people have their addresses: a domain that differs by one slip is a slip, unless it is one of these itself. */
const wellKnown: readonly string[] = (
  'gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com aol.com mail.com ' +
  'email.com protonmail.com proton.me gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de posteo.de mailbox.org ' +
  'yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.co.uk hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.co.uk outlook.de outlook.fr ' +
  'orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it tiscali.it virgilio.it bluewin.ch telenet.be ziggo.nl kpnmail.nl ' +
  'btinternet.com sky.com comcast.net verizon.net att.net sbcglobal.net mail.ru yandex.ru inbox.ru list.ru qq.com 163.com 126.com'
).split(' ');
const isWellKnown: ReadonlySet<string> = new Set(wellKnown);
/** Of shorter names a slip makes another name as often as not. */
const SHORTEST = 6;

/**
 * The address that this one is probably meant to be, in lower case: without what its provider ignores, and without a slip in the
 * name of a well-known provider.
 * @returns undefined when that is the address itself
 */
export function probableAddress(email: string): string | undefined {
  const written = email.toLowerCase();
  const at = written.lastIndexOf('@');
  const [local, domain] = [written.slice(0, at), written.slice(at + 1)];
  const meant = isWellKnown.has(domain) ? domain : (wellKnown.find((known) => isSlip(domain, known)) ?? domain);
  const untagged = withTags.has(meant) ? local.replace(/(?<=.)\+.*$/su, '') : local;
  const plain = withoutDots.has(meant) ? untagged.replaceAll('.', '') : untagged;
  const address = `${plain}@${meant === 'googlemail.com' ? 'gmail.com' : meant}`;
  return address === written || plain === '' ? undefined : address;
}

/** A name as it is compared: case, accents and order make no difference; undefined where there is no full name. */
export function comparableName({ firstName, lastName }: Pick<Contact, 'firstName' | 'lastName'>): string | undefined {
  if (firstName === undefined || lastName === undefined) return undefined;
  const words = folded(`${firstName} ${lastName}`)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .match(/[\p{L}\p{N}]+/gu);
  return words?.toSorted().join(' ');
}

/** One letter too many, too few or wrong, or two that changed places. */
export function isSlip(written: string, meant: string): boolean {
  if (written === meant || Math.abs(written.length - meant.length) > 1 || meant.length < SHORTEST) return false;
  let start = 0;
  while (start < Math.min(written.length, meant.length) && written[start] === meant[start]) start += 1;
  const [one, other] = [written.slice(start), meant.slice(start)];
  if (one.slice(1) === other || one === other.slice(1) || one.slice(1) === other.slice(1)) return true;
  return one[0] === other[1] && one[1] === other[0] && one.slice(2) === other.slice(2);
}
