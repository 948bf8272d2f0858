import { NamedAccountList } from './named-account-list.js';
import type { PartnerDocument } from './partner.js';
import { type PolicyDocument, policyOf } from './policy.js';
import { ProtectedAccounts } from './protected-accounts.js';
import { type DatedLead, previewPolicy } from './preview.js';
import { partnerOf, Roster } from './roster.js';
import type { RoutableLead, Rules } from './route-lead.js';

type Pool = PolicyDocument['pools'][number];

const day = 86_400_000;
const start = Date.UTC(2026, 0, 15);

function rules(
  pools: (Partial<Pool> & { id: string })[],
  partners: Record<string, Partial<PartnerDocument>> = { acme: {} },
): Rules {
  const document: PolicyDocument = {
    name: 'p',
    pools: pools.map((pool) => ({ match: {}, promise: { direct: 50, channel: 50 }, ...pool })),
  };
  const named = { owner: 'jane', entries: [{ domain: 'siemens.com', owner: 'north', from: 0 }] };
  return {
    policy: policyOf(document, 1),
    roster: new Roster(
      Object.entries(partners).map(([id, more]) => partnerOf(id, { name: id, tier: 'gold', ...more })),
    ),
    namedAccounts: new Map([['named', new NamedAccountList('named', 1, named)]]),
    protections: ProtectedAccounts.of(0, []),
  };
}

function lead(more: Partial<RoutableLead> = {}, at = start): DatedLead {
  const facts = { engagement: {}, attributes: {}, ...more.facts };
  const model = 'f'.repeat(64);
  return { at, lead: { state: 'graded', grade: 'A', sourceId: 'web', model, consent: 'given', ...more, facts } };
}

function preview(leads: readonly DatedLead[], proposed: Rules, inForce: Rules) {
  const steps = previewPolicy(leads, proposed, inForce);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const twenty = Array.from({ length: 20 }, (_, index) => lead({}, start + index));

describe('a preview of a policy', () => {
  it('gives under the same rules every lead to whom it goes now', () => {
    const same = rules([{ id: 'all' }]);
    expect(preview(twenty, same, same)).toEqual({
      leads: 20,
      elsewhere: 0,
      inAnotherPool: 0,
      counts: [
        { pool: 'all', grade: 'A', party: 'acme', proposed: 10, inForce: 10 },
        { pool: 'all', grade: 'A', party: 'direct', proposed: 10, inForce: 10 },
      ],
    });
  });

  it('counts per pool, grade and party what would change', () => {
    const leads = [
      lead(),
      lead({ facts: { country: 'DE' } as never }),
      lead({ state: 'incomplete', grade: null }),
      lead({ state: 'not-qualified', grade: null }),
    ];
    const proposed = rules([
      { id: 'german', match: { countries: ['DE'] }, promise: { direct: 0, channel: 100 } },
      { id: 'all', promise: { direct: 100, channel: 0 }, incomplete: { then: 'nurture' } },
    ]);
    const inForce = rules([{ id: 'all', promise: { direct: 100, channel: 0 } }]);
    expect(preview(leads, proposed, inForce)).toEqual({
      leads: 4,
      elsewhere: 2,
      inAnotherPool: 1,
      counts: [
        { pool: 'all', grade: 'A', party: 'direct', proposed: 1, inForce: 2 },
        { pool: 'all', grade: 'incomplete', party: null, proposed: 1, inForce: 0 },
        { pool: 'all', grade: 'incomplete', party: 'direct', proposed: 0, inForce: 1 },
        { pool: 'all', grade: 'not-qualified', party: null, proposed: 1, inForce: 1 },
        { pool: 'german', grade: 'A', party: 'acme', proposed: 1, inForce: 0 },
      ],
    });
  });

  it('holds caps of a day on the days on which the leads came, and takes each offer for answered', () => {
    const channel = [{ id: 'all', promise: { direct: 0, channel: 100 } }];
    const received = (caps: PartnerDocument['caps'], leads: readonly DatedLead[]) =>
      preview(leads, rules(channel, { acme: { caps } }), rules(channel)).counts.find(({ party }) => party === 'acme')
        ?.proposed ?? 0;
    const twoDays = [...twenty, ...twenty.map(({ lead, at }) => ({ lead, at: at + day }))];
    expect(received({ perDay: 3 }, twoDays)).toBe(6);
    expect(received({ open: 1 }, twoDays)).toBe(40);
    expect(received({ open: 0 }, twoDays)).toBe(0);
  });

  it('reserves named accounts within the ceiling, from the first lead on', () => {
    const named = lead({ facts: { companyDomain: 'siemens.com' } as never });
    const pool = { id: 'all', promise: { direct: 0, channel: 100 } };
    const proposed = rules([{ ...pool, namedAccounts: { list: 'named', ceiling: 50 } }]);
    expect(
      preview(
        Array.from({ length: 10 }, () => named),
        proposed,
        rules([pool]),
      ).counts,
    ).toEqual([
      { pool: 'all', grade: 'A', party: 'acme', proposed: 5, inForce: 10 },
      { pool: 'all', grade: 'A', party: 'direct', proposed: 5, inForce: 0 },
    ]);
  });
});
