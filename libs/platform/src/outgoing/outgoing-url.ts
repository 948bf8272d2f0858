import { isIP } from 'node:net';
import type { AddressGuard } from './address-guard.js';
import { type Lookup, permittedNow } from './guarded-http.js';

/** A person waits for the answer; a name that takes longer is checked when it is connected to. */
const LOOKUP_MS = 3_000;

/**
 * Why nothing can be sent to this address, in words for whoever entered it; undefined when it can. This spares people
 * a surprise; what protects us is the check at every connection.
 */
export async function refusalOf(text: string, guard: AddressGuard, lookup?: Lookup): Promise<string | undefined> {
  if (!URL.canParse(text)) return 'must be an absolute URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  if (url.hash !== '') return 'must not contain a fragment';

  const permitted = await within(LOOKUP_MS, permittedNow({ guard, ...(lookup && { lookup }) }, url));
  if (permitted === true) return undefined;
  if (url.protocol === 'http:')
    return 'must begin with https://; plain http is for addresses that the operator allowed';
  if (permitted === false || isIP(url.hostname) !== 0) return 'must be a public address';
  return undefined;
}

/** Undefined when it is not known in time, or not at all. */
async function within(milliseconds: number, answer: Promise<boolean>): Promise<boolean | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([answer.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
