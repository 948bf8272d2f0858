import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bindMapping, historyFields, type Mapping, parseMapping, readDeal, readPolicyDraft } from '@fairlead/decisions';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');

it('has an example of a policy that is one, and a page that knows all its words', () => {
  const reading = readPolicyDraft(read('docs/examples/policy.yaml'));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const page = read('docs/policies.md');
  const words = reading.document.pools.flatMap((pool) => [...Object.keys(pool), ...Object.keys(pool.match)]);
  expect([...new Set(words)].filter((word) => word !== 'id' && !page.includes(`\`${word}\``))).toEqual([]);
});

it('learns from the same fields, in its example, that new leads are mapped to, and from their outcome', () => {
  const [mapping, history] = ['mapping', 'history'].map((name) =>
    parseMapping(parse(read(`docs/examples/xeducation-${name}.yaml`))),
  );
  if (!mapping?.ok || !history?.ok) throw new Error('an example is no mapping');
  const { Converted: outcome, ...columns } = history.mapping.columns;
  expect(outcome).toBe('outcome');
  expect({ ...history.mapping, columns }).toEqual(mapping.mapping);
});

it('has mappings of histories that are such, on their page and as an example, whose rows are deals', () => {
  const page = [...read('docs/history.md').matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '');
  const example = read('docs/examples/crm-history.yaml');
  const mappings = [...page, example].map((text) => parseMapping(parse(text)));
  expect(mappings.map(({ ok }) => ok)).toEqual([true, true, true]);
  const [mapping] = mappings.flatMap((each) => (each.ok ? [each.mapping] : [])).slice(-1);
  const [header = [], ...rows] = example
    .split('\n')
    .flatMap((line) => (/^# {3}\S.*,/.test(line) ? [line.slice(4).split(',')] : []));
  const bound = bindMapping(mapping as Mapping, header);
  const told = rows.map((row) => {
    const mapped = bound.ok ? bound.apply(row) : bound;
    if (!mapped.ok) throw new Error(JSON.stringify(mapped.errors));
    return readDeal({ ...mapped.lead, ...mapped.history }, { sourceId: 'crm', now: Date.UTC(2026, 0, 1) });
  });
  expect(told).toMatchObject([
    { told: { party: 'direct', outcome: 'won', amount: { value: 18_500, currency: 'EUR' } } },
    { told: { party: 'nordwind', outcome: 'lost', reason: 'no-budget', facts: { country: 'DE' } } },
  ]);
});

it('has a page on histories that knows every field of a deal', () => {
  const page = read('docs/history.md');
  const fields = [...historyFields, 'externalId', 'occurredAt'].filter((field) => !page.includes(`\`${field}\``));
  expect(fields).toEqual([]);
});
