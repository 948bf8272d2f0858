import type { FastifyRequest } from 'fastify';
import { Problem } from '@fairlead/platform';
import { unreachable } from './problems.js';
import type { Target } from './target.js';

/** An answer put together from those of several services. */
export interface Gathered {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Gather = (services: readonly string[], target: Target, request: FastifyRequest) => Promise<Gathered>;

/** Every service answers these from memory or with one short query; readiness gives up on its own checks after 2 s. */
const ANSWER_WITHIN_MS = 5_000;

/** Ready when all services are, with what each of them says. */
export const gatherReadiness: Gather = async (services, target, request) => {
  const answers = await Promise.all(
    services.map(async (name) => {
      const answer = await ask(name, target, request).catch(() => undefined);
      const said = answer && isJson(answer) ? (JSON.parse(answer.body) as { checks?: unknown }) : undefined;
      return { name, ready: answer?.status === 200, ...(said?.checks !== undefined && { checks: said.checks }) };
    }),
  );
  const ready = answers.every((each) => each.ready);
  return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', services: answers });
};

interface Document {
  readonly info: object;
  readonly paths: Record<string, object>;
  readonly components?: Record<string, object>;
  readonly tags?: readonly { readonly name: string }[];
}

/** One OpenAPI document of what all services serve. */
export const gatherDocument: Gather = async (services, target, request) => {
  const answers = await askAll(services, target, request);
  if (!Array.isArray(answers)) return answers;
  const documents = answers.map(({ body }) => JSON.parse(body) as Document);
  const [first] = documents;
  return json(200, {
    ...first,
    info: { ...first?.info, title: 'Fairlead' },
    paths: throughTheGateway(mergeTwoDeep(documents.map(({ paths }) => paths))),
    components: mergeTwoDeep(documents.map(({ components = {} }) => components)),
    tags: [...new Map(documents.flatMap(({ tags = [] }) => tags).map((tag) => [tag.name, tag])).values()],
  });
};

/** What an operation answers, and what the way to its service may come to. */
function throughTheGateway(paths: Record<string, object>): Record<string, object> {
  const onTheWay = {
    502: problem('The connection broke: whether it was done is not known.'),
    504: problem('No answer in time.'),
  };
  const answered = (operation: { readonly responses?: object }) => ({
    ...operation,
    responses: { ...operation.responses, ...onTheWay },
  });
  return Object.fromEntries(
    Object.entries(paths).map(([path, operations]) => [
      path,
      Object.fromEntries(Object.entries(operations).map(([method, each]) => [method, answered(each as object)])),
    ]),
  );
}

function problem(description: string): object {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

/** The figures of all services in one text, each with a label that tells whose it is. */
export const gatherMetrics: Gather = async (services, target, request) => {
  const answers = await askAll(services, target, request);
  if (!Array.isArray(answers)) return answers;
  const families = new Map<string, { comments: string[]; samples: string[] }>();
  answers.forEach(({ body }, at) => {
    let family = { comments: [] as string[], samples: [] as string[] };
    for (const line of body.split('\n')) {
      const [, comment, name] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (name !== undefined) {
        family = families.get(name) ?? { comments: [], samples: [] };
        families.set(name, family);
        if (!family.comments.some((each) => each.startsWith(`# ${String(comment)} `))) family.comments.push(line);
      } else if (line !== '' && !line.startsWith('#')) family.samples.push(labelled(line, services[at] ?? ''));
    }
  });
  const lines = [...families.values()].flatMap(({ comments, samples }) => [...comments, ...samples]);
  return { status: 200, type: answers[0]?.type ?? 'text/plain', body: `${lines.join('\n')}\n` };
};

/** `name{a="b"} 1` and `name 1`, with the service among the labels. */
function labelled(sample: string, service: string): string {
  const [, name = '', rest = ''] = /^([^{ ]+)(.*)$/s.exec(sample) ?? [];
  const label = `service="${service}"`;
  return rest.startsWith('{}') || !rest.startsWith('{')
    ? `${name}{${label}}${rest.replace(/^\{\}/, '')}`
    : `${name}{${label},${rest.slice(1)}`;
}

interface Page {
  readonly parked: readonly { readonly id: string }[];
  readonly next?: string;
}

/** As one service pages its own: service after service in the order of their names, which every id begins with. */
export const gatherParked: Gather = async (services, target, request) => {
  const { after, limit } = request.query as { after?: string; limit?: string };
  const [start = ''] = after?.split('.') ?? [];
  const ordered = services.toSorted().filter((name) => name >= start);
  const parked: { readonly id: string }[] = [];
  // What is no number is passed on to the first service as it is: it knows how to refuse it.
  let wanted = Number(limit ?? 100);
  for (const [at, name] of ordered.entries()) {
    const query = new URLSearchParams({ limit: at === 0 && limit !== undefined ? limit : String(wanted) });
    if (at === 0 && after !== undefined) query.set('after', after);
    const answer = await ask(name, target, request, `/v1/parked?${query.toString()}`);
    if (answer.status !== 200) return answer;
    const page = JSON.parse(answer.body) as Page;
    parked.push(...page.parked);
    wanted -= page.parked.length;
    const more = page.next !== undefined || at < ordered.length - 1;
    if (more && wanted <= 0) return json(200, { parked, next: parked.at(-1)?.id ?? '' });
  }
  return json(200, { parked });
};

/** Asks all services the same; the first answer that is a refusal is then the answer. */
async function askAll(
  services: readonly string[],
  target: Target,
  request: FastifyRequest,
): Promise<Gathered[] | Gathered> {
  const answers = await Promise.all(services.map((name) => ask(name, target, request)));
  return answers.find(({ status }) => status !== 200) ?? answers;
}

async function ask(service: string, target: Target, request: FastifyRequest, url = request.url): Promise<Gathered> {
  const { authorization } = request.headers;
  try {
    const response = await fetch(`${target(service)}${url}`, {
      headers: { ...(authorization !== undefined && { authorization }), 'x-forwarded-for': request.ip },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      redirect: 'error',
    });
    const type = response.headers.get('content-type') ?? 'application/octet-stream';
    return { status: response.status, type, body: await response.text() };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unreachable(service);
  }
}

function isJson({ type }: Gathered): boolean {
  return type.startsWith('application/json');
}

function json(status: number, value: unknown): Gathered {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

/** `{ path: { method: … } }` and `{ schemas: { name: … } }`: what several services have, they have alike. */
function mergeTwoDeep(documents: readonly Record<string, object>[]): Record<string, object> {
  const merged: Record<string, object> = {};
  for (const document of documents)
    for (const [key, value] of Object.entries(document)) merged[key] = { ...merged[key], ...value };
  return merged;
}
