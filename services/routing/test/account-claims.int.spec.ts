import { randomUUID } from 'node:crypto';
import type { PolicyDocument } from '@fairlead/decisions';
import type { AccountClaimRefused, AccountProtected, AccountReleased, Facts, LeadRouted } from '@fairlead/events';
import { declined, scored } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

const DAY_MS = 86_400_000;

interface Claim {
  readonly id: string;
  readonly state: string;
  readonly from: number;
  readonly until?: number;
  readonly partner: string;
  readonly conflict?: object;
  readonly ended?: object;
}

describe('claims on accounts, with real servers', () => {
  let routing: Stretch;
  let acme: string;
  let bolt: string;
  const policy: PolicyDocument = {
    name: 'claims',
    dealRegistration: { protectFor: '90d', perPartner: 3 },
    pools: [
      {
        id: 'all',
        match: {},
        promise: { direct: 50, channel: 50 },
        namedAccounts: { list: 'strategic', ceiling: 100 },
      },
    ],
  };
  beforeAll(async () => {
    // Two routers: both must know of a claim as soon as it is made.
    routing = await Stretch.open(2);
    await routing.under(policy, { acme: { weight: 10_000 }, bolt: {}, coil: { status: 'paused' } });
    const entries = [{ domain: 'bosch.com', owner: 'Sales North', from: '2026-01-01' }];
    await routing.call('PUT', '/v1/named-accounts/strategic', { owner: 'Sales', entries });
    [acme, bolt] = [
      await routing.keyOf('partner', { partner: 'acme' }),
      await routing.keyOf('partner', { partner: 'bolt' }),
    ];
  });
  afterAll(() => routing.close());

  const as = (key?: string): Record<string, string> => (key === undefined ? {} : { authorization: `Bearer ${key}` });
  const register = async (partner: string, account: object, key?: string) => {
    const { status, body } = await routing.call('POST', `/v1/partners/${partner}/deal-registrations`, account, as(key));
    return { status, body, claim: body as unknown as Claim };
  };
  const entrust = (partner: string, account: object, key?: string) =>
    routing.call('POST', `/v1/partners/${partner}/accounts-of-record`, account, as(key));
  const end = (partner: string, id: string, body?: object, key?: string, book = 'deal-registrations') =>
    routing.call('POST', `/v1/partners/${partner}/${book}/${id}/end`, body, as(key));
  const claims = async (path: string, key?: string) =>
    (await routing.call('GET', path, undefined, as(key))).body['claims'] as Claim[];

  /** Where a lead of that company goes. */
  async function routed(facts: Partial<Facts>, leadId = randomUUID(), offers = 1): Promise<LeadRouted['data']> {
    await routing.tell(scored({ facts: { engagement: {}, attributes: {}, ...facts } }, leadId));
    return latest(leadId, offers);
  }
  async function latest(leadId: string, offers: number): Promise<LeadRouted['data']> {
    return eventually(() => {
      const events = routing.said('lead.routed', leadId) as LeadRouted[];
      expect(events).toHaveLength(offers);
      return events[offers - 1]?.data as LeadRouted['data'];
    });
  }

  it('protects an account from the moment on in which it is registered, and says so in the log', async () => {
    const { status, claim } = await register('bolt', { domain: 'www.siemens.com' }, bolt);
    expect(status).toBe(201);
    expect(claim).toMatchObject({ state: 'protected', partner: 'bolt', account: { domain: 'siemens.com' } });
    expect(claim.until).toBe(claim.from + 90 * DAY_MS);
    const said = await eventually(() => {
      const [event] = routing.said('account.protected', claim.id) as AccountProtected[];
      expect(event?.data).toMatchObject({
        claim: claim.id,
        kind: 'deal-registration',
        partner: 'bolt',
        from: claim.from,
      });
      return event?.data;
    });
    expect(said?.policy).toMatchObject({ name: 'claims', version: 1 });

    const data = await routed({ companyDomain: 'siemens.com' });
    expect(data).toMatchObject({
      to: 'bolt',
      protectedAccount: { claim: claim.id, kind: 'deal-registration', entry: 'siemens.com', refusals: [] },
      decided: { protections: said?.version },
    });
    // Whoever has most of the weight gets the others.
    expect((await routed({ companyDomain: 'siemens-energy.com' })).protectedAccount).toBeUndefined();
  });

  it('that are made twice by the same partner are one', async () => {
    const first = await register('acme', { company: 'Nordlicht AG' }, acme);
    const second = await register('acme', { company: 'NORDLICHT' }, acme);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.claim).toEqual(first.claim);
    expect(await routed({ company: 'Nordlicht GmbH' })).toMatchObject({
      to: 'acme',
      protectedAccount: { entry: 'Nordlicht AG' },
    });
  });

  it('are decided by time: the later one is refused, told why without a name, and kept for both sides to see', async () => {
    await register('bolt', { domain: 'shell.com' }, bolt);
    const late = await register('acme', { domain: 'shell.com' }, acme);
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({
      type: 'urn:fairlead:problem:account-taken',
      detail: expect.stringContaining('another partner’s by deal registration'),
      conflict: { with: 'deal-registration', since: expect.any(Number), until: expect.any(Number) },
    });
    expect(JSON.stringify(late.body)).not.toContain('bolt');
    const [mine] = await claims('/v1/partners/acme/deal-registrations?limit=1', acme);
    expect(mine).toMatchObject({ id: late.body['claim'], state: 'refused', conflict: { with: 'deal-registration' } });
    expect(JSON.stringify(mine)).not.toContain('bolt');

    const both = await claims('/v1/account-claims?domain=shell.com');
    expect(both).toMatchObject([
      { partner: 'acme', state: 'refused', conflict: { partner: 'bolt' } },
      { partner: 'bolt', state: 'protected' },
    ]);
    await eventually(() => {
      const [event] = routing.said('account.claim-refused', late.body['claim'] as string) as AccountClaimRefused[];
      expect(event?.data).toMatchObject({ partner: 'acme', conflict: { with: 'deal-registration', partner: 'bolt' } });
    });
  });

  it('of which many come at once have one winner', async () => {
    const partners = ['acme', 'bolt', 'coil'];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => register(partners[index % 3] as string, { domain: 'rush.com' })),
    );
    const winners = new Set(answers.filter(({ status }) => status < 300).map(({ claim }) => claim.partner));
    expect(winners.size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const standing = (await claims('/v1/account-claims?domain=rush.com')).filter(({ state }) => state === 'protected');
    expect(standing).toHaveLength(1);
    const [winner] = standing as [Claim];
    await end(winner.partner, winner.id, { reason: 'only a test' });
  });

  it('do not take what a list reserves for direct, and are not taken by a list that comes later', async () => {
    const late = await register('bolt', { domain: 'bosch.com' }, bolt);
    expect(late).toMatchObject({ status: 409, body: { conflict: { with: 'named-account', list: 'strategic@1' } } });

    // bolt's, since the first test. The entry bears an earlier date, which changes nothing.
    const entries = ['bosch.com', 'siemens.com'].map((domain) => ({
      domain,
      owner: 'Sales North',
      from: '2020-01-01',
    }));
    await routing.call('PUT', '/v1/named-accounts/strategic', { owner: 'Sales', entries });
    expect((await routed({ companyDomain: 'siemens.com' })).to).toBe('bolt');
    expect(await routed({ companyDomain: 'bosch.com' })).toMatchObject({
      to: 'direct',
      namedAccount: { entry: 'bosch.com' },
    });
  });

  it('end when the partner gives them up, or the vendor takes them and says why', async () => {
    const { claim } = await register('bolt', { domain: 'gone.com' }, bolt);
    expect((await end('bolt', claim.id, undefined)).status).toBe(400);
    expect((await end('acme', claim.id, undefined, acme)).status).toBe(404);
    const ended = await end('bolt', claim.id, { reason: 'The customer chose another partner.' });
    expect(ended).toMatchObject({ status: 200, body: { state: 'ended', ended: { why: 'revoked' } } });
    expect((await end('bolt', claim.id, undefined, bolt)).status).toBe(409);
    await eventually(() => {
      const [event] = routing.said('account.released', claim.id) as AccountReleased[];
      expect(event?.data).toMatchObject({ why: 'revoked', reason: 'The customer chose another partner.' });
    });
    expect((await routed({ companyDomain: 'gone.com' })).protectedAccount).toBeUndefined();

    const again = await register('acme', { domain: 'gone.com' }, acme);
    expect(again.status).toBe(201);
    expect(await end('acme', again.claim.id, undefined, acme)).toMatchObject({ body: { ended: { why: 'withdrawn' } } });
  });

  it('are as many at once as the policy allows, and no more', async () => {
    const mine = (await claims('/v1/partners/acme/deal-registrations')).filter(({ state }) => state === 'protected');
    for (let count = mine.length; count < 3; count++)
      expect((await register('acme', { domain: `deal-${count}.com` }, acme)).status).toBe(201);
    const beyond = await register('acme', { domain: 'beyond.com' }, acme);
    expect(beyond).toMatchObject({ status: 409, body: { type: 'urn:fairlead:problem:too-many-registrations' } });
  });

  it('of a partner of record are the vendor’s to give, until a day or until it ends them', async () => {
    expect((await entrust('coil', { domain: 'customer.com' }, bolt)).status).toBe(403);
    const given = await entrust('bolt', { domain: 'customer.com', until: '2099-12-31' });
    expect(given).toMatchObject({
      status: 201,
      body: { kind: 'partner-of-record', until: Date.UTC(2100, 0, 1), state: 'protected' },
    });
    const lead = randomUUID();
    expect(await routed({ companyDomain: 'customer.com' }, lead)).toMatchObject({
      to: 'bolt',
      protectedAccount: { kind: 'partner-of-record' },
    });
    // Its partner does not want this one: it is everybody's, and never the same one's again.
    await routing.tell(declined(lead, 'bolt', 1));
    expect(await latest(lead, 2)).not.toMatchObject({ to: 'bolt' });

    expect((await entrust('acme', { domain: 'customer.com' })).body).toMatchObject({ conflict: { partner: 'bolt' } });
    const { id } = given.body as unknown as Claim;
    expect((await end('bolt', id, { reason: 'moved' }, undefined, 'accounts-of-record')).status).toBe(200);
    expect((await entrust('acme', { domain: 'customer.com' })).status).toBe(201);
    expect(await claims('/v1/partners/bolt/accounts-of-record', bolt)).toMatchObject([{ state: 'ended' }]);
  });

  it('whose partner cannot take the lead leave it to everybody, and explain themselves', async () => {
    const { claim } = await register('coil', { domain: 'asleep.com' });
    const lead = randomUUID();
    const data = await routed({ companyDomain: 'asleep.com' }, lead);
    expect(data).toMatchObject({ protectedAccount: { claim: claim.id, refusals: ['paused'] } });
    expect(data.to).not.toBe('coil');
    const { body } = await routing.call('GET', `/v1/leads/${lead}/explanation?partner=coil`);
    expect(body['decisions']).toMatchObject([
      {
        because: expect.arrayContaining([
          expect.stringMatching(/^coil registered a deal with asleep\.com on .* So the lead is everybody's\.$/),
        ]),
        party: { got: false, refusals: ['paused'] },
      },
    ]);
  });

  it.each([
    [{}, ''],
    [{ company: 'n/a' }, '/company'],
    [{ domain: 'no domain' }, '/domain'],
    [{ domain: 'gmail.com' }, '/domain'],
    [{ company: ' ' }, '/company'],
    [{ domain: 7 }, '/domain'],
    [{ domain: 'a.com', forEver: true }, '/forEver'],
  ])('%j are refused, and told what is wrong', async (account, field) => {
    const { status, body } = await register('bolt', account, bolt);
    expect(status).toBe(400);
    expect(new Set((body['errors'] as { field: string }[]).map((error) => error.field))).toEqual(new Set([field]));
  });

  it('are no more than two hundred in a day, refused ones included', async () => {
    // What stands against them is a list, so that each is refused, and kept.
    for (let tried = 0; tried < 200; tried += 20)
      await Promise.all(Array.from({ length: 20 }, () => register('coil', { domain: 'bosch.com' })));
    const beyond = await register('coil', { domain: 'bosch.com' });
    expect(beyond).toMatchObject({ status: 429, body: { type: 'urn:fairlead:problem:too-many-claims-today' } });
    // It is the partner's own limit.
    expect((await register('bolt', { domain: 'bosch.com' }, bolt)).status).toBe(409);
  });

  it('need a policy that has them', async () => {
    await routing.under({ ...policy, name: 'without', dealRegistration: undefined }, { acme: {}, bolt: {}, coil: {} });
    const { status, body } = await register('bolt', { domain: 'late.com' }, bolt);
    expect([status, body['type']]).toEqual([409, 'urn:fairlead:problem:no-deal-registration']);
    // What was promised stands.
    expect((await routed({ companyDomain: 'siemens.com' })).to).toBe('bolt');
  });
});
