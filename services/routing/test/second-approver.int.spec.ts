import type { PolicyDocument } from '@fairlead/decisions';
import type {
  PolicyActivated,
  PolicyActivationCancelled,
  PolicyGuarded,
  PolicyProposalRejected,
} from '@fairlead/events';
import { type Answer, eventually, Stretch } from './fixture/stretch.js';

interface Proposal {
  readonly id: string;
  readonly version: number | null;
  readonly state: string;
  readonly proposedBy: string;
}

function policy(name: string, direct = 50): PolicyDocument {
  return { name, pools: [{ id: 'all', match: {}, promise: { direct, channel: 100 - direct } }] };
}

describe('a policy that takes two people, with real servers', () => {
  let routing: Stretch;
  const keys = new Map<string, { readonly id: string; readonly key: string }>();
  const browsers = new Map<string, Record<string, string>>();

  beforeAll(async () => {
    routing = await Stretch.open(2);
    await routing.under(policy('before'), { acme: {} });
    for (const who of ['anna', 'ben', 'carla']) await madeBy('the operator', who, 'manager');
    await madeBy('the operator', 'olga', 'admin');
    await madeBy('olga', 'her own second', 'admin');
    await madeBy('her own second', 'her own third', 'manager');
    await madeBy('the operator', 'the auditor', 'auditor');
    for (const who of ['eva', 'finn']) await madeBy('olga', who, 'manager');
    await madeBy('the operator', 'acme', 'partner', { partner: 'acme' });
    await madeBy('the operator', 'web', 'source', { source: 'web' });
  });
  afterAll(() => routing.close());

  async function madeBy(maker: string, name: string, role: string, more: object = {}): Promise<void> {
    const { body } = await as(maker, 'POST', '/v1/keys', { name, role, ...more });
    keys.set(name, body as unknown as { id: string; key: string });
  }
  const idOf = (who: string) => keys.get(who)?.id ?? '';

  /** Somebody who has entered, with a browser, by a link that somebody made in the name of a key. */
  async function enter(who: string, by: string, inTheNameOf: string): Promise<void> {
    const headers = await routing.browserBy(keys.get(by)?.key ?? '', idOf(inTheNameOf));
    if (headers) browsers.set(who, headers);
  }

  function as(who: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const browser = browsers.get(who);
    if (browser) return routing.call(method, path, body, browser);
    const key = keys.get(who)?.key;
    return routing.call(method, path, body, key === undefined ? {} : { authorization: `Bearer ${key}` });
  }
  const activate = (who: string, name: string, body: object = {}) =>
    as(who, 'POST', `/v1/policies/${name}/activate`, body);
  const approve = (who: string, name: string, { id }: Proposal) =>
    as(who, 'POST', `/v1/policies/${name}/proposals/${id}/approve`);
  const reject = (who: string, name: string, { id }: Proposal, reason = 'not what was agreed') =>
    as(who, 'POST', `/v1/policies/${name}/proposals/${id}/reject`, { reason });
  const second = (who: string, name: string, needed: boolean) =>
    as(who, 'PUT', `/v1/policies/${name}/second-approver`, { needed });
  const proposals = async (name: string) =>
    (await as('the auditor', 'GET', `/v1/policies/${name}/proposals`)).body as unknown as {
      secondApprover: boolean;
      needsTwo: boolean;
      proposals: Proposal[];
    };
  const proposed = ({ body }: Answer) => body['proposed'] as Proposal;
  const activations = (name: string) => routing.said('policy.activated', name) as PolicyActivated[];
  const inForce = async () =>
    (await routing.rows<{ inForce: string }>(`SELECT policy || '@' || policy_version AS "inForce" FROM rules`))[0]
      ?.inForce;

  /** Guarded, with so many versions that are not in force; what was in force before, which no one guards, is again. */
  async function guardedPolicy(name: string, versions = 1): Promise<void> {
    for (let version = 1; version <= versions; version += 1)
      await as('anna', 'PUT', `/v1/policies/${name}`, policy(name, 50 + version));
    expect(await second('the operator', name, true)).toEqual({ status: 200, body: { needed: true } });
  }

  /** Ends what a test has guarded, in the only way that there is. */
  async function freed(name: string): Promise<void> {
    const off = await second('olga', name, false);
    if (off.status === 202) expect((await approve('ben', name, proposed(off))).status).toBe(200);
    expect((await activate('anna', 'before')).status).toBe(200);
    expect(await inForce()).toBe('before@1');
  }

  it('is proposed by one and put in force by another; the log names both', async () => {
    await guardedPolicy('both');
    const asked = await activate('anna', 'both');
    expect(asked).toMatchObject({
      status: 202,
      body: { active: false, proposed: { version: 1, at: null, proposedBy: idOf('anna'), state: 'waiting' } },
    });
    expect(await inForce()).toBe('before@1');
    // Whoever did not hear the answer asks again, and it is proposed once.
    expect(proposed(await activate('carla', 'both'))).toEqual(proposed(asked));

    expect(await approve('ben', 'both', proposed(asked))).toMatchObject({
      status: 200,
      body: { state: 'approved', proposedBy: idOf('anna'), endedBy: idOf('ben') },
    });
    expect(await inForce()).toBe('both@1');
    const [event] = await eventually(() => {
      expect(activations('both')).toHaveLength(1);
      return activations('both');
    });
    expect(event?.data).toMatchObject({ version: 1, actor: idOf('anna'), approvedBy: idOf('ben') });
    expect((await as('acme', 'GET', '/v1/policies/both/activations')).body).toMatchObject({
      activations: [{ version: 1, by: idOf('anna'), approvedBy: idOf('ben') }],
    });
    // What is in force already needs nobody's word.
    expect((await activate('anna', 'both')).status).toBe(200);
    await freed('both');
  });

  it.each([
    ['the key that proposed it', 'anna', 'anna'],
    ['the key that made the one that proposed it', 'anna', 'the operator'],
    ['a key that was made with it', 'olga', 'her own second'],
    ['a key that was made with one that was made with it', 'olga', 'her own third'],
    ['the key that made the maker of the one that proposed it', 'her own third', 'olga'],
  ])('is not approved by %s', async (_, proposer, other) => {
    await guardedPolicy('hands');
    const proposal = proposed(await activate(proposer, 'hands'));
    expect(await approve(other, 'hands', proposal)).toMatchObject({
      status: 409,
      body: { type: expect.stringContaining('second-person-needed') },
    });
    expect([await inForce(), (await proposals('hands')).proposals[0]]).toMatchObject([
      'before@1',
      { state: 'waiting' },
    ]);
    expect((await reject('carla', 'hands', proposal)).status).toBe(200);
    await freed('hands');
  });

  describe('one of whom enters by a link', () => {
    // Olga proposed with her own key, made a link in Ben's name, and approved in it: in the log it was Ben.
    beforeAll(async () => {
      await enter('olga as eva', 'olga', 'eva');
      await enter('olga as finn', 'olga', 'finn');
      await enter('olga as her second', 'olga', 'her own second');
      await enter('eva', 'eva', 'eva');
    });

    it('makes none in the name of a key that was not made with that one', async () => {
      for (const whose of ['ben', 'the operator', 'acme'])
        expect([whose, await routing.browserBy(keys.get('olga')?.key ?? '', idOf(whose))]).toEqual([whose, undefined]);
    });

    it.each([
      ['with a key of her own', 'olga', 'olga as eva'],
      ['in another’s name before', 'olga as eva', 'olga'],
      ['in the name of another whom she has let in', 'olga as eva', 'olga as finn'],
      ['with a key that she has made for herself', 'olga as eva', 'her own second'],
      ['in a session of such a key', 'olga as eva', 'olga as her second'],
      ['in the name of one who proposed it', 'finn', 'olga as eva'],
    ])('is not approved by whoever made the link and proposed it %s', async (_, proposer, other) => {
      await guardedPolicy('links');
      const proposal = proposed(await activate(proposer, 'links'));
      expect(await approve(other, 'links', proposal)).toMatchObject({
        status: 409,
        body: { type: expect.stringContaining('second-person-needed') },
      });
      expect((await proposals('links')).proposals[0]).toMatchObject({ state: 'waiting' });
      expect((await reject('carla', 'links', proposal)).status).toBe(200);
      await freed('links');
    });

    it('is approved by whoever has a key of their own, also by a link that was made with it', async () => {
      for (const [proposer, other] of [
        ['finn', 'eva'],
        ['olga as finn', 'ben'],
      ] as const) {
        await guardedPolicy('apart');
        const proposal = proposed(await activate(proposer, 'apart'));
        expect((await approve(other, 'apart', proposal)).status).toBe(200);
        expect(await inForce()).toBe('apart@1');
        await freed('apart');
      }
    });

    it('is not approved once the key that opened the session was revoked in which it was proposed', async () => {
      await guardedPolicy('opened');
      await madeBy('the operator', 'hilde', 'admin');
      await madeBy('hilde', 'ida', 'manager');
      await enter('hilde as ida', 'hilde', 'ida');
      const proposal = proposed(await activate('hilde as ida', 'opened'));
      expect((await as('olga', 'DELETE', `/v1/keys/${idOf('hilde')}`)).status).toBe(204);
      expect((await as('hilde as ida', 'GET', '/v1/policies/opened')).status).toBe(401);
      expect(await approve('ben', 'opened', proposal)).toMatchObject({
        status: 409,
        body: { type: expect.stringContaining('proposer-revoked') },
      });
      const anew = proposed(await activate('anna', 'opened'));
      expect((await approve('ben', 'opened', anew)).status).toBe(200);
      await freed('opened');
    });

    it('is the hand that it is also where one had planned it in a session before it took two', async () => {
      await as('anna', 'PUT', '/v1/policies/planned-in-one', policy('planned-in-one', 51));
      const at = new Date(Date.now() + 3_000).toISOString();
      expect((await activate('olga as eva', 'planned-in-one', { at })).status).toBe(202);
      expect((await second('the operator', 'planned-in-one', true)).status).toBe(200);
      const [proposal] = await eventually(async () => {
        const { proposals: waiting } = await proposals('planned-in-one');
        expect(waiting).toMatchObject([{ state: 'waiting', proposedBy: idOf('eva') }]);
        return waiting;
      });
      expect((await approve('her own second', 'planned-in-one', proposal as Proposal)).status).toBe(409);
      expect((await approve('ben', 'planned-in-one', proposal as Proposal)).status).toBe(200);
      await freed('planned-in-one');
    });
  });

  it('is proposed anew where the key that proposed it was revoked: what it had proposed is rejected', async () => {
    await guardedPolicy('anew');
    await madeBy('the operator', 'greta', 'manager');
    const of = proposed(await activate('greta', 'anew'));
    expect((await as('olga', 'DELETE', `/v1/keys/${idOf('greta')}`)).status).toBe(204);
    expect((await approve('ben', 'anew', of)).body).toMatchObject({
      type: expect.stringContaining('proposer-revoked'),
    });
    // It was answered with the one that nobody could approve.
    const anew = proposed(await activate('anna', 'anew'));
    expect(anew).toMatchObject({ state: 'waiting', proposedBy: idOf('anna') });
    expect(anew.id).not.toBe(of.id);
    const reason = `The key ${idOf('greta')}, which proposed it, was revoked; it was proposed anew.`;
    expect((await proposals('anew')).proposals).toMatchObject([
      { id: anew.id },
      { id: of.id, state: 'rejected', endedBy: idOf('anna'), reason },
    ]);
    expect((await approve('ben', 'anew', anew)).status).toBe(200);
    expect(await inForce()).toBe('anew@1');
    await eventually(() =>
      expect(
        (routing.said('policy.proposal-rejected', 'anew') as PolicyProposalRejected[]).map(({ data }) => data),
      ).toEqual([{ name: 'anew', version: 1, proposedBy: idOf('greta'), actor: idOf('anna'), reason }]),
    );
    await freed('anew');
  });

  it('is not approved once the key that proposed it was revoked: it may have got about', async () => {
    await guardedPolicy('revoked');
    await madeBy('the operator', 'dora', 'manager');
    const proposal = proposed(await activate('dora', 'revoked'));
    expect((await as('olga', 'DELETE', `/v1/keys/${idOf('dora')}?withMade=true`)).body).toEqual({ revoked: 1 });
    expect(await approve('ben', 'revoked', proposal)).toMatchObject({
      status: 409,
      body: { type: expect.stringContaining('proposer-revoked') },
    });
    expect(await inForce()).toBe('before@1');
    await reject('ben', 'revoked', proposal);
    await freed('revoked');
  });

  it('is put in force once, however many approve at once', async () => {
    await guardedPolicy('race');
    const proposal = proposed(await activate('anna', 'race'));
    const answers = await Promise.all(
      ['ben', 'carla', 'olga', 'ben', 'carla', 'olga'].map((who) => approve(who, 'race', proposal)),
    );
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 409, 409, 409, 409, 409,
    ]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      type: expect.stringContaining('proposal-ended'),
    });
    expect(await routing.rows(`SELECT version FROM policy_activations WHERE policy = 'race'`)).toHaveLength(1);
    await freed('race');
  });

  it('is overtaken by another version that is put in force meanwhile, and says so', async () => {
    await guardedPolicy('overtaken', 2);
    const [first, other] = [
      proposed(await activate('anna', 'overtaken', { version: 1 })),
      proposed(await activate('anna', 'overtaken', { version: 2 })),
    ];
    expect((await approve('ben', 'overtaken', other)).status).toBe(200);
    expect(await approve('ben', 'overtaken', first)).toMatchObject({
      status: 409,
      body: {
        type: expect.stringContaining('proposal-overtaken'),
        detail: expect.stringContaining('version 2 of overtaken was put in force'),
      },
    });
    expect(await inForce()).toBe('overtaken@2');
    expect((await proposals('overtaken')).proposals).toMatchObject([{ state: 'overtaken' }, { state: 'approved' }]);
    // Proposed anew it is another one.
    const anew = proposed(await activate('anna', 'overtaken', { version: 1 }));
    expect(anew.id).not.toBe(first.id);
    expect((await approve('ben', 'overtaken', anew)).status).toBe(200);
    expect(await inForce()).toBe('overtaken@1');
    await freed('overtaken');
  });

  it('is rejected with a reason, or taken back by whoever proposed it; both are named in the log', async () => {
    await guardedPolicy('rejected');
    const proposal = proposed(await activate('anna', 'rejected'));
    expect((await reject('ben', 'rejected', proposal, ' ')).status).toBe(400);
    expect(await reject('ben', 'rejected', proposal, 'the share of direct is too large')).toMatchObject({
      status: 200,
      body: { state: 'rejected', endedBy: idOf('ben'), reason: 'the share of direct is too large' },
    });
    expect((await approve('carla', 'rejected', proposal)).status).toBe(409);
    expect((await reject('carla', 'rejected', proposal)).status).toBe(409);
    await eventually(() =>
      expect(
        (routing.said('policy.proposal-rejected', 'rejected') as PolicyProposalRejected[]).map(({ data }) => data),
      ).toEqual([
        {
          ...{ name: 'rejected', version: 1, proposedBy: idOf('anna'), actor: idOf('ben') },
          reason: 'the share of direct is too large',
        },
      ]),
    );
    expect((await reject('anna', 'rejected', proposed(await activate('anna', 'rejected')))).status).toBe(200);
    expect(await inForce()).toBe('before@1');
    await freed('rejected');
  });

  it('comes into force at the time that was proposed, once it is approved', async () => {
    await guardedPolicy('later');
    const at = new Date(Date.now() + 4_000).toISOString();
    const proposal = proposed(await activate('anna', 'later', { at }));
    expect(await approve('ben', 'later', proposal)).toMatchObject({
      status: 200,
      body: { state: 'approved', scheduled: { version: 1, at, by: idOf('anna'), approvedBy: idOf('ben') } },
    });
    expect(await inForce()).toBe('before@1');
    await eventually(async () => expect(await inForce()).toBe('later@1'));
    await eventually(() =>
      expect(activations('later').map(({ data }) => data)).toMatchObject([
        { actor: idOf('anna'), approvedBy: idOf('ben') },
      ]),
    );
    await freed('later');
  });

  it('is cancelled by one before its time, and the log says by whom, and what two had approved', async () => {
    await guardedPolicy('cancelled');
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const proposal = proposed(await activate('anna', 'cancelled', { at }));
    const { id } = (await approve('ben', 'cancelled', proposal)).body['scheduled'] as { id: string };
    const cancel = (who: string) => as(who, 'DELETE', `/v1/policies/cancelled/activations/${id}`);
    expect([(await cancel('the auditor')).status, (await cancel('carla')).status]).toEqual([403, 204]);
    expect((await cancel('carla')).status).toBe(409);
    expect((await as('the auditor', 'GET', '/v1/policies/cancelled/activations')).body).toMatchObject({
      ended: [{ id, outcome: 'cancelled', by: idOf('anna'), approvedBy: idOf('ben'), endedBy: idOf('carla') }],
    });
    const told = { name: 'cancelled', version: 1, at: Date.parse(at) };
    await eventually(() =>
      expect(
        (routing.said('policy.activation-cancelled', 'cancelled') as PolicyActivationCancelled[]).map(
          ({ data }) => data,
        ),
      ).toEqual([{ ...told, plannedBy: idOf('anna'), approvedBy: idOf('ben'), actor: idOf('carla') }]),
    );
    await freed('cancelled');
  });

  it('waits for the second person where one had planned it before it took two', async () => {
    await as('anna', 'PUT', '/v1/policies/planned', policy('planned', 51));
    expect((await activate('anna', 'planned', { at: new Date(Date.now() + 3_000).toISOString() })).status).toBe(202);
    expect((await second('the operator', 'planned', true)).status).toBe(200);
    const [proposal] = await eventually(async () => {
      const { proposals: waiting } = await proposals('planned');
      expect(waiting).toMatchObject([{ state: 'waiting', proposedBy: idOf('anna') }]);
      return waiting;
    });
    expect([await inForce(), activations('planned')]).toEqual(['before@1', []]);
    expect((await as('the auditor', 'GET', '/v1/policies/planned/activations')).body).toMatchObject({
      scheduled: [],
      ended: [{ outcome: 'proposed', by: idOf('anna'), endedBy: 'fairlead' }],
    });
    expect((await approve('ben', 'planned', proposal as Proposal)).status).toBe(200);
    expect(await inForce()).toBe('planned@1');
    await freed('planned');
  });

  it('is not proposed where one had planned the version that is in force by then', async () => {
    await as('anna', 'PUT', '/v1/policies/already', policy('already', 51));
    expect((await activate('anna', 'already', { at: new Date(Date.now() + 3_000).toISOString() })).status).toBe(202);
    expect((await activate('anna', 'already')).status).toBe(200);
    expect((await second('the operator', 'already', true)).status).toBe(200);
    await eventually(async () =>
      expect(await routing.rows(`SELECT state FROM planned_activations WHERE policy = 'already'`)).toEqual([
        { state: 'done' },
      ]),
    );
    expect((await proposals('already')).proposals).toEqual([]);
    expect((await approve('ben', 'before', proposed(await activate('anna', 'before')))).status).toBe(200);
    await freed('already');
  });

  it('is not put out of force by one person either, with another policy', async () => {
    await guardedPolicy('kept');
    expect((await approve('ben', 'kept', proposed(await activate('anna', 'kept')))).status).toBe(200);
    expect(await proposals('before')).toMatchObject({ secondApprover: false, needsTwo: true });
    const away = await activate('anna', 'before');
    expect([away.status, await inForce()]).toEqual([202, 'kept@1']);
    expect((await approve('ben', 'before', proposed(away))).status).toBe(200);
    expect([await inForce(), (await proposals('before')).needsTwo]).toEqual(['before@1', false]);
    await freed('kept');
  });

  it('is not freed from it by one person: that it takes two no more takes two', async () => {
    await guardedPolicy('freed');
    expect((await second('the operator', 'freed', true)).status).toBe(200);
    const off = await second('olga', 'freed', false);
    expect(off).toMatchObject({ status: 202, body: { needed: true, proposed: { version: null } } });
    for (const who of ['olga', 'the operator', 'her own third'])
      expect([who, (await approve(who, 'freed', proposed(off))).status]).toEqual([who, 409]);
    expect((await activate('anna', 'freed')).status).toBe(202);
    expect((await approve('ben', 'freed', proposed(off))).status).toBe(200);
    expect((await proposals('freed')).secondApprover).toBe(false);
    expect((await activate('anna', 'freed')).status).toBe(200);
    await eventually(() =>
      expect(
        (routing.said('policy.guarded', 'freed') as PolicyGuarded[]).map(({ data: { name: _, ...data } }) => data),
      ).toEqual([
        { needed: true, actor: expect.any(String) },
        { needed: false, actor: idOf('olga'), approvedBy: idOf('ben') },
      ]),
    );
    await freed('freed');
  });

  it('is for each role what it may be, and for nobody what is not there', async () => {
    await guardedPolicy('roles');
    const proposal = proposed(await activate('anna', 'roles'));
    const [path, off] = [`/v1/policies/roles/proposals`, '/v1/policies/roles/second-approver'];
    const everybody = ['anna', 'olga', 'the auditor', 'acme', 'web'];
    const statuses = (method: string, to: string, body?: object) =>
      Promise.all(everybody.map(async (who) => (await as(who, method, to, body)).status));
    expect(await statuses('GET', path)).toEqual([200, 200, 200, 403, 403]);
    expect(await statuses('PUT', off, { needed: true })).toEqual([403, 200, 403, 403, 403]);
    const nowhere = '00000000-0000-4000-8000-000000000000';
    for (const [verb, body] of [['approve'], ['reject', { reason: 'no' }]] as [string, object?][]) {
      expect(await statuses('POST', `${path}/${nowhere}/${verb}`, body)).toEqual([404, 404, 403, 403, 403]);
      expect(await statuses('POST', `${path}/x/${verb}`, body)).toEqual([404, 404, 403, 403, 403]);
      // Of another policy it is as if it were not there.
      const elsewhere = `/v1/policies/before/proposals/${proposal.id}/${verb}`;
      expect(await statuses('POST', elsewhere, body)).toEqual([404, 404, 403, 403, 403]);
    }
    expect((await as('olga', 'PUT', '/v1/policies/never-was/second-approver', { needed: true })).status).toBe(404);
    expect((await as('olga', 'PUT', off, { needed: 'yes' })).status).toBe(400);
    expect((await reject('ben', 'roles', proposal)).status).toBe(200);
    await freed('roles');
  });

  it('has at most twenty proposals that wait', async () => {
    await guardedPolicy('many');
    const at = (index: number) => new Date(Date.now() + 3_600_000 + index * 1_000).toISOString();
    const answers: number[] = [];
    for (let index = 0; index <= 20; index += 1)
      answers.push((await activate('anna', 'many', { at: at(index) })).status);
    expect([answers.slice(0, 20).every((status) => status === 202), answers[20]]).toEqual([true, 409]);
    for (const proposal of (await proposals('many')).proposals) await reject('ben', 'many', proposal);
    await freed('many');
  });
});
