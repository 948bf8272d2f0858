import type { PolicyDocument } from '@fairlead/decisions';
import type { LeadRouted, LeadUnroutable } from '@fairlead/events';
import { accepted, declined, returned, scored } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

type Pool = PolicyDocument['pools'][number];

/** A policy of one pool, named after the test, for the channel alone, with nobody to fall back to unless said otherwise. */
function policyOf(name: string, more: Partial<Pool> = {}): PolicyDocument {
  const offer = { then: 'nurture' as const };
  return { name, pools: [{ id: name, match: {}, promise: { direct: 0, channel: 100 }, offer, ...more }] };
}

describe('routing and the consent of the person, with real servers', () => {
  let routing: Stretch;
  beforeAll(async () => {
    routing = await Stretch.open(2);
  });
  afterAll(() => routing.close());

  const road = (leadId: string) =>
    (
      [...routing.said('lead.routed', leadId), ...routing.said('lead.unroutable', leadId)] as (
        LeadRouted | LeadUnroutable
      )[]
    )
      .toSorted((one, other) => (one.data.decided.step ?? 0) - (other.data.decided.step ?? 0))
      .map(({ data }) => ('to' in data ? `${data.offer} ${data.to} (${data.why})` : `nobody (${data.reason})`));
  const becomes = (leadId: string, expected: readonly string[]) =>
    eventually(() => expect(road(leadId)).toEqual(expected));
  const again = (leadId: string, consent: 'given' | 'refused' | 'unknown' | undefined) =>
    scored({ cause: 'merged', consent }, leadId);
  /** Decided after everything that was told before it. */
  const settled = async (leadId: string) => {
    const marker = scored({ cause: 'merged', consent: 'given' }, leadId);
    await routing.tell(marker);
    await eventually(async () =>
      expect(await routing.rows(`SELECT 1 FROM inbox WHERE event_id = '${idOf(marker)}'`)).toHaveLength(1),
    );
  };

  it('offers a lead of which nobody knows to direct, and explains it to the partner in words', async () => {
    await routing.under(policyOf('unknown', { offer: { then: 'direct' } }), { acme: {} });
    const lead = scored({ consent: 'unknown' });
    await routing.tell(lead);
    await becomes(lead.subject, ['1 direct (fallback)']);
    const partner = await routing.keyOf('partner', { partner: 'acme' });
    const path = `/v1/leads/${lead.subject}/explanation`;
    const { body } = await routing.call('GET', path, undefined, { authorization: `Bearer ${partner}` });
    expect(body['decisions']).toMatchObject([
      {
        because: [
          'Nobody knows whether the person agrees, and without their consent pool unknown offers a lead to no partner.',
          "So it is direct's.",
        ],
        party: {
          got: false,
          refusals: ['no-consent'],
          because: [
            'Nobody knows whether the person agrees, and pool unknown needs their consent before a lead goes to acme.',
          ],
        },
      },
    ]);
  });

  it('takes a score from before consent was told for one of which nobody knows', async () => {
    await routing.under(policyOf('older'), { acme: {} });
    const lead = scored({ consent: undefined });
    await routing.tell(lead);
    await becomes(lead.subject, ['nobody (no-consent)']);
    await routing.under(policyOf('older', { consent: { neededFor: 'nobody' } }), { acme: {} });
    const other = scored({ consent: undefined });
    await routing.tell(other);
    await becomes(other.subject, ['1 acme (first)']);
  });

  it('offers a lead that waits for consent once it is there, and once only', async () => {
    await routing.under(policyOf('waits'), { acme: {} });
    const lead = scored({ consent: 'unknown' });
    await routing.tell(lead);
    await becomes(lead.subject, ['nobody (no-consent)']);
    await routing.tell(again(lead.subject, 'unknown'), again(lead.subject, 'refused'));
    const agreed = again(lead.subject, 'given');
    await routing.tell(agreed, agreed, again(lead.subject, 'given'));
    await becomes(lead.subject, ['nobody (no-consent)', '1 acme (first)']);
    await settled(lead.subject);
    expect(road(lead.subject)).toHaveLength(2);
  });

  it('takes an offer back that waits for its answer when consent is withdrawn, and makes it again when it is there again', async () => {
    await routing.under(policyOf('withdrawn'), { nova: { caps: { open: 1 } } });
    const lead = scored();
    await routing.tell(lead);
    await becomes(lead.subject, ['1 nova (first)']);
    const refused = again(lead.subject, 'refused');
    await routing.tell(refused, refused, again(lead.subject, 'refused'));
    await becomes(lead.subject, ['1 nova (first)', 'nobody (no-consent)']);
    // Its place is free, and its turn is not lost.
    const other = scored();
    await routing.tell(other);
    await becomes(other.subject, ['1 nova (first)']);
    await routing.tell(declined(other.subject, 'nova', 1));
    // Whoever lost it with the consent refused nothing.
    await eventually(() => expect(road(other.subject)).toHaveLength(2));
    await routing.tell(again(lead.subject, 'given'));
    await becomes(lead.subject, ['1 nova (first)', 'nobody (no-consent)', '2 nova (consent-given)']);
  });

  it('goes on with direct where direct may have it, and leaves what direct has with it', async () => {
    await routing.under(policyOf('direct', { promise: { direct: 1, channel: 99 } }), { acme: {} });
    const lead = scored();
    await routing.tell(lead);
    await becomes(lead.subject, ['1 acme (first)']);
    await routing.tell(again(lead.subject, 'refused'));
    await becomes(lead.subject, ['1 acme (first)', '2 direct (consent-withdrawn)']);
    await routing.tell(again(lead.subject, 'given'), again(lead.subject, 'refused'));
    await settled(lead.subject);
    expect(road(lead.subject)).toHaveLength(2);
  });

  it('makes no further offer to partners once consent is withdrawn, whoever declines or returns', async () => {
    await routing.under(policyOf('further', { offer: { then: 'direct' } }), { acme: {}, bolt: {} });
    const [one, other] = [scored(), scored()];
    await routing.tell(one, other);
    await eventually(() => expect([road(one.subject).length, road(other.subject).length]).toEqual([1, 1]));
    const has = ({ subject }: typeof one) => (routing.said('lead.routed', subject)[0] as LeadRouted).data.to;
    // At once: it was declined before the consent was withdrawn, and went to the other partner, from which it is taken.
    await routing.tell(declined(one.subject, has(one), 1), again(one.subject, 'refused'));
    const second = has(one) === 'acme' ? 'bolt' : 'acme';
    await becomes(one.subject, [`1 ${has(one)} (first)`, `2 ${second} (declined)`, '3 direct (fallback)']);
    // Somebody works on it, and knows already whom to call.
    await routing.tell(accepted(other.subject, has(other), 1), again(other.subject, 'refused'));
    await routing.tell(returned(other.subject, has(other), 1));
    await settled(other.subject);
    expect(road(other.subject)).toEqual([`1 ${has(other)} (first)`]);
  });

  it('sends a lead to no partner by a person’s word whose person has not agreed', async () => {
    await routing.under(policyOf('person', { consent: { neededFor: 'nobody' } }), { acme: {} });
    const [refused, unknown] = [scored({ consent: 'refused' }), scored({ consent: 'unknown' })];
    await routing.tell(refused, unknown);
    await becomes(refused.subject, ['nobody (no-consent)']);
    await becomes(unknown.subject, ['1 acme (first)']);
    const sent = (leadId: string, to: string) =>
      routing.call('POST', `/v1/leads/${leadId}/override`, { to, reason: 'They know each other.' });
    expect(await sent(refused.subject, 'acme')).toMatchObject({
      status: 409,
      body: { type: expect.stringContaining('no-consent'), detail: expect.stringContaining('has refused') },
    });
    expect(await sent(refused.subject, 'direct')).toMatchObject({ status: 200, body: { policyWould: null } });
    expect(await sent(unknown.subject, 'direct')).toMatchObject({ status: 200 });
    expect(await sent(unknown.subject, 'acme')).toMatchObject({ status: 200 });
    await routing.under(policyOf('person'), { acme: {} });
    expect(await sent(unknown.subject, 'direct')).toMatchObject({ status: 200 });
    expect(await sent(unknown.subject, 'acme')).toMatchObject({ status: 409 });
  });
});

function idOf({ bytes }: { readonly bytes: Buffer }): string {
  return (JSON.parse(bytes.toString()) as { id: string }).id;
}
