import { parseJson } from '@fairlead/platform';
import { existsSync, readFileSync } from 'node:fs';
import { type Format, formatOf } from './formats.js';
import type { Arrival, Delivery, ReaderOptions } from './source-format.js';

const folder = new URL('../../../../../shared/samples/', import.meta.url);
const NOW = Date.UTC(2026, 0, 2);

const delivery = (body: Buffer, more: Partial<Delivery> = {}): Delivery => ({
  ...{ method: 'POST', url: '', headers: {}, contentType: 'application/json', body, receivedAt: NOW },
  ...more,
});

function read(format: Format, value: unknown, options: Partial<ReaderOptions> = {}): Arrival[] {
  const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const reader = formatOf(format);
  const given = { mapping: undefined, canFetch: true, now: NOW, ...options };
  return [...(reader?.read(parseJson(body, { exactIntegers: true }), delivery(body), given) ?? [])];
}

/** Without keys and raw items, which are for machines. */
const told = (arrivals: readonly Arrival[]) =>
  arrivals.map((arrival) => {
    const { key: _, ...rest } = arrival as { key?: string; item?: unknown };
    const { item: __, ...said } = rest;
    return said;
  });

// What each sample comes to, one line a sample.
const samples: [file: string, format: Format, expected: unknown[]][] = [
  ['hubspot_contact_creation_batch', 'hubspot', [{ kind: 'reference', reference: '106314056576' }]],
  [
    'mautic_zapier_contactCreated',
    'mautic',
    [
      {
        kind: 'lead',
        lead: {
          externalId: '14',
          firstName: 'John',
          lastName: 'Doe',
          email: 'john@doe.com',
          phone: '666555444',
          domain: 'http://doe.com',
          city: 'Prague',
          country: 'Czech Republic',
          attributes: { jobTitle: 'Q&A' },
          engagement: { points: 0 },
          occurredAt: '2017-06-13T09:15:47.000Z',
        },
      },
    ],
  ],
  [
    'mautic_zapier_contactUpdated',
    'mautic',
    [
      {
        kind: 'lead',
        lead: {
          externalId: '12',
          firstName: 'John',
          lastName: 'Doe',
          email: 'john@doe.email',
          company: 'Mautic',
          engagement: { points: 0 },
          occurredAt: '2017-06-09T11:49:02.000Z',
        },
      },
    ],
  ],
  [
    'mautic_zapier_emailOpened',
    'mautic',
    [
      {
        kind: 'activity',
        who: { externalId: '4', email: 'doe@gmail.com' },
        activity: 'email-opened',
        adds: { emailOpens: 1 },
        sets: {},
        occurredAt: Date.UTC(2017, 5, 19, 12, 36, 33),
      },
    ],
  ],
  [
    'mautic_zapier_pageHit',
    'mautic',
    [
      {
        kind: 'activity',
        who: { externalId: '54' },
        activity: 'page-visited',
        adds: { visits: 1 },
        sets: {},
        occurredAt: Date.UTC(2017, 5, 19, 14, 26, 54),
      },
    ],
  ],
  [
    'marketo_lead_activity_0',
    'marketo',
    [
      {
        kind: 'activity',
        who: { externalId: '1234' },
        activity: 'email-opened',
        adds: { emailOpens: 1 },
        sets: {},
        occurredAt: Date.UTC(2024, 11, 17, 18, 39, 33),
      },
      {
        kind: 'activity',
        who: { externalId: '1234' },
        activity: 'page-visited',
        adds: { visits: 1 },
        sets: {},
        occurredAt: Date.UTC(2024, 11, 17, 18, 42, 49),
      },
    ],
  ],
  [
    'marketo_notification_0',
    'marketo',
    [
      { kind: 'unknown', type: 'com.adobe.platform.marketo.notification.web_services' },
      { kind: 'unknown', type: 'com.adobe.platform.marketo.notification.campaign_failure' },
    ],
  ],
  [
    'google_ads_lead_form_test',
    'google-ads',
    [
      {
        kind: 'test',
        lead: {
          externalId: 'Cj0KCQjwit_8BRCoARIsAIx3Rj7g-AeL6z35IWb6VYiZUygtTfwD3hDlgSGmY-XTTlK3lfV1wcuIwIAaAmMxEALw_wcB',
          firstName: 'FirstName',
          lastName: 'LastName',
          phone: '1-650-555-0123',
          email: 'test@example.com',
          attributes: { campaignId: '123456', formId: '123456789' },
        },
      },
    ],
  ],
  [
    'meta_leadgen_webhook',
    'meta',
    [
      { kind: 'reference', reference: '123123123123' },
      { kind: 'reference', reference: '123123123124' },
    ],
  ],
  [
    'typeform_form_response',
    'typeform',
    [
      {
        kind: 'lead',
        lead: {
          externalId: 'x71for1wr6irs2rx71fotn12b3izh25v',
          message: "What's your name?: test1",
          occurredAt: '2020-09-26T08:23:49.000Z',
        },
      },
    ],
  ],
];

describe('what tools really send', () => {
  const given = existsSync(folder) ? it : it.skip;
  for (const [file, format, expected] of samples) {
    given(`comes to this: ${file}`, () => {
      expect(told(read(format, readFileSync(new URL(`${file}.json`, folder), 'utf8')))).toEqual(expected);
    });
  }
});

describe('HubSpot', () => {
  const event = { eventId: 1, portalId: 2, objectId: 3, occurredAt: 1_700_000_000_000, attemptNumber: 0 };

  it('has contacts asked for, whichever way it names the subscription', () => {
    const events = [
      { ...event, subscriptionType: 'contact.creation' },
      { ...event, subscriptionType: 'object.creation', objectTypeId: '0-1' },
      { ...event, subscriptionType: 'contact.propertyChange', propertyName: 'email', propertyValue: 'a@b.example' },
      { ...event, subscriptionType: 'contact.merge', primaryObjectId: 7, mergedObjectIds: [3] },
    ];
    expect(told(read('hubspot', events))).toEqual(
      ['3', '3', '3', '7'].map((reference) => ({ kind: 'reference', reference })),
    );
  });

  it('tells an activity where a counter of a contact changes, and sets other objects aside', () => {
    const events = [
      { ...event, subscriptionType: 'contact.propertyChange', propertyName: 'hs_email_open', propertyValue: '4' },
      { ...event, subscriptionType: 'object.creation', objectTypeId: '0-3' },
      { ...event, subscriptionType: 'contact.deletion' },
    ];
    expect(told(read('hubspot', events))).toEqual([
      {
        kind: 'activity',
        who: { externalId: '3' },
        activity: 'email-opened',
        adds: {},
        sets: { emailOpens: 4 },
        occurredAt: 1_700_000_000_000,
      },
      { kind: 'unknown', type: 'object.creation' },
      { kind: 'unknown', type: 'contact.deletion' },
    ]);
  });

  it('takes what was last done for an activity, which asks for nobody', () => {
    const properties = [
      ...['hs_email_last_open_date', 'hs_email_last_click_date', 'hs_analytics_last_visit_timestamp'],
      ...['hs_analytics_last_timestamp', 'hs_sa_last_engagement_date', 'notes_last_contacted'],
    ];
    const events = properties.map((propertyName) => ({
      ...{ ...event, subscriptionType: 'contact.propertyChange' },
      ...{ propertyName, propertyValue: '1767225600000' },
    }));
    const at = '2026-01-01T00:00:00.000Z';
    expect(told(read('hubspot', events))).toMatchObject([
      { kind: 'activity', activity: 'email-opened', sets: { lastEmailOpen: at }, occurredAt: 1_700_000_000_000 },
      { kind: 'activity', activity: 'email-clicked', sets: { lastEmailClick: at } },
      { kind: 'activity', activity: 'visited', sets: { lastVisit: at } },
      { kind: 'activity', activity: 'page-viewed', sets: { lastPageView: at } },
      { kind: 'activity', activity: 'engaged', sets: { lastEngagement: at } },
      { kind: 'activity', activity: 'contacted', sets: { lastContact: at } },
    ]);
  });

  it('has the contact of the trial on its settings page asked for', () => {
    const trial = { eventId: 100, portalId: 2, objectId: 123, occurredAt: 1_700_000_000_000, attemptNumber: 0 };
    const change = { subscriptionType: 'contact.propertyChange', propertyName: 'email', propertyValue: 'sample-value' };
    expect(told(read('hubspot', [{ ...trial, ...change }]))).toEqual([{ kind: 'reference', reference: '123' }]);
  });

  it('recognises an event in its second attempt', () => {
    const [first] = read('hubspot', [{ ...event, subscriptionType: 'contact.creation' }]);
    const [second] = read('hubspot', [{ ...event, subscriptionType: 'contact.creation', attemptNumber: 1 }]);
    const [another] = read('hubspot', [{ ...event, eventId: 9, subscriptionType: 'contact.creation' }]);
    expect(second?.key).toBe(first?.key);
    expect(another?.key).not.toBe(first?.key);
  });
});

describe('Mautic', () => {
  it('reads several triggers in one body, and the time beside them', () => {
    const contact = (id: number, fields: unknown) => ({
      contact: { id, points: 5, fields },
      timestamp: '2026-01-01T10:00:00+00:00',
    });
    const body = {
      'mautic.lead_post_save_new': [
        contact(1, { core: { email: { value: 'a@m.example' } }, social: [] }),
        contact(2, []),
      ],
      'mautic.lead_points_change': { contact: { id: 1, fields: [] }, points: { old_points: 1, new_points: 9 } },
      'mautic.form_on_submit': [
        {
          submission: {
            id: 4,
            form: { name: 'Contact us' },
            lead: { id: 3, fields: [] },
            results: { e_mail: '', email: 'b@m.example', budget: '10k' },
            dateSubmitted: '2026-01-01T11:00:00+00:00',
          },
        },
      ],
      'mautic.email_on_send': [{}],
      timestamp: '2026-01-01T12:00:00+00:00',
    };
    expect(told(read('mautic', body))).toEqual([
      {
        kind: 'lead',
        lead: {
          externalId: '1',
          email: 'a@m.example',
          engagement: { points: 5 },
          occurredAt: '2026-01-01T10:00:00.000Z',
        },
      },
      { kind: 'unknown', type: 'mautic.lead_post_save_new of a visitor' },
      {
        kind: 'activity',
        who: { externalId: '1' },
        activity: 'points-changed',
        adds: {},
        sets: { points: 9 },
        occurredAt: NOW,
      },
      {
        kind: 'lead',
        lead: {
          externalId: '3',
          email: 'b@m.example',
          message: 'budget: 10k',
          attributes: { form: 'Contact us' },
          occurredAt: '2026-01-01T11:00:00.000Z',
        },
      },
      { kind: 'unknown', type: 'mautic.email_on_send' },
    ]);
  });
});

describe('Mautic, of what somebody said', () => {
  const contact = (fields: Record<string, string | null>, more: object = {}) => ({
    ...{ id: 7, points: 0, ...more },
    fields: { core: Object.fromEntries(Object.entries(fields).map(([alias, value]) => [alias, { alias, value }])) },
  });
  const submitted = (lead: unknown, results: unknown) => ({
    'mautic.form_on_submit': [{ submission: { id: 4, form: { name: 'F' }, lead, results } }],
  });

  it('takes what was just written for newer than what the contact had, where something was written', () => {
    const lead = contact({ firstname: 'Old', email: 'old@m.example', company: 'Kept Ltd', phone: '1' });
    const results = { first_name: 'New &amp; Co', email: 'new@m.example', company: ' ', mobile: '2', phone: null };
    expect(told(read('mautic', submitted(lead, results)))).toMatchObject([
      { lead: { firstName: 'New & Co', email: 'new@m.example', company: 'Kept Ltd', phone: '2' } },
    ]);
  });

  it('keeps every box that was ticked, as it was written', () => {
    const results = { email: 'a@m.example', topics: ['R&amp;D', 'Ops', ''], said: 'It&#039;s', none: [], odd: [{}] };
    expect(told(read('mautic', submitted(null, results)))).toMatchObject([
      { lead: { email: 'a@m.example', message: "topics: R&D, Ops\nsaid: It's" } },
    ]);
  });

  it('hears a no in what was unsubscribed, by anybody, and none in a mail that bounced', () => {
    const lists = [
      [1, false],
      [3, false],
      ['3', false],
      [undefined, false],
      [2, undefined],
      [0, undefined],
    ] as const;
    for (const [reason, consent] of lists) {
      const doNotContact = [{ channel: 'email', ...(reason !== undefined && { reason }) }];
      const [arrival] = read('mautic', {
        'mautic.lead_post_save_update': [{ contact: contact({ email: 'd@m.example' }, { doNotContact }) }],
      });
      expect([reason, (arrival as { lead?: { consent?: boolean } }).lead?.consent]).toEqual([reason, consent]);
    }
  });

  it('tells that somebody agrees no more, and of nothing else that became of their mails', () => {
    const change = (new_status: string, channel = 'email') => ({
      'mautic.lead_channel_subscription_changed': [
        {
          ...{ contact: contact({ email: 'u@m.example' }), channel, old_status: 'contactable', new_status },
          timestamp: '2026-01-01T10:00:00+00:00',
        },
      ],
    });
    for (const status of ['unsubscribed', 'manual'])
      expect(told(read('mautic', change(status)))).toEqual([
        {
          ...{ kind: 'activity', who: { externalId: '7', email: 'u@m.example' }, activity: 'unsubscribed' },
          ...{ adds: {}, sets: {}, agrees: false, occurredAt: Date.UTC(2026, 0, 1, 10) },
        },
      ]);
    for (const other of [change('bounced'), change('contactable'), change('unsubscribed', 'sms')])
      expect(told(read('mautic', other))).toEqual([
        { kind: 'unknown', type: 'mautic.lead_channel_subscription_changed' },
      ]);
  });

  it('knows who opened a mail by the address that it was sent to, where the contact is gone', () => {
    const stat = { emailAddress: 'gone@m.example', lastOpened: '2026-01-01T10:00:00+00:00', lead: null };
    expect(told(read('mautic', { 'mautic.email_on_open': [{ stat }] }))).toMatchObject([
      { kind: 'activity', who: { email: 'gone@m.example' }, activity: 'email-opened' },
    ]);
  });

  it('is a lead of one who was identified, also where the time stands beside the trigger alone', () => {
    const body = {
      'mautic.lead_post_save_new': [{ contact: contact({ email: 'john@doe.name' }), lead: contact({}) }],
      timestamp: '2017-06-19T09:31:18+00:00',
    };
    expect(told(read('mautic', body))).toMatchObject([{ kind: 'lead', lead: { email: 'john@doe.name' } }]);
  });
});

describe('Marketo', () => {
  const type = (name: string) => `com.adobe.platform.marketo.activity.standard.${name}`;
  const event = (name: string, data: object) => ({ specversion: '1.0', id: name, type: type(name), data });

  it('has a new lead asked for, and takes the few fields that the stream brings along where that cannot be', () => {
    const lead = { id: 12, firstName: 'Ada', email: 'ada@marketo.example', leadScore: 7 };
    const events = [
      event('newlead', { leadId: '12' }),
      event('newlead', { leadId: '12', lead }),
      ...['changedatavalue', 'filloutlinkedinleadgenform', 'filloutlinkedleadgenform'].map((name) =>
        event(name, { leadId: 12 }),
      ),
    ];
    const asked = { kind: 'reference', reference: '12' };
    expect(told(read('marketo', events))).toEqual([asked, asked, asked, asked, asked]);
    expect(told(read('marketo', events, { canFetch: false }))).toEqual([
      asked,
      {
        kind: 'lead',
        lead: { externalId: '12', firstName: 'Ada', email: 'ada@marketo.example', engagement: { leadScore: 7 } },
      },
      ...[asked, asked, asked],
    ]);
  });

  it('knows by an unsubscription that somebody agrees no more, and makes nobody of it', () => {
    const data = { leadId: 12, activityDate: '2025-12-24T00:00:00Z' };
    expect(told(read('marketo', event('unsubscribeemail', data)))).toEqual([
      {
        ...{ kind: 'activity', who: { externalId: '12' }, activity: 'unsubscribed', adds: {}, sets: {} },
        ...{ agrees: false, occurredAt: Date.UTC(2025, 11, 24) },
      },
    ]);
  });

  it('reads a score by its name, and the older streams', () => {
    const attributes = [
      { name: 'New Value', value: '40' },
      { name: 'Old Value', value: 30 },
    ];
    expect(
      told(read('marketo', event('changescore', { leadId: 1, primaryAttributeValue: 'Lead Score', attributes }))),
    ).toMatchObject([{ activity: 'score-changed', sets: { leadScore: 40 } }]);
    const legacy = {
      sourceApplication: 'Marketo',
      activities: [{ marketoGUID: 'g', leadId: 5, activityType: 'Click Link', activityDate: '2026-04-20T18:43:56Z' }],
    };
    expect(told(read('marketo', legacy))).toMatchObject([
      { kind: 'activity', activity: 'link-clicked', who: { externalId: '5' } },
    ]);
  });

  it('reads what Call Webhook sends by the mapping', () => {
    const mapping = { columns: { 'lead.mail': 'email' }, constants: { product: 'cloud' } };
    expect(told(read('marketo', { lead: { mail: 'c@m.example' } }, { mapping }))).toEqual([
      { kind: 'lead', lead: { email: 'c@m.example', product: 'cloud' } },
    ]);
  });
});

describe('Google Ads', () => {
  it('is a lead where it is no test, and keeps the answers to questions of its own in the message', () => {
    const columns = [
      { column_id: 'EMAIL', string_value: 'private@g.example' },
      { column_id: 'WORK_EMAIL', string_value: 'work@g.example' },
      { column_name: 'Full Name', string_value: 'Grace Brewster Hopper' },
      { column_id: 'budget', column_name: 'Your budget?', string_value: '10k' },
    ];
    const ids = { lead_id: 'x'.repeat(200), gcl_id: 'Cj0KCQjw-click', campaign_id: 12345678901234567890n.toString() };
    expect(told(read('google-ads', { ...ids, user_column_data: columns }))).toEqual([
      {
        kind: 'lead',
        clickId: 'Cj0KCQjw-click',
        lead: {
          externalId: expect.stringMatching(/^[0-9a-f]{64}$/),
          email: 'work@g.example',
          firstName: 'Grace Brewster',
          lastName: 'Hopper',
          message: 'EMAIL: private@g.example\nYour budget?: 10k',
          attributes: { campaignId: '12345678901234567890' },
        },
      },
    ]);
  });
});

describe('Google Ads, of its own questions', () => {
  // Those of which its documents tell the ids; what no field of ours takes is in the message.
  it.each([
    ['FULL_NAME', 'Ada Lovelace', { firstName: 'Ada', lastName: 'Lovelace' }],
    ['FIRST_NAME', 'Ada', { firstName: 'Ada' }],
    ['LAST_NAME', 'Lovelace', { lastName: 'Lovelace' }],
    ['EMAIL', 'a@g.example', { email: 'a@g.example' }],
    ['WORK_EMAIL', 'a@g.example', { email: 'a@g.example' }],
    ['PHONE_NUMBER', '+49 30 1', { phone: '+49 30 1' }],
    ['WORK_PHONE', '+49 30 1', { phone: '+49 30 1' }],
    ['COMPANY_NAME', 'Analytical', { company: 'Analytical' }],
    ['JOB_TITLE', 'Countess', { attributes: { jobTitle: 'Countess' } }],
    ['CITY', 'London', { city: 'London' }],
    ['REGION', 'England', { region: 'England' }],
    ['COUNTRY', 'UK', { country: 'UK' }],
    ['POSTAL_CODE', 'W1', { message: 'POSTAL_CODE: W1' }],
    ['STREET_ADDRESS', 'St James 12', { message: 'STREET_ADDRESS: St James 12' }],
  ])('takes %s for what it is', (column_id, string_value, lead) => {
    const [arrival] = read('google-ads', { lead_id: 'g', user_column_data: [{ column_id, string_value }] });
    expect(arrival).toMatchObject({ kind: 'lead', lead });
  });

  it('loses no second number or address, and knows when and by what it came', () => {
    const columns = [
      { column_id: 'PHONE_NUMBER', column_name: 'User Phone', string_value: '+49 170 1' },
      { column_id: 'WORK_PHONE', column_name: 'Work Phone', string_value: '+49 30 1' },
      { column_id: 'EMAIL', column_name: 'User Email', string_value: 'Same@g.example' },
      { column_id: 'WORK_EMAIL', column_name: 'Work Email', string_value: 'same@g.example' },
    ];
    const ids = { asset_group_id: 99, lead_submit_time: '2025-12-31T12:30:00Z', lead_stage: 'SUBMITTED' };
    expect(told(read('google-ads', { lead_id: 'g', ...ids, user_column_data: columns }))).toEqual([
      {
        kind: 'lead',
        lead: {
          ...{ externalId: 'g', occurredAt: '2025-12-31T12:30:00.000Z', attributes: { assetGroupId: '99' } },
          ...{ phone: '+49 30 1', email: 'same@g.example', message: 'User Phone: +49 170 1' },
        },
      },
    ]);
  });
});

describe('Meta', () => {
  it('reads ids that are numbers, of any length, and knows the test of its dashboard', () => {
    const change = (id: string) => `{"field":"leadgen","value":{"leadgen_id":${id}}}`;
    const body = `{"object":"page","entry":[{"changes":[${change('12345678901234567890')},${change('444444444444')},{"field":"feed"}]}]}`;
    expect(told(read('meta', body))).toEqual([
      { kind: 'reference', reference: '12345678901234567890' },
      { kind: 'test' },
      { kind: 'unknown', type: 'page.feed' },
    ]);
  });
});

describe('Meta, of a page that also hears of messages', () => {
  it('sets aside what is about those', () => {
    const body = {
      object: 'page',
      entry: [
        { id: '1', time: 1, messaging: [{ message: { text: 'hello' } }] },
        { id: '1', changes: [{ field: 'leadgen', value: { leadgen_id: '7' } }] },
        { id: '1' },
      ],
    };
    expect(told(read('meta', body))).toMatchObject([
      { kind: 'unknown', type: 'page.messaging' },
      { kind: 'reference', reference: '7' },
      { kind: 'unusable' },
    ]);
  });
});

describe('LinkedIn', () => {
  it('has new responses asked for, and nothing else', () => {
    const body = {
      type: 'LEAD_ACTION',
      leadGenFormResponse: 'urn:li:leadGenFormResponse:ab-12-4',
      leadAction: 'CREATED',
      occurredAt: 1,
    };
    expect(told(read('linkedin', body))).toEqual([{ kind: 'reference', reference: 'ab-12-4' }]);
    expect(told(read('linkedin', { ...body, leadAction: 'DELETED' }))).toEqual([
      { kind: 'unknown', type: 'LEAD_ACTION.DELETED' },
    ]);
    // A notification about a lead alone has an action of one.
    expect(told(read('linkedin', { ...body, type: undefined }))).toEqual([{ kind: 'reference', reference: 'ab-12-4' }]);
    expect(told(read('linkedin', { ...body, type: undefined, leadAction: undefined }))).toMatchObject([
      { kind: 'unusable' },
    ]);
    expect(told(read('linkedin', { type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS' }))).toEqual([
      { kind: 'unknown', type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS' },
    ]);
  });
});

describe('Typeform', () => {
  const field = (id: string, title: string, type = 'short_text') => ({ id, title, type, ref: `ref-${id}` });
  const answer = (id: string, type: string, value: unknown) => ({
    type,
    [type]: value,
    field: { id, type, ref: `ref-${id}` },
  });
  const body = {
    event_id: 'e',
    event_type: 'form_response',
    form_response: {
      token: 't',
      hidden: { utm_source: 'fair', company: 'Hidden Ltd' },
      definition: {
        fields: [
          field('1', 'First name'),
          field('2', 'Your e-mail?'),
          field('3', 'Which one?'),
          field('4', 'Where else?'),
        ],
      },
      answers: [
        answer('1', 'text', 'Ada'),
        answer('2', 'email', 'ada@form.example'),
        answer('3', 'choice', { label: 'Cloud' }),
        answer('4', 'choices', { labels: ['DE', 'FR'], other: 'Mars' }),
      ],
    },
  };

  it('knows the usual questions and hidden fields, and leaves nothing out', () => {
    expect(told(read('typeform', body))).toEqual([
      {
        kind: 'lead',
        lead: {
          externalId: 't',
          firstName: 'Ada',
          email: 'ada@form.example',
          company: 'Hidden Ltd',
          message: 'Which one?: Cloud\nWhere else?: DE, FR, Mars\nutm_source: fair',
        },
      },
    ]);
  });

  it('is read by a mapping of titles, refs or ids', () => {
    const mapping = {
      columns: { 'Which one?': 'product', 'ref-4': 'attributes.places', utm_source: 'attributes.campaign' },
    };
    expect(told(read('typeform', body, { mapping }))).toMatchObject([
      {
        lead: { product: 'Cloud', attributes: { places: 'DE, FR, Mars', campaign: 'fair' }, email: 'ada@form.example' },
      },
    ]);
    expect(JSON.stringify(read('typeform', body, { mapping }))).not.toContain('message');
  });
});

describe('Typeform, of forms as people make them', () => {
  interface Asked {
    readonly title: string;
    readonly type?: string;
    readonly value: unknown;
    readonly part?: string;
  }
  const defined = ({ title, part }: Asked, id: number) => ({
    ...{ id: `q${id}`, ref: `r${id}`, title, ...(part !== undefined && { subfield_key: part }) },
  });
  const answered = ({ type = 'text', value }: Asked, id: number) => ({
    ...{ type, [type]: value, field: { id: `q${id}`, ref: `r${id}`, type } },
  });
  const response = (asked: readonly Asked[], more: object = {}) => ({
    ...{ event_id: 'e', event_type: 'form_response' },
    form_response: {
      ...{ token: 't', landed_at: '2026-01-01T00:00:00Z', submitted_at: '2026-01-01T00:00:00Z' },
      ...{ definition: { fields: asked.map(defined) }, answers: asked.map(answered), ...more },
    },
  });
  const lead = (body: unknown) => (read('typeform', body)[0] as { lead: Record<string, unknown> }).lead;

  it.each([
    ['Your Email Address:', 'email', 'a@f.example'],
    ['Please enter your e-mail', 'email', 'a@f.example'],
    ['Your First Name:', 'firstName', 'Ada'],
    ['What is your last name? *', 'lastName', 'Lovelace'],
    ['What’s your name?', 'firstName', 'Ada'],
    ["What's your name?", 'firstName', 'Ada'],
    ['What is your company?', 'company', 'Analytical'],
    ['Please tell us your job title', 'attributes', { jobTitle: 'Countess' }],
  ])('knows the question “%s”', (title, field, expected) => {
    const value = typeof expected === 'string' ? expected : expected.jobTitle;
    const phone = { title: 'Where can we call you?', type: 'phone_number', value: '+49 30 901820' };
    expect(lead(response([{ title, value }, phone]))).toMatchObject({ [field]: expected });
  });

  it.each(['What is the name of your company?', 'Is your company hiring?', 'What is it?', 'Industry news?'])(
    'does not take “%s” for what it does not ask',
    (title) => {
      const { message } = lead(
        response([
          { title, value: 'x' },
          { title: 'Mail', type: 'email', value: 'a@f.example' },
        ]),
      );
      expect(message).toBe(`${title}: x`);
    },
  );

  it('takes a lone text that is an address for the address, and of two neither', () => {
    const one = { title: 'Where do we write to?', value: 'a@f.example' };
    expect(lead(response([{ title: "What's your name?", value: 'Ada' }, one]))).toEqual({
      ...{ externalId: 't', occurredAt: '2026-01-01T00:00:00.000Z', email: 'a@f.example', firstName: 'Ada' },
    });
    const two = lead(response([one, { title: 'And your boss?', value: 'b@f.example' }]));
    expect(two).toEqual({
      ...{ externalId: 't', occurredAt: '2026-01-01T00:00:00.000Z' },
      message: 'Where do we write to?: a@f.example\nAnd your boss?: b@f.example',
    });
    expect(lead(response([], { hidden: { referrer: 'partner@f.example' } }))['email']).toBeUndefined();
  });

  it('knows the parts of a question for a contact, and the questions of a group', () => {
    const parts = [
      { title: 'Vorname', part: 'first_name', value: 'Ada' },
      { title: 'Nachname', part: 'last_name', value: 'Lovelace' },
      { title: 'Telefon', part: 'phone_number', type: 'phone_number', value: '+49 30 901820' },
      { title: 'E-Mail', part: 'email', type: 'email', value: 'a@f.example' },
      { title: 'Firma', part: 'company', value: 'Analytical' },
      { title: 'Which budget?', value: '10k' },
    ];
    const nested = parts.map(defined);
    const group = { id: 'g', title: 'More', type: 'group', properties: { fields: nested.slice(5) } };
    const fields = [{ id: 'c', title: 'You', type: 'contact_info', properties: { fields: nested.slice(0, 5) } }, group];
    expect(lead(response(parts, { definition: { fields } }))).toEqual({
      ...{ externalId: 't', occurredAt: '2026-01-01T00:00:00.000Z', firstName: 'Ada', lastName: 'Lovelace' },
      ...{ phone: '+49 30 901820', email: 'a@f.example', company: 'Analytical', message: 'Which budget?: 10k' },
    });
  });

  it('keeps the campaign that a hidden field tells, and every other hidden field in the message', () => {
    const hidden = { utm_campaign: 'spring', utm_medium: 'cpc', segment: '', email: 'hidden@f.example' };
    const mail = { title: 'Mail', type: 'email', value: 'a@f.example' };
    expect(lead(response([mail], { hidden }))).toMatchObject({
      ...{ email: 'a@f.example', attributes: { campaign: 'spring' } },
      message: 'utm_medium: cpc\nemail: hidden@f.example',
    });
  });

  it('tries whether it arrives with texts of its own, under the event’s id and in no time; everything else somebody wrote', () => {
    const trial = (more: object = {}, email = 'an_account@example.com', words = 'Lorem ipsum dolor') =>
      response(
        [
          { title: 'Mail', type: 'email', value: email },
          { title: 'Name', value: words },
        ],
        { token: 'e', ...more },
      );
    expect(read('typeform', trial())).toMatchObject([
      { kind: 'test', key: 'e', lead: { email: 'an_account@example.com' } },
    ]);
    for (const real of [
      trial({ token: 't' }),
      trial({ submitted_at: '2026-01-01T00:00:02Z' }),
      trial({ landed_at: undefined, submitted_at: undefined }),
      trial({}, 'ada@f.example'),
      trial({}, undefined, 'Ada'),
    ])
      expect(read('typeform', real)).toMatchObject([{ kind: 'lead' }]);
  });
});

describe('CloudEvents', () => {
  const event = (data: unknown, type = 'com.example.order.shipped') => ({
    ...{ specversion: '1.0', id: '1', source: '/shop', type, data },
  });
  const kinds = (data: unknown, options: Partial<ReaderOptions> = {}) =>
    read('cloudevents', event(data), options).map(({ kind }) => kind);

  it('are set aside whole where there is nobody in them, and are leads under any name where there is', () => {
    const shipped = { orderId: 17, items: [{ sku: 'x' }], product: 'cloud' };
    expect(read('cloudevents', event(shipped))).toEqual([
      {
        ...{ kind: 'unknown', type: 'com.example.order.shipped', item: event(shipped) },
        key: JSON.stringify(['/shop', '1']),
      },
    ]);
    expect(kinds({})).toEqual(['unknown']);
    for (const lead of [
      { email: 'a@ce.example' },
      { firstName: 'Ada', odd: 1 },
      { product: 'cloud' },
      { message: 'Hello' },
    ])
      expect(kinds(lead)).toEqual(['lead']);
    expect([...kinds('no object'), ...kinds([]), ...kinds(undefined)]).toEqual(['unusable', 'unusable', 'unusable']);
  });

  it('are leads by a mapping where they have anything that it names', () => {
    const mapping = { columns: { 'customer.mail': 'email' }, constants: { product: 'cloud' } };
    expect(kinds({ customer: { mail: 'a@ce.example' }, orderId: 1 }, { mapping })).toEqual(['lead']);
    expect(kinds({ orderId: 1, email: 'a@ce.example' }, { mapping })).toEqual(['unknown']);
  });
});

describe('Salesforce', () => {
  const header = {
    entityName: 'Lead',
    changeType: 'CREATE',
    recordIds: ['00Q1', '00Q2'],
    commitTimestamp: Date.UTC(2026, 0, 1),
    transactionKey: 'k',
    sequenceNumber: 1,
  };
  const change = (more: object, fields: object = {}) => ({
    data: { schema: 's', payload: { ChangeEventHeader: { ...header, ...more }, ...fields }, event: { replayId: 6 } },
    channel: '/data/LeadChangeEvent',
  });

  it('is one lead for each record of a change', () => {
    const fields = {
      Name: { FirstName: 'Ada', LastName: 'L' },
      Email: 'ada@sf.example',
      Address: { City: 'Wien' },
      NumberOfEmployees: 12,
      Fax: null,
    };
    const lead = {
      firstName: 'Ada',
      lastName: 'L',
      email: 'ada@sf.example',
      city: 'Wien',
      employees: '12',
      occurredAt: '2026-01-01T00:00:00.000Z',
    };
    expect(told(read('salesforce', change({}, fields)))).toEqual(
      ['00Q1', '00Q2'].map((externalId) => ({ kind: 'lead', lead: { externalId, ...lead } })),
    );
  });

  it('has the rest of a changed record asked for, where that can be done', () => {
    const update = change({ changeType: 'UPDATE', recordIds: ['00Q1'] }, { Status: 'Working' });
    expect(told(read('salesforce', update))).toEqual([{ kind: 'reference', reference: '00Q1' }]);
    expect(told(read('salesforce', update, { canFetch: false }))).toMatchObject([
      { kind: 'lead', lead: { externalId: '00Q1' } },
    ]);
    expect(told(read('salesforce', change({ changeType: 'GAP_UPDATE', recordIds: ['00Q1'] })))).toMatchObject([
      { kind: 'reference' },
    ]);
    expect(told(read('salesforce', change({ recordIds: ['00Q*'] })))).toMatchObject([{ kind: 'unusable' }]);
    expect(told(read('salesforce', change({ entityName: 'Opportunity', recordIds: ['006'] })))).toEqual([
      { kind: 'unknown', type: 'Opportunity.CREATE' },
    ]);
  });

  it('reads records as its APIs export them', () => {
    const records = [
      {
        attributes: { type: 'Lead', url: '/x' },
        Id: '00Q9',
        LastName: 'N',
        Country: 'Germany',
        CreatedDate: '2026-01-01T08:49:14.000+0000',
      },
      { attributes: { type: 'Account' }, Id: '001' },
    ];
    expect(told(read('salesforce', { totalSize: 2, done: true, records }))).toEqual([
      {
        kind: 'lead',
        lead: { externalId: '00Q9', lastName: 'N', country: 'Germany', occurredAt: '2026-01-01T08:49:14.000Z' },
      },
      { kind: 'unknown', type: 'Account record' },
    ]);
  });

  it('takes nothing of its owner, or of whoever made it, for the person’s own', () => {
    const record = {
      attributes: { type: 'Contact', url: '/services/data/v61.0/sobjects/Contact/0035e00000A1b2cEAC' },
      Id: '0035e00000A1b2cEAC',
      LastName: 'Lovelace',
      Owner: { attributes: { type: 'User' }, Email: 'seller@vendor.example', Phone: '+43 1 1', Title: 'Seller' },
      CreatedBy: { Email: 'robot@vendor.example', FirstName: 'Robot' },
      MailingAddress: { city: 'Wien', countryCode: 'AT' },
      Account: {
        Name: 'Engines Ltd',
        Website: 'engines.example',
        Industry: 'Machinery',
        NumberOfEmployees: 12,
        Phone: '1',
      },
    };
    expect(told(read('salesforce', { records: [record] }))).toEqual([
      {
        kind: 'lead',
        lead: {
          ...{ externalId: '0035e00000A1b2cEAC', lastName: 'Lovelace', country: 'AT', city: 'Wien' },
          ...{ company: 'Engines Ltd', domain: 'engines.example', industry: 'Machinery', employees: '12' },
        },
      },
    ]);
    const mapping = { columns: { 'Owner.Email': 'attributes.owner' } };
    expect(told(read('salesforce', { records: [record] }, { mapping }))).toMatchObject([
      { lead: { attributes: { owner: 'seller@vendor.example' } } },
    ]);
  });

  it('reads what its command line writes: with a status around it, and as a tree without ids', () => {
    const url = '/services/data/v61.0/sobjects/Lead/00Q5e00000A1b2cEAC';
    const query = { status: 0, result: { records: [{ attributes: { type: 'Lead', url }, Email: 'q@sf.example' }] } };
    expect(told(read('salesforce', query))).toEqual([
      { kind: 'lead', lead: { externalId: '00Q5e00000A1b2cEAC', email: 'q@sf.example' } },
    ]);
    const tree = { records: [{ attributes: { type: 'Lead', referenceId: 'LeadRef1' }, LastName: 'N' }] };
    const [first] = told(read('salesforce', tree)) as [{ lead: { externalId: string } }];
    expect(first).toMatchObject({ kind: 'lead', lead: { lastName: 'N' } });
    // In the next export somebody else is called so.
    const [next] = told(read('salesforce', tree, { now: NOW + 1 })) as [{ lead: { externalId: string } }];
    expect(next.lead.externalId).not.toBe(first.lead.externalId);
    expect(told(read('salesforce', { records: [{ attributes: { type: 'Lead' }, LastName: 'N' }] }))).toMatchObject([
      { kind: 'unusable' },
    ]);
  });
});

describe('what was asked for', () => {
  const fetched = (format: Format, answer: unknown) => {
    const options = { mapping: undefined, canFetch: true, now: NOW };
    return [...(formatOf(format)?.fetching?.read(answer, options) ?? [])].map(([id, arrival]) => [
      id,
      ...told([arrival]),
    ]);
  };

  (existsSync(folder) ? it : it.skip)('comes to this: meta_lead_retrieved', () => {
    const lead = JSON.parse(readFileSync(new URL('meta_lead_retrieved.json', folder), 'utf8')) as unknown;
    expect(fetched('meta', { '17': lead })).toEqual([
      [
        '17',
        {
          kind: 'lead',
          lead: {
            externalId: '17',
            firstName: 'Joe',
            lastName: 'Example',
            email: 'joe@example.com',
            message: 'car_make: Honda\nselected_dealer: 99213450',
            occurredAt: '2015-02-28T08:49:14.000Z',
            attributes: {},
          },
        },
      ],
    ]);
  });

  it('of HubSpot is a contact with its properties', () => {
    const properties = {
      email: 'h@hub.example',
      firstname: 'H',
      jobtitle: '',
      hs_email_open: '3',
      hs_email_optout: 'true',
      createdate: '2026-01-01T00:00:00Z',
    };
    expect(fetched('hubspot', { results: [{ id: '3', properties }] })).toEqual([
      [
        '3',
        {
          kind: 'lead',
          lead: {
            externalId: '3',
            email: 'h@hub.example',
            firstName: 'H',
            engagement: { emailOpens: 3 },
            consent: false,
            occurredAt: '2026-01-01T00:00:00.000Z',
          },
        },
      ],
    ]);
  });

  it('of Meta knows the leads of its testing tool', () => {
    const field_data = [
      { name: 'email', values: ['test@meta.com'] },
      { name: 'job', values: ['<test lead: dummy data for job>'] },
    ];
    expect(fetched('meta', { '5': { id: '5', field_data } })).toEqual([['5', { kind: 'test' }]]);
  });

  it('of LinkedIn is read by the questions of its form', () => {
    const answer = {
      id: 'r-1',
      submittedAt: Date.UTC(2026, 0, 1),
      formResponse: {
        answers: [
          { questionId: 1, answerDetails: { textQuestionAnswer: { answer: 'Ada' } } },
          { questionId: 2, answerDetails: { textQuestionAnswer: { answer: 'ada@li.example' } } },
          { questionId: 3, answerDetails: { multipleChoiceAnswer: { options: [2] } } },
        ],
      },
      form: {
        hiddenFields: [{ name: 'campaign', value: 'x' }],
        content: {
          questions: [
            { questionId: 1, predefinedField: 'FIRST_NAME', question: { localized: { en_US: 'First name' } } },
            { questionId: 2, predefinedField: 'WORK_EMAIL' },
            {
              questionId: 3,
              question: { localized: { de_DE: 'Wann?' } },
              questionDetails: {
                multipleChoiceQuestionDetails: { options: [{ id: 2, text: { localized: { de_DE: 'Bald' } } }] },
              },
            },
          ],
        },
      },
    };
    const lead = {
      externalId: 'r-1',
      firstName: 'Ada',
      email: 'ada@li.example',
      message: 'Wann?: Bald',
      occurredAt: '2026-01-01T00:00:00.000Z',
      attributes: { campaign: 'x' },
    };
    expect(fetched('linkedin', answer)).toEqual([['r-1', { kind: 'lead', lead }]]);
    expect(fetched('linkedin', { ...answer, testLead: true })).toMatchObject([['r-1', { kind: 'test' }]]);
  });

  it('of LinkedIn tells whether the boxes beneath the form were ticked, and by which campaign it came', () => {
    const answer = (accepted: unknown[], legalInfo?: unknown) => ({
      ...{ id: 'r-2', submittedAt: Date.UTC(2026, 0, 1) },
      formResponse: { answers: [], consentResponses: accepted.map((each, id) => ({ consentId: id, accepted: each })) },
      form: { hiddenFields: [{ name: 'segment', value: 'smb' }], content: { questions: [], legalInfo } },
    });
    const legalInfo = {
      consents: ['Mail me', 'Call me'].map((en_US, id) => ({ id, consent: { localized: { en_US } } })),
    };
    const consent = (value: unknown) =>
      (fetched('linkedin', value)[0]?.[1] as { lead: { consent?: unknown } }).lead.consent;
    const at = '2026-01-01T00:00:00.000Z';
    expect(consent(answer([true, true], legalInfo))).toEqual({ given: true, at, text: 'Mail me Call me' });
    expect(consent(answer([true, false], legalInfo))).toEqual({ given: false, at, text: 'Call me' });
    expect(consent(answer([false]))).toEqual({ given: false, at });
    expect(consent(answer([]))).toBeUndefined();
    expect(consent(answer(['yes'], legalInfo))).toBeUndefined();

    const campaign = (by: object) => {
      const leadMetadataInfo = { sponsoredLeadMetadataInfo: { campaign: by } };
      return fetched('linkedin', { ...answer([]), leadMetadataInfo })[0]?.[1];
    };
    const id = 'urn:li:sponsoredCampaign:367378525';
    expect(campaign({ name: 'Spring', id })).toMatchObject({
      lead: { attributes: { campaign: 'Spring' }, message: 'segment: smb' },
    });
    expect(campaign({ id })).toMatchObject({ lead: { attributes: { campaign: '367378525' } } });
  });

  it('of Meta tells by which campaign and ad somebody came, and what they ticked where the mapping says what it means', () => {
    const lead = {
      ...{ id: '5', created_time: '2026-01-01T00:00:00+0000', form_id: '1', is_organic: false, platform: 'ig' },
      ...{ ad_id: '2', ad_name: 'Ad', adset_id: '3', adset_name: 'Set', campaign_id: '4', campaign_name: 'Spring' },
      field_data: [{ name: 'email', values: ['m@meta.example'] }],
      custom_disclaimer_responses: [
        { checkbox_key: 'may_call', is_checked: '1' },
        { checkbox_key: 'may_share', is_checked: '' },
      ],
    };
    const mapping = { columns: { may_call: 'consent' } };
    const options = { mapping, canFetch: true, now: NOW };
    const [arrival] = [...(formatOf('meta')?.fetching?.read({ '5': lead }, options).values() ?? [])];
    expect(arrival).toEqual({
      kind: 'lead',
      lead: {
        ...{ externalId: '5', email: 'm@meta.example', occurredAt: '2026-01-01T00:00:00.000Z' },
        ...{ consent: 'yes', message: 'may_share: no' },
        attributes: {
          ...{ formId: '1', adId: '2', adSetId: '3', campaignId: '4', platform: 'ig', organic: false },
          ...{ campaign: 'Spring', adSet: 'Set', ad: 'Ad' },
        },
      },
    });
    expect(fetched('meta', { '5': lead })).toMatchObject([
      ['5', { lead: { message: 'may_call: yes\nmay_share: no' } }],
    ]);
  });

  const troubleOf = (format: Format, answer: unknown) => formatOf(format)?.fetching?.trouble?.(answer);
  const [token, often] = [
    { kind: 'failed', why: 'token-refused' },
    { kind: 'wait', why: 'too-many-requests' },
  ];

  it('of Meta tells by its code what is wrong, since the status is always the same', () => {
    const codes = (...each: number[]) => each.map((code) => troubleOf('meta', { error: { code, message: '' } }));
    expect(codes(190, 102, 10, 200, 294)).toEqual(Array.from({ length: 5 }, () => token));
    expect(codes(4, 17, 32, 613, 80_000, 80_004)).toEqual(Array.from({ length: 6 }, () => often));
    expect(codes(1, 2)).toEqual([
      { kind: 'failed', why: 'graph-1' },
      { kind: 'failed', why: 'graph-2' },
    ]);
    expect(troubleOf('meta', { error: { code: 9_999, is_transient: true } })).toMatchObject({ kind: 'failed' });
    expect(codes(100, 803, 9_999)).toMatchObject(Array.from({ length: 3 }, () => ({ kind: 'refused' })));
    const message = '(#100) Tried accessing nonexisting field (ad_name) on node type (UserLeadGenInfo)';
    expect(troubleOf('meta', { error: { code: 100, message } })).toMatchObject({ kind: 'too-many-fields' });
    expect(troubleOf('meta', { '5': { id: '5' } })).toBeUndefined();
  });

  it('of Salesforce tells a field that is not there, and a day’s quota, from a record that is not', () => {
    const says = (errorCode: string) => troubleOf('salesforce', [{ errorCode, message: '' }]);
    expect(says('INVALID_FIELD')).toEqual({ kind: 'failed', why: 'field-not-found' });
    expect(says('INVALID_SESSION_ID')).toEqual(token);
    expect(says('REQUEST_LIMIT_EXCEEDED')).toMatchObject({ kind: 'wait' });
    expect(says('MALFORMED_ID')).toBeUndefined();
    expect(troubleOf('salesforce', [{ Id: '00Q1' }, null])).toBeUndefined();
  });

  it('of Salesforce is asked for by names that fields may have, and by no others', () => {
    const mapping = {
      columns: { Budget__c: 'attributes.budget', 'Owner.Email': 'attributes.owner', 'my field': 'product' },
    };
    const { url } = formatOf('salesforce')?.fetching?.request(['00Q1'], { baseUrl: '', mapping }, NOW) ?? { url: '' };
    const fields = new URLSearchParams(url.split('?')[1]).get('fields')?.split(',') ?? [];
    expect(fields).toContain('Budget__c');
    expect(fields.filter((name) => !/^[A-Za-z]\w*$/.test(name))).toEqual([]);
  });

  it('of Marketo says no under the status 200', () => {
    expect(
      troubleOf('marketo', { success: false, errors: [{ code: '601', message: 'Access token invalid' }] }),
    ).toEqual(token);
    expect(troubleOf('marketo', { success: false, errors: [{ code: '606' }] })).toEqual(often);
    expect(troubleOf('marketo', { success: false, errors: [{ code: '1006' }] })).toMatchObject({ kind: 'failed' });
    expect(troubleOf('marketo', { success: true, result: [] })).toBeUndefined();
  });
});
