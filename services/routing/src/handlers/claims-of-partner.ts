import { Injectable } from '@nestjs/common';
import type { ClaimKind } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { type Caller, invalidInput, notFound, Problem } from '@fairlead/platform';
import { AccountClaims } from '../account-claims.js';
import { ClaimsStore } from '../store/claims.store.js';
import { PartnersStore } from '../store/partners.store.js';
import { type ClaimsView, type ClaimView, type EndClaim, shownClaim } from './claim-views.js';
import { paged, pageOf } from './paging.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What both kinds of claims answer to: reading a partner's, and ending one. */
@Injectable()
export class ClaimsOfPartner {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly partners: PartnersStore,
    private readonly store: ClaimsStore,
    private readonly claims: AccountClaims,
  ) {}

  async list(
    kind: ClaimKind,
    partner: string,
    caller: Caller,
    { after, limit }: { after: unknown; limit: unknown },
  ): Promise<ClaimsView> {
    const page = pageOf(after, limit);
    await this.seen(partner, caller);
    const found = await this.store.page(
      this.units.query,
      { partner, kind },
      { before: page.after, limit: page.limit + 1 },
    );
    const { rows, next } = paged(found, page.limit, ({ seq }) => seq);
    const now = Date.now();
    return { claims: rows.map((claim) => shownClaim(claim, caller, now)), ...(next !== undefined && { next }) };
  }

  async end(
    which: { kind: ClaimKind; partner: string; id: string },
    { reason }: EndClaim,
    caller: Caller,
  ): Promise<ClaimView> {
    await this.seen(which.partner, caller);
    const why = caller.role === 'partner' ? 'withdrawn' : 'revoked';
    if (why === 'revoked' && reason === undefined)
      throw invalidInput([{ field: '/reason', detail: 'Whoever takes an account from a partner says why.' }]);
    if (!UUID.test(which.id)) throw notFound('claim');
    const ended = await this.claims.end(which, { why, by: caller.keyId, ...(reason !== undefined && { reason }) });
    if (ended) return shownClaim(ended, caller, Date.now());
    if (!(await this.store.find(this.units.query, which))) throw notFound('claim');
    throw new Problem(409, { type: 'claim-not-standing', detail: 'The claim was refused, or is over already.' });
  }

  /** @throws Problem when there is no such partner for whoever asks */
  async seen(partner: string, caller: Caller): Promise<void> {
    if (caller.role === 'partner' && caller.partnerId !== partner) throw notFound('partner');
    if (!(await this.partners.exists(this.units.query, partner))) throw notFound('partner');
  }
}
