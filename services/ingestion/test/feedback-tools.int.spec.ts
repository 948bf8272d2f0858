// Tools are told what became of their leads, each as its documents ask for; a server demands just that of every request.
import { LeadAccepted, LeadLost, LeadQualified, LeadReturned, LeadWon } from '@fairlead/events';
import { randomUUID } from 'node:crypto';
import { eventually, type Intake, startIntake } from './fixture/intake.js';
import { answer, type Outcome, say } from './fixture/outcomes.js';
import { type Answer, type Came, json, type Receiver, startReceiver } from './fixture/receiver.js';

const TOKEN = 'token-that-nobody-may-see';

let intake: Intake;
let tool: Receiver;

beforeAll(async () => {
  tool = await startReceiver();
  intake = await startIntake({ FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.0/8', FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.001' });
});
afterAll(async () => {
  await intake?.end();
  tool?.end();
});
beforeEach(() => {
  tool.came.length = 0;
  tool.answers = [];
});

/** Leads of one source, by what it calls each of them. */
async function leadsOf(source: string, externalIds: readonly string[]): Promise<Map<string, string>> {
  const leads = externalIds.map((externalId) => ({ externalId, email: `${randomUUID()}@example.com` }));
  const { body } = await intake.call(`/v1/leads?source=${source}`, { json: leads });
  return new Map(externalIds.map((id, index) => [id, body.results?.[index]?.id ?? '']));
}

/** All of it is read before any of it is told, so that it is told together. */
async function tell(source: string, outcomes: readonly Outcome[]): Promise<void> {
  await intake.rows(`UPDATE feedback_targets SET due_at = now() + interval '1 hour' WHERE source_id = '${source}'`);
  const before = (await intake.call(`/v1/sources/${source}/feedback?limit=1000`)).body['entries'] as unknown[];
  await say(intake, outcomes);
  await eventually(async () => {
    const { body } = await intake.call(`/v1/sources/${source}/feedback?limit=1000`);
    expect(body['entries']).toHaveLength(before.length + outcomes.length);
  });
  await intake.rows(`UPDATE feedback_targets SET due_at = now() WHERE source_id = '${source}'`);
}

const settled = (source: string, through: number, more: object = { failing: null }) =>
  eventually(async () =>
    expect(
      await intake.rows(`SELECT told_through, sending, failing FROM feedback_targets WHERE source_id = '${source}'`),
    ).toMatchObject([{ told_through: String(through), sending: null, ...more }]),
  );

const bodyOf = ({ body }: Came): unknown => JSON.parse(body.toString());

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm */
const salesforce =
  (gone: readonly string[] = []): Answer =>
  (came, response) => {
    const { method, path, headers } = came;
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return json([{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }], 401)(came, response);
    const body = bodyOf(came) as { allOrNone?: boolean; records?: Record<string, unknown>[] };
    const ids = body.records?.map(({ id }) => id) ?? [];
    const isWellFormed =
      method === 'PATCH' &&
      path === '/services/data/v61.0/composite/sobjects' &&
      headers['content-type'] === 'application/json' &&
      body.allOrNone === false &&
      ids.length >= 1 &&
      ids.length <= 200 &&
      new Set(ids).size === ids.length &&
      body.records?.every((record) => {
        const { attributes, id, ...fields } = record as { attributes?: { type?: unknown }; id?: unknown };
        return typeof attributes?.type === 'string' && typeof id === 'string' && Object.keys(fields).length > 0;
      });
    if (!isWellFormed) return json([{ errorCode: 'JSON_PARSER_ERROR' }], 400)(came, response);
    const result = (id: unknown) =>
      gone.includes(id as string)
        ? { success: false, errors: [{ statusCode: 'ENTITY_IS_DELETED', message: 'entity is deleted', fields: [] }] }
        : { id, success: true, errors: [] };
    return json(ids.map(result))(came, response);
  };

describe('Salesforce', () => {
  const outcomes = () => ({
    ...{ baseUrl: tool.url, token: TOKEN, into: 'Lead.Status' },
    words: {
      qualified: 'Qualified',
      won: 'Closed - Converted',
      lost: 'Closed - Not Converted',
      'returned.spam': 'Spam',
    },
  });
  const lead = (last: string) => `00Q5e00000A1b${last}`.padEnd(18, 'A');

  it('has the field of its record changed to its own word, each record once, and of what it has no word for nothing', async () => {
    await intake.source('sf', { format: 'salesforce', outcomes: outcomes() });
    const [one, two, three] = [lead('one'), lead('two'), lead('three')];
    const leads = await leadsOf('sf', [one, two, three, 'not-one-of-its-own']);
    tool.answers = [salesforce()];
    await tell('sf', [
      answer(leads.get(one)!, LeadAccepted),
      answer(leads.get(one)!, LeadQualified),
      answer(leads.get(one)!, LeadWon),
      answer(leads.get(two)!, LeadReturned, { reason: 'spam' }),
      answer(leads.get(three)!, LeadReturned, { reason: 'no-fit' }),
      answer(leads.get('not-one-of-its-own')!, LeadWon),
    ]);
    await settled('sf', 6);
    expect(tool.came.map(bodyOf)).toEqual([
      {
        allOrNone: false,
        records: expect.arrayContaining([
          { attributes: { type: 'Lead' }, id: one, Status: 'Closed - Converted' },
          { attributes: { type: 'Lead' }, id: two, Status: 'Spam' },
        ]),
      },
    ]);
    expect((bodyOf(tool.came[0]!) as { records: unknown[] }).records).toHaveLength(2);
  });

  it('is told of the others when one of its records is gone, and of that one no more', async () => {
    await intake.source('sf-gone', { format: 'salesforce', outcomes: outcomes() });
    const [here, gone] = [lead('here'), lead('gone')];
    const leads = await leadsOf('sf-gone', [here, gone]);
    tool.answers = [salesforce([gone])];
    await tell('sf-gone', [answer(leads.get(here)!, LeadWon), answer(leads.get(gone)!, LeadWon)]);
    await settled('sf-gone', 2);
    expect(tool.came).toHaveLength(1);
  });

  it('is told when its token was renewed, whatever was refused until then', async () => {
    await intake.source('sf-token', { format: 'salesforce', outcomes: { ...outcomes(), token: 'run-out' } });
    const leads = await leadsOf('sf-token', [lead('token')]);
    tool.answers = [salesforce()];
    await tell('sf-token', [answer(leads.get(lead('token'))!, LeadQualified)]);
    await eventually(async () => {
      const { body } = await intake.call('/v1/sources/sf-token');
      expect(body['outcomes']).toMatchObject({ failing: 'token-refused', hasToken: true });
    });
    await intake.source('sf-token', { format: 'salesforce', outcomes: outcomes() });
    await settled('sf-token', 1);
    expect(tool.came.at(-1)?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });
});

/** https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/update-contacts */
const hubspot =
  (gone: readonly string[] = []): Answer =>
  (came, response) => {
    const { method, path, headers } = came;
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return json({ status: 'error', category: 'INVALID_AUTHENTICATION' }, 401)(came, response);
    const { inputs = [] } = bodyOf(came) as { inputs?: { id?: unknown; properties?: Record<string, unknown> }[] };
    const isWellFormed =
      method === 'POST' &&
      path === '/crm/v3/objects/contacts/batch/update' &&
      headers['content-type'] === 'application/json' &&
      inputs.length >= 1 &&
      inputs.length <= 100 &&
      new Set(inputs.map(({ id }) => id)).size === inputs.length &&
      inputs.every(({ id, properties = {} }) => typeof id === 'string' && Object.keys(properties).length === 1);
    // Non-existent properties and options result in an error.
    const options = ['OPEN_DEAL', 'UNQUALIFIED', 'CONNECTED'];
    const isKnown = inputs.every(({ properties }) => options.includes(String(properties?.['hs_lead_status'])));
    if (!isWellFormed || !isKnown)
      return json({ status: 'error', category: 'VALIDATION_ERROR', message: 'not valid' }, 400)(came, response);
    const results = inputs.filter(({ id }) => !gone.includes(id as string));
    const errors = inputs.length - results.length;
    return json(
      {
        status: 'COMPLETE',
        results,
        ...(errors > 0 && { numErrors: errors, errors: [{ category: 'OBJECT_NOT_FOUND' }] }),
      },
      errors > 0 ? 207 : 200,
    )(came, response);
  };

describe('HubSpot', () => {
  const outcomes = (words: Record<string, string> = { qualified: 'OPEN_DEAL', returned: 'UNQUALIFIED' }) => ({
    ...{ baseUrl: `${tool.url}/`, token: TOKEN, into: 'hs_lead_status', words },
  });

  it('has the property of its contact changed to the option that was agreed on', async () => {
    await intake.source('hub', { format: 'hubspot', outcomes: outcomes() });
    const leads = await leadsOf('hub', ['101', '102', '103']);
    tool.answers = [hubspot(['103'])];
    await tell('hub', [
      answer(leads.get('101')!, LeadQualified),
      answer(leads.get('102')!, LeadReturned, { reason: 'no-interest' }),
      answer(leads.get('103')!, LeadQualified),
    ]);
    await settled('hub', 3);
    expect(tool.came.map(bodyOf)).toEqual([
      {
        inputs: expect.arrayContaining([
          { id: '101', properties: { hs_lead_status: 'OPEN_DEAL' } },
          { id: '102', properties: { hs_lead_status: 'UNQUALIFIED' } },
          { id: '103', properties: { hs_lead_status: 'OPEN_DEAL' } },
        ]),
      },
    ]);
  });

  it('is told all that it can take where one thing refuses everything: by halves, until that one stands alone', async () => {
    await intake.source('hub-halves', {
      ...{ format: 'hubspot', outcomes: outcomes({ qualified: 'OPEN_DEAL', lost: 'NO_SUCH_OPTION' }) },
    });
    const ids = Array.from({ length: 8 }, (_, place) => String(200 + place));
    const leads = await leadsOf('hub-halves', ids);
    tool.answers = [hubspot()];
    await tell(
      'hub-halves',
      ids.map((id, place) => answer(leads.get(id)!, place === 5 ? LeadLost : LeadQualified)),
    );
    // Leads have no common order: the one that is refused may come last.
    await settled('hub-halves', 8, {});
    const taken = tool.came
      .map((came) => (bodyOf(came) as { inputs: { id: string; properties: { hs_lead_status: string } }[] }).inputs)
      .filter((inputs) => inputs.every(({ properties }) => properties.hs_lead_status === 'OPEN_DEAL'))
      .flat();
    expect(taken.map(({ id }) => id).toSorted()).toEqual(ids.filter((id) => id !== '205'));
  });
});

/**
 * https://developers.facebook.com/docs/marketing-api/conversions-api/conversion-leads-integration/payload-specification and
 * https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api
 */
const meta: Answer = (came, response) => {
  const { method, path, headers, body } = came;
  const form = new URLSearchParams(body.toString());
  const refuse = (code: number, message: string) =>
    json({ error: { message, type: 'OAuthException', code, fbtrace_id: 'A' } }, 400)(came, response);
  if (form.get('access_token') !== TOKEN) return refuse(190, 'Error validating access token');
  const text = form.get('data') ?? '';
  const data = JSON.parse(text) as Record<string, Record<string, unknown>>[];
  const now = Date.now() / 1_000;
  const isWellFormed =
    method === 'POST' &&
    path === '/v23.0/987654321/events' &&
    headers['content-type'] === 'application/x-www-form-urlencoded' &&
    data.length >= 1 &&
    data.length <= 1_000;
  const isValid = (event: Record<string, unknown>) => {
    const { user_data: user, custom_data: custom } = event as Record<string, Record<string, unknown>>;
    const time = event['event_time'] as number;
    return (
      typeof event['event_name'] === 'string' &&
      Number.isInteger(time) &&
      time <= now + 1 &&
      time > now - 7 * 86_400 &&
      event['action_source'] === 'system_generated' &&
      custom?.['event_source'] === 'crm' &&
      typeof custom['lead_event_source'] === 'string' &&
      // Nothing of the person.
      Object.keys(user ?? {}).join() === 'lead_id'
    );
  };
  const integers = text.match(/"lead_id":\d{15,16}[,}]/g) ?? [];
  // If any event of a batch is invalid, the entire batch is rejected.
  if (!isWellFormed || !data.every(isValid) || integers.length !== data.length) return refuse(100, 'Invalid parameter');
  return json({ events_received: data.length, messages: [], fbtrace_id: 'A' })(came, response);
};

describe('Meta', () => {
  const outcomes = (more = {}) => ({
    ...{ baseUrl: `${tool.url}/v23.0`, token: TOKEN, into: '987654321' },
    words: { qualified: 'Sales Opportunity', won: 'Converted' },
    ...more,
  });
  const eventsOf = ({ body }: Came) => new URLSearchParams(body.toString()).get('data') ?? '';

  it('is told each stage of its lead by the lead’s own number, to the last digit, and what is older than it takes not at all', async () => {
    await intake.source('ads', { format: 'meta', outcomes: outcomes() });
    // Beyond what JavaScript's numbers hold.
    const [id, old] = ['9007199254740993', '123456789012345'];
    const leads = await leadsOf('ads', [id, old]);
    const at = Date.now() - 60_000;
    tool.answers = [meta];
    await tell('ads', [
      answer(leads.get(id)!, LeadQualified, { at }),
      answer(leads.get(id)!, LeadWon, { at, amount: { value: 5, currency: 'EUR' } }),
      answer(leads.get(old)!, LeadWon, { at: at - 7 * 86_400_000 }),
    ]);
    await settled('ads', 3);
    const event = (name: string) =>
      `{"user_data":{"lead_id":${id}},"event_name":"${name}","event_time":${Math.floor(at / 1_000)},` +
      '"action_source":"system_generated","custom_data":{"event_source":"crm","lead_event_source":"Fairlead"}}';
    expect(tool.came.map(eventsOf)).toEqual([`[${event('Sales Opportunity')},${event('Converted')}]`]);
    expect(tool.came[0]?.path).not.toContain(TOKEN);
  });

  it('is told again when its token was renewed, although it says with the status of what is wrong that it has run out', async () => {
    await intake.source('ads-token', { format: 'meta', outcomes: outcomes({ token: 'run-out' }) });
    const leads = await leadsOf('ads-token', ['1234567890123456']);
    tool.answers = [meta];
    await tell('ads-token', [answer(leads.get('1234567890123456')!, LeadQualified)]);
    await eventually(async () => {
      const { body } = await intake.call('/v1/sources/ads-token');
      expect(body['outcomes']).toMatchObject({ failing: 'token-refused' });
    });
    await intake.source('ads-token', { format: 'meta', outcomes: outcomes() });
    await settled('ads-token', 1);
  });

  it('is left alone for a while when it says that it was asked too often', async () => {
    await intake.source('ads-pace', { format: 'meta', outcomes: outcomes() });
    const leads = await leadsOf('ads-pace', ['2234567890123456']);
    tool.answers = [
      json({ error: { code: 613, message: 'Calls to this api have exceeded the rate limit.' } }, 400),
      meta,
    ];
    await tell('ads-pace', [answer(leads.get('2234567890123456')!, LeadQualified)]);
    await settled('ads-pace', 1);
    expect(tool.came).toHaveLength(2);
  });
});

describe('a source whose tool is told', () => {
  const words = { won: 'Won' };
  const valid = { baseUrl: 'https://example.com', token: TOKEN, into: 'hs_lead_status', words };

  it.each([
    ['of a format that nobody can tell', 'typeform', valid, '/outcomes'],
    ['into something else', 'hubspot', { ...valid, into: 'Lead.Status' }, '/outcomes/into'],
    ['into a property as if it were a field', 'salesforce', valid, '/outcomes/into'],
    ['into what is no data set', 'meta', { ...valid, into: '../me' }, '/outcomes/into'],
    ['in no words', 'hubspot', { ...valid, words: {} }, '/outcomes/words'],
    ['in words for what never happens', 'hubspot', { ...valid, words: { bought: 'x' } }, '/outcomes/words/bought'],
    ['in words that are none', 'hubspot', { ...valid, words: { won: 1 } }, '/outcomes/words/won'],
    [
      'at an address that is nobody’s to call',
      'hubspot',
      { ...valid, baseUrl: 'http://10.0.0.1' },
      '/outcomes/baseUrl',
    ],
    ['without a token the first time', 'hubspot', { ...valid, token: undefined }, '/outcomes/token'],
  ])('is refused: %s', async (_, format, outcomes, field) => {
    const { status, body } = await intake.call('/v1/sources/refused', { method: 'PUT', json: { format, outcomes } });
    expect([status, body.errors?.map((error) => error.field)]).toEqual([400, [field]]);
  });

  it('shows how it is told, and neither shows the token nor keeps it in clear', async () => {
    await intake.source('shown', { format: 'hubspot', outcomes: { ...valid, baseUrl: tool.url } });
    const { body, text } = await intake.call('/v1/sources/shown');
    expect(body['outcomes']).toEqual({ baseUrl: tool.url, into: 'hs_lead_status', words, hasToken: true });
    expect(text).not.toContain(TOKEN);
    expect(await intake.dump()).not.toContain(TOKEN);
  });
});
