import { Injectable } from '@nestjs/common';
import { type Model, type ModelDocument, modelOf } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

export interface StoredModel {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly document: ModelDocument;
  readonly active: boolean;
  /** Whether it is asked in shadow. */
  readonly shadow: boolean;
}

/** What leads are judged with. */
export interface ModelsInForce {
  readonly model: Model;
  /** Asked besides, in shadow. */
  readonly challenger?: Model;
}

interface Named {
  readonly name: string;
  readonly version: number;
}

const USE = 'active_model.name IS NOT NULL AS active, shadow_model.name IS NOT NULL AS shadow';
const COLUMNS = `models.name, models.version, hash, document, ${USE}`;
const WITH_USE = 'models LEFT JOIN active_model USING (name, version) LEFT JOIN shadow_model USING (name, version)';

/** What the model in force and the one in shadow said of a lead: its grade, or the state of a lead that has none. */
export interface BothSaid {
  readonly was: string;
  readonly would: string;
}

/** Twice as many as processes score at once. */
const SLOTS = 16;

@Injectable()
export class ModelsStore {
  /** Versions never change, so what was made ready for scoring once stays so. */
  private ready: readonly { readonly name: string; readonly model: Model }[] = [];

  /** The models in force. Read in every batch, so that all processes change over with the activation's commit. */
  async active(query: Query): Promise<ModelsInForce> {
    const [row] = await query<Named & { shadowName: string | null; shadowVersion: number | null }>(
      `SELECT active_model.name, active_model.version, shadow_model.name AS "shadowName",
              shadow_model.version AS "shadowVersion"
       FROM active_model LEFT JOIN shadow_model ON true`,
    );
    if (!row) throw new Error('there is no active model: the service has not started');
    const { shadowName, shadowVersion, ...active } = row;
    const named = shadowName === null || shadowVersion === null ? [] : [{ name: shadowName, version: shadowVersion }];
    const ready = [];
    for (const each of [active, ...named]) ready.push({ name: each.name, model: await this.made(query, each) });
    this.ready = ready;
    const [model, challenger] = ready.map((each) => each.model) as [Model, Model | undefined];
    return { model, ...(challenger && { challenger }) };
  }

  private async made(query: Query, { name, version }: Named): Promise<Model> {
    const ready = this.ready.find((each) => each.name === name && each.model.version === version);
    if (ready) return ready.model;
    const found = await this.find(query, name, version);
    if (!found) throw new Error('a model in force is not stored');
    return modelOf(found.document, version);
  }

  /** @param version  the newest unless given */
  async find(query: Query, name: string, version?: number): Promise<StoredModel | undefined> {
    const [row] = await query<StoredModel>(
      `SELECT ${COLUMNS} FROM ${WITH_USE} WHERE models.name = $1 AND ($2::int IS NULL OR models.version = $2)
       ORDER BY models.version DESC LIMIT 1`,
      [name, version ?? null],
    );
    return row;
  }

  /** The newest version of every model. */
  async list(query: Query): Promise<Omit<StoredModel, 'document'>[]> {
    return query(
      `SELECT DISTINCT ON (models.name) models.name, models.version, hash, ${USE}
       FROM ${WITH_USE} ORDER BY models.name, models.version DESC`,
    );
  }

  /** Adds a version, unless the newest one says the same. Two writers of one name wait for one another. */
  async add(
    query: Query,
    document: ModelDocument,
    { by, now }: { by: string; now: number },
  ): Promise<{ stored: StoredModel; created: boolean }> {
    await query(`SELECT pg_advisory_xact_lock(hashtextextended('scoring.models/' || $1, 0))`, [document.name]);
    const before = await this.find(query, document.name);
    const { version, hash } = modelOf(document, (before?.version ?? 0) + 1);
    if (before?.hash === hash) return { stored: before, created: false };
    await query(
      `INSERT INTO models (name, version, hash, document, created_at, created_by)
       VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0), $6)`,
      [document.name, version, hash, JSON.stringify(document), now, by],
    );
    return { stored: { name: document.name, version, hash, document, active: false, shadow: false }, created: true };
  }

  /** @returns false when it is in force already */
  async activate(query: Query, { name, version }: Named): Promise<boolean> {
    const changed = await query(
      `INSERT INTO active_model (name, version) VALUES ($1, $2)
       ON CONFLICT (one) DO UPDATE SET name = $1, version = $2
       WHERE (active_model.name, active_model.version) <> ($1, $2) RETURNING name`,
      [name, version],
    );
    return changed.length > 0;
  }

  /** @returns false when it is asked already */
  async shadow(query: Query, { name, version }: Named): Promise<boolean> {
    const changed = await query(
      `INSERT INTO shadow_model (name, version) VALUES ($1, $2)
       ON CONFLICT (one) DO UPDATE SET name = $1, version = $2
       WHERE (shadow_model.name, shadow_model.version) <> ($1, $2) RETURNING name`,
      [name, version],
    );
    return changed.length > 0;
  }

  /** @returns false when it was not asked */
  async endShadow(query: Query, { name, version }: Named): Promise<boolean> {
    const ended = await query('DELETE FROM shadow_model WHERE name = $1 AND version = $2 RETURNING name', [
      name,
      version,
    ]);
    return ended.length > 0;
  }

  /** The version that is asked in shadow, of this name or of any. */
  async shadowed(query: Query, name?: string): Promise<StoredModel | undefined> {
    const [row] = await query<StoredModel>(
      `SELECT ${COLUMNS} FROM ${WITH_USE} WHERE shadow_model.name IS NOT NULL AND ($1::text IS NULL OR models.name = $1)`,
      [name ?? null],
    );
    return row;
  }

  /** Adds to what both said of leads. */
  async compare(
    query: Query,
    { model, challenger }: Required<ModelsInForce>,
    said: readonly BothSaid[],
  ): Promise<void> {
    const counts = new Map<string, BothSaid & { leads: number }>();
    for (const { was, would } of said) {
      const before = counts.get(`${was}/${would}`) ?? { was, would, leads: 0 };
      counts.set(`${was}/${would}`, { ...before, leads: before.leads + 1 });
    }
    // In one order, so that two batches that add to the same rows cannot wait for each other.
    const rows = [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
    await query(
      `INSERT INTO shadow_results (name, version, shadow_name, shadow_version, was, would, slot, leads)
       SELECT $1, $2, $3, $4, was, would, pg_backend_pid() % ${SLOTS}, leads
       FROM unnest($5::text[], $6::text[], $7::bigint[]) AS said (was, would, leads)
       ON CONFLICT (name, version, shadow_name, shadow_version, was, would, slot)
       DO UPDATE SET leads = shadow_results.leads + excluded.leads`,
      [
        ...[model.document.name, model.version, challenger.document.name, challenger.version],
        ...[rows.map(({ was }) => was), rows.map(({ would }) => would), rows.map(({ leads }) => leads)],
      ],
    );
  }

  /** What the model in force and the one in shadow said of the same leads. */
  async compared(query: Query): Promise<readonly (BothSaid & { readonly leads: number })[]> {
    return query(
      `SELECT was, would, sum(leads)::int AS leads
       FROM shadow_results JOIN active_model USING (name, version)
       JOIN shadow_model ON (shadow_model.name, shadow_model.version) = (shadow_name, shadow_version)
       GROUP BY was, would ORDER BY was, would`,
    );
  }

  async hasActive(query: Query): Promise<boolean> {
    return (await query('SELECT 1 FROM active_model')).length > 0;
  }
}
