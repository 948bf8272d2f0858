import type { Browser } from 'playwright-core';
import { join } from 'node:path';
import { generateLeads } from '../src/demo/generate-leads.js';
import { type CampaignResult, playCampaign } from '../src/demo/play-campaign.js';
import { partners } from '../src/demo/vendor.js';
import { serviceNames } from '../src/services.js';
import { barriers, browserPath, launch, visit, type Visit } from './fixture/browser.js';
import { consoleScreens } from './fixture/console-screens.js';
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
    afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));
    afterAll(() => browser?.close());

    /** A window in which somebody has just entered by a link. */
    async function enteredAs(role: string, partner?: string, options?: Parameters<typeof visit>[1]): Promise<Visit> {
      const post = async (path: string, body: object) => {
        const answer = await fetch(`${services.url}${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${services.adminKey}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return (await answer.json()) as { id: string; path: string };
      };
      const { id } = await post('/v1/keys', {
        name: `console ${role}`,
        role,
        ...(partner !== undefined && { partner }),
      });
      const { path } = await post('/console/links', { keyId: id });
      const visited = await visit(browser, options);
      open.push(visited);
      await visited.page.goto(`${services.url}${path}`);
      await visited.page.getByRole('button', { name: 'Enter' }).click();
      await visited.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      return visited;
    }

    async function look({ page }: Visit, { address, name, shows }: (typeof consoleScreens)[number]): Promise<void> {
      await page.goto(`${services.url}/console#${address}`);
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByText(shows).first().waitFor();
    }

    it.each(['light', 'dark'] as const)(
      'shows a manager every screen, without a complaint and without a barrier (%s)',
      async (colorScheme) => {
        const visited = await enteredAs('manager', undefined, { colorScheme });
        for (const screen of consoleScreens) {
          await look(visited, screen);
          expect([screen.name, await barriers(visited.page)]).toEqual([screen.name, []]);
          // For docs/console.md, when somebody asks for them.
          const pictures = process.env['FAIRLEAD_SCREENSHOTS'];
          if (pictures !== undefined && colorScheme === 'light')
            await visited.page.screenshot({
              path: join(pictures, `${screen.name.toLowerCase().replaceAll(' ', '-')}.png`),
            });
        }
        expect(visited.complaints).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'fits a telephone, and twice the size of everything',
      async () => {
        for (const width of [320, 640]) {
          const visited = await enteredAs('manager', undefined, {
            viewport: { width, height: 700 },
            deviceScaleFactor: width === 640 ? 2 : 1,
          });
          for (const screen of consoleScreens) {
            await look(visited, screen);
            const beyond = await visited.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
            expect([screen.name, width, beyond <= 0]).toEqual([screen.name, width, true]);
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
        await page.getByRole('grid', { name: 'Leads' }).focus();
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
        expect(complaints).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'shows a partner nothing of another partner, on any screen and in any answer behind it',
      async () => {
        const [own, ...others] = partners;
        const visited = await enteredAs('partner', own?.id);
        for (const screen of consoleScreens.filter(({ forPartners }) => forPartners)) await look(visited, screen);
        await visited.page.goto(`${services.url}/console#/leads`);
        await visited.page.getByRole('row').first().getByRole('link').click();
        await visited.page.getByText('Your offers').waitFor();
        await visited.page.getByText('Why it went there').waitFor();
        expect(visited.answers.size).toBeGreaterThan(4);
        const seen = [...visited.answers.values(), await visited.page.content()].join('\n');
        expect(seen).toContain(own?.id);
        for (const { id, name } of others)
          expect([id, seen.includes(`"${id}"`), seen.includes(name)]).toEqual([id, false, false]);
        await visited.page.goto(`${services.url}/console#/verify`);
        expect(visited.complaints).toEqual([]);
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
        expect(await page.locator('[data-step="inclusion"]').getAttribute('data-right')).toBe('false');
      },
      TIMEOUT_MS,
    );

    it(
      'is printed',
      async () => {
        const visited = await enteredAs('manager');
        await look(
          visited,
          consoleScreens.find(({ name }) => name === 'Like for like') as (typeof consoleScreens)[number],
        );
        const pdf = await visited.page.pdf({ format: 'A4' });
        expect([pdf.subarray(0, 5).toString(), pdf.length > 10_000]).toEqual(['%PDF-', true]);
      },
      TIMEOUT_MS,
    );

    it(
      'says why somebody does not get in, and keeps no key',
      async () => {
        const visited = await visit(browser);
        open.push(visited);
        await visited.page.goto(`${services.url}/console`);
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
