import { LeadIds } from './lead-ids.js';

/** Any but the last could be taken for it by whoever looks at too little. */
const others = [
  ...[
    '',
    'x',
    '00000000-0000-4000-8000-00000000000',
    '00000000-0000-4000-8000-0000000000001',
    '00000000000040008000000000000001',
  ],
  ...[
    '00000000 0000-4000-8000-000000000001',
    '00000000-000-04000-8000-000000000001',
    '00000000-0000-4000-8000-00000000000g',
  ],
  ...[
    '00000000-0000-4000-8000-00000000000é',
    '00000000-0000-4000-8000-0000000000０1',
    '00000000-0000-4000-8000-00000000000A',
  ],
  '00000000-0000-4000-8000-000000000001',
];

/** Hardly any of them is not a UUID; of those that are, some look alike to whoever looks at a part of them only. */
const idOf = (index: number) =>
  index % 10 === 0
    ? String(index)
    : `00000000-0000-4000-8000-${(index * 2_654_435_761).toString(16).padStart(12, '0')}`;

describe('the ids of leads', () => {
  it('are told apart and told again, however many there are', () => {
    const ids = new LeadIds();
    const all = Array.from({ length: 40_000 }, (_, index) => idOf(index));
    for (const [index, id] of all.entries()) {
      expect(ids.find(id)).toBeUndefined();
      expect(ids.add(id)).toBe(index);
    }
    expect(all.map((id) => ids.find(id))).toEqual(all.map((_, index) => index));
    expect(all.map((_, index) => ids.at(index))).toEqual(all);
    // In capitals it is another text, and in the log another lead.
    expect(ids.find('00000000-0000-4000-8000-ABCDEF000001')).toBeUndefined();
  });

  it('are told apart also where they are none, but nearly look like one', () => {
    const ids = new LeadIds();
    expect(others.map((id) => [ids.find(id), ids.add(id)])).toEqual(others.map((_, index) => [undefined, index]));
    expect(others.map((id) => ids.find(id))).toEqual(others.map((_, index) => index));
    expect(others.map((_, index) => ids.at(index))).toEqual(others);
  });
});
