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

@Injectable()
export class IdentitiesStore {
  /**
   * Claims identities for the leads that are to have them. Where another transaction is about to claim the same one,
   * this waits for its end.
   * @returns those that belonged to a lead already, by `nameOf`
   */
  async claim({ query }: UnitOfWork, identities: readonly Identity[]): Promise<Map<string, KnownLead>> {
    if (identities.length === 0) return new Map();
    const inserted = await query<{ kind: IdentityKind; key: Buffer }>(
      `INSERT INTO identities (kind, key, lead_id)
       SELECT kind, key, lead_id FROM unnest($1::text[], $2::bytea[], $3::uuid[]) AS claimed (kind, key, lead_id)
       ORDER BY kind, key
       ON CONFLICT (kind, key) DO NOTHING RETURNING kind, key`,
      columns(identities),
    );
    const ours = new Set(inserted.map(nameOf));
    const others = identities.filter((identity) => !ours.has(nameOf(identity)));
    if (others.length === 0) return new Map();

    // A statement of its own: it sees what was committed while the one before waited.
    const known = await query<{ kind: IdentityKind; key: Buffer; lead_id: string; has_email: boolean }>(
      `SELECT kind, key, lead_id, has_email
       FROM unnest($1::text[], $2::bytea[]) AS wanted (kind, key)
       JOIN identities USING (kind, key) JOIN leads ON leads.id = lead_id`,
      columns(others).slice(0, 2),
    );
    return new Map(known.map((row) => [nameOf(row), { leadId: row.lead_id, hasEmail: row.has_email }]));
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
