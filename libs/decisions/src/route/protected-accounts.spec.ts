import { NamedAccountList } from './named-account-list.js';
import { readNamedAccounts } from './named-accounts.js';
import { policyOf } from './policy.js';
import { decideClaim, readAccount } from './claim-account.js';
import { type Claim, ProtectedAccounts } from './protected-accounts.js';

const now = Date.UTC(2026, 0, 15, 12);
const day = 86_400_000;
const registration = (partner: string, more: Partial<Claim> = {}): Claim => ({
  id: `${partner}-1`,
  kind: 'deal-registration',
  partner,
  account: { domain: 'siemens.com' },
  from: now - day,
  until: now + day,
  ...more,
});

describe('a claimed account', () => {
  it.each([
    [{ domain: 'https://shop.siemens.co.uk/de' }, { domain: 'siemens.co.uk' }],
    [{ domain: 'MÜLLER.de' }, { domain: 'xn--mller-kva.de' }],
    [{ company: '  Siemens AG ' }, { company: 'Siemens AG' }],
    [
      { domain: 'siemens.com', company: 'Siemens AG' },
      { domain: 'siemens.com', company: 'Siemens AG' },
    ],
  ])('%j is %j', (written, account) => {
    expect(readAccount(written)).toEqual({ ok: true, account });
  });

  it.each<[object, object]>([
    [{}, { field: '', detail: 'needs a domain, a company, or both' }],
    ...['n/a', 'None', 'Self-Employed', 'X', 'Freelancer', 'keine Angabe'].map((company): [object, object] => [
      { company },
      { field: 'company', detail: 'is what people write who work for nobody in particular' },
    ]),
    [{ domain: 'github.io' }, { field: 'domain', detail: 'gives addresses to anybody; name the company instead' }],
    [{ domain: 'co.uk' }, { field: 'domain', detail: 'is no domain' }],
    [{ company: ' - ' }, { field: 'company', detail: 'is no name' }],
    [{ domain: 'gmail.com' }, { field: 'domain', detail: 'gives addresses to anybody; name the company instead' }],
  ])('%j is none', (written, why) => {
    expect(readAccount(written)).toEqual({ ok: false, ...why });
  });

  it('is matched by its domain, or by its name without its legal form; of two claims the earlier one', () => {
    const accounts = ProtectedAccounts.of(2, [
      registration('acme'),
      registration('bolt', { account: { company: 'Siemens AG' }, from: now - 2 * day }),
    ]);
    const holder = (facts: { companyDomain?: string; company?: string }) => accounts.match(facts, now)?.partner;
    expect(holder({ companyDomain: 'siemens.com' })).toBe('acme');
    expect(holder({ companyDomain: 'siemens.com', company: 'Siemens' })).toBe('bolt');
    expect(holder({ companyDomain: 'siemens.de', company: 'SIEMENS' })).toBe('bolt');
    expect(holder({ company: 'Siemens Energy' })).toBeUndefined();
    expect(holder({})).toBeUndefined();
  });

  it('comes and goes with its claim, however many changes there are', () => {
    const first = registration('acme');
    const many = Array.from({ length: 1_500 }, (_, index) =>
      registration('bolt', { id: `bolt-${index}`, account: { domain: `deal-${index}.com` }, from: now - 1 }),
    );
    let accounts = ProtectedAccounts.of(1, [first]);
    many.forEach((claim, index) => (accounts = accounts.with(claim, index + 2)));
    expect([accounts.version, accounts.size, accounts.latestFrom]).toEqual([1_501, 1_501, now - 1]);
    const holder = (domain: string) => accounts.match({ companyDomain: domain }, now)?.partner;
    expect(['siemens.com', 'deal-0.com', 'deal-1499.com', 'deal-1500.com'].map(holder)).toEqual([
      ...['acme', 'bolt', 'bolt', undefined],
    ]);
    const before = accounts;
    for (const claim of [first, ...many.slice(0, 1_200)]) accounts = accounts.without(claim, accounts.version + 1);
    expect(['siemens.com', 'deal-0.com', 'deal-1499.com'].map(holder)).toEqual([undefined, undefined, 'bolt']);
    expect(accounts.size).toBe(300);
    expect(before.match({ companyDomain: 'siemens.com' }, now)?.partner).toBe('acme');
  });

  it('is the next claimant’s when the first claim is over', () => {
    const accounts = ProtectedAccounts.of(2, [
      registration('acme', { until: now }),
      registration('acme', { id: 'record', kind: 'partner-of-record', until: undefined as never }),
    ]);
    expect(accounts.match({ companyDomain: 'siemens.com' }, now - 1)?.id).toBe('acme-1');
    expect(accounts.match({ companyDomain: 'siemens.com' }, now)?.id).toBe('record');
  });
});

describe('a claim', () => {
  const pool = {
    id: 'all',
    match: {},
    promise: { direct: 50, channel: 50 },
    namedAccounts: { list: 'named', ceiling: 10 },
  };
  const document = { name: 'emea', dealRegistration: { protectFor: '90d', perPartner: 2 }, pools: [pool] };
  const reading = readNamedAccounts({
    owner: 'jane',
    entries: [
      { domain: 'bosch.com', owner: 'north', from: '2026-01-01' },
      { company: 'Daimler AG', owner: 'south', from: '2027-01-01' },
    ],
  });
  if (!reading.ok) throw new Error('unreadable');
  const namedAccounts = new Map([['named', new NamedAccountList('named', 4, reading.document)]]);
  const rules = (...claims: Claim[]) => ({
    policy: policyOf(document, 1),
    namedAccounts,
    protections: ProtectedAccounts.of(claims.length, claims),
  });
  const claim = { kind: 'deal-registration', partner: 'bolt', account: { domain: 'siemens.com' } } as const;

  it('protects the account for as long as the policy says', () => {
    expect(decideClaim(claim, rules(), 1, now)).toEqual({ outcome: 'protected', from: now, until: now + 90 * day });
  });

  it('is refused while another partner’s stands, whatever its kind, and told which', () => {
    const conflict = { with: 'deal-registration', claim: 'acme-1', partner: 'acme', from: now - day, until: now + day };
    const record = { ...claim, kind: 'partner-of-record' } as const;
    expect(decideClaim(claim, rules(registration('acme')), 0, now)).toEqual({ outcome: 'refused', conflict });
    expect(decideClaim(record, rules(registration('acme')), 0, now)).toEqual({ outcome: 'refused', conflict });
    expect(decideClaim(claim, rules(registration('acme', { until: now })), 0, now).outcome).toBe('protected');
  });

  it('is refused while a list of the policy names the account, and only then', () => {
    const bosch = { ...claim, account: { domain: 'bosch.com' } };
    expect(decideClaim(bosch, rules(), 0, now)).toEqual({
      outcome: 'refused',
      conflict: { with: 'named-account', list: 'named', version: 4, entry: 'bosch.com', from: Date.UTC(2026, 0, 1) },
    });
    const daimler = { ...claim, account: { company: 'Daimler' } };
    expect(decideClaim(daimler, rules(), 0, now).outcome).toBe('protected');
    const elsewhere = {
      ...rules(),
      policy: policyOf({ ...document, pools: [{ ...pool, namedAccounts: undefined }] }, 1),
    };
    expect(decideClaim(bosch, elsewhere, 0, now).outcome).toBe('protected');
  });

  it('is refused by any of its keys, and by one that begins by a clock that runs ahead', () => {
    const named = registration('acme', { account: { company: 'Siemens AG' }, from: now + 5_000 });
    const both = { ...claim, account: { domain: 'siemens.com', company: 'Siemens' } };
    expect(decideClaim(both, rules(named), 0, now)).toMatchObject({
      outcome: 'refused',
      conflict: { partner: 'acme' },
    });
    const daimler = { ...claim, account: { domain: 'bosch-group.com', company: 'Bosch' } };
    expect(decideClaim(daimler, rules(named), 0, now)).toMatchObject({ outcome: 'protected', from: now + 5_000 });
  });

  it('that the partner has made already stands as it is', () => {
    const own = registration('bolt');
    expect(decideClaim(claim, rules(own), 2, now)).toEqual({ outcome: 'standing', claim: own });
  });

  it('is one of as many as the policy allows, and none where it has no deal registration', () => {
    expect(decideClaim(claim, rules(), 2, now)).toEqual({ outcome: 'too-many', most: 2 });
    const without = { ...rules(), policy: policyOf({ name: 'emea', pools: [pool] }, 1) };
    expect(decideClaim(claim, without, 0, now)).toEqual({ outcome: 'not-offered' });
    const record = { ...claim, kind: 'partner-of-record' } as const;
    expect(decideClaim(record, without, 99, now)).toEqual({ outcome: 'protected', from: now });
    expect(decideClaim({ ...record, until: now + day }, without, 0, now)).toEqual({
      outcome: 'protected',
      from: now,
      until: now + day,
    });
  });
});
