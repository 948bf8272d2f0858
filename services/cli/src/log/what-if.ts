import { readFileSync } from 'node:fs';
import {
  NOBODY_HAD_IT,
  type Policy,
  policyOf,
  readPolicyDraft,
  type Redecided,
  RoutingReplay,
  RuleHistory,
} from '@fairlead/decisions';
import type { FairleadEvent } from '@fairlead/events';
import { CommandFailed } from '../api/command-failed.js';

/** A decision that another policy would have taken otherwise. */
export interface Changed {
  readonly leadId: string;
  readonly pool: string;
  readonly poolSeq: number;
  readonly was: string | null;
  readonly now: string | null;
  readonly cause: 'policy';
}

export interface Share {
  readonly grade: string;
  /** null: nobody. */
  readonly party: string | null;
  readonly was: number;
  readonly now: number;
}

export interface WhatIfResult {
  readonly policy: { readonly name: string; readonly hash: string };
  readonly decisions: number;
  readonly leads: number;
  /** The first thousand; `changed` counts all. */
  readonly different: readonly Changed[];
  readonly changed: number;
  readonly changedLeads: number;
  /** Offers by grade and party, as they were and as they would have been. */
  readonly shares: readonly Share[];
  readonly undecidable: number;
  readonly undecidableBecause?: string;
}

/** More than a person reads. */
const LISTED = 1_000;

/** Decides the leads of a log under another policy, each when it was decided, with the partners and lists of that moment. */
export class WhatIf {
  private readonly rules = new RuleHistory();
  private readonly routing: RoutingReplay<undefined>;
  private readonly different: Changed[] = [];
  private readonly leads = new Set<string>();
  private readonly changedLeads = new Set<string>();
  private readonly shares = new Map<string, { grade: string; party: string | null; was: number; now: number }>();
  private decisions = 0;
  private changed = 0;
  private undecidable = 0;
  private undecidableBecause: string | undefined;

  constructor(private readonly policy: Policy) {
    this.routing = new RoutingReplay(
      this.rules,
      (redecided) => this.compare(redecided),
      (rules) => ({ ...rules, policy }),
    );
  }

  read(event: FairleadEvent): void {
    this.rules.read(event);
    this.routing.read(event, undefined);
  }

  end(): WhatIfResult {
    this.routing.end();
    const { decisions, different, changed, undecidable, undecidableBecause } = this;
    const { name, hash } = this.policy;
    return {
      policy: { name, hash },
      ...{ decisions, different, changed, undecidable },
      leads: this.leads.size,
      changedLeads: this.changedLeads.size,
      shares: [...this.shares].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, share]) => share),
      ...(undecidableBecause !== undefined && { undecidableBecause }),
    };
  }

  private compare({ recorded, ...outcome }: Redecided<undefined>): void {
    const isGap = 'undecidable' in outcome && outcome.undecidable !== NOBODY_HAD_IT;
    if (isGap) {
      this.undecidable += 1;
      this.undecidableBecause ??= outcome.undecidable;
      return;
    }
    const { pool, poolSeq } = recorded.data.decided;
    const was = recorded.type === 'lead.routed' ? recorded.data.to : null;
    const now = 'again' in outcome && outcome.again.outcome === 'routed' ? outcome.again.data.to : null;
    this.decisions += 1;
    this.leads.add(recorded.subject);
    const grade = recorded.data.grade ?? 'no grade';
    this.share(grade, was).was += 1;
    this.share(grade, now).now += 1;
    if (was === now) return;
    this.changed += 1;
    this.changedLeads.add(recorded.subject);
    if (this.different.length < LISTED)
      this.different.push({ leadId: recorded.subject, pool, poolSeq, was, now, cause: 'policy' });
  }

  private share(grade: string, party: string | null) {
    const key = `${grade}/${party ?? ''}`;
    let share = this.shares.get(key);
    if (!share) this.shares.set(key, (share = { grade, party, was: 0, now: 0 }));
    return share;
  }
}

/** @throws CommandFailed with every error of the policy, by line and key */
export function readOtherPolicy(file: string): Policy {
  const reading = readPolicyDraft(textOf(file));
  if (reading.ok) return policyOf(reading.document, 1);
  const problems = reading.problems.map(
    ({ path, line, detail }) => `\n  ${line === undefined ? '' : `line ${line}: `}${path} ${detail}`,
  );
  throw new CommandFailed(`${file} is no policy:${problems.join('')}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
