import type {
  AccountProtected,
  AccountReleased,
  DecisionStamp,
  FairleadEvent,
  ModelActivated,
  ModelShadowed,
  NamedAccountsChanged,
  NamedAccountsEntries,
  PolicyActivated,
  RosterChanged,
} from '@fairlead/events';
import { readMoment } from '../normalise/moment.js';
import { AnnouncedAccounts } from '../route/announced-accounts.js';
import { NamedAccountList } from '../route/named-account-list.js';
import type { PartnerDocument } from '../route/partner.js';
import { type Policy, policyOf, readPolicy } from '../route/policy.js';
import { type Claim, ProtectedAccounts } from '../route/protected-accounts.js';
import { type Partner, partnerOf, Roster, rosterHash } from '../route/roster.js';
import type { Rules } from '../route/route-lead.js';
import { type Model, modelOf, readModel } from '../score/model.js';

/** What a decision names and the log has not said: it may come yet, or the log is not whole. */
export class RuleMissing extends Error {
  override readonly name = 'RuleMissing';
}

/**
 * Every version of every rule that a log tells, by the names under which decisions refer to them. Hashes are computed again:
 * a document that is not what its hash says is as good as missing.
 */
export class RuleHistory {
  private readonly policies = new Map<string, Policy>();
  private readonly models = new Map<string, Model>();
  private readonly lists = new Map<string, NamedAccountList>();
  /** By name, in the order in which they were told, each with when it came into force. */
  private readonly versions = new Map<string, { readonly from: number; readonly list: NamedAccountList }[]>();
  private readonly announced = new AnnouncedAccounts();
  private readonly rosters = new RosterHistory();
  private readonly claims = new ClaimHistory();
  private current:
    | {
        readonly key: string;
        readonly of: Omit<Rules, 'namedAccounts'>;
        readonly byList: Map<NamedAccountList | undefined, Rules>;
      }
    | undefined;

  /** Takes events of the control topic; others are none of its concern. */
  read(event: FairleadEvent): void {
    switch (event.type) {
      case 'policy.activated': {
        const { name, version, policy } = (event as PolicyActivated).data;
        const reading = readPolicy(policy);
        if (!reading.ok) return;
        const read = policyOf(reading.document, version);
        this.policies.set(`${name}@${version}#${read.hash}`, read);
        return;
      }
      case 'model.activated':
      case 'model.shadowed': {
        const { name, version, model } = (event as ModelActivated | ModelShadowed).data;
        const reading = readModel(model);
        if (!reading.ok) return;
        const read = modelOf(reading.document, version);
        this.models.set(`${name}@${version}#${read.hash}`, read);
        return;
      }
      case 'roster.changed':
        return this.rosters.read((event as RosterChanged).data);
      case 'named-accounts.entries':
        return this.announced.chunk((event as NamedAccountsEntries).data);
      case 'named-accounts.changed': {
        const { name, version, hash } = (event as NamedAccountsChanged).data;
        const list = this.announced.changed((event as NamedAccountsChanged).data);
        if (!list.complete) return;
        const read = new NamedAccountList(name, version, list.document, hash);
        this.lists.set(`${name}#${hash}`, read);
        const versions = this.versions.get(name) ?? [];
        this.versions.set(name, [...versions, { from: readMoment(event.time) ?? 0, list: read }]);
        return;
      }
      case 'account.protected':
        return this.claims.protect((event as AccountProtected).data);
      case 'account.released':
        return this.claims.release((event as AccountReleased).data);
    }
  }

  /**
   * The rules that a decision was taken under; the same object as for the decision before, where they are the same.
   * @throws RuleMissing
   */
  rulesOf({ policy, roster, namedAccounts, protections = 0 }: DecisionStamp): Rules {
    const list = namedAccounts && this.lists.get(`${namedAccounts.list}#${namedAccounts.hash}`);
    if (namedAccounts && !list) throw new RuleMissing(`named accounts ${namedAccounts.list}@${namedAccounts.version}`);
    const key = [policy.name, policy.version, policy.hash, roster, protections].join('/');
    if (this.current?.key !== key) {
      const policyThen = this.policies.get(`${policy.name}@${policy.version}#${policy.hash}`);
      if (!policyThen) throw new RuleMissing(`policy ${policy.name}@${policy.version}`);
      const rosterThen = this.rosters.at(roster);
      const protectionsThen = this.claims.at(protections);
      const of = { policy: policyThen, roster: rosterThen, protections: protectionsThen };
      this.current = { key, of, byList: new Map() };
    }
    // Pools have lists of their own: what each decided by is kept, so that going from one pool to the next costs nothing.
    const { of, byList } = this.current;
    let rules = byList.get(list);
    if (!rules) byList.set(list, (rules = { ...of, namedAccounts: new Map(list && [[list.name, list]]) }));
    return rules;
  }

  /**
   * The list of that name at that moment, for a policy that reserves by a list by which nobody did then. Decisions that name
   * a list name its version: those need not ask.
   * @param now  milliseconds since the epoch
   */
  listAt(name: string, now: number): NamedAccountList | undefined {
    return this.versions.get(name)?.findLast(({ from }) => from <= now)?.list;
  }

  /** @throws RuleMissing */
  modelOf({ name, version, hash }: { name: string; version: number; hash: string }): Model {
    const model = this.models.get(`${name}@${version}#${hash}`);
    if (!model) throw new RuleMissing(`model ${name}@${version}`);
    return model;
  }
}

/** Rosters by their hash. Decisions go from one to the next, so only the changes are kept, and one roster. */
class RosterHistory {
  private readonly changes: { readonly partner: Partner; readonly hash: string }[] = [];
  /** How many changes lead to the roster of this hash. */
  private readonly lengthOf = new Map<string, number>([[rosterHash([]), 0]]);
  private partners = new Map<string, Partner>();
  private applied = 0;
  private roster = new Roster([]);

  read({ partner: { id, ...document }, hash }: RosterChanged['data']): void {
    this.changes.push({ partner: partnerOf(id, document as PartnerDocument), hash });
    this.lengthOf.set(hash, this.changes.length);
  }

  at(hash: string): Roster {
    if (this.roster.hash === hash) return this.roster;
    const length = this.lengthOf.get(hash);
    if (length === undefined) throw new RuleMissing(`roster ${hash}`);
    if (length < this.applied) [this.partners, this.applied] = [new Map<string, Partner>(), 0];
    for (; this.applied < length; this.applied++) {
      const { partner } = this.changes[this.applied] as { partner: Partner };
      this.partners.set(partner.id, partner);
    }
    const roster = new Roster(this.partners.values());
    if (roster.hash !== hash) throw new RuleMissing(`roster ${hash}: the changes before it come to ${roster.hash}`);
    return (this.roster = roster);
  }
}

/** States of claims that are kept: decisions of several routers come mixed, but never from long ago. */
const KEPT_STATES = 64;

/** Claims on accounts by how many changes of them there were. */
class ClaimHistory {
  /** By the version that they made; sparse while events are missing. */
  private readonly changes: ({ readonly claim: Claim } | { readonly released: string })[] = [];
  private readonly claims = new Map<string, Claim>();
  private readonly states = new Map([[0, ProtectedAccounts.of(0, [])]]);

  protect({ claim: id, kind, partner, account, from, until, version }: AccountProtected['data']): void {
    const claim = { id, kind, partner, account, from, ...(until !== undefined && { until }) };
    this.claims.set(id, claim);
    this.changes[version] = { claim };
  }

  release({ claim, version }: AccountReleased['data']): void {
    this.changes[version] = { released: claim };
  }

  at(version: number): ProtectedAccounts {
    let at = 0;
    for (const known of this.states.keys()) if (known <= version) at = Math.max(at, known);
    let state = this.states.get(at) ?? ProtectedAccounts.of(0, []);
    for (let each = at + 1; each <= version; each++) {
      const change = this.changes[each];
      const claim = change && ('claim' in change ? change.claim : this.claims.get(change.released));
      if (!change || !claim) throw new RuleMissing(`claims on accounts, change ${each} of ${version}`);
      state = 'claim' in change ? state.with(claim, each) : state.without(claim, each);
    }
    this.keep(version, state);
    return state;
  }

  private keep(version: number, state: ProtectedAccounts): void {
    this.states.set(version, state);
    for (const known of this.states.keys()) {
      if (this.states.size <= KEPT_STATES) return;
      // The empty one stays, from which everything can be made again.
      if (known !== 0) this.states.delete(known);
    }
  }
}
