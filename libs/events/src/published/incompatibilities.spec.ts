import { incompatibilities, type Schema } from './incompatibilities.js';

const published: Schema = {
  $id: 'urn:fairlead:lead.tested:1',
  type: 'object',
  additionalProperties: false,
  required: ['name', 'points'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 10, pattern: '^[a-z]+$' },
    points: { type: 'number', minimum: 0, maximum: 100 },
    grade: { type: 'string', enum: ['A', 'B'] },
    version: { const: 1 },
    note: { type: ['string', 'null'] },
    steps: {
      type: 'array',
      minItems: 1,
      maxItems: 5,
      items: { type: 'object', additionalProperties: false, properties: { at: { type: 'integer' } } },
    },
    free: { type: 'object', maxProperties: 4, patternProperties: { '^[a-z]$': { type: ['string', 'number'] } } },
  },
};

type Patch = Readonly<Record<string, unknown>>;

/** The published schema with some places in it set, or removed where the value is undefined. */
function patched(patch: Patch): Schema {
  const copy: Record<string, unknown> = structuredClone(published);
  for (const [path, value] of Object.entries(patch)) {
    const keys = path.split('/');
    const last = keys.pop()!;
    const parent = keys.reduce((node, key) => node[key] as Record<string, unknown>, copy);
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  }
  return copy;
}

describe('a published schema', () => {
  it('is kept by itself', () => {
    expect(incompatibilities(published, structuredClone(published))).toEqual([]);
  });

  const word = { type: 'string' };
  it.each<[string, Patch, string[]]>([
    ['a field is removed', { 'properties/grade': undefined }, ['grade: removed (a renamed field is a removed one)']],
    [
      'a field is renamed',
      { 'properties/grade': undefined, 'properties/level': { type: 'string', enum: ['A', 'B'] } },
      ['grade: removed (a renamed field is a removed one)'],
    ],
    [
      'a field deep inside is removed',
      { 'properties/steps/items/properties/at': undefined },
      ['steps[].at: removed (a renamed field is a removed one)'],
    ],
    [
      'a new field is required',
      { 'properties/owner': word, required: ['name', 'points', 'owner'] },
      ['owner: required, and was not'],
    ],
    ['an optional field becomes required', { required: ['name', 'points', 'grade'] }, ['grade: required, and was not']],
    [
      'a required field becomes optional',
      { required: ['name'] },
      ['points: no longer required, and readers count on it'],
    ],
    ['a type is another', { 'properties/name/type': 'integer' }, ['name: no longer string']],
    ['a number becomes an integer', { 'properties/points/type': 'integer' }, ['points: no longer number']],
    ['one of two types goes', { 'properties/note/type': 'string' }, ['note: no longer null']],
    ['a word goes', { 'properties/grade/enum': ['A', 'C'] }, ['grade: "B" is no longer allowed']],
    ['a constant is another', { 'properties/version/const': 2 }, ['version: 1 is no longer allowed']],
    [
      'words are listed where any were allowed',
      { 'properties/name/enum': ['a'] },
      ['name: only certain values are allowed now'],
    ],
    ['a text gets shorter', { 'properties/name/maxLength': 9 }, ['name: maxLength was 10 and is 9']],
    ['a text must be longer', { 'properties/name/minLength': 2 }, ['name: minLength was 1 and is 2']],
    ['a maximum sinks', { 'properties/points/maximum': 99 }, ['points: maximum was 100 and is 99']],
    ['a minimum rises', { 'properties/points/minimum': 1 }, ['points: minimum was 0 and is 1']],
    ['a list gets shorter', { 'properties/steps/maxItems': 4 }, ['steps: maxItems was 5 and is 4']],
    ['a limit is new', { 'properties/note/maxLength': 9 }, ['note: maxLength 9 is new']],
    ['a pattern changes', { 'properties/name/pattern': '^[a-y]+$' }, ['name: its pattern changed']],
    [
      'free names change',
      { 'properties/free/patternProperties': { '^[b-z]$': word } },
      ['free: names that were allowed no longer are'],
    ],
    ['free values are narrowed', { 'properties/free/patternProperties/^[a-z]$': word }, ['free.*: no longer number']],
    [
      'an open object is closed',
      { 'properties/free/additionalProperties': false },
      ['free: other fields are no longer allowed'],
    ],
    [
      'a keyword comes that nobody judged',
      { 'properties/points/multipleOf': 5 },
      ['points: "multipleOf" changed, and whether that is compatible is not known'],
    ],
  ])('is broken when %s', (_what, patch, breaches) => {
    expect(incompatibilities(published, patched(patch))).toEqual(breaches);
  });

  it.each<[string, Patch]>([
    ['a description changes', { 'properties/name/description': 'another' }],
    ['an optional field is added', { 'properties/owner': word }],
    ['a word is added', { 'properties/grade/enum': ['A', 'B', 'C'] }],
    ['an integer becomes a number', { 'properties/steps/items/properties/at/type': 'number' }],
    ['a limit is widened', { 'properties/name/maxLength': 20 }],
    ['a limit falls away', { 'properties/name/pattern': undefined }],
  ])('is kept when %s', (_what, patch) => {
    expect(incompatibilities(published, patched(patch))).toEqual([]);
  });
});
