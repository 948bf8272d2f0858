import { type FairleadEvent, LeadReceived, type Sealed } from '@fairlead/events';
import { Readable } from 'node:stream';
import { eventually, type Intake, type Result, startIntake } from './fixture/intake.js';

let intake: Intake;

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('website');
});
afterAll(() => intake.end());

let people = 0;
const person = (more: Record<string, unknown> = {}): Record<string, unknown> & { email: string } => {
  people += 1;
  return { email: `person.${people}@company-${people}.example`, lastName: `Person ${people}`, country: 'DE', ...more };
};
const send = (json: unknown, headers: Record<string, string> = {}) =>
  intake.call('/v1/leads?source=website', { json, headers });
const only = (answer: { body: { results?: readonly Result[] } }): Result => {
  expect(answer.body.results).toHaveLength(1);
  return answer.body.results?.[0] as Result;
};

describe('a lead that is sent', () => {
  it('is answered with its id when it is stored, and then known to everybody', async () => {
    const answer = await send({
      ...person({ externalId: 'crm-1', phone: '030 901820', company: 'Example GmbH', product: 'cloud' }),
      ...{ consent: { given: true, text: 'I agree' }, engagement: { pages: 7 }, attributes: { campaign: 'spring' } },
    });
    expect(answer.status).toBe(202);
    const { id, ...result } = only(answer);
    expect(result).toEqual({ index: 0, status: 'received' });

    const [received] = await intake.said([id], 1);
    expect(received).toMatchObject({
      ...{ type: 'lead.received', source: '/ingestion', subject: id, partitionkey: id },
      data: {
        ...{ sourceId: 'website', externalId: 'crm-1', state: 'complete', missing: [] },
        reachable: { email: true, phone: true },
        facts: {
          ...{ company: 'Example GmbH', country: 'DE', product: 'cloud', emailKind: 'company' },
          ...{
            companyDomain: `company-${people}.example`,
            engagement: { pages: 7 },
            attributes: { campaign: 'spring' },
          },
        },
        consent: { given: true, text: 'I agree' },
      },
    });
  });

  it('has its contact data in no table, and in the event only so that its own key opens it', async () => {
    const secret = { firstName: 'Zebulon', lastName: 'Quxfoo', email: 'zebulon.quxfoo@secret-company.example' };
    const answer = await send({ ...secret, phone: '+14155552671', message: 'Call the zebra' });
    const { id } = only(answer);
    const [received] = (await intake.said([id], 1)) as FairleadEvent<string, { contact: Sealed }>[];
    const sealed = received?.data.contact as Sealed;
    const contact = await intake.personalData.unseal([
      { leadId: id, eventId: received?.id ?? '', field: 'contact', sealed },
    ]);
    expect(contact).toEqual([{ ...secret, phone: '+14155552671', message: 'Call the zebra' }]);

    const stored = await intake.dump();
    const published = intake.everything().toString();
    for (const word of ['Zebulon', 'Quxfoo', 'zebulon', '4155552671', 'zebra']) {
      expect([word, stored.includes(word), published.includes(word)]).toEqual([word, false, false]);
    }
  });

  it('and cannot be used is refused, with every wrong field named, none of its values told, and the log told the rules', async () => {
    const lead = { externalId: 'bad-1', email: 'not-an-address', phone: '12', country: 'Atlantis', employees: 'many' };
    const answer = await send(lead);
    expect(answer).toMatchObject({ status: 422, type: 'application/problem+json' });
    expect(answer.body.type).toBe('urn:fairlead:problem:lead-rejected');
    expect(answer.body.errors?.map(({ field }) => field)).toEqual(['country', 'email', 'phone', 'employees']);
    expect(answer.text).not.toMatch(/not-an-address|Atlantis|many/);
  });

  it('stays one lead, however many ways it is sent in', async () => {
    const jane = person({ externalId: 'crm-2', phone: '+49 30 901821' });
    const first = only(await send(jane)).id;
    const again = [
      { externalId: 'crm-2' },
      { email: jane.email.toUpperCase() },
      { phone: '0049 30 901821' },
      { email: jane.email, externalId: 'another-id' },
      { externalId: 'another-id' },
    ];
    for (const lead of again) expect(only(await send(lead))).toEqual({ index: 0, id: first, status: 'merged' });

    const events = await intake.said([first], 6);
    expect(events.slice(1)).toMatchObject([
      { type: 'lead.merged', data: { matchedBy: 'externalId', touch: 2, sourceId: 'website' } },
      { type: 'lead.merged', data: { matchedBy: 'email', touch: 3 } },
      { type: 'lead.merged', data: { matchedBy: 'phone', touch: 4 } },
      { type: 'lead.merged', data: { matchedBy: 'email', touch: 5, externalId: 'another-id' } },
      { type: 'lead.merged', data: { matchedBy: 'externalId', touch: 6 } },
    ]);
  });

  it('is somebody else than a colleague with the same switchboard, and than another source’s lead of the same number', async () => {
    await intake.source('fair');
    const phone = '+49 30 901822';
    const [jane, joe] = [person({ phone, externalId: 'n-1' }), person({ phone })];
    expect(only(await send(jane)).status).toBe('received');
    expect(only(await send(joe)).status).toBe('received');
    const other = await intake.call('/v1/leads?source=fair', { json: { externalId: 'n-1' } });
    expect(only(other).status).toBe('received');
  });

  it('is one lead although fifty submissions of it arrive at the same moment', async () => {
    const [jane, joe] = [person({ phone: '+49 30 901823' }), person({ externalId: 'crm-50' })];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        index % 2 === 0
          ? send([jane, index % 3 === 0 ? joe : { phone: jane['phone'] }])
          : send(index % 3 === 0 ? [joe, jane] : [{ externalId: 'crm-50' }, jane]),
      ),
    );
    const results = answers.flatMap(({ body }) => body.results ?? []);
    expect(results).toHaveLength(200);
    const ids = new Set(results.map(({ id }) => id));
    expect(ids.size).toBe(2);
    expect(results.filter(({ status }) => status === 'received')).toHaveLength(2);
    expect(results.filter(({ status }) => status === 'merged')).toHaveLength(198);

    const events = await intake.said([...ids], 200);
    for (const id of ids) {
      const own = events.filter(({ subject }) => subject === id);
      const touches = own.slice(1).map(({ data }) => (data as { touch: number }).touch);
      expect(own[0]?.type).toBe(LeadReceived.type);
      expect(touches).toEqual(touches.map((_, index) => index + 2));
    }
  });
});

describe('a list', () => {
  it('is judged row by row: bad rows are told by their index, good ones go on', async () => {
    const good = person();
    const answer = await send([good, { email: 'nope' }, 7, null, [good], { ...person(), colour: 'red' }, good, {}]);
    expect(answer.status).toBe(202);
    expect(
      answer.body.results?.map(({ index, status, errors }) => [
        index,
        status,
        errors?.map(({ field, rule }) => [field, rule]),
      ]),
    ).toEqual([
      [0, 'received', undefined],
      [1, 'rejected', [['email', 'email']]],
      [2, 'rejected', [['lead', 'type']]],
      [3, 'rejected', [['lead', 'type']]],
      [4, 'rejected', [['lead', 'type']]],
      [5, 'rejected', [['colour', 'unknown-field']]],
      [6, 'merged', undefined],
      [7, 'rejected', [['email', 'required']]],
    ]);
    const ids = answer.body.results?.map(({ id }) => id) ?? [];
    expect(ids[6]).toBe(ids[0]);
    const [unknown] = await intake.said([ids[5] ?? ''], 1);
    // The log is for ever: it learns which rule, not what somebody called a field.
    expect(unknown).toMatchObject({ type: 'lead.rejected', data: { errors: [{ field: '*', rule: 'unknown-field' }] } });
    expect(await intake.said(ids, 8)).toHaveLength(8);
  });

  it('may be empty', async () => {
    expect(await send([])).toMatchObject({ status: 202, body: { results: [] } });
  });

  it('of thousands is taken in whole, in its order', async () => {
    const leads = Array.from({ length: 1_300 }, (_, index) => person({ externalId: `bulk-${index % 1_000}` }));
    const answer = await send(leads);
    const results = answer.body.results ?? [];
    expect(results.map(({ index }) => index)).toEqual(leads.map((_, index) => index));
    expect(results.slice(0, 1_000).every(({ status }) => status === 'received')).toBe(true);
    expect(results.slice(1_000).map(({ id, status }) => [id, status])).toEqual(
      results.slice(0, 300).map(({ id }) => [id, 'merged']),
    );
  });
});

describe('an Idempotency-Key', () => {
  it('has a request that is sent again answered as before, and nothing done twice', async () => {
    const lead = person();
    const first = await send(lead, { 'idempotency-key': 'once' });
    const second = await send(lead, { 'idempotency-key': 'once' });
    expect([second.status, second.text]).toEqual([202, first.text]);
    expect(only(await send(lead))).toMatchObject({ status: 'merged' });
    expect(await intake.said([only(first).id], 2)).toHaveLength(2);
  });

  it('has a refusal repeated, too', async () => {
    const [first, second] = [
      await send({ email: 'nope' }, { 'idempotency-key': 'refused' }),
      await send({ email: 'nope' }, { 'idempotency-key': 'refused' }),
    ];
    expect([second.status, second.text]).toEqual([422, first.text]);
  });

  it('is refused for another request', async () => {
    expect((await send(person(), { 'idempotency-key': 'reused' })).status).toBe(202);
    expect(await send(person(), { 'idempotency-key': 'reused' })).toMatchObject({
      status: 422,
      body: { type: 'urn:fairlead:problem:idempotency-key-reused' },
    });
    const more = [person(), person()];
    expect((await send(more.slice(0, 1), { 'idempotency-key': 'longer' })).status).toBe(202);
    expect((await send(more, { 'idempotency-key': 'longer' })).status).toBe(422);
  });

  it('is each caller’s own', async () => {
    const key = await intake.keyOf('manager');
    expect((await send(person(), { 'idempotency-key': 'shared' })).status).toBe(202);
    const other = { key, json: person(), headers: { 'idempotency-key': 'shared' } };
    expect((await intake.call('/v1/leads?source=website', other)).status).toBe(202);
  });

  it('holds for a request of many parts, also when both are sent at the same moment', async () => {
    const body = Array.from({ length: 700 }, () => JSON.stringify(person())).join('\n');
    const options = { type: 'application/x-ndjson', body, headers: { 'idempotency-key': 'twice-at-once' } };
    const [one, two] = await Promise.all([
      intake.call('/v1/leads?source=website', options),
      intake.call('/v1/leads?source=website', options),
    ]);
    expect(one.body.results).toHaveLength(700);
    expect(one.body.results?.every(({ status }) => status === 'received')).toBe(true);
    expect(two.text === one.text).toBe(true);
  });

  it('lets a long import that was cut off go on from there', async () => {
    const lines = Array.from({ length: 1_200 }, () => `${JSON.stringify(person())}\n`);
    const options = { type: 'application/x-ndjson', headers: { 'idempotency-key': 'cut-off' } };
    const half = Readable.from(
      (async function* () {
        yield lines.slice(0, 700).join('');
        await eventually(async () => {
          const [row] = await intake.rows<{ parts: string }>(
            `SELECT count(answer) AS parts FROM idempotency_keys WHERE key LIKE '%cut-off'`,
          );
          if (row?.parts !== '2') throw new Error('not yet stored');
        });
        throw new Error('the sender breaks down');
      })(),
    );
    await expect(intake.call('/v1/leads?source=website', { ...options, body: half })).rejects.toThrow();

    const again = await intake.call('/v1/leads?source=website', { ...options, body: lines.join('') });
    expect(again.body.results?.map(({ index, status }) => [index, status])).toEqual(
      lines.map((_, index) => [index, 'received']),
    );
    const ids = again.body.results?.map(({ id }) => id) ?? [];
    expect(new Set((await intake.said(ids, 1_200)).map(({ type }) => type))).toEqual(new Set([LeadReceived.type]));
  });

  it.each(['', 'with blank', 'ä', 'x'.repeat(256)])('is refused when it is %j', async (key) => {
    const answer = await send(person(), { 'idempotency-key': Buffer.from(key).toString('latin1') });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });
});

describe('a source', () => {
  it('must be there before its leads', async () => {
    expect(await intake.call('/v1/leads?source=nowhere', { json: person() })).toMatchObject({ status: 404 });
    const answer = await intake.call('/v1/leads', { json: [person({ source: 'nowhere' }), person()] });
    expect(answer.body.results?.map(({ errors }) => errors?.[0])).toMatchObject([
      { field: 'source', rule: 'unknown-source' },
      { field: 'source', rule: 'required' },
    ]);
  });

  it('may be named by each lead', async () => {
    await intake.source('webinar', { format: 'json', defaults: { product: 'edge', attributes: { hall: 3 } } });
    const answer = await intake.call('/v1/leads', {
      json: [person({ source: 'webinar' }), person({ source: 'website', product: 'cloud' })],
    });
    const ids = answer.body.results?.map(({ id }) => id) ?? [];
    const events = await intake.said(ids, 2);
    expect(ids.map((id) => events.find(({ subject }) => subject === id)?.data)).toMatchObject([
      { sourceId: 'webinar', facts: { product: 'edge', attributes: { hall: 3 } } },
      { sourceId: 'website', facts: { product: 'cloud', attributes: {} } },
    ]);
  });

  it('with a key of its own sends its own leads and no others', async () => {
    const key = await intake.keyOf('source', { source: 'website' });
    expect((await intake.call('/v1/leads', { key, json: person() })).status).toBe(202);
    expect((await intake.call('/v1/leads?source=website', { key, json: person() })).status).toBe(202);
    const [others, none] = [
      await intake.call('/v1/leads?source=webinar', { key, json: person() }),
      await intake.call('/v1/leads?source=nowhere', { key, json: person() }),
    ];
    expect([others.status, others.text]).toEqual([404, none.text]);
    expect(await intake.call('/v1/leads', { key, json: person({ source: 'webinar' }) })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'source', rule: 'other-source' }] },
    });
    expect((await intake.call('/v1/sources/website', { key })).status).toBe(200);
    expect((await intake.call('/v1/sources/webinar', { key })).status).toBe(404);
    expect((await intake.call('/v1/sources/website', { key, method: 'PUT', json: { format: 'csv' } })).status).toBe(
      403,
    );
  });

  it('is refused with all that is wrong in it', async () => {
    const put = (id: string, json: unknown) => intake.call(`/v1/sources/${id}`, { method: 'PUT', json });
    expect((await put('bad', { format: 'xml', colour: 'red' })).body.errors?.map(({ field }) => field).sort()).toEqual([
      '/colour',
      '/format',
    ]);
    const json = { format: 'csv', mapping: { columns: { A: 'e-mail' } }, defaults: { email: 'a@example.com' } };
    expect((await put('bad%20id', json)).body.errors?.map(({ field }) => field)).toEqual([
      'sourceId',
      'e-mail',
      'defaults.email',
    ]);
    expect((await intake.call('/v1/sources/bad')).status).toBe(404);
  });

  it('answers what it was told', async () => {
    const document = { format: 'csv', mapping: { columns: { Mail: 'email' } }, defaults: { country: 'AT' } };
    await intake.source('table', document);
    expect(await intake.call('/v1/sources/table')).toMatchObject({ status: 200, body: { id: 'table', ...document } });
  });
});
