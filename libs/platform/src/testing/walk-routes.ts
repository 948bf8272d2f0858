import { type Access, type Role, roles } from '../access/decorators.js';
import type { Route } from '../routes.js';
import type { Send } from './send-as-written.js';

/** What people have agreed about one route. */
export interface ReviewedRoute {
  /** Whom it is for; the same as its decorator says, written down a second time by somebody who thought about it. */
  readonly access: Access;
  /** A path with the ids of the callers' own partner and source in it; `x` stands for each parameter when left out. */
  readonly example?: string;
  /** The answer to the partner, or source, whose ids stand in the example. */
  readonly own?: number;
  /** The answer to another partner or source: the same as for what does not exist. */
  readonly another?: number;
  /** Of what is sent to it, where it takes no JSON. */
  readonly contentType?: string;
}

/** By `METHOD /path/:parameter`. */
export type ReviewedRoutes = Readonly<Record<string, ReviewedRoute>>;

export interface CallersToTry {
  /** A key of each role; those of the partner and the source own the ids in the examples. */
  readonly own: Readonly<Record<Role, string>>;
  /** Keys of another partner and another source. */
  readonly another: Readonly<Record<'partner' | 'source', string>>;
  /** A key that was never valid. */
  readonly wrong: string;
}

interface Attempt {
  readonly who: string;
  readonly key: string | undefined;
  /** Whether a status is as agreed for the route's own spelling. */
  readonly agreed: (status: number) => boolean;
  readonly expected: string;
}

/**
 * Calls every route as every kind of caller in every spelling, and compares with a reviewed table. A route that is missing
 * in the table, or the other way round, is a finding; so is a spelling that opens what the plain one does not.
 * @returns the findings, one sentence each; none when all is as agreed
 */
export async function walkRoutes(given: {
  readonly routes: readonly Route[];
  readonly reviewed: ReviewedRoutes;
  readonly callers: CallersToTry;
  readonly send: Send;
}): Promise<string[]> {
  const { routes, reviewed, callers, send } = given;
  const findings = compareWithTable(routes, reviewed);
  for (const { method, path } of routes) {
    const agreement = reviewed[`${method} ${path}`];
    if (!agreement) continue;
    const target = agreement.example ?? path.replace(/:[A-Za-z0-9_]+/g, 'x');
    for (const attempt of attemptsOf(agreement, callers))
      findings.push(...(await tryRoute(send, method, target, attempt, agreement.contentType)));
  }
  return findings;
}

function compareWithTable(routes: readonly Route[], reviewed: ReviewedRoutes): string[] {
  const served = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const unknown = [...served.keys()].filter((route) => !Object.hasOwn(reviewed, route));
  const gone = Object.keys(reviewed).filter((route) => !served.has(route));
  const differing = Object.entries(reviewed).filter(([route, { access }]) => {
    const now = served.get(route)?.access;
    return now !== undefined && inOrder(now) !== inOrder(access);
  });
  return [
    ...unknown.map((route) => `${route} is served but has not been reviewed`),
    ...gone.map((route) => `${route} was reviewed but is not served`),
    ...differing.map(([route]) => `${route} is not for those that were agreed on`),
  ];
}

function inOrder(access: Access): string {
  return typeof access === 'string' ? access : [...access].sort().join(' ');
}

function attemptsOf({ access, own, another }: ReviewedRoute, callers: CallersToTry): Attempt[] {
  const is = (expected: number) => ({ agreed: (status: number) => status === expected, expected: String(expected) });
  if (access === 'public')
    return [
      { who: 'nobody', key: undefined, ...ADMITTED },
      { who: 'a wrong key', key: callers.wrong, ...ADMITTED },
    ];
  if (access === 'signed')
    return [
      { who: 'nobody', key: undefined, ...is(401) },
      { who: 'a wrong key', key: callers.wrong, ...is(401) },
      ...roles.map((role) => ({ who: role, key: callers.own[role], ...is(role === 'source' ? (own ?? 401) : 401) })),
      ...(['partner', 'source'] as const).map((role) => ({
        who: `another ${role}`,
        key: callers.another[role],
        ...is(401),
      })),
    ];
  const ofRoles = roles.map((role) => {
    const owns = role === 'partner' || role === 'source';
    const admitted = owns && own !== undefined ? is(own) : ADMITTED;
    return { who: role, key: callers.own[role], ...(access.includes(role) ? admitted : is(403)) };
  });
  const ofOthers = (['partner', 'source'] as const).map((role) => {
    const admitted = another === undefined ? ADMITTED : is(another);
    return { who: `another ${role}`, key: callers.another[role], ...(access.includes(role) ? admitted : is(403)) };
  });
  return [
    { who: 'nobody', key: undefined, ...is(401) },
    { who: 'a wrong key', key: callers.wrong, ...is(401) },
    ...ofRoles,
    ...ofOthers,
  ];
}

/** Let in: whatever is said about the request itself, access was not what it failed by, and nothing broke. */
const ADMITTED = {
  agreed: (status: number) => status < 500 && status !== 401 && status !== 403 && status !== 405 && status !== 415,
  expected: 'admission',
};

/** Answers that tell a caller nothing and open nothing, whatever the plain spelling says. */
const CLOSED = [400, 404, 405, 414];

async function tryRoute(
  send: Send,
  method: string,
  target: string,
  attempt: Attempt,
  contentType = 'application/json',
): Promise<string[]> {
  const { who, key, agreed, expected } = attempt;
  const call = async (spoken: string, written: string): Promise<number> => {
    const withBody = spoken !== 'GET' && spoken !== 'HEAD';
    const headers = {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(withBody && { 'content-type': contentType }),
    };
    return (await send(spoken, written, headers, withBody ? '{}' : undefined)).status;
  };
  const findings: string[] = [];
  const plain = await call(method, target);
  if (!agreed(plain)) findings.push(`${method} ${target} answers ${who} with ${plain}, not with ${expected}`);
  if (method === 'GET') {
    const head = await call('HEAD', target);
    // Whoever is counted may come to the limit between the two: that both are let in is what is asked here.
    const isCounted = [head, plain].includes(429) && ADMITTED.agreed(head) && ADMITTED.agreed(plain);
    if (head !== plain && !isCounted)
      findings.push(`HEAD ${target} answers ${who} with ${head}, but GET with ${plain}`);
  }
  for (const written of spellingsOf(target)) {
    const status = await call(method, written);
    if (status !== plain && !CLOSED.includes(status) && !(ADMITTED.agreed(plain) && ADMITTED.agreed(status)))
      findings.push(`${method} ${written} answers ${who} with ${status}, but ${target} with ${plain}`);
  }
  return findings;
}

/** Ways to write a path that some part of a server may take for the same and another part not. */
function spellingsOf(path: string): string[] {
  const segments = path.split('/').slice(1);
  const last = segments.at(-1) ?? '';
  const before = `/${segments.slice(0, -1).join('/')}${segments.length > 1 ? '/' : ''}`;
  return [
    path.replace(/[a-z]/, encoded),
    `${before}${last.replace(/[a-z]/, encoded)}`,
    `${before}${last.replace(/[a-z]/, (letter) => encoded(letter).replace('%', '%25'))}`,
    `/${path}`,
    `//x/..${path}`,
    path.replaceAll('/', '//'),
    `/.${path}`,
    `${before}./${last}`,
    `${path}/`,
    `${path}//`,
    `${path};`,
    `${path};x=/../..`,
    `${path}%2f`,
    `${path}%00`,
    `${path}?`,
    `${path}#x`,
    path.toUpperCase(),
    `${path}.json`,
    `${before}${last}%20`,
    `http://elsewhere${path}`,
  ];
}

function encoded(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16)}`;
}
