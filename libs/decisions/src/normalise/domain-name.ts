// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- ambient declarations cannot be imported; projects that check this file from source need them too
/// <reference path="./untyped-lists.d.ts" />
import { getDomain, getPublicSuffix } from 'tldts';
import tr46 from 'tr46';

const LABELS = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

/** @returns the domain in lower-case ASCII, or undefined when it is none, or has no dot */
export function asciiDomain(written: string): string | undefined {
  if (written.length > 255) return undefined;
  const lower = written.toLowerCase();
  const ascii =
    LABELS.test(lower) && !lower.includes('xn--')
      ? lower
      : tr46.toASCII(lower, { checkBidi: true, checkJoiners: true, useSTD3ASCIIRules: true, verifyDNSLength: true });
  if (ascii === null || ascii.length > 253 || !LABELS.test(ascii)) return undefined;
  return ascii.split('.').every((label) => label.length <= 63) ? ascii : undefined;
}

/** What somebody registered under a public suffix: `example.co.uk` of `shop.example.co.uk`; undefined for a suffix alone. */
export function registrableDomain(domain: string): string | undefined {
  return getDomain(domain) ?? undefined;
}

/** Whether anybody can have a name below it, as at github.io: the private part of the public suffix list. */
export function isSharedDomain(registrable: string): boolean {
  return getPublicSuffix(registrable, { allowPrivateDomains: true }) === registrable;
}

/**
 * Reads a domain as people write it: bare, with `www.`, or as a web address.
 * @returns the registrable domain, or undefined when there is none
 */
export function readDomain(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^[^/?#@]*@/, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, '');
  const ascii = asciiDomain(bare);
  return ascii === undefined ? undefined : registrableDomain(ascii);
}
