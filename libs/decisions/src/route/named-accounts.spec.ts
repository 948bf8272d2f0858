import { contentHash } from '../document/content-hash.js';
import { type NamedAccountDocument, NamedAccountList } from './named-account-list.js';
import { MAX_NAMED_ACCOUNTS, readNamedAccounts } from './named-accounts.js';

const list = `
owner: jane.doe
entries:
  - { domain: www.Siemens.com, owner: north, from: 2026-01-01, until: 2026-12-31 }
  - { company: "L'Oréal", owner: south, from: 2026-03-01T12:00:00Z }
`;

function read(source: unknown): NamedAccountDocument {
  const reading = readNamedAccounts(source);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.document;
}

describe('a list of named accounts', () => {
  it('is kept with registered domains, and with times in milliseconds', () => {
    expect(read(list)).toEqual({
      owner: 'jane.doe',
      entries: [
        { domain: 'siemens.com', owner: 'north', from: Date.UTC(2026, 0, 1), until: Date.UTC(2027, 0, 1) },
        { company: "L'Oréal", owner: 'south', from: Date.UTC(2026, 2, 1, 12) },
      ],
    });
  });

  it('reserves an account from its first to its last day, and no other moment', () => {
    const accounts = new NamedAccountList('emea', 1, read(list));
    const reserved = (facts: object, now: number) => accounts.match(facts, now)?.owner;
    const siemens = { companyDomain: 'siemens.com' };
    expect(reserved(siemens, Date.UTC(2026, 0, 1) - 1)).toBeUndefined();
    expect(reserved(siemens, Date.UTC(2026, 0, 1))).toBe('north');
    expect(reserved(siemens, Date.UTC(2027, 0, 1) - 1)).toBe('north');
    expect(reserved(siemens, Date.UTC(2027, 0, 1))).toBeUndefined();
    expect(reserved({ company: 'L’OREAL' }, Date.UTC(2026, 2, 1, 12))).toBe('south');
  });

  it('does not reserve what only sounds alike', () => {
    const accounts = new NamedAccountList('emea', 1, read(list));
    const now = Date.UTC(2026, 5, 1);
    const alike = [{ company: "L'Oréal Paris" }, { companyDomain: 'siemens.com.evil.org' }, { company: 'Siemens' }, {}];
    expect(alike.map((facts) => accounts.match(facts, now))).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('tells all that is wrong with it', () => {
    expect(
      readNamedAccounts(`
owner: jane
entries:
  - { owner: north, from: 2026-01-01 }
  - { domain: localhost, owner: north, from: 01/02/2026, until: 2026-01-01 }
  - { company: "...", owner: north, from: 2026-02-02, until: 2026-01-01 }
`),
    ).toEqual({
      ok: false,
      count: 5,
      problems: [
        { path: 'entries[0]', line: 4, detail: 'needs a domain or a company, not both' },
        { path: 'entries[1].domain', line: 5, detail: 'is no domain' },
        { path: 'entries[1].from', line: 5, detail: expect.stringContaining('must be a date') },
        { path: 'entries[2].company', line: 6, detail: 'is no name' },
        { path: 'entries[2].until', line: 6, detail: 'is before it begins' },
      ],
    });
  });

  it('is the same list in whatever order its rows are written', () => {
    const entries = [
      { domain: 'b.com', owner: 'north', from: '2026-01-01' },
      { company: 'Alpha AG', owner: 'north', from: '2026-01-01' },
      { domain: 'a.com', owner: 'north', from: '2027-01-01' },
      { domain: 'a.com', owner: 'south', from: '2026-01-01' },
      { domain: 'a.com', owner: 'east', from: '2026-01-01', until: '2026-06-30' },
    ];
    const document = read({ owner: 'jane', entries });
    expect(document.entries.map(({ domain, company, owner }) => `${domain ?? company} ${owner}`)).toEqual([
      'a.com east',
      'a.com south',
      'a.com north',
      'b.com north',
      'Alpha AG north',
    ]);
    expect(contentHash(read({ owner: 'jane', entries: entries.toReversed() }))).toBe(contentHash(document));
  });

  it('is read whole or not at all, with every problem of however many rows', () => {
    const entries: object[] = Array.from({ length: 50_000 }, (_, index) => ({
      domain: `account-${index}.com`,
      owner: 'north',
      from: '2026-01-01',
    }));
    expect(read({ owner: 'jane', entries }).entries).toHaveLength(50_000);

    entries[16] = { domain: 'localhost', owner: 'north', from: '2026-01-01' };
    entries[4_000] = { domain: 'siemens.com', owner: 'north', from: '01/02/2026' };
    entries[49_999] = { company: 'Siemens', from: '2026-01-01' };
    expect(readNamedAccounts({ owner: 'jane', entries })).toEqual({
      ok: false,
      count: 3,
      problems: [
        { path: 'entries[16].domain', detail: 'is no domain' },
        { path: 'entries[4000].from', detail: expect.stringContaining('must be a date') },
        { path: 'entries[49999].owner', detail: 'is missing' },
      ],
    });
  });

  it('tells the first hundred problems, and how many there are', () => {
    const reading = readNamedAccounts({ owner: ' ', entries: Array.from({ length: 1_000 }, () => ({})) });
    expect(reading).toMatchObject({ ok: false, count: 2_001 });
    expect(!reading.ok && reading.problems).toHaveLength(100);
    expect(!reading.ok && reading.problems[0]).toEqual({ path: 'owner', detail: 'is blank' });
  });

  it('has a limit, and is a list', () => {
    const wrong = (source: unknown) => {
      const reading = readNamedAccounts(source);
      return reading.ok ? [] : reading.problems.map(({ path, detail }) => `${path}: ${detail}`);
    };
    const entries = Array.from({ length: MAX_NAMED_ACCOUNTS + 1 }, () => ({
      company: 'Alpha',
      owner: 'north',
      from: '2026-01-01',
    }));
    expect(wrong({ owner: 'jane', entries: entries.slice(1) })).toEqual([]);
    expect(wrong({ owner: 'jane', entries })).toEqual(['entries: has more than 100000 entries']);
    expect(wrong({ owner: 'jane' })).toEqual(['entries: is missing']);
    expect(wrong({ owner: 'jane', entries: {} })).toEqual(['entries: must be array']);
    expect(wrong(undefined)).toEqual([': must be object']);
    expect(wrong([])).toEqual([': must be object']);
    expect(wrong({ owner: 'jane', entries: [null, 'x'], ceiling: 20 })).toEqual([
      ': unknown key: ceiling',
      'entries[0]: must be object',
      'entries[1]: must be object',
    ]);
    const crowd = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 1]));
    expect(wrong({ owner: 'jane', entries: [crowd] })).toEqual(['entries[0]: has more than 20 fields']);
    expect(wrong({ owner: 'jane', entries: [], ...crowd }).length).toBeLessThan(30);
    expect(wrong({ owner: 'jane', entries: [{ company: 'A\0', owner: 'north', from: '2026-01-01' }] })).toEqual([
      'entries[0]: it holds text with a NUL character',
    ]);
  });

  it('reserves a company by its name, without regard to what it is by law', () => {
    const entries = [
      { company: 'Nordlicht GmbH & Co. KG', owner: 'north', from: '2026-01-01' },
      { company: 'SAS', owner: 'south', from: '2026-01-01' },
    ];
    const accounts = new NamedAccountList('emea', 1, read({ owner: 'jane', entries }));
    const matched = (company: string) => accounts.match({ company }, Date.UTC(2026, 5, 1))?.owner;
    expect(['Nordlicht', 'NORDLICHT AG', 'Nórdlicht, Ltd.', 'SAS', 'SAS AB'].map(matched)).toEqual([
      ...['north', 'north', 'north'],
      ...['south', 'south'],
    ]);
    const others = ['Nordlicht Süd GmbH', 'Nordlichter', 'GmbH & Co. KG', 'AG', '', '...', 'Sassy'];
    expect(others.map(matched)).toEqual(others.map(() => undefined));
  });

  it('reserves a subsidiary only where the list names it', () => {
    const entries = ['siemens.com', 'shop.siemens.co.uk'].map((domain) => ({
      domain,
      owner: 'north',
      from: '2026-01-01',
    }));
    const accounts = new NamedAccountList('emea', 1, read({ owner: 'jane', entries }));
    const matched = (companyDomain: string) => accounts.match({ companyDomain }, Date.UTC(2026, 5, 1))?.domain;
    const asked = ['siemens.com', 'siemens.co.uk', 'siemens.de', 'siemens-energy.com', 'co.uk'];
    expect(asked.map(matched)).toEqual(['siemens.com', 'siemens.co.uk', undefined, undefined, undefined]);
  });

  it('costs a decision as much with ten thousand accounts as with one', () => {
    let looks = 0;
    const counted = (entry: { domain: string } | { company: string }) =>
      Object.defineProperty({ ...entry, owner: 'north' }, 'from', {
        enumerable: true,
        get: () => {
          looks++;
          return 0;
        },
      }) as unknown as NamedAccountDocument['entries'][number];
    const looksIn = (count: number) => {
      const entries = Array.from({ length: count }, (_, index) => [
        counted({ domain: `account-${index}.com` }),
        counted({ company: `Account ${index} GmbH` }),
      ]).flat();
      const accounts = new NamedAccountList('emea', 1, { owner: 'jane', entries }, 'a'.repeat(64));
      const costs = [
        { companyDomain: 'account-0.com' },
        { companyDomain: 'nobody.com', company: 'Account 0 AG' },
        { companyDomain: 'nobody.com', company: 'Nobody' },
        {},
      ].map((facts) => {
        looks = 0;
        return [accounts.match(facts, 1)?.owner, looks];
      });
      return costs;
    };
    expect(looksIn(10_000)).toEqual(looksIn(1));
    expect(looksIn(1)).toEqual([
      ['north', 1],
      ['north', 1],
      [undefined, 0],
      [undefined, 0],
    ]);
  });
});
