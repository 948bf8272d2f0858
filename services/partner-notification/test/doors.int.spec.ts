import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OfferLinks } from '@fairlead/personal-data';
import { CertificateAuthority, headerOf, MailRelay } from '@fairlead/platform/testing';
import { leadErased, leadReceived, leadRouted, leadScored } from './fixture/events.js';
import { eventually as eventuallyTrue, Stretch } from './fixture/stretch.js';

/** Far above what any of these tests needs, so that only a hang reaches it. */
const WAIT_MS = 15_000;

/** Waits until something is found, and answers it. */
function eventually<T>(find: () => T | false | Promise<T | false>): Promise<T> {
  return eventuallyTrue(find, WAIT_MS) as Promise<T>;
}

/** An incoming webhook of a chat: keeps what was posted. */
class Chat {
  readonly posted: string[] = [];
  answer: (nth: number) => { status: number; body: string } = () => ({ status: 200, body: 'ok' });
  readonly #server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { status, body: text } = this.answer(this.posted.push(body));
      response.writeHead(status).end(text);
    });
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/services/T000/B000/secret-of-a-channel`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('parties without a server', () => {
  let stretch: Stretch;
  let relay: MailRelay;
  let folder: string;
  const chats: Chat[] = [];
  const plainRelays: MailRelay[] = [];

  const SETTINGS = { FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.001', FAIRLEAD_MAIL_FROM: 'leads@vendor.test' };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-doors-'));
    const authority = await CertificateAuthority.make();
    writeFileSync(join(folder, 'ca.pem'), authority.cert);
    relay = await new MailRelay(await authority.issue(['127.0.0.1'])).listen();
    stretch = await Stretch.open();
    await stretch.start({
      ...SETTINGS,
      FAIRLEAD_SMTP_URL: relay.url,
      FAIRLEAD_WEBHOOK_CA_FILE: join(folder, 'ca.pem'),
    });
  });
  afterAll(async () => {
    await stretch?.close();
    await Promise.all([relay, ...plainRelays].map((each) => each?.close()));
    for (const chat of chats) chat.close();
    rmSync(folder, { recursive: true });
  });

  const put = (party: string, document: object, id = 'main') =>
    stretch.call('PUT', `/v1/partners/${party}/endpoints/${id}`, { json: { events: ['lead.routed'], ...document } });

  async function offered(party: string): Promise<string> {
    const lead = randomUUID();
    await stretch.receives(
      await leadReceived(lead, stretch.personalData),
      leadScored(lead),
      leadRouted(lead, party, { acceptBy: Date.now() + 3_600_000 }),
    );
    return lead;
  }

  const mailsTo = (address: string) => relay.mails.filter(({ to }) => to.includes(address));
  const deliveryOf = async (party: string, id = 'main') => {
    const { body } = await stretch.call('GET', `/v1/partners/${party}/endpoints/${id}/deliveries`);
    return (
      body['deliveries'] as {
        id: string;
        state: string;
        reason: string | null;
        attempts: { status: number; failure: string | null; excerpt: string | null }[];
      }[]
    )[0];
  };

  function linkIn(text: string, party: string) {
    const [, token = ''] = /https:\/\/leads\.vendor\.test\/v1\/links\/([\w-]+)/.exec(text) ?? [];
    const links = new OfferLinks(stretch.personalData.deriveKey('offer-links'));
    return links.isFor(token, party) ? links.read(token) : undefined;
  }

  it('are offered a lead by e-mail, with whom to call and a link that answers for them', async () => {
    const made = await put('acme', { kind: 'email', to: ['ann@acme.test', 'bob@acme.test'] });
    expect([made.status, made.body['secret'], made.body['to']]).toEqual([
      201,
      undefined,
      ['ann@acme.test', 'bob@acme.test'],
    ]);
    const lead = await offered('acme');

    const mail = await eventually(() => mailsTo('ann@acme.test')[0] ?? false);
    expect(mail.to).toEqual(['ann@acme.test', 'bob@acme.test']);
    expect(mail.secure).toBe(true);
    expect(mail.text).toContain('company: Größe & Söhne');
    expect(mail.text).toContain('email: ada@example.com');
    expect(mail.html).toContain('Größe &#38; Söhne');
    expect(mail.html).toContain('call me &#34;now&#34;');
    expect(linkIn(mail.text, 'acme')).toMatchObject({ leadId: lead, offer: 1 });
    expect(linkIn(mail.text, 'bolt')).toBeUndefined();
    const [notified] = await eventually(() => {
      const said = stretch.saidOf('partner.notified').filter(({ subject }) => subject === lead);
      return said.length > 0 && said;
    });
    expect(notified?.data).toMatchObject({ party: 'acme', endpointId: 'main', attempt: 1, status: 250 });
    expect(headerOf(mail, 'message-id')).toBe(`<${(notified?.data as { deliveryId: string }).deliveryId}@vendor.test>`);
  });

  it('have addresses that nobody reads in the database, and that other parties do not see', async () => {
    await put('seal', { kind: 'email', to: ['eve@seal.test'] });
    const { rows } = await stretch.db.query<{ row: string }>(
      `SELECT e::text || encode(coalesce(address, ''), 'escape') AS row FROM endpoints e WHERE party = 'seal'`,
    );
    expect(rows[0]?.row).not.toContain('eve');
    const [own, other] = [await stretch.partnerKey('seal'), await stretch.partnerKey('acme')];
    const asked = (key: string) => stretch.call('GET', '/v1/partners/seal/endpoints/main', { key });
    expect((await asked(own)).body['to']).toEqual(['eve@seal.test']);
    expect((await asked(other)).status).toBe(404);
  });

  it('get an e-mail that was refused for now once more, under the same id', async () => {
    await put('later', { kind: 'email', to: ['ann@later.test'] });
    let refused = 0;
    relay.refuse = (address) =>
      address === 'ann@later.test' && refused++ === 0 ? { code: 451, text: 'greylisted, ann@later.test' } : undefined;
    await offered('later');
    const mail = await eventually(() => mailsTo('ann@later.test')[0] ?? false);
    const delivery = await eventually(async () => {
      const found = await deliveryOf('later');
      return found?.state === 'delivered' && found;
    });
    expect(delivery.attempts).toMatchObject([
      { status: 451, failure: 'smtp-451' },
      { status: 250, failure: null },
    ]);
    expect(delivery.attempts[0]?.excerpt).toContain('greylisted, [email]');
    expect(headerOf(mail, 'message-id')).toBe(`<${delivery.id}@vendor.test>`);
  });

  it('are unreachable when a recipient is refused for good, after one attempt', async () => {
    await put('gone', { kind: 'email', to: ['ann@gone.test'] });
    relay.refuse = (address) => (address === 'ann@gone.test' ? { code: 550, text: 'no such user' } : undefined);
    const lead = await offered('gone');
    const [unreachable] = await eventually(() => {
      const said = stretch.saidOf('partner.unreachable').filter(({ subject }) => subject === lead);
      return said.length > 0 && said;
    });
    expect(unreachable?.data).toMatchObject({ party: 'gone', attempts: 1, lastFailure: 'smtp-550' });
  });

  it('get what is refused to one of them for good and to another for now once more', async () => {
    await put('both', { kind: 'email', to: ['ann@both.test', 'bob@both.test'] });
    let asked = 0;
    relay.refuse = (address) => {
      if (address === 'ann@both.test') return { code: 550, text: 'no such user' };
      return address === 'bob@both.test' && asked++ === 0 ? { code: 451, text: 'not now' } : undefined;
    };
    await offered('both');
    await eventually(() => mailsTo('bob@both.test')[0] ?? false);
    const delivery = await eventually(async () => {
      const found = await deliveryOf('both');
      return found?.state === 'delivered' && found;
    });
    expect(delivery.attempts).toMatchObject([{ failure: 'smtp-451' }, { failure: null }]);
  });

  it('get what the relay has refused for our sake, however it said so, when its operator has mended that', async () => {
    await put('ours', { kind: 'email', to: ['ann@ours.test'] });
    let asked = 0;
    relay.refuseSender = () => (asked++ === 0 ? { code: 550, text: 'sender not allowed' } : undefined);
    await offered('ours');
    await eventually(() => mailsTo('ann@ours.test')[0] ?? false);
    const delivery = await eventually(async () => {
      const found = await deliveryOf('ours');
      return found?.state === 'delivered' && found;
    });
    expect(delivery.attempts).toMatchObject([{ status: 550, failure: 'smtp-550' }, { failure: null }]);
  });

  it('get no header, and no second message, that somebody typed into a form', async () => {
    await put('inject', { kind: 'email', to: ['ann@inject.test'] });
    const lead = randomUUID();
    const company = 'Evil\r\nBcc: victim@other.test\r\n\r\n.\r\nMAIL FROM:<x@y.test>';
    const facts = { company, country: 'DE', engagement: {}, attributes: {} };
    await stretch.db.query(`INSERT INTO leads (lead_id, state, facts) VALUES ($1, 'graded', $2)`, [
      lead,
      JSON.stringify(facts),
    ]);
    await stretch.receives(leadRouted(lead, 'inject', { acceptBy: Date.now() + 3_600_000 }));
    const mail = await eventually(() => mailsTo('ann@inject.test')[0] ?? false);
    expect(mail.to).toEqual(['ann@inject.test']);
    expect(headerOf(mail, 'bcc')).toBeUndefined();
    expect(headerOf(mail, 'subject')).toContain('Evil Bcc: victim@other.test');
    for (const to of [
      'ann@inject.test\r\nBcc: x@y.test',
      'a@b.test,c@d.test',
      'Ann <ann@b.test>',
      'ann',
      '"a b"@c.test',
    ])
      expect((await put('inject', { kind: 'email', to: [to] })).status).toBe(400);
  });

  it('are not told of a lead that was erased before its e-mail left', async () => {
    await put('rest', { kind: 'email', to: ['ann@rest.test'] });
    let asked = 0;
    relay.refuse = (address) =>
      address === 'ann@rest.test' && asked++ >= 0 ? { code: 450, text: 'not now' } : undefined;
    const lead = await offered('rest');
    await eventually(() => asked > 0);
    await stretch.receives(leadErased(lead));
    await eventually(async () => (await deliveryOf('rest'))?.reason === 'lead-erased');
    expect(mailsTo('ann@rest.test')).toEqual([]);
  });

  it('read of an offer in a chat, with the link and without whom to call', async () => {
    const chat = await newChat();
    const made = await put('chatty', { kind: 'chat', url: chat.url });
    expect([made.status, made.body['url']]).toEqual([201, `${new URL(chat.url).origin}/…`]);
    const lead = await offered('chatty');
    await eventually(() => chat.posted.length > 0);
    const { text } = JSON.parse(chat.posted[0] ?? '') as { text: string };
    expect(text).toContain('company: Größe &amp; Söhne');
    expect(linkIn(text, 'chatty')).toMatchObject({ leadId: lead });
    for (const personal of ['ada', 'Lovelace', 'call me'])
      expect(chat.posted[0]?.toLowerCase()).not.toContain(personal);
    await eventually(async () => (await deliveryOf('chatty'))?.state === 'delivered');
  });

  it('get once more what Teams has refused in the body of a 200', async () => {
    const chat = await newChat();
    const refusal = 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429';
    chat.answer = (nth) => (nth === 1 ? { status: 200, body: refusal } : { status: 202, body: '' });
    await put('teams', { kind: 'chat', flavour: 'teams', url: chat.url });
    await offered('teams');
    const delivery = await eventually(async () => {
      const found = await deliveryOf('teams');
      return found?.state === 'delivered' && found;
    });
    expect(delivery.attempts).toMatchObject([
      { status: 200, failure: 'chat-refused' },
      { status: 202, failure: null },
    ]);
    const card = JSON.parse(chat.posted[1] ?? '') as { attachments: [{ content: { actions: [{ url: string }] } }] };
    expect(linkIn(card.attachments[0].content.actions[0].url, 'teams')).toBeDefined();
  });

  it('have endpoints of one kind, with what belongs to it', async () => {
    const chat = await newChat();
    for (const document of [
      { kind: 'email' },
      { kind: 'email', to: [] },
      { kind: 'email', to: Array.from({ length: 11 }, (_, i) => `a${i}@b.test`) },
      { kind: 'email', to: ['a@b.test', 'a@b.test'] },
      { kind: 'email', to: ['a@b.test'], url: chat.url },
      { kind: 'email', to: ['a@b.test'], headers: { 'x-a': 'b' } },
      { kind: 'chat' },
      { kind: 'chat', url: chat.url, to: ['a@b.test'] },
      { kind: 'chat', url: 'https://10.1.2.3/services/T000/B000/secret' },
      { kind: 'webhook' },
      { url: chat.url, flavour: 'teams' },
      { kind: 'fax', url: chat.url },
    ])
      expect((await put('kinds', document)).status).toBe(400);
    expect((await put('kinds', { kind: 'email', to: ['a@kinds.test'] })).status).toBe(201);
    expect((await put('kinds', { url: chat.url })).status).toBe(400);
    expect((await stretch.call('POST', '/v1/partners/kinds/endpoints/main/rotate-secret')).status).toBe(409);
    expect((await stretch.call('POST', '/v1/partners/kinds/endpoints/main/test')).status).toBe(202);
    expect((await eventually(() => mailsTo('a@kinds.test')[0] ?? false)).text).toContain('This is a test');
  });

  // The last ones: other processes take the place of the first.
  it('are not written to when the time for it is over, although no connection was free before', async () => {
    const plainRelay = await newPlainRelay();
    const parties = Array.from({ length: 8 }, (_, i) => `crowd-${i}`);
    const rest = (until: string) =>
      stretch.db.query(`UPDATE endpoints SET resting_until = ${until} WHERE party LIKE 'crowd-%'`);
    // They are left alone until all of them wait, and the process is there that has the other relay.
    for (const party of [...parties, 'after']) await put(party, { kind: 'email', to: [`ann@${party}.test`] });
    await rest(`now() + interval '1 hour'`);
    for (const party of parties) await offered(party);
    for (const party of parties) await eventually(async () => (await deliveryOf(party)) ?? false);
    // Nobody is written to once more: that would be in minutes.
    const child = await stretch.start({
      ...{ ...SETTINGS, FAIRLEAD_WEBHOOK_RETRY_SCALE: '100', FAIRLEAD_WEBHOOK_TIMEOUT: '3s' },
      ...{ FAIRLEAD_SMTP_URL: plainRelay.url, FAIRLEAD_SMTP_PLAINTEXT: 'true' },
    });
    await stretch.stopOthers(child);
    let release: () => void = () => undefined;
    plainRelay.held = new Promise((resolve) => (release = resolve));
    try {
      await rest('NULL');
      for (const party of parties) {
        const attempt = await eventually(async () => (await deliveryOf(party))?.attempts[0] ?? false);
        expect(attempt.failure).toBe('timeout');
      }
    } finally {
      release();
    }
    // Five at once. What was handed over is out of our hands, and the other three were not.
    await offered('after');
    await eventually(() => plainRelay.mails.find(({ to }) => to.includes('ann@after.test')) ?? false);
    expect(plainRelay.begun).toBe(5 + 1);
  });

  it('are written to through TLS, or not at all', async () => {
    const plainRelay = await newPlainRelay();
    await put('plain', { kind: 'email', to: ['ann@plain.test'] });
    const child = await stretch.start({ ...SETTINGS, FAIRLEAD_SMTP_URL: plainRelay.url });
    await stretch.stopOthers(child);
    await offered('plain');
    const attempt = await eventually(async () => (await deliveryOf('plain'))?.attempts[0] ?? false);
    expect(attempt.failure).toBe('tls-failed');
    expect(plainRelay.mails).toEqual([]);
    await stretch.stop(child);
    await stretch.start({ ...SETTINGS, FAIRLEAD_SMTP_URL: plainRelay.url, FAIRLEAD_SMTP_PLAINTEXT: 'true' });
    await eventually(() => plainRelay.mails.length > 0);
  });

  it('are refused an e-mail address where nothing is set that could send to it, in words that say what', async () => {
    await stretch.start();
    const { status, body } = await put('nomail', { kind: 'email', to: ['ann@nomail.test'] });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('FAIRLEAD_SMTP_URL');
  });

  async function newPlainRelay(): Promise<MailRelay> {
    const made = await new MailRelay({ disabledCommands: ['STARTTLS', 'AUTH'] }).listen();
    plainRelays.push(made);
    return made;
  }

  async function newChat(): Promise<Chat> {
    const chat = await new Chat().listen();
    chats.push(chat);
    return chat;
  }
});
