import type { Browser } from 'playwright-core';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { engine } from '@fairlead/decisions';
import { generateSigner, verifierKey as verifierKeyOf } from '@fairlead/transparency-log';
import { generateLeads } from '../src/demo/generate-leads.js';
import { type CampaignResult, playCampaign } from '../src/demo/play-campaign.js';
import { partners, policy } from '../src/demo/vendor.js';
import { serviceNames } from '../src/services.js';
import { barriers, browserPath, launch, visit, type Visit } from './fixture/browser.js';
import { consoleCalls, filled } from './fixture/console-calls.js';
import { type ConsoleScreen, consoleScreens, partnerScreens, vendorScreens } from './fixture/console-screens.js';
import { logSettings } from './fixture/log-key.js';
import { MortalServices } from './fixture/mortal-services.js';

/** A campaign has its own clock: offers run out after seconds. On a busy machine it takes more than a minute. */
const TIMEOUT_MS = 180_000;

describe('the sample campaign, on running services', () => {
  let services: MortalServices;
  beforeAll(async () => {
    services = await MortalServices.start(serviceNames, logSettings);
  }, TIMEOUT_MS);
  afterAll(() => services?.stop());

  const stopping = new AbortController();
  afterAll(() => stopping.abort());

  async function play(seed?: number) {
    let shown = '';
    const result = await playCampaign({
      url: services.url,
      adminKey: services.adminKey,
      dataFolder: services.folder,
      stopping: stopping.signal,
      leads: 150,
      ...(seed !== undefined && { seed }),
      output: { write: (text) => (shown += String(text)) !== '' },
    });
    if (!result) throw new Error('it was stopped');
    return { shown, result };
  }

  it(
    'ends with every lead accounted for, every signature right, and tables of what became of them',
    async () => {
      const { shown, result } = await play();

      const { total, received, merged, held, rejected } = result.leads;
      expect([received + merged + held, rejected]).toEqual([total, 0]);
      expect(total).toBe(150);
      expect(result.webhooks).toMatchObject({ refused: 0 });
      expect(result.answers).toMatchObject({ failed: 0 });

      const { offered, accepted, open } = totals(result.parties);
      expect([offered > 100, open]).toEqual([true, 0]);
      expect(accepted).toBe(result.answers.accepted);

      for (const part of [
        'Direct sales',
        'Alpenblick IT',
        'All partners',
        'promised',
        'Like for like',
        'by better work',
        '/docs',
        'Four things to try',
        'fairlead simulate --html spiral.html', // in front of it stands a colour, where there are any
        'by a person, not by the policy',
      ])
        expect(shown).toContain(part);
    },
    TIMEOUT_MS,
  );

  it(
    'brings new leads when it is played again, and is counted alone',
    async () => {
      const { shown, result } = await play();
      expect(shown).toContain('Sample campaign 2');
      expect(result.leads.received + result.leads.held).toBeGreaterThan(130);
      const { offered, declined, expired } = totals(result.parties);
      expect([offered > 100, offered <= 150 + declined + expired]).toEqual([true, true]);
    },
    TIMEOUT_MS,
  );

  it(
    'sends leads that are recognised as already known, when it is asked for the same ones',
    async () => {
      const again = new Set(generateLeads(150, 2026).map(({ externalId }) => externalId));
      expect(again.size).toBeGreaterThan(130);
      const { result } = await play(2026);
      expect(result.leads).toMatchObject({ received: 0, held: 0, merged: 150 });
    },
    TIMEOUT_MS,
  );

  // The same services and data once more, as people see them. Where no browser is, all of it is skipped, and said to be.
  const withBrowser = browserPath === undefined ? describe.skip : describe;
  withBrowser('in the console', () => {
    let browser: Browser;
    const open: Visit[] = [];
    beforeAll(async () => {
      browser = await launch();
    }, TIMEOUT_MS);
    /** What a browser complains of in a test that wants it to: an answer that is a refusal, say. */
    const wanted: RegExp[] = [];
    afterEach(async () => {
      const [visits, asWanted] = [open.splice(0), wanted.splice(0)];
      await Promise.all(visits.map((each) => each.close()));
      const complaints = visits.flatMap((each) => each.complaints);
      expect(complaints.filter((told) => !asWanted.some((each) => each.test(told)))).toEqual([]);
    });
    afterAll(() => browser?.close());

    /** A link by which somebody enters, of their own making: nobody else's hand is in it. */
    async function linkFor(role: string, partner?: string): Promise<string> {
      const post = async (path: string, body: object, by: string) => {
        const answer = await fetch(`${services.url}${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${by}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return (await answer.json()) as { key: string; path: string };
      };
      const whose = { name: `console ${role}`, role, ...(partner !== undefined && { partner }) };
      const { key } = await post('/v1/keys', whose, services.adminKey);
      const { path } = await post('/console/links', {}, key);
      return `${services.url}${path}`;
    }

    /** A window in which somebody has just entered. */
    async function enteredAs(role: string, partner?: string, options?: Parameters<typeof visit>[1]): Promise<Visit> {
      const link = await linkFor(role, partner);
      const visited = await visit(browser, options);
      open.push(visited);
      await visited.page.goto(link);
      await visited.page.getByRole('button', { name: 'Enter' }).click();
      await visited.page.getByRole('heading', { level: 1, name: role === 'partner' ? 'Today' : 'Overview' }).waitFor();
      return visited;
    }

    async function look({ page }: Visit, { address, name, shows }: ConsoleScreen): Promise<void> {
      await page.goto(`${services.url}/console#${address}`);
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByText(shows).first().waitFor();
    }

    /** For docs/console.md, and for eyes, when somebody asks for them: FAIRLEAD_SCREENSHOTS names the folder. */
    async function picture({ page }: Visit, name: string, more = ''): Promise<void> {
      const folder = process.env['FAIRLEAD_SCREENSHOTS'];
      if (folder === undefined) return;
      for (const onItsWay of await page.getByRole('progressbar').all()) await onItsWay.waitFor({ state: 'detached' });
      const file = `${name.toLowerCase().replaceAll(' ', '-')}${more}.png`;
      await page.screenshot({ path: join(folder, file), fullPage: more !== '' });
    }

    it.each(['light', 'dark'] as const)(
      'shows a manager every screen, without a complaint and without a barrier (%s)',
      async (colorScheme) => {
        const visited = await enteredAs('manager', undefined, { colorScheme });
        for (const screen of vendorScreens) {
          await look(visited, screen);
          expect([screen.name, await barriers(visited.page)]).toEqual([screen.name, []]);
          if (colorScheme === 'light') await picture(visited, screen.name);
        }
        expect(visited.complaints).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'fits a telephone, and twice the size of everything',
      async () => {
        for (const width of [320, 640]) {
          const small = { viewport: { width, height: 700 }, deviceScaleFactor: width === 640 ? 2 : 1 };
          const [vendor, partner] = [
            await enteredAs('manager', undefined, small),
            await enteredAs('partner', partners[0]?.id, small),
          ];
          for (const screen of consoleScreens) {
            const visited = screen.for === 'partners' ? partner : vendor;
            await look(visited, screen);
            const beyond = await visited.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
            expect([screen.name, width, beyond <= 0]).toEqual([screen.name, width, true]);
            if (width === 320) await picture(visited, screen.name, '-320');
          }
        }
      },
      TIMEOUT_MS,
    );

    it(
      'is gone through with the keyboard alone, from the list to why a lead went where it went',
      async () => {
        const { page, complaints } = await enteredAs('auditor');
        await page.keyboard.press('2');
        await page.getByRole('columnheader', { name: 'Grade' }).waitFor();
        await page.keyboard.press('j');
        await page.keyboard.press('j');
        await page.keyboard.press('k');
        await page.keyboard.press('Enter');
        await page.getByText('Why it went there').waitFor();
        await page.getByText(/received from/).waitFor();
        expect(await barriers(page)).toEqual([]);
        await page.keyboard.press('/');
        expect(await page.evaluate('document.activeElement.id')).toBe('search');
        await page.keyboard.press('Escape');
        // The field has given the keys back.
        await page.keyboard.press('5');
        await page.getByRole('heading', { level: 1, name: 'Scorecards' }).waitFor();
        await page.getByRole('button', { name: 'Show as table' }).first().press('Enter');
        await page.getByRole('columnheader', { name: 'Measure' }).first().waitFor();
        expect(complaints).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'shows a partner nothing of another partner, on any screen and in any answer behind it',
      async () => {
        const [own, ...others] = partners;
        const visited = await enteredAs('partner', own?.id);
        const seen: string[] = [];
        for (const screen of partnerScreens) {
          await look(visited, screen);
          seen.push(await visited.page.content());
          expect([screen.name, await barriers(visited.page)]).toEqual([screen.name, []]);
          if (screen.for === 'partners') await picture(visited, screen.name);
        }
        expect(await visited.page.getByRole('navigation').getByRole('link').allTextContents()).toEqual(
          partnerScreens.map(({ name }) => name),
        );
        await visited.page.goto(`${services.url}/console#/leads`);
        await visited.page.getByRole('row').getByRole('link').first().click();
        await visited.page.getByText('Your offers').waitFor();
        await visited.page.getByText('Why it went there').waitFor();
        await visited.page.getByText(/In the log, entry/).waitFor();
        expect(await barriers(visited.page)).toEqual([]);
        await picture(visited, 'Lead of a partner');
        seen.push(await visited.page.content(), ...visited.answers.values());
        expect(visited.answers.size).toBeGreaterThan(4);
        expect(seen.join('\n')).toContain(own?.id);
        expect(namedIn(seen, others)).toEqual([]);

        // The screens of others are none to it, also where somebody gives it their address.
        for (const { address } of vendorScreens.filter(
          (screen) => screen.for === 'the vendor' && screen.address !== '/',
        )) {
          await visited.page.goto(`${services.url}/console#${address}`);
          await visited.page.getByText('There is no such screen.').waitFor();
        }
        expect(visited.complaints).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'tells a partner nothing of another, whatever of what the page asks for it asks for, and about whom',
      async () => {
        const [own, ...others] = partners;
        const other = others[0]?.id ?? '';
        const { page } = await enteredAs('partner', own?.id);
        const leadsOf = async (party: string) =>
          (await services.call<{ leads: { id: string }[] }>('GET', `/v1/leads?party=${party}&limit=15`)).leads;
        const ownLeads = await leadsOf(own?.id ?? '');
        const ofNobody = { replayId: randomUUID(), deliveryId: randomUUID(), endpointId: 'sample-campaign' };
        const rest = { ...ofNobody, name: policy.name, version: '1', activationId: randomUUID() };
        const asked = consoleCalls.flatMap((path) => [
          ...ownLeads.map(({ id }) => filled(path, { ...rest, leadId: id, partnerId: own?.id ?? '' })),
          filled(path, { ...rest, leadId: ownLeads[0]?.id ?? '', partnerId: other }),
        ]);
        const answers = await Promise.all(
          [...new Set(asked)].map(async (path) => {
            const answer = await page.request.get(`${services.url}${path}`);
            return { path, status: answer.status(), text: await answer.text() };
          }),
        );
        expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(ownLeads.length);
        expect(answers.filter(({ path, status }) => path.includes(`/${other}`) && status < 400)).toEqual([]);
        // What it asked about it knows; no answer may say more.
        expect(
          namedIn(
            answers.map(({ path, text }) => text.replaceAll(path, '')),
            others,
          ),
        ).toEqual([]);

        // Leads that went to others: why they did not come to it may be told, and nothing else.
        for (const { id } of await leadsOf(other)) {
          const [lead, why] = await Promise.all(
            ['', '/explanation'].map(async (about) => page.request.get(`${services.url}/v1/leads/${id}${about}`)),
          );
          if (lead?.status() === 200) continue; // it had been offered it before
          expect([lead?.status(), namedIn([(await why?.text()) ?? ''], others)]).toEqual([404, []]);
        }
      },
      TIMEOUT_MS,
    );

    it(
      'lets a partner take an offer, turn one down, and say what became of a lead',
      async () => {
        const [own] = partners;
        const [taken, declined] = await offersTo(own?.id ?? '', 2);
        const { page, complaints } = await enteredAs('partner', own?.id);
        await page.getByRole('heading', { name: /^2 offers wait for your answer/ }).waitFor();
        expect(await barriers(page)).toEqual([]);
        const of = (lead: string | undefined) =>
          page.getByRole('listitem').filter({ has: page.locator(`a[href*="${lead}"]`) });
        await picture({ page } as Visit, 'Today with offers');

        await of(taken)
          .getByRole('button', { name: /^Accept/ })
          .press('Enter');
        await page.getByRole('status').getByText('is yours').waitFor();
        await page.getByRole('heading', { name: /^1 offer waits for your answer/ }).waitFor();

        await of(declined)
          .getByRole('button', { name: /^Decline/ })
          .press('Enter');
        await page.getByRole('dialog').getByLabel('Why').press('Enter');
        await page.getByRole('option', { name: 'capacity' }).click();
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('button', { name: 'Decline it' }).press('Enter');
        await page.getByRole('status').getByText('was declined').waitFor();
        await page.getByRole('heading', { name: 'No offer waits for your answer' }).waitFor();

        await page.goto(`${services.url}/console#/leads/${taken}`);
        await page
          .getByRole('row', { name: /^(email|phone) / })
          .first()
          .waitFor(); // revealed by accepting
        await page.getByRole('button', { name: /^What became/ }).press('Enter');
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('button', { name: 'Say so' }).press('Enter');
        await page.getByRole('status').getByText('It is taken down').waitFor();
        expect(complaints).toEqual([]);

        const offers = async (lead: string | undefined) =>
          (
            await services.call<{ offers: { party: string; stage: string; reason: string | null }[] }>(
              'GET',
              `/v1/leads/${lead}`,
            )
          ).offers
            .filter(({ party }) => party === own?.id)
            .at(-1);
        expect([await offers(taken), await offers(declined)]).toMatchObject([
          { stage: 'contacted' },
          { stage: 'declined', reason: 'capacity' },
        ]);
      },
      TIMEOUT_MS,
    );

    /** Leads of direct that somebody gives to a partner, who has an hour to answer; as soon as it sees them. */
    async function offersTo(party: string, many: number): Promise<string[]> {
      // The campaign's own people, who are still there, would answer before anybody could in a browser.
      const endpoint = `/v1/partners/${party}/endpoints/sample-campaign`;
      const { url } = await services.call<{ url: string }>('GET', endpoint);
      await services.call('PUT', endpoint, { url, events: ['lead.won'] });
      const pools = policy.pools.map((pool) => ({ ...pool, offer: { ...pool.offer, acceptWithin: '1h' } }));
      await services.call('PUT', `/v1/policies/${policy.name}`, { ...policy, pools });
      await services.call('POST', `/v1/policies/${policy.name}/activate`, {});
      const { leads } = await services.call<{ leads: { id: string }[] }>(
        'GET',
        '/v1/leads?party=direct&grade=B&limit=100',
      );
      const given: string[] = [];
      for (const { id } of leads) {
        if (given.length === many) break;
        const isGiven = await services
          .call('POST', `/v1/leads/${id}/override`, { to: party, reason: 'to be answered in the browser' })
          .then(() => true)
          .catch(() => false); // no consent, closed, or it had the lead before
        if (isGiven) given.push(id);
      }
      for (const id of given)
        await until(async () => {
          const { party: now, state } = await services.call<{ party: string; state: string }>('GET', `/v1/leads/${id}`);
          return now === party && state === 'offered';
        });
      return given;
    }

    it(
      'lets a partner make a key, which is shown once, and revoke one; an administrator the same for any',
      async () => {
        const [, , own, other] = partners;
        const { page, complaints } = await enteredAs('partner', own?.id);
        await page.goto(`${services.url}/console#/keys`);
        await page.getByRole('button', { name: 'Make a key…' }).press('Enter');
        await page.getByLabel('What it is for').fill('the new CRM');
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('button', { name: 'Make it' }).press('Enter');
        const shown = page.getByRole('dialog').getByText(/^flk_/);
        const key = String(await shown.textContent());
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('button', { name: 'I have it' }).press('Enter');
        await shown.waitFor({ state: 'detached' });
        await page.getByRole('row', { name: /^the new CRM .* valid/ }).waitFor();
        expect(await page.content()).not.toContain(key);
        const statusWith = async () =>
          (await fetch(`${services.url}/v1/leads`, { headers: { authorization: `Bearer ${key}` } })).status;
        expect(await statusWith()).toBe(200);

        const asTheThief = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
        const theft = await fetch(`${services.url}/v1/partners/${own?.id}/keys`, {
          ...{ method: 'POST', headers: asTheThief, body: JSON.stringify({ name: 'to stay in' }) },
        });
        expect(theft.status).toBe(201);
        await page.reload();
        await page.getByRole('row', { name: /^to stay in .* the new CRM .* valid/ }).waitFor();

        await page.getByRole('button', { name: 'Revoke the new CRM' }).press('Enter');
        await page.getByText('So is what was made with it: “to stay in”').waitFor();
        expect(await page.getByRole('radio', { name: 'It has got about' }).isChecked()).toBe(true);
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('radio', { name: 'It is not needed any more' }).check();
        await page.getByRole('button', { name: 'Revoke it', exact: true }).press('Enter');
        await page.getByRole('status').getByText('“the new CRM” is revoked').waitFor();
        await page.getByRole('row', { name: /^the new CRM .* revoked/ }).waitFor();
        await page.getByRole('row', { name: /^to stay in .* valid/ }).waitFor();

        // What it made is still within reach of it.
        await page.getByRole('button', { name: 'Revoke the new CRM' }).press('Enter');
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('button', { name: 'Revoke it and what it made' }).press('Enter');
        await page.getByRole('status').getByText('1 of them was valid').waitFor();
        await page.getByRole('row', { name: /^to stay in .* revoked/ }).waitFor();
        expect(await statusWith()).toBe(401);
        expect(complaints).toEqual([]);

        const admin = await enteredAs('admin');
        await admin.page.goto(`${services.url}/console#/keys?partner=${other?.id}`);
        await admin.page.getByRole('heading', { name: new RegExp(`speaks? for ${other?.id}`) }).waitFor();
        expect([await barriers(admin.page), admin.complaints]).toEqual([[], []]);
      },
      TIMEOUT_MS,
    );

    it(
      'tries a policy in a worker of the browser, by the very functions that decide live, and comes to what the server comes to',
      async () => {
        const pools = policy.pools.map((pool) => ({ ...pool, promise: { direct: 0, channel: 100 } }));
        const { version } = await services.call<{ version: number }>('PUT', `/v1/policies/${policy.name}`, {
          ...policy,
          pools,
        });
        const { page, complaints } = await enteredAs('auditor');
        const workers: string[] = [];
        page.on('worker', (worker) => workers.push(worker.url()));
        await page.goto(`${services.url}/console#/policies?name=${policy.name}&version=${version}`);
        const part = page.getByRole('region', { name: 'Tried on the leads of late' });
        const begin = part.getByRole('button', { name: `Try version ${version}` });
        await begin.waitFor();
        expect(workers).toEqual([]);
        await begin.press('Enter');
        await part.getByText('Decided in this browser by the functions that decide live').waitFor();
        expect(workers).toHaveLength(1);
        await part.getByTitle(engine).waitFor();
        await part.getByText(/would be offered to another party first/).waitFor();

        // Of the same leads the server says the same, to the last figure.
        await part.getByRole('button', { name: 'Hold it against the server' }).press('Enter');
        await part.getByText('comes to the very same figures').waitFor();
        expect(await barriers(page)).toEqual([]);

        // A server that decides otherwise is told apart; and one that sends another policy than it says, found out.
        const answered = (change: (text: string) => string) =>
          page.route(/\/preview\/material/, async (route) => {
            const answer = await route.fetch();
            await route.fulfill({ response: answer, body: change(await answer.text()) });
          });
        await answered((text) => text.replaceAll(engine, 'f'.repeat(64)));
        await begin.press('Enter');
        await part.getByRole('alert').getByText('by other functions than the server').waitFor();
        expect(await barriers(page)).toEqual([]);
        await page.unroute(/\/preview\/material/);
        await answered((text) => text.replace('"channel":100', '"channel":99'));
        await begin.press('Enter');
        await part.getByRole('alert').getByText('is not what its hash says').waitFor();
        expect(complaints).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'lets its worker reach nothing, whatever should get into it',
      async () => {
        const assets = readdirSync(new URL('../../console/static/assets/', import.meta.url));
        const [file, another] = ['worker', 'save-file'].map(
          (part) => `${services.url}/console/assets/${assets.find((name) => name.includes(part))}`,
        );
        wanted.push(/Content Security Policy|policy violated|Refused to|ERR_|Failed to fetch|Not allowed/i);
        const { page } = await enteredAs('manager');
        const [worker] = await Promise.all([
          page.waitForEvent('worker'),
          page.evaluate(`void (window.tried = new Worker(${JSON.stringify(file)}, { type: 'module' }))`),
        ]);
        const attempts = [
          `fetch(${JSON.stringify(`${services.url}/health/live`)})`,
          `import(${JSON.stringify(another)})`,
          `new Promise((opened, failed) => Object.assign(new WebSocket(${JSON.stringify(services.url.replace('http', 'ws'))}), { onopen: opened, onerror: failed }))`,
        ];
        for (const attempt of attempts) {
          const came = await worker.evaluate<string>(
            `(async () => ${attempt})().then(() => 'reached', () => 'refused')`,
          );
          expect([attempt, came]).toEqual([attempt, 'refused']);
        }
        // What refuses it is the policy that the worker came with: the page itself reaches its server.
        expect(await page.evaluate(`${attempts[0]}.then(() => 'reached', () => 'refused')`)).toBe('reached');
      },
      TIMEOUT_MS,
    );

    it(
      'lets a policy take two people: one proposes, another sees what would be different and approves or rejects it',
      async () => {
        const address = (version: number) => `${services.url}/console#/policies?name=${policy.name}&version=${version}`;
        const drafted = async (direct: number) => {
          const promise = { direct, channel: 100 - direct };
          const pools = policy.pools.map((pool) => ({ ...pool, promise, promiseByGrade: undefined }));
          const document = JSON.parse(JSON.stringify({ ...policy, pools })) as object;
          const { version } = await services.call<{ version: number }>('PUT', `/v1/policies/${policy.name}`, document);
          return version;
        };
        const first = await drafted(41);
        const admin = await enteredAs('admin');
        const [anna, ben] = [await enteredAs('manager'), await enteredAs('manager')];
        const people = [admin, anna, ben];
        const part = ({ page }: Visit) => page.getByRole('region', { name: 'Two people' });
        const press = async (of: Visit, ...buttons: (string | RegExp)[]) => {
          for (const name of buttons) await of.page.getByRole('button', { name }).last().press('Enter');
        };

        await admin.page.goto(address(first));
        await press(admin, 'Make it take two…');
        // It has its name a moment after it is there.
        await admin.page.getByRole('dialog', { name: `Let ${policy.name} take two people` }).waitFor();
        expect(await barriers(admin.page)).toEqual([]);
        await press(admin, 'Make it take two');
        await admin.page.getByRole('status').getByText('two people put').waitFor();

        await anna.page.goto(address(first));
        await part(anna).getByText('Putting it in force takes two people').waitFor();
        await press(anna, `Put version ${first} in force…`);
        await anna.page.getByRole('dialog').getByText('it waits until somebody else approves it').waitFor();
        await press(anna, 'Propose it');
        await anna.page.getByRole('status').getByText('somebody else approves it').waitFor();
        await part(anna).getByText('You proposed it').waitFor();
        expect(await part(anna).getByRole('button', { name: 'Approve…' }).count()).toBe(0);

        await ben.page.goto(address(first));
        const proposed = part(ben).getByRole('article', { name: `Proposed: version ${first} is put in force` });
        await proposed
          .getByText(/direct is 41 instead of/)
          .first()
          .waitFor();
        expect(await barriers(ben.page)).toEqual([]);
        await proposed.scrollIntoViewIfNeeded();
        await picture(ben, 'Policy proposed');
        await press(ben, 'Reject…');
        await ben.page.getByRole('dialog').getByLabel('Why').fill('not before the partners were told');
        expect(await barriers(ben.page)).toEqual([]);
        await press(ben, 'Reject it');
        await part(ben)
          .getByText(/was rejected by .*: not before the partners were told/)
          .waitFor();

        await anna.page.reload();
        await press(anna, `Put version ${first} in force…`, 'Propose it');
        await part(anna).getByText('You proposed it').waitFor();
        await ben.page.reload();
        await press(ben, 'Approve…', 'Approve it');
        await ben.page.getByRole('status').getByText(`version ${first} of ${policy.name} is in force`).waitFor();
        await ben.page
          .getByText(/, by \w+ and \w+$/)
          .first()
          .waitFor();
        const { active } = await services.call<{ active: boolean }>(
          ...(['GET', `/v1/policies/${policy.name}?version=${first}`] as const),
        );
        expect(active).toBe(true);

        // That it takes two no more is proposed as well.
        await admin.page.reload();
        await press(admin, 'Let one person do it…', 'Propose it');
        await part(admin).getByText('You proposed it').waitFor();
        await ben.page.reload();
        await part(ben).getByRole('article', { name: 'one person puts it in force' }).waitFor();
        await press(ben, 'Approve…', 'Approve it');
        await part(ben).getByRole('heading', { name: 'One person puts it in force' }).waitFor();
        expect(people.flatMap(({ complaints }) => complaints)).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'turns red where a tile was changed, and names the step',
      async () => {
        const { page } = await enteredAs('auditor');
        await page.goto(`${services.url}/console#/verify?index=0`);
        await page.getByRole('button', { name: 'Check' }).click();
        await page.getByText('The log is sound').waitFor();
        expect(await page.locator('[data-step]').count()).toBe(4);
        // A bit of the first entry's own hash, as a server would have it that wants to hide something.
        await page.route(/\/log\/tile\/0\/000/, async (route) => {
          const answer = await route.fetch();
          const bytes = await answer.body();
          bytes[32]! ^= 1;
          await route.fulfill({ response: answer, body: bytes });
        });
        await page.getByRole('button', { name: 'Check' }).click();
        await page.getByRole('alert').getByText('Not sound').waitFor();
        expect(await page.locator('[data-step="inclusion"]').getAttribute('data-outcome')).toBe('wrong');
        expect(await page.locator('[data-step="inclusion"] pre').textContent()).toMatch(
          /^[0-9a-f]{64} {2}The hash of the entry\n(?:[0-9a-f]{64} {2}Beside it\n)+[0-9a-f]{64} {2}The signed root$/,
        );
      },
      TIMEOUT_MS,
    );

    // Whoever checked while the server restarted read that the log was not sound, and was sent to ring its operator up.
    it(
      'tells a log that could not be read from one that is not sound, and reads it once it can',
      async () => {
        wanted.push(/status of 503/, /ERR_FAILED/);
        const { page } = await enteredAs('auditor');
        await page.goto(`${services.url}/console#/verify`);
        await page.route(/\/log\/checkpoint/, (route) =>
          route.fulfill({
            ...{ status: 503, contentType: 'application/problem+json' },
            body: JSON.stringify({ title: 'Service Unavailable', traceId: '5e7f00d5e7f00d' }),
          }),
        );
        await page.getByRole('button', { name: 'Check' }).click();
        await page.getByText('nothing is known of the log yet').waitFor();
        await page.getByRole('alert').getByText('Status 503, trace 5e7f00d5e7f00d').waitFor();
        expect(await page.getByText(/Not sound|ask the log/).count()).toBe(0);
        expect(await page.locator('[data-step="checkpoint"]').getAttribute('data-outcome')).toBe('unread');
        expect(await barriers(page)).toEqual([]);

        await page.unroute(/\/log\/checkpoint/);
        await page.route(/\/log\/tile\//, (route) => route.abort());
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByRole('alert').getByText('The server cannot be reached').waitFor();
        await page.unroute(/\/log\/tile\//);
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByText('The log is sound').waitFor();
      },
      TIMEOUT_MS,
    );

    // Whoever came back to the window found a colleague's draft in the editor, and their own work of an hour nowhere.
    it(
      'keeps what somebody writes in a policy when a colleague saves another version, and asks before it goes',
      async () => {
        wanted.push(/status of 400/); // what is half written is checked as well
        const { page } = await enteredAs('manager');
        await page.goto(`${services.url}/console#/policies?name=${policy.name}`);
        const editor = page.getByRole('textbox', { name: `The policy ${policy.name} as YAML` });
        await editor.focus();
        await page.keyboard.insertText('# of mine\n');
        await page.getByRole('button', { name: 'Undo my changes' }).waitFor();

        const pools = policy.pools.map((pool) => ({ ...pool, promise: { direct: 37, channel: 63 } }));
        const { version } = await services.call<{ version: number }>('PUT', `/v1/policies/${policy.name}`, {
          ...policy,
          pools,
        });
        const note = page.getByRole('status').filter({ hasText: 'is not what you began from' });
        await until(async () => {
          await page.evaluate(`window.dispatchEvent(new Event('visibilitychange'))`);
          return (await note.count()) > 0;
        });
        expect(await editor.textContent()).toContain('# of mine');
        await note.getByRole('button', { name: `Show mine against version ${version}` }).waitFor();
        expect(await barriers(page)).toEqual([]);

        const elsewhere = page.getByRole('navigation').getByRole('link', { name: 'Leads' });
        const question = page.getByRole('dialog', { name: 'What you typed is not saved' });
        await elsewhere.click();
        await question.getByRole('button', { name: 'Cancel' }).click();
        await question.waitFor({ state: 'detached' });
        expect(await editor.textContent()).toContain('# of mine');
        await elsewhere.click();
        await question.waitFor();
        expect(await barriers(page)).toEqual([]);
        await question.getByRole('button', { name: 'Leave, and drop it' }).click();
        await page.getByRole('heading', { level: 1, name: 'Leads' }).waitFor();
      },
      TIMEOUT_MS,
    );

    it(
      'says of a lead why a party of one’s choice did not get it, and of one that nothing was decided about just that',
      async () => {
        wanted.push(/status of 404/);
        const { page } = await enteredAs('auditor');
        const { leads } = await services.call<{ leads: { id: string }[] }>('GET', '/v1/leads?party=direct&limit=1');
        await page.goto(`${services.url}/console#/leads/${leads[0]?.id}?party=direct`);
        const why = page.getByRole('region', { name: 'Why it went there' });
        await why.getByRole('combobox', { name: 'And why, or why not' }).click();
        await page.getByRole('option', { name: new RegExp(partners[0]?.name ?? '') }).click();
        await why.getByText(`${partners[0]?.id} did not get it`).first().waitFor();
        expect(page.url()).toContain(`about=${partners[0]?.id}`);
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('link', { name: 'Back to the list' }).click();
        await page.getByRole('grid', { name: 'Leads' }).waitFor();
        expect(page.url()).toContain('party=direct');

        // As it is for a lead that was just sent: the server is asked about one that nobody has decided about.
        await page.route(/\/explanation/, (route) =>
          route.continue({ url: `${services.url}/v1/leads/${randomUUID()}/explanation` }),
        );
        await page.reload();
        await page.getByRole('grid', { name: 'Leads' }).waitFor();
        await page.goto(`${services.url}/console#/leads/${leads[0]?.id}`);
        await why.getByText('Not decided yet').waitFor();
        expect(await page.getByRole('alert').filter({ hasText: 'Status' }).count()).toBe(0);
      },
      TIMEOUT_MS,
    );

    it(
      'shows in a filter nothing that is not applied, and says what it takes',
      async () => {
        const { page } = await enteredAs('auditor');
        await page.goto(`${services.url}/console#/leads`);
        const source = page.getByRole('textbox', { name: 'Source' });
        await source.fill('web form');
        await source.press('Enter');
        await page.getByText('letters, digits, . _ and -. It is not applied.').waitFor();
        expect(await barriers(page)).toEqual([]);
        await source.fill('nobody');
        await source.press('Enter');
        await page.getByText('No lead is like that.').waitFor();
        expect([page.url().endsWith('#/leads?source=nobody'), await page.getByText('not applied').count()]).toEqual([
          true,
          0,
        ]);
      },
      TIMEOUT_MS,
    );

    it(
      'shows another time while it is paused, and is live again after a server that refused its stream',
      async () => {
        wanted.push(/status of 503/);
        const { page } = await enteredAs('manager');
        await page.getByRole('button', { name: 'Pause' }).click();
        await page.getByText('1 day', { exact: true }).click();
        await page.getByRole('heading', { name: /leads came in, and are by now/ }).waitFor();
        expect(page.url()).toContain('minutes=1440');

        let refused = 0;
        const isStream = (url: URL) => url.pathname === '/v1/flow';
        await page.route(isStream, async (route) => {
          if (!route.request().headers()['accept']?.includes('event-stream')) return route.continue();
          refused += 1;
          return route.fulfill({ status: 503 });
        });
        await page.getByRole('button', { name: 'Go on' }).click();
        await page.getByText('every 5 s').waitFor();
        await until(async () => refused > 0);
        await page.unroute(isStream);
        await page.getByText('live', { exact: true }).waitFor();
      },
      TIMEOUT_MS,
    );

    it(
      'lets somebody else in by a link in a window that is open, and shows nothing of who was there in another',
      async () => {
        const { page } = await enteredAs('auditor');
        const other = await page.context().newPage();
        await other.goto(`${services.url}/console`);
        await other.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

        await page.goto(await linkFor('partner', partners[0]?.id));
        await page.getByRole('button', { name: 'Enter' }).click();
        await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor();
        expect(page.url()).not.toContain('enter');

        await other.evaluate(`window.dispatchEvent(new Event('visibilitychange'))`);
        await other.getByRole('heading', { level: 1, name: 'Today' }).waitFor();
      },
      TIMEOUT_MS,
    );

    it(
      'needs no server to be verified: the page in an export says that its log is sound, and of a changed one which step is wrong',
      async () => {
        const folder = join(services.folder, 'taken-away');
        expect((await services.fairlead('export', '--out', folder)).code).toBe(0);
        // From the operator, and not from the folder that is to be checked.
        const authorization = `Bearer ${services.adminKey}`;
        const key = await (await fetch(`${services.url}/log/verifier.key`, { headers: { authorization } })).text();
        const changed = join(services.folder, 'changed');
        cpSync(folder, changed, { recursive: true });
        const tile = join(changed, 'tile/0/000');
        const bytes = readFileSync(tile);
        bytes[32]! ^= 1; // the hash of the second entry, by which the first one is shown
        writeFileSync(tile, bytes);

        const visited = await visit(browser);
        open.push(visited);
        const { page, complaints } = visited;
        const check = async (of: string, told: { readonly key: string; readonly index: string }) => {
          await page.goto(pathToFileURL(join(of, 'verify.html')).href);
          await page.getByLabel(/^The log’s key/).fill(told.key);
          await page.getByLabel('The folder of the export').setInputFiles(of);
          await page.getByLabel(/^Entry/).fill(told.index);
          await page.getByRole('button', { name: 'Check' }).click();
          await page.locator('#verdict:not(:empty)').waitFor();
          const wrong = page.locator('[data-outcome="wrong"]');
          return [
            await page.locator('#verdict').getAttribute('class'),
            (await wrong.count()) === 0 ? null : await wrong.getAttribute('data-step'),
          ];
        };
        expect(await check(folder, { key, index: '0' })).toEqual(['sound', null]);
        expect(await barriers(page)).toEqual([]);
        expect(await check(changed, { key, index: '0' })).toEqual(['unsound', 'inclusion']);
        const another = verifierKeyOf(generateSigner(key.split('+')[0] ?? ''));
        expect(await check(folder, { key: another, index: '0' })).toEqual(['unsound', 'checkpoint']);
        expect(complaints).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'sends a partner’s server a test, says how many it would send again, and shows a new secret once',
      async () => {
        const { page } = await enteredAs('manager');
        await page.goto(`${services.url}/console#/deliveries`);
        await page.getByRole('button', { name: 'Send a test event' }).click();
        const delivery = page.getByRole('dialog', { name: 'One delivery' });
        await delivery.getByText(/^fairlead\.test, created/).waitFor();
        expect(await barriers(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await delivery.waitFor({ state: 'detached' });

        await page.getByRole('button', { name: 'Send all again…' }).click();
        const again = page.getByRole('dialog', { name: /^Send all again to/ });
        await again.getByText(/are sent again|is sent again|There is nothing to send again/).waitFor();
        expect(await barriers(page)).toEqual([]);
        await again.getByRole('button', { name: 'Cancel' }).click();
        await again.waitFor({ state: 'detached' });

        await page.getByRole('button', { name: 'Rotate the secret…' }).click();
        await page
          .getByRole('dialog', { name: /^A new secret for/ })
          .getByRole('button', { name: 'Make a new secret' })
          .click();
        const secret = page.getByRole('dialog', { name: 'The new secret' });
        await secret.getByText(/^whsec_/).waitFor();
        expect(await barriers(page)).toEqual([]);
        await page.reload();
        await page.getByRole('button', { name: 'Rotate the secret…' }).waitFor();
        expect(await page.content()).not.toContain('whsec_');
      },
      TIMEOUT_MS,
    );

    it(
      'gives its figures as a table too, and as a file with numbers that can be reckoned with',
      async () => {
        const { page } = await enteredAs('auditor');
        await page.goto(`${services.url}/console#/promise`);
        const shares = page.getByRole('region', { name: 'Shares received, beside those promised' });
        await shares.getByRole('button', { name: 'Show as table' }).click();
        await shares.getByRole('table').waitFor();
        expect(await barriers(page)).toEqual([]);
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          shares.getByRole('button', { name: 'CSV' }).click(),
        ]);
        const file = readFileSync(await download.path(), 'utf8');
        const ofGradeA = file.split('\r\n').find((line) => line.startsWith('A direct,'));
        expect([download.suggestedFilename(), ofGradeA]).toEqual([
          'shares-received-beside-those-promised.csv',
          expect.stringMatching(/^A direct,0\.\d+,0\.\d+,0\.\d+,/),
        ]);
        expect(file).not.toMatch(/[%−]/);
      },
      TIMEOUT_MS,
    );

    it(
      'is printed, with the period, and the checkpoint that it can be held against',
      async () => {
        const visited = await enteredAs('manager', undefined, { colorScheme: 'dark' });
        const { page } = visited;
        for (const printed of ['Like for like', 'Scorecards']) {
          const screen = vendorScreens.find(({ name }) => name === printed) as ConsoleScreen;
          const search = printed === 'Scorecards' ? '' : '?from=2026-01-01';
          await look(visited, { ...screen, address: `${screen.address}${search}` });
          const pdf = await page.pdf({ format: 'A4' });
          expect([pdf.subarray(0, 5).toString(), pdf.length > 10_000]).toEqual(['%PDF-', true]);
        }
        await page.emulateMedia({ media: 'print' });
        await page.getByText(/Period: \d{4}-\d\d-01 to .* the log .* had [\d,]+ entries with the root /).waitFor();
        await page.goto(`${services.url}/console#/like-for-like?from=2026-01-01`);
        await page.getByText(/Period: 2026-01-01 to now\./).waitFor();
        // Black on white, and of a list more than the rows that were in sight.
        expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
        await page.goto(`${services.url}/console#/leads`);
        const list = page.getByRole('table', { name: 'Leads' });
        await list.waitFor();
        expect(await list.getByRole('row').count()).toBeGreaterThan(90);
      },
      TIMEOUT_MS,
    );

    it(
      'says why somebody does not get in, and keeps no key',
      async () => {
        const visited = await visit(browser);
        open.push(visited);
        await visited.page.goto(`${services.url}/console`);
        wanted.push(/status of 401/);
        await visited.page.getByLabel(/^Key/).fill('flk_0123456789abcdef_wrong');
        await visited.page.getByRole('button', { name: 'Sign in' }).click();
        await visited.page.getByRole('alert').getByText('The key is not valid.').waitFor();
        await visited.page.getByLabel(/^Key/).fill(services.adminKey);
        await visited.page.getByRole('button', { name: 'Sign in' }).click();
        await visited.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
        const kept = await visited.page.evaluate<string>(
          'JSON.stringify([localStorage, sessionStorage, document.cookie])',
        );
        expect(kept).not.toMatch(/fl[ksl]_/);
      },
      TIMEOUT_MS,
    );
  });
});

function totals(parties: CampaignResult['parties']) {
  const sum = (name: 'offered' | 'accepted' | 'declined' | 'expired' | 'open') =>
    Object.values(parties).reduce((total, grades) => total + (grades['all']?.[name] ?? 0), 0);
  return {
    offered: sum('offered'),
    accepted: sum('accepted'),
    declined: sum('declined'),
    expired: sum('expired'),
    open: sum('open'),
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await pause(50))
    if (Date.now() > end) throw new Error('it did not come to be');
}

/** Which of these partners are named in any of the texts, by their ids or names. */
function namedIn(
  texts: readonly string[],
  parties: readonly { readonly id: string; readonly name: string }[],
): string[] {
  const text = texts.join('\n');
  return parties
    .filter(({ id, name }) => text.includes(name) || new RegExp(`(?<![\\w-])${id}(?![\\w-])`).test(text))
    .map(({ id }) => id);
}
