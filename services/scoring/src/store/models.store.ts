import { Injectable } from '@nestjs/common';
import { type Model, type ModelDocument, modelOf } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

export interface StoredModel {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly document: ModelDocument;
  readonly active: boolean;
}

const COLUMNS = 'models.name, models.version, hash, document, active_model.name IS NOT NULL AS active';
const WITH_ACTIVE = 'models LEFT JOIN active_model USING (name, version)';

@Injectable()
export class ModelsStore {
  /** Versions never change, so what was made ready for scoring once stays so. */
  private ready: { readonly name: string; readonly model: Model } | undefined;

  /** The model in force. Read in every batch, so that all processes change over with the activation's commit. */
  async active(query: Query): Promise<Model> {
    const [active] = await query<{ name: string; version: number }>('SELECT name, version FROM active_model');
    if (!active) throw new Error('there is no active model: the service has not started');
    if (this.ready?.name !== active.name || this.ready.model.version !== active.version) {
      const found = await this.find(query, active.name, active.version);
      if (!found) throw new Error('the active model is not stored');
      this.ready = { name: active.name, model: modelOf(found.document, active.version) };
    }
    return this.ready.model;
  }

  /** @param version  the newest unless given */
  async find(query: Query, name: string, version?: number): Promise<StoredModel | undefined> {
    const [row] = await query<StoredModel>(
      `SELECT ${COLUMNS} FROM ${WITH_ACTIVE} WHERE models.name = $1 AND ($2::int IS NULL OR models.version = $2)
       ORDER BY models.version DESC LIMIT 1`,
      [name, version ?? null],
    );
    return row;
  }

  /** The newest version of every model. */
  async list(query: Query): Promise<Omit<StoredModel, 'document'>[]> {
    return query(
      `SELECT DISTINCT ON (models.name) models.name, models.version, hash, active_model.name IS NOT NULL AS active
       FROM ${WITH_ACTIVE} ORDER BY models.name, models.version DESC`,
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
    return { stored: { name: document.name, version, hash, document, active: false }, created: true };
  }

  /** @returns false when it is in force already */
  async activate(query: Query, { name, version }: Pick<StoredModel, 'name' | 'version'>): Promise<boolean> {
    const changed = await query(
      `INSERT INTO active_model (name, version) VALUES ($1, $2)
       ON CONFLICT (one) DO UPDATE SET name = $1, version = $2
       WHERE (active_model.name, active_model.version) <> ($1, $2) RETURNING name`,
      [name, version],
    );
    return changed.length > 0;
  }

  async hasActive(query: Query): Promise<boolean> {
    return (await query('SELECT 1 FROM active_model')).length > 0;
  }
}
