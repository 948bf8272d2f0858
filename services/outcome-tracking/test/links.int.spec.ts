import { randomUUID } from 'node:crypto';
import { OfferLinks } from '@fairlead/personal-data';
import { erased, hour, received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

describe('links that answer offers', () => {
  let tracking: Tracking;
  let links: OfferLinks;

  beforeAll(async () => {
    tracking = await startTracking();
    links = tracking.service(OfferLinks);
  });
  afterAll(() => tracking?.end());

  const acceptBy = Date.now() + hour;
  const company = '<script>alert("x")</script> & Söhne';

  async function offered(data: Parameters<typeof routed>[2] = {}, offer = 1): Promise<{ lead: string; link: string }> {
    const lead = randomUUID();
    const facts = { company, country: 'DE', engagement: {}, attributes: {} };
    await tracking.told(
      received(lead, { facts }),
      scored(lead, { facts }),
      routed(lead, 'acme', { acceptBy, ...data }),
    );
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['party'], 'acme');
    const until = data.acceptBy ?? acceptBy;
    return { lead, link: `/v1/links/${links.sign({ leadId: lead, offer, acceptBy: until }, 'acme')}` };
  }
  const stateOf = async (lead: string) => (await tracking.call(`/v1/leads/${lead}`)).body['state'];
  const visit = (link: string) => tracking.page(link);
  const send = (link: string, form: Record<string, string>) => tracking.page(link, new URLSearchParams(form));

  it('show the offer without scripts, referrers or a place in search engines, and decide nothing by that', async () => {
    const { lead, link } = await offered();
    const page = await visit(link);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('x-robots-tag')).toContain('noindex');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).not.toContain('<script');
    expect(page.text).toContain('&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62; &#38; Söhne');
    expect(page.text).toContain(new Date(acceptBy).toISOString());
    expect(await stateOf(lead)).toBe('offered');
  });

  it('accept for their party, once, however often they are sent', async () => {
    const { lead, link } = await offered();
    const answers = [await send(link, { answer: 'accept' }), await send(link, { answer: 'accept' })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await tracking.eventually(async () => (await tracking.saidAbout(lead)).map(({ type }) => type), ['lead.accepted']);
    expect((await tracking.saidAbout(lead))[0]?.data).toMatchObject({ party: 'acme', offer: 1, actor: 'offer-link' });
    expect((await visit(link)).text).toContain('It was accepted.');
    expect((await send(link, { answer: 'decline', reason: 'capacity' })).status).toBe(409);
  });

  it('decline with a reason of the list, and not without', async () => {
    const { lead, link } = await offered();
    for (const form of [{ answer: 'decline' }, { answer: 'decline', reason: 'because' }, { answer: 'perhaps' }, {}])
      expect((await send(link, form as Record<string, string>)).status).toBe(400);
    expect(await stateOf(lead)).toBe('offered');
    expect((await send(link, { answer: 'decline', reason: 'capacity' })).status).toBe(200);
    await tracking.eventually(async () => (await tracking.saidAbout(lead)).map(({ type }) => type), ['lead.declined']);
  });

  it('lead to nothing when they are forged, for another party, or for an offer that is not there', async () => {
    const { lead, link } = await offered();
    const token = (offer: number, party: string) => `/v1/links/${links.sign({ leadId: lead, offer, acceptBy }, party)}`;
    const forged = [`${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`, '/v1/links/x', token(1, 'bolt')];
    for (const other of [...forged, token(2, 'acme')]) {
      expect((await visit(other)).status).toBe(404);
      expect((await send(other, { answer: 'accept' })).status).toBe(404);
    }
    expect(await stateOf(lead)).toBe('offered');
  });

  it('end with the time of their offer, with the next offer, and with the lead', async () => {
    const late = await offered({ acceptBy: Date.now() - 1 });
    const movedOn = await offered();
    await tracking.told(routed(movedOn.lead, 'bolt', { offer: 2, acceptBy }));
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${movedOn.lead}`)).body['party'], 'bolt');
    const gone = await offered();
    await tracking.told(erased(gone.lead));
    await tracking.eventually(() => stateOf(gone.lead), 'erased');
    for (const { link } of [movedOn, gone]) expect((await send(link, { answer: 'accept' })).status).toBe(410);
    // Expired by the clock, or said to have by then.
    expect([409, 410]).toContain((await send(late.link, { answer: 'accept' })).status);
    for (const { lead } of [late, movedOn, gone])
      expect((await tracking.saidAbout(lead)).filter(({ type }) => type === 'lead.accepted')).toEqual([]);
  });

  // The last ones: they leave this address with no more links to guess.
  it('are not opened without end: one offer thirty times in a minute, whoever its letters say it is for, and others still', async () => {
    const [busy, quiet] = [await offered(), await offered()];
    const forAnybody = (party: string) => `/v1/links/${links.sign({ leadId: busy.lead, offer: 1, acceptBy }, party)}`;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => visit(i % 2 === 0 ? busy.link : forAnybody(`p-${i}`))),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    for (const { headers, text } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
      expect(text).toContain('Too often');
    }
    expect((await send(busy.link, { answer: 'accept' })).status).toBe(429);
    expect(await stateOf(busy.lead)).toBe('offered');
    expect((await send(quiet.link, { answer: 'accept' })).status).toBe(200);
  });

  it('are not guessed without end from one address, and those of others there still answer', async () => {
    const guesses = [];
    for (let i = 0; i < 40; i++) guesses.push(await visit(`/v1/links/${'x'.repeat(77)}${i % 10}`));
    expect(guesses.map(({ status }) => status)).toContain(404);
    const last = guesses.at(-1);
    expect([last?.status, Number(last?.headers.get('retry-after')) > 0]).toEqual([429, true]);
    const { link } = await offered();
    expect((await send(link, { answer: 'accept' })).status).toBe(200);
  });
});
