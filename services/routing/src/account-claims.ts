import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type Claim,
  type ClaimDecision,
  type ClaimedAccount,
  type ClaimKind,
  type Conflict,
  decideClaim,
} from '@fairlead/decisions';
import { AccountClaimRefused, AccountProtected, AccountReleased, encodeEvent } from '@fairlead/events';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { ClaimsStore, type Ending, type StoredClaim } from './store/claims.store.js';
import { PartnersStore } from './store/partners.store.js';
import { RulesStore } from './store/rules.store.js';

export interface ClaimRequest {
  readonly kind: ClaimKind;
  readonly partner: string;
  readonly account: ClaimedAccount;
  /** Only of a partner of record: milliseconds since the epoch. */
  readonly until?: number | undefined;
  /** A key's id. */
  readonly by: string;
}

export type ClaimOutcome =
  | { readonly outcome: 'protected' | 'standing'; readonly claim: StoredClaim }
  | { readonly outcome: 'refused'; readonly claim: string; readonly conflict: Conflict }
  | Extract<ClaimDecision, { outcome: 'not-offered' | 'too-many' }>
  | { readonly outcome: 'no-such-partner' | 'too-many-in-all' | 'too-many-today' };

/** 100,000 that stand: every router keeps them in memory, some 300 bytes each. */
const MAX_STANDING = 100_000;

/**
 * Registrations of one partner in a day, refused ones too. People write them by hand; a program that tries account after
 * account finds out whose they are, and everything it tries is in the log for good.
 */
const MAX_A_DAY = 200;
const DAY_MS = 86_400_000;

/** Claims of partners on accounts. Of two claims on one account the first one to be here stands, and the log says so. */
@Injectable()
export class AccountClaims {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly claims: ClaimsStore,
    private readonly partners: PartnersStore,
    private readonly rules: RulesStore,
  ) {}

  async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    return this.units.run(async (unit) => {
      if (!(await this.partners.exists(unit.query, request.partner))) return { outcome: 'no-such-partner' };
      await this.claims.lock(unit.query);
      const rules = await this.rules.inForce(unit.query);
      const since = unit.now - DAY_MS;
      const { standing, made } = await this.claims.countOf(unit.query, request, { now: unit.now, since });
      const { kind, partner, account, until, by } = request;
      const asked = { kind, partner, account, ...(until !== undefined && { until }) };
      const decision = decideClaim(asked, rules, standing, unit.now);
      if (decision.outcome !== 'standing' && request.kind === 'deal-registration' && made >= MAX_A_DAY)
        return { outcome: 'too-many-today' };
      switch (decision.outcome) {
        case 'standing': {
          const claim = await this.claims.find(unit.query, decision.claim);
          if (!claim) throw new Error('a claim that stands is not stored');
          return { outcome: 'standing', claim };
        }
        case 'not-offered':
        case 'too-many':
          return decision;
        case 'refused':
          return this.refuse(unit, { ...asked, id: randomUUID(), from: unit.now }, decision.conflict, by);
        case 'protected':
          // Among those in memory are some whose time is over; counted is only where it matters.
          if (
            rules.protections.size >= MAX_STANDING &&
            (await this.claims.standingInAll(unit.query, unit.now)) >= MAX_STANDING
          )
            return { outcome: 'too-many-in-all' };
          return this.protect(unit, { ...asked, ...termOf(decision), id: randomUUID() }, request, rules.policy);
      }
    });
  }

  /**
   * @param ending  `reason`: why the vendor takes it away
   * @returns undefined when there is no such claim, or it does not stand
   */
  async end(
    which: Pick<Claim, 'id' | 'partner' | 'kind'>,
    ending: Omit<Ending, 'at'>,
  ): Promise<StoredClaim | undefined> {
    return this.units.run(async (unit) => {
      await this.claims.lock(unit.query);
      const claim = await this.claims.find(unit.query, which);
      if (!claim || !stands(claim, unit.now)) return undefined;
      const { id, kind, partner, account } = claim;
      const { why, reason, by } = ending;
      const version = await this.claims.end(unit.query, id, { ...ending, at: unit.now });
      const data = {
        ...{ claim: id, kind, partner, account, at: unit.now, why },
        ...(reason !== undefined && { reason }),
        ...{ version, actor: by },
      };
      unit.say([encodeEvent(AccountReleased, { ...said(unit, id), data })]);
      return { ...claim, ended: { ...ending, at: unit.now } };
    });
  }

  private async protect(
    unit: UnitOfWork,
    claim: Claim,
    { kind, by }: ClaimRequest,
    { name, version: policyVersion, hash }: { name: string; version: number; hash: string },
  ): Promise<ClaimOutcome> {
    // Of a partner of record the policy says nothing.
    const policy = kind === 'deal-registration' ? { name, version: policyVersion, hash } : undefined;
    const version = await this.claims.add(unit.query, claim, { by, policy });
    if (version === undefined) throw new Error('a claim that stands has no version');
    const { id, ...rest } = claim;
    const data = { claim: id, ...rest, version, ...(policy && { policy }), actor: by };
    unit.say([encodeEvent(AccountProtected, { ...said(unit, id), data })]);
    const stored = await this.claims.find(unit.query, claim);
    if (!stored) throw new Error('a claim was not stored');
    return { outcome: 'protected', claim: stored };
  }

  private async refuse(unit: UnitOfWork, claim: Claim, conflict: Conflict, by: string): Promise<ClaimOutcome> {
    await this.claims.add(unit.query, { ...claim, conflict }, { by, policy: undefined });
    const { id, kind, partner, account, from: at } = claim;
    const data = { claim: id, kind, partner, account, at, conflict, actor: by };
    unit.say([encodeEvent(AccountClaimRefused, { ...said(unit, id), data })]);
    return { outcome: 'refused', claim: id, conflict };
  }
}

/** Whether leads of the account are the claimant's at that moment. */
export function stands({ conflict, ended, until = Infinity }: StoredClaim, now: number): boolean {
  return conflict === undefined && ended === undefined && now < until;
}

function termOf({ from, until }: Extract<ClaimDecision, { outcome: 'protected' }>) {
  return { from, ...(until !== undefined && { until }) };
}

function said(unit: UnitOfWork, subject: string) {
  return { id: randomUUID(), source: '/routing', subject, time: unit.now };
}
