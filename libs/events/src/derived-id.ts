import { hash } from 'node:crypto';

/**
 * The id of what follows from a cause: the same cause says the same thing under the same id, however often it is
 * processed, so whoever has seen it drops it. UUID version 8 (RFC 9562) from SHA-256.
 * @param discriminator  tells apart several events of one type with one cause
 */
export function derivedId(cause: string, type: string, discriminator?: string): string {
  const parts = discriminator === undefined ? [cause, type] : [cause, type, discriminator];
  // Each part with its length before it: otherwise "ab" + "c" and "a" + "bc" would be the same event.
  const text = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
  const hex = hash('sha256', text, 'hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
