import type { FairleadEvent, LeadMerged, Sealed } from '@fairlead/events';
import { eventually, type Intake, type Result, startIntake } from './fixture/intake.js';

let intake: Intake;
let people = 0;

beforeAll(async () => {
  intake = await startIntake();
  await intake.source('website');
  await intake.source('fair');
});
afterAll(() => intake.end());

interface Proposal {
  readonly id: string;
  readonly leads: readonly string[];
  readonly why: string;
}

const unique = () => `p${(people += 1)}x${Date.now()}`;
async function sent(lead: unknown, source = 'website'): Promise<Result> {
  const { body } = await intake.call(`/v1/leads?source=${source}`, { json: [lead] });
  return body.results?.[0] as Result;
}

async function proposals(): Promise<Proposal[]> {
  const found: Proposal[] = [];
  for (let after = ''; ;) {
    const { body } = await intake.call(`/v1/proposed-merges?limit=2${after && `&after=${after}`}`);
    found.push(...(body['proposals'] as Proposal[]));
    if (typeof body['next'] !== 'string') return found;
    after = body['next'];
  }
}

/** The proposal about these two, once there is one. */
function proposed(...leads: readonly Result[]): Promise<Proposal> {
  const ids = leads.map(({ id }) => id).sort();
  return eventually(async () => {
    const found = (await proposals()).find((each) => each.leads.join() === ids.join());
    if (!found) throw new Error('not proposed yet');
    return found;
  });
}

const decide = (id: string, what: string, reason = 'same-person', key?: string) =>
  intake.call(`/v1/proposed-merges/${id}/${what}`, { json: { reason }, ...(key !== undefined && { key }) });

describe('leads that may be one person', () => {
  it('are proposed, and stay two until somebody decides', async () => {
    const name = unique();
    const phone = '+49 30 901840';
    const [typed, meant] = [await sent({ email: `${name}@gmial.com` }), await sent({ email: `${name}@gmail.com` })];
    const [dotted, plain] = [
      await sent({ email: `a.${name}@gmail.com` }),
      await sent({ email: `a${name}+shop@googlemail.com` }),
    ];
    const [jane, other] = [
      await sent({ email: `${name}@one.example`, phone, firstName: 'Jané', lastName: 'Doe' }),
      await sent({ email: `${name}@two.example`, phone, firstName: 'jane', lastName: 'DOE' }),
    ];
    const [here, there] = [
      await sent({ email: `a@${name}.com`, externalId: name, firstName: 'Al', lastName: 'Roe' }),
      await sent({ email: `b@${name}.com`, externalId: name, firstName: 'Al', lastName: 'Roe' }, 'fair'),
    ];
    const stranger = await sent({ email: `${name}@three.example`, phone, firstName: 'Joe', lastName: 'Doe' });
    for (const { status } of [typed, meant, dotted, plain, jane, other, here, there, stranger])
      expect(status).toBe('received');

    expect((await proposed(typed, meant)).why).toBe('address');
    expect((await proposed(dotted, plain)).why).toBe('address');
    expect((await proposed(jane, other)).why).toBe('phone-and-name');
    expect((await proposed(here, there)).why).toBe('id-domain-and-name');
    expect(JSON.stringify(await proposals())).not.toContain(stranger.id);
    expect(await intake.dump()).not.toMatch(new RegExp(`${name}@|jane|doe|901840`, 'i'));
  });

  it('become one when somebody says so: known by both, and found by both', async () => {
    const name = unique();
    const first = await sent({ email: `${name}@gmail.com`, country: 'DE', engagement: { visits: 1 } });
    const second = await sent({ email: `${name}@gmal.com`, employees: 40, externalId: name });
    const { id } = await proposed(first, second);
    expect((await decide(id, 'accept')).body).toEqual({
      id,
      decision: 'accepted',
      lead: first.id,
      absorbed: second.id,
    });

    const [, merged] = (await intake.said([first.id], 2)) as [FairleadEvent, LeadMerged];
    expect(merged.data).toMatchObject({
      ...{ matchedBy: 'proposal', absorbed: second.id, touch: 2, changed: ['employees'] },
      known: { state: 'complete', facts: { country: 'DE', employees: 40, engagement: { visits: 1 } } },
    });
    expect(await sent({ externalId: name })).toMatchObject({ id: first.id, status: 'merged' });
    expect(await sent({ email: `${name}@gmal.com` })).toMatchObject({ id: first.id, status: 'merged' });
    for (const again of ['accept', 'dismiss']) expect((await decide(id, again)).status).toBe(409);
    // Who asks to be erased by the address that was written wrongly is erased in both.
    const { body } = await intake.call('/v1/erasures', { json: { email: `${name}@gmal.com` } });
    expect((body['leads'] as { leadId: string }[]).map(({ leadId }) => leadId).sort()).toEqual(
      [first.id, second.id].sort(),
    );
  });

  it('are erased together, whichever of them and by whatever it is asked for', async () => {
    const pair = async () => {
      const name = unique();
      const first = await sent({ email: `${name}@gmail.com`, country: 'DE' });
      const second = await sent({ email: `${name}@gmal.com`, country: 'DE' });
      await decide((await proposed(first, second)).id, 'accept');
      return { name, first: first.id, second: second.id };
    };
    const told = async (...ids: readonly string[]) => {
      const said = await Promise.all(ids.map((id) => intake.said([id], 3)));
      return said.map((events) => events.at(-1)?.type);
    };

    const byAddress = await pair();
    const asked = { email: `${byAddress.name}@gmail.com` };
    const leads = [byAddress.first, byAddress.second].map((leadId) => ({ leadId, status: 'found' }));
    expect((await intake.call('/v1/erasures', { json: { ...asked, dryRun: true } })).body).toMatchObject({ leads });
    await intake.call('/v1/erasures', { json: asked });
    expect(await told(byAddress.first, byAddress.second)).toEqual(['lead.erased', 'lead.erased']);

    for (const which of ['first', 'second'] as const) {
      const { first, second, [which]: one } = await pair();
      const [other] = [first, second].filter((id) => id !== one);
      const { body } = await intake.call(`/v1/leads/${one}/personal-data`, { method: 'DELETE' });
      expect(body).toMatchObject({ leadId: one, status: 'erased', alsoErased: [other] });
      expect(await told(first, second)).toEqual(['lead.erased', 'lead.erased']);
      const again = await intake.call('/v1/erasures', { json: { leadId: one, dryRun: true } });
      expect(again.body['leads']).toMatchObject([first, second].map((leadId) => ({ leadId, status: 'erased' })));
    }
    const nobody = { leadId: '00000000-0000-4000-8000-000000000000' };
    expect((await intake.call('/v1/erasures', { json: nobody })).status).toBe(404);
    expect((await intake.call('/v1/erasures', { json: { ...nobody, ...asked } })).status).toBe(400);
    expect((await intake.call('/v1/erasures', { json: { leadId: 'x' } })).status).toBe(400);
  });

  it('of which only one was erased, by a version that did so: the other can still be told that its person agrees no more', async () => {
    const name = unique();
    const first = await sent({ email: `${name}@gmail.com`, country: 'DE', consent: true });
    const second = await sent({ email: `${name}@gmal.com`, country: 'DE', consent: true });
    await decide((await proposed(first, second)).id, 'accept');
    await intake.rows(`UPDATE leads SET erased = true, known = NULL WHERE id = '${first.id}'`);
    const withdrawn = await intake.call(`/v1/leads/${second.id}`, { method: 'PATCH', json: { consent: false } });
    expect(withdrawn.status).toBe(200);
    expect((await intake.said([second.id], 3)).at(-1)).toMatchObject({
      data: { known: { consent: { given: false } } },
    });
    expect((await intake.call(`/v1/leads/${first.id}`, { method: 'PATCH', json: { consent: false } })).status).toBe(
      410,
    );
  });

  it('of which one is held: it goes on no more, and its contact is the other one’s too', async () => {
    await intake.activate({
      name: 'emea',
      pools: [
        {
          id: 'all',
          match: {},
          promise: { direct: 50, channel: 50 },
          incomplete: { needs: ['country'], holdFor: '2h' },
        },
      ],
    });
    const name = unique();
    const first = await sent({ email: `${name}@gmail.com`, country: 'DE' });
    const second = await sent({ email: `${name}@gmaik.com`, phone: '+49 30 901841' });
    expect(second.status).toBe('held');
    const { id } = await proposed(first, second);
    await decide(id, 'accept');
    const [, merged] = (await intake.said([first.id], 2)) as [FairleadEvent, LeadMerged];
    const { contact: sealed } = merged.data as { contact: Sealed };
    const place = { leadId: first.id, eventId: merged.id, field: 'contact', sealed };
    expect(await intake.personalData.unseal([place])).toEqual([{ email: `${name}@gmaik.com`, phone: '+4930901841' }]);
    expect(await intake.rows(`SELECT 1 FROM held_leads WHERE lead_id = '${second.id}'`)).toEqual([]);
  });

  it('stay two when somebody says so, and are not proposed again', async () => {
    const name = unique();
    const [one, other] = [
      await sent({ email: `${name}@gmail.com`, country: 'DE' }),
      await sent({ email: `${name}@gmaul.com`, country: 'DE' }),
    ];
    const { id } = await proposed(one, other);
    expect((await decide(id, 'dismiss', 'different-people')).body).toEqual({ id, decision: 'dismissed' });
    const third = await sent({ email: `${name}@gmsil.com`, country: 'DE' });
    await proposed(other, third);
    expect((await proposals()).map((each) => each.id)).not.toContain(id);
  });

  it('are merged once, however many accept at the same moment', async () => {
    const name = unique();
    const [one, other] = [
      await sent({ email: `${name}@gmail.com`, country: 'DE' }),
      await sent({ email: `${name}@gmaol.com`, country: 'DE' }),
    ];
    const { id } = await proposed(one, other);
    const answers = await Promise.all(Array.from({ length: 8 }, () => decide(id, 'accept')));
    expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([
      200,
      ...Array.from({ length: 7 }, () => 409),
    ]);
    expect(await intake.rows(`SELECT touches FROM leads WHERE id = '${one.id}'`)).toEqual([{ touches: 2 }]);
  });

  it('are for managers to see and to decide, with a reason of the list', async () => {
    for (const role of ['source', 'auditor']) {
      const key = await intake.keyOf(role, role === 'source' ? { source: 'website' } : {});
      expect((await intake.call('/v1/proposed-merges', { key })).status).toBe(403);
      expect((await decide('1', 'accept', 'same-person', key)).status).toBe(403);
    }
    expect((await decide('999999999', 'accept')).status).toBe(404);
    expect((await decide('x', 'dismiss')).status).toBe(404);
    expect((await decide('1', 'accept', 'Jane told me so')).status).toBe(400);
    for (const query of ['after=x', 'limit=0', 'after=1&after=2'])
      expect((await intake.call(`/v1/proposed-merges?${query}`)).status).toBe(400);
  });

  it('are nobody’s business any more when one of them is erased', async () => {
    const name = unique();
    const [one, other] = [
      await sent({ email: `${name}@gmail.com`, country: 'DE' }),
      await sent({ email: `${name}@gmaiq.com`, country: 'DE' }),
    ];
    const { id } = await proposed(one, other);
    await intake.call(`/v1/leads/${other.id}/personal-data`, { method: 'DELETE' });
    expect((await decide(id, 'accept')).status).toBe(404);
    expect(await intake.rows(`SELECT 1 FROM near_keys WHERE lead_id = '${other.id}'`)).toEqual([]);
  });
});
