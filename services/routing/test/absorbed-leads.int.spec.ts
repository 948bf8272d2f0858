import { randomUUID } from 'node:crypto';
import type { PolicyDocument } from '@fairlead/decisions';
import type { EncodedEvent, LeadRouted, LeadUnroutable } from '@fairlead/events';
import { absorbed, accepted, declined, expired, recycled, returned, scored, split } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

function policyOf(name: string): PolicyDocument {
  const pool = { id: name, match: {}, promise: { direct: 0, channel: 100 }, offer: { maxOffers: 5 } };
  return { name, pools: [pool] };
}

// Two leads were one person, and each was with a partner. When the one whose lead was no more declined it, a third was offered the person
// whom the other one was calling.
describe('routing and leads that were made one with another, with real servers', () => {
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
  const settled = (event: EncodedEvent) =>
    eventually(async () =>
      expect(await routing.rows(`SELECT 1 FROM inbox WHERE event_id = '${event.id}'`)).toHaveLength(1),
    );
  const offered = async (): Promise<string> => {
    const lead = scored();
    await routing.tell(lead);
    await becomes(lead.subject, ['1 acme (first)']);
    return lead.subject;
  };

  it.each([
    ['declined', declined],
    ['expired', expired],
  ] as const)('are offered to nobody any more when their offer is %s, until they are split', async (why, ended) => {
    await routing.under(policyOf(why), { acme: { weight: 1_000 }, bolt: {} });
    const lead = await offered();
    const merge = absorbed(lead);
    await routing.tell(merge, ended(lead, 'acme', 1));
    await becomes(lead, ['1 acme (first)', 'nobody (absorbed)']);
    const { body } = await routing.call('GET', `/v1/leads/${lead}/explanation`);
    expect(body['decisions']).toMatchObject([
      {},
      {
        because: [
          'It is one with another lead, and whoever has that one has this person. It is offered again if the two are split.',
        ],
      },
    ]);
    const told = split(lead);
    await routing.tell(told, told);
    await becomes(lead, ['1 acme (first)', 'nobody (absorbed)', `2 bolt (${why})`]);
    await routing.tell(declined(lead, 'bolt', 2));
    await becomes(lead, ['1 acme (first)', 'nobody (absorbed)', `2 bolt (${why})`, '3 direct (fallback)']);
  });

  it('stay with whoever has them', async () => {
    await routing.under(policyOf('stays'), { acme: { weight: 1_000 }, bolt: {} });
    const lead = await offered();
    await routing.tell(absorbed(lead), scored({ cause: 'merged', consent: 'given' }, lead));
    const told = split(lead);
    await routing.tell(accepted(lead, 'acme', 1), told);
    await settled(told);
    expect(road(lead)).toEqual(['1 acme (first)']);
  });

  it('are offered for the first time once they are split, and not before, however they are judged', async () => {
    await routing.under(policyOf('unseen'), { acme: { weight: 1_000 }, bolt: {} });
    const lead = randomUUID();
    await routing.tell(absorbed(lead), scored({ grade: 'C' }, lead));
    await becomes(lead, ['nobody (absorbed)']);
    await routing.tell(scored({ grade: 'A', cause: 'engaged' }, lead));
    await becomes(lead, ['nobody (absorbed)', 'nobody (absorbed)']);
    // What the survivor is split from is another lead's affair.
    const ofSurvivor = split(lead, 'survivor');
    await routing.tell(ofSurvivor);
    await settled(ofSurvivor);
    expect(road(lead)).toHaveLength(2);
    await routing.tell(split(lead));
    await becomes(lead, ['nobody (absorbed)', 'nobody (absorbed)', '1 acme (first)']);
  });

  it('that were returned go back to nobody, and no person sends them on', async () => {
    await routing.under(policyOf('returned'), { acme: { weight: 1_000 }, bolt: {} });
    const lead = await offered();
    await routing.tell(accepted(lead, 'acme', 1), returned(lead, 'acme', 1), absorbed(lead));
    await routing.tell(recycled(lead, 'acme', 1));
    await becomes(lead, ['1 acme (first)', 'nobody (absorbed)']);
    const override = () => routing.call('POST', `/v1/leads/${lead}/override`, { to: 'bolt', reason: 'asked for' });
    expect(await override()).toMatchObject({ status: 409, body: { type: expect.stringMatching(/absorbed$/) } });
    await routing.tell(split(lead));
    await becomes(lead, ['1 acme (first)', 'nobody (absorbed)', '2 bolt (recycled)']);
  });
});
