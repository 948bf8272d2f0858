import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type ClaimedAccount, type Conflict, readAccount } from '@fairlead/decisions';
import { type Caller, invalidInput, notFound, Problem } from '@fairlead/platform';
import { IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { type ClaimOutcome, stands } from '../account-claims.js';
import type { StoredClaim } from '../store/claims.store.js';

/** One of the two, or better both: who names both holds both. */
export class ClaimAccount {
  @ApiPropertyOptional({ description: 'Of the company; what counts is the registered domain.', maxLength: 255 })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  domain?: string;

  @ApiPropertyOptional({ description: 'Its name; case, accents and the legal form do not count.', maxLength: 255 })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  company?: string;
}

export class EndClaim {
  @ApiPropertyOptional({
    maxLength: 500,
    description: 'Why. The vendor must say it; it is kept in the log in clear, for partners and auditors to read.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  @Matches(/\S/, { message: 'reason must say something' })
  reason?: string;
}

export class ConflictView {
  @ApiProperty({ enum: ['deal-registration', 'partner-of-record', 'named-account'] }) with: string;
  @ApiPropertyOptional({ description: 'Whose claim it is; to a partner, another partner has no name.' })
  partner?: string;
  @ApiPropertyOptional({ description: 'list@version of the named accounts that have it' }) list?: string;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) since: number;
  @ApiPropertyOptional({ type: 'integer' }) until?: number;
}

export class EndingView {
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) at: number;
  @ApiProperty({ enum: ['withdrawn', 'revoked'], description: 'Given up by the partner, or taken by the vendor.' })
  why: string;
  @ApiPropertyOptional() reason?: string;
}

export class ClaimView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: ['deal-registration', 'partner-of-record'] }) kind: string;
  @ApiProperty() partner: string;
  @ApiProperty({ type: ClaimAccount }) account: ClaimedAccount;
  @ApiProperty({
    enum: ['protected', 'refused', 'over', 'ended'],
    description: '`over`: its time ran out; `ended`: somebody ended it before.',
  })
  state: string;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch: when it was made.' }) from: number;
  @ApiPropertyOptional({ type: 'integer', description: 'Leads are the partner’s no longer from here on.' })
  until?: number;
  @ApiPropertyOptional({ description: 'Whose the account was already, where the claim was refused.' })
  conflict?: ConflictView;
  @ApiPropertyOptional() ended?: EndingView;
}

export class ClaimsView {
  @ApiProperty({ type: [ClaimView], description: 'The latest first.' }) claims: ClaimView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

export function shownClaim(claim: StoredClaim, caller: Caller, now: number): ClaimView {
  const { id, kind, partner, account, from, until, conflict, ended } = claim;
  const state = conflict ? 'refused' : ended ? 'ended' : stands(claim, now) ? 'protected' : 'over';
  return {
    ...{ id, kind, partner, account, state, from },
    ...(until !== undefined && { until }),
    ...(conflict && { conflict: shownConflict(conflict, caller) }),
    ...(ended && {
      ended: { at: ended.at, why: ended.why, ...(ended.reason !== undefined && { reason: ended.reason }) },
    }),
  };
}

function shownConflict(conflict: Conflict, { role, partnerId }: Caller): ConflictView {
  const { with: held, from: since, until } = conflict;
  return {
    with: held,
    ...(conflict.with === 'named-account'
      ? { list: `${conflict.list}@${conflict.version}` }
      : (role !== 'partner' || conflict.partner === partnerId) && { partner: conflict.partner }),
    since,
    ...(until !== undefined && { until }),
  };
}

export function accountIn(written: ClaimAccount): ClaimedAccount {
  const reading = readAccount(written);
  if (!reading.ok) throw invalidInput([{ field: reading.field && `/${reading.field}`, detail: reading.detail }]);
  return reading.account;
}

/** The claim that stands now, or the problem that it does not. */
export function standingClaim(outcome: ClaimOutcome, caller: Caller): { claim: StoredClaim; isNew: boolean } {
  switch (outcome.outcome) {
    case 'protected':
    case 'standing':
      return { claim: outcome.claim, isNew: outcome.outcome === 'protected' };
    case 'refused': {
      const members = { claim: outcome.claim, conflict: shownConflict(outcome.conflict, caller) };
      const detail = `The account is ${heldBy(outcome.conflict)} already. Of two claims the first one stands; this one is kept as refused.`;
      throw new Problem(409, { type: 'account-taken', detail, members });
    }
    case 'not-offered':
      throw new Problem(409, {
        type: 'no-deal-registration',
        detail: 'The policy in force has no deal registration (`dealRegistration`).',
      });
    case 'too-many':
      throw new Problem(409, {
        type: 'too-many-registrations',
        detail: `The policy allows a partner ${outcome.most} registered deals at once: end one that came to nothing.`,
      });
    case 'too-many-today':
      throw new Problem(429, {
        type: 'too-many-claims-today',
        detail: 'A partner registers at most 200 deals in a day, refused ones included.',
        retryAfterSeconds: 3_600,
      });
    case 'too-many-in-all':
      throw new Problem(409, { type: 'too-many-claims', detail: 'There are as many claims as there may be.' });
    case 'no-such-partner':
      throw notFound('partner');
  }
}

function heldBy(conflict: Conflict): string {
  switch (conflict.with) {
    case 'deal-registration':
      return 'another partner’s by deal registration';
    case 'partner-of-record':
      return 'another partner’s as partner of record';
    case 'named-account':
      return `direct’s by the named-account list ${conflict.list}`;
  }
}
