import { applyMapping, bindMapping, type Mapping, mappingOfOurFields, parseMapping } from './mapping.js';

const mapping = {
  columns: {
    'Prospect ID': 'externalId',
    Country: 'country',
    'Do Not Email': 'consent',
    TotalVisits: 'engagement.visits',
    Tag: 'attributes.tag',
    Converted: 'outcome',
  },
  values: { country: { unknown: '', 'Asia/Pacific Region': null }, consent: { No: true, Yes: false } },
  constants: { product: 'course' },
};

describe('a mapping', () => {
  it('turns a row of a table into our fields, and its values into ours', () => {
    const header = ['Prospect ID', 'Country', 'Do Not Email', 'TotalVisits', 'Tag', 'Converted', 'Magazine', ''];
    const bound = bindMapping(mapping, header);
    expect(bound.ok && bound.apply(['a-1', ' India ', 'No', '5', '007', '1', 'No', ''])).toEqual({
      ok: true,
      lead: {
        externalId: 'a-1',
        country: 'India',
        consent: true,
        engagement: { visits: 5 },
        attributes: { tag: '007' },
        product: 'course',
      },
      history: { outcome: '1' },
    });
  });

  it('leaves blank what says nothing', () => {
    expect(applyMapping({ 'Prospect ID': 'a-1', Country: 'unknown', TotalVisits: '' }, mapping)).toEqual({
      ok: true,
      lead: { externalId: 'a-1', product: 'course' },
      history: {},
    });
    expect(applyMapping({ Country: 'Asia/Pacific Region' }, mapping)).toMatchObject({ lead: { product: 'course' } });
  });

  it('takes plain numerals as numbers where values are free, and as text elsewhere', () => {
    const columns = { id: 'externalId', a: 'engagement.a', b: 'engagement.b', c: 'attributes.c', d: 'attributes.d' };
    const row = { id: 42, a: '2.50', b: '-3', c: '1e5', d: '12345678901234567890' };
    expect(applyMapping(row, { columns })).toMatchObject({
      lead: {
        externalId: '42',
        engagement: { a: 2.5, b: -3 },
        attributes: { c: '1e5', d: '12345678901234567890' },
      },
    });
  });

  it('names a column that it does not know, if it is to be strict', () => {
    const errors = [{ field: 'Magazine', rule: 'unknown-column', detail: expect.any(String) }];
    expect(applyMapping({ Magazine: 'x' }, { columns: {} })).toEqual({ ok: true, lead: {}, history: {} });
    expect(applyMapping({ Magazine: 'x' }, { columns: {} }, { strict: true })).toEqual({ ok: false, errors });
    expect(bindMapping({ columns: {} }, ['Magazine', ''], { strict: true })).toEqual({ ok: false, errors });
  });

  it('names a column that is missing or there twice', () => {
    const columns = { Email: 'email', Phone: 'phone' };
    expect(bindMapping({ columns }, ['Email', 'email', 'Email'])).toMatchObject({
      ok: false,
      errors: [
        { field: 'Phone', rule: 'missing-column' },
        { field: 'Email', rule: 'twice' },
      ],
    });
  });

  it('refuses a row with more cells than there are columns, and takes one with fewer as blank', () => {
    const bound = bindMapping({ columns: { Email: 'email' } }, ['Email', 'Name']);
    expect(bound.ok && bound.apply(['a@example.com', 'A', 'B'])).toMatchObject({
      ok: false,
      errors: [{ rule: 'cells' }],
    });
    expect(bound.ok && bound.apply([])).toEqual({ ok: true, lead: {}, history: {} });
  });

  it('is not needed for a table in our own words', () => {
    expect(mappingOfOurFields(['email', 'attributes.x', 'E-Mail', 'constructor'])).toEqual({
      columns: { email: 'email', 'attributes.x': 'attributes.x' },
    });
  });

  it('makes nobody up: a channel that its values do not name is refused, and one that they leave empty was not said', () => {
    const mapping = {
      columns: { Route: 'channel', Id: 'externalId' },
      values: { channel: { Field: 'direct', '?': '' } },
    };
    const bound = bindMapping(mapping, ['Route', 'Id']);
    const applied = (route: string) => (bound.ok ? bound.apply([route, '1']) : undefined);
    expect(applied(' Field ')).toMatchObject({ history: { channel: 'direct' } });
    expect(applied('?')).toMatchObject({ ok: true, history: {} });
    expect(applied('')).toMatchObject({ ok: true, history: {} });
    expect(applied('fieldd')).toMatchObject({ ok: false, errors: [{ field: 'channel', rule: 'unmapped' }] });
    expect(applyMapping({ Route: 'fieldd' }, mapping)).toMatchObject({ ok: false, errors: [{ rule: 'unmapped' }] });
    const open = { columns: { Route: 'channel' } };
    expect(applyMapping({ Route: 'nordwind' }, open)).toMatchObject({ history: { channel: 'nordwind' } });
  });

  it('is not confused by columns and values that are words of JavaScript', () => {
    const strange: unknown = JSON.parse(
      '{"columns":{"__proto__":"email","constructor":"company"},"values":{"email":{"toString":"x@y.example"}}}',
    );
    expect(parseMapping(strange)).toMatchObject({ ok: true });
    const row = JSON.parse('{"__proto__":"hasOwnProperty","constructor":"valueOf"}') as Record<string, unknown>;
    expect(applyMapping(row, strange as Mapping)).toEqual({
      ok: true,
      lead: { email: 'hasOwnProperty', company: 'valueOf' },
      history: {},
    });
  });

  it.each([
    [{ columns: { A: 'e-mail' } }, 'e-mail', 'unknown-field'],
    [{ columns: {}, constants: { colour: 'red' } }, 'colour', 'unknown-field'],
    [{ columns: {}, values: { colour: {} } }, 'colour', 'unknown-field'],
    [{ columns: { A: 'attributes.__proto__' } }, 'attributes.__proto__', 'unknown-field'],
    [{ columns: { A: 'engagement.' } }, 'engagement.', 'unknown-field'],
    [{ columns: { A: 'email', B: 'email' } }, 'email', 'twice'],
    [{ columns: { A: 'email' }, constants: { email: 'x@example.com' } }, 'email', 'twice'],
    [{ columns: { A: 1 } }, 'mapping.columns.A', 'shape'],
    [{ columns: {}, colums: {} }, 'mapping.colums', 'unknown-field'],
    [{}, 'mapping', 'shape'],
    [null, 'mapping', 'shape'],
    [[], 'mapping', 'shape'],
  ])('is refused, and the field named: %j', (document, field, rule) => {
    expect(parseMapping(document)).toMatchObject({ ok: false, errors: [{ field, rule }] });
  });
});
