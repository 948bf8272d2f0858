import { createHmac, timingSafeEqual } from 'node:crypto';

/** The one question that a link answers: does this party take this offer? */
export interface OfferLink {
  readonly leadId: string;
  readonly offer: number;
  /** Milliseconds since the epoch. */
  readonly acceptBy: number;
}

const UUID_BYTES = 16;
const OFFER_BYTES = 4;
/** Milliseconds until the year 10889. */
const TIME_BYTES = 6;
const SAID_BYTES = UUID_BYTES + OFFER_BYTES + TIME_BYTES;
/** Each: nobody guesses 128 bits over a network. */
const TAG_BYTES = 16;
/** 58 bytes: 78 letters, which no mail program breaks, and less than what a part of an address may have. */
const TOKEN = /^[A-Za-z0-9_-]{78}$/;

/**
 * Signs links by which whoever reads a message answers an offer without a key. A token says which lead, which offer and until when,
 * and holds nothing of a person. To whom the offer was made is signed and not said: an address stands in logs of others.
 *
 * It has two tags. The first is over what the token says, and is checked before anything is looked up; the second is over the party,
 * too, and is checked against whom the offer was made to, as it is known then.
 */
export class OfferLinks {
  readonly #key: Buffer;

  /** @param key 256 bits that are derived from the master key for this purpose alone */
  constructor(key: Buffer) {
    this.#key = key;
  }

  sign(link: OfferLink, party: string): string {
    const said = Buffer.alloc(SAID_BYTES);
    said.write(link.leadId.replaceAll('-', ''), 0, UUID_BYTES, 'hex');
    said.writeUInt32BE(link.offer, UUID_BYTES);
    said.writeUIntBE(link.acceptBy, UUID_BYTES + OFFER_BYTES, TIME_BYTES);
    return Buffer.concat([said, this.#tag(said, ''), this.#tag(said, party)]).toString('base64url');
  }

  /** What a token of ours says; undefined for any other. Whose it is remains to be asked: `isFor`. */
  read(token: string): OfferLink | undefined {
    const said = saidBy(token);
    if (!said || !timingSafeEqual(this.#tag(said, ''), tagsOf(token).subarray(0, TAG_BYTES))) return undefined;
    const hex = said.toString('hex', 0, UUID_BYTES);
    return {
      leadId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
      offer: said.readUInt32BE(UUID_BYTES),
      acceptBy: said.readUIntBE(UUID_BYTES + OFFER_BYTES, TIME_BYTES),
    };
  }

  /** Whether it was made for this party. */
  isFor(token: string, party: string): boolean {
    const said = saidBy(token);
    return said !== undefined && timingSafeEqual(this.#tag(said, party), tagsOf(token).subarray(TAG_BYTES));
  }

  /** No id of a party is empty, so that neither tag is ever the other. */
  #tag(said: Buffer, party: string): Buffer {
    return createHmac('sha256', this.#key).update(said).update(party).digest().subarray(0, TAG_BYTES);
  }
}

function saidBy(token: string): Buffer | undefined {
  if (!TOKEN.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // The last letter has room for bits that mean nothing: there is one way to write a token.
  return bytes.toString('base64url') === token ? bytes.subarray(0, SAID_BYTES) : undefined;
}

function tagsOf(token: string): Buffer {
  return Buffer.from(token, 'base64url').subarray(SAID_BYTES);
}
