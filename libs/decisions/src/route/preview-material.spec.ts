import fc from 'fast-check';
import { byAccount, type NamedAccount, NamedAccountList } from './named-account-list.js';
import type { PartnerDocument } from './partner.js';
import type { PolicyDocument } from './policy.js';
import { type DatedLead, type Preview, previewPolicy } from './preview.js';
import { accountsMetBy, type PreviewMaterial, previewOf, rulesOf } from './preview-material.js';
import { type Claim, ProtectedAccounts } from './protected-accounts.js';
import type { Rules } from './route-lead.js';

const start = Date.UTC(2026, 0, 15);
const day = 86_400_000;
const domains = ['siemens.com', 'bosch.de', 'acme.org'];
const companies = ['Siemens AG', 'Bosch GmbH', 'Acme Inc'];

const document = (name: string, direct: number, ceiling: number): PolicyDocument => ({
  name,
  pools: [
    {
      id: 'named',
      match: { countries: ['DE'] },
      promise: { direct, channel: 100 - direct },
      namedAccounts: { list: 'strategic', ceiling },
    },
    { id: 'all', match: {}, promise: { direct: 100 - direct, channel: direct } },
  ],
});

const partners: readonly { id: string; document: PartnerDocument }[] = [
  { id: 'alp', document: { name: 'Alp', tier: 'gold' } },
  { id: 'bay', document: { name: 'Bay', tier: 'gold', weight: 3, caps: { perDay: 4 } } },
  { id: 'cay', document: { name: 'Cay', tier: 'gold', territories: ['FR'] } },
];

const moment = () => fc.integer({ min: 0, max: 20 }).map((days) => start + days * day);
const byDomain = () => fc.constantFrom(...domains).map((domain) => ({ domain }));
const byCompany = () => fc.constantFrom(...companies).map((company) => ({ company }));
const byBoth = () => fc.tuple(byDomain(), byCompany()).map(([domain, company]) => ({ ...domain, ...company }));
const during = () =>
  fc
    .record({ from: moment(), lasts: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }) })
    .map(({ from, lasts }) => ({ from, ...(lasts !== undefined && { until: from + lasts * day }) }));

/** Few accounts and many times: so several entries name one account, and at some times more than one of them holds. */
const entry = (): fc.Arbitrary<NamedAccount> =>
  fc
    .tuple(fc.oneof(byDomain(), byCompany()), during(), fc.constantFrom('north', 'south'))
    .map(([named, time, owner]) => ({ ...named, owner, ...time }));

const claim = (): fc.Arbitrary<Claim> =>
  fc
    .tuple(fc.uuid(), fc.oneof(byDomain(), byCompany(), byBoth()), during(), fc.constantFrom('alp', 'bay'))
    .map(([id, held, time, partner]) => ({
      ...{ id, kind: 'deal-registration', partner, account: held },
      ...time,
    }));

const lead = (): fc.Arbitrary<DatedLead> =>
  fc
    .record({
      at: moment(),
      country: fc.constantFrom('DE', 'FR'),
      companyDomain: fc.option(fc.constantFrom(...domains), { nil: undefined }),
      company: fc.option(fc.constantFrom(...companies, 'Nobody KG'), { nil: undefined }),
      grade: fc.constantFrom('A' as const, 'B' as const, null),
      consent: fc.constantFrom('given' as const, 'refused' as const, undefined),
    })
    .map(({ at, grade, consent, ...facts }) => ({
      at,
      lead: {
        state: grade === null ? 'incomplete' : 'graded',
        grade,
        sourceId: 'web',
        model: 'f'.repeat(64),
        consent,
        facts: { ...facts, engagement: {}, attributes: {} },
      },
    }));

describe('what a preview is made of', () => {
  it('comes, sent as JSON, to the very preview of the rules that it was taken from, whatever the lists and claims', () => {
    fc.assert(
      fc.property(
        fc.array(entry(), { maxLength: 30 }),
        // Of two claims on an account one is always the earlier: the later one was made knowing of it.
        fc.uniqueArray(claim(), { maxLength: 12, selector: ({ from }) => from }),
        fc.array(lead(), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 100 }),
        (entries, claims, unordered, direct) => {
          const leads = unordered.toSorted((one, other) => one.at - other.at);
          const claimed = claims.toSorted((one, other) => one.from - other.from);
          const material = {
            proposed: { document: document('proposed', direct, 100), version: 2 },
            inForce: { document: document('in-force', 50, 30), version: 1 },
            partners,
            leads,
          };
          const list = new NamedAccountList('strategic', 3, { owner: 'jane', entries: entries.toSorted(byAccount) });
          const whole = {
            namedAccounts: new Map([['strategic', list]]),
            protections: ProtectedAccounts.of(claims.length, claimed),
          };
          const from = rulesOf({ ...material, namedAccounts: [], protections: { version: 0, claims: [] } });
          const expected = finished(leads, { ...from.proposed, ...whole }, { ...from.inForce, ...whole });

          const sent = JSON.stringify({ ...material, ...accountsMetBy(leads, whole) });
          const received = JSON.parse(sent) as PreviewMaterial;
          expect(previewOf(received, rulesOf(received))).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('holds of a list what these leads meet, and of the rest nothing', () => {
    const named = (domain: string): NamedAccount => ({ domain, owner: 'north', from: start });
    const list = new NamedAccountList('strategic', 3, { owner: 'jane', entries: domains.map(named) });
    const facts = { companyDomain: 'bosch.de', engagement: {}, attributes: {} };
    const one = { at: start, lead: { state: 'graded', grade: 'A', sourceId: 'web', model: 'f'.repeat(64), facts } };
    const { namedAccounts } = accountsMetBy([one as DatedLead, one as DatedLead], {
      namedAccounts: new Map([['strategic', list]]),
      protections: ProtectedAccounts.of(0, []),
    });
    expect(namedAccounts).toEqual([{ name: 'strategic', version: 3, hash: list.hash, entries: [named('bosch.de')] }]);
  });
});

function finished(leads: readonly DatedLead[], proposed: Rules, inForce: Rules): Preview {
  const steps = previewPolicy(leads, proposed, inForce);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}
