import { Injectable } from '@nestjs/common';
import { type IdentityKind, identityOf, type KnownLead } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';

export interface Identity {
  readonly kind: IdentityKind;
  readonly key: Buffer;
  readonly leadId: string;
}

/** One text for an identity, however it was read. */
export function nameOf({ kind, key }: Pick<Identity, 'kind' | 'key'>): string {
  return identityOf(kind, key.toString('base64'));
}

/** Whatever an identity is, its key is a hash of 256 bits. */
const KEY_BYTES = 32;
/** Owners that were erased between two statements of ours; more often in a row, and it is not a coincidence. */
const MAX_CLAIMS = 5;

@Injectable()
export class IdentitiesStore {
  /**
   * Claims identities for the leads that are to have them. Where another transaction is about to claim the same one,
   * this waits for its end.
   * @returns those that belonged to a lead already, by `nameOf`
   */
  async claim(unit: UnitOfWork, identities: readonly Identity[]): Promise<Map<string, KnownLead>> {
    const known = new Map<string, KnownLead>();
    let open = identities;
    for (let claims = 0; open.length > 0; claims += 1) {
      if (claims === MAX_CLAIMS) throw new Error('identities come and go while they are claimed');
      const others = await this.#claim(unit, open);
      // A statement of its own: it sees what was committed while the one before waited.
      const owners = await this.find(unit, others);
      for (const [name, lead] of owners) known.set(name, lead);
      // Whose lead was erased in between belong to nobody any more.
      open = others.filter((identity) => !owners.has(nameOf(identity)));
    }
    return known;
  }

  /** @returns those that are somebody's already */
  async #claim({ query }: UnitOfWork, identities: readonly Identity[]): Promise<readonly Identity[]> {
    // Which of them were new is asked for only when some were not, and comes as two values: a row for each took longer to read than
    // all the rest of this statement.
    const [claimed] = await query<{ count: number; kinds: string | null; keys: Buffer | null }>(
      `WITH ours AS (
         INSERT INTO identities (kind, key, lead_id)
         SELECT kind, key, lead_id FROM unnest($1::text[], $2::bytea[], $3::uuid[]) AS claimed (kind, key, lead_id)
         ORDER BY kind, key
         ON CONFLICT (kind, key) DO NOTHING RETURNING kind, key
       )
       SELECT count(*)::int, CASE WHEN count(*) < $4::int THEN string_agg(kind, ' ') END AS kinds,
         CASE WHEN count(*) < $4::int THEN string_agg(key, '') END AS keys
       FROM ours`,
      [...columns(identities), identities.length],
    );
    if (claimed?.count === identities.length) return [];
    const [kinds, keys] = [claimed?.kinds?.split(' ') ?? [], claimed?.keys ?? Buffer.alloc(0)];
    const ours = new Set(
      kinds.map((kind, place) => {
        const key = keys.subarray(place * KEY_BYTES, (place + 1) * KEY_BYTES);
        return nameOf({ kind: kind as IdentityKind, key });
      }),
    );
    return identities.filter((identity) => !ours.has(nameOf(identity)));
  }

  /** @returns whose these are, by `nameOf`; those that are nobody's are missing */
  async find(
    { query }: Pick<UnitOfWork, 'query'>,
    identities: readonly Pick<Identity, 'kind' | 'key'>[],
  ): Promise<Map<string, KnownLead>> {
    if (identities.length === 0) return new Map();
    const known = await query<{ kind: IdentityKind; key: Buffer; lead_id: string; has_email: boolean }>(
      `SELECT kind, key, lead_id, has_email
       FROM unnest($1::text[], $2::bytea[]) AS wanted (kind, key)
       JOIN identities USING (kind, key) JOIN leads ON leads.id = lead_id`,
      [identities.map(({ kind }) => kind), identities.map(({ key }) => key)],
    );
    return new Map(known.map((row) => [nameOf(row), { leadId: row.lead_id, hasEmail: row.has_email }]));
  }

  /** Notes, of identities that are another lead's, that these leads hold the address as well: erasure has to find them. */
  async noteFurther({ query }: UnitOfWork, identities: readonly Identity[]): Promise<void> {
    if (identities.length === 0) return;
    await query(
      `INSERT INTO further_identities (kind, key, lead_id)
       SELECT kind, key, held.lead_id FROM unnest($1::text[], $2::bytea[], $3::uuid[]) AS held (kind, key, lead_id)
       JOIN identities USING (kind, key) WHERE identities.lead_id <> held.lead_id
       ON CONFLICT DO NOTHING`,
      columns(identities),
    );
  }

  /** Gives, at the end of the unit, identities that it claimed to the leads that they turned out to belong to. */
  reassign(unit: UnitOfWork, identities: readonly Identity[]): void {
    if (identities.length === 0) return;
    unit.write(
      `UPDATE identities SET lead_id = moved.lead_id
       FROM unnest($1::text[], $2::bytea[], $3::uuid[]) AS moved (kind, key, lead_id)
       WHERE identities.kind = moved.kind AND identities.key = moved.key`,
      columns(identities),
    );
  }
}

function columns(identities: readonly Identity[]): [string[], Buffer[], string[]] {
  return [identities.map(({ kind }) => kind), identities.map(({ key }) => key), identities.map(({ leadId }) => leadId)];
}
