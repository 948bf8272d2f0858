import { Injectable } from '@nestjs/common';
import {
  NamedAccountList,
  type Partner,
  partnerOf,
  type PartnerDocument,
  type Policy,
  type PolicyDocument,
  policyOf,
  ProtectedAccounts,
  Roster,
  type Rules,
} from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';
import { ClaimsStore } from './claims.store.js';
import { NamedAccountsStore } from './named-accounts.store.js';

interface InForce {
  readonly policy: string | null;
  readonly policyVersion: number;
  readonly rosterVersion: number;
  readonly accountsVersion: number;
  readonly protectionsVersion: number;
}

/** Some 300 kB, some milliseconds. Twice as many as stood, and these, and all are read again: one for each that was made. */
const MAX_CHANGES = 1_000;

/**
 * The rules in force, made ready to decide with. Their numbers are read in every batch; what they stand for only when a
 * number has changed, and of the roster only the partners that changed.
 */
@Injectable()
export class RulesStore {
  private policy: Policy | undefined;
  private partners = new Map<string, Partner>();
  private roster = new Roster([]);
  private rosterVersion = 0;
  private accounts = new Map<string, NamedAccountList>();
  private accountsVersion = 0;
  private protections = ProtectedAccounts.of(0, []);
  /** How many there were when all that stand were read. */
  private protectionsRead = 0;

  constructor(
    private readonly lists: NamedAccountsStore,
    private readonly claimsStore: ClaimsStore,
  ) {}

  async inForce(query: Query): Promise<Rules> {
    const [now] = await query<InForce>(
      `SELECT policy, policy_version AS "policyVersion", roster_version::int AS "rosterVersion",
         accounts_version::int AS "accountsVersion", protections_version::int AS "protectionsVersion" FROM rules`,
    );
    if (now?.policy == null) throw new Error('there is no active policy: the service has not started');
    return {
      policy: await this.policyInForce(query, now.policy, now.policyVersion),
      roster: await this.rosterInForce(query, now.rosterVersion),
      namedAccounts: await this.accountsInForce(query, now.accountsVersion),
      protections: await this.protectionsInForce(query, now.protectionsVersion),
    };
  }

  private async policyInForce(query: Query, name: string, version: number): Promise<Policy> {
    if (this.policy?.name === name && this.policy.version === version) return this.policy;
    const [row] = await query<{ document: PolicyDocument }>(
      'SELECT document FROM policies WHERE name = $1 AND version = $2',
      [name, version],
    );
    if (!row) throw new Error('the active policy is not stored');
    return (this.policy = policyOf(row.document, version));
  }

  private async rosterInForce(query: Query, version: number): Promise<Roster> {
    if (version <= this.rosterVersion) return this.roster;
    const changed = await query<{ id: string; document: PartnerDocument; version: number }>(
      'SELECT id, document, roster_version::int AS version FROM partners WHERE roster_version > $1',
      [this.rosterVersion],
    );
    for (const { id, document } of changed) this.partners.set(id, partnerOf(id, document));
    this.roster = new Roster(this.partners.values());
    // Perhaps further than asked for: whatever was read is committed, and the roster's hash says which one it was.
    this.rosterVersion = changed.reduce((newest, each) => Math.max(newest, each.version), version);
    return this.roster;
  }

  /** Lists are long and change seldom: only one with a new version is read, in pages, so that others get their turn. */
  private async accountsInForce(query: Query, version: number): Promise<ReadonlyMap<string, NamedAccountList>> {
    if (version <= this.accountsVersion) return this.accounts;
    const known = this.accounts;
    const accounts = new Map<string, NamedAccountList>();
    for (const { name, version: newest, hash, owner } of await this.lists.heads(query)) {
      const before = known.get(name);
      if (before?.version === newest) accounts.set(name, before);
      else {
        const document = { owner, entries: await this.lists.allEntries(query, name, newest) };
        accounts.set(name, new NamedAccountList(name, newest, document, hash));
      }
    }
    // Whoever read meanwhile may have read further.
    if (version > this.accountsVersion) {
      this.accounts = accounts;
      this.accountsVersion = version;
    }
    return accounts;
  }

  private async protectionsInForce(query: Query, version: number): Promise<ProtectedAccounts> {
    const { protections: known } = this;
    if (version <= known.version) return known;
    // Those whose time is over stay among them until all are read again, as by a start: no later decision looks at them, and a
    // log that is replayed has them all. So many changes at once would take longer one by one.
    const many = version - known.version > MAX_CHANGES || known.size > 2 * this.protectionsRead + MAX_CHANGES;
    if (known.version === 0 || many) {
      const { version: read, claims } = await this.claimsStore.allStanding(query);
      this.protectionsRead = claims.length;
      return this.newerProtections(ProtectedAccounts.of(read, claims));
    }
    const changes = await this.claimsStore.changesSince(query, known.version);
    const changed = changes.reduce(
      (all, { claim, ended, version: each }) => (ended ? all.without(claim, each) : all.with(claim, each)),
      known,
    );
    return this.newerProtections(changed);
  }

  /** Whoever read meanwhile may have read further. */
  private newerProtections(read: ProtectedAccounts): ProtectedAccounts {
    if (read.version > this.protections.version) this.protections = read;
    return this.protections;
  }
}
