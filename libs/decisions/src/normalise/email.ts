import isemail from 'isemail';
import { asciiDomain, registrableDomain } from './domain-name.js';
import { isDisposableDomain, isFreeDomain, roleNames } from './mail-domains.js';
import { hasHiddenCharacters, trimBlanks } from './text.js';

export type EmailKind = 'company' | 'free' | 'disposable' | 'role';

export interface Email {
  /** The local part as it was written, since only its owner's server may interpret it; the domain in lower-case ASCII. */
  readonly address: string;
  readonly domain: string;
  /** What somebody registered: `example.com` of `mail.example.com`. */
  readonly registrable: string | undefined;
  readonly kind: EmailKind;
}

const ORDINARY_LOCAL = /^[\w+-]+(?:\.[\w+-]+)*$/;
const LETTER_FIRST_TLD = /\.[a-z][a-z0-9-]*$/;
const LONGEST = 254; // RFC 5321, 4.5.3.1.3: a path of 256 octets has two angle brackets

/**
 * Reads one address. The rule: blanks around it are cut; the domain becomes lower-case ASCII (IDNA); what is left must
 * be an address that RFC 5321 allows without any of its oddities. Quoted local parts, comments, address literals,
 * domains of one label and display names are refused: in a form field they are a mistake, and nobody would get the mail.
 * @returns undefined when it is not such an address
 */
export function readEmail(text: string): Email | undefined {
  const written = trimBlanks(text);
  const at = written.lastIndexOf('@');
  if (at < 1 || hasHiddenCharacters(written)) return undefined;

  const local = written.slice(0, at);
  const domain = asciiDomain(written.slice(at + 1));
  if (domain === undefined) return undefined;
  const address = `${local.normalize('NFC')}@${domain}`;
  if (address.length > LONGEST || !isMailbox(local, address)) return undefined;

  const registrable = registrableDomain(domain);
  return { address, domain, registrable, kind: kindOf(local, domain, registrable ?? domain) };
}

/** Nearly every address is of this form, and it takes isemail far longer to say so; a test holds the two together. */
function isMailbox(local: string, address: string): boolean {
  if (ORDINARY_LOCAL.test(local) && local.length <= 64 && LETTER_FIRST_TLD.test(address)) return true;
  return isemail.validate(address, { errorLevel: true }) === 0;
}

/** Whose address it is. A disposable one is that before anything else; a role is told only at a company. */
function kindOf(local: string, domain: string, registrable: string): EmailKind {
  if (isDisposableDomain(domain, registrable)) return 'disposable';
  if (isFreeDomain(domain, registrable)) return 'free';
  return roleNames.has(local.toLowerCase().replace(/\+.*$/s, '')) ? 'role' : 'company';
}
