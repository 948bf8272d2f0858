import type { INestApplication, Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Access } from '../access/decorators.js';
import type { Route } from '../routes.js';
import { type Accepted, MAX_PARAMETER_LENGTH } from '../http/accepts.js';
import { describeChecks, type Schema } from './checked-bodies.js';
import { answersOf, type DocumentedAnswers, PROBLEM, refusalComponents } from './refusals.js';

/** What of OpenAPI is changed here; Nest's own words for it are not to be imported. */
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;
type Bodies = Exclude<NonNullable<Operation['requestBody']>, { $ref: string }>['content'];

export interface DocumentedService {
  readonly name: string;
  readonly module: Type;
}

/** The OpenAPI documents of this process: one for each of its services, and one of everything it serves. */
@Injectable()
export class ApiDocuments {
  #combined: OpenAPIObject | undefined;
  readonly #byService = new Map<string, OpenAPIObject>();

  build(
    app: INestApplication,
    given: {
      readonly services: readonly DocumentedService[];
      readonly platform: Type;
      readonly routes: readonly Route[];
    },
  ): void {
    const { services, platform, routes } = given;
    const names = services.map(({ name }) => name);
    this.#combined = completed(SwaggerModule.createDocument(app, describe(names), options()), routes);
    for (const { name, module } of services) {
      const include = [module, platform];
      const own = SwaggerModule.createDocument(app, describe([name]), { ...options(), include });
      this.#byService.set(name, partOf(this.#combined, own));
    }
  }

  get combined(): OpenAPIObject {
    if (!this.#combined) throw new Error('the documents are built when the application starts');
    return this.#combined;
  }

  of(service: string): OpenAPIObject | undefined {
    return this.#byService.get(service);
  }
}

function options() {
  return {
    operationIdFactory: (controller: string, method: string) => `${controller.replace(/Controller$/, '')}.${method}`,
  };
}

function describe(services: readonly string[]): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(services.length === 1 ? `Fairlead: ${String(services[0])}` : 'Fairlead')
    .setDescription(
      'Distributes leads under one published policy. Errors are RFC 9457 problem details. ' +
        'Lists are paged by key: `next` of a page is `after` of the following one. An answer that an operation does not list ' +
        'is a defect.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key, `flk_…`' })
    .build();
  return builder;
}

/**
 * Says of every operation whom it is for, what its body is checked for, and how it refuses. Taken from the routes and the classes
 * rather than written beside each, where it would one day differ from what is done.
 */
function completed(document: OpenAPIObject, routes: readonly Route[]): OpenAPIObject {
  const components = (document.components ??= {});
  const schemas = { ...components.schemas, Problem: PROBLEM } as unknown as Record<string, Schema>;
  Object.assign(components, { schemas, responses: { ...components.responses, ...refusalComponents() } });
  for (const route of routes) {
    const { method, path, access, body, accepted } = route;
    const item = document.paths[path.replace(/:([A-Za-z0-9_]+)/g, '{$1}')];
    const operation = item?.[method.toLowerCase() as 'get'];
    if (!operation || access === undefined) continue;
    const answers = answersOf(route, operation.responses as DocumentedAnswers);
    Object.assign(operation, { ...howToProve(access), responses: answers });
    operation.parameters = withPath(operation.parameters ?? [], path);
    for (const parameter of operation.parameters) if ('in' in parameter) describeParameter(parameter);
    const { requestBody } = operation;
    if (!requestBody || '$ref' in requestBody) continue;
    requestBody.content = bodiesOf(requestBody.content, accepted);
    if (!body) continue;
    describeChecks(body, schemas);
    // Without a body, it is checked as an empty one.
    requestBody.required = (schemas[body.name]?.required ?? []).length > 0;
  }
  document.paths = hoisted(document.paths, schemas) as OpenAPIObject['paths'];
  for (const [name, schema] of Object.entries(schemas)) schemas[name] = hoisted(schema, schemas) as Schema;
  return document;
}

/** With the parts of the path that the handler takes all at once, or not at all. */
function withPath(parameters: NonNullable<Operation['parameters']>, path: string): typeof parameters {
  const known = new Set(parameters.map((parameter) => 'in' in parameter && parameter.in === 'path' && parameter.name));
  const names = [...path.matchAll(/:([A-Za-z0-9_]+)/g)].map(([, name = '']) => name);
  const missing = names.filter((name) => !known.has(name));
  return [...parameters, ...missing.map((name) => ({ name, in: 'path' as const, required: true }))];
}

/** Of a parameter of which nothing more is said, what holds for all of them. */
function describeParameter(parameter: Parameter): void {
  const { schema = {} } = parameter;
  if ('$ref' in schema || (schema.type ?? 'string') !== 'string') return;
  if ([schema.pattern, schema.enum, schema.format].some((said) => said !== undefined)) return;
  parameter.schema = {
    ...schema,
    type: 'string',
    ...(parameter.in === 'path' && { minLength: 1, maxLength: MAX_PARAMETER_LENGTH }),
    pattern: '^[^\\u0000]*$',
  };
}

/** Of every type that the route accepts, and of no other. */
function bodiesOf(stated: Bodies, { types, schemas = {} }: Accepted): Bodies {
  const [usual] = Object.values(stated);
  return Object.fromEntries(
    Object.keys(types).map((type) => {
      const schema = schemas[type];
      return [type, schema ? { schema } : (stated[type] ?? usual ?? {})];
    }),
  );
}

/**
 * Schemas that have a name of their own become components. In their place `$id` would be the base of every reference in
 * them, and of those to them.
 */
function hoisted(value: unknown, schemas: Record<string, Schema>): unknown {
  if (Array.isArray(value)) return value.map((each) => hoisted(each, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { $id: name, ...rest } = value as Schema;
  const whole = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, hoisted(each, schemas)]));
  if (typeof name !== 'string') return whole;
  schemas[name] ??= whole;
  return { $ref: `#/components/schemas/${name}` };
}

/**
 * What one service has a share in. An address is described whole, also where another service of this process answers some of
 * its methods: whoever reads that it is not there takes it for not served.
 */
function partOf(whole: OpenAPIObject, own: OpenAPIObject): OpenAPIObject {
  const paths = Object.fromEntries(Object.entries(whole.paths).filter(([path]) => Object.hasOwn(own.paths, path)));
  const { schemas = {}, ...components } = whole.components ?? {};
  const used = new Set<string>();
  const collect = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      collect(schemas[name] ?? {});
    }
  };
  collect([paths, components]);
  const needed = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...own, paths, components: { ...components, schemas: needed } };
}

function howToProve(access: Access): { security: Record<string, string[]>[]; 'x-roles'?: readonly string[] } {
  if (access === 'public') return { security: [] };
  // The empty one: a signature of the sender's own kind, which this language has no word for.
  if (access === 'signed') return { security: [{}, { bearer: [] }], 'x-roles': ['source'] };
  return { security: [{ bearer: [] }], 'x-roles': access };
}
