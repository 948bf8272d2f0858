import { Injectable } from '@nestjs/common';
import type { LeadInput, Mapping } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';

export const formats = ['json', 'ndjson', 'csv'] as const;
export type Format = (typeof formats)[number];

/** Where leads come from, and how to read them. */
export interface Source {
  readonly id: string;
  readonly format: Format;
  readonly mapping?: Mapping;
  readonly defaults?: LeadInput;
}

/** How long another process may go on with what a source said before: nobody edits a source more often. */
const TRUST_MS = 2_000;
/** Sources are counted in dozens; the limit is there for ids made up by a loop. */
const MAX_CACHED = 1_000;

@Injectable()
export class SourcesStore {
  readonly #cache = new Map<string, { source: Source; until: number }>();

  constructor(private readonly units: UnitsOfWork) {}

  /** For intake, thousands of times a second: remembered for a moment. A source that is not there is always asked for. */
  async find(id: string): Promise<Source | undefined> {
    const cached = this.#cache.get(id);
    if (cached && cached.until > Date.now()) return cached.source;
    const source = await this.read(id);
    this.#cache.delete(id);
    if (source) {
      if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
      this.#cache.set(id, { source, until: Date.now() + TRUST_MS });
    }
    return source;
  }

  async read(id: string): Promise<Source | undefined> {
    const [row] = await this.units.query<{
      format: Format;
      mapping: Mapping | null;
      defaults: LeadInput | null;
    }>('SELECT format, mapping, defaults FROM sources WHERE id = $1', [id]);
    if (!row) return undefined;
    const { format, mapping, defaults } = row;
    return { id, format, ...(mapping && { mapping }), ...(defaults && { defaults }) };
  }

  /** @returns whether it is new */
  async put({ id, format, mapping, defaults }: Source): Promise<boolean> {
    const [row] = await this.units.query<{ is_new: boolean }>(
      `INSERT INTO sources (id, format, mapping, defaults) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET format = $2, mapping = $3, defaults = $4, updated_at = now()
       RETURNING xmax = 0 AS is_new`,
      [id, format, mapping ? JSON.stringify(mapping) : null, defaults ? JSON.stringify(defaults) : null],
    );
    this.#cache.delete(id);
    return row?.is_new === true;
  }
}
