import { Webhook } from 'standardwebhooks';
import { type Offer, type Receivers, startReceivers } from './receivers.js';

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

describe('the partners’ receivers', () => {
  const offers: Offer[] = [];
  let receivers: Receivers;
  beforeAll(async () => {
    const secrets = new Map([
      ['acme', secret],
      ['bolt', secret],
    ]);
    receivers = await startReceivers(secrets, new Map([['bolt', 1]]), (offer) => offers.push(offer));
  });
  afterAll(() => receivers.close());

  const send = async (party: string, id: string, sign = secret) => {
    const body = JSON.stringify({ type: 'lead.routed', subject: 'a-lead', data: { grade: 'B' } });
    const now = new Date();
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(sign).sign(id, now, body),
    };
    return (await fetch(receivers.urlOf(party), { method: 'POST', body, headers })).status;
  };

  it('take a signed webhook once, however often it comes', async () => {
    expect([await send('acme', 'one'), await send('acme', 'one')]).toEqual([204, 204]);
    expect(offers).toEqual([{ party: 'acme', leadId: 'a-lead', webhookId: 'one', grade: 'B' }]);
  });

  it('refuse one that somebody else signed', async () => {
    const wrong = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
    expect(await send('acme', 'two', wrong)).toBe(401);
    expect(offers).toHaveLength(1);
  });

  it('are down at first where that is part of the story, and take the next attempt', async () => {
    expect([await send('bolt', 'three'), await send('bolt', 'three')]).toEqual([500, 204]);
    expect(receivers.counts).toEqual({ verified: 4, refused: 1, failed: 1 });
  });
});
