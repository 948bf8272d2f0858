import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { checkPolicy, type PolicyDocument, type Warning } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';
import { RecentLeadsStore } from './store/recent-leads.store.js';
import { RulesStore } from './store/rules.store.js';

/** Enough to see how many leads of each kind come in a day, and read in a few milliseconds. */
const RECENT_LEADS = 1_000;
const DAY_MS = 86_400_000;

/** Holds a policy against what it would meet now: the roster, the lists, the leads that came lately. */
@Injectable()
export class PolicyChecks {
  constructor(
    private readonly rules: RulesStore,
    private readonly leads: RecentLeadsStore,
  ) {}

  async check(query: Query, document: PolicyDocument, now: number): Promise<Warning[]> {
    const { roster, namedAccounts } = await this.rules.inForce(query);
    const reserved = await this.leads.reserved(query);
    const recent = await this.leads.latest(query, RECENT_LEADS);
    const dated = recent.filter(({ decidedAt }) => decidedAt !== null);
    const oldest = dated[0]?.decidedAt ?? now;
    const days = Math.max(1, Math.ceil((now - oldest) / DAY_MS));

    const warnings: Warning[] = [];
    for (const found of checkPolicy(document, { roster, namedAccounts, reserved, recent: { leads: dated, days } })) {
      warnings.push(...found);
      // With 200,000 partners a pool takes tens of milliseconds: leads are routed in between.
      await setImmediate();
    }
    return warnings;
  }
}
