import { randomUUID } from 'node:crypto';
import {
  CONTACT,
  leadAccepted,
  leadErased,
  leadMerged,
  leadOfferExpired,
  leadOverridden,
  leadReceived,
  leadRouted,
  leadScored,
} from './fixture/events.js';
import { Receiver, verified } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

let road: Stretch;
const receivers: Receiver[] = [];

beforeAll(async () => {
  road = await Stretch.open();
  await road.start({ FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.02' });
});
afterAll(async () => {
  for (const receiver of receivers) receiver.close();
  await road.close();
});

async function receiver(): Promise<Receiver> {
  const made = await new Receiver().listen();
  receivers.push(made);
  return made;
}

/** Every test has a partner of its own. */
function partner(): string {
  return `p-${randomUUID().slice(0, 8)}`;
}

describe('a routed lead', () => {
  it('reaches its party once, signed, with the lead, its score and where to answer', async () => {
    const [acme, lead] = [partner(), randomUUID()];
    const server = await receiver();
    const secret = await road.endpoint(acme, 'crm', server.url);
    const routed = leadRouted(lead, acme);
    await road.receives(await leadReceived(lead, road.personalData), leadScored(lead), routed);
    await road.receives(routed);

    await eventually(() => expect(server.received).toHaveLength(1));
    const [webhook] = server.received;
    expect(webhook && verified(webhook, secret)).toMatchObject({
      specversion: '1.0',
      id: routed.id,
      source: '/test',
      type: 'lead.routed',
      subject: lead,
      datacontenttype: 'application/json',
      data: {
        party: acme,
        offer: 1,
        acceptBy: '2030-01-01T00:00:00.000Z',
        why: 'first',
        pool: 'smb',
        contactRevealed: 'on-offer',
        lead: { id: lead, facts: { company: 'Größe & Söhne', country: 'DE' }, contact: CONTACT },
        state: 'graded',
        grade: 'B',
        score: 71,
        reasons: [{ factor: 'country', points: 10, reason: 'country is DE' }],
        answers: {
          accept: `https://leads.vendor.test/v1/leads/${lead}/accept`,
          decline: `https://leads.vendor.test/v1/leads/${lead}/decline`,
          outcomes: `https://leads.vendor.test/v1/leads/${lead}/outcomes`,
        },
        receipt: `https://leads.vendor.test/v1/leads/${lead}/receipt`,
      },
    });
    await eventually(() =>
      expect(road.saidOf('partner.notified').find(({ subject }) => subject === lead)?.data).toMatchObject({
        party: acme,
        endpointId: 'crm',
        deliveryId: webhook?.id,
        eventId: routed.id,
        eventType: 'lead.routed',
        attempt: 1,
        status: 200,
      }),
    );
    expect(server.received).toHaveLength(1);
  });

  it('shows its contact only when it is accepted, where the policy says so', async () => {
    const [acme, lead] = [partner(), randomUUID()];
    const server = await receiver();
    await road.endpoint(acme, 'crm', server.url, ['lead.routed', 'lead.accepted']);
    await road.receives(
      await leadReceived(lead, road.personalData),
      leadScored(lead),
      leadRouted(lead, acme, { revealContact: 'on-accept' }),
    );
    await eventually(() => expect(server.received).toHaveLength(1));
    expect(server.received[0]?.bytes.toString()).not.toMatch(/Ada|Lovelace|ada@example/);
    expect(server.received[0]?.body.data.lead).not.toHaveProperty('contact');

    await road.receives(leadAccepted(lead, acme));
    await eventually(() => expect(server.received).toHaveLength(2));
    expect(server.received[1]?.body).toMatchObject({
      type: 'lead.accepted',
      data: { offer: 1, lead: { contact: CONTACT } },
    });
    expect(server.received[1]?.id).not.toBe(server.received[0]?.id);
  });

  it('goes to direct as to any other party, and to all its endpoints that subscribed', async () => {
    const lead = randomUUID();
    const [one, two, other] = [await receiver(), await receiver(), await receiver()];
    await road.endpoint('direct', 'one', one.url);
    await road.endpoint('direct', 'two', two.url, ['lead.routed', 'lead.offer-expired']);
    await road.endpoint('direct', 'other', other.url, ['lead.offer-expired']);
    await road.receives(leadRouted(lead, 'direct'));
    await eventually(() => expect([one, two].map(({ received }) => received.length)).toEqual([1, 1]));
    expect(one.received[0]?.id).not.toBe(two.received[0]?.id);
    expect(one.received[0]?.body.id).toBe(two.received[0]?.body.id);
    expect(other.received).toHaveLength(0);
  });

  it('shows what the lead said later too, to the party that may see it', async () => {
    const [acme, lead] = [partner(), randomUUID()];
    const server = await receiver();
    await road.endpoint(acme, 'crm', server.url, ['lead.routed', 'lead.accepted']);
    const said = (contact: object) => leadMerged(lead, road.personalData, contact);
    await road.receives(
      ...[await leadReceived(lead, road.personalData), leadScored(lead)],
      ...[await said({ phone: '+4930901899' }), await said({ email: 'ada.later@example.com' })],
      leadRouted(lead, acme, { revealContact: 'on-accept' }),
    );
    await eventually(() => expect(server.received).toHaveLength(1));
    expect(server.received[0]?.bytes.toString()).not.toMatch(/ada|901899/);
    await road.receives(await said({ message: 'Still there?' }), leadAccepted(lead, acme));
    await eventually(() => expect(server.received).toHaveLength(2));
    expect(server.received[1]?.body.data.lead['contact']).toEqual({
      ...CONTACT,
      phone: '+4930901899',
      further: [{ email: 'ada.later@example.com' }, { message: 'Still there?' }],
    });
  });

  it('shows no contact any more when its lead was erased before the second attempt', async () => {
    const [acme, lead] = [partner(), randomUUID()];
    const server = await receiver();
    server.answer = ({ bytes }, response, nth) => void response.writeHead(nth === 1 ? 500 : 200).end(bytes);
    await road.endpoint(acme, 'crm', server.url, ['lead.accepted']);
    await road.receives(
      ...[await leadReceived(lead, road.personalData), leadScored(lead), leadRouted(lead, acme)],
      leadAccepted(lead, acme),
    );
    await eventually(() => expect(server.received).toHaveLength(1));
    await road.personalData.erase([lead]);
    await road.receives(leadErased(lead));
    await eventually(() => expect(server.received).toHaveLength(2));
    expect(server.received[0]?.body.data.lead['contact']).toEqual(CONTACT);
    expect(server.received[1]?.body.data.lead['contact'] ?? null).toBeNull();
    const { rows } = await road.db.query('SELECT excerpt FROM attempts WHERE lead_id = $1 AND excerpt IS NOT NULL', [
      lead,
    ]);
    expect(rows).toEqual([]);
  });
});

describe('an offer that goes elsewhere', () => {
  it('is told to the party that loses it, without the name of the other', async () => {
    const [acme, beta, lead] = [partner(), partner(), randomUUID()];
    const [hers, his] = [await receiver(), await receiver()];
    await road.endpoint(acme, 'crm', hers.url, ['lead.overridden', 'lead.offer-expired']);
    await road.endpoint(beta, 'crm', his.url, ['lead.overridden']);
    await road.receives(
      leadScored(lead),
      leadRouted(lead, acme),
      leadOverridden(lead, beta),
      leadOfferExpired(lead, acme),
    );
    await eventually(() => expect(hers.received).toHaveLength(2));
    await eventually(() => expect(his.received).toHaveLength(1));
    expect(hers.received.map(({ body }) => [body.type, body.data['effect']])).toEqual([
      ['lead.overridden', 'lost'],
      ['lead.offer-expired', undefined],
    ]);
    expect(his.received[0]?.body.data['effect']).toBe('gained');
    expect(hers.received.map(({ bytes }) => bytes.toString()).join()).not.toContain(beta);
  });
});

describe('several webhooks about one lead', () => {
  it('arrive in the order of its events, also when the first one fails for a while', async () => {
    const [acme, lead, another] = [partner(), randomUUID(), randomUUID()];
    const server = await receiver();
    server.answer = ({ body }, response) => {
      const fails =
        body.subject === lead &&
        body.type === 'lead.routed' &&
        server.received.filter(({ body: each }) => each.subject === lead).length < 3;
      response.writeHead(fails ? 503 : 200).end();
    };
    await road.endpoint(acme, 'crm', server.url, ['lead.routed', 'lead.offer-expired', 'lead.accepted']);
    await road.receives(
      leadRouted(lead, acme),
      leadAccepted(lead, acme),
      leadRouted(another, acme),
      // Said by the clock, read after the acceptance: it changes nothing, so the offer is sent all the same.
      leadOfferExpired(lead, acme),
    );
    await eventually(() => expect(server.received).toHaveLength(6));
    const of = (subject: string) =>
      server.received.filter(({ body }) => body.subject === subject).map(({ body }) => body.type);
    expect(of(lead)).toEqual(['lead.routed', 'lead.routed', 'lead.routed', 'lead.accepted', 'lead.offer-expired']);
    expect(of(another)).toEqual(['lead.routed']);
    // The other lead did not wait for this one's retries.
    expect(server.received.findIndex(({ body }) => body.subject === another)).toBeLessThan(2);
  });
});
