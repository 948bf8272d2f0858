import type { Route } from '../routes.js';
import { answersOf, refusalComponents } from './refusals.js';

const route = (method: string, path: string, access: Route['access']): Route => ({
  ...{ method, path, access, handler: 'Things.do', body: undefined },
  accepted: { types: {}, limitBytes: 1 },
});
const statusesOf = (given: Route, own = {}) => Object.keys(answersOf(given, own)).map(Number);
const asProblem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

describe('the answers of an operation', () => {
  it('are those that it states, and every refusal that it can come to by where it stands', () => {
    expect(statusesOf(route('GET', '/v1/things', 'public'), { 200: { description: 'all' } })).toEqual([
      200, 400, 405, 408, 431, 503,
    ]);
    expect(statusesOf(route('PUT', '/v1/things/:id', ['admin']))).toEqual([
      400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 503,
    ]);
    expect(statusesOf(route('POST', '/v1/things', 'signed'))).toEqual([400, 401, 405, 408, 413, 415, 429, 431, 503]);
  });

  it('name the general refusals once for all operations', () => {
    const answers = answersOf(route('PUT', '/v1/things/:id', ['admin']), {});
    const referred = Object.values(answers).map((answer) => ('$ref' in answer ? answer.$ref : ''));
    const components = refusalComponents();
    expect(
      referred.map((each) => each.replace('#/components/responses/', '')).filter((name) => !components[name]),
    ).toEqual([]);
  });

  it('say a refusal in the operation’s own words, in the format and with the headers of all', () => {
    const own = { 409: { description: 'taken' }, 429: { description: 'too many today' } };
    const answers = answersOf(route('POST', '/v1/things', ['admin']), own);
    expect(answers[409]).toEqual({ description: 'taken', content: asProblem });
    expect(answers[429]).toMatchObject({
      description: 'too many today',
      content: asProblem,
      headers: { 'Retry-After': { required: true } },
    });
  });

  it('stay what the operation says where it states a body of its own', () => {
    const own = { 503: { description: 'not ready', content: { 'application/json': {} } } };
    expect(answersOf(route('GET', '/health/ready', 'public'), own)[503]).toEqual(own[503]);
  });
});
