import { readDeal } from './read-deal.js';

const now = Date.UTC(2026, 0, 15, 12);
const whole = {
  externalId: '006-1',
  channel: 'channel',
  owner: 'Nordwind Systemhaus',
  occurredAt: '2025-03-01',
  outcome: 'won',
  outcomeAt: '2025-05-02T10:00:00+02:00',
  amount: '12500.50',
  currency: 'EUR',
};
const read = (row: unknown) => readDeal(row, { sourceId: 'crm', now });
const rulesOf = (row: unknown) => {
  const reading = read(row);
  return reading.ok ? [] : reading.errors.map(({ field, rule }) => `${field} ${rule}`);
};

describe('reading a deal that was closed elsewhere', () => {
  it('understands whose it was, when, what became of it, and what is known of the customer', () => {
    const more = {
      country: 'Germany',
      employees: '50-200',
      grade: 'B',
      qualifiedAt: '2025-04-01',
      attributes: { size: 3 },
    };
    expect(read({ ...whole, ...more })).toEqual({
      ok: true,
      told: {
        ...{ sourceId: 'crm', externalId: '006-1', party: 'nordwind-systemhaus', grade: 'B' },
        facts: { country: 'DE', employees: 50, engagement: {}, attributes: { size: 3 } },
        ...{ occurredAt: Date.UTC(2025, 2, 1), outcome: 'won', outcomeAt: Date.UTC(2025, 4, 2, 8) },
        ...{ qualifiedAt: Date.UTC(2025, 3, 1), amount: { value: 12_500.5, currency: 'EUR' } },
      },
    });
  });

  it('says nothing of what a row leaves out, so that a later file need not say it again', () => {
    expect(read({ externalId: '006-1', channel: '', outcome: null, occurredAt: ' ' })).toEqual({
      ok: true,
      told: { sourceId: 'crm', externalId: '006-1', facts: { engagement: {}, attributes: {} } },
    });
  });

  it.each([
    ['no id', { ...whole, externalId: ' ' }, ['externalId required']],
    ['an address for an id', { ...whole, externalId: 'jane@example.com' }, ['externalId personal-data']],
    ['a channel that nobody knows', { ...whole, channel: 'Carrier pigeon' }, ['channel channel']],
    ['an owner without a channel', { ...whole, channel: '' }, ['channel required']],
    ['a day that there is not', { ...whole, occurredAt: '2025-02-31' }, ['occurredAt moment']],
    ['an outcome on a day that there is not', { ...whole, outcomeAt: '2025-02-31' }, ['outcomeAt moment']],
    ['a year that somebody mistyped', { ...whole, outcomeAt: '0217-05-02' }, ['outcomeAt moment']],
    ['a day that may be one of two', { ...whole, outcomeAt: '04/05/2025' }, ['outcomeAt moment']],
    ['a beginning to come', { ...whole, occurredAt: '2026-01-17' }, ['occurredAt future']],
    ['an outcome to come', { ...whole, outcomeAt: '2026-06-01' }, ['outcomeAt future']],
    ['an outcome without its time', { ...whole, outcomeAt: '' }, ['outcomeAt required']],
    ['an outcome that there is not', { ...whole, outcome: 'Closed Won' }, ['outcome outcome']],
    ['a grade that there is not', { ...whole, grade: 'E' }, ['grade grade']],
    ['a reason that is not of the list', { ...whole, reason: 'price' }, ['reason reason']],
    ['money that was lost', { ...whole, amount: -5 }, ['amount amount']],
    ['money that was lost, in a table', { ...whole, amount: '-5' }, ['amount amount']],
    ['an amount as a spreadsheet shows it', { ...whole, amount: '12.500,00' }, ['amount amount']],
    ['more money than there is', { ...whole, amount: 1e13 }, ['amount amount']],
    ['an amount of no currency', { ...whole, currency: '' }, ['currency required']],
    ['a currency that there is not', { ...whole, currency: 'EURO' }, ['currency currency']],
    ['smaller change than the currency has', { ...whole, amount: 1.234 }, ['amount amount']],
    ['another source', { ...whole, source: 'other' }, ['source other-source']],
    ['a field that is not known', { ...whole, stage: 'x' }, ['stage unknown-field']],
    ['a list for a date', { ...whole, outcomeAt: ['2025-01-01'] }, ['outcomeAt type']],
    ['no deal at all', 7, ['deal type']],
    ['all at once', { channel: 'Fax', amount: -1 }, ['externalId required', 'channel channel', 'amount amount']],
  ])('refuses %s', (_, row, rules) => {
    expect(rulesOf(row)).toEqual(rules);
  });

  it.each(['firstName', 'lastName', 'email', 'phone', 'message', 'consent'])('takes no %s: it is refused', (field) => {
    expect(rulesOf({ ...whole, [field]: 'somebody@example.com' })).toEqual([`${field} contact-data`]);
    expect(rulesOf({ ...whole, [field]: '' })).toEqual([]);
  });

  it('does not keep who of direct’s people owned a deal', () => {
    expect(JSON.stringify(read({ ...whole, channel: 'direct', owner: 'Jane Doe' }))).not.toContain('Jane');
  });

  it('never quotes what was sent', () => {
    const secret = 'somebody@example.com';
    const fields = [
      'channel',
      'owner',
      'grade',
      'outcome',
      'outcomeAt',
      'reason',
      'amount',
      'currency',
      'email',
      'occurredAt',
    ];
    for (const field of fields) expect(JSON.stringify(read({ ...whole, [field]: secret }))).not.toContain(secret);
  });
});
