import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Intake as IntakeQueue } from '../src/intake/intake.js';
import { type Answer, type Intake, sharedData, startIntake } from './fixture/intake.js';

let intake: Intake;

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('website');
});
afterAll(() => intake.end());

const post = (type: string, body: string | Buffer | Readable, query = '', headers: Record<string, string> = {}) =>
  intake.call(`/v1/leads?source=website${query}`, { type, body, headers });
const json = (body: string | Buffer) => post('application/json', body);
const ndjson = (body: string | Buffer | Readable, headers = {}) => post('application/x-ndjson', body, '', headers);
const csv = (body: string | Buffer | Readable, query = '') => post('text/csv', body, query);
const outcomes = ({ body }: Answer) =>
  body.results?.map(({ status, errors }) => [status, ...(errors ?? []).map(({ field, rule }) => `${field}: ${rule}`)]);
const problem = (status: number, more: Record<string, unknown> = {}) => ({
  ...{ status, type: 'application/problem+json' },
  body: { type: expect.stringMatching(/^urn:fairlead:problem:/), title: expect.any(String), status, ...more },
});

/** As long as it says, without being in memory anywhere. */
function endless(bytes: number, chunk: string): Readable {
  const block = Buffer.from(chunk.repeat(Math.ceil(65_536 / chunk.length)));
  return Readable.from(
    (function* () {
      for (let sent = 0; sent < bytes; sent += block.length) yield block;
    })(),
  );
}

let heapBefore = 0;
const memory = () => process.memoryUsage().rss;

describe('a body that cannot be read', () => {
  it.each([
    ['', 1, 1],
    ['{"email": }', 1, 11],
    ['{"email":"a@b.example"', 1, 23],
    ['[{"email":"a@b.example"},\n]', 2, 1],
    ["{'email':'a@b.example'}", 1, 2],
  ])('is refused with the place where it goes wrong, and without what stands there: %j', async (body, line, column) => {
    const answer = await json(body);
    const detail = expect.stringContaining(`at line ${line}, column ${column}`);
    expect(answer).toMatchObject(problem(400, { detail }));
    expect(answer.text).not.toContain('b.example');
  });

  it('is refused when it is not there, whatever the address says of the leads', async () => {
    for (const query of ['', '&strict=true', '&mapping=none'])
      expect(await intake.call(`/v1/leads?source=website${query}`, { method: 'POST' })).toMatchObject(
        problem(400, { detail: 'There is no body: no lead was sent.' }),
      );
  });

  it('is refused when it is not UTF-8', async () => {
    expect(await json(Buffer.from('{"lastName":"J\u00fcrgen","externalId":"u-1"}', 'latin1'))).toMatchObject(
      problem(400, { detail: 'The body is not valid UTF-8.' }),
    );
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/json; charset=utf-16',
    'application/json, text/csv',
    'application/jsonx',
    'multipart/form-data; boundary=x',
    'text/csv; charset=latin1',
    'application/x-ndjson; header=present',
  ])('is refused when it is said to be %s', async (type) => {
    expect(await post(type, '{"externalId":"t-1"}')).toMatchObject(problem(415));
  });

  it('is refused when nothing says what it is', async () => {
    const answer = await intake.call('/v1/leads?source=website', { method: 'POST', body: '{"externalId":"t-1"}' });
    expect(answer).toMatchObject(problem(415));
  });

  it('is read as what it is said to be and nothing else', async () => {
    expect(outcomes(await csv('{"externalId":"t-2"}\n'))).toBeUndefined();
    expect((await csv('{"externalId":"t-2"}\n')).status).toBe(400);
    expect(outcomes(await ndjson('externalId\nt-3\n'))).toEqual([
      ['rejected', 'row: malformed-json'],
      ['rejected', 'row: malformed-json'],
    ]);
  });
});

describe('a body that is too large', () => {
  beforeEach(() => {
    heapBefore = memory();
  });

  it('is refused at once when it says so', async () => {
    const size = String(100 * 1024 * 1024);
    for (const type of ['application/json', 'application/x-ndjson', 'text/csv']) {
      const answer = await post(type, endless(100 * 1024 * 1024, 'x'), '', { 'content-length': size });
      expect([type, answer]).toMatchObject([type, problem(413)]);
    }
    expect(memory() - heapBefore).toBeLessThan(150 * 1024 * 1024);
  });

  it('is refused while it comes in, when it did not say so, and never held in memory', async () => {
    expect(await post('application/json', endless(100 * 1024 * 1024, ' '))).toMatchObject(problem(413));
    // One line without an end, a table whose cell has none, and leads without end.
    expect(await ndjson(endless(100 * 1024 * 1024, 'x'))).toMatchObject(problem(413));
    expect(await csv(endless(100 * 1024 * 1024, 'externalId,"x'))).toMatchObject({ status: 400 });
    expect(memory() - heapBefore).toBeLessThan(300 * 1024 * 1024);
  });

  it('is refused beyond 100,000 rows, and says how far it was taken', async () => {
    const rows = { type: 'application/x-ndjson', body: endless(1_000_000, '{"a":1}\n') };
    const answer = await intake.call('/v1/leads', rows);
    expect(answer).toMatchObject(problem(413, { detail: expect.stringMatching(/100000 rows.*The first \d+ rows/) }));
  });

  it('row by row only costs its rows', async () => {
    const long = JSON.stringify({ externalId: 'long-1', message: 'x'.repeat(300_000) });
    expect(outcomes(await ndjson(`${long}\n{"externalId":"long-2"}\n`))).toEqual([
      ['rejected', 'row: too-long'],
      ['received'],
    ]);
  });
});

describe('lines of JSON', () => {
  it('are read one by one, whatever is between them', async () => {
    const body = [
      '\ufeff{"externalId":"l-1"}',
      '',
      '{"externalId":"l-2"}\r',
      '   ',
      '{"externalId":',
      '[{"externalId":"l-3"}]',
      '"l-4"',
      '{"externalId":"l-5"}',
    ].join('\n');
    expect(outcomes(await ndjson(body))).toEqual([
      ['received'],
      ['received'],
      ['rejected', 'row: malformed-json'],
      ['rejected', 'lead: type'],
      ['rejected', 'lead: type'],
      ['received'],
    ]);
  });

  it('that are not UTF-8 are rejected by themselves', async () => {
    const body = Buffer.concat([
      Buffer.from('{"externalId":"u-2"}\n'),
      Buffer.from('{"externalId":"u-3","city":"K\u00f6ln"}\n', 'latin1'),
      Buffer.from('{"externalId":"u-4","city":"Köln"}'),
    ]);
    expect(outcomes(await ndjson(body))).toEqual([['received'], ['rejected', 'row: utf-8'], ['received']]);
  });

  it('may be cut anywhere on their way', async () => {
    const body = Buffer.from('{"externalId":"c-1","city":"Köln"}\n{"externalId":"c-2","city":"東京"}\n');
    const bytes = Readable.from(
      (function* () {
        for (const byte of body) yield Buffer.from([byte]);
      })(),
    );
    expect(outcomes(await ndjson(bytes))).toEqual([['received'], ['received']]);
  });
});

describe('a table', () => {
  const mapping = (document: unknown) => `&mapping=${encodeURIComponent(JSON.stringify(document))}`;

  it('in our own words needs no mapping', async () => {
    const body =
      '\ufeffexternalId,company,engagement.pages,attributes.note\r\nt-10,"Acme, ""Inc""\nof Europe",7,\r\nt-11,,x,y\r\n\r\n';
    const answer = await csv(body);
    expect(outcomes(answer)).toEqual([['received'], ['received']]);
    const ids = answer.body.results?.map(({ id }) => id) ?? [];
    const events = await intake.said(ids, 2);
    expect(events.find(({ subject }) => subject === ids[0])?.data).toMatchObject({
      facts: { company: 'Acme, "Inc" of Europe', engagement: { pages: 7 }, attributes: {} },
    });
  });

  it('with a column that we do not know is refused, and the column named', async () => {
    const answer = await csv('externalId,Colour,__proto__\nt-12,red,x\n');
    expect(answer).toMatchObject(problem(400));
    expect(answer.body.errors?.map(({ field }) => field)).toEqual(['Colour', '__proto__']);
  });

  it('is understood by the mapping that comes with it', async () => {
    const document = { columns: { Nr: 'externalId', Land: 'country' }, values: { country: { '?': '' } } };
    const body = 'Nr;Land;Farbe\nt-13;Österreich;rot\nt-14;?;grün\nt-15;Nirgendwo;blau\n';
    expect(outcomes(await csv(body, mapping(document)))).toEqual([
      ['received'],
      ['received'],
      ['rejected', 'country: country'],
    ]);
    const strict = await csv(body, `${mapping(document)}&strict=true`);
    expect(strict).toMatchObject(
      problem(400, { errors: [{ field: 'Farbe', rule: 'unknown-column', detail: expect.any(String) }] }),
    );
  });

  it('is understood by its source’s mapping', async () => {
    await intake.source('export', {
      format: 'csv',
      mapping: { columns: { Nr: 'externalId', Ja: 'consent' } },
      defaults: { country: 'AT' },
    });
    const answer = await intake.call('/v1/leads?source=export', {
      type: 'text/csv',
      body: 'Nr,Ja\n1,yes\n2,perhaps\n',
    });
    expect(outcomes(answer)).toEqual([['received'], ['rejected', 'consent: consent']]);
    const [event] = await intake.said([answer.body.results?.[0]?.id ?? ''], 1);
    expect(event?.data).toMatchObject({ sourceId: 'export', consent: { given: true }, facts: { country: 'AT' } });
    // The mapping is about its tables; JSON speaks our words.
    expect((await intake.call('/v1/leads?source=export', { json: { externalId: '3' } })).status).toBe(202);
  });

  it.each([
    ['no JSON', 'mapping', 'columns'],
    ['an unknown field', 'e-mail', JSON.stringify({ columns: { A: 'e-mail' } })],
    ['no columns', 'mapping', '{}'],
  ])('is refused when the mapping has %s', async (_, field, text) => {
    expect(await csv('A\n1\n', `&mapping=${encodeURIComponent(text)}`)).toMatchObject(
      problem(400, { errors: [expect.objectContaining({ field })] }),
    );
  });

  it('without the column that the mapping names is refused, and the column named', async () => {
    expect(await csv('A\n1\n', mapping({ columns: { B: 'externalId' } }))).toMatchObject(
      problem(400, { errors: [{ field: 'B', rule: 'missing-column', detail: expect.any(String) }] }),
    );
  });

  it('has bad rows told by their index', async () => {
    const body = Buffer.concat([
      Buffer.from('externalId,city\nt-20,Bonn\nt-21,Bonn,more\nt-22\n'),
      Buffer.from('t-23,K\u00f6ln\n', 'latin1'),
      Buffer.from('t-24,5" pipe\n=cmd,Bonn\n"t-25,never closed\nt-26,lost\n'),
    ]);
    expect(outcomes(await csv(body))).toEqual([
      ['received'],
      ['rejected', 'row: cells'],
      ['received'],
      ['rejected', 'row: utf-8'],
      ['received'],
      ['received'],
      ['rejected', 'row: malformed-csv'],
    ]);
  });

  it('needs a header', async () => {
    expect(await csv('')).toMatchObject(problem(400, { detail: 'There is no header.' }));
    expect(outcomes(await csv('externalId\n'))).toEqual([]);
  });
});

describe('parameters', () => {
  it.each([
    ['colour=red', 'colour'],
    ['source=website', 'source'],
    ['strict=perhaps', 'strict'],
  ])('that are wrong are named: %s', async (query, field) => {
    const answer = await post('application/json', '{"externalId":"p-1"}', `&${query}`);
    expect(answer).toMatchObject(problem(400, { errors: [{ field, detail: expect.any(String) }] }));
  });
});

describe('what strangers send', () => {
  it('with words of JavaScript as its keys is a bad row like any other', async () => {
    const body =
      '[{"externalId":"j-1","__proto__":{"role":"admin"}},{"externalId":"j-2","constructor":{"prototype":{}}},{"externalId":"j-3"}]';
    expect(outcomes(await json(body))).toEqual([
      ['rejected', '__proto__: unknown-field'],
      ['rejected', 'constructor: unknown-field'],
      ['received'],
    ]);
  });

  it('nested as deep as it is long is a bad row and no crash', async () => {
    const deep = `{"externalId":"d-1","attributes":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`;
    const answer = await ndjson(`${deep}\n{"externalId":"d-2"}\n${'['.repeat(100_000)}\n`);
    expect(outcomes(answer)).toEqual([
      ['rejected', 'attributes.a: type'],
      ['received'],
      ['rejected', 'row: malformed-json'],
    ]);
    expect((await json(deep)).status).toBe(422);
  });

  const naughty = sharedData('blns.json');
  (naughty ? it : it.skip)('is kept or refused, and never upsets anything (../shared/data/blns.json)', async () => {
    const strings = JSON.parse(naughty?.toString() ?? '[]') as string[];
    const leads = strings.flatMap((text, index) => [
      { externalId: `n-${index}`, firstName: text, company: text, message: text, attributes: { text } },
      { externalId: text },
      { externalId: `k-${index}`, attributes: { [text]: 1 } },
      { externalId: `e-${index}`, email: text, phone: text },
    ]);
    const asJson = await json(JSON.stringify(leads));
    expect(asJson.status).toBe(202);
    expect(asJson.body.results).toHaveLength(leads.length);
    const refused = asJson.body.results?.filter(({ index, status }) => index % 4 === 0 && status === 'rejected') ?? [];
    expect(new Set(refused.flatMap(({ errors }) => errors?.map(({ rule }) => rule)))).toEqual(new Set(['too-long']));

    const asLines = await ndjson(leads.map((lead) => JSON.stringify(lead)).join('\n'));
    expect(asLines.body.results?.map(({ index }) => index)).toEqual(leads.map((_, index) => index));
    const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const asTable = await csv(
      `externalId,city\n${strings.map((text, index) => `c-${index},${cell(text)}`).join('\n')}\n`,
    );
    const rules = asTable.body.results?.flatMap(({ errors = [] }) => errors.map(({ rule }) => rule));
    expect(asTable.body.results).toHaveLength(strings.length);
    expect(rules?.filter((rule) => rule !== 'too-long' && rule !== 'utf-8')).toEqual([]);

    const accepted = new Set(
      (asJson.body.results ?? []).filter(({ status }) => status === 'received').map(({ id }) => id),
    );
    expect(await intake.said([...accepted], accepted.size)).toBeDefined();
  });

  const addresses = sharedData('email_edge_cases.csv');
  (addresses ? it : it.skip)(
    'as an address is taken or refused by name (../shared/data/email_edge_cases.csv)',
    async () => {
      const cases = [...(addresses?.toString() ?? '').matchAll(/^\d+,"(.*)",(ISEMAIL_\w+),(ISEMAIL_\w+)\r?$/gm)];
      const leads = cases.map(([, quoted = '']) => ({ email: JSON.parse(quoted.replaceAll('""', '"')) as string }));
      const answer = await json(JSON.stringify(leads));
      answer.body.results?.forEach(({ status, errors }, index) => {
        const [, , category = ''] = cases[index] ?? [];
        const isGood = /VALID_CATEGORY|DNSWARN/.test(category) || leads[index]?.email === ' test@iana.org';
        expect([leads[index], status === 'rejected' ? errors?.map(({ field }) => field) : 'taken']).toEqual([
          leads[index],
          isGood ? 'taken' : ['email'],
        ]);
      });
    },
  );
});

describe('a row that grows when it is understood', () => {
  // An import once failed as a whole, each time it was sent: one company was written in characters that are longer when they are
  // composed, and its event was refused where no sender could be told.
  it.each([
    ['a company', { company: '\u0958'.repeat(200) }, 'company: too-long'],
    ['a message', { message: '\u{1d160}'.repeat(4_000) }, 'message: too-long'],
    ['a consent', { consent: { given: true, text: '\u{1d160}'.repeat(1_000) } }, 'consent.text: too-long'],
    ['an attribute', { attributes: { a: '\u{1d160}'.repeat(200) } }, 'attributes.a: too-long'],
  ])('is rejected by itself, and the others go on: %s', async (name, fields, error) => {
    const others = [1, 2].map((row) => ({ externalId: `grows-${name}-${row}` }));
    const answer = await json(JSON.stringify([others[0], { externalId: `grows-${name}`, ...fields }, others[1]]));
    expect(answer.status).toBe(202);
    expect(outcomes(answer)).toEqual([['received'], ['rejected', error], ['received']]);
  });

  it('is rejected when its source has as much to say of it as itself', async () => {
    const forty = (name: string) => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${name}${i}`, i]));
    await intake.source('talkative', { format: 'json', defaults: { attributes: forty('source') } });
    const body = JSON.stringify([{ externalId: 't-1', attributes: forty('own') }, { externalId: 't-2' }]);
    const answer = await intake.call('/v1/leads?source=talkative', { type: 'application/json', body });
    expect(outcomes(answer)).toEqual([['rejected', 'attributes: too-many'], ['received']]);
  });

  it('is rejected by itself also where nothing but its event finds that it is wrong', async () => {
    const row = (index: number, company: string) => {
      const lead = { sourceId: 'website', externalId: `event-${index}`, contact: {}, occurredAt: Date.now() };
      const facts = { company, engagement: {}, attributes: {} };
      const whole = { ...lead, facts, reachable: { email: false, phone: false } };
      return { kind: 'lead' as const, index, leadId: randomUUID(), lead: whole, keys: [], near: [], contactKey: {} };
    };
    const tooLong = 'c'.repeat(300);
    const rows = Array.from({ length: 9 }, (_, index) => row(index, [2, 7].includes(index) ? tooLong : 'Example'));
    const results = await intake.service(IntakeQueue).submit({ rows });
    expect(results.map(({ status }) => status)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => ([2, 7].includes(index) ? 'rejected' : 'received')),
    );
    expect(results[2]?.errors).toMatchObject([{ field: 'lead', rule: 'not-kept' }]);
    const said = await intake.said(
      results.map(({ id }) => id),
      9,
    );
    expect(new Set(said.filter(({ type }) => type === 'lead.rejected').map(({ subject }) => subject))).toEqual(
      new Set([results[2]?.id, results[7]?.id]),
    );
  });
});
