import { Injectable, Logger } from '@nestjs/common';
import type { LeadInput, Mapping } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { PersonalData, SecretBox } from '@fairlead/personal-data';
import type { Query } from '@fairlead/persistence';
import { parseSecret } from '@fairlead/platform/outgoing';
import { type KeyObject, randomUUID } from 'node:crypto';
import type { Client, Grant } from '../feedback/access-tokens.js';
import type { Consent, Words } from '../feedback/telling.js';
import { tellingOf } from '../feedback/tools.js';
import { type Format, formatOf } from '../sources/formats.js';
import type { Credentials } from '../sources/source-format.js';
import { FeedbackTargetsStore, type TargetKind } from './feedback-targets.store.js';
import { FetchesStore, type Wanted } from './fetches.store.js';

/** Where leads come from, and how to read them. */
export interface Source {
  readonly id: string;
  readonly format: Format;
  readonly mapping?: Mapping;
  readonly defaults?: LeadInput;
  /** Whether what its webhooks only name can be asked for. */
  readonly canFetch?: boolean;
}

/** As it is shown: which secrets there are, and never what they are. */
export interface ShownSource extends Omit<Source, 'canFetch'> {
  readonly secretSince?: Date;
  /** The secret before it is valid until then. */
  readonly previousSecretUntil?: Date;
  readonly publicKeys?: readonly string[];
  readonly hasVerifyToken?: true;
  readonly fetch?: { readonly baseUrl: string } & ({ readonly hasToken: true } | { readonly hasClient: true });
  /** Of a tool whose webhooks only name what they are about. */
  readonly wanted?: Wanted;
  readonly feedback?: { readonly url: string; readonly hasSecret: true } & TargetHealth;
  readonly outcomes?: Outcomes & ({ readonly hasToken: true } | { readonly hasClient: true }) & TargetHealth;
}

/** Where the tool is told what became of its leads: into what, and in which words. */
export interface Outcomes {
  readonly baseUrl: string;
  readonly into?: string | undefined;
  readonly words: Words;
  /** What it is told of people's consent. */
  readonly consent?: Consent | undefined;
}

/** As whom it is told. */
export type ToldTool = Outcomes & ({ readonly token: string } | { readonly client: Client; readonly grant: Grant });

/** As whom a tool is asked for what its webhooks only name. */
export type AskedTool = { readonly baseUrl: string } & (
  { readonly token: string } | { readonly client: Client; readonly grant: Grant }
);

/** Whether telling works; both absent: it does, or was not tried yet. */
interface TargetHealth {
  readonly failing?: string;
  readonly failingSince?: Date;
}

/** Undefined: as before; null: none any more. */
export interface NewSource extends Omit<Source, 'canFetch'> {
  readonly secret?: string | null | undefined;
  readonly publicKeys: readonly string[];
  readonly verifyToken?: string | null | undefined;
  readonly fetch?:
    { readonly baseUrl: string; readonly token?: string | undefined; readonly client?: Client | undefined } | undefined;
  readonly feedback?: { readonly url: string; readonly secret?: string | undefined } | undefined;
  readonly outcomes?:
    (Outcomes & { readonly token?: string | undefined; readonly client?: Client | undefined }) | undefined;
}

/** What has to be given with a new address: what was given for another is not sent to this one. */
export type Needed = 'token-needed' | 'feedback-secret-needed' | 'outcomes-token-needed' | 'outcomes-client-needed';

interface StoredSource {
  readonly format: Format;
  readonly baseUrl: string | null;
  readonly token: Buffer | null;
  readonly byClient: boolean;
  readonly feedbackUrl: string | null;
  readonly feedbackSecret: Buffer | null;
  readonly outcomes: Outcomes | null;
  readonly outcomesToken: Buffer | null;
}

/** How long another process may go on with what a source said before: nobody edits a source more often. */
const TRUST_MS = 2_000;
/** Sources are counted in dozens; the limit is there for ids made up by a loop. */
const MAX_CACHED = 1_000;

@Injectable()
export class SourcesStore {
  readonly #cache = new Map<string, { source: Source; until: number }>();
  readonly #credentials = new Map<string, { credentials: Credentials; until: number }>();
  readonly #box: SecretBox;
  readonly #log = new Logger('sources');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly targets: FeedbackTargetsStore,
    private readonly fetches: FetchesStore,
    personalData: PersonalData,
  ) {
    this.#box = new SecretBox(personalData.deriveKey('source-secrets'));
  }

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
      canFetch: boolean;
    }>(
      `SELECT format, mapping, defaults, fetch_base_url IS NOT NULL AND fetch_token IS NOT NULL AS "canFetch"
       FROM sources WHERE id = $1`,
      [id],
    );
    if (!row) return undefined;
    const { format, mapping, defaults, canFetch } = row;
    return { id, format, ...(mapping && { mapping }), ...(defaults && { defaults }), ...(canFetch && { canFetch }) };
  }

  /** Without secrets: what is shown of them is since when there is one. */
  async show(id: string, query: Query = this.units.query): Promise<ShownSource | undefined> {
    const [row] = await query<{
      format: Format;
      mapping: Mapping | null;
      defaults: LeadInput | null;
      publicKeys: string[];
      hasVerifyToken: boolean;
      baseUrl: string | null;
      byClient: boolean;
      feedbackUrl: string | null;
      outcomes: Outcomes | null;
      since: Date | null;
      previousUntil: Date | null;
    }>(
      `SELECT format, mapping, defaults, public_keys AS "publicKeys", verify_token IS NOT NULL AS "hasVerifyToken",
         fetch_base_url AS "baseUrl", fetch_by_client AS "byClient", feedback_url AS "feedbackUrl", outcomes,
         (SELECT created_at FROM source_secrets WHERE source_id = $1 AND expires_at IS NULL) AS since,
         (SELECT max(expires_at) FROM source_secrets WHERE source_id = $1 AND expires_at > now()) AS "previousUntil"
       FROM sources WHERE id = $1`,
      [id],
    );
    if (!row) return undefined;
    const health = await this.#healthOf(query, id);
    const wanted = formatOf(row.format)?.fetching && (await this.fetches.wantedOf(query, id));
    return {
      id,
      format: row.format,
      ...(row.mapping && { mapping: row.mapping }),
      ...(row.defaults && { defaults: row.defaults }),
      ...(row.since && { secretSince: row.since }),
      ...(row.previousUntil && { previousSecretUntil: row.previousUntil }),
      ...(row.publicKeys.length > 0 && { publicKeys: row.publicKeys }),
      ...(row.hasVerifyToken && { hasVerifyToken: true }),
      ...(row.baseUrl !== null && {
        fetch: {
          baseUrl: row.baseUrl,
          ...(row.byClient ? { hasClient: true as const } : { hasToken: true as const }),
        },
      }),
      ...(wanted && { wanted }),
      ...(row.feedbackUrl !== null && {
        feedback: { url: row.feedbackUrl, hasSecret: true, ...health.get('callback') },
      }),
      ...(row.outcomes && {
        outcomes: {
          ...row.outcomes,
          ...(tellingOf(row.format)?.grant ? { hasClient: true as const } : { hasToken: true as const }),
          ...health.get('tool'),
        },
      }),
    };
  }

  async #healthOf(query: Query, id: string): Promise<ReadonlyMap<TargetKind, TargetHealth>> {
    const rows = await query<{ kind: TargetKind; failing: string; failingSince: Date }>(
      `SELECT kind, failing, failing_since AS "failingSince" FROM feedback_targets WHERE source_id = $1 AND failing IS NOT NULL`,
      [id],
    );
    return new Map(rows.map(({ kind, ...health }) => [kind, health]));
  }

  /**
   * Makes the source, or changes it. A secret that is replaced is valid for a day longer; one of another tool is not.
   * @returns what is needed when it is to be asked, or told, at an address for which there is no token or secret
   */
  async put(source: NewSource): Promise<ShownSource | Needed> {
    const shown = await this.units
      .run(async ({ query }) => {
        const [before] = await query<StoredSource>(
          `SELECT format, fetch_base_url AS "baseUrl", fetch_token AS token, fetch_by_client AS "byClient", feedback_url AS "feedbackUrl",
           feedback_secret AS "feedbackSecret", outcomes, outcomes_token AS "outcomesToken" FROM sources WHERE id = $1 FOR UPDATE`,
          [source.id],
        );
        const { id, fetch } = source;
        // What is given for it, else what there is; a client of another tool is none of this one.
        const isKept = fetch?.token === undefined && fetch?.client === undefined;
        const byClient = isKept ? before?.byClient === true : fetch?.client !== undefined;
        const opensNothing = isKept && byClient && !formatOf(source.format)?.fetching?.grant;
        const token =
          fetch &&
          this.#sealedFor(
            byClient ? 'fetch-client' : 'fetch-token',
            { id, url: fetch.baseUrl, given: fetch.client ? JSON.stringify(fetch.client) : fetch.token },
            { url: opensNothing ? undefined : before?.baseUrl, sealed: before?.token },
          );
        if (fetch && !token) throw new Incomplete('token-needed');
        await query(
          `INSERT INTO sources (id, format, mapping, defaults, public_keys, fetch_base_url, fetch_token, fetch_by_client)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET format = excluded.format, mapping = excluded.mapping, defaults = excluded.defaults,
           public_keys = excluded.public_keys, fetch_base_url = excluded.fetch_base_url, fetch_token = excluded.fetch_token,
           fetch_by_client = excluded.fetch_by_client,
           verify_token = CASE WHEN sources.format = excluded.format THEN sources.verify_token END, updated_at = now()`,
          [
            ...[source.id, source.format],
            ...[source.mapping, source.defaults].map((document) => (document ? JSON.stringify(document) : null)),
            ...[source.publicKeys, source.fetch?.baseUrl ?? null, token ?? null, fetch !== undefined && byClient],
          ],
        );
        if (before && before.format !== source.format)
          await query('DELETE FROM source_secrets WHERE source_id = $1', [source.id]);
        if (source.secret !== undefined) await this.#putSecret(query, source.id, source.secret);
        if (source.verifyToken !== undefined) {
          const sealed = source.verifyToken === null ? null : this.#seal(source.id, 'verify-token', source.verifyToken);
          await query('UPDATE sources SET verify_token = $2 WHERE id = $1', [source.id, sealed]);
        }
        if (fetch) await this.fetches.wantAnew(query, id);
        const needed = await this.#putTargets(query, source, before);
        if (needed) throw new Incomplete(needed);
        return (await this.show(source.id, query)) as ShownSource;
      })
      .catch((error: unknown) => {
        if (error instanceof Incomplete) return error.needed;
        throw error;
      });
    this.#cache.delete(source.id);
    this.#credentials.delete(source.id);
    return shown;
  }

  /** What is given for this address; else what there is, as long as it goes to the same server. */
  #sealedFor(
    place: string,
    { id, url, given }: { readonly id: string; readonly url: string; readonly given: string | undefined },
    before: { readonly url: string | null | undefined; readonly sealed: Buffer | null | undefined },
  ): Buffer | undefined {
    if (given !== undefined) return this.#seal(id, place, given);
    const sameOrigin = before.url != null && new URL(before.url).origin === new URL(url).origin;
    return sameOrigin ? (before.sealed ?? undefined) : undefined;
  }

  /** @returns what is needed for it, if anything is */
  async #putTargets(
    query: Query,
    { id, format, feedback, outcomes }: NewSource,
    before: StoredSource | undefined,
  ): Promise<Needed | undefined> {
    const secret =
      feedback &&
      this.#sealedFor(
        'feedback-secret',
        { id, url: feedback.url, given: feedback.secret },
        { url: before?.feedbackUrl, sealed: before?.feedbackSecret },
      );
    if (feedback && !secret) return 'feedback-secret-needed';
    const { token, client, ...told } = outcomes ?? {};
    const place = tellingOf(format)?.grant ? 'outcomes-client' : 'outcomes-token';
    const given = place === 'outcomes-client' ? client && JSON.stringify(client) : token;
    const sealed =
      outcomes &&
      this.#sealedFor(
        place,
        { id, url: outcomes.baseUrl, given },
        // What another tool gave opens nothing here.
        { url: before?.format === format ? before.outcomes?.baseUrl : undefined, sealed: before?.outcomesToken },
      );
    if (outcomes && !sealed) return `${place}-needed`;
    // Said again, as by a script that sets everything up every time: nothing begins anew.
    const stored = before?.feedbackSecret ? this.#open(id, 'feedback-secret', before.feedbackSecret) : undefined;
    const isNew = feedback?.secret !== undefined && feedback.secret !== stored;
    await query(
      `UPDATE sources SET feedback_url = $2, feedback_secret = CASE WHEN $2::text IS NULL OR $4 THEN $3 ELSE feedback_secret END,
         feedback_secret_before = CASE WHEN $2::text IS NULL THEN NULL WHEN $4 THEN feedback_secret ELSE feedback_secret_before END,
         feedback_secret_before_until = CASE WHEN $4 THEN now() + interval '1 day' ELSE feedback_secret_before_until END,
         outcomes = $5, outcomes_token = $6
       WHERE id = $1`,
      [
        ...[id, feedback?.url ?? null, secret ?? null, isNew],
        ...[outcomes ? JSON.stringify(told) : null, sealed ?? null],
      ],
    );
    await this.targets.put(query, id, 'callback', feedback !== undefined);
    await this.targets.put(query, id, 'tool', outcomes !== undefined);
    return undefined;
  }

  async #putSecret(query: Query, id: string, secret: string | null): Promise<void> {
    if (secret === null) {
      await query('DELETE FROM source_secrets WHERE source_id = $1', [id]);
      return;
    }
    const [newest] = await query<StoredSecret>(
      'SELECT id, secret FROM source_secrets WHERE source_id = $1 AND expires_at IS NULL',
      [id],
    );
    // Said again, as by a script that sets everything up every time: nothing begins anew.
    if (newest && this.#open(id, newest.id, newest.secret) === secret) return;
    await query('DELETE FROM source_secrets WHERE source_id = $1 AND expires_at IS NOT NULL', [id]);
    await query(`UPDATE source_secrets SET expires_at = now() + interval '1 day' WHERE source_id = $1`, [id]);
    const secretId = randomUUID();
    await query('INSERT INTO source_secrets (id, source_id, secret) VALUES ($1, $2, $3)', [
      secretId,
      id,
      this.#seal(id, secretId, secret),
    ]);
  }

  /** What its deliveries are verified by; remembered for a moment, like the source. */
  async credentialsOf(id: string): Promise<Credentials> {
    const cached = this.#credentials.get(id);
    if (cached && cached.until > Date.now()) return cached.credentials;
    const secrets = await this.units.query<StoredSecret>(
      `SELECT id, secret FROM source_secrets WHERE source_id = $1 AND (expires_at IS NULL OR expires_at > now())
       ORDER BY created_at DESC`,
      [id],
    );
    const [source] = await this.units.query<{ publicKeys: string[]; verifyToken: Buffer | null }>(
      'SELECT public_keys AS "publicKeys", verify_token AS "verifyToken" FROM sources WHERE id = $1',
      [id],
    );
    const credentials: Credentials = {
      secrets: secrets.flatMap((each) => this.#open(id, each.id, each.secret) ?? []),
      publicKeys: source?.publicKeys ?? [],
      verifyToken: source?.verifyToken ? this.#open(id, 'verify-token', source.verifyToken) : undefined,
    };
    if (this.#credentials.size >= MAX_CACHED) this.#credentials.clear();
    this.#credentials.set(id, { credentials, until: Date.now() + TRUST_MS });
    return credentials;
  }

  /** Where what its webhooks name is asked for, and as whom. Undefined when what is sealed cannot be opened. */
  async fetchingOf(id: string): Promise<AskedTool | undefined> {
    const [row] = await this.units.query<{
      format: Format;
      baseUrl: string | null;
      sealed: Buffer | null;
      byClient: boolean;
    }>(
      `SELECT format, fetch_base_url AS "baseUrl", fetch_token AS sealed, fetch_by_client AS "byClient" FROM sources WHERE id = $1`,
      [id],
    );
    if (row?.baseUrl == null || !row.sealed) return undefined;
    const { baseUrl, byClient } = row;
    const opened = this.#open(id, byClient ? 'fetch-client' : 'fetch-token', row.sealed);
    if (opened === undefined) return undefined;
    if (!byClient) return { baseUrl, token: opened };
    const grant = formatOf(row.format)?.fetching?.grant;
    return grant && { baseUrl, client: JSON.parse(opened) as Client, grant };
  }

  /** Where it wants to be told, and what that is signed with: the newest secret first. Undefined when none can be opened. */
  async callbackOf(id: string): Promise<{ readonly url: string; readonly secrets: readonly KeyObject[] } | undefined> {
    const [row] = await this.units.query<{ url: string | null; secret: Buffer | null; before: Buffer | null }>(
      `SELECT feedback_url AS url, feedback_secret AS secret,
         CASE WHEN feedback_secret_before_until > now() THEN feedback_secret_before END AS before FROM sources WHERE id = $1`,
      [id],
    );
    const sealed = [row?.secret, row?.before].filter((each) => each != null);
    const secrets = sealed.flatMap((each) => this.#open(id, 'feedback-secret', each) ?? []);
    return row?.url != null && secrets.length > 0 ? { url: row.url, secrets: secrets.map(parseSecret) } : undefined;
  }

  /** How its tool is told what became of its leads, and as whom. Undefined when what is sealed cannot be opened. */
  async outcomesOf(id: string): Promise<ToldTool | undefined> {
    const [row] = await this.units.query<{ format: Format; outcomes: Outcomes | null; sealed: Buffer | null }>(
      'SELECT format, outcomes, outcomes_token AS sealed FROM sources WHERE id = $1',
      [id],
    );
    if (!row?.outcomes || !row.sealed) return undefined;
    const grant = tellingOf(row.format)?.grant;
    const opened = this.#open(id, grant ? 'outcomes-client' : 'outcomes-token', row.sealed);
    if (opened === undefined) return undefined;
    return { ...row.outcomes, ...(grant ? { client: JSON.parse(opened) as Client, grant } : { token: opened }) };
  }

  /** Opens for this source and this place only: a row that is copied elsewhere is worth nothing there. */
  #seal(sourceId: string, place: string, secret: string): Buffer {
    return this.#box.seal(`${sourceId}/${place}`, secret);
  }

  /** One that cannot be opened, because it was sealed with another master key, is none; whoever looks sees why. */
  #open(sourceId: string, place: string, sealed: Buffer): string | undefined {
    try {
      return this.#box.open(`${sourceId}/${place}`, sealed);
    } catch {
      this.#log.error({ event: 'source.secret-unreadable', source: sourceId });
      return undefined;
    }
  }
}

interface StoredSecret {
  readonly id: string;
  readonly secret: Buffer;
}

/** Undoes what was written so far. */
class Incomplete extends Error {
  override readonly name = 'Incomplete';

  constructor(readonly needed: Needed) {
    super(needed);
  }
}
