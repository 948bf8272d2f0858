import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseMapping, readPolicyDraft } from '@fairlead/decisions';
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
