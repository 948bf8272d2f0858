import { type NamedAccountDocument, NamedAccountList, readNamedAccounts } from './named-accounts.js';

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
      problems: [
        { path: 'entries[0]', line: 4, detail: 'needs a domain or a company, not both' },
        { path: 'entries[1].domain', line: 5, detail: 'is no domain' },
        { path: 'entries[1].from', line: 5, detail: expect.stringContaining('must be a date') },
        { path: 'entries[2].company', line: 6, detail: 'is no name' },
        { path: 'entries[2].until', line: 6, detail: 'is before it begins' },
      ],
    });
  });
});
