import type { Example } from './examples.js';
import { trainModel } from './study.js';

const quiet = { read: () => undefined, learned: () => undefined };

it('says which columns the mapping passes over, when nothing is left to learn from', () => {
  const lead = { facts: { engagement: {}, attributes: {} }, reachable: { email: false, phone: false } };
  const examples = Array.from({ length: 100 }, (_, row): Example => ({ id: String(row), lead, won: row % 2 === 0 }));
  const of = (leftOut: readonly string[]) => () =>
    trainModel(
      { examples, names: new Map(), leftOut, notUnderstood: [], hasIds: true },
      { name: 'm', folds: 2, keepLeaky: false },
      quiet,
    );
  expect(of(['Lead Source', 'City'])).toThrow(
    'The mapping does not say what “Lead Source”, “City” are: name what is known when a lead comes in, such as { "Lead Source": "attributes.Lead Source" }.',
  );
  expect(of([])).toThrow(/no column is left\.$/);
});
