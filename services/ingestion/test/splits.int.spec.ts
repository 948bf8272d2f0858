import type { FairleadEvent, LeadAbsorbed, LeadMerged, LeadSplit, Sealed } from '@fairlead/events';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { type Answer, eventually, type Intake, type Result, startIntake } from './fixture/intake.js';

let intake: Intake;
let people = 0;

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('website');
});
afterAll(() => intake.end());

const unique = () => `s${(people += 1)}x${Date.now()}`;
async function sent(lead: unknown): Promise<Result> {
  const { body } = await intake.call('/v1/leads?source=website', { json: [lead] });
  return body.results?.[0] as Result;
}
const split = (id: string, reason = 'different-people', key?: string): Promise<Answer> =>
  intake.call(`/v1/leads/${id}/split`, { json: { reason }, ...(key !== undefined && { key }) });
const whyNot = async (id: string) => {
  const { status, body } = await split(id);
  return [status, body.type?.split(/[/:]/).at(-1)];
};

async function proposalOf(...ids: readonly string[]): Promise<string> {
  return eventually(async () => {
    const { body } = await intake.call('/v1/proposed-merges?limit=1000');
    const wanted = [...ids].sort().join();
    const found = (body['proposals'] as { id: string; leads: string[] }[]).find(({ leads }) => leads.join() === wanted);
    if (!found) throw new Error('not proposed yet');
    return found.id;
  });
}

async function made(one: string, other: string): Promise<void> {
  const { status } = await intake.call(`/v1/proposed-merges/${await proposalOf(one, other)}/accept`, {
    json: { reason: 'same-person' },
  });
  expect(status).toBe(200);
}

/** Two leads that were made one: the survivor, and what it absorbed, by an address that is nearly the same. */
async function merged(slip: string, first: object = {}, second: object = {}) {
  const name = unique();
  const survivor = await sent({ email: `${name}@gmail.com`, country: 'DE', ...first });
  const absorbed = await sent({ email: `${name}@${slip}`, ...second });
  await made(survivor.id, absorbed.id);
  return { name, survivor: survivor.id, absorbed: absorbed.id, second: `${name}@${slip}` };
}

describe('two leads that a person made one', () => {
  it('are two again, each with what it had; both say so, and the one that was no more said what had become of it', async () => {
    const name = unique();
    const [first, second] = [
      await sent({ email: `${name}@gmail.com`, country: 'DE', engagement: { visits: 1 }, consent: true }),
      await sent({ email: `${name}@gmal.com`, employees: 40, externalId: name, consent: false }),
    ];
    await made(first.id, second.id);
    expect(await split(second.id)).toMatchObject({ status: 200, body: { lead: first.id, split: second.id } });

    const [, merge, parted] = (await intake.said([first.id], 3)) as [FairleadEvent, LeadMerged, LeadSplit];
    expect(merge.data).toMatchObject({ changed: ['employees', 'consent'], known: { consent: { given: false } } });
    expect(parted).toMatchObject({
      type: 'lead.split',
      data: {
        ...{ part: 'survivor', other: second.id, merge: merge.id, reason: 'different-people', touches: 1 },
        changed: ['employees', 'consent'],
        known: { state: 'complete', facts: { country: 'DE', engagement: { visits: 1 } }, consent: { given: true } },
      },
    });
    expect(parted.data.known?.facts).not.toHaveProperty('employees');
    const [, absorbed, itself] = (await intake.said([second.id], 3)) as [FairleadEvent, LeadAbsorbed, LeadSplit];
    expect(absorbed).toMatchObject({
      type: 'lead.absorbed',
      data: { into: first.id, merge: merge.id, reason: 'same-person' },
    });
    expect(itself.data).toMatchObject({
      ...{ part: 'absorbed', other: first.id, touches: 1, changed: [] },
      known: { facts: { employees: 40 }, consent: { given: false } },
    });

    // Found by what led to each of them before.
    expect(await sent({ externalId: name })).toMatchObject({ id: second.id, status: 'merged' });
    expect(await sent({ email: `${name}@gmal.com` })).toMatchObject({ id: second.id, status: 'merged' });
    expect(await sent({ email: `${name}@gmail.com` })).toMatchObject({ id: first.id, status: 'merged' });
    // Touch 2 of the survivor once more, which is another one, and is told.
    const [, , , again] = (await intake.said([first.id], 4)) as LeadMerged[];
    expect([again?.data.touch, again?.id === merge.id]).toEqual([2, false]);
    // Who asks to be erased by the one's address is not erased in the other.
    const { body } = await intake.call('/v1/erasures', { json: { email: `${name}@gmal.com` } });
    expect((body['leads'] as { leadId: string }[]).map(({ leadId }) => leadId)).toEqual([second.id]);
    expect(await intake.dump()).not.toMatch(new RegExp(`${name}@`));
  });

  it('are not proposed again, but to somebody else whom they may be', async () => {
    const { name, survivor, absorbed } = await merged('gmali.com', {}, { phone: '+49 30 901842' });
    await split(survivor);
    const third = await sent({ email: `${name}@gmial.com`, country: 'DE' });
    await proposalOf(survivor, third.id);
    const { body } = await intake.call('/v1/proposed-merges?limit=1000');
    const pairs = (body['proposals'] as { leads: string[] }[]).map(({ leads }) => leads);
    expect(pairs.filter((leads) => leads.includes(survivor) && leads.includes(absorbed))).toEqual([]);
  });

  it('of which one was held: it is held again, for what it lacked, with the contact that it had', async () => {
    await intake.activate({
      name: 'emea',
      pools: [
        {
          ...{ id: 'all', match: {}, promise: { direct: 50, channel: 50 } },
          incomplete: { needs: ['country'], holdFor: '2h' },
        },
      ],
    });
    const { name, survivor, absorbed } = await merged('gmaik.com', {}, { phone: '+49 30 901843' });
    expect(await split(survivor)).toMatchObject({ status: 200 });
    const [, , , parted] = (await intake.said([absorbed], 4)) as LeadSplit[];
    expect(parted?.data).toMatchObject({ part: 'absorbed', known: { state: 'held', missing: ['country'] } });
    const patched = await intake.call(`/v1/leads/${absorbed}`, { method: 'PATCH', json: { country: 'FR' } });
    expect(patched).toMatchObject({ status: 200, body: { status: 'completed' } });
    const completed = (await intake.said([absorbed], 5)).at(-1) as FairleadEvent<string, { contact: Sealed }>;
    const sealed = completed.data.contact;
    expect(
      await intake.personalData.unseal([{ leadId: absorbed, eventId: completed.id, field: 'contact', sealed }]),
    ).toEqual([{ email: `${name}@gmaik.com`, phone: '+4930901843' }]);
  });

  it('stay one where more came of them since, and nobody can say of which', async () => {
    const [own, other, did, agreed] = await Promise.all([
      merged('gmaul.com'),
      merged('gmsil.com'),
      merged('gmaio.com'),
      merged('gmqil.com'),
    ]);
    await sent({ email: `${own.name}@gmail.com`, employees: 3 });
    await sent({ email: other.second });
    await intake.tell('website', [
      {
        who: { email: did.second },
        ...{ activity: 'page-viewed', adds: { visits: 1 }, sets: {}, occurredAt: Date.now() },
      },
    ]);
    await intake.call(`/v1/leads/${agreed.survivor}`, { method: 'PATCH', json: { consent: true } });
    for (const { survivor, absorbed } of [own, other, did, agreed]) {
      expect(await whyNot(survivor)).toEqual([409, 'touched-since']);
      expect(await whyNot(absorbed)).toEqual([409, 'touched-since']);
    }
  });

  it('are split in the opposite order of that in which they were made one', async () => {
    const { name, survivor, absorbed } = await merged('gmwil.com');
    const third = await sent({ email: `${name}@gmial.com` });
    await made(survivor, third.id);
    expect(await whyNot(absorbed)).toEqual([409, 'merged-further']);
    expect(await split(survivor)).toMatchObject({ status: 200, body: { split: third.id } });
    expect(await split(survivor)).toMatchObject({ status: 200, body: { split: absorbed } });
    expect(await whyNot(survivor)).toEqual([409, 'not-merged']);
    for (const [email, id] of [
      [`${name}@gmail.com`, survivor],
      [`${name}@gmwil.com`, absorbed],
      [`${name}@gmial.com`, third.id],
    ])
      expect(await sent({ email })).toMatchObject({ id });
  });

  it('are refused for what nobody has any more', async () => {
    const [gone, before] = [await merged('gmakl.com'), await merged('gmaim.com')];
    await intake.call(`/v1/leads/${gone.absorbed}/personal-data`, { method: 'DELETE' });
    expect(await whyNot(gone.survivor)).toEqual([409, 'erased']);
    const kept = `SELECT 1 FROM merges WHERE absorbed_id = '${gone.absorbed}' AND num_nonnulls(before, after_known, identities, held) > 0`;
    expect(await intake.rows(kept)).toEqual([]);
    await intake.rows(`DELETE FROM merges WHERE absorbed_id = '${before.absorbed}'`);
    expect(await whyNot(before.absorbed)).toEqual([409, 'not-kept']);
    const alone = await sent({ email: `${unique()}@example.com` });
    expect(await whyNot(alone.id)).toEqual([409, 'not-merged']);
    expect((await split('00000000-0000-8000-8000-000000000000')).status).toBe(404);
    expect((await split('x')).status).toBe(404);
    expect((await split(alone.id, 'Jane told me so')).status).toBe(400);
    for (const role of ['source', 'auditor']) {
      const key = await intake.keyOf(role, role === 'source' ? { source: 'website' } : {});
      expect((await split(alone.id, 'other', key)).status).toBe(403);
    }
  });

  it('are split once, however many say so at the same moment', async () => {
    const { survivor, absorbed } = await merged('gmajl.com', {}, { country: 'DE' });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => split(at % 2 ? survivor : absorbed)));
    expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([
      200,
      ...Array.from({ length: 7 }, () => 409),
    ]);
    expect(await intake.said([survivor, absorbed], 6)).toHaveLength(6);
  });

  it('and whoever was recognised as the one before that, and is taken in after it, is recognised anew', async () => {
    const { survivor, absorbed, second } = await merged('gmaiol.com');
    const holder = new Client({ connectionString: intake.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT 1 FROM ingestion.leads WHERE id = '${survivor}' FOR UPDATE`);
    const waiting = (count: number) =>
      eventually(async () => {
        const [row] = await intake.rows<{ count: string }>(
          `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        if (Number(row?.count) < count) throw new Error('not waiting yet');
      });
    const answer = split(absorbed);
    await waiting(1);
    const submission = sent({ email: second, employees: 7 });
    await waiting(2);
    await pause(50);
    await holder.query('COMMIT');
    await holder.end();
    expect([(await answer).status, await submission]).toMatchObject([200, { id: absorbed, status: 'merged' }]);
    expect(await intake.rows(`SELECT touches FROM leads WHERE id = '${survivor}'`)).toEqual([{ touches: 1 }]);
  });

  it('and whoever is sent at that moment comes to the one that is theirs: nothing is lost, and nobody is taken for another', async () => {
    const slips = [
      'gmial.com',
      'gmal.com',
      'gmaill.com',
      'gamil.com',
      'gnail.com',
      'gmaul.com',
      'gmsil.com',
      'hmail.com',
    ];
    const pairs = [];
    for (const slip of slips.slice(0, 7)) pairs.push(await merged(slip));
    const seen = await Promise.all(
      pairs.map(async ({ survivor, absorbed, second }, at) => {
        const [answer, submission] = await Promise.all([
          split(absorbed),
          new Promise((go) => setTimeout(go, at)).then(() => sent({ email: second, employees: 7 })),
        ]);
        const { touches } = (
          await intake.rows<{ touches: number }>(`SELECT touches FROM leads WHERE id = '${submission.id}'`)
        )[0]!;
        return {
          answer: answer.status,
          to: submission.id === absorbed ? 'absorbed' : submission.id === survivor ? 'survivor' : '?',
          touches,
        };
      }),
    );
    for (const each of seen)
      expect(each).toEqual(
        each.answer === 200 ? { answer: 200, to: 'absorbed', touches: 2 } : { answer: 409, to: 'survivor', touches: 3 },
      );
  });
});
