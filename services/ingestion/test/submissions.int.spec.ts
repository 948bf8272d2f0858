import { UnitsOfWork } from '@fairlead/messaging';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { SubmissionsStore } from '../src/store/submissions.store.js';
import { GatherLeads } from '../src/submissions/gather-leads.js';
import { WorkOff } from '../src/submissions/work-off.js';
import { type Answer, eventually, type Intake, type Result, startIntake } from './fixture/intake.js';

let intake: Intake;

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('website');
  await intake.source('shop');
});
afterAll(() => intake.end());

let people = 0;
const person = (more: Record<string, unknown> = {}) => {
  people += 1;
  return {
    externalId: `p-${people}`,
    email: `somebody.${people}@company-${people}.example`,
    lastName: 'Quuxbury',
    ...more,
  };
};
const lines = (rows: readonly unknown[]) =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');
const send = (
  rows: readonly unknown[],
  more: { key?: string; headers?: Record<string, string> } = {},
): Promise<Answer> =>
  intake.call(more.key === undefined ? '/v1/leads?source=website' : '/v1/leads', {
    type: 'application/x-ndjson',
    body: lines(rows),
    ...(more.key !== undefined && { key: more.key }),
    headers: { prefer: 'respond-async', ...more.headers },
  });
const idOf = ({ body }: Answer): string => (body['submission'] as { id: string }).id;
const done = (id: string, key?: string) =>
  eventually(async () => {
    const answer = await intake.call(`/v1/submissions/${id}?limit=1000`, key === undefined ? {} : { key });
    if (answer.body['state'] !== 'done') throw new Error(`${id} is ${answer.text.slice(0, 200)}`);
    return answer.body;
  });

describe('leads whose sender does not wait', () => {
  it('are accepted when they are stored, and become what they would have become at once', async () => {
    const known = person();
    await intake.call('/v1/leads?source=website', { json: known });
    const answer = await send([person(), known, '{"lastName": ', { lastName: 'Nobody' }, person({ phone: 'none' })]);
    const id = idOf(answer);
    expect({ status: answer.status, body: answer.body, ...answer.headers }).toMatchObject({
      ...{ status: 202, body: { submission: { id, rows: 5 } } },
      ...{ 'preference-applied': 'respond-async', location: `/v1/submissions/${id}` },
    });
    const { results, acceptedAt, finishedAt, ...rest } = await done(id);
    expect(rest).toEqual({
      ...{ id, state: 'done', rows: 5, takenIn: 5 },
      counts: { received: 1, merged: 1, rejected: 3 },
    });
    expect(results?.map(({ index, status, errors }) => [index, status, errors?.[0]?.rule])).toEqual([
      [0, 'received', undefined],
      [1, 'merged', undefined],
      [2, 'rejected', 'malformed-json'],
      [3, 'rejected', 'required'],
      [4, 'rejected', 'phone'],
    ]);
    expect(Date.parse(String(finishedAt))).toBeGreaterThanOrEqual(Date.parse(String(acceptedAt)));
    const ids = (results as readonly Result[]).slice(0, 1).map((each) => each.id);
    expect(await intake.said(ids, 1)).toMatchObject([{ type: 'lead.received' }]);
  });

  it('are told of in pages, each row once and in their order, however many they are', async () => {
    const id = idOf(await send(Array.from({ length: 1_203 }, () => person())));
    expect((await done(id)).counts).toEqual({ received: 1_203 });
    const seen: number[] = [];
    for (let after: string | undefined; ;) {
      const page = await intake.call(`/v1/submissions/${id}?limit=400${after === undefined ? '' : `&after=${after}`}`);
      seen.push(...(page.body.results ?? []).map(({ index }) => index));
      after = page.body['next'] as string | undefined;
      if (after === undefined) break;
    }
    expect(seen).toEqual(Array.from({ length: 1_203 }, (_, index) => index));
    for (const wrong of ['after=x', 'after=-1', 'limit=0'])
      expect((await intake.call(`/v1/submissions/${id}?${wrong}`)).status).toBe(400);
  });

  it('are in clear nowhere while they wait, and nowhere at all afterwards', async () => {
    const id = idOf(await send([person({ message: 'Call the quagga' })]));
    const waiting = await intake.dump();
    await done(id);
    for (const dump of [waiting, await intake.dump()]) {
      expect(dump).not.toMatch(/Quuxbury|somebody\.|quagga/);
      expect(dump).not.toContain(Buffer.from('quagga').toString('hex'));
    }
    expect(await intake.rows('SELECT 1 FROM submission_parts')).toEqual([]);
    await expect(
      intake.personalData.unseal([
        {
          leadId: id,
          eventId: '0',
          field: 'rows',
          sealed: { v: 1, key: 1, nonce: 'AAAAAAAAAAAAAAAA', ciphertext: '' },
        },
      ]),
    ).resolves.toEqual([null]);
  });

  it('are one submission when they are sent again under the same Idempotency-Key, and another request is refused', async () => {
    const rows = [person(), person()];
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all([1, 2, 3].map(() => send(rows, { headers })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    const [id = ''] = answers.map(idOf);
    expect((await done(id)).counts).toEqual({ received: 2 });
    expect(idOf(await send(rows, { headers }))).toBe(id);
    expect((await send([...rows, person()], { headers })).status).toBe(422);
    expect(await intake.rows('SELECT 1 FROM submission_parts')).toEqual([]);
  });

  it('are shown to their own source, and to another as if there were none', async () => {
    const [own, another] = [
      await intake.keyOf('source', { source: 'website' }),
      await intake.keyOf('source', { source: 'shop' }),
    ];
    const id = idOf(await send([person()], { key: own }));
    expect((await done(id, own)).counts).toEqual({ received: 1 });
    const refused = await intake.call(`/v1/submissions/${id}`, { key: another });
    const none = await intake.call(`/v1/submissions/${randomUUID()}`, { key: another });
    expect([refused.status, refused.body]).toEqual([404, none.body]);
    expect((await intake.call('/v1/submissions/none')).status).toBe(404);
  });

  it('are refused whole when they are too many, and when too much waits already', async () => {
    const tooMany = await intake.call('/v1/leads?source=website', {
      ...{ type: 'application/x-ndjson', headers: { prefer: 'respond-async' } },
      body: '{}\n'.repeat(100_001),
    });
    expect(tooMany.status).toBe(413);
    await intake.rows(`INSERT INTO submission_parts VALUES ('${randomUUID()}', 0, 200000, '')`);
    const full = await eventually(async () => {
      const answer = await send([person()]);
      if (answer.status !== 429) throw new Error(`answered ${answer.status}`);
      return answer;
    });
    expect(full.headers['retry-after']).toBe('5');
    // What was accepted before it was noticed how much waits is taken in meanwhile; of what was refused nothing is there.
    await eventually(async () => {
      expect(await intake.rows('SELECT rows FROM submission_parts')).toEqual([{ rows: 200_000 }]);
    });
    await intake.rows('DELETE FROM submission_parts');
    await eventually(async () => {
      if ((await send([person()])).status !== 202) throw new Error('still full');
    });
  });

  it('are not asked to be waited for otherwise: without the preference, and as a table, the answer tells all', async () => {
    const once = await intake.call('/v1/leads?source=website', {
      type: 'application/x-ndjson',
      body: lines([person()]),
    });
    const table = await intake.call('/v1/leads?source=website', {
      ...{ type: 'text/csv', headers: { prefer: 'respond-async' } },
      body: `externalId,email\np-table,table@company.example`,
    });
    const other = await send([person()], { headers: { prefer: 'wait=10, handling=strict' } });
    for (const { body, headers } of [once, table, other]) {
      expect(body.results).toMatchObject([{ status: 'received' }]);
      expect(headers['preference-applied']).toBeUndefined();
    }
    expect((await send([person()], { headers: { prefer: 'wait=10, Respond-Async' } })).body.results).toBeUndefined();
  });

  it('are taken in once when two processes are at them, and again by nobody', async () => {
    const rows = Array.from({ length: 1_500 }, () => person());
    const id = idOf(await send(rows));
    const { query } = intake.service(UnitsOfWork);
    const submission = await intake.service(SubmissionsStore).find(query, id, undefined);
    if (!submission) throw new Error('it is not there');
    const work = intake.service(WorkOff);
    await Promise.all([1, 2].map(() => work.workOff(submission, () => false)));
    expect((await done(id)).counts).toEqual({ received: 1_500 });
    await work.workOff(submission, () => false);
    const ids = rows.map(({ externalId }) => externalId);
    await intake.settled();
    const heard = intake.everything().toString();
    const times = ids.map((each) => heard.split(`"externalId":"${each}"`).length - 1);
    expect(new Set(times)).toEqual(new Set([1]));
  });

  it('hold up no others when they cannot be read', async () => {
    const broken = randomUUID();
    await intake.rows(
      `INSERT INTO submission_parts VALUES ('${broken}', 0, 1, '\\x${randomBytes(40).toString('hex')}');
       INSERT INTO submissions (id, caller, request, strict, rows, accepted_at) VALUES ('${broken}', 'x', '', false, 1, now())`,
    );
    await eventually(async () => {
      const [row] = await intake.rows<{ failures: number }>(`SELECT failures FROM submissions WHERE id = '${broken}'`);
      if (!row || row.failures === 0) throw new Error('not tried yet');
    });
    expect((await done(idOf(await send([person()])))).counts).toEqual({ received: 1 });
    expect((await intake.call(`/v1/submissions/${broken}`)).body).toMatchObject({ state: 'waiting', takenIn: 0 });
    await intake.rows(`DELETE FROM submission_parts; DELETE FROM submissions WHERE id = '${broken}'`);
  });

  it('come before an erasure that is asked for after them', async () => {
    const { id = '' } = (await intake.call('/v1/leads?source=website', { json: person() })).body.results?.[0] ?? {};
    const waiting = randomUUID();
    await intake.rows(
      `INSERT INTO submissions (id, caller, request, strict, rows, accepted_at, leased_until)
       VALUES ('${waiting}', 'x', '', false, 0, now(), now() + interval '1 hour')`,
    );
    let erased = false;
    const erasing = intake.call(`/v1/leads/${id}/personal-data`, { method: 'DELETE' }).then((answer) => {
      erased = true;
      return answer.status;
    });
    await sleep(500);
    expect(erased).toBe(false);
    await intake.rows(`UPDATE submissions SET finished_at = now() WHERE id = '${waiting}'`);
    expect(await erasing).toBe(200);
  });
});

describe('single leads whose sender does not wait', () => {
  const sendOne = (json: unknown, more: { key?: string; path?: string; headers?: Record<string, string> } = {}) =>
    intake.call(more.path ?? '/v1/leads?source=website', {
      json,
      ...(more.key !== undefined && { key: more.key }),
      headers: { prefer: 'respond-async', ...more.headers },
    });

  /** Nothing is stored before so many have come: then they have come together, however busy the machine is. */
  async function onceSoManyHaveCome<T>(count: number, work: () => Promise<T>): Promise<T> {
    const gathering = intake.service(GatherLeads);
    const gather = gathering.gather.bind(gathering);
    let came = 0;
    gathering.gather = (single) => {
      came += 1;
      return gather(single);
    };
    const other = new Client({ connectionString: intake.databaseUrl });
    await other.connect();
    try {
      await other.query('BEGIN; LOCK TABLE ingestion.submissions IN EXCLUSIVE MODE');
      const worked = work();
      await eventually(() => {
        if (came < count) throw new Error(`${came} have come`);
        return Promise.resolve();
      });
      await other.query('COMMIT');
      return await worked;
    } finally {
      await other.end();
      Reflect.deleteProperty(gathering, 'gather');
    }
  }

  it('are stored together when they come together, and each has an id of its own that tells what became of it', async () => {
    const known = person();
    await intake.call('/v1/leads?source=website', { json: known });
    const sent = [
      person(),
      known,
      { lastName: 'Nobody' },
      person({ phone: 'none' }),
      ...Array.from({ length: 60 }, () => person()),
    ];
    const storedSoFar = async () => (await intake.rows('SELECT FROM submissions WHERE gathered')).length;
    const before = await storedSoFar();
    const answers = await onceSoManyHaveCome(sent.length, () => Promise.all(sent.map((each) => sendOne(each))));
    const ids = answers.map(idOf);
    expect(answers[0]).toMatchObject({ status: 202, body: { submission: { id: ids[0], rows: 1 } } });
    expect(answers[0]?.headers).toMatchObject({
      ...{ 'preference-applied': 'respond-async', location: `/v1/submissions/${ids[0]}` },
    });
    expect(new Set(ids).size).toBe(sent.length);
    const found: Answer['body'][] = [];
    for (const id of ids) found.push(await done(id));
    expect(found.slice(0, 4).map(({ counts }) => counts)).toEqual([
      ...[{ received: 1 }, { merged: 1 }, { rejected: 1 }, { rejected: 1 }],
    ]);
    expect(found.every(({ rows, takenIn }) => rows === 1 && takenIn === 1)).toBe(true);
    const leads = found.map(({ results }) => (results as readonly Result[])[0]?.id ?? '');
    expect(new Set(leads).size).toBe(sent.length);
    const [first, ...rest] = await intake.said(leads.slice(4), 60);
    expect([first, ...rest].every((event) => event?.type === 'lead.received')).toBe(true);
    // Those of the first turn, those with which the second lane begins, and the rest.
    expect((await storedSoFar()) - before).toBeLessThanOrEqual(3);
    expect((await intake.call(`/v1/submissions/${ids[0]?.slice(0, -3)}fff`)).status).toBe(404);
  });

  it('become what the same lead becomes at once: mapped, as its source says, with the trace of its own request', async () => {
    await intake.source('mapped', { format: 'json', mapping: { columns: { Mail: 'email', Id: 'externalId' } } });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const event = {
      specversion: '1.0',
      id: 'e-1',
      source: 'shop',
      type: 'lead',
      data: person({ externalId: 'of-an-event' }),
    };
    const answers = [
      await sendOne(
        { Mail: 'mapped@company.example', Id: 'm-1' },
        { path: '/v1/leads?source=mapped', headers: { traceparent } },
      ),
      await intake.call('/v1/leads?source=shop', {
        ...{ type: 'application/cloudevents+json', body: JSON.stringify(event) },
        headers: { prefer: 'respond-async' },
      }),
      await intake.call('/v1/leads?source=shop', {
        ...{ type: 'application/json', body: `\ufeff${JSON.stringify(person(), null, 2)}` },
        headers: { prefer: 'respond-async' },
      }),
      await sendOne([person(), person(), { lastName: 'Nobody' }]),
      await sendOne(person({ attributes: { note: 'x'.repeat(20_000) } })),
    ];
    const found = await Promise.all(answers.map((answer) => done(idOf(answer))));
    expect(found.map(({ counts }) => counts)).toMatchObject([
      ...[{ received: 1 }, { received: 1 }, { received: 1 }],
      { received: 2, rejected: 1 },
      {},
    ]);
    const [mapped] = await intake.said([(found[0]?.results as readonly Result[])[0]?.id ?? ''], 1);
    expect(mapped).toMatchObject({ traceparent, data: { sourceId: 'mapped', externalId: 'm-1' } });
    expect(
      (await intake.call('/v1/leads', { type: 'application/json', body: '{', headers: { prefer: 'respond-async' } }))
        .status,
    ).toBe(400);
  });

  it('are one when they are sent again under the same Idempotency-Key, also at once, and another request is refused', async () => {
    const one = person();
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all([1, 2, 3, 4].map(() => sendOne(one, { headers })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const [id = ''] = answers.map(idOf);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect((await done(id)).counts).toEqual({ received: 1 });
    expect(idOf(await sendOne(one, { headers }))).toBe(id);
    expect((await sendOne(person(), { headers })).status).toBe(422);
    expect((await intake.call('/v1/leads?source=website', { json: one, headers })).status).toBe(422);
  });

  it('are shown to their own source only, also when another source sends at the same time', async () => {
    const keys = [
      await intake.keyOf('source', { source: 'website' }),
      await intake.keyOf('source', { source: 'shop' }),
    ];
    for (const key of keys) await sendOne(person(), { key, path: '/v1/leads' });
    // So many that those of both are stored together.
    const senders = Array.from({ length: 10 }, () => keys).flat();
    const ids = await Promise.all(
      senders.map(async (key) => idOf(await sendOne(person(), { key, path: '/v1/leads' }))),
    );
    for (const [at, id] of ids.entries()) {
      const seen: number[] = [];
      for (const key of keys) seen.push((await intake.call(`/v1/submissions/${id}`, { key })).status);
      expect(seen).toEqual(at % 2 === 0 ? [200, 404] : [404, 200]);
    }
  });

  it('are in clear nowhere while they wait, and their key is gone with them', async () => {
    const id = idOf(await sendOne(person({ message: 'Call the quokka' })));
    const waiting = await intake.dump();
    await done(id);
    await eventually(async () => {
      const left = await intake.rows('SELECT 1 FROM submissions WHERE finished_at IS NULL');
      if (left.length > 0) throw new Error('not finished yet');
    });
    for (const dump of [waiting, await intake.dump()]) expect(dump).not.toMatch(/quokka|somebody\./);
    expect(await intake.rows('SELECT 1 FROM submission_parts')).toEqual([]);
    const sealed = { v: 1 as const, key: 1, nonce: 'AAAAAAAAAAAAAAAA', ciphertext: '' };
    const gathered = `${id.slice(0, -3)}000`;
    await expect(
      intake.personalData.unseal([{ leadId: gathered, eventId: '0', field: 'rows', sealed }]),
    ).resolves.toEqual([null]);
  });

  it('hold up no others when they cannot be read, also where they would be taken in together', async () => {
    const broken = `${randomUUID().slice(0, -3)}000`;
    await intake.rows(
      `INSERT INTO submission_parts VALUES ('${broken}', 0, 1, '\\x${randomBytes(40).toString('hex')}');
       INSERT INTO submissions (id, caller, request, strict, rows, accepted_at, gathered, leased_until)
       VALUES ('${broken}', 'x', '', false, 1, now() + interval '1 minute', true, now() + interval '300 ms')`,
    );
    const ids = await Promise.all([1, 2, 3].map(async () => idOf(await sendOne(person()))));
    for (const id of ids) expect((await done(id)).counts).toEqual({ received: 1 });
    await eventually(async () => {
      const failed = await intake.rows<{ id: string }>('SELECT id FROM submissions WHERE failures > 0');
      if (failed.length === 0) throw new Error('not tried yet');
      expect(failed).toEqual([{ id: broken }]);
    });
    await intake.rows(`DELETE FROM submission_parts; DELETE FROM submissions WHERE id = '${broken}'`);
  });
});
