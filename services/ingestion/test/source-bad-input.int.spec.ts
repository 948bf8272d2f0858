// Whatever a tool sends with one thing in it that is not as it should be: an answer for each item, and never a fault.
import { normaliseActivity, normaliseLead } from '@fairlead/decisions';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Format, formatOf } from '../src/sources/formats.js';
import type { Arrival, Delivery } from '../src/sources/source-format.js';
import { type Intake, startIntake } from './fixture/intake.js';
import { adobeKeys, signatures } from './fixture/tools.js';

const SECRET = 'a secret of the tool';
const NOW = Date.UTC(2026, 0, 2);
const folder = new URL('../../../../shared/samples/', import.meta.url);

interface Sample {
  readonly name: string;
  readonly format: Format;
  readonly value: unknown;
  /** An answer to what was asked, and no delivery. */
  readonly fetched?: true;
}

/** Of those formats, and parts of formats, that no sample shows. */
const ours: readonly Sample[] = [
  {
    ...{ name: 'linkedin', format: 'linkedin' },
    value: {
      type: 'LEAD_ACTION',
      leadGenFormResponse: 'urn:li:leadGenFormResponse:r-1',
      leadAction: 'CREATED',
      occurredAt: 1,
    },
  },
  {
    ...{ name: 'salesforce change', format: 'salesforce' },
    value: {
      data: {
        payload: {
          ChangeEventHeader: {
            entityName: 'Lead',
            changeType: 'CREATE',
            recordIds: ['00Q1'],
            commitTimestamp: 1_700_000_000_000,
            transactionKey: 't',
            sequenceNumber: 1,
          },
          ...{
            Name: { FirstName: 'A', LastName: 'B' },
            Email: 'a@sf.example',
            NumberOfEmployees: 5,
            Address: { City: 'Wien' },
          },
        },
        event: { replayId: 1 },
      },
    },
  },
  {
    ...{ name: 'salesforce records', format: 'salesforce' },
    value: {
      records: [
        {
          attributes: { type: 'Lead' },
          Id: '00Q2',
          LastName: 'B',
          Email: 'b@sf.example',
          CreatedDate: '2026-01-01T00:00:00Z',
        },
      ],
    },
  },
  {
    ...{ name: 'hubspot change', format: 'hubspot' },
    value: [
      {
        eventId: 1,
        subscriptionType: 'contact.propertyChange',
        propertyName: 'hs_email_open',
        propertyValue: '1',
        objectId: 1,
        occurredAt: 1_700_000_000_000,
      },
    ],
  },
  {
    ...{ name: 'mautic form', format: 'mautic' },
    value: {
      'mautic.form_on_submit': [
        {
          submission: {
            id: 1,
            form: { name: 'F' },
            lead: { id: 1, points: 2, fields: { core: { email: { value: 'f@m.example' } } } },
            results: { email: 'f@m.example', q: 'x' },
            dateSubmitted: '2026-01-01T00:00:00+00:00',
          },
          timestamp: '2026-01-01T00:00:00+00:00',
        },
      ],
      'mautic.lead_points_change': [{ contact: { id: 1, fields: [] }, points: { new_points: 4 } }],
    },
  },
  {
    ...{ name: 'marketo score', format: 'marketo' },
    value: [
      {
        specversion: '1.0',
        id: 'i',
        type: 'com.adobe.platform.marketo.activity.standard.changescore',
        data: {
          leadId: 1,
          primaryAttributeValue: 'Lead Score',
          attributes: [{ name: 'New Value', value: 3 }],
          activityDate: '2026-01-01T00:00:00Z',
        },
      },
      {
        specversion: '1.0',
        id: 'j',
        type: 'com.adobe.platform.marketo.activity.standard.newlead',
        data: { leadId: 2, lead: { email: 'n@mk.example', firstName: 'N', leadScore: 4 } },
      },
    ],
  },
  {
    name: 'marketo streams of old',
    format: 'marketo',
    value: {
      activities: [{ marketoGUID: 'g', leadId: 1, activityType: 'Click Link', activityDate: '2026-01-01T00:00:00Z' }],
    },
  },
  {
    name: 'json',
    format: 'json',
    value: [
      {
        externalId: 'x',
        email: 'x@json.example',
        engagement: { a: 1 },
        attributes: { b: true },
        consent: { given: true, at: '2026-01-01', text: 't' },
      },
    ],
  },
  {
    ...{ name: 'cloudevents', format: 'cloudevents' },
    value: [
      {
        specversion: '1.0',
        id: '1',
        source: '/s',
        type: 't',
        time: '2026-01-01T00:00:00Z',
        subject: 's',
        data: { email: 'c@ce.example' },
      },
      {
        specversion: '1.0',
        id: '2',
        source: '/s',
        type: 'x.activity',
        data: { who: { email: 'c@ce.example' }, activity: 'opened', adds: { a: 1 }, sets: { b: 'x' } },
      },
    ],
  },
  {
    ...{ name: 'hubspot contact', format: 'hubspot', fetched: true },
    value: {
      results: [
        { id: '1', properties: { email: 'h@h.example', createdate: '2026-01-01T00:00:00Z', hs_email_open: '2' } },
      ],
    },
  },
  {
    ...{ name: 'linkedin response', format: 'linkedin', fetched: true },
    value: {
      ...{ id: 'r', submittedAt: 1_700_000_000_000, testLead: false },
      formResponse: {
        answers: [
          { questionId: 1, answerDetails: { textQuestionAnswer: { answer: 'x' } } },
          { questionId: 2, answerDetails: { multipleChoiceAnswer: { options: [1] } } },
        ],
      },
      form: {
        hiddenFields: [{ name: 'h', value: 'v' }],
        content: {
          questions: [
            { questionId: 1, predefinedField: 'EMAIL' },
            {
              questionId: 2,
              question: { localized: { en_US: 'Q' } },
              questionDetails: {
                multipleChoiceQuestionDetails: { options: [{ id: 1, text: { localized: { en_US: 'A' } } }] },
              },
            },
          ],
        },
      },
    },
  },
  {
    name: 'marketo lead',
    format: 'marketo',
    fetched: true,
    value: {
      success: true,
      result: [{ id: 1, email: 'm@mk.example', createdAt: '2026-01-01T00:00:00Z' }],
      errors: [{ code: '1' }],
    },
  },
  {
    name: 'salesforce lead',
    format: 'salesforce',
    fetched: true,
    value: [
      { attributes: { type: 'Lead' }, Id: '00Q1', Email: 's@sf.example', CreatedDate: '2026-01-01T00:00:00Z' },
      null,
    ],
  },
];

const prefixes: readonly [string, Format][] = [
  ['hubspot', 'hubspot'],
  ['mautic', 'mautic'],
  ['marketo', 'marketo'],
  ['google_ads', 'google-ads'],
  ['meta', 'meta'],
  ['linkedin_lead', 'linkedin'],
  ['typeform', 'typeform'],
  ['salesforce', 'salesforce'],
];

/** Those that lie beside the checkout, where they do. */
function shared(): Sample[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file): Sample[] => {
    const format = prefixes.find(([prefix]) => file.startsWith(prefix) && file.endsWith('.json'))?.[1];
    if (format === undefined) return [];
    const value = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as unknown;
    if (file.includes('retrieved')) return [{ name: file, format, fetched: true, value: { '1': value } }];
    return [{ name: file, format, value }];
  });
}

const GONE = Symbol('gone');
const instead: readonly unknown[] = [
  GONE,
  null,
  7,
  -1e308,
  true,
  'text',
  '',
  'x'.repeat(5_000),
  '\u0000\ud800',
  [],
  ['x'],
  {},
  { x: [{}] },
];
/** Where a list or a table has many alike, the first ones stand for all. */
const MAX_ALIKE = 3;

/** The value with one thing in it changed: every thing, to every kind of thing. */
function* variants(value: unknown): Generator<unknown> {
  for (const path of paths(value, [])) for (const other of instead) yield changed(value, path, other);
}

function* paths(value: unknown, path: readonly string[]): Generator<readonly string[]> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  const isList = Array.isArray(value);
  for (const [name, each] of Object.entries(value).slice(0, isList ? MAX_ALIKE : undefined))
    yield* paths(each, [...path, name]);
}

function changed(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other === GONE ? null : other;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  if (rest.length > 0) copy[name] = changed(copy[name], rest, other);
  else if (other === GONE && Array.isArray(copy)) copy.splice(Number(name), 1);
  else if (other === GONE) delete copy[name];
  else copy[name] = other;
  return copy;
}

/** Read, and understood as intake does. @returns how many of each kind there were */
function read({ format, fetched }: Sample, value: unknown): Arrival[] {
  const reader = formatOf(format);
  const options = { mapping: undefined, canFetch: true, now: NOW };
  const delivery: Delivery = {
    method: 'POST',
    url: '',
    headers: {},
    contentType: 'application/json',
    body: Buffer.alloc(0),
    receivedAt: NOW,
  };
  if (fetched) reader?.fetching?.trouble?.(value);
  const arrivals = fetched
    ? [...(reader?.fetching?.read(value, options) ?? new Map<string, Arrival>()).values()]
    : [...(reader?.read(value, delivery, options) ?? [])];
  for (const arrival of arrivals) {
    if (arrival.kind === 'lead') normaliseLead(arrival.lead, { sourceId: 's', now: NOW });
    if (arrival.kind === 'activity') normaliseActivity(arrival, { sourceId: 's', now: NOW });
    JSON.stringify(arrival);
  }
  return arrivals;
}

describe('a delivery with one thing in it that is gone, or something else', () => {
  const samples = [...ours, ...shared()];
  it.each(samples)('is read, whatever it is: $name', (sample) => {
    let count = 0;
    for (const variant of variants(sample.value)) {
      read(sample, variant);
      count += 1;
    }
    expect(count).toBeGreaterThan(instead.length);
  });

  it('costs the other items nothing', () => {
    const events = [1, 2, 3].map((objectId) => ({ eventId: objectId, subscriptionType: 'contact.creation', objectId }));
    for (const other of instead.slice(1)) {
      const kinds = read({ name: '', format: 'hubspot', value: undefined }, [events[0], other, events[2]]).map(
        ({ kind }) => kind,
      );
      expect([kinds[0], kinds[2]]).toEqual(['reference', 'reference']);
    }
  });

  it('is only tried with what is made here, where no samples lie beside the checkout', () => {
    expect(shared().length > 0).toBe(existsSync(folder));
  });
});

describe('the same over HTTP', () => {
  /** Of each sample; a few milliseconds each, and every kind of change is among them. */
  const TRIED = 60;
  let intake: Intake;
  let key: string;
  beforeAll(async () => {
    intake = await startIntake();
    for (const format of [
      'json',
      'cloudevents',
      'salesforce',
      'hubspot',
      'mautic',
      'marketo',
      'google-ads',
      'meta',
      'linkedin',
      'typeform',
    ])
      await intake.source(format, {
        format,
        secret: SECRET,
        ...(format === 'marketo' && { publicKeys: [adobeKeys.publicKey] }),
      });
  });
  afterAll(() => intake?.end());

  const keys = new Map<string, string>();
  const ownKey = async (source: string) => {
    key = keys.get(source) ?? (await intake.keyOf('source', { source }));
    keys.set(source, key);
    return { authorization: `Bearer ${key}` };
  };

  it.each([...ours, ...shared()].filter(({ fetched }) => !fetched))(
    'every answer tells of each item, and none is a fault: $name',
    async ({ format, value }) => {
      const all = [...variants(value)];
      const step = Math.max(1, Math.floor(all.length / TRIED));
      // A prime, so that no kind of change is passed over.
      const chosen = all.filter((_, place) => place % (step | 1) === 0);
      for (const variant of chosen) {
        const withKey =
          format === 'google-ads' && typeof variant === 'object' && variant !== null && !Array.isArray(variant);
        const body = JSON.stringify(withKey ? { ...variant, google_key: SECRET } : variant);
        const path = `/v1/sources/${format}/events`;
        const signed = signatures[format]?.({ body, secret: SECRET, url: `${intake.url}${path}`, at: Date.now() });
        const headers = signed ?? (format === 'google-ads' ? {} : await ownKey(format));
        const answer = await intake.call(path, {
          method: 'POST',
          type: 'application/json',
          body,
          headers,
          key: undefined as never,
        });
        const told = answer.body.results?.map(({ index }) => index);
        if (format === 'google-ads' && !withKey) expect(answer.status).toBe(401);
        else
          expect([body.slice(0, 200), answer.status, told]).toEqual([
            body.slice(0, 200),
            formatOf(format)?.success ?? 202,
            told?.map((_, index) => index),
          ]);
      }
    },
    60_000,
  );
});
