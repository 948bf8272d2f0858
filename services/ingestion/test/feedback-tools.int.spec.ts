// Tools are told what became of their leads, each as its documents ask for; a server demands just that of every request.
import { LeadAccepted, LeadLost, LeadQualified, LeadReturned, LeadWon } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { randomUUID } from 'node:crypto';
import { ClicksStore } from '../src/store/clicks.store.js';
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

const CLIENT = { id: 'the-client', secret: 'secret-that-nobody-may-see' };

/** At `path` whoever shows to be the client gets a token as RFC 6749 says, `token-1`, then `token-2`; elsewhere the tool answers. */
function withTokens(
  path: string,
  tool: readonly Answer[],
  { more = {}, grant = 'client_credentials', seconds = 3_600 } = {},
): Answer {
  const answers = [...tool];
  let given = 0;
  return (came, response) => {
    if (came.path !== path) return (answers.length > 1 ? answers.shift() : answers[0])?.(came, response);
    const form = Object.fromEntries(new URLSearchParams(came.body.toString()));
    const expected = { grant_type: grant, client_id: CLIENT.id, client_secret: CLIENT.secret, ...more };
    const isForm = came.method === 'POST' && came.headers['content-type'] === 'application/x-www-form-urlencoded';
    if (!isForm) return json({ error: 'invalid_request' }, 400)(came, response);
    if (JSON.stringify(form) !== JSON.stringify(expected))
      return json({ error: 'invalid_client' }, 401)(came, response);
    given += 1;
    const token = { access_token: `token-${given}`, token_type: 'bearer', expires_in: seconds };
    return json(token)(came, response);
  };
}

/** What came beside what was asked for tokens. */
const toldOf = (path: string) => tool.came.filter((came) => came.path === path);

/**
 * https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads and
 * https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes: 200, whatever it says.
 */
const marketo =
  ({ token = 'token-1', gone = [] as readonly number[] } = {}): Answer =>
  (came, response) => {
    const { method, headers } = came;
    const refuse = (code: string, message: string) =>
      json({ requestId: 'e42b#1', success: false, errors: [{ code, message }] })(came, response);
    if (headers.authorization !== `Bearer ${token}`) return refuse('601', 'Access token invalid');
    if (method !== 'POST' || headers['content-type'] !== 'application/json')
      return refuse('612', 'Invalid Content Type');
    const {
      action,
      lookupField,
      input = [],
    } = bodyOf(came) as {
      action?: unknown;
      lookupField?: unknown;
      input?: Record<string, unknown>[];
    };
    const ids = input.map(({ id }) => id);
    const isWellFormed =
      action === 'updateOnly' &&
      lookupField === 'id' &&
      ids.length >= 1 &&
      ids.length <= 300 &&
      new Set(ids).size === ids.length &&
      ids.every((id) => Number.isInteger(id));
    if (!isWellFormed) return refuse('609', 'Invalid JSON');
    if (input.some((each) => Object.keys(each).join() !== 'id,leadStatus')) return refuse('1006', 'Field not found');
    if (input.some((each) => each['leadStatus'] === 'No such value')) return refuse('1001', 'Invalid value');
    const result = ids.map((id) =>
      gone.includes(id as number)
        ? { status: 'skipped', reasons: [{ code: '1004', message: 'Lead not found' }] }
        : { id, status: 'updated' },
    );
    return json({ requestId: 'e42b#1', result, success: true })(came, response);
  };
const marketoRefuses = (code: string): Answer => json({ requestId: 'e42b#1', success: false, errors: [{ code }] });

describe('Marketo', () => {
  const LEADS = '/rest/v1/leads.json';
  const outcomes = (more = {}) => ({
    ...{ baseUrl: tool.url, client: CLIENT, into: 'leadStatus' },
    words: { qualified: 'Qualified', won: 'Customer', lost: 'No such value' },
    ...more,
  });
  const answers = (...those: readonly Answer[]) => (tool.answers = [withTokens('/identity/oauth/token', those)]);

  it('has the field of its people changed by whoever gets a token for it, and is not asked for another while that holds', async () => {
    await intake.source('marketo', { format: 'marketo', outcomes: outcomes() });
    const leads = await leadsOf('marketo', ['1001', '1002', '1003', 'not-one-of-its-own']);
    answers(marketo({ gone: [1_002] }));
    await tell('marketo', [
      answer(leads.get('1001')!, LeadQualified),
      answer(leads.get('1002')!, LeadQualified),
      answer(leads.get('not-one-of-its-own')!, LeadWon),
    ]);
    await settled('marketo', 3);
    await tell('marketo', [answer(leads.get('1003')!, LeadWon)]);
    await settled('marketo', 4);
    const common = { action: 'updateOnly', lookupField: 'id' };
    expect(toldOf(LEADS).map(bodyOf)).toEqual([
      {
        ...common,
        input: expect.arrayContaining([
          { id: 1_001, leadStatus: 'Qualified' },
          { id: 1_002, leadStatus: 'Qualified' },
        ]),
      },
      { ...common, input: [{ id: 1_003, leadStatus: 'Customer' }] },
    ]);
    // Of the secret nothing stands in an address.
    expect(tool.came.map(({ path }) => path)).toEqual(['/identity/oauth/token', LEADS, LEADS]);
  });

  it('is told with a new token when the one before was ended, although it says so with the status of success', async () => {
    await intake.source('marketo-token', { format: 'marketo', outcomes: outcomes() });
    const leads = await leadsOf('marketo-token', ['2001']);
    answers(marketoRefuses('602'), marketo({ token: 'token-2' }));
    await tell('marketo-token', [answer(leads.get('2001')!, LeadQualified)]);
    await settled('marketo-token', 1);
    expect(toldOf(LEADS).map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('is told when the client was set right that was refused', async () => {
    await intake.source('marketo-client', {
      ...{ format: 'marketo', outcomes: outcomes({ client: { ...CLIENT, secret: 'of-before' } }) },
    });
    const leads = await leadsOf('marketo-client', ['2101']);
    answers(marketo());
    await tell('marketo-client', [answer(leads.get('2101')!, LeadQualified)]);
    await eventually(async () => {
      const { body } = await intake.call('/v1/sources/marketo-client');
      expect(body['outcomes']).toMatchObject({ failing: 'client-refused', hasClient: true });
    });
    expect(toldOf(LEADS)).toEqual([]);
    await intake.source('marketo-client', { format: 'marketo', outcomes: outcomes() });
    await settled('marketo-client', 1);
  });

  it('is left alone when it says that it was asked too often, and for an hour when the day’s quota is used up', async () => {
    await intake.source('marketo-pace', { format: 'marketo', outcomes: outcomes() });
    const leads = await leadsOf('marketo-pace', ['2201']);
    answers(marketoRefuses('606'), marketoRefuses('615'), marketoRefuses('607'));
    await tell('marketo-pace', [answer(leads.get('2201')!, LeadQualified)]);
    await eventually(async () =>
      expect(
        await intake.rows(
          `SELECT attempts, failing, due_at > now() + interval '55 minutes' AS later FROM feedback_targets
           WHERE source_id = 'marketo-pace'`,
        ),
      ).toEqual([{ attempts: 0, failing: 'quota-used-up', later: true }]),
    );
    expect(toldOf(LEADS)).toHaveLength(3);
  });

  it('is told of the others where one value refuses all of them, and is waited for while its database is busy', async () => {
    await intake.source('marketo-halves', { format: 'marketo', outcomes: outcomes() });
    const ids = ['2301', '2302', '2303', '2304'];
    const leads = await leadsOf('marketo-halves', ids);
    answers(marketoRefuses('713'), marketo());
    await tell(
      'marketo-halves',
      ids.map((id, place) => answer(leads.get(id)!, place === 1 ? LeadLost : LeadQualified)),
    );
    await settled('marketo-halves', 4, {});
    const taken = toldOf(LEADS)
      .slice(1)
      .map((came) => (bodyOf(came) as { input: { id: number; leadStatus: string }[] }).input)
      .filter((input) => input.every(({ leadStatus }) => leadStatus === 'Qualified'))
      .flat();
    expect(new Set(taken.map(({ id }) => id))).toEqual(new Set([2_301, 2_303, 2_304]));
    // What passes by itself is no reason for halves.
    expect((bodyOf(toldOf(LEADS)[1]!) as { input: unknown[] }).input).toHaveLength(4);
  });

  it('is tried for as long as a field is missing that people can make', async () => {
    await intake.source('marketo-field', { format: 'marketo', outcomes: outcomes({ into: 'leadStage' }) });
    const leads = await leadsOf('marketo-field', ['2401']);
    answers(marketo());
    await tell('marketo-field', [answer(leads.get('2401')!, LeadQualified)]);
    await eventually(async () => {
      const { body } = await intake.call('/v1/sources/marketo-field');
      expect(body['outcomes']).toMatchObject({ failing: 'field-not-found' });
    });
    await intake.source('marketo-field', { format: 'marketo', outcomes: { ...outcomes(), client: undefined } });
    await settled('marketo-field', 1);
  });
});

/** https://devdocs.mautic.org/en/latest/rest_api/contacts.html, and what its controller answers for a batch. */
const mautic =
  (gone: readonly string[] = []): Answer =>
  (came, response) => {
    const { method, path, headers } = came;
    const refuse = (code: number, message: string) =>
      json({ errors: [{ code, message, details: [], type: null }] }, code)(came, response);
    if (headers.authorization !== 'Bearer token-1') return refuse(401, 'The access token provided is invalid.');
    const contacts = bodyOf(came) as Record<string, unknown>[];
    const ids = contacts.map(({ id }) => id);
    const isWellFormed =
      method === 'PATCH' &&
      path === '/mautic/api/contacts/batch/edit' &&
      headers['content-type'] === 'application/json' &&
      ids.length >= 1 &&
      ids.length <= 200 &&
      new Set(ids).size === ids.length &&
      contacts.every((contact) => Object.keys(contact).join() === 'id,lead_status');
    if (!isWellFormed) return refuse(400, 'Bad request');
    const statuses = ids.map((id) => (gone.includes(id as string) ? 404 : 200));
    const errors = statuses.flatMap((code, place) =>
      code === 200 ? [] : [[place, { code, message: 'Item was not found.' }]],
    );
    return json({
      contacts: contacts.filter(({ id }) => !gone.includes(id as string)),
      // PHP writes an object where the places do not begin with 0.
      statusCodes: gone.length > 0 ? Object.fromEntries(statuses.entries()) : statuses,
      ...(errors.length > 0 && { errors: Object.fromEntries(errors) }),
    })(came, response);
  };

describe('Mautic', () => {
  const outcomes = () => ({
    ...{ baseUrl: `${tool.url}/mautic/`, client: CLIENT, into: 'lead_status' },
    words: { qualified: 'qualified', returned: 'returned' },
  });
  const PATH = '/mautic/api/contacts/batch/edit';

  it('has the field of its contacts changed, each once, and of one that is not there any more is told no more', async () => {
    await intake.source('mautic', { format: 'mautic', outcomes: outcomes() });
    const leads = await leadsOf('mautic', ['14', '15', '16']);
    tool.answers = [withTokens('/mautic/oauth/v2/token', [mautic(['15'])])];
    await tell('mautic', [
      answer(leads.get('14')!, LeadQualified),
      answer(leads.get('14')!, LeadReturned, { reason: 'spam' }),
      answer(leads.get('15')!, LeadQualified),
      answer(leads.get('16')!, LeadQualified),
    ]);
    await settled('mautic', 4);
    expect(toldOf(PATH)).toHaveLength(1);
    const told = bodyOf(toldOf(PATH)[0]!) as { id: string }[];
    expect(told.toSorted((one, other) => Number(one.id) - Number(other.id))).toEqual([
      { id: '14', lead_status: 'returned' },
      { id: '15', lead_status: 'qualified' },
      { id: '16', lead_status: 'qualified' },
    ]);
  });

  it('is asked for a token each time where those end at once, and left alone while it says that it was asked too often', async () => {
    await intake.source('mautic-pace', { format: 'mautic', outcomes: outcomes() });
    const leads = await leadsOf('mautic-pace', ['17']);
    const refuses = json({ errors: [{ code: 429, message: 'Rate limit exceeded.' }] }, 429);
    tool.answers = [withTokens('/mautic/oauth/v2/token', [refuses, json({})], { seconds: 30 })];
    await tell('mautic-pace', [answer(leads.get('17')!, LeadQualified)]);
    await eventually(async () => {
      const { body } = await intake.call('/v1/sources/mautic-pace');
      expect(body['outcomes']).toMatchObject({ failing: 'answer-malformed' });
    });
    expect(
      toldOf(PATH)
        .map(({ headers }) => headers.authorization)
        .slice(0, 2),
    ).toEqual(['Bearer token-1', 'Bearer token-2']);
    await intake.source('mautic-pace');
  });
});

interface GoogleRequest {
  readonly destinations: readonly {
    readonly reference?: string;
    readonly loginAccount?: object;
    readonly operatingAccount?: { readonly accountType?: unknown; readonly accountId?: unknown };
    readonly productDestinationId?: unknown;
  }[];
  readonly events: readonly {
    readonly destinationReferences: readonly string[];
    readonly transactionId: string;
    readonly eventTimestamp: string;
    readonly adIdentifiers: { readonly gclid: string };
  }[];
  readonly consent?: unknown;
}

/**
 * https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest and
 * https://developers.google.com/data-manager/api/devguides/concepts/understand-errors: all of it is taken, or nothing.
 */
const google =
  ({ invalid = [] as readonly string[] } = {}): Answer =>
  (came, response) => {
    const { method, headers } = came;
    if (headers.authorization !== 'Bearer token-1')
      return json({ error: { code: 401, status: 'UNAUTHENTICATED' } }, 401)(came, response);
    const { destinations = [], events = [] } = bodyOf(came) as GoogleRequest;
    const references = destinations.map(({ reference }) => reference);
    const violations = [
      ...(method === 'POST' && headers['content-type'] === 'application/json' ? [] : ['method']),
      ...(references.length >= 1 && references.length <= 10 ? [] : ['destinations']),
      ...(new Set(references).size === references.length ? [] : ['destinations.reference']),
      ...destinations
        .filter(
          ({ operatingAccount, productDestinationId }) =>
            operatingAccount?.accountType !== 'GOOGLE_ADS' ||
            operatingAccount.accountId !== '1234567890' ||
            !/^\d+$/.test(String(productDestinationId)),
        )
        .map(() => 'destinations.operating_account'),
      ...(events.length >= 1 && events.length <= 2_000 ? [] : ['events']),
      ...events.flatMap((event, place) => {
        const isValid =
          event.destinationReferences.length === 1 &&
          references.includes(event.destinationReferences[0]) &&
          event.transactionId !== '' &&
          new Date(event.eventTimestamp).toISOString() === event.eventTimestamp &&
          // Nothing of the person.
          !('userData' in event) &&
          Object.keys(event.adIdentifiers).join() === 'gclid' &&
          !invalid.includes(event.adIdentifiers.gclid);
        return isValid ? [] : [`events.events[${place}]`];
      }),
    ];
    if (violations.length > 0) return googleRefuses('INVALID_ARGUMENT', violations)(came, response);
    return json({ requestId: 'a-request' })(came, response);
  };
const googleRefuses = (reason: string, fields: readonly string[] = []): Answer =>
  json(
    {
      error: {
        ...{ code: 400, message: 'There was a problem with the request.', status: 'INVALID_ARGUMENT' },
        details: [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'datamanager.googleapis.com' },
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: fields.map((field) => ({ field, reason: 'INVALID_EVENT' })),
          },
        ],
      },
    },
    400,
  );

describe('Google Ads', () => {
  const EVENTS = '/v1/events:ingest';
  const refreshToken = '1//refresh-token';
  const outcomes = (more = {}) => ({
    ...{ baseUrl: tool.url, into: '1234567890', words: { qualified: '7001', won: '7002' } },
    client: { ...CLIENT, refreshToken, tokenUrl: `${tool.url}/token` },
    ...more,
  });
  const source = (id: string, more = {}) =>
    intake.source(id, { format: 'google-ads', secret: 'the key', outcomes: outcomes(more) });
  const answers = (...those: readonly Answer[]) =>
    (tool.answers = [withTokens('/token', those, { more: { refresh_token: refreshToken }, grant: 'refresh_token' })]);
  const click = (lead: string) => `Cj0KCQjw-click-of-${lead}`;
  /** As the lead form sends it. */
  async function send(id: string, lead: string, clickId: string | undefined = click(lead)): Promise<string> {
    const { body, text } = await intake.call(`/v1/sources/${id}/events`, {
      json: {
        ...{ lead_id: lead, google_key: 'the key', ...(clickId && { gcl_id: clickId }) },
        user_column_data: [{ column_id: 'EMAIL', string_value: `${randomUUID()}@example.com` }],
      },
    });
    const leadId = body.results?.[0]?.id;
    if (leadId === undefined) throw new Error(text);
    return leadId;
  }
  const requests = () => toldOf(EVENTS).map((came) => bodyOf(came) as GoogleRequest);

  it('is told of a conversion by the click that the lead came by, for the action that was agreed on, with what it was worth', async () => {
    await source('google', { into: '9876543210/1234567890', consent: 'granted' });
    const [one, two] = [await send('google', 'one'), await send('google', 'two')];
    const clickless = await send('google', 'three', '');
    answers(google());
    const at = Date.now() - 60_000;
    await tell('google', [
      answer(one, LeadAccepted, { at }),
      answer(one, LeadQualified, { at }),
      answer(two, LeadWon, { at, amount: { value: 12_000.5, currency: 'EUR' } }),
      answer(clickless, LeadWon, { at }),
    ]);
    await settled('google', 4);
    const destination = (action: string) => ({
      reference: action,
      loginAccount: { accountType: 'GOOGLE_ADS', accountId: '9876543210' },
      operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1234567890' },
      productDestinationId: action,
    });
    const { entries } = (await intake.call('/v1/sources/google/feedback')).body as unknown as {
      entries: { id: string; type: string; lead: string }[];
    };
    const idOf = (lead: string, type: string) => entries.find((each) => each.lead === lead && each.type === type)?.id;
    const event = (lead: string, id: string, action: string) => ({
      ...{
        destinationReferences: [action],
        transactionId: idOf(id, action === '7001' ? 'lead.qualified' : 'lead.won'),
      },
      ...{ eventTimestamp: new Date(at).toISOString(), adIdentifiers: { gclid: click(lead) } },
    });
    expect(requests()).toEqual([
      {
        destinations: expect.arrayContaining([destination('7001'), destination('7002')]),
        events: expect.arrayContaining([
          event('one', one, '7001'),
          { ...event('two', two, '7002'), conversionValue: 12_000.5, currency: 'EUR' },
        ]),
        consent: { adUserData: 'CONSENT_GRANTED', adPersonalization: 'CONSENT_GRANTED' },
      },
    ]);
    expect(requests()[0]?.events).toHaveLength(2);
  });

  it('is told the same again under the same name when it did not answer, so that it counts it once', async () => {
    await source('google-again');
    const lead = await send('google-again', 'again');
    answers(json({ error: { code: 503, status: 'UNAVAILABLE' } }, 503), google());
    await tell('google-again', [answer(lead, LeadQualified)]);
    await settled('google-again', 1);
    const [first, again] = requests();
    expect(again).toEqual(first);
    expect(first?.consent).toBeUndefined();
  });

  it('is told of the others where one event refuses all of them, and tried again where people can set the account right', async () => {
    await source('google-halves');
    const ids = ['first', 'second', 'third', 'fourth'];
    const leads = new Map<string, string>();
    for (const id of ids) leads.set(id, await send('google-halves', id));
    answers(googleRefuses('TERMS_AND_CONDITIONS_NOT_SIGNED'), google({ invalid: [click('second')] }));
    await tell(
      'google-halves',
      ids.map((id) => answer(leads.get(id)!, LeadQualified)),
    );
    await settled('google-halves', 4, {});
    const taken = requests()
      .slice(1)
      .map(({ events }) => events.map(({ adIdentifiers }) => adIdentifiers.gclid))
      .filter((clicks) => !clicks.includes(click('second')))
      .flat();
    expect(taken.toSorted()).toEqual(['first', 'fourth', 'third'].map(click));
    // Of what is about the account nothing is told by halves.
    expect(requests()[1]?.events).toHaveLength(4);
  });

  it('is told nothing of whoever takes consent back, nor of anybody by a click that is forgotten with the person', async () => {
    await source('google-consent');
    const [willing, unwilling, erased] = [
      await send('google-consent', 'willing'),
      await send('google-consent', 'unwilling'),
      await send('google-consent', 'erased'),
    ];
    const withdrawn = await intake.call(`/v1/leads/${unwilling}`, { method: 'PATCH', json: { consent: false } });
    expect(withdrawn.status).toBe(200);
    expect(await intake.dump()).toContain(click('erased'));
    expect((await intake.call(`/v1/leads/${erased}/personal-data`, { method: 'DELETE' })).status).toBe(200);
    expect(await intake.dump()).not.toContain(click('erased'));
    expect(intake.everything().toString()).not.toContain('Cj0KCQjw-click');
    await eventually(async () => {
      const { text } = await intake.call('/v1/sources/google-consent/feedback');
      expect(text).toContain('lead.erased');
    });
    answers(google());
    await tell('google-consent', [answer(unwilling, LeadWon), answer(willing, LeadWon)]);
    await settled('google-consent', 3);
    expect(requests().flatMap(({ events }) => events.map(({ adIdentifiers }) => adIdentifiers.gclid))).toEqual([
      click('willing'),
    ]);
  });

  it('is told by no click that is older than it takes, and those are dropped', async () => {
    await source('google-old');
    const lead = await send('google-old', 'old');
    const store = intake.service(ClicksStore);
    const { query } = intake.service(UnitsOfWork);
    expect(await store.of(query, 'google-old', ['old', 'absent'])).toEqual(new Map([['old', click('old')]]));
    await intake.rows(`UPDATE clicks SET came_at = now() - interval '91 days' WHERE click_id = '${click('old')}'`);
    expect(await store.of(query, 'google-old', ['old'])).toEqual(new Map());
    answers(google());
    await tell('google-old', [answer(lead, LeadWon)]);
    await settled('google-old', 1);
    expect(tool.came).toEqual([]);
    expect(await store.dropOld(query, 10)).toBe(1);
    expect(await store.dropOld(query, 10)).toBe(0);
  });
});

/**
 * https://learn.microsoft.com/en-us/linkedin/marketing/integrations/ads-reporting/conversions-api and
 * https://learn.microsoft.com/en-us/linkedin/marketing/integrations/ads-reporting/conversions-api-schema
 */
const linkedin =
  (unknown: readonly string[] = []): Answer =>
  (came, response) => {
    const { method, path, headers } = came;
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return json({ status: 401, code: 'EXPIRED_ACCESS_TOKEN', serviceErrorCode: 65_601 }, 401)(came, response);
    const isBatch =
      method === 'POST' &&
      path === '/rest/conversionEvents' &&
      headers['content-type'] === 'application/json' &&
      /^20\d\d(?:0[1-9]|1[0-2])$/.test(String(headers['linkedin-version'])) &&
      headers['x-restli-protocol-version'] === '2.0.0' &&
      headers['x-restli-method'] === 'BATCH_CREATE';
    const { elements = [] } = bodyOf(came) as { elements?: Record<string, unknown>[] };
    if (!isBatch || elements.length < 1 || elements.length > 5_000)
      return json({ status: 400, code: 'ILLEGAL_ARGUMENT' }, 400)(came, response);
    const statusOf = ({ conversion, conversionHappenedAt: at, user, eventId }: Record<string, unknown>) => {
      const { userIds, lead, ...more } = user as Record<string, unknown>;
      const isValid =
        /^urn:lla:llaPartnerConversion:\d+$/.test(String(conversion)) &&
        Number.isInteger(at) &&
        (at as number) > Date.now() - 90 * 86_400_000 &&
        typeof eventId === 'string' &&
        Array.isArray(userIds) &&
        // Nothing of the person.
        userIds.length === 0 &&
        Object.keys(more).length === 0 &&
        /^urn:li:leadGenFormResponse:[\w-]+$/.test(String(lead));
      return isValid && !unknown.includes(String(lead).split(':').at(-1) as string) ? 201 : 422;
    };
    return json({ elements: elements.map((each) => ({ status: statusOf(each) })) })(came, response);
  };

describe('LinkedIn', () => {
  const outcomes = (more = {}) => ({
    ...{ baseUrl: `${tool.url}/rest`, token: TOKEN, words: { qualified: '104012', won: '104013' } },
    ...more,
  });

  it('is told of a conversion by the lead’s own response to a form, of the others where one is not known any more, and nothing of whoever does not agree', async () => {
    await intake.source('li', { format: 'linkedin', outcomes: outcomes() });
    const leads = await leadsOf('li', ['ab-1', 'ab-2', 'ab-3', 'ab-4']);
    const withdrawn = await intake.call(`/v1/leads/${leads.get('ab-4')}`, {
      method: 'PATCH',
      json: { consent: false },
    });
    expect(withdrawn.status).toBe(200);
    tool.answers = [json({ status: 429 }, 429), linkedin(['ab-3'])];
    const at = Date.now() - 60_000;
    await tell('li', [
      answer(leads.get('ab-1')!, LeadQualified, { at }),
      answer(leads.get('ab-1')!, LeadWon, { at, amount: { value: 12_000.5, currency: 'EUR' } }),
      answer(leads.get('ab-2')!, LeadWon, { at: at - 91 * 86_400_000 }),
      answer(leads.get('ab-3')!, LeadQualified, { at }),
      answer(leads.get('ab-4')!, LeadQualified, { at }),
    ]);
    await settled('li', 5);
    const element = (lead: string, rule: string) => ({
      ...{ conversion: `urn:lla:llaPartnerConversion:${rule}`, conversionHappenedAt: at, eventId: expect.any(String) },
      user: { userIds: [], lead: `urn:li:leadGenFormResponse:${lead}` },
    });
    expect(tool.came).toHaveLength(2);
    const { elements } = bodyOf(tool.came[1]!) as { elements: { eventId: string }[] };
    expect(elements).toHaveLength(3);
    expect(elements).toEqual(
      expect.arrayContaining([
        element('ab-1', '104012'),
        { ...element('ab-1', '104013'), conversionValue: { currencyCode: 'EUR', amount: '12000.5' } },
        element('ab-3', '104012'),
      ]),
    );
    expect(new Set(elements.map(({ eventId }) => eventId)).size).toBe(3);
    // What is sent again says that it is the same.
    expect(tool.came[0]?.body.toString()).toBe(tool.came[1]?.body.toString());
  });
});

describe('a source whose tool is told', () => {
  const words = { won: 'Won' };
  const valid = { baseUrl: 'https://example.com', token: TOKEN, into: 'hs_lead_status', words };
  const byClient = { baseUrl: 'https://example.com', client: CLIENT, into: 'lead_status', words };
  const byRefresh = (client: object = { ...CLIENT, refreshToken: 'x' }) => ({
    ...{ baseUrl: 'https://example.com', client, into: '1234567890', words: { won: '7002' } },
  });
  const byRule = { baseUrl: 'https://example.com', token: TOKEN, words: { won: '104012' } };
  const types = ['held', 'completed', 'unroutable', 'accepted', 'contacted', 'qualified', 'won', 'lost', 'declined'];
  const elevenActions = Object.fromEntries(
    [...types, 'returned', 'recycled'].map((type, place) => [type, String(7_000 + place)]),
  );

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
    ['with a token that ends after an hour', 'marketo', { ...byClient, token: TOKEN }, '/outcomes/token'],
    ['without a client the first time', 'marketo', { ...byClient, client: undefined }, '/outcomes/client'],
    ['as a client where there is a token', 'hubspot', { ...valid, client: CLIENT }, '/outcomes/client'],
    ['as a client without a secret', 'mautic', { ...byClient, client: { id: 'x' } }, '/outcomes/client/secret'],
    [
      'as a client of an address that is nobody’s to call',
      'mautic',
      { ...byClient, client: { ...CLIENT, tokenUrl: 'http://10.0.0.1/token' } },
      '/outcomes/client/tokenUrl',
    ],
    ['by a client without a refresh token', 'google-ads', byRefresh({ ...CLIENT }), '/outcomes/client/refreshToken'],
    [
      'by a refresh token where there is none',
      'marketo',
      { ...byClient, client: { ...CLIENT, refreshToken: 'x' } },
      '/outcomes/client/refreshToken',
    ],
    ['into an account with hyphens', 'google-ads', { ...byRefresh(), into: '123-456-7890' }, '/outcomes/into'],
    ['into something where the words say it', 'linkedin', { ...byRule, into: '507000000' }, '/outcomes/into'],
    ['in words that are no rules', 'linkedin', { ...byRule, words }, '/outcomes/words/won'],
    ['into nothing', 'hubspot', { ...valid, into: undefined }, '/outcomes/into'],
    ['in words that are no actions', 'google-ads', { ...byRefresh(), words }, '/outcomes/words/won'],
    ['in more words than it takes', 'google-ads', { ...byRefresh(), words: elevenActions }, '/outcomes/words'],
    ['of consent where nobody asks', 'hubspot', { ...valid, consent: 'granted' }, '/outcomes/consent'],
    ['of consent that is neither', 'google-ads', { ...byRefresh(), consent: 'maybe' }, '/outcomes/consent'],
    ['into what the person is found by', 'marketo', { ...byClient, into: 'id' }, '/outcomes/into'],
    ['into a field that is no alias', 'mautic', { ...byClient, into: 'Lead Status' }, '/outcomes/into'],
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

  it('shows no more of a client than that there is one, keeps it sealed, and shows it to no other tool or address', async () => {
    const outcomes = { ...byClient, baseUrl: tool.url };
    await intake.source('shown-client', { format: 'mautic', outcomes });
    const { body, text } = await intake.call('/v1/sources/shown-client');
    expect(body['outcomes']).toEqual({ baseUrl: tool.url, into: 'lead_status', words, hasClient: true });
    for (const secret of [CLIENT.id, CLIENT.secret]) {
      expect(text).not.toContain(secret);
      expect(await intake.dump()).not.toContain(secret);
    }
    for (const [format, baseUrl, field] of [
      ['marketo', tool.url, '/outcomes/client'],
      ['hubspot', tool.url, '/outcomes/token'],
      ['mautic', 'http://127.0.0.1:1', '/outcomes/client'],
    ] as const) {
      const json = { format, outcomes: { ...outcomes, baseUrl, client: undefined } };
      const refused = await intake.call('/v1/sources/shown-client', { method: 'PUT', json });
      expect([refused.status, refused.body.errors?.map((error) => error.field)]).toEqual([400, [field]]);
    }
    const left = { token: null, client: null, consent: null };
    await intake.source('shown-client', { format: 'mautic', outcomes: { ...outcomes, ...left } });
    const nothingMore = { refreshToken: null, tokenUrl: null };
    await intake.source('shown-client', {
      ...{ format: 'mautic', fetch: null, feedback: null },
      outcomes: { ...outcomes, client: { ...CLIENT, ...nothingMore } },
    });
    await intake.source('shown', {
      ...{ format: 'hubspot', fetch: { baseUrl: tool.url, token: TOKEN } },
      outcomes: { ...valid, baseUrl: tool.url, token: null },
    });
    await intake.source('shown', { format: 'hubspot', fetch: { baseUrl: tool.url, token: null } });
  });
});
