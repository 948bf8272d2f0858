import { randomUUID } from 'node:crypto';
import { contentHash, defaultModel, engine } from '@fairlead/decisions';
import {
  type DataOf,
  encodeEvent,
  type EncodedEvent,
  LeadCompleted,
  LeadEngaged,
  LeadReceived,
} from '@fairlead/events';
import { eventually, Stretch } from './fixture/stretch.js';

const facts = {
  company: 'Example GmbH',
  country: 'DE',
  industry: 'retail',
  employees: 400,
  emailKind: 'company',
  engagement: { visits: 12, demoRequests: 1 },
  attributes: {},
} as const;

function received(data: Partial<DataOf<typeof LeadReceived>> = {}, id: string = randomUUID()): EncodedEvent {
  return encodeEvent(LeadReceived, {
    id,
    source: '/test',
    subject: randomUUID(),
    time: Date.now(),
    data: {
      sourceId: 'web',
      state: 'complete',
      missing: [],
      reachable: { email: true, phone: true },
      facts,
      occurredAt: Date.now(),
      ...data,
    },
  });
}

function completed(subject: string, data: Partial<DataOf<typeof LeadCompleted>> = {}): EncodedEvent {
  return encodeEvent(LeadCompleted, {
    id: randomUUID(),
    source: '/test',
    subject,
    time: Date.now(),
    data: {
      by: 'supplied',
      supplied: ['country'],
      missing: [],
      sourceId: 'web',
      reachable: { email: true, phone: true },
      facts,
      occurredAt: Date.now(),
      ...data,
    },
  });
}

function changed(
  subject: string,
  engagement: Record<string, number>,
  fields = ['engagement.visits'],
  state: 'complete' | 'held' = 'complete',
): EncodedEvent {
  const known = {
    ...{
      sourceId: 'web',
      state,
      missing: [],
      reachable: { email: true, phone: true },
      engagedAt: {},
      receivedAt: 7_000,
    },
    ...{ facts: { ...facts, engagement }, consent: { given: true } },
  };
  return encodeEvent(LeadEngaged, {
    ...{ id: randomUUID(), source: '/test', subject, time: Date.now() },
    data: {
      ...{ sourceId: 'web', matchedBy: 'email', activity: 'page-viewed', adds: { visits: 1 }, sets: {} },
      ...{ occurredAt: Date.now(), touch: 2, changed: fields, known },
    },
  });
}

describe('scoring, with real servers', () => {
  let scoring: Stretch;
  beforeAll(async () => {
    scoring = await Stretch.open(2);
  });
  afterAll(() => scoring.close());

  it('starts with the default model, activated once by however many processes', async () => {
    await eventually(() => expect(scoring.said('model.activated', 'default')).toHaveLength(1));
    expect(scoring.said('model.activated', 'default')[0]?.data).toEqual({
      name: 'default',
      version: 1,
      hash: contentHash(defaultModel),
      model: defaultModel,
      actor: 'fairlead',
    });
  });

  it('scores a complete lead once, however often it is delivered', async () => {
    const lead = received({ consent: { given: true } });
    await scoring.tell(lead, lead);
    await scoring.tell(lead);
    const last = received();
    await scoring.tell(last);
    await eventually(() => expect(scoring.said('lead.scored', last.subject)).toHaveLength(1));
    await eventually(() => expect(scoring.said('lead.scored', lead.subject)).toHaveLength(1));
    expect(scoring.said('lead.scored', lead.subject)[0]?.data).toMatchObject({
      state: 'graded',
      grade: 'A',
      model: { name: 'default', version: 1, hash: contentHash(defaultModel) },
      engine,
      sourceId: 'web',
      facts,
      consentGiven: true,
      cause: 'received',
    });
  });

  it('leaves a held lead alone until it is completed', async () => {
    const held = received({ state: 'held', missing: ['country'] });
    const complete = received();
    await scoring.tell(held, complete);
    await eventually(() => expect(scoring.said('lead.scored', complete.subject)).toHaveLength(1));
    expect(scoring.said('lead.scored', held.subject)).toEqual([]);

    await scoring.tell(completed(held.subject));
    await eventually(() => expect(scoring.said('lead.scored', held.subject)).toHaveLength(1));
    expect(scoring.said('lead.scored', held.subject)[0]?.data).toMatchObject({ state: 'graded', cause: 'completed' });
  });

  it('scores a lead again when it is known better, once for all that comes together', async () => {
    const lead = received();
    await scoring.tell(lead);
    await eventually(() => expect(scoring.said('lead.scored', lead.subject)).toHaveLength(1));
    const views = Array.from({ length: 100 }, (_, count) => changed(lead.subject, { visits: 13 + count }));
    await scoring.tell(...views, changed(lead.subject, {}, []));
    await eventually(() =>
      expect(scoring.said('lead.scored', lead.subject).at(-1)?.data).toMatchObject({
        ...{ cause: 'engaged', facts: { engagement: { visits: 112 } }, consentGiven: true, receivedAt: 7_000 },
      }),
    );
    // Two processes, and a batch for each time that Kafka is asked: far fewer than there were views.
    expect(scoring.said('lead.scored', lead.subject).length).toBeLessThan(20);
  });

  it('does not score a held lead because it did something', async () => {
    const held = received({ state: 'held', missing: ['country'] });
    await scoring.tell(held, changed(held.subject, { visits: 5 }, ['engagement.visits'], 'held'));
    const last = received();
    await scoring.tell(last);
    await eventually(() => expect(scoring.said('lead.scored', last.subject)).toHaveLength(1));
    expect(scoring.said('lead.scored', held.subject)).toEqual([]);
  });

  it('gives no grade to a lead whose time to be completed ran out, nor to one that is no customer', async () => {
    const late = completed(randomUUID(), { by: 'hold-expired', supplied: [], missing: ['country'] });
    const student = received({ facts: { ...facts, attributes: { relation: 'student' } } });
    await scoring.tell(late, student);
    await eventually(() => {
      expect(scoring.said('lead.scored', late.subject)[0]?.data).toMatchObject({ state: 'incomplete', grade: null });
      expect(scoring.said('lead.scored', student.subject)[0]?.data).toMatchObject({
        state: 'not-qualified',
        grade: null,
      });
    });
  });

  it('scores with a new model from its activation on, and not before', async () => {
    const strict = { ...defaultModel, name: 'strict', grades: { A: 100, B: 99, C: 98 } };
    expect(await scoring.call('PUT', '/v1/models/strict', strict)).toMatchObject({
      status: 201,
      body: { name: 'strict', version: 1, hash: contentHash(strict), active: false },
    });
    expect((await scoring.call('PUT', '/v1/models/strict', strict)).status).toBe(200);
    const before = received();
    await scoring.tell(before);
    await eventually(() => expect(scoring.said('lead.scored', before.subject)[0]?.data).toMatchObject({ grade: 'A' }));

    expect(await scoring.call('POST', '/v1/models/strict/activate', {})).toMatchObject({ body: { active: true } });
    expect(await scoring.call('POST', '/v1/models/strict/activate')).toMatchObject({ status: 200 });
    const after = received();
    await scoring.tell(after);
    await eventually(() => expect(scoring.said('lead.scored', after.subject)[0]?.data).toMatchObject({ grade: 'D' }));
    // Another topic, which the listener reads at its own pace.
    await eventually(() => expect(scoring.said('model.activated', 'strict')).toHaveLength(1));

    await scoring.restart();
    expect(await scoring.call('GET', '/v1/models')).toMatchObject({
      body: {
        models: [
          { name: 'default', active: false },
          { name: 'strict', active: true },
        ],
      },
    });
    expect(scoring.said('model.activated')).toHaveLength(2);
  });

  it('asks a learned model in shadow, which decides nothing, and tells how often it differs', async () => {
    const learned = {
      kind: 'learned',
      name: 'learned',
      scale: { even: 50_000, double: 8_000 },
      missingWords: ['select'],
      fit: {
        base: 30_000,
        factors: [{ field: 'industry', name: 'Industry', words: { retail: 7_000 }, otherwise: 0, missing: -2_000 }],
      },
      engagement: { base: 20_000, factors: [] },
      pairs: [],
      grades: { A: 50, B: 30, C: 10 },
      notQualified: [],
    };
    expect(await scoring.call('PUT', '/v1/models/learned', learned)).toMatchObject({ status: 201 });
    expect(await scoring.call('POST', '/v1/models/learned/shadow')).toMatchObject({
      status: 200,
      body: { shadow: true },
    });
    expect((await scoring.call('POST', '/v1/models/strict/shadow')).status).toBe(409);
    const leads = [received(), received({ facts: { ...facts, attributes: { relation: 'student' } } })];
    await scoring.tell(...leads);
    await eventually(() => {
      expect(leads.flatMap(({ subject }) => scoring.said('lead.scored', subject))).toHaveLength(2);
    });
    const [lead, student] = leads.map(({ subject }) => scoring.said('lead.scored', subject)[0]?.data);
    expect(lead).toMatchObject({
      model: { name: 'strict' },
      grade: 'D',
      shadow: {
        model: { name: 'learned', version: 1, hash: contentHash(learned) },
        ...{ state: 'graded', grade: 'A', score: 57, probability: 647_143 },
      },
    });
    expect(student).toMatchObject({ state: 'not-qualified', shadow: { state: 'graded', grade: 'A' } });
    expect(lead).not.toHaveProperty('probability');
    expect((await scoring.call('GET', '/v1/models')).body['shadow']).toEqual({
      ...{ name: 'learned', version: 1, hash: contentHash(learned), leads: 2, differ: 2 },
      grades: [
        { was: 'D', would: 'A', leads: 1 },
        { was: 'not-qualified', would: 'A', leads: 1 },
      ],
    });

    // In force, it is in nobody's shadow, and says how likely a sale is.
    expect(await scoring.call('POST', '/v1/models/learned/activate')).toMatchObject({
      body: { active: true, shadow: false },
    });
    expect((await scoring.call('DELETE', '/v1/models/learned/shadow')).status).toBe(404);
    const after = received();
    await scoring.tell(after);
    await eventually(() =>
      expect(scoring.said('lead.scored', after.subject)[0]?.data).toMatchObject({ grade: 'A', probability: 647_143 }),
    );
    expect(scoring.said('lead.scored', after.subject)[0]?.data).not.toHaveProperty('shadow');
    await eventually(() => {
      expect(scoring.said('model.shadowed', 'learned')).toHaveLength(1);
      expect(scoring.said('model.shadow-ended', 'learned')).toHaveLength(1);
    });

    expect(await scoring.call('POST', '/v1/models/strict/shadow')).toMatchObject({ status: 200 });
    expect(await scoring.call('DELETE', '/v1/models/strict/shadow')).toMatchObject({ body: { shadow: false } });
    expect((await scoring.call('GET', '/v1/models')).body).not.toHaveProperty('shadow');
    await scoring.call('POST', '/v1/models/strict/activate');
  });

  it('takes models as YAML too, and tells all that is wrong with one, by line', async () => {
    const yaml = `kind: points
name: lean
fit: { atMost: 50, factors: [{ field: country, known: 10 }] }
engagement: { atMost: 40, factors: [] }
grades: { A: 3, B: 20, C: 1 }
notQualified: []
`;
    expect(await scoring.call('PUT', '/v1/models/lean', yaml, { 'content-type': 'application/yaml' })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { field: '', detail: 'line 1: fit and engagement count for at most 90 together, not 100' },
          { field: '/grades', detail: 'line 5: A must need more than B, and B more than C' },
        ],
      },
    });
    const right = yaml.replace('50', '60').replace('A: 3', 'A: 30');
    expect(await scoring.call('PUT', '/v1/models/lean', right, { 'content-type': 'application/yaml' })).toMatchObject({
      status: 201,
    });
    expect(await scoring.call('PUT', '/v1/models/other', right, { 'content-type': 'application/yaml' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: '/name' }] },
    });
    expect((await scoring.call('GET', '/v1/models/lean?version=2')).status).toBe(404);
    expect((await scoring.call('GET', '/v1/models/lean?version=x')).status).toBe(400);
    expect((await scoring.call('POST', '/v1/models/none/activate')).status).toBe(404);
    expect((await scoring.call('POST', '/v1/models/lean/activate', { version: '1' })).status).toBe(400);
  });
});
