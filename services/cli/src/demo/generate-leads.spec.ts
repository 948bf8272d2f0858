import {
  defaultModel,
  missingFields,
  modelOf,
  normaliseLead,
  readPartner,
  readPolicy,
  scoreLead,
} from '@fairlead/decisions';
import { generateLeads } from './generate-leads.js';
import { namedAccountsList, partners, policy } from './vendor.js';

describe('the leads of a campaign', () => {
  it('are the same for the same number and seed, and others for another', () => {
    expect(generateLeads(200, 7)).toEqual(generateLeads(200, 7));
    expect(generateLeads(200, 7)).not.toEqual(generateLeads(200, 8));
    expect(generateLeads(300, 7).slice(0, 200)).toEqual(generateLeads(200, 7));
  });

  it('are understood, every one, and are of every grade, some incomplete, some nobody’s customers', () => {
    const model = modelOf(defaultModel, 1);
    const counts: Record<string, number> = {};
    for (const { source, foundOut: _, ...sent } of generateLeads(2_000, 2026)) {
      const understood = normaliseLead(sent, { sourceId: source, now: Date.UTC(2026, 0, 15) });
      if (!understood.ok) throw new Error(JSON.stringify(understood.errors));
      const missing = missingFields(understood.lead, policy.pools[0].incomplete.needs);
      const { grade, state } = scoreLead({ ...understood.lead, missing }, model, 0);
      counts[grade ?? state] = (counts[grade ?? state] ?? 0) + 1;
    }
    for (const kind of ['A', 'B', 'C', 'D', 'incomplete', 'not-qualified']) expect(counts[kind]).toBeGreaterThan(80);
  });

  it('come twice now and then, as from real tools', () => {
    const ids = generateLeads(1_000, 3).map(({ externalId }) => externalId);
    const repeated = ids.length - new Set(ids).size;
    expect([repeated > 5, repeated < 60]).toEqual([true, true]);
  });

  it('write to nobody: every address is in a domain that cannot be registered', () => {
    for (const { email } of generateLeads(1_000, 4)) if (email !== undefined) expect(email).toMatch(/\.example$/);
  });
});

describe('the vendor of a campaign', () => {
  it('has a policy and partners that the system takes', () => {
    expect(readPolicy(structuredClone(policy))).toMatchObject({ ok: true });
    for (const { name, tier, territories, products } of partners)
      expect(readPartner({ name, tier, territories, ...(products && { products }) })).toMatchObject({ ok: true });
    expect(policy.pools[0].namedAccounts.list).toBe(namedAccountsList);
  });
});
