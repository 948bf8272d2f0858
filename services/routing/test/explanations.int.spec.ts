import { randomUUID } from 'node:crypto';
import type { LeadRouted } from '@fairlead/events';
import { declined, erased, scored } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

interface Explained {
  readonly outcome: string;
  readonly to?: string;
  readonly policy: string;
  readonly because: readonly string[];
  readonly party?: {
    readonly party: string;
    readonly got: boolean;
    readonly refusals: string[];
    readonly because: string[];
  };
}

describe('the explanation of a lead', () => {
  let routing: Stretch;
  beforeAll(async () => {
    routing = await Stretch.open();
    const policy = {
      name: 'why',
      pools: [
        {
          id: 'all',
          match: {},
          promise: { direct: 0, channel: 100 },
          offer: { maxOffers: 3, then: 'nurture' as const },
        },
      ],
    };
    await routing.under(policy, {
      acme: { territories: ['DE'] },
      bolt: { territories: ['DE'], caps: { open: 1 } },
      coil: { territories: ['FR'] },
    });
  });
  afterAll(() => routing?.close());

  const route = async (leadId = randomUUID()): Promise<LeadRouted> => {
    await routing.tell(scored({ grade: 'A', facts: { country: 'DE', engagement: {}, attributes: {} } }, leadId));
    return eventually(() => {
      const [routed] = routing.said('lead.routed', leadId);
      expect(routed).toBeDefined();
      return routed as LeadRouted;
    });
  };
  const ask = async (leadId: string, query = '', key?: string) => {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const { status, body } = await routing.call('GET', `/v1/leads/${leadId}/explanation${query}`, undefined, headers);
    return { status, body, decisions: body['decisions'] as Explained[] };
  };

  it('tells a partner why it got a lead and another one why not, from what was recorded', async () => {
    const { subject: lead, data } = await route();
    const { decisions } = await ask(lead, '?partner=acme');
    expect(decisions).toHaveLength(1);
    expect(decisions[0]).toMatchObject({
      outcome: 'routed',
      to: data.to,
      party: { party: 'acme', got: data.to === 'acme' },
    });
    expect(decisions[0]?.because[0]).toBe(
      'Pool all promises 0 % of its leads of grade A to direct and 100 % to partners.',
    );
    const [outside] = (await ask(lead, '?partner=coil')).decisions;
    expect(outside?.party).toEqual({
      party: 'coil',
      got: false,
      refusals: ['outside-territory'],
      because: ['coil does not serve DE.'],
    });
  });

  it('keeps to what was true when it was decided, and follows every decision about the lead', async () => {
    const { subject: lead, data } = await route();
    const other = data.to === 'acme' ? 'bolt' : 'acme';
    await routing.tell(declined(lead, data.to, 1));
    await eventually(async () => expect((await ask(lead)).decisions).toHaveLength(2));
    const { decisions } = await ask(lead, `?partner=${data.to}`);
    expect(decisions[0]?.party).toMatchObject({ got: true });
    expect(decisions[1]?.party).toMatchObject({ got: false, refusals: ['declined-before'] });
    expect(decisions[1]?.because[0]).toBe('The offer before this one was declined, so it was offered again.');
    expect(decisions[1]).toMatchObject({ to: other, policy: 'why@1' });
  });

  it('speaks of a partner as it was when the lead was decided, whatever it has become', async () => {
    const { subject: lead } = await route();
    const put = (id: string, more: object) =>
      routing.call('PUT', `/v1/partners/${id}`, { name: id, tier: 'gold', ...more });
    await put('coil', { territories: ['DE'] });
    await put('nova', { territories: ['DE'] });
    expect((await ask(lead, '?partner=coil')).decisions[0]?.party?.refusals).toEqual(['outside-territory']);
    expect((await ask(lead, '?partner=nova')).decisions[0]?.party).toMatchObject({
      refusals: ['not-on-roster'],
      because: ['nova was not on the roster then.'],
    });
    // To a partner that came later, the lead does not exist.
    const nova = await routing.keyOf('partner', { partner: 'nova' });
    expect((await ask(lead, '', nova)).status).toBe(404);
    await put('coil', { territories: ['FR'] });
    await put('nova', { territories: ['FR'] });
  });

  it('names other partners to no partner, and gives it nothing of leads that are none of its concern', async () => {
    const { subject: lead, data } = await route();
    const other = data.to === 'acme' ? 'bolt' : 'acme';
    const key = await routing.keyOf('partner', { partner: other });
    const { status, body } = await ask(lead, '', key);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(data.to);
    expect(body['decisions']).toMatchObject([{ to: 'another partner', party: { party: other, got: false } }]);

    const coil = await routing.keyOf('partner', { partner: 'coil' });
    const [outside, absent, foreign] = [
      await ask(lead, '', coil),
      await ask(randomUUID(), '', coil),
      await ask(lead, `?partner=${other}`, coil),
    ];
    expect([outside.status, absent.status, foreign.status]).toEqual([404, 404, 404]);
    expect({ ...outside.body, instance: '' }).toEqual({ ...absent.body, instance: '' });
  });

  it('is empty of the lead’s facts once it was erased', async () => {
    const { subject: lead } = await route();
    await routing.tell(erased(lead));
    await eventually(async () => {
      const rows = await routing.rows<{ facts: object }>(
        `SELECT lead->'facts' AS facts FROM decisions WHERE lead_id = '${lead}'`,
      );
      expect(rows).toEqual([{ facts: { engagement: {}, attributes: {} } }]);
    });
    expect((await ask(lead)).status).toBe(200);
  });

  it('says what it does not know', async () => {
    const { subject: lead } = await route();
    expect((await ask(lead, '?partner=nobody')).status).toBe(404);
    expect((await ask(lead, '?partner=A%20B')).status).toBe(400);
    expect((await ask(lead, '?party=acme')).status).toBe(400);
    expect((await ask(randomUUID())).status).toBe(404);
  });
});
