import * as fc from 'fast-check';
import { type DueDelivery, webhookBody } from './webhook.js';

const routed: DueDelivery = {
  id: 'a',
  eventId: 'e1',
  eventType: 'lead.routed',
  leadId: '0b0c',
  traceparent: null,
  event: JSON.stringify({ source: '/routing', time: '2026-01-01T00:00:00.000Z', data: { party: 'acme', offer: 1 } }),
  leadState: 'graded',
  grade: 'B',
  score: 71,
  facts: '{"company":"Größe \\"& Söhne","engagement":{},"attributes":{}}',
  contributions: '[{"factor":"country","points":10,"reason":"DE"}]',
  contact: null,
  contactEvent: null,
  furtherContacts: null,
  consent: '{"given":true,"text":"Call me"}',
};

function parsed(due: DueDelivery, contact?: unknown): unknown {
  return JSON.parse(webhookBody(due, contact, 'https://leads.test').toString());
}

const links = {
  answers: {
    accept: 'https://leads.test/v1/leads/0b0c/accept',
    decline: 'https://leads.test/v1/leads/0b0c/decline',
    outcomes: 'https://leads.test/v1/leads/0b0c/outcomes',
  },
  receipt: 'https://leads.test/v1/leads/0b0c/receipt',
};

describe('the body of a webhook', () => {
  it('tells what the person agreed to with their contact, and not without it', () => {
    const told = (contact?: unknown) => JSON.stringify(parsed(routed, contact));
    expect(told({ email: 'ada@example.com' })).toContain('Call me');
    for (const none of [undefined, null]) expect(told(none)).not.toContain('Call me');
  });

  it('is the event with the lead, its score and reasons, and where to answer', () => {
    expect(parsed(routed, { email: 'ada@example.com' })).toEqual({
      specversion: '1.0',
      id: 'e1',
      source: '/routing',
      type: 'lead.routed',
      subject: '0b0c',
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: {
        party: 'acme',
        offer: 1,
        lead: {
          id: '0b0c',
          facts: { company: 'Größe "& Söhne', engagement: {}, attributes: {} },
          contact: { email: 'ada@example.com' },
          consent: { given: true, text: 'Call me' },
        },
        state: 'graded',
        grade: 'B',
        score: 71,
        reasons: [{ factor: 'country', points: 10, reason: 'DE' }],
        ...links,
      },
    });
  });

  it('has no contact when the party may not see it, and says so when the lead was erased', () => {
    expect(parsed(routed)).not.toHaveProperty('data.lead.contact');
    expect(parsed(routed, null)).toHaveProperty('data.lead.contact', null);
  });

  it('can be made although the lead was never scored', () => {
    const unscored = { ...routed, leadState: null, grade: null, score: null, facts: null, contributions: null };
    expect(parsed(unscored)).toMatchObject({
      data: { lead: { id: '0b0c', facts: null }, grade: null, score: null, reasons: [] },
    });
  });

  it('says no more than what happened when the party knows the lead already', () => {
    const expired = { ...routed, eventType: 'lead.offer-expired', traceparent: '00-a-b-01' };
    expect(parsed(expired, undefined)).toMatchObject({
      type: 'lead.offer-expired',
      traceparent: '00-a-b-01',
      data: { party: 'acme', offer: 1, lead: { id: '0b0c' }, ...links },
    });
    expect(parsed(expired)).not.toHaveProperty('data.grade');
  });

  it('is what it would be if everything were parsed and written again, whatever the texts hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (company, reason) => {
        const facts = { company, engagement: { [company]: 1 } };
        const body = parsed(
          {
            ...routed,
            facts: JSON.stringify(facts),
            contributions: JSON.stringify([{ factor: 'x', points: 1, reason }]),
          },
          { message: reason },
        );
        expect(body).toMatchObject({ data: { lead: { facts: { company } }, reasons: [{ reason }] } });
      }),
    );
  });
});
