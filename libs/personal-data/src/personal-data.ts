import type { Sealed } from '@fairlead/events';
import { decrypt, encrypt, NONCE_BYTES } from './aes-gcm.js';
import { LeadKeyMissing, LeadWasErased, SealBroken } from './errors.js';
import { KeyCache } from './key-cache.js';
import type { FoundKey, LeadKey, LeadKeysStore } from './lead-keys.store.js';
import type { MasterKeys } from './master-keys.js';
import { MissingKeys } from './missing-keys.js';

/** What a piece of personal data belongs to. It opens for exactly this lead, event and field. */
export interface Place {
  readonly leadId: string;
  readonly eventId: string;
  readonly field: string;
}

/**
 * Seals personal data with a key per lead. Whoever deletes that key has deleted the data in every copy, log and backup;
 * everything else about the lead stays as it is, down to the last byte.
 */
export class PersonalData {
  private readonly cache: KeyCache;

  constructor(
    private readonly keys: LeadKeysStore,
    private readonly master: MasterKeys,
    now: () => number = Date.now,
    private readonly missing: MissingKeys = new MissingKeys(now),
  ) {
    this.cache = new KeyCache(now);
  }

  /**
   * Encrypts values that JSON can express, in the order given. Makes keys of leads that have none; these are committed when
   * it returns, whatever becomes of the caller's own transaction.
   * @throws LeadWasErased
   */
  async seal(items: readonly (Place & { readonly value: unknown })[]): Promise<Sealed[]> {
    const keys = await this.keysOf(items, (leadIds) => this.keys.findOrMake(leadIds));
    return items.map((item) => sealWith(usable(keys, item), item, item.value));
  }

  /**
   * Decrypts, in the order given; null for a lead that was erased.
   * @throws SealBroken LeadKeyMissing
   */
  async unseal(items: readonly (Place & { readonly sealed: Sealed })[]): Promise<unknown[]> {
    const keys = await this.keysOf(items, (leadIds) => this.keys.find(leadIds));
    const lost = items.filter(({ leadId }) => !keys.has(leadId));
    for (const { leadId } of lost) this.missing.note(leadId);
    return items.map((item) => {
      const found = keys.get(item.leadId);
      if (!found) throw new LeadKeyMissing(item.leadId);
      return found === 'erased' ? null : unsealWith(found, item, item.sealed);
    });
  }

  /** Makes keys before there is anything to seal, so that sealing need not wait for the disk. Those that are not used are to be erased. */
  async makeKeys(ids: readonly string[]): Promise<void> {
    await this.keysOf(
      ids.map((leadId) => ({ leadId })),
      (leadIds) => this.keys.findOrMake(leadIds),
    );
  }

  /**
   * Encrypts bytes as they are, for what is kept only until it is worked off; in the order given. `leadId` may be of anything that
   * has a key of its own.
   * @throws LeadWasErased
   */
  async sealBytes(items: readonly (Place & { readonly bytes: Buffer })[]): Promise<Buffer[]> {
    const keys = await this.keysOf(items, (leadIds) => this.keys.findOrMake(leadIds));
    return items.map((item) => {
      const found = usable(keys, item);
      const { nonce, ciphertext } = encrypt(found.key, item.bytes, bound(item, found.version));
      return Buffer.concat([nonce, ciphertext]);
    });
  }

  /** @throws SealBroken LeadKeyMissing LeadWasErased */
  async unsealBytes(items: readonly (Place & { readonly sealed: Buffer })[]): Promise<Buffer[]> {
    const keys = await this.keysOf(items, (leadIds) => this.keys.find(leadIds));
    return items.map((item) => {
      const found = usable(keys, item);
      const [nonce, ciphertext] = [item.sealed.subarray(0, NONCE_BYTES), item.sealed.subarray(NONCE_BYTES)];
      const bytes = decrypt(found.key, nonce, ciphertext, bound(item, found.version));
      if (!bytes) throw new SealBroken(item.leadId);
      return bytes;
    });
  }

  /** Finds two leads of one person, or a request that is repeated, without keeping what they hold: equal for equal values, meaningless without the key. */
  keyedHash(kind: 'email' | 'phone' | 'name' | 'message' | 'request', value: string): Buffer {
    return this.master.hash(kind, value);
  }

  /** A 256-bit key for one purpose of a service, such as sealing its partners' secrets; the same in every process, for good. */
  deriveKey(purpose: string): Buffer {
    return this.master.derive(`service/${purpose}`);
  }

  /** Deletes the keys of these leads. May be repeated; also for a lead that never had a key. */
  async erase(leadIds: readonly string[]): Promise<void> {
    if (leadIds.length === 0) return;
    await this.keys.erase(leadIds);
    this.forget(leadIds);
  }

  /** Another process erased these leads: drops what is remembered of their keys at once rather than seconds later. */
  forget(leadIds: readonly string[]): void {
    for (const leadId of leadIds) this.cache.delete(leadId);
  }

  private async keysOf(
    items: readonly Pick<Place, 'leadId'>[],
    lookUp: (leadIds: readonly string[]) => Promise<Map<string, FoundKey>>,
  ): Promise<Map<string, FoundKey>> {
    const keys = new Map<string, FoundKey>();
    const unknown = new Set<string>();
    for (const { leadId } of items) {
      if (keys.has(leadId)) continue;
      const cached = this.cache.get(leadId);
      if (cached) keys.set(leadId, cached);
      else unknown.add(leadId);
    }
    if (unknown.size === 0) return keys;
    for (const [leadId, found] of await lookUp([...unknown])) {
      keys.set(leadId, found);
      if (found !== 'erased') this.cache.set(leadId, found);
    }
    return keys;
  }
}

function usable(keys: ReadonlyMap<string, FoundKey>, { leadId }: Place): LeadKey {
  const found = keys.get(leadId);
  if (!found) throw new LeadKeyMissing(leadId);
  if (found === 'erased') throw new LeadWasErased(leadId);
  return found;
}

function sealWith({ key, version }: LeadKey, place: Place, value: unknown): Sealed {
  const plain = JSON.stringify(value) as string | undefined;
  if (plain === undefined) throw new TypeError(`nothing to seal in ${place.field}`);
  const { nonce, ciphertext } = encrypt(key, Buffer.from(plain, 'utf8'), bound(place, version));
  return { v: 1, key: version, nonce: nonce.toString('base64'), ciphertext: ciphertext.toString('base64') };
}

function unsealWith({ key, version }: LeadKey, place: Place, sealed: Sealed): unknown {
  const [nonce, ciphertext] = [Buffer.from(sealed.nonce, 'base64'), Buffer.from(sealed.ciphertext, 'base64')];
  const plain = sealed.key === version ? decrypt(key, nonce, ciphertext, bound(place, version)) : undefined;
  if (!plain) throw new SealBroken(place.leadId);
  return JSON.parse(plain.toString('utf8')) as unknown;
}

/** The separator can stand in none of the parts, so no two places are bound to the same text. */
function bound({ eventId, leadId, field }: Place, version: number): string {
  if (`${eventId}${leadId}${field}`.includes('|')) throw new RangeError('an id or a field with a | in it');
  return `${eventId}|${leadId}|${field}|${version}`;
}
