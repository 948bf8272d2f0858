import { first } from './screens/first-questions.js';

/*
 * Runs before anything else of the page is here. It asks who looks, and as soon as that is known for what the first screen shows and is made of:
 * all of it comes while the rest is fetched, read and run, where each would wait for the one before.
 */

/** The screens that are first; what they are made of is fetched once. */
export const firstScreens = {
  overview: () => import('./screens/overview.js'),
  today: () => import('./screens/today.js'),
};

const early = new Map<string, Promise<Response>>();

/** The answer to what was asked before anybody needed it. It is given once: whoever asks later wants to know of later. */
export function askedEarly(request: Request): Promise<Response> | undefined {
  if (request.method !== 'GET') return undefined;
  const { pathname, search } = new URL(request.url);
  const answer = early.get(`${pathname}${search}`);
  early.delete(`${pathname}${search}`);
  return answer;
}

async function ask(path: string): Promise<Response> {
  const answer = fetch(path, { headers: { accept: 'application/json' } });
  early.set(path, answer);
  return answer;
}

async function begin(): Promise<void> {
  const answer = await ask('/console/session');
  if (!answer.ok || !/^(#\/?)?$/.test(window.location.hash)) return;
  const { role, partner } = (await answer.clone().json()) as { role: string; partner: string | null };
  await Promise.all([
    partner === null ? firstScreens.overview() : firstScreens.today(),
    ...(partner === null ? first.overview(role) : first.today(partner)).map(ask),
  ]);
}

// By a one-time link nobody looks yet. What fails is asked once more by whoever needs it, who shows what came of it.
if (!window.location.hash.startsWith('#/enter/')) begin().catch(() => undefined);
