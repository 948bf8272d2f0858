import type { Browser } from 'playwright-core';
import { setTimeout as pause } from 'node:timers/promises';
import { browserPath, launch, visit, type Visit } from './fixture/browser.js';
import { logSettings } from './fixture/log-key.js';
import { serviceNames } from '../src/services.js';
import { MortalServices } from './fixture/mortal-services.js';
import { recordTyping, summed, typeFor, type Typing } from './fixture/typing.js';
import { workOf } from './fixture/work.js';

const TIMEOUT_MS = 300_000;
/** Each lead is received, graded and routed: three events. */
const LEADS_PER_SECOND = 170;
/** Long enough for several looks of a page that is live, which are two seconds apart. */
const TYPED_MS = 5_000;
const ROUNDS = 3;

// Text, since it runs in the page. What the stream says can be kept from it, as if nothing had happened.
const STREAM_THAT_CAN_BE_KEPT = `window.heard = 0;
window.EventSource = class extends EventSource {
  set onmessage(tell) {
    super.onmessage = (event) => {
      if (window.isKept) return;
      window.heard += 1;
      tell(event);
    };
  }
};`;

const LOOKS = 5;

interface Look {
  readonly loaded: number;
  readonly usable: number;
}

// Text, since it runs in the page: until what the first screen is for is drawn, and the browser has a turn to spare for a key.
const UNTIL_USABLE = `new Promise((resolve) => {
  const look = () => {
    const shown = 'section[aria-label*="for your answer"], section[aria-label="What needs you"]';
    if (!document.querySelector('h1') || !document.querySelector(shown)) return setTimeout(look, 4);
    requestAnimationFrame(() => setTimeout(() => resolve({
      loaded: performance.getEntriesByType('navigation')[0].loadEventEnd,
      usable: performance.now(),
    })));
  };
  look();
})`;

const withBrowser = browserPath === undefined ? describe.skip : describe;
withBrowser('the pace of the console, with real services and a real browser', () => {
  let services: MortalServices;
  let browser: Browser;
  let visited: Visit;
  beforeAll(async () => {
    services = await MortalServices.start(serviceNames, logSettings);
    browser = await launch();
    await services.call('PUT', '/v1/sources/web', { format: 'json' });
    await services.call('PUT', '/v1/partners/acme', { name: 'Acme', tier: 'gold' });
    const offer = { acceptWithin: '2h', maxOffers: 2, then: 'direct', revealContact: 'on-accept' };
    const pool = { id: 'all', match: {}, promise: { direct: 0, channel: 100 }, offer };
    await services.call('PUT', '/v1/policies/busy', { name: 'busy', pools: [pool] });
    await services.call('POST', '/v1/policies/busy/activate', {});
    visited = await entered();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await visited?.close();
    await browser?.close();
    await services?.stop();
  }, TIMEOUT_MS);

  async function entered(as = { role: 'partner', partner: 'acme' } as object): Promise<Visit> {
    const { id } = await services.call<{ id: string }>('POST', '/v1/keys', { name: 'somebody who looks', ...as });
    const { path } = await services.call<{ path: string }>('POST', '/console/links', { keyId: id });
    const each = await visit(browser);
    await each.page.addInitScript({ content: STREAM_THAT_CAN_BE_KEPT });
    // A question that is not answered yet changes nothing on the page either.
    await each.page.route(/\/v1\/(leads|partners)/, async (route) => {
      while (isKept && !isOver) await pause(50);
      await route.continue();
    });
    await each.page.goto(`${services.url}${path}`);
    await each.page.getByRole('button', { name: 'Enter' }).click();
    await each.page.getByRole('heading', { level: 1, name: /^(?:Today|Overview)$/ }).waitFor();
    return each;
  }

  let isKept = false;
  let isOver = false;
  afterAll(() => {
    isOver = true;
  });
  async function keep(kept: boolean): Promise<void> {
    isKept = kept;
    await visited.page.evaluate(`window.isKept = ${kept}`);
  }

  let sent = 0;
  async function send(many: number): Promise<void> {
    const leads = Array.from({ length: many }, () => {
      sent += 1;
      const known = { country: 'DE', company: `Company ${sent}`, employees: 50, consent: true };
      return { source: 'web', externalId: `lead-${sent}`, email: `p${sent}@company-${sent}.example`, ...known };
    });
    await services.call('POST', '/v1/leads', leads);
  }

  /** Leads come in while this is done. @returns what it answered, and how many events a second there were */
  async function meanwhile<T>(work: () => Promise<T>): Promise<{ result: T; eventsPerSecond: number }> {
    const stop = new AbortController();
    const from = { at: performance.now(), entries: await entries() };
    const sending = (async () => {
      for (let next = performance.now(); !stop.signal.aborted; next += 100) {
        await send(LEADS_PER_SECOND / 10);
        await pause(Math.max(0, next + 100 - performance.now()));
      }
    })();
    try {
      const result = await work();
      const seconds = (performance.now() - from.at) / 1000;
      return { result, eventsPerSecond: ((await entries()) - from.entries) / seconds };
    } finally {
      stop.abort();
      await sending;
    }
  }

  async function entries(): Promise<number> {
    const authorization = `Bearer ${services.adminKey}`;
    const checkpoint = await fetch(`${services.url}/log/checkpoint`, { headers: { authorization } });
    return checkpoint.ok ? Number((await checkpoint.text()).split('\n')[1]) : 0;
  }

  it(
    'is there to be used soon after it has come: nothing is waited for that is not needed for the first look',
    async () => {
      const cookies = await visited.page.context().cookies();
      const looks: Look[] = [];
      for (let round = 0; round < LOOKS; round += 1) {
        const fresh = await visit(browser); // with nothing kept from before
        await fresh.page.context().addCookies(cookies);
        await fresh.page.goto(`${services.url}/console`);
        looks.push(await fresh.page.evaluate<Look>(UNTIL_USABLE));
        await fresh.page.keyboard.press('?');
        await fresh.page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
        expect(fresh.complaints).toEqual([]);
        await fresh.close();
      }
      const median = (of: keyof Look) =>
        looks.map((look) => look[of]).toSorted((one, other) => one - other)[LOOKS >> 1]!;
      console.log(
        [
          `milliseconds from the address to (median of ${LOOKS}, nothing kept from before):`,
          `  files here and run     ${median('loaded').toFixed(0).padStart(7)}`,
          `  shown and usable       ${median('usable').toFixed(0).padStart(7)}`,
        ].join('\n'),
      );
      // Who looks and what the first screen shows has been asked for meanwhile: what comes after the files is drawing it.
      expect(median('usable')).toBeLessThan(3 * median('loaded'));
    },
    TIMEOUT_MS,
  );

  it.each([
    ['a partner', ['/console/session', '/v1/flow', '/v1/leads', '/v1/leads', '/v1/partners/acme/endpoints'], 'today'],
    ['a manager', ['/console/session', '/v1/flow', '/v1/parked'], 'overview'],
  ])(
    'asks for what %s is shown first before the rest of the page is here, and for nothing twice',
    async (who, questions, screen) => {
      const visited = await entered(who === 'a partner' ? { role: 'partner', partner: 'acme' } : { role: 'manager' });
      const cookies = await visited.page.context().cookies();
      await visited.close();
      const { page, complaints, close } = await visit(browser);
      await page.context().addCookies(cookies);
      const asked: URL[] = [];
      page.on('request', (request) => {
        // A stream is no question: what it tells first comes with it.
        if (!request.headers()['accept']?.startsWith('text/event-stream')) asked.push(new URL(request.url()));
      });
      const paths = () =>
        asked
          .map(({ pathname }) => pathname)
          .filter((path) => !/^\/console(?:$|\/assets)|^\/log/.test(path))
          .toSorted();
      let isLet = false;
      await page.route(/\/assets\/index-.*\.js/, async (route) => {
        while (!isLet && !isOver) await pause(10);
        await route.continue();
      });

      await page.goto(`${services.url}/console`, { waitUntil: 'commit' });
      const isAsked = () =>
        paths().join() === questions.join() && asked.some(({ pathname }) => pathname.includes(`/${screen}-`));
      await until(isAsked, () => `asked for before the page ran: ${asked.map(({ pathname }) => pathname).join(' ')}`);
      isLet = true;
      await page.evaluate<Look>(UNTIL_USABLE);
      expect(paths()).toEqual(questions);
      expect(complaints).toEqual([]);
      await close();
    },
    TIMEOUT_MS,
  );

  it(
    'lets somebody type as quickly while five hundred events a second go by as when the page hears of none',
    async () => {
      const { page } = visited;
      await send(120);
      await page.getByRole('heading', { name: /^(?:[5-9]\d|\d{3,}) offers wait for your answer/ }).waitFor();
      await page
        .getByRole('button', { name: /^Decline/ })
        .first()
        .click();
      const note = page.getByRole('dialog').getByLabel('Note');
      await recordTyping(page);
      const alone = await typeFor(note, TYPED_MS);

      // At rest and live in turns, under the same load: what the services take of the machine is in both.
      const { result, eventsPerSecond } = await meanwhile(async () => {
        const [atRest, live]: [Typing[], Typing[]] = [[], []];
        const work = { atRest: 0, live: 0 };
        for (let round = 0; round < ROUNDS; round += 1) {
          await keep(true);
          work.atRest += await workOf(page, async () => atRest.push(await typeFor(note, TYPED_MS)));
          await keep(false);
          work.live += await workOf(page, async () => live.push(await typeFor(note, TYPED_MS)));
        }
        const heard = await page.evaluate<number>('window.heard');
        return { atRest: together(atRest), live: together(live), heard, work };
      });
      const perStroke = (of: 'atRest' | 'live') => result.work[of] / result[of].strokes.length;
      console.log(
        [
          `typing, milliseconds from key to paint (median, p95, worst), ${Math.round(eventsPerSecond)} events a second:`,
          `  nothing goes by        ${shown(alone)}`,
          `  page at rest           ${shown(result.atRest)}`,
          `  page live              ${shown(result.live)}`,
          `work of the page for a stroke and what goes by meanwhile, milliseconds of a processor:`,
          `  page at rest           ${perStroke('atRest').toFixed(1).padStart(7)}`,
          `  page live              ${perStroke('live').toFixed(1).padStart(7)}`,
        ].join('\n'),
      );
      // It was live, and what was typed is still there.
      expect(result.heard).toBeGreaterThan(ROUNDS);
      expect(await note.inputValue()).toContain('gone by');
      // The slowest of either are the machine's, on which the services run too; half of the strokes tell of the page.
      expect(result.live.median).toBeLessThan(2 * result.atRest.median);
      // What the page itself needs does not depend on the machine's other work: next to nothing for what goes by.
      expect(perStroke('live')).toBeLessThan(1.5 * perStroke('atRest'));
    },
    TIMEOUT_MS,
  );
});

async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); await pause(10)) if (Date.now() > end) throw new Error(what());
}

function together(each: readonly Typing[]): Typing {
  return summed(each.flatMap(({ strokes }) => strokes));
}

function shown({ median, p95, worst, strokes }: Typing): string {
  return `${[median, p95, worst].map((ms) => ms.toFixed(1).padStart(7)).join(' ')}  of ${strokes.length} strokes`;
}
